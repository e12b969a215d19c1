//! The exponential moving average of a flat buffer.

use tch::Tensor;

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

#[cfg(test)]
mod tests {
    use super::*;

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
