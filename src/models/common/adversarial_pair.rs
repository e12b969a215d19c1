//! Generator and discriminator that learn against each other, whatever their networks and losses are.

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

/// Numbers that a step has measured, by name: tensors of one number each, in the order in which they are reported.
pub type Measured = Vec<(&'static str, Tensor)>;

/// What generator and discriminator play against each other.
#[derive(Clone, Copy, Debug)]
pub struct Game {
    /// The losses of both.
    pub loss: Adversarial,
    /// How far the target of real pictures is lowered, in [0, 1).
    pub smoothing: f64,
    /// Steps of the discriminator for each of the generator; at least 1.
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

    /// `test_loss_d test_d_real` of held-out pictures, by logits of real and generated ones and the mean probability of the former.
    pub fn held_out(&self, [on_real, on_fake]: [&Tensor; 2], d_real: Tensor) -> Result<Vec<Scalar>> {
        rows::scalars(&[("test_loss_d", self.discriminator(on_real, on_fake)), ("test_d_real", d_real)])
    }
}

/// The probability in [0, 1] that pictures of these logits are real, by what the discriminator learned to answer.
pub fn probability(loss: Adversarial, logits: &Tensor) -> Tensor {
    match loss {
        // Its answers are 1 and 0 themselves.
        Adversarial::LeastSquares => logits.clamp(0.0, 1.0),
        _ => logits.sigmoid(),
    }
}

/// The mean probability of logits, without a gradient.
pub fn chance(loss: Adversarial, logits: &Tensor) -> Tensor {
    probability(loss, &logits.detach()).mean(Kind::Float)
}

/// Generator and discriminator.
pub struct AdversarialPair {
    /// Draws; has a moving average.
    pub generator: Part,
    /// Judges.
    pub discriminator: Part,
}

impl AdversarialPair {
    /// The number format of the heavy layers.
    pub fn kind(&self) -> Kind {
        self.generator.net.kind()
    }

    /// One step of the discriminator down `whole`, which is `loss` with its penalties. Returns `loss_d d_real d_fake grad_d`, of which
    /// the mean probabilities of real and generated pictures are handed in.
    pub fn learn_to_judge(
        &mut self,
        at: &StepInfo,
        loss: &Tensor,
        whole: &Tensor,
        [d_real, d_fake]: [Tensor; 2],
    ) -> Result<Measured> {
        let grad_d = self.discriminator.learn(whole, at)?;
        Ok(vec![("loss_d", loss.detach()), ("d_real", d_real), ("d_fake", d_fake), ("grad_d", grad_d)])
    }

    /// One step of the generator, if it is its turn, by what the discriminator that has just learned says of its pictures: `logits` runs
    /// it on them. Only the generator's gradient is calculated. Adds `loss_g grad_g`.
    pub fn learn_to_draw(
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
