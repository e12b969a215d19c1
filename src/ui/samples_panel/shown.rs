//! A grid of pictures and where its tiles are.

use crate::{
    engine::protocol::RunId,
    picture::{Layout, Picture},
};

/// A grid as it is on show.
#[derive(Clone)]
pub struct Shown {
    pub run: RunId,
    pub step: u64,
    pub grid: Picture,
    pub layout: Layout,
}

/// The layout of a grid of which only the tile's side is known; empty places at its end count as tiles.
pub fn sheet_layout(grid: &Picture, tile: usize) -> Layout {
    let tile = tile.clamp(1, grid.width.min(grid.height).max(1));
    let along = |length: usize| ((length + 1) / (tile + 1)).max(1);
    let columns = along(grid.width);
    Layout { tile, count: columns * along(grid.height), columns, gap: 1 }
}
