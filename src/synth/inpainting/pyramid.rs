//! A picture with a hole at half, quarter, … size, and where whole patches of it are known (after Wexler et al. 2007).

use super::hole::is_hole;
use crate::{
    picture::{Mask, Picture},
    synth::Watch,
};
use anyhow::Result;

/// Least number of patches to copy from in a coarser level.
const FEW: usize = 64;

/// By depth.
const WEIGHTS: [u8; 5] = [3, 3, 2, 2, 1];

/// Where the hole is no deeper, lines go on across it by themselves.
const SHALLOW: u16 = 2;

/// One size of the picture.
pub struct Level {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// `width * height * 3` bytes; what is there so far in the hole.
    pub rgb: Vec<u8>,
    /// Which pixels are to be filled.
    pub hole: Vec<bool>,
    /// How many pixels a pixel is away from what is known, in king's moves: 0 outside the hole.
    pub depth: Vec<u16>,
    /// What each byte's difference counts when patches are compared: the more, the nearer to what is known.
    pub weight: Vec<u8>,
}

/// Which patches can be copied: whole inside the picture and without a pixel of the hole.
pub struct Sources {
    /// By the place of the patch's centre.
    pub valid: Vec<bool>,
    /// The places that are.
    pub places: Vec<u32>,
}

impl Level {
    /// The picture's own size.
    pub fn finest(picture: &Picture, mask: &Mask) -> Self {
        let hole: Vec<bool> = mask.grey.iter().map(|&v| is_hole(v)).collect();
        Self::of(picture.width, picture.height, picture.rgb.to_vec(), hole)
    }

    fn of(width: usize, height: usize, rgb: Vec<u8>, hole: Vec<bool>) -> Self {
        let depth = depths(width, height, &hole);
        let weight = depth.iter().flat_map(|&d| [WEIGHTS[usize::from(d).min(WEIGHTS.len() - 1)]; 3]).collect();
        Self { width, height, rgb, hole, depth, weight }
    }

    /// Half the size: a pixel is the mean of the known ones of its four, and hole where fewer than half of them are known.
    pub fn halved(&self) -> Self {
        let (w, h) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let (mut rgb, mut hole) = (vec![0; w * h * 3], vec![true; w * h]);
        for y in 0..h {
            for x in 0..w {
                let (mut sum, mut known, mut all) = ([0_u32; 3], 0, 0);
                for fy in 2 * y..(2 * y + 2).min(self.height) {
                    for fx in 2 * x..(2 * x + 2).min(self.width) {
                        let at = fy * self.width + fx;
                        all += 1;
                        if !self.hole[at] {
                            known += 1;
                            sum.iter_mut().zip(&self.rgb[at * 3..]).for_each(|(s, &v)| *s += u32::from(v));
                        }
                    }
                }
                if 2 * known >= all {
                    let at = y * w + x;
                    hole[at] = false;
                    rgb[at * 3..at * 3 + 3].iter_mut().zip(sum).for_each(|(v, s)| *v = ((s + known / 2) / known) as u8);
                }
            }
        }
        Self::of(w, h, rgb, hole)
    }

    /// The patches of `2 * radius + 1` pixels a side that can be copied.
    pub fn sources(&self, radius: usize) -> Sources {
        let (w, h, side) = (self.width, self.height, 2 * radius + 1);
        let mut valid = vec![false; w * h];
        // How many rows up to this one have no hole in the patch's columns.
        let mut clear = vec![0_usize; w];
        let mut places = Vec::new();
        for y in 0..h {
            let mut run = 0;
            for (x, clear) in clear.iter_mut().enumerate() {
                run = if self.hole[y * w + x] { 0 } else { run + 1 };
                *clear = if run >= side { *clear + 1 } else { 0 };
                if *clear >= side {
                    let at = (y - radius) * w + x - radius;
                    valid[at] = true;
                    places.push(at as u32);
                }
            }
        }
        Sources { valid, places }
    }

    /// The picture as it is.
    pub fn picture(&self) -> Picture {
        Picture { width: self.width, height: self.height, rgb: self.rgb.as_slice().into() }
    }

    /// The hole as a mask.
    pub fn mask(&self) -> Mask {
        let grey = self.hole.iter().map(|&h| if h { 255 } else { 0 }).collect();
        Mask { width: self.width, height: self.height, grey }
    }
}

/// All sizes, the finest first: halved until the hole is shallow, or too few patches would be left to copy.
pub fn pyramid(finest: Level, radius: usize, watch: &Watch) -> Result<Vec<Level>> {
    let mut levels = vec![finest];
    while let Some(last) = levels.last() {
        watch.check()?;
        let deepest = last.depth.iter().max().copied().unwrap_or(0);
        if deepest <= SHALLOW || last.width.min(last.height) < 4 * (2 * radius + 1) {
            break;
        }
        let next = last.halved();
        if next.sources(radius).places.len() < FEW || !next.hole.contains(&true) {
            break;
        }
        levels.push(next);
    }
    Ok(levels)
}

/// King's moves to the nearest pixel that is not hole, in two passes.
fn depths(width: usize, height: usize, hole: &[bool]) -> Vec<u16> {
    let (w, h) = (width as isize, height as isize);
    let mut depth: Vec<u16> = hole.iter().map(|&h| if h { u16::MAX - 1 } else { 0 }).collect();
    let mut relax = |x: isize, y: isize, sign: isize| {
        let at = (y * w + x) as usize;
        if depth[at] == 0 {
            return;
        }
        for (dx, dy) in [(-1, 0), (-1, -1), (0, -1), (1, -1)] {
            let (nx, ny) = (x + sign * dx, y + sign * dy);
            if (0..w).contains(&nx) && (0..h).contains(&ny) {
                depth[at] = depth[at].min(depth[(ny * w + nx) as usize] + 1);
            }
        }
    };
    for y in 0..h {
        for x in 0..w {
            relax(x, y, 1);
        }
    }
    for y in (0..h).rev() {
        for x in (0..w).rev() {
            relax(x, y, -1);
        }
    }
    depth
}

#[cfg(test)]
#[path = "pyramid_tests.rs"]
mod tests;
