//! The training doctor on runs that are really trained, tiny and in seconds: made to fail each in its way, and healthy ones of every family.

use super::*;
use crate::{
    doctor::{Chart, Doctor},
    history::{History, Point},
    latent::{self, mix},
    nn::alone,
    picture::Pixels,
    spec::{DataSpec, RunSpec, Value},
};

/// A run without engine and folder.
struct Trial {
    family: &'static Family,
    shape: DataShape,
    knobs: Knobs,
    model: Box<dyn Model>,
    history: History,
    train: Pixels,
    test: Pixels,
    step: u64,
}

/// Squares of any size, place and brightness.
fn squares(shape: &DataShape, count: usize, seed: u64) -> Pixels {
    let (s, c) = (shape.size, shape.channels);
    let mut pictures = Pixels::new(s, c);
    for i in 0..count {
        let mut rng = latent::rng(mix(&[seed, i as u64]), 0);
        let mut draw = |below: usize| (latent::uniform(&mut rng) * below as f32) as usize;
        let (side, level) = (s / 4 + draw(s / 4), 120 + draw(130) as u8);
        let (left, top) = (draw(s - side), draw(s - side));
        let mut bytes = vec![20u8; s * s * c];
        for y in top..top + side {
            bytes[(y * s + left) * c..(y * s + left + side) * c].fill(level);
        }
        pictures.push(&bytes);
    }
    pictures
}

impl Trial {
    /// The family's tiny preset with some knobs set, on so many pictures.
    fn new(family: &'static Family, changes: &[(&str, Value)], pictures: usize) -> Self {
        crate::nn::use_threads(1);
        let shape =
            DataShape { count: pictures, classes: 4, size: 28, channels: 1, paired: false, ..DataShape::default() };
        let table = (family.knobs)(&shape);
        let mut knobs = Knobs::start(&table);
        knobs.0.extend((family.presets)(&shape).into_iter().find(|p| p.id == "tiny").unwrap().set.0);
        for (id, value) in changes {
            knobs.put(id, value.clone());
        }
        let knobs = knobs.complete(&table).unwrap();
        crate::nn::seed_global(3);
        let model = (family.build)(&knobs, &shape, Device::Cpu).unwrap();
        let (train, test) = (squares(&shape, pictures, 1), squares(&shape, 16, 2));
        Self { family, shape, knobs, model, history: History::default(), train, test, step: 0 }
    }

    fn batch(from: &Pixels, index: Vec<u32>) -> Batch {
        let labels = Some(index.iter().map(|i| i % 4).collect());
        Batch { pictures: from.gather(&index).into(), labels, index, ..Batch::default() }
    }

    /// Trains; ends early when numbers run away.
    fn train(&mut self, steps: u64) {
        for _ in 0..steps {
            let at = At { step: self.step, horizon: 1_000 };
            let any = |i: u64| (mix(&[7, self.step, i]) % self.train.count as u64) as u32;
            crate::nn::seed_global(mix(&[9, self.step]));
            let mut found = self.model.step(&Self::batch(&self.train, (0..8).map(any).collect()), &at).unwrap();
            self.step += 1;
            if self.step.is_multiple_of(50) {
                found.extend(self.model.test(&Self::batch(&self.test, (0..16).collect()), &at).unwrap());
            }
            let step = self.step;
            self.history.extend(found.iter().map(|(name, value)| Point { step, name: (*name).into(), value: *value }));
            if found.iter().any(|s| !s.1.is_finite()) {
                break;
            }
        }
    }

    /// Notes how much the drawn pictures vary, relative to the real ones, as the measures of a run do.
    fn measure(&mut self) {
        let weights = self.model.weights(self.step).unwrap();
        let mut player = (self.family.player)(&self.knobs, &self.shape, Device::Cpu).unwrap();
        player.take(&weights.raw, None).unwrap();
        let codes: Vec<Code> = (0..16).map(|seed| Code::from_seed(seed, player.z_dim())).collect();
        let drawn = player.play(&codes).unwrap();
        let drawn: Vec<Vec<u8>> = drawn.iter().map(|p| p.rgb.chunks_exact(3).map(|p| p[0]).collect()).collect();
        let real: Vec<Vec<u8>> = (0..64).map(|i| self.train.bytes_of(i).to_vec()).collect();
        let value = (variance(&drawn) / variance(&real)) as f32;
        self.history.extend([Point { step: self.step, name: "variance".into(), value }]);
    }

    /// What was ever found.
    fn found(&self) -> Vec<&'static str> {
        let data = DataSpec { source: "x".into(), size: 28, channels: 1, seed: 1, ..DataSpec::default() };
        let spec = RunSpec {
            name: "a".into(),
            family: (self.family.card)().id,
            steps: 1_000,
            data,
            shape: self.shape.clone(),
            knobs: self.knobs.clone(),
            ..RunSpec::default()
        };
        let (knobs, presets) = ((self.family.knobs)(&self.shape), (self.family.presets)(&self.shape));
        let chart = Chart {
            history: &self.history,
            spec: &spec,
            knobs: &knobs,
            presets: &presets,
            checkpoints: &[],
            setbacks: &[],
            step: self.step,
        };
        Doctor::examine(&chart, 1_000).record().iter().map(|(_, finding)| finding.rule).collect()
    }
}

/// Mean over the pixels of their variance from picture to picture.
fn variance(pictures: &[Vec<u8>]) -> f64 {
    let n = pictures.len() as f64;
    let of = |at: usize| {
        let values = || pictures.iter().map(|p| f64::from(p[at]));
        let mean = values().sum::<f64>() / n;
        values().map(|v| (v - mean).powi(2)).sum::<f64>() / n
    };
    (0..pictures[0].len()).map(of).sum::<f64>() / pictures[0].len() as f64
}

fn real(id: &str, value: f64) -> (&str, Value) {
    (id, Value::Real(value))
}

#[test]
fn healthy_runs_of_every_family_stay_silent() {
    let _alone = alone();
    for family in FAMILIES {
        let mut trial = Trial::new(family, &[], 1_000);
        trial.train(350);
        assert_eq!(trial.found(), [""; 0], "{}", (family.card)().id);
    }
}

#[test]
fn a_generator_left_behind_is_noticed() {
    let _alone = alone();
    let changes = [real("lr", 1e-6), real("lr_d", 0.01)];
    let mut trial = Trial::new(family("mlp-gan").unwrap(), &changes, 200);
    trial.train(500);
    assert!(trial.found().contains(&"d_wins"), "{:?}", trial.found());
}

#[test]
fn a_generator_that_draws_one_picture_is_noticed() {
    let _alone = alone();
    let mut trial = Trial::new(family("mlp-gan").unwrap(), &[real("lr", 2e-3)], 200);
    for round in 0..16 {
        if round == 9 {
            trial.knobs.put("lr", Value::Real(0.1));
            trial.model.turn(&trial.knobs).unwrap();
        }
        trial.train(50);
        trial.measure();
    }
    assert!(trial.found().contains(&"collapse"), "{:?}", trial.history.get("variance"));
}

#[test]
fn a_rate_out_of_bounds_is_noticed() {
    let _alone = alone();
    let word = |id: &'static str, word: &str| (id, Value::Text(word.into()));
    let mut trial = Trial::new(family("vae").unwrap(), &[word("optimiser", "rmsprop")], 200);
    trial.train(350);
    assert_eq!(trial.found(), [""; 0]);
    trial.knobs.put("lr", Value::Real(0.1));
    trial.model.turn(&trial.knobs).unwrap();
    trial.train(150);
    assert!(trial.found().contains(&"rate_too_high"), "{:?}", trial.history.get("loss"));
    let steep = [real("lr", 0.1), real("sigma", 0.02), word("optimiser", "sgd"), word("likelihood", "gaussian")];
    let mut trial = Trial::new(family("vae").unwrap(), &steep, 200);
    trial.train(500);
    assert_eq!(trial.found(), ["not_finite"]);
}

#[test]
fn codes_under_too_much_weight_die() {
    let _alone = alone();
    let mut trial = Trial::new(family("vae").unwrap(), &[real("beta", 800.0)], 200);
    trial.train(600);
    assert_eq!(trial.found(), ["dead_codes"]);
}

#[test]
fn eight_pictures_are_learned_by_heart() {
    let _alone = alone();
    let bce = ("loss", Value::Text("bce".into()));
    let mut trial = Trial::new(family("conv-ae").unwrap(), &[real("lr", 3e-3), bce], 8);
    trial.train(900);
    assert!(trial.found().contains(&"overfitting"), "{:?}", trial.history.get("test_loss"));
}
