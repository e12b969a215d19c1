//! A Gaussian fitted to the codes of a network, so that latents from the standard normal distribution decode to likely codes.

use super::decoder::Source;
use crate::{
    nn::{self, Device, Frozen, Kind, Numbers, Plan, Tensor},
    weights::Arrays,
};
use anyhow::{Context, Result, ensure};

/// Decay of the running moments per batch.
const DECAY: f64 = 0.99;
/// Added to the covariance's diagonal as a share of its mean, so that codes of lower dimension have a Cholesky factor too.
const RIDGE: f64 = 1e-4;

/// Exponentially weighted moments of codes in three buffers of a network's plan, begun at 0 with a weight of their own, so that the first
/// batch counts in full and a moving average of networks holds moments too. The second ones are central: codes may lie far from 0.
#[derive(Clone, Copy, Debug)]
pub struct FittedGaussian {
    weight: usize,
    first: usize,
    second: usize,
    width: i64,
}

impl FittedGaussian {
    /// Buffers `NAME.weight` (1), `NAME.first` (width) and `NAME.second` (width×width) for codes of `width` numbers.
    pub fn new(plan: &mut Plan, name: &str, width: i64) -> Self {
        Self {
            weight: plan.buffer(&format!("{name}.weight"), &[1], 0.0),
            first: plan.buffer(&format!("{name}.first"), &[width], 0.0),
            second: plan.buffer(&format!("{name}.second"), &[width, width], 0.0),
            width,
        }
    }

    /// Updates the moments with a batch of codes, N×width with N ≥ 1. Call it before the optimiser step, which also updates the moving average.
    pub fn update(&self, numbers: &dyn Numbers, codes: &Tensor) {
        let _guard = nn::without_gradients();
        let codes = codes.detach().to_kind(Kind::Float);
        let count = codes.size()[0].max(1) as f64;
        let mean = codes.mean_dim(0, false, Kind::Float);
        let apart = &codes - &mean;
        // The covariance of a union of two sets (Chan et al. 1979).
        let before = numbers.buffer(self.weight) * DECAY;
        let step =
            &mean - numbers.buffer(self.first) / numbers.buffer(self.weight).clamp_min(f64::from(f32::MIN_POSITIVE));
        let between = step.outer(&step) * (&before / (&before + (1.0 - DECAY)));
        let note =
            |buffer: usize, value: &Tensor| drop(numbers.buffer(buffer).shallow_clone().lerp_(value, 1.0 - DECAY));
        note(self.weight, &mean.new_ones([1], (Kind::Float, mean.device())));
        note(self.first, &mean);
        note(self.second, &(apart.tr().matmul(&apart) / count + between));
    }

    /// The buffers `NAME.…` as arrays with the moments of exactly these codes, N×width with N ≥ 1.
    pub fn arrays(name: &str, codes: &Tensor) -> Result<Arrays> {
        let _guard = nn::without_gradients();
        let codes = codes.detach().to_kind(Kind::Float);
        let count = codes.size()[0].max(1) as f64;
        let mean = codes.mean_dim(0, false, Kind::Float);
        let apart = &codes - &mean;
        let values = [
            ("weight", Tensor::ones([1], (Kind::Float, Device::Cpu))),
            ("first", mean),
            ("second", apart.tr().matmul(&apart) / count),
        ];
        let array = |value: &Tensor| nn::to_array(&value.f_to_device(Device::Cpu)?);
        values.iter().map(|(part, value)| Ok((format!("{name}.{part}"), array(value)?))).collect()
    }

    /// Loads a player's weights with their fitted Gaussian.
    pub fn load(&self, source: &Source) -> Result<(Frozen, Gaussian)> {
        let net = source.frozen()?;
        let gaussian = self.read(&net)?;
        Ok((net, gaussian))
    }

    /// The fitted Gaussian; the standard normal distribution before the first update.
    pub fn read(&self, numbers: &dyn Numbers) -> Result<Gaussian> {
        let _guard = nn::without_gradients();
        let own = |buffer: usize| numbers.buffer(buffer).to_device(Device::Cpu).to_kind(Kind::Double);
        let weight = own(self.weight).double_value(&[0]);
        let (mean, factor) = if weight > 0.0 {
            let mean = own(self.first) / weight;
            let factor = factor(&(own(self.second) / weight))?;
            (mean, factor)
        } else {
            let options = (Kind::Double, Device::Cpu);
            (Tensor::zeros([self.width], options), Tensor::eye(self.width, options))
        };
        let away = |x: &Tensor| x.to_kind(Kind::Float).to_device(numbers.device());
        Ok(Gaussian { mean: away(&mean), factor: away(&factor) })
    }
}

/// The Cholesky factor of a covariance with a ridge, which is raised until the factorisation succeeds.
fn factor(covariance: &Tensor) -> Result<Tensor> {
    let width = covariance.size()[0];
    let spread = covariance.diagonal(0, 0, 1).mean(Kind::Double).double_value(&[]);
    ensure!(spread.is_finite(), "The codes noted in these weights are not finite, so their spread is unknown.");
    let eye = Tensor::eye(width, (Kind::Double, Device::Cpu));
    [1.0, 10.0, 100.0, 1000.0]
        .iter()
        .find_map(|times| (covariance + &eye * (spread.max(1e-12) * RIDGE * times)).f_linalg_cholesky(false).ok())
        .context("The codes noted in these weights have no spread that a Gaussian could follow.")
}

/// A Gaussian as its mean and the lower factor L of its covariance L·Lᵀ, 32-bit.
#[derive(Debug)]
pub struct Gaussian {
    mean: Tensor,
    factor: Tensor,
}

impl Gaussian {
    /// Maps standard normal rows, already scaled by the truncation, to codes: mean + L·z, N×width → N×width.
    pub fn codes(&self, z: &Tensor) -> Tensor {
        &self.mean + z.to_kind(Kind::Float).matmul(&self.factor.tr())
    }

    /// Maps codes back to rows: L⁻¹·(code − mean), N×width → N×width.
    pub fn normals(&self, codes: &Tensor) -> Tensor {
        let apart = codes.to_kind(Kind::Float) - &self.mean;
        self.factor.linalg_solve_triangular(&apart.tr(), false, true, false).tr()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Network, Precision};

    fn rows(values: &[f32], width: i64) -> Tensor {
        Tensor::from_slice(values).view([-1, width])
    }

    fn near(a: &Tensor, b: &[f32], tolerance: f32) -> bool {
        let a: Vec<f32> = Vec::try_from(a.reshape([-1])).unwrap();
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() <= tolerance)
    }

    fn noted(width: i64, batches: &[Tensor]) -> (Plan, FittedGaussian, Network) {
        let mut plan = Plan::default();
        let fitted = FittedGaussian::new(&mut plan, "codes", width);
        plan.param("w", &[1], nn::Storage::Plain, nn::Init::Constant(0.0));
        let net = Network::new(plan.clone(), Precision::Fp32, Device::Cpu).unwrap();
        for batch in batches {
            fitted.update(&net, batch);
        }
        (plan, fitted, net)
    }

    #[test]
    fn sliders_at_zero_are_the_mean_and_one_is_a_standard_deviation() {
        // Mean (3, −1); the first axis has variance 4, the second 1, no correlation: L = diag(2, 1).
        let batch = rows(&[1.0, -2.0, 5.0, 0.0, 1.0, 0.0, 5.0, -2.0], 2);
        let (plan, fitted, net) = noted(2, &[batch.copy(), batch.copy()]);
        let gaussian = fitted.read(&net).unwrap();
        let z = rows(&[0.0, 0.0, 1.0, 0.0, 0.0, -1.0], 2);
        let codes = gaussian.codes(&z);
        assert!(near(&codes, &[3.0, -1.0, 5.0, -1.0, 3.0, -2.0], 1e-3), "{codes}");
        assert!(near(&gaussian.normals(&codes), &[0.0, 0.0, 1.0, 0.0, 0.0, -1.0], 1e-5));
        let arrays = net.arrays(net.bank.master(), &net.noted()).unwrap();
        assert_eq!(arrays["codes.second"].shape, [2, 2]);
        let frozen = Frozen::read(&plan, &arrays, Precision::Fp32, Device::Cpu).unwrap();
        assert!(fitted.read(&frozen).unwrap().codes(&z) == codes, "a player reads the same");
    }

    #[test]
    fn correlated_codes_keep_their_covariance() {
        let batch = rows(&[2.0, 2.0, -2.0, -2.0, 1.0, -1.0, -1.0, 1.0], 2);
        let (_, fitted, net) = noted(2, &[batch]);
        let gaussian = fitted.read(&net).unwrap();
        // Covariance (2.5 1.5; 1.5 2.5) = L·Lᵀ with L = (√2.5 0; 1.5/√2.5 1.6/√1.6).
        let codes = gaussian.codes(&rows(&[1.0, 0.0, 0.0, 1.0], 2));
        assert!(near(&codes, &[1.581_14, 0.948_68, 0.0, 1.264_91], 1e-3), "{codes}");
    }

    #[test]
    fn later_batches_outweigh_earlier_ones() {
        let (_, fitted, net) = noted(1, &[rows(&[0.0], 1), rows(&[1.0], 1)]);
        // Weights 0.01·0.99 and 0.01: the mean is 1 / 1.99.
        let gaussian = fitted.read(&net).unwrap();
        let mean = gaussian.codes(&rows(&[0.0], 1));
        assert!(near(&mean, &[1.0 / 1.99], 1e-5), "{mean}");
        // A share p = 1 / 1.99 of ones among zeros has variance p·(1 − p).
        let spread = gaussian.codes(&rows(&[1.0], 1)) - mean;
        assert!(near(&spread, &[0.5], 1e-3), "{spread}");
        let far = |x: f32| rows(&[x, 1000.0, x, 1000.0 + 0.01, x, 1000.0 - 0.01], 2);
        let (_, fitted, net) = noted(2, &[far(500.0), far(500.0), far(500.0)]);
        let ends = fitted.read(&net).unwrap().codes(&rows(&[0.0, 1.0], 2)) - rows(&[500.0, 1000.0], 2);
        assert!(near(&ends, &[0.0, 0.008_165], 2e-4), "a small spread far from 0 is kept: {ends}");
    }

    #[test]
    fn nothing_noted_is_standard_normal_and_flat_codes_are_no_error() {
        let (_, fitted, net) = noted(3, &[]);
        let z = rows(&[0.5, -1.0, 2.0], 3);
        assert!(fitted.read(&net).unwrap().codes(&z) == z);
        let (_, fitted, net) = noted(3, &[rows(&[0.5, 0.0, -2.0, 0.5, 0.0, -2.0], 3)]);
        assert!(near(&fitted.read(&net).unwrap().codes(&z), &[0.5, 0.0, -2.0], 1e-4));
        let (_, fitted, net) = noted(2, &[rows(&[f32::NAN, 0.0], 2)]);
        let why = fitted.read(&net).unwrap_err().to_string();
        assert!(why.contains("not finite"), "{why}");
    }
}
