//! The fully connected GAN (Goodfellow et al. 2014): rows of neurons against rows of neurons.

use super::{
    Batch, Decoded, Family, Model, Player, Scalar, StepInfo, knobs,
    mlp_nets::{Bend, Frame, Stack, width_for},
    part::Part,
    rows,
    tuning::{self, Tuning},
};
use crate::{
    latent::{self, Code},
    nn::{self, Device, Frozen, Kind, Mode, Normalisation, Numbers, Plan, Precision, Tensor, losses::Adversarial},
    picture::Picture,
    spec::{Capabilities, Card, DataShape, Knob, Knobs, Preset},
    weights::Arrays,
};
use anyhow::{Context, Result, ensure};

/// The family's line in the table.
pub const FAMILY: Family = Family {
    card,
    knobs: family_knobs,
    presets,
    fits: super::any_data,
    build: |knobs, shape, device| Ok(Box::new(MlpGan::new(knobs, shape, device)?)),
    player: |knobs, _, device| Ok(Box::new(MlpGanPlayer::new(knobs, device)) as Box<dyn Player>),
};

fn card() -> Card {
    Card {
        id: "mlp-gan".into(),
        title: "MLP GAN".into(),
        about: "The first GAN of every course: two fully connected networks against each other, very fast at 28 and 32 pixels. \
                Expect readable but speckled digits after some minutes; it knows nothing of neighbouring pixels."
            .into(),
        can: Capabilities { discriminator: true, ..Capabilities::default() },
        dials: Vec::new(),
    }
}

fn family_knobs(shape: &DataShape) -> Vec<Knob> {
    let games: Vec<&str> = Adversarial::ALL.iter().map(|(name, _)| *name).collect();
    let mut all = knobs::data(shape);
    all.extend([
        knobs::int("width", "Width", "Neurons of the generator's first layer; each of the three behind it has twice as many. The textbook has 128.", (2, 512, width_for(shape, 128))),
        knobs::int("z_dim", "Latent size", "Length of the latent vector: how many sliders there are. The textbook has 100.", (2, 512, 100)),
        knobs::model_choice("activation", "Activation", "What bends the generator's layers: relu cuts off below 0, leaky lets a fifth through and learns more steadily.", &["leaky", "relu"], "leaky"),
        knobs::training_choice("loss", "Loss", "The game the two play. Non-saturating is the usual one; wasserstein adds a gradient penalty and takes about twice as long.", &games, "non-saturating"),
        knobs::live(knobs::real("penalty", "Gradient penalty", "How strongly wasserstein keeps the discriminator's slope at 1; other losses ignore it.", (0.0, 100.0, 10.0))),
        knobs::live(knobs::training_int("d_per_g", "D steps per G step", "How often the discriminator learns before the generator may. Try 5 with wasserstein.", (1, 10, 1))),
        knobs::live(knobs::real("smoothing", "Label smoothing", "Real pictures count as 1 minus this for the discriminator, which keeps it from being too sure. Try 0.1.", (0.0, 0.5, 0.0))),
    ]);
    all.extend(tuning::knobs(tuning::Start { batch: 64, lr: 2e-4, beta1: 0.5, beta2: 0.999, ema: 0.995 }));
    all.extend(tuning::discriminator_knobs());
    all
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    let table = family_knobs(shape);
    vec![
        knobs::preset(&table, "quick", "Quick", "For a small computer: a width that suits the pictures.", &[]),
        knobs::preset(
            &table,
            "textbook",
            "Textbook",
            "As most courses have it: width 128, latent 100, Adam at 2e-4, 32-bit, no averaging.",
            &["width=128", "z_dim=100", "ema=0", "precision=fp32"],
        ),
        knobs::tiny(&table, &["width=4", "z_dim=8"]),
    ]
}

/// Both networks' layers.
struct Nets {
    frame: Frame,
    z_dim: i64,
    game: Adversarial,
    generator: Stack,
    discriminator: Stack,
}

impl Nets {
    fn new(knobs: &Knobs) -> (Self, Plan, Plan) {
        let (frame, z_dim, w) = (Frame::read(knobs), knobs.int("z_dim") as i64, knobs.int("width") as i64);
        let (mut g, mut d) = (Plan::default(), Plan::default());
        let bend = Bend::from_word(knobs.text("activation"));
        let generator = Stack::new(&mut g, "model", &[z_dim, w, 2 * w, 4 * w, 8 * w, frame.len()], true, bend);
        let discriminator = Stack::new(&mut d, "model", &[frame.len(), 4 * w, 2 * w, 1], false, Bend::Leaky);
        let game = Adversarial::from_word(knobs.text("loss"));
        (Self { frame, z_dim, game, generator, discriminator }, g, d)
    }

    /// N×z → N×len in [−1, 1].
    fn generate(&self, numbers: &dyn Numbers, z: &Tensor, mode: Mode) -> Tensor {
        self.generator.forward(numbers, z, mode).tanh()
    }

    /// N×len → N scores; more is "looks real".
    fn discriminate(&self, numbers: &dyn Numbers, rows: &Tensor) -> Tensor {
        self.discriminator.forward(numbers, rows, Mode::Infer).view([-1])
    }

    /// Scores as probabilities. Least squares aims at 0 and 1 themselves.
    fn probability(&self, scores: &Tensor) -> Tensor {
        if self.game == Adversarial::LeastSquares { scores.clamp(0.0, 1.0) } else { scores.sigmoid() }
    }
}

fn precision(knobs: &Knobs, device: Device) -> Precision {
    Precision::from_word(knobs.text("precision"), device)
}

struct MlpGan {
    nets: Nets,
    g: Part,
    d: Part,
    penalty: f64,
    d_per_g: u64,
    smoothing: f64,
    device: Device,
}

impl MlpGan {
    fn new(knobs: &Knobs, data: &DataShape, device: Device) -> Result<Self> {
        ensure!(data.count >= 2, "Training needs at least 2 pictures.");
        let (nets, g, d) = Nets::new(knobs);
        let precision = precision(knobs, device);
        let g = Part::new("generator", g, Tuning::read(knobs), true, precision, device)?;
        let d = Part::new("discriminator", d, Tuning::read_discriminator(knobs), false, precision, device)?;
        let mut model = Self { nets, g, d, penalty: 0.0, d_per_g: 1, smoothing: 0.0, device };
        model.set_live(knobs)?;
        Ok(model)
    }

    /// Mean of (‖∇D‖ − 1)² between real and fake rows (Gulrajani et al. 2017).
    fn slope(&self, real: &Tensor, fake: &Tensor) -> Result<Tensor> {
        let share = Tensor::f_rand([real.size()[0], 1], (Kind::Float, self.device))?;
        let between = (fake + (real - fake) * share).detach().set_requires_grad(true);
        let score = self.nets.discriminate(&self.d.net, &between).sum(Kind::Float);
        let slopes = Tensor::f_run_backward(&[score], &[&between], true, true)?;
        let length = (slopes[0].square().sum_dim_intlist(1, false, Kind::Float) + 1e-12).sqrt();
        Ok((length - 1.0).square().mean(Kind::Float))
    }
}

impl Model for MlpGan {
    fn step(&mut self, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let real = self.nets.frame.flatten(&batch.tensor(Kind::Float, self.device)?);
        let z = Tensor::f_randn([real.size()[0], self.nets.z_dim], (Kind::Float, self.device))?;
        let fake = self.nets.generate(&self.g.net, &z, Mode::Train);
        let on_real = self.nets.discriminate(&self.d.net, &real);
        let on_fake = self.nets.discriminate(&self.d.net, &fake.detach());
        let game = self.nets.game;
        let played = game.discriminator(&on_real, &on_fake, self.smoothing);
        let loss_d = if game == Adversarial::Wasserstein && self.penalty > 0.0 {
            played + self.slope(&real, &fake.detach())? * self.penalty
        } else {
            played
        };
        let grad_d = self.d.learn(&loss_d, at)?;
        let chance = |scores: &Tensor| self.nets.probability(&scores.detach()).mean(Kind::Float);
        let mut names = vec!["loss_d", "d_real", "d_fake", "grad_d"];
        let mut values = vec![loss_d.detach(), chance(&on_real), chance(&on_fake), grad_d];
        if (at.step + 1).is_multiple_of(self.d_per_g) {
            // The same fakes, judged by the discriminator that has just learned; only the generator's gradient is calculated.
            let loss_g = game.generator(&self.nets.discriminate(&self.d.net, &fake));
            let grad_g = self.g.learn(&loss_g, at)?;
            names.extend(["loss_g", "grad_g"]);
            values.extend([loss_g.detach(), grad_g]);
        }
        let numbers: Vec<f32> = Vec::try_from(Tensor::stack(&values, 0))?;
        Ok(names.into_iter().zip(numbers).collect())
    }

    fn test(&self, batch: &Batch, _at: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let real = self.nets.frame.flatten(&batch.tensor(Kind::Float, self.device)?);
        let n = real.size()[0];
        let z = latent::normal(TEST_SEED, (n * self.nets.z_dim) as usize);
        let z = Tensor::f_from_slice(&z)?.f_to_device(self.device)?.view([n, -1]);
        let fake = self.nets.generate(&self.g.net, &z, Mode::Infer);
        let (on_real, on_fake) =
            (self.nets.discriminate(&self.d.net, &real), self.nets.discriminate(&self.d.net, &fake));
        let loss = self.nets.game.discriminator(&on_real, &on_fake, self.smoothing);
        let chance = self.nets.probability(&on_real).mean(Kind::Float);
        Ok(vec![("test_loss_d", f64::try_from(loss)? as f32), ("test_d_real", f64::try_from(chance)? as f32)])
    }

    fn parts(&self) -> Vec<&Part> {
        vec![&self.g, &self.d]
    }

    fn parts_mut(&mut self) -> Vec<&mut Part> {
        vec![&mut self.g, &mut self.d]
    }

    fn set_live(&mut self, live: &Knobs) -> Result<()> {
        (self.g.tuning, self.d.tuning) = (Tuning::read(live), Tuning::read_discriminator(live));
        (self.penalty, self.smoothing) = (live.real("penalty"), live.real("smoothing"));
        self.d_per_g = live.int("d_per_g").max(1) as u64;
        Ok(())
    }
}

/// Seed of the latents that held-out pictures are judged beside.
const TEST_SEED: u64 = 0x4a11;

/// Plays the generator and lets the discriminator judge.
struct MlpGanPlayer {
    nets: Nets,
    plans: (Plan, Plan),
    precision: Precision,
    device: Device,
    normalisation: Normalisation,
    generator: Option<Frozen>,
    discriminator: Option<Frozen>,
}

impl MlpGanPlayer {
    fn new(knobs: &Knobs, device: Device) -> Self {
        let (nets, g, d) = Nets::new(knobs);
        let (precision, normalisation) = (precision(knobs, device), Normalisation::read(knobs));
        Self { nets, plans: (g, d), precision, device, normalisation, generator: None, discriminator: None }
    }

    /// The discriminator's logits of pictures, where there is one.
    fn verdict(&self, pictures: &[Picture]) -> Result<Option<Tensor>> {
        let Some(net) = &self.discriminator else { return Ok(None) };
        if pictures.is_empty() {
            return Ok(Some(Tensor::zeros([0], (Kind::Float, self.device))));
        }
        let Frame { size, channels } = self.nets.frame;
        let x = self.normalisation.from_pictures(pictures, size, channels, Kind::Float, self.device)?;
        Ok(Some(self.nets.discriminate(net, &self.nets.frame.flatten(&x))))
    }
}

impl Player for MlpGanPlayer {
    fn z_dim(&self) -> usize {
        self.nets.z_dim as usize
    }

    fn load_weights(&mut self, generator: &Arrays, discriminator: Option<&Arrays>) -> Result<()> {
        let read = |plan: &Plan, arrays: &Arrays| Frozen::read(plan, arrays, self.precision, self.device);
        let judge = discriminator.map(|arrays| read(&self.plans.1, arrays)).transpose()?;
        (self.generator, self.discriminator) = (Some(read(&self.plans.0, generator)?), judge);
        Ok(())
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        let _guard = nn::without_gradients();
        let net = self.generator.as_ref().context("There are no weights to play yet.")?;
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let z = rows::latents(codes, self.z_dim() as i64, self.device)?;
        self.normalisation.to_pictures(&self.nets.frame.unflatten(&self.nets.generate(net, &z, Mode::Infer)))
    }

    fn decode_differentiably(&self, z: &Tensor, codes: &[Code]) -> Result<Option<Decoded>> {
        let net = self.generator.as_ref().context("There are no weights to play yet.")?;
        let z = rows::followed(z, codes, self.nets.z_dim, self.device)?;
        let flat = self.nets.generate(net, &z, Mode::Infer);
        let logits = self.discriminator.as_ref().map(|judge| self.nets.discriminate(judge, &flat));
        Ok(Some(Decoded { pictures: self.normalisation.to_brightness(self.nets.frame.unflatten(&flat)), logits }))
    }

    fn judge(&self, pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        let _guard = nn::without_gradients();
        rows::numbers(self.verdict(pictures)?.map(|scores| self.nets.probability(&scores)))
    }

    fn rank(&self, _codes: &[Code], pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        let _guard = nn::without_gradients();
        rows::numbers(self.verdict(pictures)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Pixels;

    fn shape() -> DataShape {
        DataShape { count: 4, classes: 0, size: 28, channels: 1, paired: false, sides: None }
    }

    fn tiny(assignments: &[&str]) -> Knobs {
        let table = family_knobs(&shape());
        let mut knobs = Knobs::start(&table);
        for assignment in ["width=4", "z_dim=4", "batch=4", "precision=fp32"].iter().chain(assignments) {
            knobs.set(&table, assignment).unwrap();
        }
        knobs
    }

    fn batch() -> Batch {
        let mut pixels = Pixels::new(28, 1);
        (0..4u8).for_each(|i| pixels.push(&[i * 60; 784]));
        Batch { pictures: pixels.into(), index: (0..4).collect(), ..Batch::default() }
    }

    #[test]
    fn the_textbook_networks_have_the_courses_sizes() {
        let (_, g, d) = Nets::new(&tiny(&["width=128", "z_dim=100"]));
        let arrays = |plan: Plan| {
            let net = nn::Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
            net.arrays(net.bank.master(), &net.noted()).unwrap()
        };
        let (g, d) = (arrays(g), arrays(d));
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
            let mut model = MlpGan::new(&tiny(&[&format!("loss={name}")]), &shape(), Device::Cpu).unwrap();
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
        let model = MlpGan::new(&tiny(&["loss=wasserstein"]), &shape(), Device::Cpu).unwrap();
        let row = Tensor::ones([1, 784], (Kind::Float, Device::Cpu)) * 0.3;
        // Real and fake the same: between them is the same row, wherever the share falls.
        let penalty = model.slope(&row, &row).unwrap();
        let _guard = nn::without_gradients();
        let step = 1e-2;
        let nudge = Tensor::eye(784, (Kind::Float, Device::Cpu)) * step;
        let score = |rows: &Tensor| model.nets.discriminate(&model.d.net, rows);
        let slope = (score(&(&row + &nudge)) - score(&(&row - &nudge))) / (2.0 * step);
        let wanted = (f64::try_from(slope.norm()).unwrap() - 1.0).powi(2);
        let got = f64::try_from(penalty).unwrap();
        assert!((got - wanted).abs() < 1e-3 * wanted.max(1.0), "{got} {wanted}");
    }
}
