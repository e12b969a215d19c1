//! Measures of generated pictures, each a pure function of pictures or of their embedding: no state, no cache, no global generator.
//!
//! What draws at random takes a seed. The numbers do not depend on the thread count beyond the last bits of matrix products.

pub mod case;
pub mod classifier;
pub mod embed;
mod entries;
pub mod frechet;
pub mod likeness;
pub mod metric;
pub mod nearest;
pub mod prdc;
pub mod swd;
pub mod table;

pub use metric::Metric;
pub use table::{METRICS, metric_of};

use crate::picture::Pixels;
use anyhow::{Result, ensure};
use tch::{Device, Kind, Tensor};

/// About how many numbers one block of a long calculation holds: 16 to 32 MB. Tests make it small, to cross from block to block.
const BLOCK: usize = if cfg!(test) { 1 << 14 } else { 1 << 22 };

/// An error unless both hold pictures of one size and as many channels.
fn alike(real: &Pixels, fake: &Pixels) -> Result<()> {
    ensure!(real.count > 0 && fake.count > 0, "There are no pictures to measure.");
    ensure!(
        real.size == fake.size && real.channels == fake.channels,
        "Pictures of {0}×{0} px in {1} channels can't be held against pictures of {2}×{2} px in {3}.",
        real.size,
        real.channels,
        fake.size,
        fake.channels
    );
    Ok(())
}

/// `count` pictures from place `start` on as N×C×S×S, values 0 to 255.
fn planes(pixels: &Pixels, start: usize, count: usize, kind: Kind) -> Result<Tensor> {
    let (n, s, c) = (count as i64, pixels.size as i64, pixels.channels as i64);
    let bytes = pixels.bytes.get(start * pixels.stride()..(start + count) * pixels.stride());
    let Some(bytes) = bytes else { anyhow::bail!("The pictures do not hold as many bytes as their size says.") };
    Ok(Tensor::f_from_slice(bytes)?.f_view([n, s, s, c])?.f_permute([0, 3, 1, 2])?.f_to_kind(kind)?)
}

/// Two sets of features as N×D `f64` on the processor; an error unless both have as many columns, `least` rows, and finite numbers.
fn features(real: &Tensor, fake: &Tensor, least: usize) -> Result<[Tensor; 2]> {
    let (rows, wide) = real.size2()?;
    let (others, as_wide) = fake.size2()?;
    ensure!(wide == as_wide && wide > 0, "Features of {wide} and of {as_wide} numbers can't be compared.");
    ensure!(
        rows.min(others) >= least as i64,
        "This measure needs at least {least} pictures on each side; there are {rows} real and {others} generated."
    );
    let mut both = [real, fake].map(Tensor::shallow_clone);
    for set in &mut both {
        *set = set.f_detach()?.f_to_device(Device::Cpu)?.f_to_kind(Kind::Double)?.f_contiguous()?;
        ensure!(set.f_isfinite()?.f_all()?.f_int64_value(&[])? == 1, "Some features are not finite numbers.");
    }
    Ok(both)
}

/// All numbers of a tensor, row by row.
fn numbers(x: &Tensor) -> Result<Vec<f32>> {
    let mut values = vec![0f32; x.numel()];
    let len = values.len();
    x.f_contiguous()?.f_view([-1])?.f_copy_data(&mut values, len)?;
    Ok(values)
}

/// Inputs and outcomes that `tests/references/metrics.py` shares.
#[cfg(test)]
mod reference {
    use super::*;

    /// A linear congruential generator, the same in the script.
    pub struct Lcg(pub u32);

    impl Lcg {
        pub fn byte(&mut self) -> u32 {
            self.0 = self.0.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            self.0 >> 24
        }

        /// Nearly normal: the sum of four bytes, centred and scaled.
        pub fn normal(&mut self) -> f64 {
            let sum: u32 = (0..4).map(|_| self.byte()).sum();
            (f64::from(sum) - 510.0) / 148.0
        }
    }

    /// Noise, its 3×3 neighbourhoods averaged `smooth` times (borders wrap around).
    pub fn pictures(count: usize, size: usize, channels: usize, seed: u32, smooth: usize) -> Pixels {
        let mut lcg = Lcg(seed);
        let mut pixels = Pixels::new(size, channels);
        let at = |y: usize, x: usize, c: usize| (y % size * size + x % size) * channels + c;
        for _ in 0..count {
            let mut one: Vec<u32> = (0..pixels.stride()).map(|_| lcg.byte()).collect();
            for _ in 0..smooth {
                let from = one.clone();
                for (y, x, c) in
                    (0..size * size * channels).map(|i| (i / channels / size, i / channels % size, i % channels))
                {
                    let around = (0..9).map(|k| from[at(y + size + k / 3 - 1, x + size + k % 3 - 1, c)]);
                    one[at(y, x, c)] = around.sum::<u32>() / 9;
                }
            }
            pixels.push(&one.iter().map(|v| *v as u8).collect::<Vec<_>>());
        }
        pixels
    }

    /// `count` × `wide` nearly normal numbers, scaled and moved.
    pub fn cloud(count: usize, wide: usize, seed: u32, scale: f64, offset: f64) -> Tensor {
        let mut lcg = Lcg(seed);
        let values: Vec<f64> = (0..count * wide).map(|_| lcg.normal() * scale + offset).collect();
        Tensor::from_slice(&values).view([count as i64, wide as i64])
    }

    /// The numbers of a case in `tests/references/metrics.json`.
    pub fn expected(case: &str) -> Vec<f64> {
        let all: serde_json::Value = serde_json::from_str(include_str!("../../tests/references/metrics.json")).unwrap();
        serde_json::from_value(all[case].clone()).unwrap_or_else(|_| panic!("no reference {case}"))
    }

    /// Fails unless all numbers agree to this relative (below 1 absolute) difference.
    pub fn agree(case: &str, found: &[f64], within: f64) {
        let wanted = expected(case);
        let near = found.iter().zip(&wanted).all(|(a, b)| (a - b).abs() <= within * b.abs().max(1.0));
        assert!(near && found.len() == wanted.len(), "{case}: {found:?} where {wanted:?} is right");
    }
}
