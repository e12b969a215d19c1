//! Models and players whose pictures are centred and scaled: every call passes the border that the knobs say, in and out alike.

use super::{At, Batch, Bound, Dream, Family, Model, Part, Player, Scalar};
use crate::{
    latent::Code,
    nn::{self, Border, Device, Tensor},
    picture::{Picture, Pixels},
    spec::{DataShape, Knobs, colour},
    weights::{Array, Arrays, Checkpoint, Weights},
};
use anyhow::Result;

/// The border that the knobs `normalise norm_mean norm_std norm_reach` say; `None` where 0 and 255 become −1 and 1.
pub fn border(knobs: &Knobs) -> Option<Border> {
    if !matches!(knobs.text("normalise"), "measured" | "given") {
        return None;
    }
    let channels = if knobs.int("channels") == 1 { 1 } else { 3 };
    let [mean, std] = ["norm_mean", "norm_std"].map(|id| {
        let rgb = colour(knobs.text(id)).unwrap_or([128; 3]).map(|v| f32::from(v) / 255.0);
        if channels == 1 { [rgb.iter().sum::<f32>() / 3.0; 3] } else { rgb }
    });
    // A channel that never changes has no deviation to divide by.
    let radius = std.map(|std| std.max(1.0 / 255.0) * knobs.real("norm_reach").max(1.0) as f32);
    Some(Border { centre: mean, radius, channels })
}

/// Builds the model of a family; see [`Family::build`].
pub fn build(family: &Family, knobs: &Knobs, shape: &DataShape, device: Device) -> Result<Box<dyn Model>> {
    let inner = (family.build)(knobs, shape, device)?;
    Ok(match border(knobs) {
        Some(border) => Box::new(Bordered { border, inner }),
        None => inner,
    })
}

/// Builds the player of a family; see [`Family::player`].
pub fn play(family: &Family, knobs: &Knobs, shape: &DataShape, device: Device) -> Result<Box<dyn Player>> {
    let inner = (family.player)(knobs, shape, device)?;
    Ok(match border(knobs) {
        Some(border) => Box::new(Bordered { border, inner }),
        None => inner,
    })
}

/// Passes every call on from within a border. A method that a trait gains must be added here: its default would not know the one inside.
struct Bordered<T: ?Sized> {
    border: Border,
    inner: Box<T>,
}

impl Model for Bordered<dyn Model> {
    fn step(&mut self, batch: &Batch, at: &At) -> Result<Vec<Scalar>> {
        let _within = self.border.enter();
        self.inner.step(batch, at)
    }

    fn test(&self, batch: &Batch, at: &At) -> Result<Vec<Scalar>> {
        let _within = self.border.enter();
        self.inner.test(batch, at)
    }

    fn turn(&mut self, live: &Knobs) -> Result<()> {
        self.inner.turn(live)
    }

    fn parts(&self) -> Vec<&Part> {
        self.inner.parts()
    }

    fn parts_mut(&mut self) -> Vec<&mut Part> {
        self.inner.parts_mut()
    }

    fn weights(&self, step: u64) -> Result<Weights> {
        self.inner.weights(step)
    }

    fn save(&self, to: &mut Checkpoint) -> Result<()> {
        self.inner.save(to)
    }

    fn load(&mut self, from: &Checkpoint) -> Result<()> {
        self.inner.load(from)
    }

    fn examples(&self, batch: &Batch) -> Result<Option<[Vec<Picture>; 2]>> {
        let _within = self.border.enter();
        self.inner.examples(batch)
    }
}

impl Player for Bordered<dyn Player> {
    fn z_dim(&self) -> usize {
        self.inner.z_dim()
    }

    fn take(&mut self, generator: &Arrays, discriminator: Option<&Arrays>) -> Result<()> {
        self.inner.take(generator, discriminator)
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        let _within = self.border.enter();
        self.inner.play(codes)
    }

    fn paint(&self, codes: &[Code]) -> Result<Option<Array>> {
        let _within = self.border.enter();
        self.inner.paint(codes)
    }

    fn dream(&self, z: &Tensor, codes: &[Code]) -> Result<Option<Dream>> {
        let _within = self.border.enter();
        let dream = self.inner.dream(z, codes)?;
        Ok(dream.map(|dream| Dream { pictures: nn::outwards(dream.pictures.clamp(-1.0, 1.0)), ..dream }))
    }

    fn judge(&self, pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        let _within = self.border.enter();
        self.inner.judge(pictures)
    }

    fn rank(&self, codes: &[Code], pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        let _within = self.border.enter();
        self.inner.rank(codes, pictures)
    }

    fn encode(&self, pictures: &[Picture]) -> Result<Option<Vec<Code>>> {
        let _within = self.border.enter();
        self.inner.encode(pictures)
    }

    fn bound(&self, pictures: &Pixels, labels: Option<&[u32]>, seed: u64) -> Result<Option<Bound>> {
        let _within = self.border.enter();
        self.inner.bound(pictures, labels, seed)
    }

    fn challenge(
        &self,
        pictures: &Pixels,
        inputs: Option<&Pixels>,
        index: &[u32],
    ) -> Result<Option<(Vec<Code>, Pixels)>> {
        let _within = self.border.enter();
        self.inner.challenge(pictures, inputs, index)
    }

    fn importance(&self) -> Option<Vec<f32>> {
        self.inner.importance()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{models, spec::Value};

    /// Names of the methods of a trait, or of the block that implements it here.
    fn methods(text: &str, from: &str) -> Vec<String> {
        let body = text.split_once(from).unwrap().1.split_once("\n}").unwrap().0;
        let heads = body.lines().filter_map(|line| line.strip_prefix("    fn "));
        heads.map(|head| head.split(['(', '<']).next().unwrap().to_owned()).collect()
    }

    #[test]
    fn every_method_is_passed_on() {
        let (traits, ours) = (include_str!("mod.rs"), include_str!("border.rs"));
        for name in ["Model", "Player"] {
            let (asked, passed) =
                (methods(traits, &format!("pub trait {name} {{")), methods(ours, &format!("impl {name} for Bordered")));
            assert!(asked.len() > 5);
            assert_eq!(asked, passed, "a method of {name} would meet its default here, in the order of the trait");
        }
    }

    #[test]
    fn knobs_say_the_border() {
        let mut knobs = Knobs::start(&(models::FAMILIES[0].knobs)(&DataShape { channels: 3, ..DataShape::default() }));
        assert_eq!(border(&knobs), None);
        for (id, text) in [("normalise", "given"), ("norm_mean", "#336600"), ("norm_std", "#330000")] {
            knobs.put(id, Value::Text(text.into()));
        }
        knobs.put("norm_reach", Value::Real(2.0));
        let rgb = border(&knobs).unwrap();
        assert_eq!(rgb, Border { centre: [0.2, 0.4, 0.0], radius: [0.4, 2.0 / 255.0, 2.0 / 255.0], channels: 3 });
        knobs.put("channels", Value::Text("1".into()));
        let grey = border(&knobs).unwrap();
        assert!((grey.centre[0] - 0.2).abs() < 1e-6 && grey.channels == 1);
    }

    #[test]
    fn a_player_draws_within_its_border() {
        let family = models::family("dcgan").unwrap();
        let shape = DataShape { count: 8, size: 28, channels: 1, ..DataShape::default() };
        let table = (family.knobs)(&shape);
        let mut knobs = Knobs::start(&table);
        knobs.0.extend((family.presets)(&shape).into_iter().find(|p| p.id == "tiny").unwrap().set.0);
        for set in ["size=28", "norm_mean=#646464", "norm_std=#0a0a0a", "norm_reach=2"] {
            knobs.set(&table, set).unwrap();
        }
        let drawn = |knobs: &Knobs| {
            crate::nn::seed_global(3);
            let model = build(family, knobs, &shape, Device::Cpu).unwrap();
            let mut player = play(family, knobs, &shape, Device::Cpu).unwrap();
            player.take(&model.weights(0).unwrap().ema, None).unwrap();
            player.play(&[Code::from_seed(1, player.z_dim())]).unwrap().remove(0)
        };
        let plain = drawn(&knobs);
        knobs.set(&table, "normalise=given").unwrap();
        let within = drawn(&knobs);
        assert!(within.rgb.iter().all(|v| (80..=120).contains(v)), "100 ± 20 is all there is");
        // −1..1 became 80..120: what is brighter in one is not darker in the other.
        let wanted = |v: u8| 100.0 + 20.0 * (f32::from(v) / 127.5 - 1.0);
        assert!(plain.rgb.iter().zip(&*within.rgb).all(|(&a, &b)| (wanted(a) - f32::from(b)).abs() < 0.6));
    }
}
