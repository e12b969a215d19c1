//! How near a filled picture is to the one it was made from.

use super::hole::is_hole;
use crate::{
    picture::{Mask, Picture},
    synth::Stop,
};
use rayon::prelude::*;

/// The window is 7 pixels wide: 3 to each side.
const REACH: usize = 3;
/// Pixels in the window.
const N: f64 = 49.0;
/// (0.01 · 255)² and (0.03 · 255)².
const C1: f64 = 6.5025;
const C2: f64 = 58.5225;

/// Peak signal-to-noise ratio in dB over the hole's pixels, from the mean squared error of all three colours; infinite where nothing
/// differs. All three are of one size.
pub fn hole_psnr(result: &Picture, original: &Picture, mask: &Mask) -> f64 {
    let pixels = result.rgb.chunks_exact(3).zip(original.rgb.chunks_exact(3)).zip(mask.grey.iter());
    let (mut sum, mut count) = (0_u64, 0_u64);
    for ((a, b), _) in pixels.filter(|(_, m)| is_hole(**m)) {
        sum += a.iter().zip(b).map(|(&a, &b)| u64::from(a.abs_diff(b)).pow(2)).sum::<u64>();
        count += 3;
    }
    10.0 * (255.0_f64.powi(2) * count as f64 / sum as f64).log10()
}

/// Structural similarity of two pictures of one size (Wang et al. 2004): the mean over all colours and all pixels whose window is inside
/// the picture; over all pixels where none is.
pub fn ssim(a: &Picture, b: &Picture) -> f64 {
    mean_inside(&ssim_map(a, b, &|| false), a.size())
}

/// The mean of structural similarity around the hole's pixels; 1 without any.
pub fn hole_ssim(result: &Picture, original: &Picture, mask: &Mask) -> f64 {
    mean_in_hole(&ssim_map(result, original, &|| false), mask)
}

/// The mean of a map over the pixels that are not near the border.
pub(super) fn mean_inside(map: &[f64], [w, h]: [usize; 2]) -> f64 {
    let inset = |len: usize| if len > 2 * REACH { REACH..len - REACH } else { 0..len };
    let rows = inset(h).map(|y| map[y * w..][inset(w)].iter().sum::<f64>());
    rows.sum::<f64>() / (inset(w).len() * inset(h).len()).max(1) as f64
}

/// The mean of what belongs to the hole's pixels; 1 without any.
pub(super) fn mean_in_hole(map: &[f64], mask: &Mask) -> f64 {
    let inside = || map.iter().zip(mask.grey.iter()).filter(|(_, m)| is_hole(**m)).map(|(v, _)| v);
    match inside().count() {
        0 => 1.0,
        n => inside().sum::<f64>() / n as f64,
    }
}

/// Structural similarity around each pixel, the mean of the three colours: a flat window of 7 × 7 pixels with unbiased covariances,
/// K₁ = 0.01, K₂ = 0.03, the picture mirrored at its border. These are scikit-image's start values.
/// Rows are left out once `stop` says so.
#[allow(clippy::many_single_char_names)] // coordinates
pub(super) fn ssim_map(a: &Picture, b: &Picture, stop: Stop) -> Vec<f64> {
    let [w, h] = a.size();
    let line = |y: usize| {
        let mut line = vec![0.0; w];
        for c in 0..if stop() { 0 } else { 3 } {
            let moments = moments(a, b, y, c);
            for (x, v) in line.iter_mut().enumerate() {
                let mut sum = [0_u32; 5];
                for i in 0..=2 * REACH {
                    let m = &moments[mirrored(x + i, w)];
                    sum.iter_mut().zip(m).for_each(|(s, v)| *s += v);
                }
                *v += similarity(sum.map(f64::from)) / 3.0;
            }
        }
        line
    };
    (0..h).into_par_iter().flat_map_iter(line).collect()
}

/// SSIM from the sums over a window of a, b, a², b² and ab.
fn similarity([a, b, aa, bb, ab]: [f64; 5]) -> f64 {
    let (ma, mb) = (a / N, b / N);
    let [va, vb, cov] = [aa - a * ma, bb - b * mb, ab - a * mb].map(|v| v / (N - 1.0));
    (2.0 * ma * mb + C1) * (2.0 * cov + C2) / ((ma * ma + mb * mb + C1) * (va + vb + C2))
}

/// a, b, a², b² and ab of one colour, summed down the window's columns around row `y`.
#[allow(clippy::many_single_char_names)] // coordinates
fn moments(a: &Picture, b: &Picture, y: usize, c: usize) -> Vec<[u32; 5]> {
    let mut out = vec![[0; 5]; a.width];
    for i in 0..=2 * REACH {
        let from = mirrored(y + i, a.height);
        let pairs = a.row(from).chunks_exact(3).zip(b.row(from).chunks_exact(3));
        for (m, (p, q)) in out.iter_mut().zip(pairs) {
            let (p, q) = (u32::from(p[c]), u32::from(q[c]));
            m.iter_mut().zip([p, q, p * p, q * q, p * q]).for_each(|(m, v)| *m += v);
        }
    }
    out
}

/// Place `at − REACH`, mirrored at both ends of `len` as often as it takes, the border pixel twice.
fn mirrored(at: usize, len: usize) -> usize {
    let period = 2 * len as isize;
    let at = (at as isize - REACH as isize).rem_euclid(period) as usize;
    if at < len { at } else { 2 * len - 1 - at }
}

#[cfg(test)]
#[path = "measure_tests.rs"]
mod tests;
