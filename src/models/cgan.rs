//! Conditional GAN: draws the class asked for, by a projection discriminator and conditional batch norm, or by labels as further inputs.

use super::{
    Batch, Family, Model, Player, Scalar, StepInfo,
    cgan_nets::{Conditioning, Discriminator, Generator, Shape},
    cgan_player::CganPlayer,
    classes, knobs,
    part::Part,
    tuning::{self, Tuning},
};
use crate::{
    latent,
    nn::{self, Augment, Device, Kind, Mode, Normalisation, Precision, Tensor, losses::Adversarial},
    spec::{Capabilities, Card, DataShape, Knob, Knobs, Preset},
};
use anyhow::{Result, ensure};

/// The family's line in the table.
pub const FAMILY: Family = Family {
    card,
    knobs: family_knobs,
    presets,
    fits: classes::needed,
    build: |knobs, shape, device| Ok(Box::new(Cgan::new(knobs, shape, device)?)),
    player: |knobs, shape, device| {
        let precision = Precision::from_word(knobs.text("precision"), device);
        let player = CganPlayer::new(shape_of(knobs, shape), Normalisation::read(knobs), precision, device);
        Ok(Box::new(player) as Box<dyn Player>)
    },
};

/// Seed of the latents that held-out losses are measured with.
const TEST_SEED: u64 = 0x6367_616e;

fn card() -> Card {
    Card {
        id: "cgan".into(),
        title: "Conditional GAN".into(),
        about: "A GAN that draws the class you ask for, and blends of classes that no picture ever showed. It needs data with \
                classes; expect readable pictures after a few minutes, each class in its own row."
            .into(),
        can: Capabilities { labels: true, discriminator: true, ..Capabilities::default() },
        dials: Vec::new(),
    }
}

fn family_knobs(shape: &DataShape) -> Vec<Knob> {
    let mut all = knobs::data(shape);
    all.extend([
        knobs::model_choice(
            "conditioning",
            "Conditioning",
            "How the class gets in: projection steers every layer of the generator and has spectral norm in the discriminator; \
             concat hands both networks the label as one more input, as in the first paper.",
            &["projection", "concat"],
            "projection",
        ),
        knobs::int(
            "width",
            "Width",
            "Filters of the thinnest layer; every other layer has a multiple. More draws finer and trains slower.",
            (4, 128, 32),
        ),
        knobs::int("z_dim", "Latent size", "Length of the latent vector: how many sliders there are.", (2, 512, 64)),
        knobs::live(knobs::training_choice(
            "loss",
            "Loss",
            "What the two networks play. Hinge suits projection; non-saturating is the usual one for concat.",
            &["hinge", "non-saturating", "least-squares"],
            "hinge",
        )),
        knobs::live(knobs::int(
            "d_per_g",
            "D steps per G step",
            "How often the discriminator learns before the generator may. The papers' 5 is steadier, and slower.",
            (1, 10, 1),
        )),
        knobs::live(knobs::training_choice(
            "augment",
            "Augmentation",
            "Changes that the discriminator sees on all pictures alike. It helps with fewer than some thousand pictures.",
            &Augment::WORDS,
            "none",
        )),
    ]);
    all.extend(tuning::knobs(tuning::Start { batch: 64, lr: 5e-4, beta1: 0.5, beta2: 0.999, ema: 0.995 }));
    all.extend(tuning::discriminator_knobs());
    all
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    let table = family_knobs(shape);
    vec![
        knobs::preset(&table, "quick", "Quick", "For a small computer: readable pictures within minutes.", &[]),
        knobs::preset(
            &table,
            "textbook",
            "Textbook",
            "Labels as inputs and batch norm on both sides, as most courses build it: width 64, learning rate 2e-4, 32-bit.",
            &["conditioning=concat", "loss=non-saturating", "width=64", "z_dim=100", "lr=2e-4", "precision=fp32"],
        ),
        knobs::preset(
            &table,
            "projection",
            "Projection",
            "As in the paper on projection discriminators: five steps of the discriminator for each of the generator's, 32-bit.",
            &["width=64", "z_dim=128", "lr=2e-4", "beta1=0", "beta2=0.9", "d_per_g=5", "precision=fp32"],
        ),
        knobs::tiny(&table, &["width=4", "z_dim=8", "loss=non-saturating"]),
    ]
}

fn shape_of(knobs: &Knobs, data: &DataShape) -> Shape {
    let conditioning =
        if knobs.text("conditioning") == "concat" { Conditioning::Concat } else { Conditioning::Projection };
    Shape {
        size: knobs.int("size") as i64,
        channels: knobs.int("channels") as i64,
        classes: data.classes as i64,
        z_dim: knobs.int("z_dim") as i64,
        width: knobs.int("width") as i64,
        conditioning,
    }
}

/// The live settings that are the family's own.
struct Live {
    loss: Adversarial,
    d_per_g: u64,
    augment: Augment,
}

impl Live {
    fn read(knobs: &Knobs) -> Self {
        Self {
            loss: Adversarial::from_word(knobs.text("loss")),
            d_per_g: knobs.int("d_per_g").max(1) as u64,
            augment: Augment::from_word(knobs.text("augment")),
        }
    }
}

struct Cgan {
    live: Live,
    shape: Shape,
    device: Device,
    kind: Kind,
    generator: Generator,
    discriminator: Discriminator,
    g: Part,
    d: Part,
}

impl Cgan {
    fn new(knobs: &Knobs, data: &DataShape, device: Device) -> Result<Self> {
        ensure!(data.count >= 2, "Training needs at least 2 pictures.");
        classes::needed(data).map_err(anyhow::Error::msg)?;
        let shape = shape_of(knobs, data);
        let precision = Precision::from_word(knobs.text("precision"), device);
        let ((g_plan, generator), (d_plan, discriminator)) = (Generator::new(&shape), Discriminator::new(&shape));
        let d_tuning = Tuning::read_discriminator(knobs);
        Ok(Self {
            live: Live::read(knobs),
            shape,
            device,
            kind: precision.kind(),
            generator,
            discriminator,
            g: Part::new("generator", g_plan, Tuning::read(knobs), true, precision, device)?,
            d: Part::new("discriminator", d_plan, d_tuning, false, precision, device)?,
        })
    }

    fn rows(&self, batch: &Batch) -> Result<Tensor> {
        classes::of_batch(batch, self.shape.classes as usize, self.device)
    }

    /// Logits of real and generated pictures of the same classes. In one go where no statistics of a batch would mix them: spectral
    /// norms then move on once a step.
    fn judged(&self, real: &Tensor, fake: &Tensor, rows: &Tensor, mode: Mode) -> (Tensor, Tensor) {
        let judge = |x: &Tensor, rows: &Tensor| self.discriminator.forward(&self.d.net, x, rows, mode);
        if self.discriminator.is_normed_by_batch() {
            return (judge(real, rows), judge(fake, rows));
        }
        let both = Tensor::cat(&[real.shallow_clone(), fake.to_kind(real.kind())], 0);
        let (logits, n) = (judge(&both, &rows.repeat([2, 1])), real.size()[0]);
        (logits.narrow(0, 0, n), logits.narrow(0, n, n))
    }
}

/// The mean probability that a discriminator's logits say.
fn sure(logits: &Tensor) -> Tensor {
    logits.detach().sigmoid().mean(Kind::Float)
}

impl Model for Cgan {
    fn step(&mut self, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let (real, rows) = (batch.tensor(self.kind, self.device)?, self.rows(batch)?);
        let n = real.size()[0];
        let z = Tensor::f_randn([n, self.shape.z_dim], (Kind::Float, self.device))?;
        let changes = self.live.augment.draw(n, self.device);
        let fake = changes.apply(&self.generator.forward(&self.g.net, &z, &rows, Mode::Train));

        let (on_real, on_fake) = self.judged(&changes.apply(&real), &fake.detach(), &rows, Mode::Train);
        let loss_d = self.live.loss.discriminator(&on_real, &on_fake, 0.0);
        let grad_d = self.d.learn(&loss_d, at)?;
        let mut names = vec!["loss_d", "d_real", "d_fake", "grad_d"];
        let mut values = vec![loss_d.detach(), sure(&on_real), sure(&on_fake), grad_d];
        if (at.step + 1).is_multiple_of(self.live.d_per_g) {
            // The same fakes, judged by the discriminator that has just learned.
            let logits = self.discriminator.forward(&self.d.net, &fake, &rows, Mode::Judge);
            let loss_g = self.live.loss.generator(&logits);
            let grad_g = self.g.learn(&loss_g, at)?;
            names.extend(["loss_g", "grad_g"]);
            values.extend([loss_g.detach(), grad_g]);
        }
        let numbers: Vec<f32> = Vec::try_from(Tensor::stack(&values, 0))?;
        Ok(names.into_iter().zip(numbers).collect())
    }

    fn test(&self, batch: &Batch, _at: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let (real, rows) = (batch.tensor(self.kind, self.device)?, self.rows(batch)?);
        let (n, z_dim) = (real.size()[0], self.shape.z_dim);
        let z = latent::normal(TEST_SEED, (n * z_dim) as usize);
        let z = Tensor::f_from_slice(&z)?.f_view([n, z_dim])?.f_to_device(self.device)?;
        let fake = self.generator.forward(&self.g.net, &z, &rows, Mode::Infer);
        let (on_real, on_fake) = self.judged(&real, &fake, &rows, Mode::Infer);
        let loss_d = self.live.loss.discriminator(&on_real, &on_fake, 0.0);
        let numbers: Vec<f32> = Vec::try_from(Tensor::stack(&[loss_d, sure(&on_real)], 0))?;
        Ok(["test_loss_d", "test_d_real"].into_iter().zip(numbers).collect())
    }

    fn parts(&self) -> Vec<&Part> {
        vec![&self.g, &self.d]
    }

    fn parts_mut(&mut self) -> Vec<&mut Part> {
        vec![&mut self.g, &mut self.d]
    }

    fn set_live(&mut self, live: &Knobs) -> Result<()> {
        self.live = Live::read(live);
        (self.g.tuning, self.d.tuning) = (Tuning::read(live), Tuning::read_discriminator(live));
        Ok(())
    }
}

#[cfg(test)]
mod tests;
