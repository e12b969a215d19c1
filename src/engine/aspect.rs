//! Drawn pictures with the aspect that their data had before they were stretched to squares.

use crate::{
    data,
    picture::{Layout, Picture},
};
use anyhow::{Context, Result};

/// Gives pictures the aspect of these sides; `None` leaves them as they are.
pub fn restored(tiles: Vec<Picture>, sides: Option<[usize; 2]>) -> Result<Vec<Picture>> {
    match sides {
        Some(sides) => tiles.iter().map(|tile| data::restored(tile, sides)).collect(),
        None => Ok(tiles),
    }
}

/// Gives each tile of a grid with 1 px gaps the aspect of these sides.
pub fn restored_grid(grid: &Picture, tile: usize, sides: [usize; 2]) -> Result<Picture> {
    let along = |length: usize| ((length + 1) / (tile + 1)).max(1);
    let columns = along(grid.width);
    let layout = Layout { tile, count: columns * along(grid.height), columns, gap: 1 };
    let tiles: Vec<_> = (0..layout.count).filter_map(|i| grid.tile(i, layout)).collect();
    joined(&restored(tiles, Some(sides))?, columns).context("The grid has no pictures.")
}

/// Joins equally large pictures, square or not, in rows of `columns`, with 1 px black gaps. `None` when there are none.
pub fn joined(tiles: &[Picture], columns: usize) -> Option<Picture> {
    let (w, h) = (tiles.first()?.width, tiles.first()?.height);
    let columns = columns.clamp(1, tiles.len());
    let rows = tiles.len().div_ceil(columns);
    let (width, height) = (columns * (w + 1) - 1, rows * (h + 1) - 1);
    let mut rgb = vec![0; width * height * 3];
    for (i, tile) in tiles.iter().enumerate() {
        let (left, top) = ((i % columns) * (w + 1), (i / columns) * (h + 1));
        for y in 0..h.min(tile.height) {
            let at = ((top + y) * width + left) * 3;
            let row = &tile.row(y)[..w.min(tile.width) * 3];
            rgb[at..at + row.len()].copy_from_slice(row);
        }
    }
    Some(Picture { width, height, rgb: rgb.into() })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::grid_in;

    #[test]
    fn a_grid_of_squares_becomes_one_of_rectangles() {
        let tiles: Vec<_> = (1..=5u8).map(|v| Picture::filled(4, 4, [40 * v; 3])).collect();
        let grid = grid_in(&tiles, 3).unwrap();
        assert_eq!(joined(&tiles, 3).unwrap(), grid, "squares are joined as ever");
        let wide = restored_grid(&grid, 4, [30, 20]).unwrap();
        assert_eq!((wide.width, wide.height), (3 * 6 + 2, 9));
        assert_eq!([0, 6, 7, 19].map(|x| wide.row(1)[x * 3]), [40, 0, 80, 120]);
        assert_eq!((wide.row(8)[0], wide.row(8)[19 * 3]), (160, 0), "the sixth place stays empty");
        assert_eq!(restored(tiles.clone(), None).unwrap(), tiles);
        assert_eq!(restored(tiles, Some([1, 2])).unwrap()[4], Picture::filled(4, 8, [200; 3]));
        assert!(joined(&[], 3).is_none());
    }
}
