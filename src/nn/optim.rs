//! Adam with saveable state and the exponential moving average, over flat buffers.

use super::bank::Bank;
use crate::weights::{Arrays, Checkpoint};
use anyhow::{Result, ensure};
use tch::{Kind, Tensor};

/// Adam (Kingma & Ba 2015, algorithm 1), ε = 1e-8.
pub struct Adam {
    /// Learning rate.
    pub lr: f64,
    /// Decay rates of the two moments.
    pub betas: (f64, f64),
    first: Tensor,
    second: Tensor,
    steps: i64,
}

const EPSILON: f64 = 1e-8;

impl Adam {
    /// An optimiser for this bank, its moments at 0.
    pub fn new(bank: &Bank, lr: f64, betas: (f64, f64)) -> Self {
        Self { lr, betas, first: bank.master().zeros_like(), second: bank.master().zeros_like(), steps: 0 }
    }

    /// One update from a flat gradient.
    pub fn step(&mut self, bank: &mut Bank, gradient: &Tensor) {
        let _guard = tch::no_grad_guard();
        self.steps += 1;
        let (b1, b2) = self.betas;
        let (debias1, debias2) = (1.0 - b1.powf(self.steps as f64), 1.0 - b2.powf(self.steps as f64));
        let _ = self.first.lerp_(gradient, 1.0 - b1);
        let _ = self.second.lerp_(&(gradient * gradient), 1.0 - b2);
        let mut below = self.second.sqrt();
        let _ = below.g_mul_scalar_(1.0 / debias2.sqrt());
        let _ = below.g_add_scalar_(EPSILON);
        let above = &self.first * (-self.lr / debias1);
        bank.update(|master| drop(master.addcdiv_(&above, &below)));
    }

    /// Writes moments and step count as `NAME.safetensors` and the fact `NAME.steps`.
    pub fn save(&self, name: &str, bank: &Bank, to: &mut Checkpoint) -> Result<()> {
        let mut all = Arrays::new();
        for (part, flat) in [("first", &self.first), ("second", &self.second)] {
            let mut arrays = Arrays::new();
            bank.arrays_of(flat, &mut arrays)?;
            all.extend(arrays.into_iter().map(|(key, array)| (format!("{key}.{part}"), array)));
        }
        to.files.insert(name.to_owned(), all);
        to.facts.insert(format!("{name}.steps"), self.steps);
        Ok(())
    }

    /// Reads what [`Adam::save`] wrote without taking it over, so that a bad checkpoint changes nothing.
    pub fn read(&self, name: &str, bank: &Bank, from: &Checkpoint) -> Result<AdamState> {
        let file = from.file(name)?;
        let part = |part: &str| {
            let ending = format!(".{part}");
            let arrays: Arrays =
                file.iter().filter_map(|(k, v)| Some((k.strip_suffix(&ending)?.to_owned(), v.clone()))).collect();
            bank.flat_from(&arrays)
        };
        let steps = from.fact(&format!("{name}.steps"))?;
        ensure!(steps >= 0, "{name}.steps is negative.");
        Ok(AdamState { first: part("first")?, second: part("second")?, steps })
    }

    /// Takes over what was read.
    pub fn take(&mut self, state: AdamState) {
        (self.first, self.second, self.steps) = (state.first, state.second, state.steps);
    }
}

/// Moments and step count, read and checked.
pub struct AdamState {
    first: Tensor,
    second: Tensor,
    steps: i64,
}

/// Exponential moving average of a flat buffer, ramped up so that it forgets the beginning: the decay after `t` updates is
/// min(`decay`, (1 + t) / (10 + t)).
pub struct Ema {
    /// Largest decay, in [0, 1); 0 follows the weights exactly.
    pub decay: f64,
    /// The average.
    pub mean: Tensor,
    /// Updates so far.
    pub updates: i64,
}

impl Ema {
    /// An average that begins at these values.
    pub fn new(of: &Tensor, decay: f64) -> Self {
        let _guard = tch::no_grad_guard();
        Self { decay, mean: of.detach().copy(), updates: 0 }
    }

    /// The decay of the next update.
    pub fn decay_now(&self) -> f64 {
        let t = self.updates as f64;
        self.decay.min((1.0 + t) / (10.0 + t))
    }

    /// Takes a new value into the average.
    pub fn update(&mut self, value: &Tensor) {
        let _guard = tch::no_grad_guard();
        let weight = 1.0 - self.decay_now();
        let _ = self.mean.lerp_(&value.detach(), weight);
        self.updates += 1;
    }
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
        let target = Tensor::arange(21, (Kind::Float, Device::Cpu)).view([3, 7]) * 0.1 * ((step % 5) as f64 - 1.0);
        (w - target).pow_tensor_scalar(4).sum(Kind::Float)
    }

    #[test]
    fn twenty_steps_agree_with_torchs_own_adam() {
        let store = tch::nn::VarStore::new(Device::Cpu);
        let theirs = store.root().var("w", &[3, 7], tch::nn::Init::Const(0.3));
        let mut reference = tch::nn::adam(0.5, 0.999, 0.0).build(&store, 0.02).unwrap();
        let mut ours = bank();
        let mut adam = Adam::new(&ours, 0.02, (0.5, 0.999));
        for step in 0..20 {
            reference.backward_step(&loss(&theirs, step));
            let gradient = ours.gradient(&loss(ours.leaf(0), step)).unwrap();
            adam.step(&mut ours, &gradient);
        }
        let apart = f64::try_from((theirs - ours.leaf(0)).abs().max()).unwrap();
        assert!(apart < 1e-6, "{apart}");
    }

    #[test]
    fn saved_state_goes_on_bit_for_bit() {
        let run = |steps: std::ops::Range<i64>, bank: &mut Bank, adam: &mut Adam| {
            for step in steps {
                let gradient = bank.gradient(&loss(bank.leaf(0), step)).unwrap();
                adam.step(bank, &gradient);
            }
        };
        let mut straight = bank();
        let mut adam = Adam::new(&straight, 0.02, (0.5, 0.999));
        run(0..10, &mut straight, &mut adam);

        let mut first = bank();
        let mut adam = Adam::new(&first, 0.02, (0.5, 0.999));
        run(0..4, &mut first, &mut adam);
        let mut checkpoint = Checkpoint::default();
        adam.save("optimiser", &first, &mut checkpoint).unwrap();
        let mut weights = Arrays::new();
        first.arrays_of(first.master(), &mut weights).unwrap();

        let mut second = bank();
        let mut adam = Adam::new(&second, 0.02, (0.5, 0.999));
        let state = adam.read("optimiser", &second, &checkpoint).unwrap();
        adam.take(state);
        let flat = second.flat_from(&weights).unwrap();
        second.update(|master| master.copy_(&flat));
        run(4..10, &mut second, &mut adam);
        assert_eq!(to_array(straight.leaf(0)).unwrap(), to_array(second.leaf(0)).unwrap());
    }

    #[test]
    fn the_average_follows_its_formula() {
        let value = |v: f32| Tensor::from_slice(&[v]);
        let mut ema = Ema::new(&value(1.0), 0.5);
        ema.update(&value(0.0)); // decay 1/10
        ema.update(&value(1.0)); // decay 2/11
        let wanted = 0.1 * (2.0 / 11.0) + 9.0 / 11.0;
        assert!((ema.mean.double_value(&[0]) - wanted).abs() < 1e-6);
        ema.updates = 1_000;
        assert!((ema.decay_now() - 0.5).abs() < 1e-12);
    }
}
