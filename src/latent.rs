//! Latent codes, and the noise that everything but training draws from.

use crate::{picture::Picture, spec::Knobs};
use rand_chacha::{
    ChaCha8Rng,
    rand_core::{RngCore, SeedableRng},
};
use serde::{Deserialize, Serialize};

/// What a player turns into a picture. Families read the parts their card promises and ignore the rest.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Code {
    /// The latent vector, standard normal at random.
    pub z: Vec<f32>,
    /// Truncation ψ: scales `z` (or pulls `w` to its mean). 1 leaves it as it is.
    pub psi: f32,
    /// Weights of the asked-for classes; empty means any.
    pub classes: Vec<(u32, f32)>,
    /// Seed of per-layer noise.
    pub noise_seed: u64,
    /// The picture to start from, for families that take one.
    pub input: Option<Picture>,
    /// What the family's card lets turn while it plays; what is missing is at its start value.
    pub dials: Knobs,
    /// A quick picture will do: the finger is still moving. Families that draw in many steps take one.
    pub draft: bool,
}

impl Code {
    /// The code that belongs to a seed: picture i of `sample --seed s` is `from_seed(s + i, …)`.
    pub fn from_seed(seed: u64, z_dim: usize) -> Self {
        Self { z: normal(seed, z_dim), psi: 1.0, noise_seed: seed, ..Self::default() }
    }
}

/// A code as it is written down: enough to make the picture again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct WrittenCode {
    /// The latent vector.
    pub z: Vec<f32>,
    /// Truncation ψ.
    pub psi: f32,
}

/// A generator of reproducible random numbers; `stream` separates uses of one seed.
pub fn rng(seed: u64, stream: u64) -> ChaCha8Rng {
    let mut rng = ChaCha8Rng::seed_from_u64(seed);
    rng.set_stream(stream);
    rng
}

/// Uniform in [0, 1), with 24 random bits.
pub fn uniform(rng: &mut ChaCha8Rng) -> f32 {
    (rng.next_u32() >> 8) as f32 / 16_777_216.0
}

/// Uniform in [`low`, `high`).
pub fn between(rng: &mut ChaCha8Rng, low: f32, high: f32) -> f32 {
    low + (high - low) * uniform(rng)
}

/// A whole number below `n`, without bias that matters for n far below 2⁶⁴.
pub fn below(rng: &mut ChaCha8Rng, n: usize) -> usize {
    if n == 0 { 0 } else { (rng.next_u64() % n as u64) as usize }
}

/// `n` standard normal numbers that belong to a seed (Box–Muller on `ChaCha8`).
pub fn normal(seed: u64, n: usize) -> Vec<f32> {
    let mut rng = rng(seed, 0);
    normals(&mut rng, n)
}

/// The next `n` standard normal numbers.
pub fn normals(rng: &mut ChaCha8Rng, n: usize) -> Vec<f32> {
    let mut out = Vec::with_capacity(n + 1);
    while out.len() < n {
        let radius = (-2.0 * (1.0 - uniform(rng)).ln()).sqrt();
        let (sin, cos) = (std::f32::consts::TAU * uniform(rng)).sin_cos();
        out.extend([radius * cos, radius * sin]);
    }
    out.truncate(n);
    out
}

/// A permutation of 0..n (Fisher–Yates).
pub fn permutation(rng: &mut ChaCha8Rng, n: usize) -> Vec<u32> {
    let mut order: Vec<u32> = (0..n as u32).collect();
    for i in (1..n).rev() {
        order.swap(i, below(rng, i + 1));
    }
    order
}

/// One number out of several (`SplitMix64` over them), to derive a seed per step, epoch or use.
pub fn mix(parts: &[u64]) -> u64 {
    parts.iter().fold(0x9e37_79b9_7f4a_7c15, |state, &part| {
        let mut z = (state ^ part).wrapping_add(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn normal_numbers_have_mean_zero_and_variance_one() {
        let x = normal(7, 100_000);
        let mean = x.iter().sum::<f32>() / x.len() as f32;
        let var = x.iter().map(|v| (v - mean).powi(2)).sum::<f32>() / x.len() as f32;
        assert!(mean.abs() < 0.01 && (var - 1.0).abs() < 0.02, "{mean} {var}");
        assert_eq!(x[..8], normal(7, 8)[..], "a shorter draw is a prefix");
        assert_ne!(x[..8], normal(8, 8)[..]);
    }

    #[test]
    fn a_permutation_holds_everything_once() {
        let mut p = permutation(&mut rng(1, 2), 1000);
        assert_ne!(p[..5], [0, 1, 2, 3, 4]);
        p.sort_unstable();
        assert!(p.iter().enumerate().all(|(i, &v)| i == v as usize));
    }
}
