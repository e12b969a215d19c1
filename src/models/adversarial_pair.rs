//! Two networks against each other as Karras et al. (2020) train them: non-saturating loss, a lazy R1 penalty, an averaged generator.

use super::{Scalar, StepInfo, knobs, part::Part, tuning::Tuning};
use crate::{
    latent::{self, Code},
    nn::{self, Device, Kind, Mode, Numbers, Plan, Precision, Tensor, losses::Adversarial},
    spec::{Knob, Knobs},
};
use anyhow::{Result, ensure};

/// What they play.
const GAME: Adversarial = Adversarial::NonSaturating;

/// Seed of the latents with which held-out losses are measured.
const TEST_SEED: u64 = 0x7e57;

/// A discriminator's forward pass: its numbers, N×C×H×W pictures and how to treat the batch → N logits, 32-bit.
pub type Judge<'a> = &'a dyn Fn(&dyn Numbers, &Tensor, Mode) -> Tensor;

/// The knobs of the penalty: `r1 r1_every`.
pub fn knobs(r1: f64) -> Vec<Knob> {
    vec![
        knobs::live(knobs::real(
            "r1",
            "R1 penalty",
            "Keeps the discriminator from changing steeply around real pictures. More is calmer and blurrier; try ten times more when pictures collapse, 0 switches it off.",
            (0.0, 100.0, r1),
        )),
        knobs::live(knobs::training_int(
            "r1_every",
            "R1 every",
            "Steps from one penalty to the next, which counts that many times. 16 costs next to nothing; 1 is the textbook's first form and a third slower.",
            (1, 64, 16),
        )),
    ]
}

/// Generator and discriminator.
pub struct AdversarialPair {
    /// Draws; has an average.
    pub g: Part,
    /// Judges.
    pub d: Part,
    r1: f64,
    every: u64,
}

impl AdversarialPair {
    /// Builds both, the generator first, drawing from torch's global generator.
    pub fn new(knobs: &Knobs, plans: (Plan, Plan), precision: Precision, device: Device) -> Result<Self> {
        let g = Part::new("generator", plans.0, Tuning::read(knobs), true, precision, device)?;
        let d = Part::new("discriminator", plans.1, Tuning::read_discriminator(knobs), false, precision, device)?;
        let mut pair = Self { g, d, r1: 0.0, every: 1 };
        pair.set_live(knobs);
        Ok(pair)
    }

    /// Takes over the live knobs.
    pub fn set_live(&mut self, knobs: &Knobs) {
        self.g.tuning = Tuning::read(knobs);
        self.d.tuning = Tuning::read_discriminator(knobs);
        (self.r1, self.every) = (knobs.real("r1"), knobs.int("r1_every").max(1) as u64);
    }

    /// The discriminator learns from real and fake pictures, then the generator, whose graph `fake` carries. Returns
    /// `loss_d d_real d_fake grad_d loss_g grad_g`, and `r1` when it was due.
    pub fn step(&mut self, at: &StepInfo, real: &Tensor, fake: &Tensor, judge: Judge) -> Result<Vec<Scalar>> {
        let due = self.r1 > 0.0 && at.step.is_multiple_of(self.every);
        let real = real.detach().set_requires_grad(due);
        let on_real = judge(&self.d.net, &real, Mode::Train);
        let on_fake = judge(&self.d.net, &fake.detach(), Mode::Judge);
        let loss_d = GAME.discriminator(&on_real, &on_fake, 0.0);
        let mut names = vec!["loss_d", "d_real", "d_fake", "grad_d", "loss_g", "grad_g"];
        let mut values = vec![
            loss_d.detach(),
            on_real.detach().sigmoid().mean(Kind::Float),
            on_fake.detach().sigmoid().mean(Kind::Float),
        ];
        let penalty = if due { Some(nn::penalty::r1(&on_real, &real)?) } else { None };
        let whole = match &penalty {
            Some(penalty) => loss_d + penalty * (self.r1 * self.every as f64),
            None => loss_d,
        };
        values.push(self.d.learn(&whole, at)?);
        // The same fakes, judged by the discriminator that has just learned.
        let loss_g = GAME.generator(&judge(&self.d.net, fake, Mode::Judge));
        let grad_g = self.g.learn(&loss_g, at)?;
        values.extend([loss_g.detach(), grad_g]);
        if let Some(penalty) = penalty {
            names.push("r1");
            values.push(penalty.detach());
        }
        let numbers: Vec<f32> = Vec::try_from(Tensor::stack(&values, 0))?;
        Ok(names.into_iter().zip(numbers).collect())
    }

    /// `test_loss_d`, `test_d_real` and `test_loss_g` on held-out pictures; changes nothing.
    pub fn test(&self, real: &Tensor, fake: &Tensor, judge: Judge) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let (on_real, on_fake) = (judge(&self.d.net, real, Mode::Judge), judge(&self.d.net, fake, Mode::Judge));
        let values = [
            GAME.discriminator(&on_real, &on_fake, 0.0),
            on_real.sigmoid().mean(Kind::Float),
            GAME.generator(&on_fake),
        ];
        let numbers: Vec<f32> = Vec::try_from(Tensor::stack(&values, 0))?;
        Ok(["test_loss_d", "test_d_real", "test_loss_g"].into_iter().zip(numbers).collect())
    }

    /// Both networks, the generator first.
    pub fn parts(&self) -> Vec<&Part> {
        vec![&self.g, &self.d]
    }

    /// Both networks, to change.
    pub fn parts_mut(&mut self) -> Vec<&mut Part> {
        vec![&mut self.g, &mut self.d]
    }
}

/// `n` latents that are the same at every test: N×z, 32-bit.
pub fn test_latents(n: i64, z_dim: i64, device: Device) -> Tensor {
    Tensor::from_slice(&latent::normal(TEST_SEED, (n * z_dim) as usize)).view([n, z_dim]).to_device(device)
}

/// The latents of codes as N×z, 32-bit, as they are: ψ is the family's matter.
pub fn latents(codes: &[Code], z_dim: i64, device: Device) -> Result<Tensor> {
    let mut flat = Vec::with_capacity(codes.len() * z_dim as usize);
    for code in codes {
        ensure!(code.z.len() as i64 == z_dim, "The latent has {} numbers where {z_dim} are needed.", code.z.len());
        flat.extend_from_slice(&code.z);
    }
    Ok(Tensor::f_from_slice(&flat)?.f_view([codes.len() as i64, z_dim])?.f_to_device(device)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Conv, Network, Window};

    #[test]
    fn the_penalty_is_the_squared_slope_and_has_the_gradient_of_finite_differences() {
        // A logit a·Σx has slope a at each of 12 numbers: squared length 12 a².
        let x = Tensor::ones([3, 1, 3, 4], (Kind::Float, Device::Cpu)).set_requires_grad(true);
        let flat = (&x * 0.5).sum_dim_intlist([1i64, 2, 3].as_slice(), false, Kind::Float);
        assert!((f64::try_from(nn::penalty::r1(&flat, &x).unwrap()).unwrap() - 1.5).abs() < 1e-6);
        // Through a convolution, a leaky ReLU, halving and the spread of the batch.
        nn::seed_global(3);
        let mut plan = Plan::default();
        let conv = Conv::biased(&mut plan, "conv", (1, 3), Window::SAME);
        let verdict = nn::Verdict::new(&mut plan, 3, 2);
        let mut net = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
        let x = Tensor::randn([4, 1, 4, 4], (Kind::Float, Device::Cpu));
        let penalty = |net: &Network| {
            let x = x.copy().set_requires_grad(true);
            let hidden = nn::halve(&nn::leaky_relu(&conv.forward(net, &x)));
            nn::penalty::r1(&verdict.forward(net, &hidden, Mode::Judge), &x).unwrap()
        };
        let gradient = net.bank.gradient(&penalty(&net)).unwrap();
        for index in [0i64, 5, 40, 90] {
            let mut moved = |by: f64| {
                net.bank.update(|master| drop(master.narrow(0, index, 1).g_add_scalar_(by)));
                let value = f64::try_from(penalty(&net)).unwrap();
                net.bank.update(|master| drop(master.narrow(0, index, 1).g_add_scalar_(-by)));
                value
            };
            let slope = (moved(1e-3) - moved(-1e-3)) / 2e-3;
            let got = gradient.double_value(&[index]);
            assert!((slope - got).abs() < 0.03 * slope.abs().max(0.1), "{index}: {slope} {got}");
        }
    }
}
