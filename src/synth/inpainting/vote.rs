//! Each pixel of the hole becomes what the patches that cover it agree on (Wexler et al. 2007).

use super::{
    field::{Field, Match, NONE},
    pyramid::Level,
};
use crate::{picture::Picture, synth::Stop};
use rayon::prelude::*;

/// A patch counts this much less for each pixel it lies deeper in the hole.
const FADE: f32 = 1.3;

/// How sharply patches that fit worse than the usual one over a pixel are left out: 0 not at all.
#[derive(Clone, Copy, Debug)]
pub struct Sharpness(pub f32);

/// Fills the hole of a level. Returns the mean change of its bytes.
pub fn vote(level: &mut Level, field: &Field, sharpness: Sharpness, stop: Stop) -> f64 {
    let trust = trust(level, field);
    let (w, before) = (level.width, level.rgb.clone());
    let Level { rgb, hole, .. } = level;
    let size = [w, hole.len() / w];
    let changed: u64 = rgb
        .par_chunks_mut(w * 3)
        .enumerate()
        .map(|(y, row)| {
            let mut changed = 0;
            if stop() {
                return 0;
            }
            for (x, out) in row.chunks_exact_mut(3).enumerate().filter(|(x, _)| hole[y * w + x]) {
                if let Some(colour) = blend(&before, size, field, &trust, sharpness, x, y) {
                    for (v, c) in out.iter_mut().zip(colour) {
                        let new = c.round().clamp(0.0, 255.0) as u8;
                        changed += u64::from(v.abs_diff(new));
                        *v = new;
                    }
                }
            }
            changed
        })
        .sum();
    changed as f64 / (3 * hole.iter().filter(|&&h| h).count()).max(1) as f64
}

/// What the patches would make of the known pixels along the hole's border, in a copy of the picture: at most `most` away from what is
/// there, so that a patch that does not fit does not tint what a blend makes of the whole hole.
pub fn beyond_border(level: &Level, field: &Field, sharpness: Sharpness, most: f32) -> Picture {
    let (w, h, trust) = (level.width, level.height, trust(level, field));
    let mut picture = level.rgb.clone();
    picture.par_chunks_mut(w * 3).enumerate().for_each(|(y, row)| {
        for (x, out) in row.chunks_exact_mut(3).enumerate().filter(|(x, _)| !level.hole[y * w + x]) {
            let left = x > 0 && level.hole[y * w + x - 1];
            let right = x + 1 < w && level.hole[y * w + x + 1];
            let above = y > 0 && level.hole[(y - 1) * w + x];
            let below = y + 1 < h && level.hole[(y + 1) * w + x];
            if left || right || above || below {
                let colour = blend(&level.rgb, [w, h], field, &trust, sharpness, x, y);
                for (v, c) in out.iter_mut().zip(colour.into_iter().flatten()) {
                    let own = f32::from(*v);
                    *v = c.clamp(own - most, own + most).round().clamp(0.0, 255.0) as u8;
                }
            }
        }
    });
    Picture { width: w, height: h, rgb: picture.into() }
}

/// How far each patch is believed for where it lies; 0 where there is none.
fn trust(level: &Level, field: &Field) -> Vec<f32> {
    let deepest = level.depth.iter().max().copied().unwrap_or(0);
    let by_depth: Vec<f32> = (0..=deepest).map(|d| FADE.powi(-i32::from(d.min(100)))).collect();
    let pairs = field.matches.iter().zip(&level.depth);
    pairs.map(|(m, &depth)| if m.source == NONE { 0.0 } else { by_depth[usize::from(depth)] }).collect()
}

/// What the patches over a pixel say, on the whole; nothing where there are none. How well they fit is seen against each other, since
/// patches over the hole's border always fit worse than those deep inside, which have only themselves to agree with.
fn blend(
    rgb: &[u8],
    [w, h]: [usize; 2],
    field: &Field,
    trust: &[f32],
    sharpness: Sharpness,
    x: usize,
    y: usize,
) -> Option<[f32; 3]> {
    let r = field.radius;
    let covering = || {
        let rows = y.saturating_sub(r)..(y + r + 1).min(h);
        rows.flat_map(|ty| ty * w + x.saturating_sub(r)..ty * w + (x + r + 1).min(w)).filter(|&at| trust[at] > 0.0)
    };
    let (mut usual, mut all) = (0.0_f32, 0.0_f32);
    for at in covering() {
        usual += trust[at] * field.matches[at].error as f32;
        all += trust[at];
    }
    let least = covering().map(|at| field.matches[at].error).min()?;
    let rate = sharpness.0 * all / usual.max(all);
    let (mut sum, mut total) = ([0.0_f32; 3], 0.0_f32);
    for at in covering() {
        let Match { source, error } = field.matches[at];
        let weight = trust[at] * (-rate * (error - least) as f32).exp();
        // The patch is whole wherever it is, so the place is inside.
        let from = (source as usize + y * w + x - at) * 3;
        total += weight;
        sum.iter_mut().zip(&rgb[from..from + 3]).for_each(|(s, &v)| *s += weight * f32::from(v));
    }
    Some(sum.map(|s| s / total))
}
