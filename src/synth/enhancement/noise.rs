//! How much noise a picture has.

use crate::picture::Picture;
use rayon::prelude::*;

/// A response's standard deviation where the noise has 1: the root of the sum of the squared weights.
const GAIN: f64 = 6.0;
/// Median of the absolute value of a standard normal number.
const MEDIAN: f64 = 0.674_489_75;
/// Responses are at most 8 · 255.
const RESPONSES: usize = 8 * 255 + 1;

/// The standard deviation of the noise in levels of 255, the same in all channels: the median absolute response (Donoho and Johnstone 1994)
/// to Immerkær's mask (1996), the difference of two Laplacians, which is blind to smooth shades. The median is not led by edges, but a
/// picture that is all fine texture passes for noisier than it is. 0 below 3×3 pixels.
pub fn estimate(picture: &Picture) -> f64 {
    if picture.width < 3 || picture.height < 3 {
        return 0.0;
    }
    // Whole numbers are counted: the sum is the same in any order.
    let counts = (1..picture.height - 1)
        .into_par_iter()
        .fold(
            || vec![0_u64; RESPONSES],
            |mut counts, y| {
                for response in responses([picture.row(y - 1), picture.row(y), picture.row(y + 1)]) {
                    counts[response] += 1;
                }
                counts
            },
        )
        .reduce(
            || vec![0; RESPONSES],
            |mut a, b| {
                a.iter_mut().zip(b).for_each(|(a, b)| *a += b);
                a
            },
        );
    median(&counts) / (MEDIAN * GAIN)
}

fn responses(rows: [&[u8]; 3]) -> impl Iterator<Item = usize> + '_ {
    let triple = move |row: usize, i: usize| {
        let at = |i: usize| i32::from(rows[row][i]);
        at(i) - 2 * at(i + 3) + at(i + 6)
    };
    (0..rows[0].len() - 6).map(move |i| (triple(0, i) - 2 * triple(1, i) + triple(2, i)).unsigned_abs() as usize)
}

/// The median of counted whole numbers, each taken to be spread over ±½ around it (0 over 0 to ½).
fn median(counts: &[u64]) -> f64 {
    let half = counts.iter().sum::<u64>() as f64 / 2.0;
    let mut below = 0.0;
    for (value, &count) in counts.iter().enumerate() {
        let count = count as f64;
        if count > 0.0 && below + count >= half {
            // More than half of them 0: no noise that could be told from rounding.
            let share = (half - below) / count;
            return if value == 0 { 0.0 } else { value as f64 - 0.5 + share };
        }
        below += count;
    }
    0.0
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent;

    #[test]
    fn noise_that_was_added_is_measured() {
        let noise = latent::normals(&mut latent::rng(4, 0), 128 * 96 * 3);
        for sigma in [2.0, 10.0, 30.0] {
            let ramp = |i: usize| 90.0 + (i / 3 % 128) as f32 * 0.5;
            let rgb: Vec<u8> = noise.iter().enumerate().map(|(i, n)| (ramp(i) + n * sigma).round() as u8).collect();
            let found = estimate(&Picture { width: 128, height: 96, rgb: rgb.into() });
            assert!((found / f64::from(sigma) - 1.0).abs() < 0.05, "{found} for {sigma}");
        }
    }

    #[test]
    fn neither_a_ramp_nor_a_few_edges_are_noise() {
        let rgb: Vec<u8> = (0..64 * 64 * 3).map(|i| ((i / 3 % 64) * 3) as u8 ^ u8::from(i / 192 == 30)).collect();
        assert!(estimate(&Picture { width: 64, height: 64, rgb: rgb.into() }) < 1e-9);
        assert!(estimate(&Picture::filled(2, 9, [3; 3])) < 1e-9);
    }

    #[test]
    fn medians_are_found_within_a_count() {
        assert!((median(&[0, 4, 4]) - 1.5).abs() < 1e-9);
        assert!((median(&[1, 2, 1]) - 1.0).abs() < 1e-9);
        assert!(median(&[3, 1]).abs() < 1e-9 && median(&[]).abs() < 1e-9);
    }
}
