//! SGD, `RMSprop`, Adam and `AdamW` with saveable state, over flat buffers: a handful of ops whatever the number of parameters.

use super::bank::Bank;
use crate::weights::{Arrays, Checkpoint};
use anyhow::{Result, ensure};
use tch::{Kind, Tensor};

/// How a gradient becomes a change. Each agrees with libtorch's optimiser of the same name.
#[derive(Clone, Copy, Debug, PartialEq)]
#[allow(missing_docs)] // each variant's sentence names its fields
pub enum Rule {
    /// Stochastic gradient descent with `momentum` in [0, 1), Nesterov's form if asked, and `decay` added to the gradient as an L2 penalty.
    Sgd { momentum: f64, nesterov: bool, decay: f64 },
    /// `RMSprop` (Tieleman & Hinton 2012), smoothing `alpha`, ε = 1e-8, with `momentum`.
    RmsProp { alpha: f64, momentum: f64 },
    /// Adam (Kingma & Ba 2015, algorithm 1), ε = 1e-8; with a `decay` above 0 `AdamW` (Loshchilov & Hutter 2019): the weights shrink by
    /// rate·decay each step, apart from the gradient.
    Adam { betas: (f64, f64), decay: f64 },
}

/// An optimiser for one bank: its rule, rate and moments.
pub struct Optimiser {
    /// Learning rate.
    pub lr: f64,
    /// How a gradient becomes a change. Its numbers may change while it trains; another rule keeps the moments as they are.
    pub rule: Rule,
    /// Largest Euclidean norm of a gradient; longer ones are shortened to it. 0 leaves all as they are.
    pub clip: f64,
    first: Tensor,
    second: Tensor,
    steps: i64,
}

const EPSILON: f64 = 1e-8;

impl Optimiser {
    /// An optimiser for this bank, its moments at 0.
    pub fn new(bank: &Bank, rule: Rule, lr: f64) -> Self {
        // Moments that the rule never looks at take no memory.
        let empty = || Tensor::zeros([0], (Kind::Float, bank.device()));
        let zeros = || bank.master().zeros_like();
        let first = if matches!(rule, Rule::Sgd { momentum, .. } if momentum == 0.0) { empty() } else { zeros() };
        let second = if matches!(rule, Rule::Sgd { .. }) { empty() } else { zeros() };
        Self { lr, rule, clip: 0.0, first, second, steps: 0 }
    }

    /// One update from a flat gradient, of all that is not frozen; the gradient's norm before it was shortened, as a 32-bit tensor of
    /// one number.
    pub fn step(&mut self, bank: &mut Bank, gradient: &Tensor) -> Tensor {
        let _guard = tch::no_grad_guard();
        let masked = bank.without_frozen(gradient);
        let gradient = masked.as_ref().unwrap_or(gradient);
        let length = norm(gradient);
        let shortened =
            (self.clip > 0.0).then(|| gradient * (length.clamp_min(1e-12).reciprocal() * self.clip).clamp_max(1.0));
        let gradient = shortened.as_ref().unwrap_or(gradient);
        self.steps += 1;
        match self.rule {
            Rule::Sgd { momentum, nesterov, decay } => self.sgd(bank, gradient, momentum, nesterov, decay),
            Rule::RmsProp { alpha, momentum } => self.rms_prop(bank, gradient, alpha, momentum),
            Rule::Adam { betas, decay } => self.adam(bank, gradient, betas, decay),
        }
        length
    }

    fn sgd(&mut self, bank: &mut Bank, gradient: &Tensor, momentum: f64, nesterov: bool, decay: f64) {
        let decayed = (decay > 0.0).then(|| gradient + bank.master() * decay);
        let gradient = decayed.as_ref().unwrap_or(gradient);
        let lr = self.lr;
        if momentum == 0.0 {
            return bank.learn(|master| drop(master.g_add_(&(gradient * -lr))));
        }
        if self.first.numel() == 0 {
            // Momentum was 0 until now: the buffer begins as the gradient, as PyTorch's does.
            self.first = gradient.zeros_like();
        }
        let _ = self.first.g_mul_scalar_(momentum);
        let _ = self.first.g_add_(gradient);
        let ahead = nesterov.then(|| gradient + &self.first * momentum);
        let change = ahead.as_ref().unwrap_or(&self.first) * -lr;
        bank.learn(|master| drop(master.g_add_(&change)));
    }

    fn rms_prop(&mut self, bank: &mut Bank, gradient: &Tensor, alpha: f64, momentum: f64) {
        let _ = self.second.lerp_(&(gradient * gradient), 1.0 - alpha);
        let mut below = self.second.sqrt();
        let _ = below.g_add_scalar_(EPSILON);
        let lr = self.lr;
        if momentum == 0.0 {
            let above = gradient * -lr;
            return bank.learn(|master| drop(master.addcdiv_(&above, &below)));
        }
        let _ = self.first.g_mul_scalar_(momentum);
        let _ = self.first.addcdiv_(gradient, &below);
        let change = &self.first * -lr;
        bank.learn(|master| drop(master.g_add_(&change)));
    }

    fn adam(&mut self, bank: &mut Bank, gradient: &Tensor, (b1, b2): (f64, f64), decay: f64) {
        let (debias1, debias2) = (1.0 - b1.powf(self.steps as f64), 1.0 - b2.powf(self.steps as f64));
        let _ = self.first.lerp_(gradient, 1.0 - b1);
        let _ = self.second.lerp_(&(gradient * gradient), 1.0 - b2);
        let mut below = self.second.sqrt();
        let _ = below.g_mul_scalar_(1.0 / debias2.sqrt());
        let _ = below.g_add_scalar_(EPSILON);
        let above = &self.first * (-self.lr / debias1);
        let shrink = 1.0 - self.lr * decay;
        bank.learn(|master| {
            if decay > 0.0 {
                let _ = master.g_mul_scalar_(shrink);
            }
            drop(master.addcdiv_(&above, &below));
        });
    }

    /// Writes moments and step count as `NAME.safetensors` and the fact `NAME.steps`.
    pub fn save(&self, name: &str, bank: &Bank, to: &mut Checkpoint) -> Result<()> {
        let mut all = Arrays::new();
        for (part, flat) in [("first", &self.first), ("second", &self.second)] {
            if flat.numel() == 0 {
                continue;
            }
            let mut arrays = Arrays::new();
            bank.arrays_of(flat, &mut arrays)?;
            all.extend(arrays.into_iter().map(|(key, array)| (format!("{key}.{part}"), array)));
        }
        to.files.insert(name.to_owned(), all);
        to.facts.insert(format!("{name}.steps"), self.steps);
        Ok(())
    }

    /// Reads what [`Optimiser::save`] wrote without taking it over, so that a bad checkpoint changes nothing.
    pub fn read(&self, name: &str, bank: &Bank, from: &Checkpoint) -> Result<Moments> {
        let file = from.file(name)?;
        let part = |part: &str, own: &Tensor| {
            let ending = format!(".{part}");
            let arrays: Arrays =
                file.iter().filter_map(|(k, v)| Some((k.strip_suffix(&ending)?.to_owned(), v.clone()))).collect();
            // A rule that needed no moments so far has none; one that came to need them while it trained has them all.
            if own.numel() == 0 && arrays.is_empty() {
                return Ok(own.shallow_clone());
            }
            bank.flat_from(&arrays)
        };
        let steps = from.fact(&format!("{name}.steps"))?;
        ensure!(steps >= 0, "{name}.steps is negative.");
        Ok(Moments { first: part("first", &self.first)?, second: part("second", &self.second)?, steps })
    }

    /// Takes over what was read.
    pub fn take(&mut self, moments: Moments) {
        (self.first, self.second, self.steps) = (moments.first, moments.second, moments.steps);
    }
}

/// Moments and step count, read and checked.
pub struct Moments {
    first: Tensor,
    second: Tensor,
    steps: i64,
}

/// Euclidean norm of a flat gradient, as a 32-bit tensor of one number.
pub fn norm(gradient: &Tensor) -> Tensor {
    gradient.norm().to_kind(Kind::Float)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Init, Param, Precision, Storage, to_array};
    use tch::{Device, nn::OptimizerConfig};

    fn bank() -> Bank {
        let param = Param { name: "w".into(), shape: vec![3, 7], storage: Storage::Plain, init: Init::Constant(0.3) };
        Bank::new(vec![param], Precision::Fp32, Device::Cpu).unwrap()
    }

    /// A loss whose gradient changes from step to step.
    fn loss(w: &Tensor, step: i64) -> Tensor {
        let target = Tensor::arange(21, (Kind::Float, Device::Cpu)).view([3, 7]) * 0.03 * ((step % 5) as f64 - 1.0);
        (w - target).pow_tensor_scalar(4).sum(Kind::Float)
    }

    /// Our rule beside libtorch's own, by name.
    type Pair = (&'static str, Rule, fn(&tch::nn::VarStore) -> tch::nn::Optimizer);

    const PAIRS: &[Pair] = &[
        ("sgd", Rule::Sgd { momentum: 0.0, nesterov: false, decay: 0.0 }, |s| {
            tch::nn::sgd(0.0, 0.0, 0.0, false).build(s, RATE).unwrap()
        }),
        ("momentum", Rule::Sgd { momentum: 0.9, nesterov: false, decay: 0.01 }, |s| {
            tch::nn::sgd(0.9, 0.0, 0.01, false).build(s, RATE).unwrap()
        }),
        ("nesterov", Rule::Sgd { momentum: 0.9, nesterov: true, decay: 0.0 }, |s| {
            tch::nn::sgd(0.9, 0.0, 0.0, true).build(s, RATE).unwrap()
        }),
        ("rmsprop", Rule::RmsProp { alpha: 0.99, momentum: 0.0 }, |s| {
            tch::nn::rms_prop(0.99, 1e-8, 0.0, 0.0, false).build(s, RATE).unwrap()
        }),
        ("rmsprop with momentum", Rule::RmsProp { alpha: 0.9, momentum: 0.5 }, |s| {
            tch::nn::rms_prop(0.9, 1e-8, 0.0, 0.5, false).build(s, RATE).unwrap()
        }),
        ("adam", Rule::Adam { betas: (0.5, 0.999), decay: 0.0 }, |s| {
            tch::nn::adam(0.5, 0.999, 0.0).build(s, RATE).unwrap()
        }),
        ("adamw", Rule::Adam { betas: (0.9, 0.99), decay: 0.05 }, |s| {
            tch::nn::adamw(0.9, 0.99, 0.05).build(s, RATE).unwrap()
        }),
    ];

    const RATE: f64 = 0.005;

    #[test]
    fn twenty_steps_agree_with_torchs_own() {
        for (name, rule, build) in PAIRS {
            let store = tch::nn::VarStore::new(Device::Cpu);
            let theirs = store.root().var("w", &[3, 7], tch::nn::Init::Const(0.3));
            let mut reference = build(&store);
            let mut ours = bank();
            let mut optimiser = Optimiser::new(&ours, *rule, RATE);
            for step in 0..20 {
                reference.backward_step(&loss(&theirs, step));
                let gradient = ours.gradient(&loss(ours.leaf(0), step)).unwrap();
                let _ = optimiser.step(&mut ours, &gradient);
            }
            let apart = f64::try_from((&theirs - ours.leaf(0)).abs().max()).unwrap();
            let moved = f64::try_from((theirs - 0.3).abs().max()).unwrap();
            assert!(apart < 1e-6 && moved > 0.01, "{name}: {apart} apart, {moved} moved");
        }
    }

    #[test]
    fn momentum_that_is_turned_up_while_training_counts_and_is_saved() {
        let without = Rule::Sgd { momentum: 0.0, nesterov: false, decay: 0.0 };
        let with = Rule::Sgd { momentum: 0.9, nesterov: false, decay: 0.0 };
        let step = |bank: &mut Bank, sgd: &mut Optimiser| {
            let ones = Tensor::ones([21], (Kind::Float, Device::Cpu));
            let _ = sgd.step(bank, &ones);
            f64::try_from(bank.leaf(0).mean(Kind::Double)).unwrap()
        };
        let mut bank = bank();
        let mut sgd = Optimiser::new(&bank, without, 0.1);
        // Steps of 1, then 1, 1.9 and 2.71 with momentum.
        assert!((step(&mut bank, &mut sgd) - 0.2).abs() < 1e-6);
        sgd.rule = with;
        let (first, second) = (step(&mut bank, &mut sgd), step(&mut bank, &mut sgd));
        assert!((first - 0.1).abs() < 1e-6 && (second + 0.09).abs() < 1e-6, "{first} {second}");
        // Resumed as a run is: built with what it began with, loaded, then turned.
        let mut checkpoint = Checkpoint::default();
        sgd.save("sgd", &bank, &mut checkpoint).unwrap();
        let mut resumed = Optimiser::new(&bank, without, 0.1);
        resumed.take(resumed.read("sgd", &bank, &checkpoint).unwrap());
        resumed.rule = with;
        let third = step(&mut bank, &mut resumed);
        assert!((third + 0.361).abs() < 1e-6, "{third}");
    }

    #[test]
    fn a_long_gradient_is_shortened_and_a_short_one_left() {
        let step = |clip: f64| {
            let mut bank = bank();
            let rule = Rule::Sgd { momentum: 0.0, nesterov: false, decay: 0.0 };
            let mut sgd = Optimiser { clip, ..Optimiser::new(&bank, rule, 1.0) };
            let length = sgd.step(&mut bank, &Tensor::ones([21], (Kind::Float, Device::Cpu)));
            (f64::try_from(length).unwrap(), f64::try_from((bank.leaf(0) - 0.3).norm()).unwrap())
        };
        let whole = 21f64.sqrt();
        for (clip, moved) in [(0.0, whole), (2.0, 2.0), (50.0, whole)] {
            let (length, got) = step(clip);
            assert!((length - whole).abs() < 1e-5 && (got - moved).abs() < 1e-5, "{clip}: {length} {got}");
        }
    }

    #[test]
    fn saved_state_goes_on_bit_for_bit() {
        let run = |steps: std::ops::Range<i64>, bank: &mut Bank, optimiser: &mut Optimiser| {
            for step in steps {
                let gradient = bank.gradient(&loss(bank.leaf(0), step)).unwrap();
                let _ = optimiser.step(bank, &gradient);
            }
        };
        for &(name, rule, _) in PAIRS {
            let mut straight = bank();
            let mut adam = Optimiser::new(&straight, rule, 0.02);
            run(0..10, &mut straight, &mut adam);

            let mut first = bank();
            let mut adam = Optimiser::new(&first, rule, 0.02);
            run(0..4, &mut first, &mut adam);
            let mut checkpoint = Checkpoint::default();
            adam.save("optimiser", &first, &mut checkpoint).unwrap();
            let mut weights = Arrays::new();
            first.arrays_of(first.master(), &mut weights).unwrap();

            let mut second = bank();
            let mut adam = Optimiser::new(&second, rule, 0.02);
            let state = adam.read("optimiser", &second, &checkpoint).unwrap();
            adam.take(state);
            let flat = second.flat_from(&weights).unwrap();
            second.update(|master| master.copy_(&flat));
            run(4..10, &mut second, &mut adam);
            assert_eq!(to_array(straight.leaf(0)).unwrap(), to_array(second.leaf(0)).unwrap(), "{name}");
        }
    }
}
