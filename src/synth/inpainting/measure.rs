//! How near a filled picture is to the one it was made from.

use super::hole::is_hole;
use crate::picture::{Mask, Picture};
use rayon::prelude::*;

/// Standard deviation of the Gaussian window, and how far it reaches: 11 pixels in all.
const SIGMA: f64 = 1.5;
const REACH: usize = 5;
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

/// Structural similarity of two pictures of one size: the mean over all pixels and colours of [`ssim_map`] (Wang et al. 2004).
pub fn ssim(a: &Picture, b: &Picture) -> f64 {
    let map = ssim_map(a, b);
    map.iter().sum::<f64>() / map.len().max(1) as f64
}

/// The mean over the hole's pixels of [`ssim_map`].
pub fn hole_ssim(result: &Picture, original: &Picture, mask: &Mask) -> f64 {
    mean_in_hole(&ssim_map(result, original), mask)
}

/// The mean of what belongs to the hole's pixels.
pub(super) fn mean_in_hole(map: &[f64], mask: &Mask) -> f64 {
    let inside = || map.iter().zip(mask.grey.iter()).filter(|(_, m)| is_hole(**m)).map(|(v, _)| v);
    inside().sum::<f64>() / inside().count().max(1) as f64
}

/// Structural similarity around each pixel, the mean of the three colours: Gaussian window of 11 pixels and σ 1.5, K₁ = 0.01,
/// K₂ = 0.03, the picture mirrored at its border.
pub fn ssim_map(a: &Picture, b: &Picture) -> Vec<f64> {
    let [w, h] = a.size();
    let taps: Vec<f64> = {
        let raw = (0..=2 * REACH).map(|i| (-0.5 * ((i as f64 - REACH as f64) / SIGMA).powi(2)).exp());
        let sum: f64 = raw.clone().sum();
        raw.map(|v| v / sum).collect()
    };
    let rows: Vec<Vec<f64>> = (0..h)
        .into_par_iter()
        .map(|y| {
            let mut line = vec![0.0; w];
            for c in 0..3 {
                let moments = moments(a, b, y, c, &taps);
                for (x, v) in line.iter_mut().enumerate() {
                    let [ma, mb, aa, bb, ab] = blurred(&moments, x, w, &taps);
                    let (va, vb, cov) = (aa - ma * ma, bb - mb * mb, ab - ma * mb);
                    let alike = (2.0 * ma * mb + C1) * (2.0 * cov + C2);
                    *v += alike / ((ma * ma + mb * mb + C1) * (va + vb + C2)) / 3.0;
                }
            }
            line
        })
        .collect();
    rows.concat()
}

/// a, b, a², b² and ab of one colour, averaged down the window's columns around row `y`.
fn moments(a: &Picture, b: &Picture, y: usize, c: usize, taps: &[f64]) -> Vec<[f64; 5]> {
    let mut out = vec![[0.0; 5]; a.width];
    for (i, tap) in taps.iter().enumerate() {
        let from = mirrored(y + i, a.height);
        let pairs = a.row(from).chunks_exact(3).zip(b.row(from).chunks_exact(3));
        for (m, (p, q)) in out.iter_mut().zip(pairs) {
            let (p, q) = (f64::from(p[c]), f64::from(q[c]));
            for (m, v) in m.iter_mut().zip([p, q, p * p, q * q, p * q]) {
                *m += tap * v;
            }
        }
    }
    out
}

fn blurred(moments: &[[f64; 5]], x: usize, width: usize, taps: &[f64]) -> [f64; 5] {
    let mut sum = [0.0; 5];
    for (i, tap) in taps.iter().enumerate() {
        let m = &moments[mirrored(x + i, width)];
        for (s, v) in sum.iter_mut().zip(m) {
            *s += tap * v;
        }
    }
    sum
}

/// Place `at − REACH`, mirrored at both ends of `len` as often as it takes, the border pixel twice.
fn mirrored(at: usize, len: usize) -> usize {
    let period = 2 * len as isize;
    let at = (at as isize - REACH as isize).rem_euclid(period) as usize;
    if at < len { at } else { 2 * len - 1 - at }
}
