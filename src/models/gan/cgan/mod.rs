//! Conditional GAN, by a projection discriminator and conditional batch norm (Miyato & Koyama 2018) or by labels as further inputs (Mirza
//! & Osindero 2014).

mod networks;

use crate::{
    latent::{Code, MOST_ROWS},
    models::common::{
        Shape,
        adversarial_pair::{AdversarialPair, Game, chance},
        classes,
        prelude::*,
    },
    nn::{self, Augment, Device, Frozen, Kind, Mode, Numbers, Tensor, losses::Adversarial},
    spec::{Capabilities, DataShape, Knob, Knobs, Preset},
};
use anyhow::Result;
use networks::{ClassShape, Conditioning, Discriminator, Generator};

/// The family's line in the table.
pub const FAMILY: Family = Family::of::<Cgan, Cgan>(
    || {
        let about = "A GAN that draws the class you ask for, and blends of classes that no picture ever showed. It needs data with \
                     classes; expect readable pictures after a few minutes, each class in its own row.";
        let can = Capabilities { labels: true, discriminator: true, ..Capabilities::default() };
        card("cgan", "Conditional GAN", about, can)
    },
    family_knobs,
    presets,
)
.that_fits(classes::needed);

/// Seed of the latents with which held-out losses are measured.
const TEST_SEED: u64 = 0x6367_616e;

fn family_knobs(shape: &DataShape) -> Vec<Knob> {
    let own = vec![
        knobs::model("conditioning", "Conditioning", choice(&["projection", "concat"], "projection"))
            .help("How the class gets in: projection steers every layer of the generator and has spectral norm in the discriminator; \
             concat hands both networks the label as one more input, as in the first paper."),
        knobs::model("width", "Width", int(4, 128, 32))
            .help("Filters of the thinnest layer; every other layer has a multiple. More draws finer and trains slower."),
        knobs::model("z_dim", "Latent size", int(2, 512, 64))
            .help("Length of the latent vector: how many sliders there are."),
        knobs::live("loss", "Loss", choice(&["hinge", "non-saturating", "least-squares"], "hinge"))
            .help("What the two networks play. Hinge suits projection; non-saturating is the usual one for concat."),
        knobs::live("d_per_g", "D steps per G step", int(1, 10, 1))
            .help("How often the discriminator learns before the generator may. The papers' 5 is steadier, and slower."),
        knobs::live("augment", "Augmentation", choice(&Augment::WORDS, "none"))
            .help("Changes that the discriminator sees on all pictures alike. It helps with fewer than some thousand pictures."),
    ];
    tuning::adversarial_table(shape, own, Start { batch: 64, lr: 5e-4, beta1: 0.5, beta2: 0.999, ema: 0.995 })
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    Presets::of(family_knobs(shape))
        .quick("For a small computer: readable pictures within minutes.")
        .textbook(
            "Labels as inputs and batch norm on both sides, as most courses build it: width 64, learning rate 2e-4, 32-bit.",
            &["conditioning=concat", "loss=non-saturating", "width=64", "z_dim=100", "lr=2e-4", "precision=fp32"],
        )
        .with(
            "projection",
            "Projection",
            "As in the paper on projection discriminators: five steps of the discriminator for each of the generator's, 32-bit.",
            &["width=64", "z_dim=128", "lr=2e-4", "beta1=0", "beta2=0.9", "d_per_g=5", "precision=fp32"],
        )
        .tiny(&["width=4", "z_dim=8", "loss=non-saturating"])
}

/// Both networks, the loss and the augmentation.
struct Cgan {
    shape: ClassShape,
    generator: Generator,
    discriminator: Discriminator,
    game: Game,
    augment: Augment,
}

impl Networks for Cgan {
    fn plan(knobs: &Knobs, data: &DataShape, _: Device) -> Result<(Self, Plans)> {
        classes::needed(data).map_err(anyhow::Error::msg)?;
        let concat = knobs.text("conditioning") == "concat";
        let conditioning = if concat { Conditioning::Concat } else { Conditioning::Projection };
        let shape = ClassShape { shape: Shape::read(knobs), classes: data.classes as i64, conditioning };
        let ((g_plan, generator), (d_plan, discriminator)) = (Generator::new(&shape), Discriminator::new(&shape));
        let (game, augment) = (Game::read(knobs), Augment::from_word(knobs.text("augment")));
        Ok((Self { shape, generator, discriminator, game, augment }, (g_plan, d_plan).into()))
    }
}

impl Cgan {
    /// The pictures of a batch and their classes as one-hot rows, N×K.
    fn labelled(&self, pair: &AdversarialPair, batch: &Batch) -> Result<(Tensor, Tensor)> {
        let device = pair.generator.net.device();
        let real = batch.tensor(pair.kind(), device)?;
        Ok((real, classes::of_batch(batch, self.shape.classes as usize, device)?))
    }

    /// Logits of real and generated pictures of the same classes; in one batch where there is no batch norm that would mix them, so that
    /// spectral norms are updated once a step.
    fn logits_of_both(
        &self,
        numbers: &dyn Numbers,
        real: &Tensor,
        fake: &Tensor,
        rows: &Tensor,
        mode: Mode,
    ) -> [Tensor; 2] {
        let judge = |x: &Tensor, rows: &Tensor| self.discriminator.forward(numbers, x, rows, mode);
        if self.discriminator.is_normed_by_batch() {
            return [judge(real, rows), judge(fake, rows)];
        }
        let both = Tensor::cat(&[real.shallow_clone(), fake.to_kind(real.kind())], 0);
        let (logits, n) = (judge(&both, &rows.repeat([2, 1])), real.size()[0]);
        [logits.narrow(0, 0, n), logits.narrow(0, n, n)]
    }

    /// The weights of the classes that codes ask for, N×K.
    fn asked(&self, codes: &[Code], device: Device) -> Result<Tensor> {
        classes::rows(codes, self.shape.classes as usize, device)
    }

    /// The classes that a picture of unknown class is judged as, R×K: each of them, or an equal blend where there are many.
    fn candidate_classes(&self, device: Device) -> Tensor {
        let (classes, options) = (self.shape.classes, (Kind::Float, device));
        if classes <= MOST_ROWS as i64 {
            Tensor::eye(classes, options)
        } else {
            Tensor::full([1, classes], 1.0 / classes as f64, options)
        }
    }
}

/// The mean of the logits' sigmoids, whatever the loss.
fn mean_sigmoid(logits: &Tensor) -> Tensor {
    chance(Adversarial::NonSaturating, logits)
}

impl Learner for Cgan {
    type Parts = AdversarialPair;

    fn step(&mut self, pair: &mut AdversarialPair, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let (real, rows) = self.labelled(pair, batch)?;
        let n = real.size()[0];
        let z = rows::randn(n, self.shape.shape.z_dim, real.device())?;
        let changes = self.augment.draw(n, real.device());
        let fake = changes.apply(&self.generator.forward(&pair.generator.net, &z, &rows, Mode::Train));
        let net = &pair.discriminator.net;
        let [on_real, on_fake] = self.logits_of_both(net, &changes.apply(&real), &fake.detach(), &rows, Mode::Train);
        let loss = self.game.discriminator(&on_real, &on_fake);
        let mut measured =
            pair.step_discriminator(at, &loss, &loss, [mean_sigmoid(&on_real), mean_sigmoid(&on_fake)])?;
        let judge = |net: &nn::Network| self.discriminator.forward(net, &fake, &rows, Mode::Judge);
        pair.step_generator(at, &self.game, &mut measured, judge)?;
        rows::scalars(&measured)
    }

    fn test(&self, pair: &AdversarialPair, batch: &Batch, _: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let (real, rows) = self.labelled(pair, batch)?;
        let z = rows::fixed_randn(TEST_SEED, &[real.size()[0], self.shape.shape.z_dim], real.device())?;
        let fake = self.generator.forward(&pair.generator.net, &z, &rows, Mode::Infer);
        let [on_real, on_fake] = self.logits_of_both(&pair.discriminator.net, &real, &fake, &rows, Mode::Infer);
        self.game.held_out([&on_real, &on_fake], mean_sigmoid(&on_real))
    }

    fn set_live(&mut self, live: &Knobs) {
        (self.game, self.augment) = (Game::read(live), Augment::from_word(live.text("augment")));
    }
}

impl Decoder for Cgan {
    type Loaded = Frozen;

    fn load(&self, source: &Source) -> Result<Frozen> {
        source.frozen()
    }

    fn decode(&self, net: &Frozen, z: &Tensor, codes: &[Code]) -> Result<Tensor> {
        let rows = self.asked(codes, net.device())?;
        Ok(self.generator.forward(net, &rows::scaled(z, codes)?, &rows, Mode::Infer))
    }

    /// Judges pictures as the class that was asked for; where that is unknown, as the class with the highest logit.
    fn logits(&self, net: &Frozen, pictures: &Tensor, asked: Option<&[Code]>) -> Result<Tensor> {
        Ok(match asked {
            Some(codes) => self.discriminator.forward(net, pictures, &self.asked(codes, net.device())?, Mode::Infer),
            None => self.discriminator.best(net, &pictures.to_kind(net.kind()), &self.candidate_classes(net.device())),
        })
    }
}

#[cfg(test)]
mod tests;
