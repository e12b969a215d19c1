//! Sliced Wasserstein distance between the patches of two sets of pictures, level by level of a Laplacian pyramid (Karras et al. 2018).

use super::{BLOCK, alike, numbers, planes};
use crate::{latent, nn, picture::Pixels};
use anyhow::{Result, ensure};
use tch::{Device, Kind, Tensor};

/// Side of a patch in pixels.
const PATCH: usize = 7;
/// No level of the pyramid is smaller, and pictures are padded to a multiple of it.
const SMALLEST: usize = 16;
/// Numbers of a block of planes that stays in the processor's cache while it is blurred.
const IN_CACHE: usize = 1 << 16;
/// Spread of a channel, in grey levels, below which it counts as flat: rounding must not become texture.
const FLAT: f64 = 1e-3;

/// How closely to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Patches of each picture and level.
    pub patches: usize,
    /// Directions on which the patches are projected, in each repeat.
    pub directions: usize,
    /// How often new directions are drawn.
    pub repeats: usize,
    /// Seed of places and directions.
    pub seed: u64,
}

impl Default for Plan {
    /// The paper's own: 128 patches, 4 × 128 directions.
    fn default() -> Self {
        Self { patches: 128, directions: 128, repeats: 4, seed: 0 }
    }
}

impl Plan {
    /// While training, on about 512 pictures.
    pub fn light(seed: u64) -> Self {
        Self { patches: 16, directions: 128, repeats: 1, seed }
    }

    /// The plan for a score that is kept, on about 2,000 pictures.
    pub fn full(seed: u64) -> Self {
        Self { patches: 64, seed, ..Self::default() }
    }
}

/// The distance on one level of the pyramid.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Level {
    /// Side of the level in pixels.
    pub side: usize,
    /// The distance, ×1000.
    pub distance: f64,
}

/// The mean of [`levels`]: 0 for the same pictures, symmetric, ×1000 as in the paper.
pub fn sliced_wasserstein(real: &Pixels, fake: &Pixels, plan: &Plan) -> Result<f64> {
    let levels = levels(real, fake, plan)?;
    Ok(levels.iter().map(|level| level.distance).sum::<f64>() / levels.len() as f64)
}

/// The distance on each level, finest first: at the pictures' own size and at each half of it that is at least 16 px.
///
/// Both sets should hold as many pictures; of the larger one the first are taken. Sides that are no multiple of 16 (28 px) are
/// mirrored outwards up to the next one, the same for both sets. Patches of the two sets lie in the same places, so that equal sets
/// are at distance 0. Grey pictures have patches of 49 numbers, coloured ones of 147; each channel is brought to mean 0 and
/// deviation 1 over its set. Memory: `pictures × patches × 196 × channels` bytes a set, and some blocks of 16 MB.
///
/// # Errors
/// Pictures of different shapes, fewer than one picture, smaller than 10 px, or a plan that looks at nothing.
pub fn levels(real: &Pixels, fake: &Pixels, plan: &Plan) -> Result<Vec<Level>> {
    ensure!(
        plan.patches * plan.directions * plan.repeats > 0,
        "A plan without patches or directions measures nothing."
    );
    let (count, wide) = (real.count.min(fake.count), real.channels * PATCH * PATCH);
    let draw = |level: usize, side: usize| {
        let seed = latent::mix(&[plan.seed, level as u64]);
        let mut rng = latent::rng(seed, 0);
        let mut place = || latent::below(&mut rng, side - PATCH + 1);
        let corners = (0..count * plan.patches).map(|_| [place(), place()]).collect();
        let directions = latent::normals(&mut latent::rng(seed, 1), plan.directions * plan.repeats * wide);
        Drawn { corners, directions }
    };
    levels_with(real, fake, plan.patches, draw)
}

/// What is drawn for one level.
struct Drawn {
    /// Row and column of the upper left pixel of each patch, picture by picture.
    corners: Vec<[usize; 2]>,
    /// Directions of any length, one after another.
    directions: Vec<f32>,
}

fn levels_with(
    real: &Pixels,
    fake: &Pixels,
    patches: usize,
    draw: impl Fn(usize, usize) -> Drawn,
) -> Result<Vec<Level>> {
    alike(real, fake)?;
    ensure!(real.size >= 10, "Pictures of {0}×{0} px are too small for patches.", real.size);
    let _guard = nn::without_gradients();
    let wide = real.channels * PATCH * PATCH;
    let one = |(level, side): (usize, usize)| {
        let drawn = draw(level, side);
        let [real, fake] = [real, fake].map(|set| descriptors(set, level, &drawn.corners, patches));
        let distance = 1000.0 * distance(&real?, &fake?, &drawn.directions, wide)?;
        Ok(Level { side, distance })
    };
    sides(real.size).into_iter().enumerate().map(one).collect()
}

/// The sides of the levels, finest first.
fn sides(size: usize) -> Vec<usize> {
    let first = size.next_multiple_of(SMALLEST);
    std::iter::successors(Some(first), |side| Some(side.div_ceil(2))).take_while(|side| *side >= SMALLEST).collect()
}

/// Patches × (channels·49), each channel with mean 0 and deviation 1.
fn descriptors(pixels: &Pixels, level: usize, corners: &[[usize; 2]], patches: usize) -> Result<Tensor> {
    let sides = sides(pixels.size);
    let (side, last) = (sides[level], level + 1 == sides.len());
    let (channels, count) = (pixels.channels, corners.len() / patches);
    let at_once = (BLOCK.min(IN_CACHE) / (channels * sides[0] * sides[0])).max(1);
    let mut all = Vec::with_capacity(corners.len() * channels * PATCH * PATCH);
    for start in (0..count).step_by(at_once) {
        let some = at_once.min(count - start);
        let mut rest = padded(&planes(pixels, start, some, Kind::Float)?)?;
        for _ in 0..level {
            rest = smaller(&rest)?;
        }
        if !last {
            rest = &rest - larger(&smaller(&rest)?, side)?;
        }
        let values = numbers(&rest)?;
        for (patch, [top, left]) in corners[start * patches..(start + some) * patches].iter().enumerate() {
            for channel in 0..channels {
                let plane = (patch / patches * channels + channel) * side * side;
                for row in *top..top + PATCH {
                    let from = plane + row * side + left;
                    all.extend_from_slice(&values[from..from + PATCH]);
                }
            }
        }
    }
    for channel in 0..channels {
        settle(&mut all, channel, channels);
    }
    Ok(Tensor::f_from_slice(&all)?.f_view([corners.len() as i64, -1])?)
}

/// Brings one channel of all patches to mean 0 and deviation 1; a flat one becomes 0.
fn settle(all: &mut [f32], channel: usize, channels: usize) {
    let area = PATCH * PATCH;
    let (mut sum, mut squares) = (0f64, 0f64);
    let count = (all.len() / channels) as f64;
    for patch in all.chunks_exact(area * channels) {
        patch[channel * area..][..area].iter().for_each(|v| sum += f64::from(*v));
    }
    let mean = sum / count;
    for patch in all.chunks_exact(area * channels) {
        patch[channel * area..][..area].iter().for_each(|v| squares += (f64::from(*v) - mean).powi(2));
    }
    let deviation = (squares / count).sqrt().max(FLAT);
    for patch in all.chunks_exact_mut(area * channels) {
        for v in &mut patch[channel * area..][..area] {
            *v = ((f64::from(*v) - mean) / deviation) as f32;
        }
    }
}

/// N×C×S×S mirrored outwards (the edge itself once) to a side that halves evenly.
fn padded(x: &Tensor) -> Result<Tensor> {
    let size = x.size4()?.2;
    let more = (size as usize).next_multiple_of(SMALLEST) as i64 - size;
    if more == 0 {
        return Ok(x.f_contiguous()?);
    }
    let (before, after) = (more / 2, more - more / 2);
    Ok(x.f_contiguous()?.f_reflection_pad2d([before, after, before, after])?)
}

/// Every `step`-th pixel, blurred by the binomial 1 4 6 4 1 in each direction, mirrored at the borders.
fn blurred(x: &Tensor, step: i64) -> Result<Tensor> {
    let mut x = x.f_reflection_pad2d([2, 2, 2, 2])?;
    for along in [2, 3] {
        let length = x.size()[along as usize] - 4;
        let part = |from: i64, weight: f64| x.f_slice(along, from, from + length, step)?.f_mul_scalar(weight / 16.0);
        let mut sum = part(2, 6.0)?;
        for (from, weight) in [(0, 1.0), (1, 4.0), (3, 4.0), (4, 1.0)] {
            let _ = sum.f_add_(&part(from, weight)?)?;
        }
        x = sum;
    }
    Ok(x)
}

/// Half as large: every other pixel of the blurred picture.
fn smaller(x: &Tensor) -> Result<Tensor> {
    blurred(x, 2)
}

/// Twice as large, cut to `side`: pixels spread among zeros, and blurred.
fn larger(x: &Tensor, side: usize) -> Result<Tensor> {
    let (count, channels, high, wide) = x.size4()?;
    let spread = Tensor::f_zeros([count, channels, 2 * high, 2 * wide], (Kind::Float, Device::Cpu))?;
    spread.f_slice(2, 0, None, 2)?.f_slice(3, 0, None, 2)?.f_copy_(x)?;
    let blurred = blurred(&spread, 1)?.f_mul_scalar(4.0)?;
    Ok(blurred.f_narrow(2, 0, side as i64)?.f_narrow(3, 0, side as i64)?)
}

/// Mean over directions of how far apart the sorted projections are.
fn distance(real: &Tensor, fake: &Tensor, directions: &[f32], wide: usize) -> Result<f64> {
    let patches = real.size2()?.0 as usize;
    let at_once = (BLOCK / patches).max(1);
    let (mut total, mut scratch) = (0f64, vec![0u32; patches]);
    for some in directions.chunks(at_once * wide) {
        let unit: Vec<f32> = some.chunks_exact(wide).flat_map(to_length_one).collect();
        let unit = Tensor::f_from_slice(&unit)?.f_view([-1, wide as i64])?;
        let project = |set: &Tensor| numbers(&unit.f_matmul(&set.f_tr()?)?);
        let (real, fake) = (project(real)?, project(fake)?);
        for (a, b) in real.chunks_exact(patches).zip(fake.chunks_exact(patches)) {
            let (a, b) = (sorted(a, &mut scratch), sorted(b, &mut scratch));
            let apart: f64 = a.iter().zip(&b).map(|(a, b)| (f64::from(value(*a)) - f64::from(value(*b))).abs()).sum();
            total += apart / patches as f64;
        }
    }
    Ok(total / (directions.len() / wide) as f64)
}

fn to_length_one(direction: &[f32]) -> Vec<f32> {
    let length = direction.iter().map(|v| f64::from(*v).powi(2)).sum::<f64>().sqrt();
    direction.iter().map(|v| (f64::from(*v) / length) as f32).collect()
}

/// A whole number in the order of the floats.
fn key(value: f32) -> u32 {
    let bits = value.to_bits();
    if bits >> 31 == 1 { !bits } else { bits | 1 << 31 }
}

/// The float of a [`key`].
fn value(key: u32) -> f32 {
    f32::from_bits(if key >> 31 == 1 { key ^ 1 << 31 } else { !key })
}

/// The keys in order: a radix sort in three passes, here ten times as fast as torch's, which also sorts the places.
fn sorted(values: &[f32], scratch: &mut [u32]) -> Vec<u32> {
    let mut keys: Vec<u32> = values.iter().map(|v| key(*v)).collect();
    let mut other = &mut scratch[..values.len()];
    let mut from = &mut keys[..];
    for shift in [0, 11, 22] {
        let mut starts = [0usize; 2048];
        for k in from.iter() {
            starts[(k >> shift & 2047) as usize] += 1;
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += std::mem::replace(start, sum);
        }
        for k in from.iter() {
            let start = &mut starts[(k >> shift & 2047) as usize];
            other[*start] = *k;
            *start += 1;
        }
        std::mem::swap(&mut from, &mut other);
    }
    // Three passes leave the outcome in the scratch.
    from.to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference::{Lcg, agree, pictures};

    const SMALL: Plan = Plan { patches: 16, directions: 32, repeats: 1, seed: 3 };

    #[test]
    fn agrees_with_numpy_and_scipy_on_every_level() {
        for (size, channels, seed) in [(28, 1, 10), (32, 3, 20), (64, 3, 30)] {
            let (real, fake) = (pictures(6, size, channels, seed, 2), pictures(6, size, channels, seed + 1, 1));
            let draw = |level: usize, side: usize| {
                let mut lcg = Lcg(77 + level as u32);
                let mut place = || lcg.byte() as usize % (side - 6);
                let corners = (0..6 * 40).map(|_| [place(), place()]).collect();
                let mut lcg = Lcg(1077 + level as u32);
                Drawn { corners, directions: (0..100 * 49 * channels).map(|_| lcg.normal() as f32).collect() }
            };
            let found: Vec<f64> =
                levels_with(&real, &fake, 40, draw).unwrap().iter().map(|level| level.distance).collect();
            agree(&format!("swd-{size}-{channels}"), &found, 1e-5);
        }
    }

    #[test]
    fn levels_halve_down_to_sixteen() {
        let found = [16, 20, 28, 32, 48, 64, 128].map(sides);
        let wanted: [&[usize]; 7] =
            [&[16], &[32, 16], &[32, 16], &[32, 16], &[48, 24], &[64, 32, 16], &[128, 64, 32, 16]];
        assert_eq!(found.each_ref().map(Vec::as_slice), wanted);
    }

    #[test]
    fn a_dot_is_blurred_and_spread_as_burt_and_adelson_did() {
        let dot = Tensor::zeros([1, 1, 8, 8], (Kind::Float, Device::Cpu));
        let _ = dot.narrow(2, 2, 1).narrow(3, 0, 1).fill_(256.0);
        let small = smaller(&dot).unwrap();
        // Borders are mirrored without themselves: row 0 sees the dot in row 2 from both sides, and column 0 itself once.
        let rows = numbers(&small.narrow(3, 0, 2)).unwrap();
        assert_eq!(rows, [12.0, 2.0, 36.0, 6.0, 6.0, 1.0, 0.0, 0.0]);
        let flat = Tensor::ones([1, 2, 8, 8], (Kind::Float, Device::Cpu)) * 7.0;
        assert_eq!(larger(&smaller(&flat).unwrap(), 8).unwrap(), flat, "a flat picture stays flat up to its borders");
    }

    #[test]
    fn the_same_is_at_zero_both_ways_are_as_long_and_noise_grows_it() {
        for (size, channels) in [(28, 1), (32, 3)] {
            let real = pictures(12, size, channels, 5, 3);
            assert!(sliced_wasserstein(&real, &real, &SMALL).unwrap() < 1e-9);
            let noisy = |amount: u32| {
                let mut lcg = Lcg(9);
                let mut stir = |v: &u8| (i32::from(*v) + (lcg.byte() * amount / 256) as i32).clamp(0, 255) as u8;
                Pixels { bytes: real.bytes.iter().map(&mut stir).collect(), ..real.clone() }
            };
            let found: Vec<f64> = [4, 16, 64].map(|n| sliced_wasserstein(&real, &noisy(n), &SMALL).unwrap()).to_vec();
            assert!(1.0 < found[0] && found[0] * 1.5 < found[1] && found[1] * 1.5 < found[2], "{found:?}");
            let (ours, theirs) = (&real, &noisy(16));
            let back = sliced_wasserstein(theirs, ours, &SMALL).unwrap();
            assert!((back - found[1]).abs() < 1e-9, "{back} {found:?}");
            assert_eq!(found[1].to_bits(), sliced_wasserstein(ours, theirs, &SMALL).unwrap().to_bits());
            let other = sliced_wasserstein(ours, theirs, &Plan { seed: 4, ..SMALL }).unwrap();
            assert!((1e-6..0.3).contains(&(other / found[1] - 1.0).abs()), "{other} {found:?}");
        }
    }

    #[test]
    fn other_pictures_of_the_kind_are_nearer_than_one_repeated() {
        let (real, other) = (pictures(40, 32, 1, 5, 2), pictures(40, 32, 1, 6, 2));
        let repeated = other.gather(&[0; 40]);
        let [fresh, stale] = [other, repeated].map(|set| sliced_wasserstein(&real, &set, &SMALL).unwrap());
        assert!(fresh * 1.4 < stale, "{fresh} {stale}");
    }

    #[test]
    fn flat_pictures_give_a_number_and_unfit_ones_a_sentence() {
        let (real, flat) = (pictures(3, 28, 3, 5, 1), Pixels { count: 2, size: 28, channels: 3, bytes: vec![9; 4704] });
        let apart = sliced_wasserstein(&real, &flat, &SMALL).unwrap();
        assert!(apart.is_finite() && apart > 100.0, "{apart}; the first two of three are taken");
        let two = sliced_wasserstein(&real.gather(&[0, 1]), &flat, &SMALL).unwrap();
        assert_eq!(apart.to_bits(), two.to_bits());
        assert!(sliced_wasserstein(&real, &pictures(3, 28, 1, 5, 1), &SMALL).is_err());
        assert!(sliced_wasserstein(&real, &Pixels::new(28, 3), &SMALL).is_err());
        assert!(sliced_wasserstein(&real, &flat, &Plan { repeats: 0, ..SMALL }).is_err());
        let tiny = pictures(2, 9, 1, 5, 0);
        assert!(sliced_wasserstein(&tiny, &tiny, &SMALL).unwrap_err().to_string().contains("too small"));
    }

    #[test]
    fn floats_are_sorted_as_floats() {
        let mut lcg = Lcg(1);
        let mut values: Vec<f32> = (0..5000).map(|_| (lcg.normal() * 10f64.powf(lcg.normal())) as f32).collect();
        values.extend([0.0, -0.0, f32::MAX, f32::MIN, 1e-40, -1e-40]);
        let mut scratch = vec![0; values.len() + 3];
        let found: Vec<f32> = sorted(&values, &mut scratch).into_iter().map(value).collect();
        values.sort_by(f32::total_cmp);
        assert_eq!(found, values);
    }
}
