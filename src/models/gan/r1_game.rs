//! The adversarial step of Karras et al. (2020): the non-saturating loss with a lazy R1 penalty.

use crate::{
    models::common::{
        adversarial_pair::{AdversarialPair, Game, chance},
        prelude::*,
    },
    nn::{self, Mode, Numbers, Tensor, losses::Adversarial},
    spec::{Knob, Knobs},
};
use anyhow::Result;

/// The non-saturating loss, with one step of each network in turn.
const GAME: Game = Game { loss: Adversarial::NonSaturating, smoothing: 0.0, d_per_g: 1 };

/// Seed of the latents with which held-out losses are measured.
pub const TEST_SEED: u64 = 0x7e57;

/// A discriminator's forward pass: from parameters, N×C×H×W pictures and the treatment of batch statistics to N logits, 32-bit.
pub type Discriminate<'a> = &'a dyn Fn(&dyn Numbers, &Tensor, Mode) -> Tensor;

/// The knobs of the penalty: `r1 r1_every`.
pub fn knobs(r1: f64) -> Vec<Knob> {
    vec![
        knobs::live("r1", "R1 penalty", real(0.0, 100.0, r1))
            .help("Keeps the discriminator from changing steeply around real pictures. More is calmer and blurrier; try ten times more when pictures collapse, 0 switches it off."),
        knobs::live("r1_every", "R1 every", int(1, 64, 16))
            .help("Steps from one penalty to the next, which counts that many times. 16 costs next to nothing; 1 is the textbook's first form and a third slower."),
    ]
}

/// Weight and interval of the R1 penalty (Mescheder et al. 2018).
#[derive(Clone, Copy, Debug)]
pub struct LazyR1 {
    weight: f64,
    every: u64,
}

impl LazyR1 {
    /// Reads the knobs `r1 r1_every`.
    pub fn read(knobs: &Knobs) -> Self {
        Self { weight: knobs.real("r1"), every: knobs.int("r1_every").max(1) as u64 }
    }

    /// Updates the discriminator from real and fake pictures, then the generator, whose graph `fake` carries. Returns
    /// `loss_d d_real d_fake grad_d loss_g grad_g`, and `r1` when the penalty was due.
    pub fn step(
        self,
        pair: &mut AdversarialPair,
        at: &StepInfo,
        [real, fake]: [&Tensor; 2],
        discriminate: Discriminate,
    ) -> Result<Vec<Scalar>> {
        let due = self.weight > 0.0 && at.step.is_multiple_of(self.every);
        let real = real.detach().set_requires_grad(due);
        let on_real = discriminate(&pair.discriminator.net, &real, Mode::Train);
        let on_fake = discriminate(&pair.discriminator.net, &fake.detach(), Mode::Judge);
        let loss = GAME.discriminator(&on_real, &on_fake);
        let penalty = if due { Some(nn::penalty::r1(&on_real, &real)?) } else { None };
        let whole = match &penalty {
            Some(penalty) => &loss + penalty * (self.weight * self.every as f64),
            None => loss.shallow_clone(),
        };
        let chances = [&on_real, &on_fake].map(|logits| chance(GAME.loss, logits));
        let mut measured = pair.step_discriminator(at, &loss, &whole, chances)?;
        pair.step_generator(at, &GAME, &mut measured, |net| discriminate(net, fake, Mode::Judge))?;
        measured.extend(penalty.map(|penalty| ("r1", penalty)));
        rows::scalars(&measured)
    }
}

/// `test_loss_d`, `test_d_real` and `test_loss_g` on held-out pictures; changes nothing.
pub fn test(pair: &AdversarialPair, [real, fake]: [&Tensor; 2], discriminate: Discriminate) -> Result<Vec<Scalar>> {
    let _guard = nn::without_gradients();
    let [on_real, on_fake] = [real, fake].map(|x| discriminate(&pair.discriminator.net, x, Mode::Judge));
    rows::scalars(&[
        ("test_loss_d", GAME.discriminator(&on_real, &on_fake)),
        ("test_d_real", chance(GAME.loss, &on_real)),
        ("test_loss_g", GAME.loss.generator(&on_fake)),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Conv, Device, Kind, Network, Plan, Precision, Window};

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
