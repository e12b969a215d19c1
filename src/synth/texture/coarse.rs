//! Means over squares of 4×4 pixels, for a first look at every place of an exemplar: a sixteenth of the work, and smooth light counts most.

use crate::picture::Picture;
use rayon::prelude::*;

/// Side of a square.
pub(super) const CELL: usize = 4;

/// The means of the 4×4 squares that begin at each pixel of a picture, sorted such that squares 4 apart are neighbours.
pub(super) struct Coarse {
    /// Squares in a row of a phase.
    pub across: usize,
    phases: Vec<Vec<u8>>,
}

impl Coarse {
    /// Of a picture; empty if it is smaller than a square.
    pub fn of(picture: &Picture) -> Self {
        let [w, h] = picture.size();
        if w < CELL || h < CELL {
            return Self { across: 0, phases: Vec::new() };
        }
        let (across, down) = ((w - CELL + 1).div_ceil(CELL), (h - CELL + 1).div_ceil(CELL));
        // Where a phase has one square less than the others, its last one is never asked for.
        let phase = |i: usize| -> Vec<u8> {
            let corners = (0..down).flat_map(|y| (0..across).map(move |x| [x * CELL + i % CELL, y * CELL + i / CELL]));
            corners.flat_map(|[x, y]| mean(&picture.rgb, w, [x.min(w - CELL), y.min(h - CELL)])).collect()
        };
        Self { across, phases: (0..CELL * CELL).into_par_iter().map(phase).collect() }
    }

    /// The squares that a block at this corner consists of, and the column and row of its first one.
    pub fn at(&self, x: usize, y: usize) -> (&[u8], [usize; 2]) {
        (&self.phases[y % CELL * CELL + x % CELL], [x / CELL, y / CELL])
    }
}

/// The mean colour of the square at a corner of bytes with `width` pixels in a row.
pub(super) fn mean(rgb: &[u8], width: usize, [x, y]: [usize; 2]) -> [u8; 3] {
    let mut sum = [8u32; 3];
    for v in y..y + CELL {
        for pixel in rgb[(v * width + x) * 3..(v * width + x + CELL) * 3].chunks_exact(3) {
            (0..3).for_each(|c| sum[c] += u32::from(pixel[c]));
        }
    }
    sum.map(|s| (s / (CELL * CELL) as u32) as u8)
}
