//! The fully connected variational autoencoder (Kingma & Welling 2014), with the layers and names of `PyTorch`'s example.

use super::elbo::{LoadedVae, Posterior, Terms};
use crate::{
    latent::{self, Code, mix},
    models::common::{
        Frame,
        mixture::{self, FittedMixture},
        negative_elbo,
        prelude::*,
    },
    nn::{self, Device, Kind, Linear, Numbers, Plan, Tensor, losses},
    spec::{Capabilities, Card, DataShape, Knob, Knobs, Preset},
};
use anyhow::Result;
use std::ops::Range;

/// The family's line in the table.
pub const FAMILY: Family = Family::of::<MlpVae, MlpVae>(
    || {
        let about = "The textbook's variational autoencoder: trains within minutes without a fight, and its sliders change pictures smoothly. \
                     Expect soft, varied digits after one pass over the data; it suits small pictures with little texture.";
        let can = Capabilities { encoder: true, ..Capabilities::default() };
        Card { dials: vec![mixture::dial()], ..card("mlp-vae", "MLP VAE", about, can) }
    },
    family_knobs,
    presets,
);

fn family_knobs(shape: &DataShape) -> Vec<Knob> {
    let pixels = if shape.channels == 1 { "binary" } else { "levels" };
    let own = vec![
        knobs::model("hidden", "Hidden neurons", int(4, 2048, 400))
            .help("Neurons between picture and latent, on both sides. The textbook has 400."),
        knobs::model("z_dim", "Latent size", int(1, 256, 20))
            .help("Length of the latent vector: how many sliders there are. The textbook has 20."),
        knobs::training("pixels", "Pixels", choice(&["binary", "levels"], pixels))
            .help("binary tosses each pixel anew at each look, white as often as it is bright, as papers measure it; levels takes brightness as it is, which suits photographs."),
    ];
    tuning::table(shape, own, Start { batch: 128, lr: 1e-3, beta1: 0.9, beta2: 0.999, ema: 0.0 })
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    Presets::of(family_knobs(shape))
        .quick("400 neurons and 20 numbers, with pixels as they suit the pictures.")
        .textbook(
            "As in PyTorch's example: 400 neurons, 20 numbers, brightness as it is, Adam at 1e-3, 32-bit.",
            &["hidden=400", "z_dim=20", "pixels=levels", "precision=fp32"],
        )
        .tiny(&["hidden=16", "z_dim=4"])
}

/// Step size of the running KL.
const KL_PACE: f64 = 0.02;

/// Seed of the draws that held-out pictures are measured with.
const TEST_SEED: u64 = 0xe1b0;

/// The five layers, and a running mean of each dimension's KL.
struct MlpVae {
    frame: Frame,
    z_dim: i64,
    /// Whether pixels are sampled black or white at each step, with their brightness as the probability of white.
    binary: bool,
    fc1: Linear,
    fc21: Linear,
    fc22: Linear,
    fc3: Linear,
    fc4: Linear,
    kl: usize,
    codes: FittedMixture,
}

impl Networks for MlpVae {
    fn plan(knobs: &Knobs, _: &DataShape, _: Device) -> Result<(Self, Plans)> {
        let (hidden, z_dim) = (knobs.int("hidden") as i64, knobs.int("z_dim") as i64);
        let (net, plan) = Self::sized(Frame::read(knobs), hidden, z_dim, knobs.text("pixels") == "binary");
        Ok((net, plan.into()))
    }
}

impl MlpVae {
    fn sized(frame: Frame, hidden: i64, z_dim: i64, binary: bool) -> (Self, Plan) {
        let mut plan = Plan::default();
        let linear = Linear::new;
        let net = Self {
            frame,
            z_dim,
            binary,
            fc1: linear(&mut plan, "fc1", frame.len(), hidden),
            fc21: linear(&mut plan, "fc21", hidden, z_dim),
            fc22: linear(&mut plan, "fc22", hidden, z_dim),
            fc3: linear(&mut plan, "fc3", z_dim, hidden),
            fc4: linear(&mut plan, "fc4", hidden, frame.len()),
            kl: plan.buffer("kl", &[z_dim], 0.0),
            codes: FittedMixture::new(&mut plan, "codes", z_dim),
        };
        (net, plan)
    }

    /// The posterior of the latent given N×len pixels in [0, 1], 32-bit.
    fn posterior(&self, numbers: &dyn Numbers, rows: &Tensor) -> Posterior {
        let h = self.fc1.forward(numbers, rows).relu();
        let float = |layer: &Linear| layer.forward(numbers, &h).to_kind(Kind::Float);
        Posterior { mean: float(&self.fc21), log_var: float(&self.fc22) }
    }

    /// Decodes N×z latents to logits of N×len pixels, 32-bit.
    fn pixels(&self, numbers: &dyn Numbers, z: &Tensor) -> Tensor {
        let h = self.fc3.forward(numbers, z).relu();
        self.fc4.forward(numbers, &h).to_kind(Kind::Float)
    }

    /// Decodes N×z latents to N×C×S×S pictures in [−1, 1], which show each pixel's probability of white.
    fn paint(&self, numbers: &dyn Numbers, z: &Tensor) -> Tensor {
        self.frame.unflatten(&(self.pixels(numbers, z).sigmoid() * 2.0 - 1.0))
    }

    /// The terms of N×len rows in [0, 1] with these standard normal draws, N×z.
    fn terms(&self, numbers: &dyn Numbers, rows: &Tensor, draws: &Tensor) -> Terms {
        let posterior = self.posterior(numbers, rows);
        let logits = self.pixels(numbers, &posterior.sample(draws));
        let count = rows.size()[0].max(1) as f64;
        Terms {
            reconstruction: losses::bce_each(&logits, rows).sum(Kind::Float) / count,
            kl_each: posterior.kl_each().mean_dim(0, false, Kind::Float),
            codes: posterior.mean,
        }
    }

    /// N×C×S×S in [−1, 1] → N×len in [0, 1].
    fn levels(&self, pictures: &Tensor) -> Tensor {
        (self.frame.flatten(pictures) + 1.0) * 0.5
    }

    /// Random numbers for held-out pictures that depend on each picture's index alone: thresholds N×len in [0, 1), and noise N×z.
    fn fixed_draws(&self, count: u64, device: Device) -> Result<(Tensor, Tensor)> {
        let (mut tosses, mut draws) = (Vec::new(), Vec::new());
        for place in 0..count {
            let mut rng = latent::rng(mix(&[TEST_SEED, place]), 0);
            draws.extend(latent::normals(&mut rng, self.z_dim as usize));
            if self.binary {
                tosses.extend((0..self.frame.len()).map(|_| latent::uniform(&mut rng)));
            }
        }
        let rows = |flat: &[f32], width: i64| Tensor::f_from_slice(flat)?.f_to_device(device)?.f_view([-1, width]);
        Ok((rows(&tosses, self.frame.len())?, rows(&draws, self.z_dim)?))
    }
}

/// The negative ELBO and its KL, in nats a picture.
fn loss(terms: &Terms) -> (Tensor, Tensor) {
    let kl = terms.kl_each.sum(Kind::Float);
    (&terms.reconstruction + &kl, kl)
}

impl Learner for MlpVae {
    type Parts = Part;

    fn step(&mut self, part: &mut Part, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let levels = self.levels(&batch.tensor(Kind::Float, part.net.device())?);
        let rows = if self.binary { levels.bernoulli() } else { levels };
        let draws = rows::randn(rows.size()[0], self.z_dim, part.net.device())?;
        let terms = self.terms(&part.net, &rows, &draws);
        {
            let _guard = nn::without_gradients();
            let _ = part.net.buffer(self.kl).shallow_clone().lerp_(&terms.kl_each.detach(), KL_PACE);
        }
        let (loss, kl) = loss(&terms);
        terms.learn(part, Some(&self.codes), (&loss, &kl), at)
    }

    fn test(&self, part: &Part, batch: &Batch, _: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let levels = self.levels(&batch.tensor(Kind::Float, part.net.device())?);
        let (tosses, draws) = self.fixed_draws(batch.count() as u64, part.net.device())?;
        let rows = if self.binary { tosses.lt_tensor(&levels).to_kind(Kind::Float) } else { levels };
        rows::scalars(&[("test_loss", loss(&self.terms(&part.net, &rows, &draws)).0)])
    }
}

impl Decoder for MlpVae {
    type Loaded = LoadedVae;
    const ENCODES: bool = true;

    fn load(&self, source: &Source) -> Result<LoadedVae> {
        let net = source.frozen()?;
        let importance = Vec::try_from(net.buffer(self.kl))?;
        let mixture = Some(self.codes.read(&net)?);
        Ok(LoadedVae { net, importance, mixture })
    }

    fn decode(&self, loaded: &LoadedVae, z: &Tensor, codes: &[Code]) -> Result<Tensor> {
        Ok(self.paint(&loaded.net, &loaded.carried(z, codes)?))
    }

    fn decode_plainly(&self, loaded: &LoadedVae, z: &Tensor) -> Option<Tensor> {
        Some(self.paint(&loaded.net, z))
    }

    fn encode(&self, loaded: &LoadedVae, pictures: &Tensor) -> Result<Vec<Code>> {
        loaded.codes(&self.posterior(&loaded.net, &self.levels(pictures)).mean)
    }

    fn likelihood(&self) -> Option<&'static str> {
        Some(negative_elbo::BINARISED)
    }

    /// Measures binarised pixels; the encoder gets the kind of pixels that it was trained on.
    fn bounds(
        &self,
        LoadedVae { net, .. }: &LoadedVae,
        pictures: &Tensor,
        _: Option<&[u32]>,
        seed: u64,
        places: Range<u64>,
    ) -> Result<Vec<f64>> {
        let levels = self.levels(pictures);
        let rows = negative_elbo::tossed(&levels, seed, places.clone())?;
        let posterior = self.posterior(net, if self.binary { &rows } else { &levels });
        let z = posterior.sample(&negative_elbo::draws(seed, places, self.z_dim, rows.device())?);
        negative_elbo::summed(&losses::bce_each(&self.pixels(net, &z), &rows), &posterior.kl_each())
    }

    fn importance(&self, loaded: &LoadedVae) -> Option<Vec<f32>> {
        Some(loaded.importance.clone())
    }
}

#[cfg(test)]
mod tests;
