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
