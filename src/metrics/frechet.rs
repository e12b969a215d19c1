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
/// mean and standard deviation. A cloud with no more than `size` points is taken whole; two such ones are compared once. The usual numbers are 100 and 1000.
///
/// # Errors
/// Different widths, fewer than two points on a side, `subsets` = 0, `size` < 2, or numbers that are not finite.
pub fn kernel(real: &Tensor, fake: &Tensor, subsets: usize, size: usize, seed: u64) -> Result<(f64, f64)> {
    ensure!(subsets > 0 && size > 1, "The kernel distance needs a subset of at least two pictures.");
    let _guard = nn::without_gradients();
    let [real, fake] = features(real, fake, 2)?;
    let (many, others) = (real.size2()?.0 as usize, fake.size2()?.0 as usize);
    if many.max(others) <= size {
        return Ok((discrepancy(&real, &fake)?, 0.0));
    }
    let mut rng = latent::rng(seed, 0);
    let mut some = |set: &Tensor, count: usize| -> Result<Tensor> {
        if count <= size {
            return Ok(set.shallow_clone());
        }
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
        let wide = a.size2()?.1;
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference::{agree, cloud};

    fn clouds() -> [(&'static str, Tensor, Tensor); 2] {
        [
            ("gauss", cloud(400, 64, 1, 1.0, 0.0), cloud(400, 64, 2, 1.0, 0.0)),
            ("apart", cloud(300, 16, 3, 1.0, 0.0), cloud(250, 16, 4, 0.8, 0.3)),
        ]
    }

    #[test]
    fn agrees_with_scipy_and_scikit_learn() {
        for (name, real, fake) in clouds() {
            agree(&format!("frechet-{name}"), &[frechet(&real, &fake).unwrap()], 1e-9);
            let (mean, deviation) = kernel(&real, &fake, 5, 1000, 0).unwrap();
            agree(&format!("kernel-{name}"), &[mean], 1e-12);
            assert!(deviation < 1e-12, "both were taken whole");
        }
    }

    #[test]
    fn two_pairs_of_points_on_a_line() {
        let line = |a: f64, b: f64| Tensor::from_slice(&[a, b]).view([2, 1]);
        // Means 1 and 2, variances 2 and 8: 1 + 10 − 2·√16.
        assert!((frechet(&line(0.0, 2.0), &line(0.0, 4.0)).unwrap() - 3.0).abs() < 1e-12);
        // 1 and 27 among themselves, (1 + 1 + 8 + 27) / 4 across.
        assert!((kernel(&line(0.0, 1.0), &line(1.0, 2.0), 1, 2, 0).unwrap().0 - 9.5).abs() < 1e-12);
    }

    #[test]
    fn the_same_cloud_is_at_zero_even_when_it_is_flat() {
        for (_, real, fake) in clouds() {
            assert!(frechet(&real, &real).unwrap() < 1e-9);
            let (there, back) = (frechet(&real, &fake).unwrap(), frechet(&fake, &real).unwrap());
            assert!((there - back).abs() < 1e-9 * there);
        }
        let flat = Tensor::ones([5, 3], (Kind::Float, tch::Device::Cpu));
        let moved = frechet(&flat, &(&flat + 2.0)).unwrap();
        assert!((moved - 12.0).abs() < 1e-9, "{moved}");
    }

    #[test]
    fn random_subsets_come_near_the_whole_and_again_the_same() {
        let [_, (_, real, fake)] = clouds();
        let whole = kernel(&real, &fake, 1, 1000, 0).unwrap().0;
        let (mean, deviation) = kernel(&real, &fake, 40, 60, 7).unwrap();
        assert!(
            (mean - whole).abs() < 4.0 * deviation / 40f64.sqrt() && deviation > 0.0,
            "{mean} ± {deviation}, {whole}"
        );
        assert_eq!(kernel(&real, &fake, 40, 60, 7).unwrap(), (mean, deviation));
        assert!((kernel(&real, &fake, 40, 60, 8).unwrap().0 - mean).abs() > 1e-9);
        assert!(kernel(&real, &fake, 0, 60, 7).is_err() && kernel(&real, &fake, 1, 1, 7).is_err());
    }
}
