//! Three colours on a grid of pixels, worked on row by row, by as many threads as there are.

use super::hole::Window;
use crate::picture::Picture;
use rayon::prelude::*;

/// Rows fewer than these many numbers long in all are not worth a thread.
const ALONE: usize = 1 << 14;

/// `height` times three rows of `width` numbers: red, green and blue of a picture's row follow each other.
#[derive(Clone, Debug, PartialEq)]
pub struct Rows<T> {
    width: usize,
    height: usize,
    data: Vec<T>,
}

impl<T: Copy + Default + Send + Sync> Rows<T> {
    /// Zeros.
    pub fn new(width: usize, height: usize) -> Self {
        Self { width, height, data: vec![T::default(); width * height * 3] }
    }

    /// Pixels across.
    pub fn width(&self) -> usize {
        self.width
    }

    /// Pixels down.
    pub fn height(&self) -> usize {
        self.height
    }

    /// Colour `c` of row `y`.
    pub fn row(&self, y: usize, c: usize) -> &[T] {
        &self.data[(y * 3 + c) * self.width..][..self.width]
    }
}

impl Rows<f64> {
    /// What a picture has in a window.
    pub fn of(picture: &Picture, window: Window) -> Self {
        let mut rows = Self::new(window.width, window.height);
        for_rows(&mut rows, |y, c, out| {
            let from = &picture.row(window.y + y)[window.x * 3..];
            for (v, p) in out.iter_mut().zip(from.chunks_exact(3)) {
                *v = f64::from(p[c]);
            }
        });
        rows
    }

    /// Zeros in the hole.
    pub fn clear(&mut self, hole: &[bool]) {
        let w = self.width;
        for_rows(self, |y, _, out| {
            out.iter_mut().zip(&hole[y * w..]).filter(|(_, i)| **i).for_each(|(v, _)| *v = 0.0);
        });
    }

    /// Adds `times` another one.
    pub fn add(&mut self, other: &Self, times: f64) {
        for_rows(self, |y, c, out| out.iter_mut().zip(other.row(y, c)).for_each(|(v, o)| *v += times * o));
    }

    /// The picture with these numbers where the window's pixels are hole.
    pub fn put(&self, picture: &Picture, window: Window, hole: &[bool]) -> Picture {
        let mut rgb = picture.rgb.to_vec();
        for (y, inside) in hole.chunks_exact(window.width).enumerate() {
            let out = &mut rgb[((window.y + y) * picture.width + window.x) * 3..];
            for (x, _) in inside.iter().enumerate().filter(|&(_, &i)| i) {
                for c in 0..3 {
                    out[x * 3 + c] = self.row(y, c)[x].round().clamp(0.0, 255.0) as u8;
                }
            }
        }
        Picture { rgb: rgb.into(), ..picture.clone() }
    }
}

/// Calls `work(y, colour, row)` for each row: each is written by one thread.
pub fn for_rows<T: Send>(rows: &mut Rows<T>, work: impl Fn(usize, usize, &mut [T]) + Sync) {
    let (width, small) = (rows.width, rows.data.len() < ALONE);
    if small {
        rows.data.chunks_exact_mut(width).enumerate().for_each(|(at, row)| work(at / 3, at % 3, row));
    } else {
        let lines = (4096 / width).max(1) * 3;
        rows.data.par_chunks_mut(width * lines).enumerate().for_each(|(part, rows)| {
            for (i, row) in rows.chunks_exact_mut(width).enumerate() {
                let at = part * lines + i;
                work(at / 3, at % 3, row);
            }
        });
    }
}

/// Calls `work(y, colour, row of a, row of b)` for each row of two grids of one size: each is written by one thread.
pub fn for_pairs<T: Send>(a: &mut Rows<T>, b: &mut Rows<T>, work: impl Fn(usize, usize, &mut [T], &mut [T]) + Sync) {
    let width = a.width;
    let both = |at: usize, a: &mut [T], b: &mut [T]| {
        for (i, (a, b)) in a.chunks_exact_mut(width).zip(b.chunks_exact_mut(width)).enumerate() {
            work((at + i) / 3, (at + i) % 3, a, b);
        }
    };
    if a.data.len() < ALONE {
        both(0, &mut a.data, &mut b.data);
    } else {
        let lines = (4096 / width).max(1) * 3;
        let parts = a.data.par_chunks_mut(width * lines).zip(b.data.par_chunks_mut(width * lines)).enumerate();
        parts.for_each(|(part, (a, b))| both(part * lines, a, b));
    }
}

/// Calls `work(y, [red, green, blue])` for each row of pixels: each is written by one thread.
pub fn for_lines<T: Send>(rows: &mut Rows<T>, work: impl Fn(usize, [&mut [T]; 3]) + Sync) {
    let width = rows.width;
    rows.data.par_chunks_mut(width * 3).enumerate().for_each(|(y, line)| {
        let (red, rest) = line.split_at_mut(width);
        let (green, blue) = rest.split_at_mut(width);
        work(y, [red, green, blue]);
    });
}

/// The sum of `of(y, colour)` over all rows, for each colour, always in the same order.
pub fn sums(height: usize, width: usize, of: impl Fn(usize, usize) -> f64 + Sync) -> [f64; 3] {
    let line = |y: usize| [of(y, 0), of(y, 1), of(y, 2)];
    let lines: Vec<[f64; 3]> = if width * height * 3 < ALONE {
        (0..height).map(line).collect()
    } else {
        (0..height).into_par_iter().with_min_len((4096 / width).max(1)).map(line).collect()
    };
    lines.iter().fold([0.0; 3], |sum, l| [sum[0] + l[0], sum[1] + l[1], sum[2] + l[2]])
}

/// Σ a b of two rows, in eight sums that stay apart, so that the order is fixed and the machine can take them at once.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let mut lanes = [0.0; 8];
    let (whole, rest) = (a.chunks_exact(8), a.chunks_exact(8).remainder());
    for (p, q) in whole.zip(b.chunks_exact(8)) {
        for i in 0..8 {
            lanes[i] += p[i] * q[i];
        }
    }
    let tail: f64 = rest.iter().zip(&b[a.len() - rest.len()..]).map(|(p, q)| p * q).sum();
    lanes.iter().sum::<f64>() + tail
}
