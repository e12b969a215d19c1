//! Distances between two clouds of features: as Gaussians (Heusel et al. 2017) and by a cubic kernel (Bińkowski et al. 2018).

use super::features;
use crate::{latent, nn};
use anyhow::{Result, ensure};
use tch::{Kind, Tensor};

/// Fréchet distance of the Gaussians fitted to two clouds, N×D and M×D: ‖μ₁−μ₂‖² + tr(Σ₁ + Σ₂ − 2(Σ₁Σ₂)^½), with unbiased
/// covariances, all 64-bit. It is biased upwards when N is not far above D: compare equal counts only.
///
/// # Errors
/// Different widths, fewer than two points on a side, or numbers that are not finite.
pub fn frechet(real: &Tensor, fake: &Tensor) -> Result<f64> {
    let _guard = nn::without_gradients();
    let [real, fake] = features(real, fake, 2)?.map(|set| moments(&set));
    let ((mean, spread), (other_mean, other_spread)) = (real?, fake?);
    let (values, vectors) = spread.f_linalg_eigh("L")?;
    let root = vectors.f_mul(&values.f_clamp_min(0.0)?.f_sqrt()?)?.f_matmul(&vectors.f_tr()?)?;
    // Σ₁^½ Σ₂ Σ₁^½ has the eigenvalues of Σ₁Σ₂, and is symmetric.
    let product = root.f_matmul(&other_spread)?.f_matmul(&root)?;
    let product = (&product + product.f_tr()?).f_mul_scalar(0.5)?;
    let both = product.f_linalg_eigvalsh("L")?.f_clamp_min(0.0)?.f_sqrt()?;
    let apart = (mean - other_mean).f_square()?;
    let all = total(&apart)? + total(&spread.f_diagonal(0, 0, 1)?)? + total(&other_spread.f_diagonal(0, 0, 1)?)?;
    Ok((all - 2.0 * total(&both)?).max(0.0))
}

/// Mean and covariance of a cloud.
fn moments(points: &Tensor) -> Result<(Tensor, Tensor)> {
    let count = points.size2()?.0;
    let mean = points.f_mean_dim([0i64].as_slice(), false, Kind::Double)?;
    let centred = points - &mean;
    let spread = centred.f_tr()?.f_matmul(&centred)?.f_div_scalar(count - 1)?;
    Ok((mean, spread))
}

/// Squared maximum mean discrepancy under (x·y/D + 1)³, unbiased, over `subsets` random subsets of `size` points of each cloud: its
/// mean and standard deviation. Clouds with no more than `size` points are taken whole, once. The usual numbers are 100 and 1000.
///
/// # Errors
/// Different widths, fewer than two points on a side, `subsets` = 0, `size` < 2, or numbers that are not finite.
pub fn kernel(real: &Tensor, fake: &Tensor, subsets: usize, size: usize, seed: u64) -> Result<(f64, f64)> {
    ensure!(subsets > 0 && size > 1, "The kernel distance needs a subset of at least two pictures.");
    let _guard = nn::without_gradients();
    let [real, fake] = features(real, fake, 2)?;
    let (many, others) = (real.size2()?.0 as usize, fake.size2()?.0 as usize);
    let size = size.min(many).min(others);
    if size == many && size == others {
        return Ok((discrepancy(&real, &fake)?, 0.0));
    }
    let mut rng = latent::rng(seed, 0);
    let mut some = |set: &Tensor, count: usize| -> Result<Tensor> {
        let order = latent::permutation(&mut rng, count);
        let index: Vec<i64> = order[..size].iter().map(|i| i64::from(*i)).collect();
        Ok(set.f_index_select(0, &Tensor::f_from_slice(&index)?)?)
    };
    let mut found = Vec::with_capacity(subsets);
    for _ in 0..subsets {
        found.push(discrepancy(&some(&real, many)?, &some(&fake, others)?)?);
    }
    let mean = found.iter().sum::<f64>() / subsets as f64;
    let variance = found.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / subsets as f64;
    Ok((mean, variance.sqrt()))
}

/// The unbiased estimate between two clouds: pairs of a point with itself are left out.
fn discrepancy(x: &Tensor, y: &Tensor) -> Result<f64> {
    let cubic = |a: &Tensor, b: &Tensor| -> Result<Tensor> {
        let (count, wide) = (b.size2()?.0, a.size2()?.1);
        ensure!(count > 1, "The kernel distance needs at least two pictures.");
        Ok(a.f_matmul(&b.f_tr()?)?.f_div_scalar(wide)?.f_add_scalar(1.0)?.f_pow_tensor_scalar(3)?)
    };
    let among = |a: &Tensor| -> Result<f64> {
        let (all, count) = (cubic(a, a)?, a.size2()?.0 as f64);
        Ok((total(&all)? - total(&all.f_diagonal(0, 0, 1)?)?) / (count * (count - 1.0)))
    };
    let across = cubic(x, y)?;
    Ok(among(x)? + among(y)? - 2.0 * total(&across)? / across.numel() as f64)
}

fn total(x: &Tensor) -> Result<f64> {
    Ok(x.f_sum(Kind::Double)?.f_double_value(&[])?)
}
