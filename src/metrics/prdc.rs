//! Precision, recall, density and coverage: who lies in whose neighbourhood (Kynkäänniemi et al. 2019; Naeem et al. 2020).

use super::{BLOCK, features};
use crate::nn;
use anyhow::{Result, ensure};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

/// A squared distance below this share of the two squared lengths is rounding: the points are the same.
const SAME: f64 = 1e-12;

/// How two clouds of features lie in each other.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Prdc {
    /// Share of fakes inside at least one real ball.
    pub precision: f64,
    /// Share of reals inside at least one fake ball.
    pub recall: f64,
    /// Mean number of real balls that a fake lies in, divided by k; about 1 when both clouds are the same, and may exceed it.
    pub density: f64,
    /// Share of reals with a fake inside their ball; about 1 − 2⁻ᵏ when both clouds are the same and as large.
    pub coverage: f64,
}

/// Compares two clouds, N×D and M×D. The ball of a point reaches to its k-th nearest neighbour in its own cloud, without its rim.
/// The usual k is 5. Blocks of rows keep the memory at some 100 MB whatever N and M are.
///
/// # Errors
/// Different widths, k = 0, fewer than k + 1 points on a side, or numbers that are not finite.
pub fn prdc(real: &Tensor, fake: &Tensor, k: usize) -> Result<Prdc> {
    ensure!(k > 0, "Neighbourhoods need at least one neighbour.");
    let _guard = nn::without_gradients();
    let [real, fake] = features(real, fake, k + 1)?.map(Cloud::new);
    let (real, fake) = (real?, fake?);
    let (real_reach, fake_reach) = (real.reach(k)?, fake.reach(k)?.f_unsqueeze(0)?);
    let mut balls_around = Tensor::f_zeros([fake.count()], (Kind::Int64, real.points.device()))?;
    let (mut recalled, mut covered) = (0, 0);
    for (start, len) in real.blocks(&fake) {
        let apart = real.squared_to(start, len, &fake)?;
        let reach = real_reach.f_narrow(0, start, len)?;
        let inside = apart.f_lt_tensor(&reach.f_unsqueeze(1)?)?;
        let _ = balls_around.f_add_(&inside.f_sum_dim_intlist([0i64].as_slice(), false, Kind::Int64)?)?;
        recalled += how_many(&apart.f_lt_tensor(&fake_reach)?.f_any_dim(1, false)?)?;
        covered += how_many(&apart.f_min_dim(1, false)?.0.f_lt_tensor(&reach)?)?;
    }
    let precise = how_many(&balls_around.f_gt(0)?)?;
    let balls = balls_around.f_sum(Kind::Int64)?.f_int64_value(&[])?;
    let share = |part: i64, of: i64| part as f64 / of as f64;
    Ok(Prdc {
        precision: share(precise, fake.count()),
        recall: share(recalled, real.count()),
        density: share(balls, fake.count() * k as i64),
        coverage: share(covered, real.count()),
    })
}

fn how_many(which: &Tensor) -> Result<i64> {
    Ok(which.f_sum(Kind::Int64)?.f_int64_value(&[])?)
}

/// Points with their squared lengths.
struct Cloud {
    points: Tensor,
    squares: Tensor,
}

impl Cloud {
    fn new(points: Tensor) -> Result<Self> {
        let squares = points.f_square()?.f_sum_dim_intlist([1i64].as_slice(), false, Kind::Double)?;
        Ok(Self { points, squares })
    }

    fn count(&self) -> i64 {
        self.squares.numel() as i64
    }

    /// Start and length of blocks of rows whose distances to all of another cloud fit one block of memory.
    fn blocks(&self, other: &Self) -> Vec<(i64, i64)> {
        let (count, at_once) = (self.count(), (BLOCK as i64 / other.count()).max(1));
        (0..count).step_by(at_once as usize).map(|start| (start, at_once.min(count - start))).collect()
    }

    /// Squared distances of `len` of these points to all others: len×M.
    fn squared_to(&self, start: i64, len: i64, other: &Self) -> Result<Tensor> {
        let some = self.points.f_narrow(0, start, len)?;
        let lengths = self.squares.f_narrow(0, start, len)?.f_unsqueeze(1)?.f_add(&other.squares.f_unsqueeze(0)?)?;
        let apart = &lengths - some.f_matmul(&other.points.f_tr()?)?.f_mul_scalar(2.0)?;
        let differ = apart.f_gt_tensor(&lengths.f_mul_scalar(SAME)?)?;
        Ok(apart.f_mul(&differ.f_to_kind(Kind::Double)?)?)
    }

    /// Squared distance of each point to its k-th nearest neighbour: the (k + 1)-th smallest of its row, which holds itself too.
    fn reach(&self, k: usize) -> Result<Tensor> {
        let mut found = Vec::new();
        for (start, len) in self.blocks(self) {
            found.push(self.squared_to(start, len, self)?.f_kthvalue(k as i64 + 1, 1, false)?.0);
        }
        Ok(Tensor::f_cat(&found, 0)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference::{agree, cloud};

    fn line(places: &[f64]) -> Tensor {
        Tensor::from_slice(places).view([-1, 1])
    }

    fn near(found: [f64; 4], wanted: [f64; 4]) {
        assert!(found.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?} where {wanted:?} is right");
    }

    fn four(found: Prdc) -> [f64; 4] {
        [found.precision, found.recall, found.density, found.coverage]
    }

    #[test]
    fn agrees_with_the_package_of_its_authors() {
        let gauss = (cloud(400, 64, 1, 1.0, 0.0), cloud(400, 64, 2, 1.0, 0.0));
        let apart = (cloud(300, 16, 3, 1.0, 0.0), cloud(250, 16, 4, 0.8, 0.3));
        agree("prdc-gauss", &four(prdc(&gauss.0, &gauss.1, 5).unwrap()), 1e-12);
        agree("prdc-apart-3", &four(prdc(&apart.0, &apart.1, 3).unwrap()), 1e-12);
        agree("prdc-apart-5", &four(prdc(&apart.0, &apart.1, 5).unwrap()), 1e-12);
    }

    #[test]
    fn seven_points_on_a_line() {
        // Real balls reach 1, 1, 1 and 8; generated ones 1, 1 and 18.5.
        let found = prdc(&line(&[0.0, 1.0, 2.0, 10.0]), &line(&[0.5, 1.5, 20.0]), 1).unwrap();
        near(four(found), [2.0 / 3.0, 1.0, 4.0 / 3.0, 0.75]);
        let rim = prdc(&line(&[0.0, 1.0]), &line(&[2.0, 3.0]), 1).unwrap();
        near(four(rim), [0.0; 4]); // the rim is outside
    }

    #[test]
    fn a_generator_that_repeats_itself_covers_and_recalls_little() {
        let real = cloud(200, 8, 5, 1.0, 0.0);
        let fresh = prdc(&real, &cloud(200, 8, 6, 1.0, 0.0), 5).unwrap();
        assert!(fresh.coverage > 0.9 && fresh.recall > 0.6 && (fresh.density - 1.0).abs() < 0.15, "{fresh:?}");
        let repeated = prdc(&real, &real.narrow(0, 17, 1).repeat([200, 1]), 5).unwrap();
        assert!(repeated.precision > 0.99 && repeated.recall < 1e-12 && repeated.coverage < 0.1, "{repeated:?}");
        let half = prdc(&real, &real.narrow(0, 0, 100).repeat([2, 1]), 5).unwrap();
        assert!(half.coverage > repeated.coverage + 0.5, "{half:?}");
    }

    #[test]
    fn unfit_clouds_are_told_in_a_sentence() {
        let some = cloud(6, 3, 5, 1.0, 0.0);
        assert!(prdc(&some, &some, 5).is_ok());
        assert!(prdc(&some, &some, 6).unwrap_err().to_string().contains("at least 7 pictures"));
        assert!(prdc(&some, &some, 0).is_err());
        assert!(prdc(&some, &cloud(6, 4, 5, 1.0, 0.0), 1).is_err());
        let broken = some.copy();
        let _ = broken.narrow(0, 2, 1).fill_(f64::NAN);
        assert!(prdc(&some, &broken, 1).unwrap_err().to_string().contains("finite"));
    }
}
