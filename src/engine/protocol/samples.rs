//! The sample grid of a run: which seeds it shows, and the pictures as they cross to the window.

use super::RunId;
use crate::{
    latent::Code,
    picture::{self, Picture},
};
use std::sync::Arc;

/// The pictures of a run's fixed seeds.
#[derive(Clone, Debug)]
pub struct Samples {
    /// Which run.
    pub run: RunId,
    /// After which step.
    pub step: u64,
    /// Whether the average made them.
    pub ema: bool,
    /// The pictures in a grid with 1 px gaps, in the order and the columns of [`crate::latent::fixed_codes`].
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
    /// Joins the pictures of some codes, `columns` in a row; `None` when there are none.
    pub fn join(
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
