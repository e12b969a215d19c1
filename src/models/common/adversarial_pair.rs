//! A generator and a discriminator that train against each other (Goodfellow et al. 2014), for any networks and losses.

use super::{
    batch::{Scalar, StepInfo},
    part::{Part, Parts},
    plans::Plans,
    rows,
};
use crate::{
    nn::{Device, Kind, Network, Numbers, Tensor, losses::Adversarial},
    spec::Knobs,
};
use anyhow::{Context, Result};

/// Named scalars of a step as tensors of one number each, in the order in which they are reported.
pub type Measured = Vec<(&'static str, Tensor)>;

/// The adversarial loss and how it is applied.
#[derive(Clone, Copy, Debug)]
pub struct Game {
    /// The loss function of both networks.
    pub loss: Adversarial,
    /// One-sided label smoothing: how far the discriminator's target for real pictures is lowered, in [0, 1).
    pub smoothing: f64,
    /// Discriminator steps per generator step; at least 1.
    pub d_per_g: u64,
}

impl Game {
    /// Reads the knobs `loss` and `d_per_g` and, where the family has it, `smoothing`.
    pub fn read(knobs: &Knobs) -> Self {
        Self {
            loss: Adversarial::from_word(knobs.text("loss")),
            smoothing: knobs.get_real("smoothing").unwrap_or(0.0),
            d_per_g: knobs.int("d_per_g").max(1) as u64,
        }
    }

    /// The discriminator's loss for its logits of real and of generated pictures.
    pub fn discriminator(&self, on_real: &Tensor, on_fake: &Tensor) -> Tensor {
        self.loss.discriminator(on_real, on_fake, self.smoothing)
    }

    /// Returns `test_loss_d test_d_real` for the logits of held-out and generated pictures; `d_real` is the mean probability of the former.
    pub fn held_out(&self, [on_real, on_fake]: [&Tensor; 2], d_real: Tensor) -> Result<Vec<Scalar>> {
        rows::scalars(&[("test_loss_d", self.discriminator(on_real, on_fake)), ("test_d_real", d_real)])
    }
}

/// The probability in [0, 1] that pictures with these logits are real.
pub fn probability(loss: Adversarial, logits: &Tensor) -> Tensor {
    match loss {
        // The discriminator was trained to answer 1 and 0 directly.
        Adversarial::LeastSquares => logits.clamp(0.0, 1.0),
        _ => logits.sigmoid(),
    }
}

/// The mean [`probability`] of some logits, detached from the graph.
pub fn chance(loss: Adversarial, logits: &Tensor) -> Tensor {
    probability(loss, &logits.detach()).mean(Kind::Float)
}

/// The two networks of a GAN.
pub struct AdversarialPair {
    /// The generator; it has a moving average of its weights.
    pub generator: Part,
    /// The discriminator.
    pub discriminator: Part,
}

impl AdversarialPair {
    /// The number format of the heavy layers.
    pub fn kind(&self) -> Kind {
        self.generator.net.kind()
    }

    /// Updates the discriminator with the gradient of `whole`, which is `loss` plus penalties. Returns `loss_d d_real d_fake grad_d`; the
    /// caller passes the mean probabilities of real and generated pictures.
    pub fn step_discriminator(
        &mut self,
        at: &StepInfo,
        loss: &Tensor,
        whole: &Tensor,
        [d_real, d_fake]: [Tensor; 2],
    ) -> Result<Measured> {
        let grad_d = self.discriminator.learn(whole, at)?;
        Ok(vec![("loss_d", loss.detach()), ("d_real", d_real), ("d_fake", d_fake), ("grad_d", grad_d)])
    }

    /// Updates the generator if it is due at this step, and adds `loss_g grad_g` to `measured`. `logits` runs the discriminator, which
    /// has just been updated, on the generated pictures; only the generator's gradient is calculated.
    pub fn step_generator(
        &mut self,
        at: &StepInfo,
        game: &Game,
        measured: &mut Measured,
        logits: impl FnOnce(&Network) -> Tensor,
    ) -> Result<()> {
        if (at.step + 1).is_multiple_of(game.d_per_g) {
            let loss = game.loss.generator(&logits(&self.discriminator.net));
            let grad_g = self.generator.learn(&loss, at)?;
            measured.extend([("loss_g", loss.detach()), ("grad_g", grad_g)]);
        }
        Ok(())
    }
}

impl Parts for AdversarialPair {
    fn build(plans: Plans, moments: [&'static str; 2], knobs: &Knobs, device: Device) -> Result<Self> {
        let judges = plans.discriminator.context("This family has no plan of its discriminator.")?;
        let generator = Part::generator(plans.generator, moments[0], knobs, device)?;
        Ok(Self { generator, discriminator: Part::discriminator(judges, moments[1], knobs, device)? })
    }

    fn list(&self) -> Vec<&Part> {
        vec![&self.generator, &self.discriminator]
    }

    fn list_mut(&mut self) -> Vec<&mut Part> {
        vec![&mut self.generator, &mut self.discriminator]
    }

    fn device(&self) -> Device {
        self.generator.net.device()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_discriminators_answer_becomes_a_probability() {
        let answers = Tensor::from_slice(&[-2.0f32, 0.25, 3.0]);
        let by = |loss| Vec::<f32>::try_from(probability(loss, &answers)).unwrap();
        assert_eq!(by(Adversarial::LeastSquares), [0.0, 0.25, 1.0]);
        assert!((by(Adversarial::Hinge)[1] - 0.562_18).abs() < 1e-4);
    }
}
