//! Training of variational autoencoders: the evidence lower bound with a weight, a warm-up and a capacity for its KL.

mod networks;
mod play;

use super::{
    conv_layers::{self, ConvShape},
    elbo::Terms,
};
use crate::{
    models::common::prelude::*,
    nn::{self, Device, Kind, Numbers, Tensor},
    spec::{DataShape, Knob, Knobs},
};
use anyhow::{Context, Result};
use networks::{Likelihood, Net};

/// Seed of the noise with which held-out losses are measured, always the same so that two losses can be compared.
const TEST_SEED: u64 = 0x7e57;

/// The knobs of a variational autoencoder.
pub fn knobs(shape: &DataShape) -> Vec<Knob> {
    let mut own = conv_layers::knobs(16);
    let likelihood = if shape.channels == 3 { "gaussian" } else { "bernoulli" };
    own.extend([
        knobs::training("likelihood", "Likelihood", choice(&["bernoulli", "gaussian"], likelihood))
            .help("What a pixel may be: bernoulli treats grey levels as chances of white and suits drawings, gaussian lets them stray and suits photographs."),
        knobs::live("sigma", "Pixel noise", real(0.02, 1.0, 0.25))
            .help("How far a pixel may stray under the gaussian likelihood, black to white being 1. Less gives sharper pictures and a busier code."),
        knobs::live("beta", "Beta", real(0.0, 1000.0, 1.0))
            .help("Weight of the KL against the reconstruction summed over all pixels, so that it means the same at every size. 1 is the plain VAE; more gives tidier sliders and blurrier pictures."),
        knobs::live("kl_warmup", "KL warm-up", int(0, 1_000_000, 0))
            .help("Steps over which the weight of the KL rises from 0 to beta. Try 2000 when sliders do nothing."),
        knobs::live("capacity", "Capacity", real(0.0, 500.0, 0.0))
            .help("Nats the code is held to: the loss takes the KL's distance from this. 25 with a beta of 100 is the paper's; 0 switches it off."),
        knobs::live("capacity_steps", "Capacity steps", int(0, 10_000_000, 100_000))
            .help("Steps over which the capacity grows from 0."),
    ]);
    tuning::table(shape, own, Start { batch: 64, lr: 1e-3, beta1: 0.9, beta2: 0.999, ema: 0.99 })
}

/// The presets `quick` and `textbook`.
pub fn presets(table: Vec<Knob>) -> Presets {
    Presets::of(table).quick("For a small computer: good pictures within minutes.").textbook(
        "The beta-VAE as most courses have it: ten sliders, beta 4 after a warm-up of 10,000 steps, 32-bit.",
        &["z_dim=10", "lr=5e-4", "beta=4", "kl_warmup=10000", "ema=0", "precision=fp32"],
    )
}

/// The settings of the preset `tiny`.
pub const TINY: [&str; 3] = ["width=8", "hidden=32", "z_dim=4"];

/// The objective: reconstruction + weight·KL, or reconstruction + weight·|KL − capacity| (Burgess et al. 2018).
#[derive(Clone, Copy, Debug, PartialEq)]
struct Objective {
    likelihood: Likelihood,
    beta: f64,
    warmup: u64,
    capacity: f64,
    capacity_steps: u64,
}

impl Objective {
    fn read(knobs: &Knobs) -> Self {
        Self {
            likelihood: Likelihood::read(knobs),
            beta: knobs.real("beta"),
            warmup: knobs.int("kl_warmup") as u64,
            capacity: knobs.real("capacity"),
            capacity_steps: knobs.int("capacity_steps") as u64,
        }
    }

    /// The weight of the KL at a step.
    fn weight(&self, at: &StepInfo) -> f64 {
        self.beta * share(at.step, self.warmup)
    }

    /// The capacity at a step in nats; `None` where the KL itself is minimised.
    fn capacity(&self, at: &StepInfo) -> Option<f64> {
        (self.capacity > 0.0).then(|| self.capacity * share(at.step, self.capacity_steps))
    }

    /// The loss of a batch and its KL, in nats a picture.
    fn loss(&self, terms: &Terms, at: &StepInfo) -> (Tensor, Tensor) {
        let kl = terms.kl_each.sum(Kind::Float);
        let counted = match self.capacity(at) {
            Some(capacity) => (&kl - capacity).abs(),
            None => kl.shallow_clone(),
        };
        (&terms.reconstruction + counted * self.weight(at), kl)
    }
}

/// A linear ramp from 0 to 1 over `steps`, at a step.
fn share(step: u64, steps: u64) -> f64 {
    if step < steps { step as f64 / steps as f64 } else { 1.0 }
}

/// A variational autoencoder; if `CONDITIONAL`, the class of each picture is an input of both networks (Sohn et al. 2015).
pub struct Variational<const CONDITIONAL: bool> {
    net: Net,
    shape: ConvShape,
    objective: Objective,
}

/// Accepts data with at least two classes, which a conditional model needs.
pub fn need_classes(shape: &DataShape) -> Result<(), String> {
    if shape.classes >= 2 {
        return Ok(());
    }
    Err("This family needs pictures of at least two classes, such as a folder of folders.".into())
}

impl<const CONDITIONAL: bool> Networks for Variational<CONDITIONAL> {
    fn plan(knobs: &Knobs, data: &DataShape, _: Device) -> Result<(Self, Plans)> {
        if CONDITIONAL {
            need_classes(data).map_err(anyhow::Error::msg)?;
        }
        let shape = ConvShape::read(knobs, if CONDITIONAL { data.classes } else { 0 });
        let (plan, net) = Net::plan(&shape);
        Ok((Self { net, shape, objective: Objective::read(knobs) }, plan.into()))
    }
}

impl<const CONDITIONAL: bool> Variational<CONDITIONAL> {
    /// The terms of a batch for N×z standard normal noise.
    fn terms(&self, part: &Part, batch: &Batch, noise: &Tensor) -> Result<Terms> {
        let device = part.net.device();
        let x = batch.tensor(Kind::Float, device)?;
        let rows = match self.shape.classes {
            0 => None,
            classes => {
                let labels =
                    batch.labels.as_ref().context("This family trains on classes, but these pictures have none.")?;
                Some(nn::one_hot(labels, classes as usize, device))
            }
        };
        Ok(self.net.terms(&part.net, &x, rows.as_ref(), noise, self.objective.likelihood))
    }
}

impl<const CONDITIONAL: bool> Learner for Variational<CONDITIONAL> {
    type Parts = Part;

    fn step(&mut self, part: &mut Part, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let noise = rows::randn(batch.count() as i64, self.shape.z_dim, part.net.device())?;
        let terms = self.terms(part, batch, &noise)?;
        self.net.note(&part.net, &terms.kl_each);
        let (loss, kl) = self.objective.loss(&terms, at);
        terms.learn(part, self.net.codes.as_ref(), (&loss, &kl), at)
    }

    fn test(&self, part: &Part, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let noise = rows::fixed_randn(TEST_SEED, &[batch.count() as i64, self.shape.z_dim], part.net.device())?;
        let terms = self.terms(part, batch, &noise)?;
        let (loss, kl) = self.objective.loss(&terms, at);
        rows::scalars(&[("test_loss", &loss), ("test_reconstruction", &terms.reconstruction), ("test_kl", &kl)])
    }

    fn set_live(&mut self, live: &Knobs) {
        self.objective = Objective::read(live);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{Model, common::testing::build};

    fn objective() -> Objective {
        let capacity_steps = 100;
        Objective { likelihood: Likelihood::Bernoulli, beta: 4.0, warmup: 10, capacity: 0.0, capacity_steps }
    }

    fn at(step: u64) -> StepInfo {
        StepInfo { step, horizon: 1 }
    }

    fn terms(reconstruction: f32, kl_each: &[f32]) -> Terms {
        Terms {
            reconstruction: Tensor::from(reconstruction),
            kl_each: Tensor::from_slice(kl_each),
            codes: Tensor::new(),
        }
    }

    fn loss(objective: Objective, terms: &Terms, step: u64) -> f64 {
        f64::try_from(objective.loss(terms, &at(step)).0).unwrap()
    }

    fn same<const N: usize>(got: [f64; N], wanted: [f64; N]) -> bool {
        got.iter().zip(wanted).all(|(got, wanted)| (got - wanted).abs() < 1e-4)
    }

    #[test]
    fn the_weight_rises_along_a_line_and_stays() {
        let o = objective();
        assert!(same([0, 5, 10, 99].map(|step| o.weight(&at(step))), [0.0, 2.0, 4.0, 4.0]));
        assert!(same([Objective { warmup: 0, ..o }.weight(&at(0))], [4.0]));
        let terms = terms(100.0, &[2.0, 1.0]);
        assert!(same([0, 5, 10].map(|step| loss(o, &terms, step)), [100.0, 106.0, 112.0]));
    }

    #[test]
    fn the_capacity_grows_and_the_kl_is_held_to_it() {
        let o = Objective { warmup: 0, capacity: 20.0, ..objective() };
        assert_eq!([0, 50, 100, 900].map(|step| o.capacity(&at(step))), [0.0, 10.0, 20.0, 20.0].map(Some));
        assert_eq!(objective().capacity(&at(50)), None);
        let terms = terms(100.0, &[9.0, 3.0]);
        // |12 − 0|, |12 − 10|, |12 − 20|, four times each.
        assert!(same([0, 50, 100].map(|step| loss(o, &terms, step)), [148.0, 108.0, 132.0]));
    }

    #[test]
    fn beta_means_the_same_at_two_sizes() {
        // A decoder that says nothing costs ln 2 nats a pixel, and beta counts nats: at any size the KL that it weighs as much as one
        // pixel of that kind is the same.
        let kl = 1.5f64;
        for side in [28i64, 64] {
            let blank = Tensor::zeros([3, 1, side, side], (Kind::Float, Device::Cpu));
            let reconstruction = Likelihood::Bernoulli.each(&blank, &blank).mean(Kind::Float);
            let terms = Terms { reconstruction, kl_each: Tensor::from_slice(&[kl as f32]), codes: Tensor::new() };
            let beta = |beta| loss(Objective { beta, warmup: 0, ..objective() }, &terms, 0);
            let pixel = beta(0.0) / (side * side) as f64;
            assert!((pixel - 2f64.ln()).abs() < 1e-5);
            assert!((beta(4.0) - beta(0.0) - 4.0 * kl).abs() < 1e-2, "not divided by the number of pixels");
        }
    }

    #[test]
    fn held_out_pictures_are_judged_alike_each_time_and_change_nothing() {
        let data = DataShape { count: 4, ..DataShape::default() };
        let tiny = presets(knobs(&data)).tiny(&TINY).pop().unwrap().set.complete(&knobs(&data)).unwrap();
        let model = build::<Variational<false>>(&tiny, &data);
        let pixels = crate::picture::Pixels { count: 4, size: 32, channels: 1, bytes: vec![99; 4 * 32 * 32] };
        let batch = Batch { pictures: pixels.into(), ..Batch::default() };
        let before = model.parts.raw().unwrap();
        let first = model.test(&batch, &at(1)).unwrap();
        assert_eq!(first.iter().map(|s| s.0).collect::<Vec<_>>(), ["test_loss", "test_reconstruction", "test_kl"]);
        assert!((first[0].1 - first[1].1 - first[2].1).abs() < 1e-2, "{first:?}");
        assert_eq!(model.test(&batch, &at(1)).unwrap(), first);
        assert!(model.parts.raw().unwrap() == before);
        let told = build::<Variational<true>>(&tiny, &DataShape { classes: 3, ..data });
        assert!(told.test(&batch, &at(0)).unwrap_err().to_string().contains("have none"));
    }
}
