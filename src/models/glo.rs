//! Generative latent optimisation (Bojanowski et al. 2018): a generator learns pictures by heart, each from a latent that learns too.

use super::{
    Batch, Decoded, Family, Model, Player, Scalar, StepInfo,
    fitted::Gaussian,
    glo_nets::{Generator, Latents, into_ball},
    knobs,
    part::Part,
    rows,
    tuning::{self, Tuning},
};
use crate::{
    latent::Code,
    nn::{self, Device, Frozen, Kind, Mode, Normalisation, Plan, Precision, Tensor, losses},
    picture::Picture,
    spec::{Capabilities, Card, DataShape, Knob, Knobs, Preset},
    weights::{Arrays, Checkpoint, Weights},
};
use anyhow::{Context, Result, ensure};
use std::sync::Arc;

/// The family's line in the table.
pub const FAMILY: Family = Family {
    card,
    knobs: family_knobs,
    presets,
    fits: super::any_data,
    build: |knobs, shape, device| Ok(Box::new(Glo::new(knobs, shape, device)?)),
    player: |knobs, _, device| Ok(Box::new(GloPlayer::new(knobs, device)) as Box<dyn Player>),
};

fn card() -> Card {
    Card {
        id: "glo".into(),
        title: "GLO".into(),
        about: "A convolutional generator without an adversary: every training picture has a latent of its own, and both learn to meet. \
                It never collapses and suits small collections; expect soft pictures that sharpen with each pass over the data."
            .into(),
        can: Capabilities::default(),
        dials: Vec::new(),
    }
}

fn family_knobs(shape: &DataShape) -> Vec<Knob> {
    let mut all = knobs::data(shape);
    all.extend([
        knobs::int("width", "Width", "Filters of the thinnest layer; every other layer has a multiple. More draws finer and trains slower.", (2, 128, 32)),
        knobs::int("z_dim", "Latent size", "Numbers in each picture's latent: how many sliders there are. More remember pictures better.", (2, 512, 64)),
        knobs::model_choice("upsampling", "Upsampling", "How the picture grows: transposed is quicker, resize leaves no checkerboards.", &["transposed", "resize"], "transposed"),
        knobs::training_choice("loss", "Loss", "What counts as near: mse is soft, l1 a little crisper, laplacian looks at edges of all sizes as in the paper.", &["mse", "l1", "laplacian"], "mse"),
        knobs::live(knobs::real("lr_z", "Latent rate", "Step length of the latents, which each move only when their picture comes. Above 5 they jump about; laplacian wants a third.", (0.0, 20.0, 1.0))),
    ]);
    all.extend(tuning::knobs(tuning::Start { batch: 64, lr: 1e-3, beta1: 0.5, beta2: 0.999, ema: 0.99 }));
    all
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    let table = family_knobs(shape);
    vec![
        knobs::preset(&table, "quick", "Quick", "For a small computer: squared distances, width 32.", &[]),
        knobs::preset(
            &table,
            "textbook",
            "Textbook",
            "After the paper: the Laplacian pyramid as the distance, width 64, latents of 100 numbers, 32-bit.",
            &["width=64", "z_dim=100", "loss=laplacian", "lr_z=0.3", "precision=fp32"],
        ),
        knobs::tiny(&table, &["width=2", "z_dim=8"]),
    ]
}

/// How far a drawn picture is from its original.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Distance {
    Mse,
    L1,
    Laplacian,
}

impl Distance {
    fn read(knobs: &Knobs) -> Self {
        match knobs.text("loss") {
            "l1" => Self::L1,
            "laplacian" => Self::Laplacian,
            _ => Self::Mse,
        }
    }

    /// Mean over the batch.
    fn of(self, drawn: &Tensor, pictures: &Tensor) -> Tensor {
        match self {
            Self::Mse => losses::mse(drawn, pictures),
            Self::L1 => losses::l1(drawn, pictures),
            Self::Laplacian => nn::laplacian_l1(drawn, pictures),
        }
    }
}

fn precision(knobs: &Knobs, device: Device) -> Precision {
    Precision::from_word(knobs.text("precision"), device)
}

struct Glo {
    net: Generator,
    part: Part,
    latents: Latents,
    distance: Distance,
    lr_z: f64,
    device: Device,
}

/// Held-out pictures that latents are sought for, and steps of the search: it runs between training steps and must be short.
const SOUGHT: (i64, u32) = (16, 24);

impl Glo {
    fn new(knobs: &Knobs, data: &DataShape, device: Device) -> Result<Self> {
        ensure!(data.count >= 2, "Training needs at least 2 pictures.");
        let (net, plan) = Generator::new(knobs);
        let latents = Latents::new(data.count, net.z_dim, device)?;
        let part = Part::new("generator", plan, Tuning::read(knobs), true, precision(knobs, device), device)?;
        Ok(Self { net, part, latents, distance: Distance::read(knobs), lr_z: knobs.real("lr_z"), device })
    }

    /// The smallest distance found by descending the latents of pictures that have none, from the middle of all others, with the
    /// generator as it is.
    fn seek(&self, pictures: &Tensor) -> Result<f32> {
        let count = pictures.size()[0];
        let mut z = self.latents.middle().repeat([count, 1]);
        let mut best = f32::MAX;
        for round in 0..=SOUGHT.1 {
            let rows = z.detach().set_requires_grad(true);
            let drawn = self.net.forward(&self.part.net, &rows, Mode::Infer);
            let loss = self.distance.of(&drawn, pictures);
            best = best.min(f64::try_from(&loss)? as f32);
            let gradient = Tensor::f_run_backward(&[loss], &[&rows], false, false)?;
            let _guard = nn::without_gradients();
            // Steps of a set length that shrink: the slope's size differs too much from one generator to another.
            let length = gradient[0].square().sum_dim_intlist(1, true, Kind::Float).sqrt().clamp_min(1e-12);
            let reach = 0.4 * (1.0 - f64::from(round) / f64::from(SOUGHT.1 + 1));
            z = into_ball(&(rows - &gradient[0] / length * reach));
        }
        Ok(best)
    }

    /// Arrays of the generator with the Gaussian of the table as it is now.
    fn fitted(&self, mut arrays: Arrays) -> Result<Arrays> {
        arrays.extend(self.latents.fit()?);
        Ok(arrays)
    }
}

impl Model for Glo {
    fn step(&mut self, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let pictures = batch.tensor(Kind::Float, self.device)?;
        let count = pictures.size()[0];
        ensure!(
            batch.index.len() as i64 == count,
            "GLO needs to know which pictures these are, and their places did not come with them."
        );
        let places = self.latents.places(&batch.index)?;
        let z = self.latents.rows(&places).set_requires_grad(true);
        let loss = self.distance.of(&self.net.forward(&self.part.net, &z, Mode::Train), &pictures);
        let (gradient, slopes) = self.part.net.bank.gradient_and(&loss, &[&z])?;
        // Each picture's own distance counts for its latent, not its share of the batch's mean.
        let rate = self.lr_z * count as f64 * self.part.tuning.schedule.factor(at);
        self.latents.descend(&places, &slopes[0], rate);
        let norm = self.part.follow(&gradient, at);
        let numbers: Vec<f32> = Vec::try_from(Tensor::stack(&[loss.detach(), norm], 0))?;
        Ok(["loss", "grad"].into_iter().zip(numbers).collect())
    }

    fn test(&self, batch: &Batch, _at: &StepInfo) -> Result<Vec<Scalar>> {
        let pictures = batch.tensor(Kind::Float, self.device)?;
        let some = pictures.narrow(0, 0, pictures.size()[0].min(SOUGHT.0));
        Ok(vec![("test_loss", self.seek(&some)?)])
    }

    fn set_live(&mut self, live: &Knobs) -> Result<()> {
        (self.part.tuning, self.lr_z) = (Tuning::read(live), live.real("lr_z"));
        Ok(())
    }

    fn weights(&self, step: u64) -> Result<Weights> {
        let fit = self.latents.fit()?;
        let with = |mut arrays: Arrays| {
            arrays.extend(fit.clone());
            Arc::new(arrays)
        };
        Ok(Weights { step, raw: with(self.part.raw()?), ema: with(self.part.averaged()?), discriminator: None })
    }

    fn save(&self, to: &mut Checkpoint) -> Result<()> {
        self.part.save(to)?;
        for file in ["generator", "ema"] {
            let arrays = to.files.remove(file).unwrap_or_default();
            to.files.insert(file.into(), self.fitted(arrays)?);
        }
        to.files.insert("latents".into(), Arrays::from([("latents".to_owned(), self.latents.array()?)]));
        Ok(())
    }

    fn load(&mut self, from: &Checkpoint) -> Result<()> {
        let (state, table) = (self.part.read(from)?, self.latents.read(from.file("latents")?)?);
        self.part.take(state);
        self.latents.take(table);
        Ok(())
    }
}

/// Plays the generator under the Gaussian of the latents.
struct GloPlayer {
    net: Generator,
    plan: Plan,
    precision: Precision,
    device: Device,
    normalisation: Normalisation,
    taken: Option<(Frozen, Gaussian)>,
}

impl GloPlayer {
    fn new(knobs: &Knobs, device: Device) -> Self {
        let (net, plan) = Generator::new(knobs);
        let normalisation = Normalisation::read(knobs);
        Self { net, plan, precision: precision(knobs, device), device, normalisation, taken: None }
    }
}

impl Player for GloPlayer {
    fn z_dim(&self) -> usize {
        self.net.z_dim as usize
    }

    fn load_weights(&mut self, generator: &Arrays, _discriminator: Option<&Arrays>) -> Result<()> {
        let net = Frozen::read(&self.plan, generator, self.precision, self.device)?;
        let gaussian = self.net.codes.read(&net)?;
        self.taken = Some((net, gaussian));
        Ok(())
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        let _guard = nn::without_gradients();
        let (net, gaussian) = self.taken.as_ref().context("There are no weights to play yet.")?;
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let z = gaussian.codes(&rows::latents(codes, self.z_dim() as i64, self.device)?);
        self.normalisation.to_pictures(&self.net.forward(net, &z, Mode::Infer))
    }

    fn decode_differentiably(&self, z: &Tensor, codes: &[Code]) -> Result<Option<Decoded>> {
        let (net, gaussian) = self.taken.as_ref().context("There are no weights to play yet.")?;
        let z = gaussian.codes(&rows::followed(z, codes, self.z_dim() as i64, self.device)?);
        Ok(Some(Decoded {
            pictures: self.normalisation.to_brightness(self.net.forward(net, &z, Mode::Infer)),
            logits: None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        nn::bars::{self, Bar, Judge},
        picture::Pixels,
    };

    fn shape() -> DataShape {
        DataShape { count: 12, classes: 0, size: 28, channels: 1, paired: false, sides: None }
    }

    fn tiny(assignments: &[&str]) -> Knobs {
        let table = family_knobs(&shape());
        let mut knobs = Knobs::start(&table);
        for assignment in ["width=2", "z_dim=4", "precision=fp32"].iter().chain(assignments) {
            knobs.set(&table, assignment).unwrap();
        }
        knobs
    }

    fn batch(index: &[u32]) -> Batch {
        let mut pixels = Pixels::new(28, 1);
        for i in index {
            pixels.push(&(0..784).map(|p| (p * (i + 2) % 256) as u8).collect::<Vec<_>>());
        }
        Batch { pictures: pixels.into(), index: index.to_vec(), ..Batch::default() }
    }

    const AT: StepInfo = StepInfo { step: 0, horizon: 10 };

    #[test]
    fn a_step_moves_the_latents_of_its_pictures_and_no_others() {
        for loss in ["loss=mse", "loss=l1", "loss=laplacian"] {
            let mut model = Glo::new(&tiny(&[loss, "upsampling=resize"]), &shape(), Device::Cpu).unwrap();
            let before = model.latents.array().unwrap().data;
            assert!(model.step(&batch(&[1, 5, 11]), &AT).unwrap().iter().all(|s| s.1.is_finite()));
            let after = model.latents.array().unwrap().data;
            for (i, (a, b)) in before.chunks_exact(4).zip(after.chunks_exact(4)).enumerate() {
                assert_eq!(a != b, [1, 5, 11].contains(&i), "{loss}: row {i}");
                assert!(b.iter().map(|v| v * v).sum::<f32>() <= 1.0 + 1e-5);
            }
            let nameless = Batch { index: Vec::new(), ..batch(&[1, 2]) };
            assert!(model.step(&nameless, &AT).unwrap_err().to_string().contains("places"));
        }
    }

    #[test]
    fn held_out_pictures_find_latents_and_nothing_changes() {
        let mut model = Glo::new(&tiny(&[]), &shape(), Device::Cpu).unwrap();
        for _ in 0..30 {
            model.step(&batch(&[0, 1, 2, 3, 4, 5]), &AT).unwrap();
        }
        let saved = |model: &Glo| {
            let mut checkpoint = Checkpoint::default();
            model.save(&mut checkpoint).unwrap();
            checkpoint
        };
        let before = saved(&model);
        let first = model.test(&batch(&[6, 7]), &AT).unwrap();
        assert_eq!(first, model.test(&batch(&[6, 7]), &AT).unwrap());
        assert!(saved(&model) == before);
    }

    /// Of two pictures that the network knows, a search that begins in the middle of the latents finds the way back.
    #[test]
    fn a_search_comes_much_nearer_than_the_middle() {
        let mut judge = Judge::new("a_search_comes_much_nearer_than_the_middle");
        nn::use_threads(bars::threads());
        let nearer = |steps: u64| {
            nn::seed_global(bars::seed(1));
            let mut model = Glo::new(&tiny(&["lr=0.01"]), &shape(), Device::Cpu).unwrap();
            for _ in 0..steps {
                model.step(&batch(&[0, 1, 2, 3, 4, 5]), &AT).unwrap();
            }
            let found = model.test(&batch(&[0, 1]), &AT).unwrap();
            let pictures = batch(&[0, 1]).tensor(Kind::Float, Device::Cpu).unwrap();
            let middle = model.latents.middle().repeat([2, 1]);
            let there = model.distance.of(&model.net.forward(&model.part.net, &middle, Mode::Infer), &pictures);
            let share = f64::from(found[0].1) / f64::try_from(there).unwrap();
            [("distance where it ends, share of that in the middle", share, Bar::Below(0.6))]
        };
        judge.passes("glo", &nearer(100));
        judge.fails("glo", "untrained", &nearer(0));
        judge.close();
    }

    #[test]
    fn published_weights_hold_the_gaussian_of_the_table() {
        let model = Glo::new(&tiny(&[]), &shape(), Device::Cpu).unwrap();
        let weights = model.weights(0).unwrap();
        let mut checkpoint = Checkpoint::default();
        model.save(&mut checkpoint).unwrap();
        assert!(checkpoint.files["ema"] == *weights.ema && checkpoint.files["generator"] == *weights.raw);
        let table = model.latents.array().unwrap().data;
        let mean: Vec<f32> = (0..4).map(|k| table.iter().skip(k).step_by(4).sum::<f32>() / 12.0).collect();
        let got = &weights.ema["codes.first"].data;
        assert!(got.iter().zip(&mean).all(|(a, b)| (a - b).abs() < 1e-6), "{got:?} {mean:?}");
    }
}
