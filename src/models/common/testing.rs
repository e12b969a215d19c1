//! Small data and models that the tests of several families share.

pub use super::{decoder::NetPlayer, learner::Trainer};

use super::{Batch, Family, Model, Scalar, StepInfo, learner::Learner};
use crate::{
    latent::mix,
    nn::{Device, seed_global},
    picture::Pixels,
    spec::{DataShape, Knob, Knobs},
    weights::Checkpoint,
};

/// Start values of a table with some assignments such as `width=4`.
pub fn set(table: &[Knob], assignments: &[&str]) -> Knobs {
    let mut knobs = Knobs::start(table);
    for assignment in assignments {
        knobs.set(table, assignment).unwrap();
    }
    knobs
}

/// The family's tiny preset for these data.
pub fn tiny(family: &Family, shape: &DataShape) -> Knobs {
    let mut knobs = Knobs::start(&(family.knobs)(shape));
    let preset = (family.presets)(shape).into_iter().find(|p| p.id == "tiny").expect("every family has a tiny preset");
    knobs.0.extend(preset.set.0);
    knobs.complete(&(family.knobs)(shape)).unwrap()
}

/// The data of eight pictures in four classes.
pub fn shape(size: usize, channels: usize) -> DataShape {
    DataShape { classes: 4, ..plain(8, size, channels) }
}

/// The data of pictures without classes and pairs.
pub fn plain(count: usize, size: usize, channels: usize) -> DataShape {
    DataShape { count, classes: 0, size, channels, paired: false, sides: None }
}

/// Eight pictures: a bright square that stands elsewhere in each.
pub fn pixels(shape: &DataShape) -> Pixels {
    let (s, c) = (shape.size, shape.channels);
    let mut pictures = Pixels::new(s, c);
    for i in 0..shape.count {
        let mut bytes = vec![20u8; s * s * c];
        for y in 0..s / 2 {
            for x in 0..s / 2 {
                let at = ((y + i % 4) * s + x + i / 2) * c;
                bytes[at..at + c].fill(230);
            }
        }
        pictures.push(&bytes);
    }
    pictures
}

/// All of these pictures with their classes.
pub fn batch(shape: &DataShape) -> Batch {
    let index: Vec<u32> = (0..shape.count as u32).collect();
    let labels = Some(index.iter().map(|i| i % shape.classes as u32).collect());
    Batch { pictures: pixels(shape).into(), labels, index, ..Batch::default() }
}

/// A batch of grey pictures with these bytes, by a picture's place and a pixel's.
pub fn batch_of(count: usize, size: usize, channels: usize, byte: impl Fn(usize, usize) -> u8) -> Batch {
    let mut pixels = Pixels::new(size, channels);
    (0..count).for_each(|i| pixels.push(&(0..size * size * channels).map(|p| byte(i, p)).collect::<Vec<_>>()));
    Batch { pictures: pixels.into(), index: (0..count as u32).collect(), ..Batch::default() }
}

/// A family's model of these knobs.
pub fn build<L: Learner>(knobs: &Knobs, shape: &DataShape) -> Trainer<L> {
    Trainer::new(knobs, shape, Device::Cpu).unwrap()
}

/// A training step whose random draws depend on its number alone.
pub fn step(model: &mut dyn Model, batch: &Batch, step: u64) -> Vec<Scalar> {
    seed_global(mix(&[9, step]));
    model.step(batch, &StepInfo { step, horizon: 100 }).unwrap()
}

/// The complete state of a model.
pub fn saved(model: &dyn Model) -> Checkpoint {
    let mut checkpoint = Checkpoint::default();
    model.save(&mut checkpoint).unwrap();
    checkpoint
}
