//! The fully connected variational autoencoder (Kingma & Welling 2014), with the layers and names of `PyTorch`'s example.

use super::{
    Batch, Decoded, Family, Model, NegativeElbo, Player, Scalar, StepInfo, knobs,
    mixture::{self, FittedMixture, Mixture},
    mlp_nets::Frame,
    negative_elbo,
    part::Part,
    rows,
    tuning::{self, Tuning},
};
use crate::{
    latent::{self, Code, mix},
    nn::{self, Device, Frozen, Kind, Linear, Normalisation, Numbers, Plan, Precision, Tensor, losses},
    picture::{Picture, Pixels},
    spec::{Capabilities, Card, DataShape, Knob, Knobs, Preset},
    weights::{Array, Arrays},
};
use anyhow::{Context, Result, ensure};

/// The family's line in the table.
pub const FAMILY: Family = Family {
    card,
    knobs: family_knobs,
    presets,
    fits: super::any_data,
    build: |knobs, shape, device| Ok(Box::new(MlpVae::new(knobs, shape, device)?)),
    player: |knobs, _, device| Ok(Box::new(MlpVaePlayer::new(knobs, device)) as Box<dyn Player>),
};

fn card() -> Card {
    Card {
        id: "mlp-vae".into(),
        title: "MLP VAE".into(),
        about: "The textbook's variational autoencoder: trains within minutes without a fight, and its sliders change pictures smoothly. \
                Expect soft, varied digits after one pass over the data; it suits small pictures with little texture."
            .into(),
        can: Capabilities { encoder: true, ..Capabilities::default() },
        dials: vec![mixture::dial()],
    }
}

fn family_knobs(shape: &DataShape) -> Vec<Knob> {
    let pixels = if shape.channels == 1 { "binary" } else { "levels" };
    let mut all = knobs::data(shape);
    all.extend([
        knobs::model_int("hidden", "Hidden neurons", "Neurons between picture and latent, on both sides. The textbook has 400.", (4, 2048, 400)),
        knobs::int("z_dim", "Latent size", "Length of the latent vector: how many sliders there are. The textbook has 20.", (1, 256, 20)),
        knobs::training_choice("pixels", "Pixels", "binary tosses each pixel anew at each look, white as often as it is bright, as papers measure it; levels takes brightness as it is, which suits photographs.", &["binary", "levels"], pixels),
    ]);
    all.extend(tuning::knobs(tuning::Start { batch: 128, lr: 1e-3, beta1: 0.9, beta2: 0.999, ema: 0.0 }));
    all
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    let table = family_knobs(shape);
    vec![
        knobs::preset(
            &table,
            "quick",
            "Quick",
            "400 neurons and 20 numbers, with pixels as they suit the pictures.",
            &[],
        ),
        knobs::preset(
            &table,
            "textbook",
            "Textbook",
            "As in PyTorch's example: 400 neurons, 20 numbers, brightness as it is, Adam at 1e-3, 32-bit.",
            &["hidden=400", "z_dim=20", "pixels=levels", "precision=fp32"],
        ),
        knobs::tiny(&table, &["hidden=16", "z_dim=4"]),
    ]
}

/// The five layers, and a running mean of each dimension's KL.
struct Nets {
    frame: Frame,
    z_dim: i64,
    fc1: Linear,
    fc21: Linear,
    fc22: Linear,
    fc3: Linear,
    fc4: Linear,
    kl: usize,
    codes: FittedMixture,
}

/// How quickly the running KL follows.
const KL_PACE: f64 = 0.02;

/// What the negative ELBO consists of, in nats a picture.
struct Terms {
    reconstruction: Tensor,
    /// Of each dimension.
    kl: Tensor,
    /// The posterior's means, N×z: the codes that `encode` finds.
    codes: Tensor,
}

impl Terms {
    fn loss(&self) -> Tensor {
        &self.reconstruction + self.kl.sum(Kind::Float)
    }
}

impl Nets {
    fn new(knobs: &Knobs) -> (Self, Plan) {
        Self::sized(Frame::read(knobs), knobs.int("hidden") as i64, knobs.int("z_dim") as i64)
    }

    fn sized(frame: Frame, hidden: i64, z_dim: i64) -> (Self, Plan) {
        let mut plan = Plan::default();
        let linear = Linear::new;
        let nets = Self {
            frame,
            z_dim,
            fc1: linear(&mut plan, "fc1", frame.len(), hidden),
            fc21: linear(&mut plan, "fc21", hidden, z_dim),
            fc22: linear(&mut plan, "fc22", hidden, z_dim),
            fc3: linear(&mut plan, "fc3", z_dim, hidden),
            fc4: linear(&mut plan, "fc4", hidden, frame.len()),
            kl: plan.buffer("kl", &[z_dim], 0.0),
            codes: FittedMixture::new(&mut plan, "codes", z_dim),
        };
        (nets, plan)
    }

    /// N×len in [0, 1] → mean and logarithm of the variance of the latent, both N×z, 32-bit.
    fn encode(&self, numbers: &dyn Numbers, rows: &Tensor) -> (Tensor, Tensor) {
        let h = self.fc1.forward(numbers, rows).relu();
        let float = |layer: &Linear| layer.forward(numbers, &h).to_kind(Kind::Float);
        (float(&self.fc21), float(&self.fc22))
    }

    /// N×z → logits of N×len pixels, 32-bit.
    fn decode(&self, numbers: &dyn Numbers, z: &Tensor) -> Tensor {
        let h = self.fc3.forward(numbers, z).relu();
        self.fc4.forward(numbers, &h).to_kind(Kind::Float)
    }

    /// N×z → N×C×S×S in [−1, 1]: how probably each pixel is white.
    fn paint(&self, numbers: &dyn Numbers, z: &Tensor) -> Tensor {
        self.frame.unflatten(&(self.decode(numbers, z).sigmoid() * 2.0 - 1.0))
    }

    /// −ELBO of each of N×len rows of levels in [0, 1], tossed black and white; encoded as the network learned to.
    fn bounds(&self, numbers: &dyn Numbers, levels: &Tensor, seed: u64, first: u64, binary: bool) -> Result<Vec<f64>> {
        let places = first..first + levels.size()[0] as u64;
        let rows = negative_elbo::tossed(levels, seed, places.clone())?;
        let (mean, log_var) = self.encode(numbers, if binary { &rows } else { levels });
        let z = &mean + negative_elbo::draws(seed, places, self.z_dim, rows.device())? * (&log_var * 0.5).exp();
        negative_elbo::summed(&losses::bce_each(&self.decode(numbers, &z), &rows), &losses::kl_each(&mean, &log_var))
    }

    /// The negative ELBO of N×len rows in [0, 1] with these standard normal draws, N×z.
    fn terms(&self, numbers: &dyn Numbers, rows: &Tensor, draws: &Tensor) -> Terms {
        let (mean, log_var) = self.encode(numbers, rows);
        let z = &mean + draws * (&log_var * 0.5).exp();
        let logits = self.decode(numbers, &z);
        let count = rows.size()[0].max(1) as f64;
        let reconstruction = losses::bce_each(&logits, rows).sum(Kind::Float) / count;
        Terms { reconstruction, kl: losses::kl_each(&mean, &log_var).mean_dim(0, false, Kind::Float), codes: mean }
    }

    /// N×C×S×S in [−1, 1] → N×len in [0, 1].
    fn levels(&self, pictures: &Tensor) -> Tensor {
        (self.frame.flatten(pictures) + 1.0) * 0.5
    }
}

fn precision(knobs: &Knobs, device: Device) -> Precision {
    Precision::from_word(knobs.text("precision"), device)
}

struct MlpVae {
    nets: Nets,
    part: Part,
    binary: bool,
    device: Device,
}

impl MlpVae {
    fn new(knobs: &Knobs, data: &DataShape, device: Device) -> Result<Self> {
        ensure!(data.count >= 2, "Training needs at least 2 pictures.");
        let (nets, plan) = Nets::new(knobs);
        let part = Part::new("generator", plan, Tuning::read(knobs), true, precision(knobs, device), device)?;
        Ok(Self { nets, part, binary: knobs.text("pixels") == "binary", device })
    }

    /// Draws for held-out pictures that belong to each picture's place and to nothing else: thresholds N×len in [0, 1), then N×z.
    fn fixed_draws(&self, index: impl Iterator<Item = u64>) -> Result<(Tensor, Tensor)> {
        let (mut tosses, mut draws) = (Vec::new(), Vec::new());
        for place in index {
            let mut rng = latent::rng(mix(&[TEST_SEED, place]), 0);
            draws.extend(latent::normals(&mut rng, self.nets.z_dim as usize));
            if self.binary {
                tosses.extend((0..self.nets.frame.len()).map(|_| latent::uniform(&mut rng)));
            }
        }
        let rows = |flat: &[f32], width: i64| Tensor::f_from_slice(flat)?.f_to_device(self.device)?.f_view([-1, width]);
        Ok((rows(&tosses, self.nets.frame.len())?, rows(&draws, self.nets.z_dim)?))
    }
}

/// Seed of the draws that held-out pictures are measured with.
const TEST_SEED: u64 = 0xe1b0;

impl Model for MlpVae {
    fn step(&mut self, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let levels = self.nets.levels(&batch.tensor(Kind::Float, self.device)?);
        let rows = if self.binary { levels.bernoulli() } else { levels };
        let draws = Tensor::f_randn([rows.size()[0], self.nets.z_dim], (Kind::Float, self.device))?;
        let terms = self.nets.terms(&self.part.net, &rows, &draws);
        let loss = terms.loss();
        {
            let _guard = nn::without_gradients();
            let _ = self.part.net.buffer(self.nets.kl).shallow_clone().lerp_(&terms.kl.detach(), KL_PACE);
        }
        if FittedMixture::is_due(at.step) {
            self.nets.codes.update(&self.part.net, &terms.codes)?;
        }
        let gradient = self.part.learn(&loss, at)?;
        let (kl, active) = (terms.kl.sum(Kind::Float), rows::active(&terms.kl));
        rows::scalars(&[
            ("loss", &loss),
            ("reconstruction", &terms.reconstruction),
            ("kl", &kl),
            ("active_units", &active),
            ("grad", &gradient),
        ])
    }

    fn test(&self, batch: &Batch, _at: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let levels = self.nets.levels(&batch.tensor(Kind::Float, self.device)?);
        let (tosses, draws) = self.fixed_draws(0..batch.count() as u64)?;
        let rows = if self.binary { tosses.lt_tensor(&levels).to_kind(Kind::Float) } else { levels };
        let terms = self.nets.terms(&self.part.net, &rows, &draws);
        Ok(vec![("test_loss", f64::try_from(terms.loss())? as f32)])
    }

    fn parts(&self) -> Vec<&Part> {
        vec![&self.part]
    }

    fn parts_mut(&mut self) -> Vec<&mut Part> {
        vec![&mut self.part]
    }

    fn set_live(&mut self, live: &Knobs) -> Result<()> {
        self.part.tuning = Tuning::read(live);
        Ok(())
    }
}

/// Plays the decoder: each pixel as bright as it is probably white; finds codes with the encoder's means.
struct MlpVaePlayer {
    nets: Nets,
    plan: Plan,
    binary: bool,
    precision: Precision,
    device: Device,
    normalisation: Normalisation,
    taken: Option<Taken>,
}

struct Taken {
    net: Frozen,
    kl: Vec<f32>,
    mixture: Mixture,
}

impl MlpVaePlayer {
    fn new(knobs: &Knobs, device: Device) -> Self {
        let (nets, plan) = Nets::new(knobs);
        let (binary, precision) = (knobs.text("pixels") == "binary", precision(knobs, device));
        let normalisation = Normalisation::read(knobs);
        Self { nets, plan, binary, precision, device, normalisation, taken: None }
    }

    fn taken(&self) -> Result<&Taken> {
        self.taken.as_ref().context("There are no weights to play yet.")
    }
}

impl Player for MlpVaePlayer {
    fn z_dim(&self) -> usize {
        self.nets.z_dim as usize
    }

    fn load_weights(&mut self, generator: &Arrays, _discriminator: Option<&Arrays>) -> Result<()> {
        let net = Frozen::read(&self.plan, generator, self.precision, self.device)?;
        let kl = Vec::try_from(net.buffer(self.nets.kl))?;
        let mixture = self.nets.codes.read(&net)?;
        self.taken = Some(Taken { net, kl, mixture });
        Ok(())
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        let _guard = nn::without_gradients();
        let Taken { net, mixture, .. } = self.taken()?;
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        self.normalisation.to_pictures(&self.nets.paint(net, &mixture::latents(codes, mixture, self.device)?))
    }

    fn decode_array(&self, codes: &[Code]) -> Result<Option<Array>> {
        let _guard = nn::without_gradients();
        let z = rows::latents(codes, self.z_dim() as i64, self.device)?;
        nn::to_array(&self.nets.paint(&self.taken()?.net, &z)).map(Some)
    }

    fn decode_differentiably(&self, z: &Tensor, codes: &[Code]) -> Result<Option<Decoded>> {
        let Taken { net, mixture, .. } = self.taken()?;
        let z = mixture::carried(rows::followed(z, codes, self.nets.z_dim, self.device)?, codes, mixture)?;
        Ok(Some(Decoded { pictures: self.normalisation.to_brightness(self.nets.paint(net, &z)), logits: None }))
    }

    fn encode(&self, pictures: &[Picture]) -> Result<Option<Vec<Code>>> {
        let _guard = nn::without_gradients();
        let Taken { net, mixture, .. } = self.taken()?;
        if pictures.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let Frame { size, channels } = self.nets.frame;
        let x = self.normalisation.from_pictures(pictures, size, channels, Kind::Float, self.device)?;
        Ok(Some(rows::codes(&mixture.normals(&self.nets.encode(net, &self.nets.levels(&x)).0))?))
    }

    fn negative_elbo(&self, pictures: &Pixels, _labels: Option<&[u32]>, seed: u64) -> Result<Option<NegativeElbo>> {
        let _guard = nn::without_gradients();
        let (net, mut nats) = (&self.taken()?.net, Vec::with_capacity(pictures.count));
        let all: Vec<u32> = (0..pictures.count as u32).collect();
        for some in all.chunks(negative_elbo::ROUND) {
            let levels =
                self.nets.levels(&self.normalisation.from_pixels(&pictures.gather(some), Kind::Float, self.device)?);
            nats.extend(self.nets.bounds(net, &levels, seed, u64::from(some[0]), self.binary)?);
        }
        Ok(Some(NegativeElbo { nats, pixels: negative_elbo::BINARISED }))
    }

    fn importance(&self) -> Option<Vec<f32>> {
        self.taken.as_ref().map(|taken| taken.kl.clone())
    }
}

#[cfg(test)]
#[path = "mlp_vae_tests.rs"]
mod tests;
