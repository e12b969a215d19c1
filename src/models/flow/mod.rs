//! Flow matching (Lipman et al. 2023; Liu et al. 2023): a network learns the velocity field from noise to pictures.

mod networks;
mod play;

use crate::{
    models::common::prelude::*,
    nn::{self, Device, Kind, Numbers, Tensor, losses, one_hot},
    spec::{Capabilities, Card, DataShape, Knob, Knobs, Preset},
};
use anyhow::Result;
use networks::{Shape, UNet};
use play::{FlowDecoder, dials};

/// The family's line in the table.
pub const FAMILY: Family = Family::of::<Flow, FlowDecoder>(
    || {
        let about = "The modern way: noise is carried to a picture step by step, which trains steadily and draws varied, faithful pictures of \
                     a class you choose. Expect shapes after a minute; each picture takes many steps, so drawing is slower than with a GAN.";
        let can = Capabilities { labels: true, drafts: true, ..Capabilities::default() };
        Card { dials: dials(), ..card("flow", "Flow matching", about, can) }
    },
    family_knobs,
    presets,
);

fn family_knobs(shape: &DataShape) -> Vec<Knob> {
    // Larger pictures have a third resolution and larger maps: thinner layers keep a step below half a second on two cores.
    let width = if shape.size > 32 { 32 } else { 48 };
    let own = vec![
        knobs::model("width", "Width", int(4, 256, width))
            .help("Filters of the largest maps; every other layer has a multiple. More draws finer and trains slower."),
        knobs::model("z_dim", "Sliders", int(2, 512, 64))
            .help("How many of the slowest waves of the starting noise there are sliders for; the seed gives the rest."),
        knobs::model("attention", "Attention", switch(true))
            .help("Lets far parts of a picture look at each other where the maps are smallest. Costs little."),
        knobs::training("times", "Times", choice(&["logit-normal", "uniform"], "logit-normal"))
            .help("Which moments between noise and picture are practised: all alike, or those in the middle more, where most is decided."),
        knobs::live("label_dropout", "Label dropout", real(0.0, 0.9, 0.1))
            .help("How often the class is kept from the network, so that guidance can tell with from without. Try 0.1."),
    ];
    tuning::table(shape, own, Start { batch: 64, lr: 1e-3, beta1: 0.9, beta2: 0.99, ema: 0.998 })
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    Presets::of(family_knobs(shape))
        .quick("For a small computer: good pictures within minutes.")
        .textbook(
            "As in the papers: all times alike, a wider network, 32-bit, a low learning rate and a long average.",
            &["width=128", "times=uniform", "lr=2e-4", "beta2=0.999", "ema=0.9999", "batch=128", "precision=fp32"],
        )
        .tiny(&["width=8", "z_dim=8"])
}

/// The distribution of training times.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Times {
    /// Uniform.
    Uniform,
    /// Logit-normal, σ(N(0, 1)): more in the middle (Esser et al. 2024).
    LogitNormal,
}

impl Times {
    fn from_word(word: &str) -> Self {
        if word == "uniform" { Self::Uniform } else { Self::LogitNormal }
    }

    /// The quantile function at `p` in (0, 1); same shape.
    fn quantile(self, p: &Tensor) -> Tensor {
        match self {
            Self::Uniform => p.shallow_clone(),
            Self::LogitNormal => p.clamp(1e-5, 1.0 - 1e-5).special_ndtri().sigmoid(),
        }
    }
}

/// The points on the straight lines from noise to data at N times, N×C×S×S, and the velocity, which is constant along each line.
fn on_the_way(noise: &Tensor, data: &Tensor, t: &Tensor) -> (Tensor, Tensor) {
    let velocity = data - noise;
    (noise + &velocity * t.view([-1, 1, 1, 1]), velocity)
}

/// The velocity network and its training distribution.
struct Flow {
    net: UNet,
    shape: Shape,
    times: Times,
    label_dropout: f64,
}

impl Networks for Flow {
    fn plan(knobs: &Knobs, data: &DataShape, _: Device) -> Result<(Self, Plans)> {
        let shape = Shape::read(knobs, data);
        let (plan, net) = UNet::new(shape);
        let (times, label_dropout) = (Times::from_word(knobs.text("times")), knobs.real("label_dropout"));
        Ok((Self { net, shape, times, label_dropout }, plan.into()))
    }
}

impl Flow {
    /// One row a picture, 1 at its class; `None` where there are no classes.
    fn rows(&self, batch: &Batch, device: Device) -> Option<Tensor> {
        let labels = batch.labels.as_ref().filter(|_| self.shape.classes > 0)?;
        Some(one_hot(labels, self.shape.classes as usize, device))
    }

    /// The loss at given noise and times.
    fn loss(&self, numbers: &dyn Numbers, [data, noise, t]: [&Tensor; 3], rows: Option<&Tensor>) -> Tensor {
        let (x, velocity) = on_the_way(noise, data, t);
        losses::mse(&self.net.forward(numbers, &x, t, rows), &velocity)
    }
}

impl Learner for Flow {
    type Parts = Part;

    fn step(&mut self, part: &mut Part, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let float = (Kind::Float, part.net.device());
        let data = batch.tensor(Kind::Float, part.net.device())?;
        let n = data.size()[0];
        let noise = Tensor::f_randn(data.size(), float)?;
        // Stratified times, one from each nth of the distribution in random order: their loss varies less than that of independent ones.
        let share = (Tensor::f_randperm(n, float)? + Tensor::f_rand([n], float)?) / n as f64;
        let t = self.times.quantile(&share);
        let kept = Tensor::f_rand([n, 1], float)?.ge(self.label_dropout).to_kind(Kind::Float);
        let rows = self.rows(batch, part.net.device()).map(|rows| rows * kept);
        let loss = self.loss(&part.net, [&data, &noise, &t], rows.as_ref());
        let norm = part.learn(&loss, at)?;
        rows::scalars(&[("loss", loss), ("grad", norm)])
    }

    fn test(&self, part: &Part, batch: &Batch, _: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let device = part.net.device();
        let data = batch.tensor(Kind::Float, device)?;
        let n = data.size()[0];
        // Always the same noise and times: only the network changes the loss.
        let noise = rows::fixed_randn(0, &data.size(), device)?;
        let share = (Tensor::arange(n, (Kind::Float, device)) + 0.5) / n as f64;
        let t = self.times.quantile(&share);
        let loss = self.loss(&part.net, [&data, &noise, &t], self.rows(batch, device).as_ref());
        rows::scalars(&[("test_loss", loss)])
    }

    fn set_live(&mut self, live: &Knobs) {
        self.label_dropout = live.real("label_dropout");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{
        Model,
        common::testing::{batch_of, build, plain, set},
    };

    fn values(x: &Tensor) -> Vec<f32> {
        Vec::try_from(x.view([-1])).unwrap()
    }

    #[test]
    fn the_way_is_straight_and_the_best_velocity_of_a_point_mass_has_no_loss() {
        let noise = Tensor::from_slice(&[1.0f32, -3.0]).view([2, 1, 1, 1]);
        let data = Tensor::from_slice(&[0.5f32, 0.5]).view([2, 1, 1, 1]);
        let t = Tensor::from_slice(&[0.25f32, 0.5]);
        let (x, velocity) = on_the_way(&noise, &data, &t);
        assert_eq!(values(&x), [0.875, -1.25]);
        assert_eq!(values(&velocity), [-0.5, 3.5]);
        // All data at ½: from x at time t it is (½ − x)/(1 − t).
        let best = (0.5f64 - &x) / (1.0f64 - t.view([2, 1, 1, 1]));
        assert_eq!(values(&losses::mse(&best, &velocity)), [0.0]);
        assert_eq!(values(&losses::mse(&best.zeros_like(), &velocity)), [6.25], "(¼ + 12¼) / 2");
    }

    #[test]
    fn times_are_spread_as_they_are_called() {
        let p = Tensor::from_slice(&[0.1f32, 0.5, 0.841_344_7]);
        assert_eq!(values(&Times::Uniform.quantile(&p)), values(&p));
        let t = values(&Times::LogitNormal.quantile(&p));
        // Φ(1) = 0.8413: σ(1) = 0.7311.
        assert!((t[1] - 0.5).abs() < 1e-6 && (t[2] - 0.731_058_6).abs() < 1e-5, "{t:?}");
        let ends = values(&Times::LogitNormal.quantile(&Tensor::from_slice(&[0.0f32, 1.0])));
        assert!(ends[0] > 0.0 && ends[1] < 1.0, "{ends:?}");
    }

    #[test]
    fn the_held_out_loss_draws_nothing_and_begins_where_the_training_loss_does() {
        let shape = plain(16, 28, 1);
        let knobs = set(&family_knobs(&shape), &["width=4", "batch=16"]);
        let mut flow = build::<Flow>(&knobs, &shape);
        // Classes are not looked at where the data have none.
        let batch = Batch { labels: Some(vec![3; 16]), ..batch_of(16, 28, 1, |_, _| 128) };
        let at = StepInfo { step: 0, horizon: 1 };
        let held_out = flow.test(&batch, &at).unwrap();
        assert_eq!(held_out, flow.test(&batch, &at).unwrap());
        let begun = flow.step(&batch, &at).unwrap();
        assert_eq!((held_out[0].0, begun[0].0), ("test_loss", "loss"));
        assert!((held_out[0].1 / begun[0].1 - 1.0).abs() < 0.2, "{held_out:?} {begun:?}");
        assert!(flow.test(&batch, &at).unwrap() != held_out, "it has learned");
    }
}
