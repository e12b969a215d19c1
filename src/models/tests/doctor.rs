//! The training doctor on runs that are really trained, tiny and in seconds: made to fail each in its way, and healthy ones of every family.

use crate::{
    doctor::{Chart, Doctor, RULES},
    history::{History, Point},
    latent::{self, Code, mix},
    models::{Batch, FAMILIES, Family, Model, StepInfo, family},
    nn::{
        Device,
        bars::{self, Bar, Figure, Judge},
    },
    picture::Pixels,
    spec::{DataShape, DataSpec, Knobs, RunSpec, Value},
    weights::Checkpoint,
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
        crate::nn::use_threads(bars::threads());
        let shape =
            DataShape { count: pictures, classes: 4, size: 28, channels: 1, paired: false, ..DataShape::default() };
        let table = (family.knobs)(&shape);
        let mut knobs = Knobs::start(&table);
        knobs.0.extend((family.presets)(&shape).into_iter().find(|p| p.id == "tiny").unwrap().set.0);
        for (id, value) in changes {
            knobs.put(id, value.clone());
        }
        let knobs = knobs.complete(&table).unwrap();
        crate::nn::seed_global(bars::seed(3));
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
            let at = StepInfo { step: self.step, horizon: 1_000 };
            let any = |i: u64| (mix(&[bars::seed(7), self.step, i]) % self.train.count as u64) as u32;
            crate::nn::seed_global(mix(&[bars::seed(9), self.step]));
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
        player.load_weights(&weights.raw, None).unwrap();
        let codes: Vec<Code> = (0..16).map(|seed| Code::from_seed(seed, player.z_dim())).collect();
        let drawn = player.play(&codes).unwrap();
        let drawn: Vec<Vec<u8>> = drawn.iter().map(|p| p.rgb.chunks_exact(3).map(|p| p[0]).collect()).collect();
        let real: Vec<Vec<u8>> = (0..64).map(|i| self.train.bytes_of(i).to_vec()).collect();
        let value = (variance(&drawn) / variance(&real)) as f32;
        self.history.extend([Point { step: self.step, name: "variance".into(), value }]);
    }

    /// Zeroes the generator's weights of the latent, so that it draws one picture whatever it is asked for, and nearly stops learning.
    fn draw_one_picture(&mut self) {
        let mut checkpoint = Checkpoint { step: self.step, ..Checkpoint::default() };
        self.model.save(&mut checkpoint).unwrap();
        let z_dim = (self.family.player)(&self.knobs, &self.shape, Device::Cpu).unwrap().z_dim();
        for file in ["generator", "ema"] {
            let arrays = checkpoint.files.get_mut(file).unwrap().values_mut();
            let of_latent: Vec<_> = arrays.filter(|array| array.shape.get(1) == Some(&z_dim)).collect();
            assert!(!of_latent.is_empty(), "{file}");
            for array in of_latent {
                array.data.fill(0.0);
            }
        }
        self.model.load(&checkpoint).unwrap();
        self.knobs.put("lr", Value::Real(1e-6));
        self.model.set_live(&self.knobs).unwrap();
    }

    /// Looks at the run's chart.
    fn with_chart<T>(&self, look: impl FnOnce(&Chart) -> T) -> T {
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
        look(&Chart {
            history: &self.history,
            spec: &spec,
            knobs: &knobs,
            presets: &presets,
            checkpoints: &[],
            rollbacks: &[],
            step: self.step,
        })
    }

    /// How clearly a rule finds something, at its clearest: from 1 on it is said (see [`Doctor::longest_row`]).
    fn row(&self, rule: &str) -> f64 {
        let rule = RULES.iter().find(|other| other.id == rule).unwrap();
        self.with_chart(|chart| Doctor::longest_row(chart, rule))
    }

    /// The clearest of all rules.
    fn any_row(&self) -> f64 {
        RULES.iter().map(|rule| self.row(rule.id)).fold(0.0, f64::max)
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

/// The bar of a rule that must speak: from 1 on it does, and what is three times enough counts alike.
fn spoken(row: f64) -> [Figure; 1] {
    [("looks that find it, 3 at most", row.min(3.0), Bar::Above(1.5))]
}

#[test]
fn healthy_runs_of_every_family_stay_silent() {
    let mut judge = Judge::new("healthy_runs_of_every_family_stay_silent");
    for family in FAMILIES {
        let mut trial = Trial::new(family, &[], 1_000);
        trial.train(350);
        judge.passes(&(family.card)().id, &[("looks that find something", trial.any_row(), Bar::Below(1.0))]);
    }
    judge.close();
}

#[test]
fn a_generator_left_behind_is_noticed() {
    let mut judge = Judge::new("a_generator_left_behind_is_noticed");
    let d_wins = |changes: &[(&str, Value)]| {
        let mut trial = Trial::new(family("mlp-gan").unwrap(), changes, 200);
        trial.train(500);
        spoken(trial.row("d_wins"))
    };
    judge.passes("d_wins", &d_wins(&[real("lr", 1e-6), real("lr_d", 0.01)]));
    judge.fails("d_wins", "the family's own rates", &d_wins(&[]));
    judge.close();
}

#[test]
fn a_generator_that_draws_one_picture_is_noticed() {
    let mut judge = Judge::new("a_generator_that_draws_one_picture_is_noticed");
    let mut trial = Trial::new(family("mlp-gan").unwrap(), &[], 200);
    for round in 0..24 {
        if round == 9 {
            judge.fails("collapse", "the family's own rate", &spoken(trial.row("collapse")));
            trial.draw_one_picture();
        }
        trial.train(50);
        trial.measure();
    }
    judge.passes("collapse", &spoken(trial.row("collapse")));
    judge.close();
}

#[test]
fn a_rate_out_of_bounds_is_noticed() {
    let mut judge = Judge::new("a_rate_out_of_bounds_is_noticed");
    let word = |id: &'static str, word: &str| (id, Value::Text(word.into()));
    let mut trial = Trial::new(family("mlp-ae").unwrap(), &[word("optimiser", "rmsprop")], 200);
    trial.train(350);
    judge.fails("rate_too_high", "the family's own rate", &spoken(trial.row("rate_too_high")));
    trial.knobs.put("lr", Value::Real(0.3));
    trial.model.set_live(&trial.knobs).unwrap();
    trial.train(250);
    judge.passes("rate_too_high", &spoken(trial.row("rate_too_high")));
    let steep = [real("lr", 0.1), real("sigma", 0.02), word("optimiser", "sgd"), word("likelihood", "gaussian")];
    let mut trial = Trial::new(family("vae").unwrap(), &steep, 200);
    trial.train(500);
    let broken = [("step at which it breaks", trial.step as f64, Bar::Below(500.0))];
    judge.passes("not_finite", &broken);
    assert!(bars::measuring() || trial.row("not_finite") >= 1.0, "{:?}", trial.history.get("loss"));
    judge.close();
}

#[test]
fn codes_under_too_much_weight_die() {
    let mut judge = Judge::new("codes_under_too_much_weight_die");
    let dead = |beta: f64| {
        let mut trial = Trial::new(family("vae").unwrap(), &[real("beta", beta)], 200);
        trial.train(700);
        spoken(trial.row("dead_codes"))
    };
    judge.passes("dead_codes", &dead(800.0));
    judge.fails("dead_codes", "a weight of 1", &dead(1.0));
    judge.close();
}

#[test]
fn two_pictures_are_learned_by_heart() {
    let mut judge = Judge::new("two_pictures_are_learned_by_heart");
    let overfitting = |pictures: usize, steps: u64| {
        let mut trial = Trial::new(family("conv-ae").unwrap(), &[real("lr", 3e-3)], pictures);
        trial.train(steps);
        spoken(trial.row("overfitting"))
    };
    judge.passes("overfitting", &overfitting(2, 1_000));
    judge.fails("overfitting", "a thousand pictures", &overfitting(1_000, 600));
    judge.close();
}
