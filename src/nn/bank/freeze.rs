//! Layers that keep their numbers while the rest of a network learns (Mo et al. 2020, `FreezeD`).

use super::Bank;
use tch::Tensor;

impl Bank {
    /// Lets the first `count` layers keep their numbers in every [`Bank::learn`] from now on; the last layer always learns. A layer is
    /// a convolution or a matrix with the biases and norms planned behind it. They count in the order of their planning, except
    /// that those with names that begin with a word of `near` come first, in the order of these words.
    pub fn freeze(&mut self, count: usize, near: &[String]) {
        let is_heavy = |i: usize| self.entries[i].param.storage.is_heavy();
        let mut layers: Vec<Vec<usize>> = Vec::new();
        for i in 0..self.entries.len() {
            match layers.last_mut() {
                Some(layer) if !is_heavy(i) || !layer.iter().any(|&other| is_heavy(other)) => layer.push(i),
                _ => layers.push(vec![i]),
            }
        }
        let begins = |i: &usize, word: &String| self.entries[*i].param.name.starts_with(word.as_str());
        let place = |layer: &Vec<usize>| near.iter().position(|word| layer.iter().any(|i| begins(i, word)));
        layers.sort_by_key(|layer| place(layer).unwrap_or(near.len()));
        let count = count.min(layers.len().saturating_sub(1));
        let slice = |&i: &usize| (self.entries[i].start, self.entries[i].len);
        self.frozen = layers[..count].iter().flatten().map(slice).collect();
    }

    /// [`Bank::update`] for a step of learning: frozen numbers are afterwards what they were, bit for bit, whatever the change did.
    pub fn learn(&mut self, change: impl FnOnce(&mut Tensor)) {
        let frozen = std::mem::take(&mut self.frozen);
        self.update(|master| {
            let kept: Vec<Tensor> = frozen.iter().map(|&(start, len)| master.narrow(0, start, len).copy()).collect();
            change(master);
            for (&(start, len), kept) in frozen.iter().zip(&kept) {
                master.narrow(0, start, len).copy_(kept);
            }
        });
        self.frozen = frozen;
    }

    /// A flat gradient without the part of frozen numbers, which must neither count for its length nor fill moments; `None` where
    /// nothing is frozen.
    pub fn without_frozen(&self, gradient: &Tensor) -> Option<Tensor> {
        if self.frozen.is_empty() {
            return None;
        }
        let masked = gradient.copy();
        for &(start, len) in &self.frozen {
            drop(masked.narrow(0, start, len).zero_());
        }
        Some(masked)
    }
}

#[cfg(test)]
mod tests {
    use crate::{
        nn::{Bank, Init, Optimiser, Param, Precision, Rule, Storage},
        weights::Arrays,
    };
    use tch::{Device, Kind, Tensor};

    fn bank(precision: Precision) -> Bank {
        tch::manual_seed(3);
        let param = |name: &str, shape: &[i64], storage| Param {
            name: name.into(),
            shape: shape.to_vec(),
            storage,
            init: Init::Normal(0.0, 1.0),
        };
        let params = vec![
            param("norm.weight", &[2], Storage::Plain),
            param("one.weight", &[3, 2, 2, 2], Storage::ChannelsLast),
            param("one.bias", &[3], Storage::Plain),
            param("two.weight", &[2, 3], Storage::Matrix),
            param("two.bias", &[2], Storage::Plain),
            param("last.weight", &[1, 2], Storage::Matrix),
        ];
        Bank::new(params, precision, Device::Cpu).unwrap()
    }

    fn arrays(bank: &Bank) -> Arrays {
        let mut arrays = Arrays::new();
        bank.arrays_of(bank.master(), &mut arrays).unwrap();
        arrays
    }

    /// Names of the arrays that three steps of an optimiser leave as they are, bit for bit.
    fn kept(mut bank: Bank, rule: Rule) -> Vec<String> {
        let before = arrays(&bank);
        let mut optimiser = Optimiser::new(&bank, rule, 0.1);
        for _ in 0..3 {
            let gradient = bank.master().sin() + 2.0;
            let _ = optimiser.step(&mut bank, &gradient);
        }
        let after = arrays(&bank);
        before.into_iter().filter(|(name, array)| after[name] == *array).map(|(name, _)| name).collect()
    }

    const RULES: [Rule; 4] = [
        Rule::Sgd { momentum: 0.9, nesterov: true, decay: 0.3 },
        Rule::RmsProp { alpha: 0.9, momentum: 0.5 },
        Rule::Adam { betas: (0.5, 0.9), decay: 0.0 },
        Rule::Adam { betas: (0.5, 0.9), decay: 0.3 },
    ];

    #[test]
    fn frozen_layers_keep_every_bit_under_every_rule_and_the_others_move() {
        for precision in [Precision::Fp32, Precision::Bf16] {
            for rule in RULES {
                assert_eq!(kept(bank(precision), rule), [""; 0]);
                let frozen = |count: usize, near: &[String]| {
                    let mut bank = bank(precision);
                    bank.freeze(count, near);
                    kept(bank, rule)
                };
                let first = ["norm.weight", "one.bias", "one.weight"];
                assert_eq!(frozen(1, &[]), first, "{rule:?}");
                let both = ["norm.weight", "one.bias", "one.weight", "two.bias", "two.weight"];
                assert_eq!(
                    (frozen(2, &[]), frozen(99, &[])),
                    (both.map(str::to_owned).into(), both.map(str::to_owned).into())
                );
                assert_eq!(frozen(1, &["two.".into()]), ["two.bias", "two.weight"]);
            }
        }
    }

    #[test]
    fn loading_changes_frozen_numbers_and_clipping_measures_the_others() {
        let mut bank = bank(Precision::Fp32);
        bank.freeze(2, &[]);
        bank.update(|master| drop(master.fill_(0.25)));
        assert!(arrays(&bank).values().all(|a| a.data.iter().all(|v| v.to_bits() == 0.25f32.to_bits())));
        let ones = Tensor::ones([bank.len()], (Kind::Float, Device::Cpu));
        let mut sgd = Optimiser::new(&bank, Rule::Sgd { momentum: 0.0, nesterov: false, decay: 0.0 }, 1.0);
        let length = f64::try_from(sgd.step(&mut bank, &ones)).unwrap();
        assert!((length - 2f64.sqrt()).abs() < 1e-6, "two numbers learn: {length}");
    }
}
