//! Generative latent optimisation (Bojanowski et al. 2018): a generator learns pictures by heart, each from a latent that learns too.

mod networks;

use crate::{
    latent::Code,
    models::common::{distance::Distance, fitted_gaussian::Gaussian, prelude::*},
    nn::{self, Device, Frozen, Kind, Mode, Numbers, Tensor},
    spec::{Capabilities, DataShape, Knob, Knobs, Preset},
    weights::{Arrays, Checkpoint},
};
use anyhow::{Result, ensure};
use networks::{Generator, Latents, project_into_ball};

/// The family's line in the table.
pub const FAMILY: Family = Family::of::<Glo, Generator>(
    || {
        let about = "A convolutional generator without an adversary: every training picture has a latent of its own, and both learn to meet. \
                     It never collapses and suits small collections; expect soft pictures that sharpen with each pass over the data.";
        card("glo", "GLO", about, Capabilities::default())
    },
    family_knobs,
    presets,
);

fn family_knobs(shape: &DataShape) -> Vec<Knob> {
    let own = vec![
        knobs::model("width", "Width", int(2, 128, 32))
            .help("Filters of the thinnest layer; every other layer has a multiple. More draws finer and trains slower."),
        knobs::model("z_dim", "Latent size", int(2, 512, 64))
            .help("Numbers in each picture's latent: how many sliders there are. More remember pictures better."),
        knobs::model("upsampling", "Upsampling", choice(&["transposed", "resize"], "transposed"))
            .help("How the picture grows: transposed is quicker, resize leaves no checkerboards."),
        knobs::training("loss", "Loss", choice(&["mse", "l1", "laplacian"], "mse"))
            .help("What counts as near: mse is soft, l1 a little crisper, laplacian looks at edges of all sizes as in the paper."),
        knobs::live("lr_z", "Latent rate", real(0.0, 20.0, 1.0))
            .help("Step length of the latents, which each move only when their picture comes. Above 5 they jump about; laplacian wants a third."),
    ];
    tuning::table(shape, own, Start { batch: 64, lr: 1e-3, beta1: 0.5, beta2: 0.999, ema: 0.99 })
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    Presets::of(family_knobs(shape))
        .quick("For a small computer: squared distances, width 32.")
        .textbook(
            "After the paper: the Laplacian pyramid as the distance, width 64, latents of 100 numbers, 32-bit.",
            &["width=64", "z_dim=100", "loss=laplacian", "lr_z=0.3", "precision=fp32"],
        )
        .tiny(&["width=2", "z_dim=8"])
}

/// Number of held-out pictures whose latents are optimised, and steps of that search, which runs between training steps and must be short.
const SEARCH: (i64, u32) = (16, 24);

/// The generator, and the latents of all training pictures.
struct Glo {
    net: Generator,
    latents: Latents,
    distance: Distance,
    lr_z: f64,
}

impl Networks for Glo {
    /// Draws the latents from torch's global generator.
    fn plan(knobs: &Knobs, data: &DataShape, device: Device) -> Result<(Self, Plans)> {
        let (net, plan) = Generator::new(knobs);
        let latents = Latents::new(data.count, net.z_dim, device)?;
        Ok((
            Self { net, latents, distance: Distance::from_word(knobs.text("loss")), lr_z: knobs.real("lr_z") },
            plan.into(),
        ))
    }
}

impl Glo {
    /// The smallest distance to pictures that have no latents, found by gradient descent on latents from the mean of the table with the
    /// generator fixed.
    fn search(&self, numbers: &dyn Numbers, pictures: &Tensor) -> Result<f32> {
        let count = pictures.size()[0];
        let mut z = self.latents.mean().repeat([count, 1]);
        let mut best = f32::MAX;
        for round in 0..=SEARCH.1 {
            let rows = z.detach().set_requires_grad(true);
            let drawn = self.net.forward(numbers, &rows, Mode::Infer);
            let loss = self.distance.of(&drawn, pictures);
            best = best.min(f64::try_from(&loss)? as f32);
            let gradient = Tensor::f_run_backward(&[loss], &[&rows], false, false)?;
            let _guard = nn::without_gradients();
            // Normalised steps that shrink: the gradient's size differs too much from one generator to another.
            let length = gradient[0].square().sum_dim_intlist(1, true, Kind::Float).sqrt().clamp_min(1e-12);
            let reach = 0.4 * (1.0 - f64::from(round) / f64::from(SEARCH.1 + 1));
            z = project_into_ball(&(rows - &gradient[0] / length * reach));
        }
        Ok(best)
    }
}

impl Learner for Glo {
    type Parts = Part;

    fn step(&mut self, part: &mut Part, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let pictures = batch.tensor(Kind::Float, part.net.device())?;
        let count = pictures.size()[0];
        ensure!(
            batch.index.len() as i64 == count,
            "GLO needs to know which pictures these are, and their places did not come with them."
        );
        let places = self.latents.places(&batch.index)?;
        let z = self.latents.rows(&places).set_requires_grad(true);
        let loss = self.distance.of(&self.net.forward(&part.net, &z, Mode::Train), &pictures);
        let (gradient, slopes) = part.net.bank.gradient_and(&loss, &[&z])?;
        // The loss is a mean over the batch, but each latent descends its own picture's distance.
        let rate = self.lr_z * count as f64 * part.tuning.schedule.factor(at);
        self.latents.descend(&places, &slopes[0], rate);
        let norm = part.follow(&gradient, at);
        rows::scalars(&[("loss", loss), ("grad", norm)])
    }

    fn test(&self, part: &Part, batch: &Batch, _: &StepInfo) -> Result<Vec<Scalar>> {
        let pictures = batch.tensor(Kind::Float, part.net.device())?;
        let some = pictures.narrow(0, 0, pictures.size()[0].min(SEARCH.0));
        Ok(vec![("test_loss", self.search(&part.net, &some)?)])
    }

    fn set_live(&mut self, live: &Knobs) {
        self.lr_z = live.real("lr_z");
    }

    /// Adds the moments of the table's current latents.
    fn complete(&self, _: &Part, generator: &mut Arrays) -> Result<()> {
        generator.extend(self.latents.fit()?);
        Ok(())
    }

    fn save(&self, to: &mut Checkpoint) -> Result<()> {
        to.files.insert("latents".into(), Arrays::from([("latents".to_owned(), self.latents.array()?)]));
        Ok(())
    }

    fn load(&mut self, from: &Checkpoint) -> Result<()> {
        let table = self.latents.read(from.file("latents")?)?;
        self.latents.take(table);
        Ok(())
    }
}

impl Networks for Generator {
    fn plan(knobs: &Knobs, _: &DataShape, _: Device) -> Result<(Self, Plans)> {
        let (net, plan) = Self::new(knobs);
        Ok((net, plan.into()))
    }
}

/// Decodes latents under the Gaussian of the table.
impl Decoder for Generator {
    type Loaded = (Frozen, Gaussian);

    fn load(&self, source: &Source) -> Result<(Frozen, Gaussian)> {
        self.codes.load(source)
    }

    fn decode(&self, (net, gaussian): &(Frozen, Gaussian), z: &Tensor, codes: &[Code]) -> Result<Tensor> {
        Ok(self.forward(net, &gaussian.codes(&rows::scaled(z, codes)?), Mode::Infer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        models::{
            Model,
            common::testing::{Trainer, build, plain, saved, set},
        },
        nn::bars::{self, Bar, Judge},
        picture::Pixels,
    };

    fn shape() -> DataShape {
        plain(12, 28, 1)
    }

    fn model(assignments: &[&str]) -> Trainer<Glo> {
        let tiny = [&["width=2", "z_dim=4", "precision=fp32"], assignments].concat();
        build(&set(&family_knobs(&shape()), &tiny), &shape())
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
            let mut model = model(&[loss, "upsampling=resize"]);
            let before = model.learner.latents.array().unwrap().data;
            assert!(model.step(&batch(&[1, 5, 11]), &AT).unwrap().iter().all(|s| s.1.is_finite()));
            let after = model.learner.latents.array().unwrap().data;
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
        let mut model = model(&[]);
        for _ in 0..30 {
            model.step(&batch(&[0, 1, 2, 3, 4, 5]), &AT).unwrap();
        }
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
            let mut model = model(&["lr=0.01"]);
            for _ in 0..steps {
                model.step(&batch(&[0, 1, 2, 3, 4, 5]), &AT).unwrap();
            }
            let found = model.test(&batch(&[0, 1]), &AT).unwrap();
            let pictures = batch(&[0, 1]).tensor(Kind::Float, Device::Cpu).unwrap();
            let mean = model.learner.latents.mean().repeat([2, 1]);
            let there =
                model.learner.distance.of(&model.learner.net.forward(&model.parts.net, &mean, Mode::Infer), &pictures);
            let share = f64::from(found[0].1) / f64::try_from(there).unwrap();
            [("distance where it ends, share of that in the middle", share, Bar::Below(0.6))]
        };
        judge.passes("glo", &nearer(100));
        judge.fails("glo", "untrained", &nearer(0));
        judge.close();
    }

    #[test]
    fn published_weights_hold_the_gaussian_of_the_table() {
        let model = model(&[]);
        let weights = model.weights(0).unwrap();
        let checkpoint = saved(&model);
        assert!(checkpoint.files["ema"] == *weights.ema && checkpoint.files["generator"] == *weights.raw);
        let table = model.learner.latents.array().unwrap().data;
        let mean: Vec<f32> = (0..4).map(|k| table.iter().skip(k).step_by(4).sum::<f32>() / 12.0).collect();
        let got = &weights.ema["codes.first"].data;
        assert!(got.iter().zip(&mean).all(|(a, b)| (a - b).abs() < 1e-6), "{got:?} {mean:?}");
    }
}
