//! RGB8 pictures, grids of them, masks, and stores of `u8` pixels.

mod mask;

pub use mask::Mask;

use serde::{Deserialize, Serialize};
use std::sync::Arc;

/// RGB8 pixels, row by row. Cheap to clone.
#[derive(Clone, PartialEq, Eq)]
pub struct Picture {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// `width * height * 3` bytes.
    pub rgb: Arc<[u8]>,
}

impl std::fmt::Debug for Picture {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Picture({}×{})", self.width, self.height)
    }
}

impl Picture {
    /// A picture of one colour.
    pub fn filled(width: usize, height: usize, colour: [u8; 3]) -> Self {
        Self { width, height, rgb: colour.repeat(width * height).into() }
    }

    /// Width and height.
    pub fn size(&self) -> [usize; 2] {
        [self.width, self.height]
    }

    /// Bytes of one row.
    pub fn row(&self, y: usize) -> &[u8] {
        &self.rgb[y * self.width * 3..(y + 1) * self.width * 3]
    }

    /// Each pixel as a square of `times` × `times`.
    #[must_use]
    pub fn enlarged(&self, times: usize) -> Self {
        if times <= 1 {
            return self.clone();
        }
        let mut rgb = Vec::with_capacity(self.rgb.len() * times * times);
        for y in 0..self.height {
            let line: Vec<u8> = self.row(y).chunks_exact(3).flat_map(|p| p.repeat(times)).collect();
            for _ in 0..times {
                rgb.extend_from_slice(&line);
            }
        }
        Self { width: self.width * times, height: self.height * times, rgb: rgb.into() }
    }

    /// The tile `index` of a grid made by [`grid`] from tiles of this size.
    pub fn tile(&self, index: usize, layout: Layout) -> Option<Self> {
        let [x0, y0] = layout.origin(index)?;
        let side = layout.tile;
        if x0 + side > self.width || y0 + side > self.height {
            return None;
        }
        let rgb: Vec<u8> = (y0..y0 + side).flat_map(|y| self.row(y)[x0 * 3..(x0 + side) * 3].iter().copied()).collect();
        Some(Self { width: side, height: side, rgb: rgb.into() })
    }
}

/// Where the tiles of a grid are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Layout {
    /// Side of a tile in pixels.
    pub tile: usize,
    /// How many tiles there are.
    pub count: usize,
    /// How many of them stand in a row.
    pub columns: usize,
    /// Pixels between tiles.
    pub gap: usize,
}

impl Layout {
    /// The usual grid of `count` tiles: ⌈√count⌉ columns, 1 px gaps.
    pub fn square(tile: usize, count: usize) -> Self {
        Self::in_columns(tile, count, square_columns(count))
    }

    /// A grid of `count` tiles in this many columns, 1 px gaps; never more columns than tiles, nor less than one.
    pub fn in_columns(tile: usize, count: usize, columns: usize) -> Self {
        Self { tile, count, columns: columns.clamp(1, count.max(1)), gap: 1 }
    }

    /// Width and height in pixels.
    pub fn size(self) -> [usize; 2] {
        let rows = self.count.div_ceil(self.columns.max(1)).max(1);
        let along = |n: usize| n * self.tile + (n.max(1) - 1) * self.gap;
        [along(self.columns.min(self.count.max(1))), along(rows)]
    }

    /// Upper left pixel of a tile.
    pub fn origin(self, index: usize) -> Option<[usize; 2]> {
        let (column, row) = (index % self.columns, index / self.columns);
        (index < self.count).then_some([column * (self.tile + self.gap), row * (self.tile + self.gap)])
    }

    /// The tile at a pixel, unless it is a gap or outside.
    pub fn at(self, x: usize, y: usize) -> Option<usize> {
        let step = self.tile + self.gap;
        if x % step >= self.tile || y % step >= self.tile || x / step >= self.columns {
            return None;
        }
        let index = (y / step) * self.columns + x / step;
        (index < self.count).then_some(index)
    }
}

/// ⌈√count⌉, at least 1: the columns of a grid that nothing else shapes.
pub fn square_columns(count: usize) -> usize {
    (1..=count).find(|c| c * c >= count).unwrap_or(1)
}

/// The size at which a picture, square after stretching, has the aspect of its sources' width and height again: the shorter side stays, the
/// longer one grows, to at most eight times.
pub fn restored_size([w, h]: [usize; 2], [width, height]: [usize; 2]) -> [usize; 2] {
    if width == 0 || height == 0 {
        return [w, h];
    }
    let grown = |side: usize, long: usize, short: usize| ((side * long + short / 2) / short).min(8 * side);
    if width >= height { [grown(w, width, height), h] } else { [w, grown(h, height, width)] }
}

/// Joins equally large square pictures in one, ⌈√n⌉ columns, 1 px black gaps. `None` when there are none.
pub fn grid(tiles: &[Picture]) -> Option<Picture> {
    grid_in(tiles, square_columns(tiles.len()))
}

/// A grid with a given number of columns.
pub fn grid_in(tiles: &[Picture], columns: usize) -> Option<Picture> {
    let layout = Layout::in_columns(tiles.first()?.width, tiles.len(), columns);
    let [width, height] = layout.size();
    let mut rgb = vec![0; width * height * 3];
    for (index, tile) in tiles.iter().enumerate() {
        let [x0, y0] = layout.origin(index)?;
        for y in 0..tile.height.min(layout.tile) {
            let at = ((y0 + y) * width + x0) * 3;
            let row = &tile.row(y)[..layout.tile.min(tile.width) * 3];
            rgb[at..at + row.len()].copy_from_slice(row);
        }
    }
    Some(Picture { width, height, rgb: rgb.into() })
}

/// Square pictures of one size as `u8`: `count` × `size` × `size` × `channels`, colour innermost.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pixels {
    /// How many pictures.
    pub count: usize,
    /// Side in pixels.
    pub size: usize,
    /// 1 or 3.
    pub channels: usize,
    /// `count * size * size * channels` bytes.
    pub bytes: Vec<u8>,
}

impl Pixels {
    /// An empty store.
    pub fn new(size: usize, channels: usize) -> Self {
        Self { count: 0, size, channels, bytes: Vec::new() }
    }

    /// Bytes of one picture.
    pub fn stride(&self) -> usize {
        self.size * self.size * self.channels
    }

    /// The bytes of picture `index`.
    pub fn bytes_of(&self, index: usize) -> &[u8] {
        &self.bytes[index * self.stride()..(index + 1) * self.stride()]
    }

    /// Adds a picture; its length must be [`Pixels::stride`].
    pub fn push(&mut self, bytes: &[u8]) {
        debug_assert_eq!(bytes.len(), self.stride());
        self.bytes.extend_from_slice(bytes);
        self.count += 1;
    }

    /// Picture `index`, grey repeated over the three colours.
    pub fn picture(&self, index: usize) -> Picture {
        let bytes = self.bytes_of(index);
        let rgb: Arc<[u8]> =
            if self.channels == 3 { bytes.into() } else { bytes.iter().flat_map(|&v| [v; 3]).collect() };
        Picture { width: self.size, height: self.size, rgb }
    }

    /// The pictures at these places, in this order.
    #[must_use]
    pub fn gather(&self, index: &[u32]) -> Self {
        let mut some = Self::new(self.size, self.channels);
        some.bytes.reserve(index.len() * self.stride());
        for &i in index {
            some.push(self.bytes_of(i as usize));
        }
        some
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_grid_of_five_has_three_columns_and_finds_its_tiles_again() {
        let tiles: Vec<_> = (1..=5u8).map(|v| Picture::filled(2, 2, [v; 3])).collect();
        let sheet = grid(&tiles).unwrap();
        assert_eq!((sheet.width, sheet.height), (8, 5));
        let layout = Layout::square(2, 5);
        for (i, tile) in tiles.iter().enumerate() {
            assert_eq!(sheet.tile(i, layout).unwrap(), *tile);
            let [x, y] = layout.origin(i).unwrap();
            assert_eq!(layout.at(x + 1, y + 1), Some(i));
        }
        assert_eq!(layout.at(2, 0), None, "a gap is no tile");
        assert_eq!(layout.at(7, 4), None, "the sixth place is empty");
        assert_eq!(sheet.row(0)[2 * 3], 0, "gaps are black");
    }

    #[test]
    fn a_grid_stands_in_the_columns_it_is_given() {
        let tiles: Vec<_> = (1..=6u8).map(|v| Picture::filled(2, 2, [v; 3])).collect();
        let sheet = grid_in(&tiles, 6).unwrap();
        assert_eq!((sheet.width, sheet.height), (17, 2));
        let rows = grid_in(&tiles, 2).unwrap();
        assert_eq!((rows.width, rows.height), (5, 8));
        assert_eq!(rows.tile(5, Layout::in_columns(2, 6, 2)).unwrap(), tiles[5]);
        assert_eq!(grid_in(&tiles, 0).unwrap().width, 2, "one column at least");
        assert_eq!(grid_in(&tiles, 99).unwrap(), sheet, "and no empty ones");
    }

    #[test]
    fn enlarging_repeats_pixels() {
        let p = Picture { width: 2, height: 1, rgb: vec![1, 2, 3, 4, 5, 6].into() };
        let big = p.enlarged(2);
        assert_eq!((big.width, big.height), (4, 2));
        assert_eq!(big.row(1), [1, 2, 3, 1, 2, 3, 4, 5, 6, 4, 5, 6]);
    }
}
