//! The sample grid of a run: which seeds it shows, and the pictures as they cross to the window.

use super::ids::RunId;
use crate::{
    latent::{Code, place_of},
    picture::{self, Picture},
};
use std::sync::Arc;

/// The fixed input pictures of a run whose family takes such, and what each should become. Seed s has number s modulo their count.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Examples {
    /// The inputs.
    pub inputs: Arc<[Picture]>,
    /// A target for each.
    pub targets: Arc<[Picture]>,
}

/// Real pictures beside what the generator makes of their codes.
#[derive(Clone, Debug, PartialEq)]
pub struct Reconstructions {
    /// After which step.
    pub step: u64,
    /// Original, reconstruction, original, …: a grid of ⌈√n⌉ columns, an even number, with 1 px gaps.
    pub grid: Picture,
    /// Side of one tile in pixels.
    pub tile: usize,
    /// How many pairs there are.
    pub pairs: usize,
    /// Whether training never sees these pictures.
    pub held_out: bool,
}

/// The pictures of a run's fixed seeds.
#[derive(Clone, Debug)]
pub struct Samples {
    /// Which run.
    pub run: RunId,
    /// After which step.
    pub step: u64,
    /// Whether the average made them.
    pub ema: bool,
    /// The pictures in a grid with 1 px gaps, in the order and the columns of [`crate::latent::fixed_codes`]; of a family that takes
    /// inputs each with its input before and its target behind it.
    pub grid: Picture,
    /// How many tiles stand in a row.
    pub columns: usize,
    /// Side of one tile in pixels.
    pub tile: usize,
    /// The seed of each tile; in a grid with a row for each class every row has the same.
    pub seeds: Arc<[u64]>,
    /// The class of each tile; empty where the family or the data know none.
    pub classes: Arc<[u32]>,
    /// The discriminator's view of each tile, in [0, 1], where there is one.
    pub judged: Option<Vec<f32>>,
}

impl Samples {
    /// Joins the pictures of some codes, `columns` in a row; `None` when there are none. Pictures of [`Examples`] become three tiles.
    pub fn join(
        (run, step, ema): (RunId, u64, bool),
        codes: &[Code],
        columns: usize,
        tiles: &[Picture],
        judged: Option<Vec<f32>>,
        examples: &Examples,
    ) -> Option<Self> {
        let Examples { inputs, targets } = examples;
        if inputs.is_empty() {
            return Self::plain((run, step, ema), codes, columns, tiles, judged);
        }
        let threefold: Vec<_> = codes.iter().flat_map(|code| [code, code, code].map(Clone::clone)).collect();
        let of = |code: &Code, all: &[Picture]| all.get(place_of(code.noise_seed, inputs.len())?).cloned();
        let rows =
            codes.iter().zip(tiles).map(|(code, tile)| Some([of(code, inputs)?, tile.clone(), of(code, targets)?]));
        let tiles = rows.collect::<Option<Vec<_>>>()?.concat();
        Self::plain((run, step, ema), &threefold, 3 * columns, &tiles, None)
    }

    fn plain(
        (run, step, ema): (RunId, u64, bool),
        codes: &[Code],
        columns: usize,
        tiles: &[Picture],
        judged: Option<Vec<f32>>,
    ) -> Option<Self> {
        let seeds = codes.iter().map(|code| code.noise_seed).collect();
        let classes = codes.iter().filter_map(|code| code.classes.first().map(|c| c.0)).collect();
        let (tile, grid) = (tiles.first()?.width, picture::grid_in(tiles, columns)?);
        Some(Self { run, step, ema, grid, columns, tile, seeds, classes, judged })
    }
}

/// How many fixed seeds a run has.
pub const FIXED_SEEDS: usize = 64;

/// The fixed seeds of a run: its eyes for life, so that pictures over time compare.
pub fn fixed_seeds(run_seed: u64) -> Arc<[u64]> {
    (0..FIXED_SEEDS as u64).map(|i| run_seed.wrapping_mul(1_000).wrapping_add(i)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Layout;

    #[test]
    fn examples_stand_around_what_became_of_them() {
        let flat = |v: u8| Picture::filled(2, 2, [v; 3]);
        let examples = Examples { inputs: [flat(10), flat(11)].into(), targets: [flat(30), flat(31)].into() };
        let codes: Vec<_> = (5..8).map(|seed| Code::from_seed(seed, 0)).collect();
        let tiles: Vec<_> = (21..24).map(flat).collect();
        let samples = Samples::join((RunId(1), 2, true), &codes, 3, &tiles, Some(vec![0.5; 3]), &examples).unwrap();
        assert_eq!((samples.columns, &*samples.seeds, samples.judged), (9, &[5, 5, 5, 6, 6, 6, 7, 7, 7][..], None));
        let layout = Layout::in_columns(2, 9, 9);
        let value = |i| samples.grid.tile(i, layout).unwrap().rgb[0];
        assert_eq!([0, 1, 2, 3, 4, 5, 6, 7, 8].map(value), [11, 21, 31, 10, 22, 30, 11, 23, 31]);
    }
}
