//! A recipe at reduced scale: thin networks, a few hundred steps, built-in data in place of brought ones; and its scores.

#![allow(clippy::unwrap_used)] // helpers of tests

use crate::bars::{self, Bar, Figure};
use latent_studio::{
    data::{self, Batches, Loaded, NoWatch, gather},
    latent::{self, Code, mix},
    metrics::{embed::Strided, prdc::prdc, swd},
    models::{self, Batch, Family, Model, StepInfo},
    nn::{self, Device},
    picture::{Picture, Pixels},
    recipes::Recipe,
    spec::{DataSpec, Knobs, Value},
    weights::{Arrays, Weights},
};
use std::sync::Arc;

/// What a recipe reaches at reduced scale, and what is broken on purpose does not. `tests/references/margins.py` measures the room.
#[derive(Debug)]
pub struct Target {
    pub id: &'static str,
    /// Sliced Wasserstein distance below this.
    pub swd: f64,
    /// Least coverage in [0, 1]; `None` where it varies too much between seeds to be judged.
    pub coverage: Option<f64>,
}

/// A line for each recipe.
pub const TARGETS: &[Target] = &[
    Target { id: "cgan-mnist", swd: 110.0, coverage: Some(0.3) },
    Target { id: "conv-ae-mnist", swd: 245.0, coverage: Some(0.32) },
    Target { id: "cvae-mnist", swd: 165.0, coverage: Some(0.38) },
    Target { id: "dcgan-cifar10", swd: 100.0, coverage: Some(0.15) },
    Target { id: "dcgan-galaxies", swd: 140.0, coverage: Some(0.1) },
    Target { id: "dcgan-glyphs", swd: 110.0, coverage: Some(0.35) },
    Target { id: "dcgan-mnist-fine", swd: 80.0, coverage: Some(0.15) },
    Target { id: "dcgan-mnist", swd: 110.0, coverage: Some(0.35) },
    Target { id: "flow-mnist", swd: 175.0, coverage: Some(0.02) },
    Target { id: "glo-mnist", swd: 140.0, coverage: Some(0.5) },
    Target { id: "mlp-ae-mnist", swd: 110.0, coverage: Some(0.7) },
    Target { id: "mlp-gan-mnist", swd: 215.0, coverage: Some(0.25) },
    Target { id: "mlp-vae-mnist", swd: 115.0, coverage: Some(0.6) },
    Target { id: "pix2pix-edges", swd: 142.0, coverage: Some(0.2) },
    Target { id: "pix2pix-grey", swd: 180.0, coverage: Some(0.05) },
    Target { id: "progan-mnist", swd: 98.0, coverage: None },
    Target { id: "style-gan-lite-mnist", swd: 119.0, coverage: Some(0.2) },
    Target { id: "vae-mnist", swd: 170.0, coverage: Some(0.32) },
];

/// Recipes whose scores differ so much between seeds that the mean of several trainings is judged, and of how many.
const AVERAGED: &[(&str, u64)] =
    &[("conv-ae-mnist", 2), ("progan-mnist", 2), ("style-gan-lite-mnist", 2), ("vae-mnist", 2)];

/// Knobs that make a recipe, or all of a family, small, and for how many steps it is trained.
const SMALL: &[(&str, &[&str], u64)] = &[
    // Colour is harder: steadier settings, more steps.
    ("dcgan-galaxies", &["width=8", "batch=16", "size=28", "loss=hinge", "spectral_norm=on", "lr=1e-3"], 600),
    ("dcgan-cifar10", &["width=6", "batch=16"], 250),
    ("dcgan-mnist-fine", &["width=4", "batch=16"], 160),
    ("dcgan", &["width=8", "batch=32", "lr=2e-3"], 250),
    ("cgan", &["width=8", "batch=32"], 250),
    ("progan", &["width=4", "batch=16", "steps_per_scale=120"], 480),
    ("style-gan-lite", &["width=8", "batch=32"], 300),
    ("mlp-gan", &["width=32"], 400),
    ("vae", &["width=8", "hidden=64", "batch=32"], 600),
    ("cvae", &["width=8", "hidden=64", "batch=32", "beta=1"], 600),
    ("mlp-vae", &["hidden=128", "batch=64"], 400),
    ("conv-ae", &["width=8", "hidden=64", "batch=32"], 900),
    ("mlp-ae", &["width=128", "batch=64"], 400),
    ("glo", &["width=8", "batch=32"], 300),
    ("flow", &["width=8", "batch=32"], 300),
    ("pix2pix-edges", &["width=8", "batch=8"], 300),
    ("pix2pix", &["width=8", "batch=4"], 200),
];

/// Pictures to train on, and as many to measure with as `MEASURED`.
const PICTURES: usize = 512;
const MEASURED: usize = 160;

/// What was measured.
#[derive(Clone, Copy, Debug)]
pub struct Scores {
    pub swd: f64,
    pub coverage: f64,
}

impl Scores {
    /// Both, beside a recipe's bars.
    pub fn figures(self, target: &Target) -> Vec<Figure> {
        let distance = ("sliced Wasserstein distance", self.swd, Bar::Below(target.swd));
        let coverage = target.coverage.map(|bar| ("coverage", self.coverage, Bar::Above(bar)));
        std::iter::once(distance).chain(coverage).collect()
    }
}

/// A small model after its training.
struct Trained {
    family: &'static Family,
    knobs: Knobs,
    loaded: Loaded,
    reals: Pixels,
    /// The inputs of those, for families that draw from pictures.
    inputs: Vec<Picture>,
    before: Weights,
    after: Weights,
}

/// What is trained for a recipe.
#[derive(Clone, PartialEq)]
pub struct Setting {
    family: String,
    knobs: Knobs,
    steps: u64,
    data: DataSpec,
    /// How many networks are trained, each from a seed of its own; scores are their means.
    networks: u64,
}

impl Setting {
    /// A recipe at reduced scale.
    pub fn of(recipe: &Recipe) -> Self {
        let family = models::family(&recipe.family).unwrap();
        let source = match recipe.data.as_str() {
            "mnist" => "glyphs",
            "cifar10" => "galaxies",
            built_in => built_in.split(':').next().unwrap(),
        };
        let source = format!("{source}:{PICTURES}");
        let shape = data::open(&source).unwrap().survey().unwrap();
        let table = (family.knobs)(&shape);
        let mut knobs = recipe.knobs(&table, &(family.presets)(&shape)).unwrap();
        let small = |id: &str| SMALL.iter().find(|(other, ..)| *other == id);
        let (_, set, steps) = small(&recipe.id).or_else(|| small(&recipe.family)).expect("a line in SMALL");
        for assignment in set.iter().chain(&["precision=fp32", "ema=0.97"]) {
            knobs.set(&table, assignment).unwrap();
        }
        if knobs.int("size") > 32 {
            knobs.put("size", Value::Text("32".into()));
        }
        let data = DataSpec::from_knobs(&source, &knobs, recipe.seed);
        let networks = AVERAGED.iter().find(|(id, _)| *id == recipe.id).map_or(1, |(_, networks)| *networks);
        Self { family: recipe.family.clone(), knobs, steps: *steps, data, networks }
    }

    /// Trains, and returns the scores of what was trained and of what must not pass for it.
    pub fn scores(&self) -> [(&'static str, Scores); 4] {
        let all: Vec<_> = (0..self.networks).map(|network| Trained::new(self, network).all()).collect();
        let mean = |i: usize, score: fn(&Scores) -> f64| {
            all.iter().map(|scores| score(&scores[i].1)).sum::<f64>() / self.networks as f64
        };
        std::array::from_fn(|i| {
            (all[0][i].0, Scores { swd: mean(i, |scores| scores.swd), coverage: mean(i, |scores| scores.coverage) })
        })
    }
}

impl Trained {
    /// Trains one of the setting's networks.
    fn new(setting: &Setting, network: u64) -> Self {
        let Setting { family, knobs, steps, data: spec, .. } = setting.clone();
        let family = models::family(&family).unwrap();
        let loaded = data::open(&spec.source).unwrap().load(&spec, &mut NoWatch).unwrap();
        let seed = bars::seed(spec.seed) + 1_000 * network;
        nn::seed_global(seed);
        let mut model = (family.build)(&knobs, &loaded.shape, Device::Cpu).unwrap();
        let before = model.weights(0).unwrap();
        train(model.as_mut(), &loaded, &knobs, steps, seed);
        let after = model.weights(steps).unwrap();
        let reals = loaded.train.pixels.gather(&(0..MEASURED as u32).collect::<Vec<_>>());
        let index = (0..MEASURED as u32).collect();
        let batch = Batch { pictures: reals.clone().into(), index, ..Batch::default() };
        let inputs = model.examples(&batch).unwrap().map(|[inputs, _]| inputs).unwrap_or_default();
        Self { family, knobs, loaded, reals, inputs, before, after }
    }

    /// Of what was trained, and of what must not pass for it.
    fn all(&self) -> [(&'static str, Scores); 4] {
        [
            ("trained", self.scores()),
            ("untrained", self.untrained()),
            ("collapsed", self.collapsed()),
            ("broken", self.broken()),
        ]
    }

    /// Of what was trained.
    fn scores(&self) -> Scores {
        self.measure(&self.draw(&self.after.ema))
    }

    /// Of the same networks before their first step.
    fn untrained(&self) -> Scores {
        self.measure(&self.draw(&self.before.ema))
    }

    /// Of a generator that draws one good picture only, whatever it is asked for.
    fn collapsed(&self) -> Scores {
        let good = self.draw(&self.after.ema);
        let mut same = Pixels::new(good.size, good.channels);
        (0..good.count).for_each(|_| same.push(good.bytes_of(0)));
        self.measure(&same)
    }

    /// Of the trained weights, each array of them shuffled.
    fn broken(&self) -> Scores {
        let mut arrays: Arrays = (*self.after.ema).clone();
        // Not what stands beside them, such as a fitted Gaussian, which a player would refuse.
        let weights = arrays.iter_mut().filter(|(name, array)| name.contains("weight") && array.data.len() > 1);
        for (i, (_, array)) in weights.enumerate() {
            let order = latent::permutation(&mut latent::rng(7, i as u64), array.data.len());
            array.data = order.iter().map(|&at| array.data[at as usize]).collect();
        }
        self.measure(&self.draw(&Arc::new(arrays)))
    }

    fn draw(&self, arrays: &Arc<Arrays>) -> Pixels {
        let mut player = (self.family.player)(&self.knobs, &self.loaded.shape, Device::Cpu).unwrap();
        player.load_weights(arrays, None).unwrap();
        let (card, classes) = ((self.family.card)(), self.loaded.shape.classes);
        let code = |seed: u64| {
            let mut code = Code::from_seed(seed, player.z_dim());
            if card.can.labels {
                code.classes = vec![(seed as u32 % classes as u32, 1.0)];
            }
            // Fewer steps than usual, where the family draws in steps.
            if card.dials.iter().any(|dial| dial.id == "steps") {
                code.dials.put("steps", Value::Int(8));
            }
            code.input = latent::place_of(seed, self.inputs.len()).map(|i| self.inputs[i].clone());
            code
        };
        let codes: Vec<_> = (0..MEASURED as u64).map(code).collect();
        let mut pixels = Pixels::new(self.reals.size, self.reals.channels);
        for some in codes.chunks(32) {
            for picture in player.play(some).unwrap() {
                let bytes = picture.rgb.chunks_exact(3).flat_map(|rgb| &rgb[..pixels.channels]).copied();
                let bytes: Vec<u8> = bytes.collect();
                pixels.push(&bytes);
            }
        }
        pixels
    }

    fn measure(&self, fakes: &Pixels) -> Scores {
        let swd = swd::sliced_wasserstein(&self.reals, fakes, &swd::Plan::light(1)).unwrap();
        let feature_extractor = Strided::new(self.reals.channels, self.reals.size, 1);
        let found =
            prdc(&feature_extractor.embed(&self.reals).unwrap(), &feature_extractor.embed(fakes).unwrap(), 5).unwrap();
        Scores { swd, coverage: found.coverage }
    }
}

fn train(model: &mut dyn Model, loaded: &Loaded, knobs: &Knobs, steps: u64, seed: u64) {
    let mut batches = Batches::new(loaded.train.pixels.count, knobs.int("batch"), seed);
    for step in 0..steps {
        let index = batches.indices_at(step);
        let (pictures, labels) = gather(loaded, &index);
        nn::seed_global(mix(&[seed, step]));
        let batch = Batch { pictures: pictures.into(), labels, index, ..Batch::default() };
        model.step(&batch, &StepInfo { step, horizon: steps }).unwrap();
    }
}
