//! A small style GAN (Karras et al. 2020): a mapped latent sets the style of every layer, noise sets the details.

mod networks;
mod play;

use super::r1_game::{self, LazyR1};
use crate::{
    models::common::{adversarial_pair::AdversarialPair, prelude::*},
    nn::{self, Device, Kind, Numbers, Tensor},
    spec::{Capabilities, Card, DataShape, Knob, Knobs, Preset},
};
use anyhow::Result;
use networks::Nets;
use play::dials;

/// The family's line in the table.
pub const FAMILY: Family = Family::of::<Style, Nets>(
    || {
        let about = "Separates what is coarse from what is fine: styles of two pictures can be mixed, and the latent's sliders turn \
                     smoothly. Expect readable digits within a quarter of an hour on a small computer, photographs in hours.";
        let can = Capabilities { discriminator: true, ..Capabilities::default() };
        Card { dials: dials(), ..card("style-gan-lite", "Style GAN lite", about, can) }
    },
    family_knobs,
    presets,
);

fn family_knobs(data: &DataShape) -> Vec<Knob> {
    let own = vec![
        knobs::model("width", "Width", int(2, 128, 16))
            .help("Filters at the full size; coarser layers have up to four times as many. More draws finer and trains slower."),
        knobs::model("z_dim", "Latent size", int(2, 512, 64))
            .help("Length of the latent vector and of a style: how many sliders there are. The textbook has 512."),
        knobs::model("mapping", "Mapping layers", int(1, 8, 3))
            .help("Layers between the latent and its style. More untangle better and learn slower; the textbook has 8."),
        knobs::live("mixing", "Style mixing", real(0.0, 1.0, 0.5))
            .help("Share of steps that mix two styles, which teaches layers to be independent. The textbook has 0.9."),
    ];
    let mut all =
        tuning::adversarial_table(data, own, Start { batch: 32, lr: 2e-3, beta1: 0.0, beta2: 0.99, ema: 0.998 });
    all.extend(r1_game::knobs(5.0));
    all
}

fn presets(data: &DataShape) -> Vec<Preset> {
    Presets::of(family_knobs(data))
        .quick("For a small computer: readable pictures within minutes.")
        .textbook(
            "Closer to the paper: wide networks, 8 mapping layers, mixing in nine steps of ten, 32-bit.",
            &["width=64", "z_dim=512", "mapping=8", "mixing=0.9", "ema=0.999", "precision=fp32"],
        )
        .tiny(&["width=2", "z_dim=8", "mapping=1", "r1=1", "lr=1e-3"])
}

/// Both networks, and the share of steps that mix two styles.
struct Style {
    nets: Nets,
    mixing: f64,
    r1: LazyR1,
}

impl Networks for Style {
    fn plan(knobs: &Knobs, _: &DataShape, _: Device) -> Result<(Self, Plans)> {
        let (nets, plans) = Nets::read(knobs);
        Ok((Self { nets, mixing: knobs.real("mixing"), r1: LazyR1::read(knobs) }, plans))
    }
}

impl Style {
    /// Generates `n` pictures for a training step, with noise and, in some steps, style mixing.
    fn draw(&self, numbers: &dyn Numbers, n: i64) -> Result<Tensor> {
        let (generator, device) = (&self.nets.generator, numbers.device());
        let latents = || rows::randn(n, self.nets.shape.z_dim, device);
        let own = generator.map(numbers, &latents()?);
        generator.note(numbers, &own);
        let layers = generator.layers();
        let mut styles = generator.alike(&own);
        let dice: Vec<f64> = Vec::try_from(Tensor::f_rand([2], (Kind::Double, Device::Cpu))?)?;
        if dice[0] < self.mixing {
            let from = 1 + (dice[1] * (layers - 1) as f64) as usize;
            let other = generator.map(numbers, &latents()?);
            styles[from..].fill_with(|| other.shallow_clone());
        }
        let noise = |_, side: i64| Some(Tensor::randn([n, 1, side, side], (Kind::Float, device)));
        Ok(generator.forward(numbers, &styles, &noise))
    }
}

impl Learner for Style {
    type Parts = AdversarialPair;

    fn step(&mut self, pair: &mut AdversarialPair, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let real = batch.tensor(pair.kind(), pair.generator.net.device())?;
        let fake = self.draw(&pair.generator.net, real.size()[0])?;
        let d = &self.nets.discriminator;
        self.r1.step(pair, at, [&real, &fake], &|numbers: &dyn Numbers, x: &Tensor, mode| d.forward(numbers, x, mode))
    }

    fn test(&self, pair: &AdversarialPair, batch: &Batch, _: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let (net, Nets { shape, generator, discriminator, .. }) = (&pair.generator.net, &self.nets);
        let real = batch.tensor(pair.kind(), net.device())?;
        let n = real.size()[0];
        let w = generator.map(net, &rows::fixed_randn(r1_game::TEST_SEED, &[n, shape.z_dim], net.device())?);
        let noise = |_, side: i64| rows::fixed_randn(r1_game::TEST_SEED, &[n, 1, side, side], net.device()).ok();
        let fake = generator.forward(net, &generator.alike(&w), &noise);
        r1_game::test(pair, [&real, &fake], &|numbers, x, mode| discriminator.forward(numbers, x, mode))
    }

    fn set_live(&mut self, live: &Knobs) {
        (self.mixing, self.r1) = (live.real("mixing"), LazyR1::read(live));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{
        Model,
        common::testing::{Trainer, batch_of, build, set},
    };

    #[test]
    fn the_mean_style_follows_and_only_training_moves_it() {
        nn::use_threads(1);
        let data = DataShape { count: 4, size: 28, ..DataShape::default() };
        let table = family_knobs(&data);
        let knobs = set(&table, &["width=2", "z_dim=4", "batch=4", "precision=fp32", "mixing=1"]);
        nn::seed_global(4);
        let mut model = build::<Style>(&knobs, &data);
        let mean = |model: &Trainer<Style>| model.weights(0).unwrap().raw["w_mean"].data.clone();
        assert_eq!(mean(&model), [0.0; 4]);
        let batch = batch_of(4, 28, 1, |i, _| 60 * i as u8);
        for step in 0..3 {
            let scalars = model.step(&batch, &StepInfo { step, horizon: 9 }).unwrap();
            assert_eq!(scalars.iter().any(|s| s.0 == "r1"), step == 0, "the penalty is lazy");
        }
        let moved = mean(&model);
        assert!(moved.iter().any(|m| *m != 0.0));
        let tested = model.test(&batch, &StepInfo { step: 3, horizon: 9 }).unwrap();
        assert!(tested == model.test(&batch, &StepInfo { step: 4, horizon: 9 }).unwrap() && mean(&model) == moved);
        let mut live = knobs.clone();
        live.set(&table, "mixing=0").unwrap();
        model.set_live(&live).unwrap();
        assert!(model.learner.mixing == 0.0);
    }
}
