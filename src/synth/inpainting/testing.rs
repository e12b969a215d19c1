//! What this room's tests share: pictures by formula and a run without a listener.

use crate::{
    picture::{Mask, Picture},
    spec::Knobs,
    synth::{Materials, Outcome, Tool, Watch},
};
use anyhow::Result;

/// A picture whose value at x, y and channel is said by a function.
pub fn picture(width: usize, height: usize, of: impl Fn(usize, usize, usize) -> usize) -> Picture {
    let rgb = (0..width * height * 3).map(|i| of(i / 3 % width, i / 3 / width, i % 3) as u8).collect();
    Picture { width, height, rgb }
}

/// A mask of the pixels that a function says yes to.
pub fn mask(width: usize, height: usize, hole: impl Fn(usize, usize) -> bool) -> Mask {
    let grey = (0..width * height).map(|i| if hole(i % width, i / width) { 255 } else { 0 }).collect();
    Mask { width, height, grey }
}

/// Runs a tool with `assignments` to its knobs.
pub fn run(tool: &Tool, picture: &Picture, mask: &Mask, assignments: &[&str]) -> Result<Outcome> {
    let table = (tool.knobs)();
    let mut knobs = Knobs::start(&table);
    for assignment in assignments {
        knobs.set(&table, assignment).unwrap();
    }
    let materials =
        Materials { picture: Some(picture.clone()), mask: Some(mask.clone()), seed: 5, ..Materials::default() };
    let mut share = 0.0;
    let mut on_progress = |at: f32, _: Option<Picture>| {
        assert!((share..=1.0).contains(&at));
        share = at;
    };
    (tool.run)(&materials, &knobs, None, &mut Watch::new(&|| false, &mut on_progress))
}

/// Yes for about `percent` of all places, without a pattern.
pub fn scattered(x: usize, y: usize, percent: u64) -> bool {
    super::field::hash(x as u64, y as u64) % 100 < percent
}
