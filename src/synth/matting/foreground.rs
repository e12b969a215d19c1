//! The foreground's own colours: multi-level estimation (Germer, Uelwer, Conrad & Harmeling 2020).

use crate::{failure::Failure, picture::Picture, synth::Stop};
use anyhow::{Result, bail};
use rayon::prelude::*;

/// How strongly neighbours are held together where alpha is flat.
const REGULARISATION: f32 = 1e-5;
/// How strongly they are held together by a change of alpha.
const GRADIENT: f32 = 1.0;
/// Levels up to this side are small.
const SMALL: usize = 32;
/// Rounds at a small level and at a large one.
const ROUNDS: [usize; 2] = [10, 2];
/// Rows that are worked through in sequence; strips see their neighbours as they were before the round, so that they can be worked on at
/// the same time and the result does not depend on how many are.
const STRIP: usize = 32;

/// Foreground and background colour of a pixel.
type Pair = [[f32; 3]; 2];

/// One size of the picture.
struct Level {
    size: [usize; 2],
    colours: Vec<[f32; 3]>,
    alpha: Vec<f32>,
}

/// The pixel of a picture of size `from` for a pixel of one of size `to` (nearest neighbour).
fn nearest([x, y]: [usize; 2], to: [usize; 2], from: [usize; 2]) -> usize {
    (y * from[1] / to[1]) * from[0] + x * from[0] / to[0]
}

/// A picture of size `to` whose pixels are made by `pixel` from those of a picture of size `from`.
fn resized<T: Send>(to: [usize; 2], from: [usize; 2], pixel: impl Fn(usize) -> T + Sync) -> Vec<T> {
    let [width, height] = to;
    (0..width * height)
        .into_par_iter()
        .with_min_len(1024)
        .map(|p| pixel(nearest([p % width, p / width], to, from)))
        .collect()
}

/// Mean foreground and background colour, of pixels that are nearly all of one.
fn means(picture: &Picture, alpha: &[f32]) -> Pair {
    let mut sums = [[0.0f64; 4]; 2];
    for (p, &a) in picture.rgb.chunks_exact(3).zip(alpha) {
        for (sum, of) in sums.iter_mut().zip([a > 0.9, a < 0.1]) {
            if of {
                (0..3).for_each(|c| sum[c] += f64::from(p[c]) / 255.0);
                sum[3] += 1.0;
            }
        }
    }
    sums.map(|sum| std::array::from_fn(|c| (sum[c] / (sum[3] + 1e-5)) as f32))
}

/// The foreground's colours. `alpha` has a number in [0, 1] for each pixel of the picture.
pub fn foreground(picture: &Picture, alpha: &[f32], stop: Stop) -> Result<Picture> {
    let full = picture.size();
    let levels = full[0].max(full[1]).next_power_of_two().trailing_zeros().max(1);
    let mut pairs = vec![means(picture, alpha)];
    let mut before = [1, 1];
    for level in 0..=levels {
        let share = f64::from(level) / f64::from(levels);
        let size = full.map(|side| ((side as f64).powf(share).round() as usize).clamp(1, side));
        let colour = |p: usize| std::array::from_fn(|c| f32::from(picture.rgb[3 * p + c]) / 255.0);
        let here = Level { size, colours: resized(size, full, colour), alpha: resized(size, full, |p| alpha[p]) };
        pairs = resized(size, before, |p| pairs[p]);
        let rounds = ROUNDS[usize::from(size[0].max(size[1]) > SMALL)];
        for _ in 0..rounds {
            here.round(&mut pairs, stop);
            if stop() {
                bail!(Failure::Cancelled);
            }
        }
        before = size;
    }
    let rgb: Vec<u8> = pairs.par_iter().flat_map_iter(|[f, _]| f.map(|v| (v * 255.0).round() as u8)).collect();
    Ok(Picture { width: full[0], height: full[1], rgb: rgb.into() })
}

impl Level {
    /// One round of Gauss–Seidel in every strip.
    fn round(&self, pairs: &mut [Pair], stop: Stop) {
        let [width, height] = self.size;
        let strip = STRIP * width;
        let row = |pairs: &[Pair], y: usize| pairs[y * width..(y + 1) * width].to_vec();
        let edges: Vec<[Vec<Pair>; 2]> = (0..height.div_ceil(STRIP))
            .map(|s| [(s * STRIP).saturating_sub(1), ((s + 1) * STRIP).min(height - 1)].map(|y| row(pairs, y)))
            .collect();
        pairs.par_chunks_mut(strip).zip(edges).enumerate().for_each(|(s, (strip, edges))| {
            for y in 0..strip.len() / width {
                if stop() {
                    return;
                }
                self.row(s * STRIP, y, strip, &edges);
            }
        });
    }

    /// Row `y` of the strip that starts at row `top`; a neighbour outside the picture is the pixel itself.
    fn row(&self, top: usize, y: usize, strip: &mut [Pair], [above, below]: &[Vec<Pair>; 2]) {
        let [width, height] = self.size;
        let at = (top + y) * width;
        for x in 0..width {
            let own = y * width + x;
            let (left, right) = (x.saturating_sub(1), (x + 1).min(width - 1));
            let up = if y > 0 {
                strip[own - width]
            } else if top > 0 {
                above[x]
            } else {
                strip[own]
            };
            let down = match strip.get(own + width) {
                Some(pair) => *pair,
                None if top + y + 1 < height => below[x],
                None => strip[own],
            };
            let alphas = [
                self.alpha[at + left],
                self.alpha[at + right],
                self.alpha[if top + y > 0 { at + x - width } else { at + x }],
                self.alpha[if top + y + 1 < height { at + x + width } else { at + x }],
            ];
            let near = [strip[y * width + left], strip[y * width + right], up, down];
            strip[own] = solved(self.colours[at + x], self.alpha[at + x], near, alphas);
        }
    }
}

/// The pair that explains a colour best, given its neighbours: two equations for each colour.
fn solved(colour: [f32; 3], alpha: f32, near: [Pair; 4], alphas: [f32; 4]) -> Pair {
    let rest = 1.0 - alpha;
    let (mut ff, mut bb, fb) = (alpha * alpha, rest * rest, alpha * rest);
    let mut right = [colour.map(|c| alpha * c), colour.map(|c| rest * c)];
    for (pair, a) in near.iter().zip(alphas) {
        let tie = REGULARISATION + GRADIENT * (alpha - a).abs();
        ff += tie;
        bb += tie;
        for (sum, of) in right.iter_mut().zip(pair) {
            for c in 0..3 {
                sum[c] += tie * of[c];
            }
        }
    }
    let by = 1.0 / (ff * bb - fb * fb);
    let [f, b] = right;
    let mix = |p: f32, q: f32, x: [f32; 3], y: [f32; 3]| {
        std::array::from_fn(|c| (by * (p * x[c] - q * y[c])).clamp(0.0, 1.0))
    };
    [mix(bb, fb, f, b), mix(ff, fb, b, f)]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mix_of_two_colours_is_taken_apart() {
        let (width, height) = (64, 5);
        let (front, back) = ([200.0f32, 40.0, 90.0], [10.0f32, 160.0, 230.0]);
        let alpha: Vec<f32> = (0..width * height).map(|p| ((p % width) as f32 / 50.0 - 0.1).clamp(0.0, 1.0)).collect();
        let mixed = |a: f32, c: usize| (a * front[c] + (1.0 - a) * back[c]).round() as u8;
        let rgb: Vec<u8> = alpha.iter().flat_map(|&a| [0, 1, 2].map(|c| mixed(a, c))).collect();
        let picture = Picture { width, height, rgb: rgb.into() };
        let own = foreground(&picture, &alpha, &|| false).unwrap();
        for (x, p) in own.row(2).chunks(3).enumerate() {
            let off = (0..3).map(|c| (f32::from(p[c]) - front[c]).abs()).fold(0.0, f32::max);
            // A quarter of a step in the mix is a tenth of alpha of it in the foreground.
            assert!(off <= if alpha[x] > 0.2 { 8.0 } else { 30.0 }, "{x}: {p:?}");
        }
    }

    #[test]
    fn opaque_pixels_keep_their_colours_and_any_size_will_do() {
        for (width, height) in [(1, 1), (1, 70), (97, 2), (40, 67)] {
            let rgb: Vec<u8> = (0..width * height * 3).map(|i| (i * 29 % 256) as u8).collect();
            let picture = Picture { width, height, rgb: rgb.into() };
            let ones = vec![1.0; width * height];
            assert_eq!(foreground(&picture, &ones, &|| false).unwrap(), picture);
            assert_eq!(foreground(&picture, &vec![0.0; width * height], &|| false).unwrap().size(), [width, height]);
        }
    }
}
