//! The square of a picture that a generator is asked to draw, and the ways there and back.

use crate::{
    nn::{Kind, Tensor},
    picture::{Mask, Picture},
};
use anyhow::Result;

/// How many times as wide as the hole the square is at least: without surroundings there is nothing to go by.
const CONTEXT: f64 = 1.6;

/// A square with `side` pixels of a picture, drawn by a generator with `small` pixels. It may reach beyond the picture: there nothing is
/// known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Left edge in the picture; less than 0 where it reaches beyond.
    pub x: isize,
    /// Upper edge.
    pub y: isize,
    /// Side in pixels of the picture, at least `small`.
    pub side: usize,
    /// Side of the generator's pictures.
    pub small: usize,
}

/// First and last place along an axis that belongs to the hole.
fn extent(n: usize, has: impl Fn(usize) -> bool) -> (usize, usize) {
    let first = (0..n).find(|&i| has(i)).unwrap_or(0);
    (first, (first..n).rev().find(|&i| has(i)).unwrap_or(first))
}

impl Window {
    /// The smallest one around the hole (mask values from `hole` on) that leaves some surroundings.
    pub fn around(mask: &Mask, hole: u8, small: usize) -> Self {
        let [width, height] = mask.size();
        let (left, right) = extent(width, |x| (0..height).any(|y| mask.at(x, y) >= hole));
        let (top, bottom) = extent(height, |y| (0..width).any(|x| mask.at(x, y) >= hole));
        let (wide, high) = (right - left + 1, bottom - top + 1);
        let wanted = (CONTEXT * wide.max(high) as f64).ceil() as usize;
        // Not more than the picture offers.
        let side = wanted.min(width.max(height)).max(wide.max(high)).max(small);
        let place = |first: usize, length: usize, n: usize| {
            let centred = first as isize - (side as isize - length as isize) / 2;
            let room = n as isize - side as isize;
            if room >= 0 { centred.clamp(0, room) } else { room / 2 }
        };
        Self { x: place(left, wide, width), y: place(top, high, height), side, small }
    }

    /// Pixels of the picture under a small one along an axis, with the share of each that lies under it; those outside are left out.
    fn under(&self, start: isize, index: usize, n: usize) -> Vec<(usize, f32)> {
        let scale = self.side as f64 / self.small as f64;
        let (from, to) = (index as f64 * scale, (index + 1) as f64 * scale);
        let inside = |at: usize| usize::try_from(start + at as isize).ok().filter(|&place| place < n);
        (from as usize..(to.ceil() as usize).min(self.side))
            .filter_map(|at| {
                let share = (to.min((at + 1) as f64) - from.max(at as f64)) as f32;
                Some((inside(at)?, share)).filter(|_| share > 1e-6)
            })
            .collect()
    }

    /// What is known, averaged over the area of each small pixel: colours in [−1, 1] as 3 planes, and the share of the area that is known.
    pub fn shrunk(&self, picture: &Picture, mask: &Mask, hole: u8) -> (Vec<f32>, Vec<f32>) {
        let area = (self.side as f32 / self.small as f32).powi(2);
        let (mut colours, mut known) = (vec![0.0; 3 * self.small * self.small], vec![0.0; self.small * self.small]);
        let columns: Vec<_> = (0..self.small).map(|i| self.under(self.x, i, picture.width)).collect();
        for (at, known) in known.iter_mut().enumerate() {
            let mut sums = [0.0; 3];
            for (y, down) in self.under(self.y, at / self.small, picture.height) {
                for &(x, across) in &columns[at % self.small] {
                    if mask.at(x, y) < hole {
                        let pixel = &picture.row(y)[3 * x..];
                        sums.iter_mut().zip(pixel).for_each(|(sum, &v)| *sum += down * across * f32::from(v));
                        *known += down * across;
                    }
                }
            }
            for (channel, sum) in sums.into_iter().enumerate() {
                let mean = if *known > 0.0 { sum / *known } else { 127.5 };
                colours[channel * self.small * self.small + at] = mean / 127.5 - 1.0;
            }
            *known = (*known / area).min(1.0);
        }
        (colours, known)
    }

    /// What a generator drew (1×C×S×S), enlarged and laid over a picture where the window is.
    pub fn enlarged(&self, drawn: &Tensor, over: &Picture) -> Result<Picture> {
        let side = self.side as i64;
        let big = if self.side == self.small {
            drawn.shallow_clone()
        } else {
            drawn.f_upsample_bicubic2d([side, side], false, None, None)?
        };
        let levels = ((big.clamp(-1.0, 1.0) + 1.0) * 127.5).round().f_expand([1, 3, side, side], false)?;
        let bytes: Vec<u8> =
            Vec::try_from(levels.permute([0, 2, 3, 1]).contiguous().to_kind(Kind::Uint8).f_view([-1])?)?;
        let mut rgb = over.rgb.to_vec();
        for y in 0..over.height {
            let Some(from_y) = self.inside(y, self.y) else { continue };
            for x in 0..over.width {
                if let Some(from_x) = self.inside(x, self.x) {
                    let from = 3 * (from_y * self.side + from_x);
                    rgb[3 * (y * over.width + x)..][..3].copy_from_slice(&bytes[from..from + 3]);
                }
            }
        }
        Ok(Picture { width: over.width, height: over.height, rgb: rgb.into() })
    }

    fn inside(&self, at: usize, start: isize) -> Option<usize> {
        usize::try_from(at as isize - start).ok().filter(|&place| place < self.side)
    }
}

/// How much each known small pixel counts (together 1): with the share of unknown ones in its 7×7 neighbourhood, and a little everywhere.
pub fn weights(known: &[f32], side: usize) -> Vec<f32> {
    const REACH: usize = 3;
    const LEAST: f32 = 0.1;
    let mut all: Vec<f32> = (0..side * side)
        .map(|i| {
            let (x, y) = (i % side, i / side);
            let (mut unknown, mut count) = (0.0, 0.0);
            for v in y.saturating_sub(REACH)..=(y + REACH).min(side - 1) {
                for u in x.saturating_sub(REACH)..=(x + REACH).min(side - 1) {
                    unknown += 1.0 - known[v * side + u];
                    count += 1.0;
                }
            }
            known[i] * (LEAST + unknown / count)
        })
        .collect();
    let total = all.iter().sum::<f32>().max(f32::MIN_POSITIVE);
    for weight in &mut all {
        *weight /= total;
    }
    all
}
