//! The negative evidence lower bound that variational autoencoders assign to pictures, for binarised pixels or 256 levels.

use crate::{
    latent::{self, mix},
    nn::{Device, Kind, Tensor},
};
use anyhow::Result;
use std::ops::Range;

/// The negative evidence lower bound of pictures (Kingma & Welling 2014), with β = 1 and one draw of the code a picture.
#[derive(Clone, Debug, PartialEq)]
pub struct NegativeElbo {
    /// Nats of each picture, summed over its pixels and channels, with the KL.
    pub nats: Vec<f64>,
    /// The kind of pixels: `BINARISED` or `LEVELS`.
    pub pixels: &'static str,
}

/// Each pixel is sampled black or white with its brightness as the probability of white; the likelihood is Bernoulli.
pub const BINARISED: &str = "binarised";
/// Each pixel is one of 256 levels; the likelihood is the Gaussian's mass on that level, with its tails added to the outermost ones.
pub const LEVELS: &str = "256-levels";

/// Random stream of the pixels' samples, apart from that of the codes.
const TOSSES: u64 = 0x7055;

/// Number of pictures per forward pass.
pub const ROUND: usize = 100;

/// Standard normal draws for the codes of the pictures at these indices, N×`z_dim`; they depend on the index and the seed alone.
pub fn draws(seed: u64, places: Range<u64>, z_dim: i64, device: Device) -> Result<Tensor> {
    let flat: Vec<f32> = places.flat_map(|place| latent::normal(mix(&[seed, place]), z_dim as usize)).collect();
    Ok(Tensor::f_from_slice(&flat)?.f_view([-1, z_dim])?.f_to_device(device)?)
}

/// Samples black and white pixels from levels in [0, 1]; the samples depend on each picture's index and the seed alone.
pub fn tossed(levels: &Tensor, seed: u64, places: Range<u64>) -> Result<Tensor> {
    let each = levels.numel() / (levels.size().first().copied().unwrap_or(1).max(1) as usize);
    let mut flat = Vec::with_capacity(levels.numel());
    for place in places {
        let mut rng = latent::rng(mix(&[seed, place]), TOSSES);
        flat.extend((0..each).map(|_| latent::uniform(&mut rng)));
    }
    let limits = Tensor::f_from_slice(&flat)?.f_view(levels.size().as_slice())?.f_to_device(levels.device())?;
    Ok(limits.lt_tensor(levels).to_kind(Kind::Float))
}

/// −ln of a Gaussian's mass on each of 256 levels, element by element in nats, 64-bit; `mean`, `levels` and `sigma` on the scale where
/// black is 0 and white is 1.
pub fn level_nats(mean: &Tensor, levels: &Tensor, sigma: f64) -> Tensor {
    let (mean, levels) = (mean.to_kind(Kind::Double), levels.to_kind(Kind::Double));
    let half = 0.5 / 255.0;
    let below = |edge: Tensor| ((edge - &mean) * (std::f64::consts::FRAC_1_SQRT_2 / sigma)).erf() * 0.5 + 0.5;
    let upper = below(&levels + half).where_self(&levels.lt(1.0 - half), &levels.ones_like());
    let lower = below(&levels - half).where_self(&levels.gt(half), &levels.zeros_like());
    let mass = upper - lower;
    // Far out in the tails the difference of both edges is lost to rounding: use the density times the level's width.
    let density = ((&levels - &mean) / sigma).square() * 0.5 + (sigma * 255.0 * std::f64::consts::TAU.sqrt()).ln();
    (-mass.clamp_min(1e-300).log()).where_self(&mass.gt(1e-10), &density)
}

/// The sum of N×… pixel nats and N×z KL over all but the first axis, N numbers.
pub fn summed(pixels: &Tensor, kl_each: &Tensor) -> Result<Vec<f64>> {
    let count = pixels.size()[0];
    let flat = |x: &Tensor| x.to_kind(Kind::Double).reshape([count, -1]).sum_dim_intlist(1, false, Kind::Double);
    Ok(Vec::try_from((flat(pixels) + flat(kl_each)).to_device(Device::Cpu))?)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_levels_masses_are_those_of_a_gaussian_and_sum_to_one() {
        let levels = Tensor::arange(256, (Kind::Double, Device::Cpu)) / 255.0;
        for (mean, sigma) in [(0.5, 0.25), (0.0, 0.02), (1.0, 0.1), (0.3, 0.001)] {
            let nats = level_nats(&(levels.zeros_like() + mean), &levels, sigma);
            let sum = f64::try_from((-&nats).exp().sum(Kind::Double)).unwrap();
            assert!((sum - 1.0).abs() < 1e-6, "{mean} {sigma}: {sum}");
            assert!(f64::try_from(nats.max()).unwrap().is_finite());
        }
        // A level in the middle of N(½, ¼): density 1/(σ√2π) times 1/255.
        let middle = Tensor::from_slice(&[128.0 / 255.0]);
        let got = f64::try_from(level_nats(&(middle.zeros_like() + 128.0 / 255.0), &middle, 0.25)).unwrap();
        assert!((got - (0.25 * 255.0 * std::f64::consts::TAU.sqrt()).ln()).abs() < 1e-4, "{got}");
    }

    #[test]
    fn tosses_and_draws_belong_to_their_place() {
        let levels = Tensor::full([40, 1, 10, 10], 0.3, (Kind::Float, Device::Cpu));
        let all = tossed(&levels, 7, 0..40).unwrap();
        let share = f64::try_from(all.mean(Kind::Float)).unwrap();
        assert!((share - 0.3).abs() < 0.03, "{share}");
        assert_eq!(tossed(&levels.narrow(0, 5, 2), 7, 5..7).unwrap(), all.narrow(0, 5, 2));
        assert_ne!(tossed(&levels, 8, 0..40).unwrap(), all);
        let z = draws(7, 0..4, 3, Device::Cpu).unwrap();
        assert_eq!(draws(7, 2..4, 3, Device::Cpu).unwrap(), z.narrow(0, 2, 2));
        assert_eq!(
            summed(&Tensor::ones([2, 1, 3, 3], (Kind::Float, Device::Cpu)), &z.narrow(0, 0, 2).zeros_like()).unwrap(),
            [9.0, 9.0]
        );
    }
}
