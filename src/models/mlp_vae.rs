//! The fully connected variational autoencoder (Kingma & Welling 2014), with the layers and names of `PyTorch`'s example.

use super::{
    At, Batch, Family, Model, Player, Scalar, knobs,
    mlp_nets::Frame,
    part::Part,
    rows,
    tuning::{self, Tuning},
};
use crate::{
    latent::{self, Code, mix},
    nn::{self, Device, Frozen, Kind, Linear, Numbers, Plan, Precision, Tensor, losses},
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
        dials: Vec::new(),
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
        knobs::preset(
            &table,
            "tiny",
            "Tiny",
            "To try things out in seconds; the pictures stay rough.",
            &["hidden=16", "z_dim=4", "batch=8", "precision=fp32"],
        ),
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
}

/// How quickly the running KL follows.
const KL_PACE: f64 = 0.02;

/// What the negative ELBO consists of, in nats a picture.
struct Terms {
    reconstruction: Tensor,
    /// Of each dimension.
    kl: Tensor,
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
        let mut linear = |name: &str, inputs: i64, outputs: i64| Linear::new(&mut plan, name, inputs, outputs);
        let nets = Self {
            frame,
            z_dim,
            fc1: linear("fc1", frame.len(), hidden),
            fc21: linear("fc21", hidden, z_dim),
            fc22: linear("fc22", hidden, z_dim),
            fc3: linear("fc3", z_dim, hidden),
            fc4: linear("fc4", hidden, frame.len()),
            kl: 0,
        };
        let kl = plan.buffer("kl", &[z_dim], 0.0);
        (Self { kl, ..nets }, plan)
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

    /// The negative ELBO of N×len rows in [0, 1] with these standard normal draws, N×z.
    fn terms(&self, numbers: &dyn Numbers, rows: &Tensor, draws: &Tensor) -> Terms {
        let (mean, log_var) = self.encode(numbers, rows);
        let z = &mean + draws * (&log_var * 0.5).exp();
        let logits = self.decode(numbers, &z);
        let count = rows.size()[0].max(1) as f64;
        let reconstruction = losses::bce_each(&logits, rows).sum(Kind::Float) / count;
        Terms { reconstruction, kl: losses::kl_each(&mean, &log_var).mean_dim(0, false, Kind::Float) }
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
    fn step(&mut self, batch: &Batch, at: &At) -> Result<Vec<Scalar>> {
        let levels = self.nets.levels(&batch.tensor(Kind::Float, self.device)?);
        let rows = if self.binary { levels.bernoulli() } else { levels };
        let draws = Tensor::f_randn([rows.size()[0], self.nets.z_dim], (Kind::Float, self.device))?;
        let terms = self.nets.terms(&self.part.net, &rows, &draws);
        let loss = terms.loss();
        {
            let _guard = nn::without_gradients();
            let _ = self.part.net.buffer(self.nets.kl).shallow_clone().lerp_(&terms.kl.detach(), KL_PACE);
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

    fn test(&self, batch: &Batch, _at: &At) -> Result<Vec<Scalar>> {
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

    fn turn(&mut self, live: &Knobs) -> Result<()> {
        self.part.tuning = Tuning::read(live);
        Ok(())
    }
}

/// Plays the decoder: each pixel as bright as it is probably white; finds codes with the encoder's means.
struct MlpVaePlayer {
    nets: Nets,
    plan: Plan,
    precision: Precision,
    device: Device,
    taken: Option<(Frozen, Vec<f32>)>,
}

impl MlpVaePlayer {
    fn new(knobs: &Knobs, device: Device) -> Self {
        let (nets, plan) = Nets::new(knobs);
        Self { nets, plan, precision: precision(knobs, device), device, taken: None }
    }

    fn net(&self) -> Result<&Frozen> {
        Ok(&self.taken.as_ref().context("There are no weights to play yet.")?.0)
    }
}

impl Player for MlpVaePlayer {
    fn z_dim(&self) -> usize {
        self.nets.z_dim as usize
    }

    fn take(&mut self, generator: &Arrays, _discriminator: Option<&Arrays>) -> Result<()> {
        let net = Frozen::read(&self.plan, generator, self.precision, self.device)?;
        let kl = Vec::try_from(net.buffer(self.nets.kl))?;
        self.taken = Some((net, kl));
        Ok(())
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        let _guard = nn::without_gradients();
        let net = self.net()?;
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let white = self.nets.decode(net, &rows::latents(codes, self.z_dim() as i64, self.device)?).sigmoid();
        nn::to_pictures(&self.nets.frame.unflatten(&(white * 2.0 - 1.0)))
    }

    fn encode(&self, pictures: &[Picture]) -> Result<Option<Vec<Code>>> {
        let _guard = nn::without_gradients();
        let net = self.net()?;
        if pictures.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let Frame { size, channels } = self.nets.frame;
        let x = nn::from_pictures(pictures, size, channels, Kind::Float, self.device)?;
        Ok(Some(rows::codes(&self.nets.encode(net, &self.nets.levels(&x)).0)?))
    }

    fn importance(&self) -> Option<Vec<f32>> {
        self.taken.as_ref().map(|(_, kl)| kl.clone())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{nn::Network, picture::Pixels};

    /// What `tests/references/mlp_vae.py` calculated in 64-bit on the weights and pictures of [`wave`].
    const REFERENCE: &str = include_str!("../../tests/references/mlp_vae.json");

    /// The reference script's numbers: scale·sin(0.7·(seed + 1) + (0.37 + 0.113·seed)·i).
    fn wave(seed: usize, shape: &[i64], scale: f64) -> Tensor {
        let count = shape.iter().product::<i64>();
        let (begin, pace) = (0.7 * (seed as f64 + 1.0), 0.37 + 0.113 * seed as f64);
        let values: Vec<f64> = (0..count).map(|i| scale * (begin + pace * i as f64).sin()).collect();
        Tensor::from_slice(&values).to_kind(Kind::Float).view(shape)
    }

    #[test]
    fn kl_and_elbo_are_those_of_the_reference() {
        let (nets, plan) = Nets::sized(Frame { size: 28, channels: 1 }, 12, 5);
        let mut net = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
        let mut arrays = net.arrays(net.bank.master(), &net.noted()).unwrap();
        let names = ["fc1", "fc21", "fc22", "fc3", "fc4"];
        for (i, name) in names.iter().enumerate() {
            for (part, offset, scale) in [("weight", 0, 0.3), ("bias", 10, 0.2)] {
                let array = arrays.get_mut(&format!("{name}.{part}")).unwrap();
                let shape: Vec<i64> = array.shape.iter().map(|&n| n as i64).collect();
                *array = nn::to_array(&wave(i + offset, &shape, scale)).unwrap();
            }
        }
        let (parameters, noted) = net.read(&arrays).unwrap();
        net.take(&parameters, &noted);
        let rows = wave(20, &[3, 784], 0.5) + 0.5;
        let terms = nets.terms(&net, &rows, &wave(30, &[3, 5], 1.0));
        let reference: serde_json::Value = serde_json::from_str(REFERENCE).unwrap();
        let near = |got: &Tensor, wanted: &serde_json::Value, what: &str| {
            let (got, wanted) = (f64::try_from(got).unwrap(), wanted.as_f64().unwrap());
            assert!((got - wanted).abs() < 1e-5 * wanted.abs().max(1.0), "{what}: {got} where {wanted} is right");
        };
        near(&terms.reconstruction, &reference["reconstruction"], "reconstruction");
        near(&terms.loss(), &reference["negative_elbo"], "negative ELBO");
        for i in 0..5 {
            near(&terms.kl.get(i), &reference["kl"][i as usize], "KL");
        }
    }

    fn grey() -> (DataShape, Knobs, Batch) {
        let shape = DataShape { count: 8, classes: 0, size: 28, channels: 1, paired: false };
        let table = family_knobs(&shape);
        let mut knobs = Knobs::start(&table);
        for assignment in ["hidden=16", "z_dim=4", "precision=fp32"] {
            knobs.set(&table, assignment).unwrap();
        }
        let mut pixels = Pixels::new(28, 1);
        (0..8usize).for_each(|i| pixels.push(&(0..784).map(|p| ((p * (i + 3)) % 256) as u8).collect::<Vec<_>>()));
        (shape, knobs, Batch { pictures: pixels.into(), index: (0..8).collect(), ..Batch::default() })
    }

    #[test]
    fn held_out_pictures_are_measured_with_the_same_draws_each_time() {
        let (shape, knobs, batch) = grey();
        let model = MlpVae::new(&knobs, &shape, Device::Cpu).unwrap();
        let at = At { step: 0, horizon: 1 };
        let first = model.test(&batch, &at).unwrap();
        let _ = Tensor::randn([3], (Kind::Float, Device::Cpu));
        assert_eq!(first, model.test(&batch, &At { step: 9, ..at }).unwrap());
        assert_eq!(first[0].0, "test_loss");
        // Fresh weights know nothing: about ln 2 a pixel.
        assert!((first[0].1 - 784.0 * 2f32.ln()).abs() < 30.0, "{first:?}");
    }

    #[test]
    fn the_loss_is_reconstruction_and_kl_and_importance_follows_the_kl() {
        let (shape, knobs, batch) = grey();
        let mut model = MlpVae::new(&knobs, &shape, Device::Cpu).unwrap();
        let scalars = model.step(&batch, &At { step: 0, horizon: 1 }).unwrap();
        let names: Vec<_> = scalars.iter().map(|s| s.0).collect();
        assert_eq!(names, ["loss", "reconstruction", "kl", "active_units", "grad"]);
        assert!((scalars[0].1 - scalars[1].1 - scalars[2].1).abs() < 1e-2);
        let mut player = MlpVaePlayer::new(&knobs, Device::Cpu);
        player.take(&model.weights(1).unwrap().raw, None).unwrap();
        let importance = player.importance().unwrap();
        let noted = importance.iter().sum::<f32>();
        assert!((noted - KL_PACE as f32 * scalars[2].1).abs() < 1e-5, "{noted}");
    }
}
