//! Each pixel of the hole becomes what the patches that cover it agree on (Wexler et al. 2007).

use super::{
    field::{Field, Match, NONE},
    pyramid::Level,
};
use crate::synth::Stop;
use rayon::prelude::*;

/// A patch counts this much less for each pixel it lies deeper in the hole.
const FADE: f32 = 1.3;

/// How far patches count that differ more than others.
#[derive(Clone, Copy, Debug)]
pub struct Scale(f32);

impl Scale {
    /// From the match at 75 % of all, in order of their errors, times `times`.
    pub fn of(field: &Field, targets: &[u32], times: f32) -> Self {
        let mut errors: Vec<u32> = targets.iter().map(|&t| field.matches[t as usize].error).collect();
        let at = errors.len() * 3 / 4;
        let usual = if errors.is_empty() { 0 } else { *errors.select_nth_unstable(at).1 };
        Self(1.0 / (usual as f32 * times).max(1.0))
    }

    /// All errors count the same.
    pub fn flat() -> Self {
        Self(0.0)
    }

    fn weight(self, m: Match, depth: u16) -> f32 {
        (-(m.error as f32) * self.0).exp() * FADE.powi(-i32::from(depth.min(100)))
    }
}

/// Fills the hole of a level. Returns the mean change of its bytes.
pub fn vote(level: &mut Level, field: &Field, scale: Scale, stop: Stop) -> f64 {
    let weights = weights(level, field, scale);
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
                if let Some(colour) = blend(&before, size, field, &weights, x, y) {
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

/// What each patch counts.
fn weights(level: &Level, field: &Field, scale: Scale) -> Vec<f32> {
    let pairs = field.matches.par_iter().zip(&level.depth);
    pairs.map(|(&m, &depth)| if m.source == NONE { 0.0 } else { scale.weight(m, depth).max(1e-30) }).collect()
}

/// What the patches over a pixel say, on the whole; nothing where there are none.
fn blend(rgb: &[u8], [w, h]: [usize; 2], field: &Field, weights: &[f32], x: usize, y: usize) -> Option<[f32; 3]> {
    let r = field.radius;
    let (mut sum, mut total) = ([0.0_f32; 3], 0.0_f32);
    for ty in y.saturating_sub(r)..(y + r + 1).min(h) {
        for tx in x.saturating_sub(r)..(x + r + 1).min(w) {
            let at = ty * w + tx;
            let weight = weights[at];
            if weight > 0.0 {
                // The patch is whole wherever it is, so the place is inside.
                let from = (field.matches[at].source as usize + y * w + x - at) * 3;
                total += weight;
                sum.iter_mut().zip(&rgb[from..from + 3]).for_each(|(s, &v)| *s += weight * f32::from(v));
            }
        }
    }
    (total > 0.0).then(|| sum.map(|s| s / total))
}
