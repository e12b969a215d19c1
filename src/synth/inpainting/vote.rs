//! Each pixel of the hole becomes what the patches that cover it agree on (Wexler et al. 2007).

use super::{
    field::{Field, Match, NONE},
    grid::{Rows, for_lines},
    pyramid::Level,
};
use crate::synth::Stop;
use rayon::prelude::*;

/// A patch counts this much less for each pixel it lies deeper in the hole.
const FADE: f32 = 1.3;

/// How sharply patches that fit worse than the usual one over a pixel are left out: 0 not at all.
#[derive(Clone, Copy, Debug)]
pub struct Sharpness(pub f32);

/// Fills the hole of a level.
pub fn vote(level: &mut Level, field: &Field, sharpness: Sharpness, stop: Stop) {
    let trust = trust(level, field);
    let (w, before) = (level.width, level.rgb.clone());
    let Level { rgb, hole, .. } = level;
    let size = [w, hole.len() / w];
    rgb.par_chunks_mut(w * 3).enumerate().for_each(|(y, row)| {
        if stop() {
            return;
        }
        for (x, out) in row.chunks_exact_mut(3).enumerate().filter(|(x, _)| hole[y * w + x]) {
            if let Some(colour) = blend(&before, size, field, &trust, sharpness, [x, y], [0, 0]) {
                out.iter_mut().zip(colour).for_each(|(v, c)| *v = c.round().clamp(0.0, 255.0) as u8);
            }
        }
    });
}

/// How the colours step from one pixel to the next (right or below) where one of the two is in the hole, as the patches that cover both
/// say on the whole; 0 elsewhere, and nothing is known of a step that no patch covers, which is given as NaN.
pub fn steps(level: &Level, field: &Field, sharpness: Sharpness, [dx, dy]: [usize; 2], stop: Stop) -> Rows<f64> {
    let (w, h, trust) = (level.width, level.height, trust(level, field));
    let mut steps = Rows::new(w, h);
    for_lines(&mut steps, |y, [r, g, b]| {
        if y + dy >= h || stop() {
            return;
        }
        for x in 0..w - dx {
            let at = y * w + x;
            if level.hole[at] || level.hole[at + dy * w + dx] {
                let found = blend(&level.rgb, [w, h], field, &trust, sharpness, [x, y], [dx, dy]);
                [r[x], g[x], b[x]] = found.map_or([f64::NAN; 3], |s| s.map(f64::from));
            }
        }
    });
    steps
}

/// How far each patch is believed for where it lies; 0 where there is none.
fn trust(level: &Level, field: &Field) -> Vec<f32> {
    let deepest = level.depth.iter().max().copied().unwrap_or(0);
    let by_depth: Vec<f32> = (0..=deepest).map(|d| FADE.powi(-i32::from(d.min(100)))).collect();
    let pairs = field.matches.iter().zip(&level.depth);
    pairs.map(|(m, &depth)| if m.source == NONE { 0.0 } else { by_depth[usize::from(depth)] }).collect()
}

/// What the patches over a pixel say, on the whole; nothing where there are none. With a `[dx, dy]` that is not 0: how far the colour
/// steps from this pixel to that one, by the patches over both. How well they fit is seen against each other, since patches over the
/// hole's border always fit worse than those deep inside, which have only themselves to agree with.
fn blend(
    rgb: &[u8],
    [w, h]: [usize; 2],
    field: &Field,
    trust: &[f32],
    sharpness: Sharpness,
    [x, y]: [usize; 2],
    [dx, dy]: [usize; 2],
) -> Option<[f32; 3]> {
    let (radius, ahead) = (field.radius, (dy * w + dx) * 3);
    let covering = || {
        let rows = (y + dy).saturating_sub(radius)..(y + radius + 1).min(h);
        let columns = (x + dx).saturating_sub(radius)..(x + radius + 1).min(w);
        rows.flat_map(move |ty| ty * w + columns.start..ty * w + columns.end).filter(|&at| trust[at] > 0.0)
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
        for (c, sum) in sum.iter_mut().enumerate() {
            let colour = f32::from(rgb[from + c]);
            *sum += weight * if ahead == 0 { colour } else { f32::from(rgb[from + ahead + c]) - colour };
        }
    }
    Some(sum.map(|s| s / total))
}
