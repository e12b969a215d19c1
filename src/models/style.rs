//! A small style GAN (Karras et al. 2020): a mapped latent sets the style of every layer, noise sets the details.

use super::{
    Batch, Family, Model, Part, Player, Scalar, StepInfo,
    adversarial_pair::{self, AdversarialPair},
    knobs,
    progan_nets::Shape,
    style_nets::{Discriminator, Generator},
    style_player::StylePlayer,
    tuning::{self, Start},
};
use crate::{
    nn::{self, Device, Kind, Normalisation, Numbers, Precision, Tensor},
    spec::{Capabilities, Card, DataShape, Knob, Knobs, Preset},
};
use anyhow::{Result, ensure};

/// The family's line in the table.
pub const FAMILY: Family = Family {
    card,
    knobs: family_knobs,
    presets,
    fits: super::any_data,
    build: |knobs, data, device| Ok(Box::new(Style::new(knobs, data, device)?)),
    player: |knobs, _, device| {
        let precision = Precision::from_word(knobs.text("precision"), device);
        let (shape, normalisation) = (shape_of(knobs), Normalisation::read(knobs));
        Ok(Box::new(StylePlayer::new(shape, depth_of(knobs), normalisation, precision, device)) as Box<dyn Player>)
    },
};

fn card() -> Card {
    Card {
        id: "style-gan-lite".into(),
        title: "Style GAN lite".into(),
        about: "Separates what is coarse from what is fine: styles of two pictures can be mixed, and the latent's sliders turn \
                smoothly. Expect readable digits within a quarter of an hour on a small computer, photographs in hours."
            .into(),
        can: Capabilities { discriminator: true, ..Capabilities::default() },
        dials: dials(),
    }
}

/// What can be turned while it plays.
pub fn dials() -> Vec<Knob> {
    vec![
        knobs::live(knobs::model_int(
            "mix_seed",
            "Second style",
            "Seed of a second style to mix in; 0 mixes nothing.",
            (0, 999, 0),
        )),
        knobs::live(knobs::model_int(
            "mix_from",
            "Mix from layer",
            "The first layer that takes the second style. Low numbers bring its shape, high ones only its stroke and colour.",
            (0, 10, 2),
        )),
        knobs::live(knobs::real(
            "noise",
            "Noise",
            "How much of the learned noise is added in each layer: small details that no slider sets.",
            (0.0, 1.0, 1.0),
        )),
    ]
}

fn family_knobs(data: &DataShape) -> Vec<Knob> {
    let mut all = knobs::data(data);
    all.extend([
        knobs::model_int(
            "width",
            "Width",
            "Filters at the full size; coarser layers have up to four times as many. More draws finer and trains slower.",
            (2, 128, 16),
        ),
        knobs::model_int(
            "z_dim",
            "Latent size",
            "Length of the latent vector and of a style: how many sliders there are. The textbook has 512.",
            (2, 512, 64),
        ),
        knobs::model_int(
            "mapping",
            "Mapping layers",
            "Layers between the latent and its style. More untangle better and learn slower; the textbook has 8.",
            (1, 8, 3),
        ),
        knobs::live(knobs::real(
            "mixing",
            "Style mixing",
            "Share of steps that mix two styles, which teaches layers to be independent. The textbook has 0.9.",
            (0.0, 1.0, 0.5),
        )),
    ]);
    all.extend(tuning::knobs(Start { batch: 32, lr: 2e-3, beta1: 0.0, beta2: 0.99, ema: 0.998 }));
    all.extend(tuning::discriminator_knobs());
    all.extend(adversarial_pair::knobs(5.0));
    all
}

fn presets(data: &DataShape) -> Vec<Preset> {
    let table = family_knobs(data);
    vec![
        knobs::preset(&table, "quick", "Quick", "For a small computer: readable pictures within minutes.", &[]),
        knobs::preset(
            &table,
            "textbook",
            "Textbook",
            "Closer to the paper: wide networks, 8 mapping layers, mixing in nine steps of ten, 32-bit.",
            &["width=64", "z_dim=512", "mapping=8", "mixing=0.9", "ema=0.999", "precision=fp32"],
        ),
        knobs::tiny(&table, &["width=2", "z_dim=8", "mapping=1", "r1=1", "lr=1e-3"]),
    ]
}

fn shape_of(knobs: &Knobs) -> Shape {
    Shape {
        size: knobs.int("size"),
        channels: knobs.int("channels") as i64,
        z_dim: knobs.int("z_dim") as i64,
        width: knobs.int("width") as i64,
    }
}

fn depth_of(knobs: &Knobs) -> usize {
    knobs.int("mapping").max(1)
}

struct Style {
    pair: AdversarialPair,
    generator: Generator,
    discriminator: Discriminator,
    z_dim: i64,
    mixing: f64,
    kind: Kind,
    device: Device,
}

impl Style {
    fn new(knobs: &Knobs, data: &DataShape, device: Device) -> Result<Self> {
        ensure!(data.count >= 2, "Training needs at least 2 pictures.");
        let shape = shape_of(knobs);
        let precision = Precision::from_word(knobs.text("precision"), device);
        let (g_plan, generator) = Generator::new(shape, depth_of(knobs));
        let (d_plan, discriminator) = Discriminator::new(shape);
        let pair = AdversarialPair::new(knobs, (g_plan, d_plan), precision, device)?;
        let (z_dim, mixing) = (shape.z_dim, knobs.real("mixing"));
        Ok(Self { pair, generator, discriminator, z_dim, mixing, kind: precision.kind(), device })
    }

    /// `n` latents of torch's global generator.
    fn latents(&self, n: i64) -> Result<Tensor> {
        Ok(Tensor::f_randn([n, self.z_dim], (Kind::Float, self.device))?)
    }

    /// `n` pictures to learn from, with noise, and in some steps of two styles.
    fn draw(&self, n: i64) -> Result<Tensor> {
        let net = &self.pair.g.net;
        let own = self.generator.map(net, &self.latents(n)?);
        self.generator.note(net, &own);
        let layers = self.generator.layers();
        let mut styles = self.generator.alike(&own);
        let dice: Vec<f64> = Vec::try_from(Tensor::f_rand([2], (Kind::Double, Device::Cpu))?)?;
        if dice[0] < self.mixing {
            let from = 1 + (dice[1] * (layers - 1) as f64) as usize;
            let other = self.generator.map(net, &self.latents(n)?);
            styles[from..].fill_with(|| other.shallow_clone());
        }
        let noise = |_, side: i64| Some(Tensor::randn([n, 1, side, side], (Kind::Float, self.device)));
        Ok(self.generator.forward(net, &styles, &noise))
    }
}

impl Model for Style {
    fn step(&mut self, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let real = batch.tensor(self.kind, self.device)?;
        let fake = self.draw(real.size()[0])?;
        let d = &self.discriminator;
        self.pair.step(at, &real, &fake, &|numbers: &dyn Numbers, x: &Tensor, mode| d.forward(numbers, x, mode))
    }

    fn test(&self, batch: &Batch, _at: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let real = batch.tensor(self.kind, self.device)?;
        let (net, n) = (&self.pair.g.net, real.size()[0]);
        let w = self.generator.map(net, &adversarial_pair::test_latents(n, self.z_dim, self.device));
        let styles = self.generator.alike(&w);
        let noise =
            |_, side: i64| Some(adversarial_pair::test_latents(n, side * side, self.device).view([n, 1, side, side]));
        let fake = self.generator.forward(net, &styles, &noise);
        self.pair.test(&real, &fake, &|numbers, x, mode| self.discriminator.forward(numbers, x, mode))
    }

    fn parts(&self) -> Vec<&Part> {
        self.pair.parts()
    }

    fn parts_mut(&mut self) -> Vec<&mut Part> {
        self.pair.parts_mut()
    }

    fn set_live(&mut self, live: &Knobs) -> Result<()> {
        self.mixing = live.real("mixing");
        self.pair.set_live(live);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Pixels;

    #[test]
    fn the_mean_style_follows_and_only_training_moves_it() {
        nn::use_threads(1);
        let data = DataShape { count: 4, size: 28, ..DataShape::default() };
        let table = family_knobs(&data);
        let mut knobs = Knobs::start(&table);
        for assignment in ["width=2", "z_dim=4", "batch=4", "precision=fp32", "mixing=1"] {
            knobs.set(&table, assignment).unwrap();
        }
        nn::seed_global(4);
        let mut model = Style::new(&knobs, &data, Device::Cpu).unwrap();
        let mean = |model: &Style| model.weights(0).unwrap().raw["w_mean"].data.clone();
        assert_eq!(mean(&model), [0.0; 4]);
        let mut pixels = Pixels::new(28, 1);
        (0..4u8).for_each(|i| pixels.push(&[60 * i; 28 * 28]));
        let batch = Batch { pictures: pixels.into(), ..Batch::default() };
        for step in 0..3 {
            let scalars = model.step(&batch, &StepInfo { step, horizon: 9 }).unwrap();
            assert_eq!(scalars.iter().any(|s| s.0 == "r1"), step == 0, "the penalty is lazy");
        }
        let moved = mean(&model);
        assert!(moved.iter().any(|m| *m != 0.0));
        let tested = model.test(&batch, &StepInfo { step: 3, horizon: 9 }).unwrap();
        assert!(tested == model.test(&batch, &StepInfo { step: 4, horizon: 9 }).unwrap() && mean(&model) == moved);
        model
            .set_live(&{
                let mut live = knobs.clone();
                live.set(&table, "mixing=0").unwrap();
                live
            })
            .unwrap();
        assert!(model.mixing == 0.0);
    }
}
