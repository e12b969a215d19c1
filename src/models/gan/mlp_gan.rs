//! The fully connected GAN (Goodfellow et al. 2014): multilayer perceptrons on pictures as rows of pixels.

use crate::{
    latent::Code,
    models::common::{
        Frame,
        adversarial_pair::{AdversarialPair, Game, chance, probability},
        prelude::*,
        stack::{Activation, Stack, width_for},
    },
    nn::{self, Device, Frozen, Kind, Mode, Numbers, Plan, Tensor, losses::Adversarial, penalty},
    spec::{Capabilities, DataShape, Knob, Knobs, Preset},
};
use anyhow::Result;

/// The family's line in the table.
pub const FAMILY: Family = Family::of::<MlpGan, MlpGan>(
    || {
        let about = "The first GAN of every course: two fully connected networks against each other, very fast at 28 and 32 pixels. \
                     Expect readable but speckled digits after some minutes; it knows nothing of neighbouring pixels.";
        card("mlp-gan", "MLP GAN", about, Capabilities { discriminator: true, ..Capabilities::default() })
    },
    family_knobs,
    presets,
);

fn family_knobs(shape: &DataShape) -> Vec<Knob> {
    let games: Vec<&str> = Adversarial::ALL.iter().map(|(name, _)| *name).collect();
    let own = vec![
        knobs::model("width", "Width", int(2, 512, width_for(shape, 128)))
            .help("Neurons of the generator's first layer; each of the three behind it has twice as many. The textbook has 128."),
        knobs::model("z_dim", "Latent size", int(2, 512, 100))
            .help("Length of the latent vector: how many sliders there are. The textbook has 100."),
        knobs::model("activation", "Activation", choice(&["leaky", "relu"], "leaky"))
            .help("What bends the generator's layers: relu cuts off below 0, leaky lets a fifth through and learns more steadily."),
        knobs::training("loss", "Loss", choice(&games, "non-saturating"))
            .help("The game the two play. Non-saturating is the usual one; wasserstein adds a gradient penalty and takes about twice as long."),
        knobs::live("penalty", "Gradient penalty", real(0.0, 100.0, 10.0))
            .help("How strongly wasserstein keeps the discriminator's slope at 1; other losses ignore it."),
        knobs::live("d_per_g", "D steps per G step", int(1, 10, 1))
            .help("How often the discriminator learns before the generator may. Try 5 with wasserstein."),
        knobs::live("smoothing", "Label smoothing", real(0.0, 0.5, 0.0))
            .help("Real pictures count as 1 minus this for the discriminator, which keeps it from being too sure. Try 0.1."),
    ];
    tuning::adversarial_table(shape, own, Start { batch: 64, lr: 2e-4, beta1: 0.5, beta2: 0.999, ema: 0.995 })
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    Presets::of(family_knobs(shape))
        .quick("For a small computer: a width that suits the pictures.")
        .textbook(
            "As most courses have it: width 128, latent 100, Adam at 2e-4, 32-bit, no averaging.",
            &["width=128", "z_dim=100", "ema=0", "precision=fp32"],
        )
        .tiny(&["width=4", "z_dim=8"])
}

/// Seed of the latents with which held-out losses are measured.
const TEST_SEED: u64 = 0x4a11;

/// Both networks and the loss.
struct MlpGan {
    frame: Frame,
    z_dim: i64,
    generator: Stack,
    discriminator: Stack,
    game: Game,
    /// Weight of the gradient penalty, which only the Wasserstein loss has.
    penalty: f64,
}

impl Networks for MlpGan {
    fn plan(knobs: &Knobs, _: &DataShape, _: Device) -> Result<(Self, Plans)> {
        let (frame, z_dim, w) = (Frame::read(knobs), knobs.int("z_dim") as i64, knobs.int("width") as i64);
        let (mut g, mut d) = (Plan::default(), Plan::default());
        let activation = Activation::from_word(knobs.text("activation"));
        let generator = Stack::new(&mut g, "model", &[z_dim, w, 2 * w, 4 * w, 8 * w, frame.len()], true, activation);
        let discriminator = Stack::new(&mut d, "model", &[frame.len(), 4 * w, 2 * w, 1], false, Activation::Leaky);
        let (game, penalty) = (Game::read(knobs), knobs.real("penalty"));
        Ok((Self { frame, z_dim, generator, discriminator, game, penalty }, (g, d).into()))
    }
}

impl MlpGan {
    /// N×z → N×len in [−1, 1].
    fn generate(&self, numbers: &dyn Numbers, z: &Tensor, mode: Mode) -> Tensor {
        self.generator.forward(numbers, z, mode).tanh()
    }

    /// N×len → N logits; positive means "looks real".
    fn discriminate(&self, numbers: &dyn Numbers, rows: &Tensor) -> Tensor {
        self.discriminator.forward(numbers, rows, Mode::Infer).view([-1])
    }

    /// Mean of (‖∇D‖ − 1)² on the lines between real and fake rows (Gulrajani et al. 2017). Draws N numbers.
    fn slope_penalty(&self, numbers: &dyn Numbers, real: &Tensor, fake: &Tensor) -> Result<Tensor> {
        let share = Tensor::f_rand([real.size()[0], 1], (Kind::Float, real.device()))?;
        let between = penalty::watched(&(fake + (real - fake) * share));
        penalty::gradient_penalty(&self.discriminate(numbers, &between), &between)
    }

    /// The pictures of a batch as N×len rows.
    fn rows(&self, pair: &AdversarialPair, batch: &Batch) -> Result<Tensor> {
        Ok(self.frame.flatten(&batch.tensor(Kind::Float, pair.generator.net.device())?))
    }
}

impl Learner for MlpGan {
    type Parts = AdversarialPair;

    fn step(&mut self, pair: &mut AdversarialPair, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let real = self.rows(pair, batch)?;
        let z = rows::randn(real.size()[0], self.z_dim, real.device())?;
        let fake = self.generate(&pair.generator.net, &z, Mode::Train);
        let net = &pair.discriminator.net;
        let (on_real, on_fake) = (self.discriminate(net, &real), self.discriminate(net, &fake.detach()));
        let played = self.game.discriminator(&on_real, &on_fake);
        let loss = if self.game.loss == Adversarial::Wasserstein && self.penalty > 0.0 {
            played + self.slope_penalty(net, &real, &fake.detach())? * self.penalty
        } else {
            played
        };
        let chances = [&on_real, &on_fake].map(|logits| chance(self.game.loss, logits));
        let mut measured = pair.step_discriminator(at, &loss, &loss, chances)?;
        pair.step_generator(at, &self.game, &mut measured, |net| self.discriminate(net, &fake))?;
        rows::scalars(&measured)
    }

    fn test(&self, pair: &AdversarialPair, batch: &Batch, _: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let real = self.rows(pair, batch)?;
        let z = rows::fixed_randn(TEST_SEED, &[real.size()[0], self.z_dim], real.device())?;
        let fake = self.generate(&pair.generator.net, &z, Mode::Infer);
        let [on_real, on_fake] = [&real, &fake].map(|x| self.discriminate(&pair.discriminator.net, x));
        self.game.held_out([&on_real, &on_fake], chance(self.game.loss, &on_real))
    }

    /// The loss is not live and stays what it was.
    fn set_live(&mut self, live: &Knobs) {
        self.game = Game { loss: self.game.loss, ..Game::read(live) };
        self.penalty = live.real("penalty");
    }
}

impl Decoder for MlpGan {
    type Loaded = Frozen;

    fn load(&self, source: &Source) -> Result<Frozen> {
        source.frozen()
    }

    fn decode(&self, net: &Frozen, z: &Tensor, codes: &[Code]) -> Result<Tensor> {
        Ok(self.frame.unflatten(&self.generate(net, &rows::scaled(z, codes)?, Mode::Infer)))
    }

    fn logits(&self, net: &Frozen, pictures: &Tensor, _: Option<&[Code]>) -> Result<Tensor> {
        Ok(self.discriminate(net, &self.frame.flatten(pictures)))
    }

    fn probability(&self, logits: &Tensor) -> Tensor {
        probability(self.game.loss, logits)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        models::{
            Model,
            common::testing::{batch_of, build, plain, set},
        },
        nn::{Network, Precision},
    };

    fn shape() -> DataShape {
        plain(4, 28, 1)
    }

    fn tiny(assignments: &[&str]) -> Knobs {
        set(&family_knobs(&shape()), &[&["width=4", "z_dim=4", "batch=4", "precision=fp32"], assignments].concat())
    }

    fn batch() -> Batch {
        batch_of(4, 28, 1, |i, _| 60 * i as u8)
    }

    #[test]
    fn the_textbook_networks_have_the_courses_sizes() {
        let (_, plans) = MlpGan::plan(&tiny(&["width=128", "z_dim=100"]), &shape(), Device::Cpu).unwrap();
        let arrays = |plan: Plan| {
            let net = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
            net.arrays(net.bank.master(), &net.noted()).unwrap()
        };
        let (g, d) = (arrays(plans.generator), arrays(plans.discriminator.unwrap()));
        for (name, wanted) in
            [("0", [128, 100]), ("2", [256, 128]), ("5", [512, 256]), ("8", [1024, 512]), ("11", [784, 1024])]
        {
            assert_eq!(g[&format!("model.{name}.weight")].shape, wanted);
        }
        assert_eq!(g["model.3.running_var"].shape, [256]);
        for (name, wanted) in [("0", [512, 784]), ("2", [256, 512]), ("4", [1, 256])] {
            assert_eq!(d[&format!("model.{name}.weight")].shape, wanted);
        }
    }

    #[test]
    fn every_game_steps_and_tests_and_the_test_changes_nothing() {
        for (name, _) in Adversarial::ALL {
            let mut model = build::<MlpGan>(&tiny(&[&format!("loss={name}")]), &shape());
            let scalars = model.step(&batch(), &StepInfo { step: 0, horizon: 10 }).unwrap();
            assert!(scalars.iter().all(|s| s.1.is_finite()), "{name}: {scalars:?}");
            let before = model.weights(1).unwrap();
            let first = model.test(&batch(), &StepInfo { step: 1, horizon: 10 }).unwrap();
            assert_eq!(first, model.test(&batch(), &StepInfo { step: 1, horizon: 10 }).unwrap(), "{name}");
            assert!((0.0..=1.0).contains(&first[1].1));
            assert!(model.weights(1).unwrap() == before, "{name}");
        }
    }

    #[test]
    fn the_gradient_penalty_agrees_with_finite_differences() {
        let model = build::<MlpGan>(&tiny(&["loss=wasserstein"]), &shape());
        let row = Tensor::ones([1, 784], (Kind::Float, Device::Cpu)) * 0.3;
        // Real and fake the same: between them is the same row, wherever the share falls.
        let (nets, net) = (&model.learner, &model.parts.discriminator.net);
        let penalty = nets.slope_penalty(net, &row, &row).unwrap();
        let _guard = nn::without_gradients();
        let step = 1e-2;
        let nudge = Tensor::eye(784, (Kind::Float, Device::Cpu)) * step;
        let score = |rows: &Tensor| nets.discriminate(net, rows);
        let slope = (score(&(&row + &nudge)) - score(&(&row - &nudge))) / (2.0 * step);
        let wanted = (f64::try_from(slope.norm()).unwrap() - 1.0).powi(2);
        let got = f64::try_from(penalty).unwrap();
        assert!((got - wanted).abs() < 1e-3 * wanted.max(1.0), "{got} {wanted}");
    }
}
