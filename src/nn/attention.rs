//! Self-attention over a feature map (Zhang et al. 2019): every place looks at every other.

use super::{
    bank::{Init, Storage},
    blocks::{Mode, Window},
    net::{Numbers, Plan},
    spectral::Filter,
};
use tch::{Kind, Tensor};

/// The attention block of SAGAN: x + γ·attention(x), where γ begins as 0.
#[derive(Clone, Copy, Debug)]
pub struct Attention {
    query: Filter,
    key: Filter,
    value: Filter,
    out: Filter,
    gamma: usize,
}

impl Attention {
    /// For maps of `channels` channels, under `NAME.query`, `.key`, `.value`, `.out`, `.gamma`; in a discriminator perhaps with
    /// spectrally normalised weights.
    pub fn new(plan: &mut Plan, name: &str, channels: i64, spectral: bool) -> Self {
        let (narrow, half) = ((channels / 8).max(1), (channels / 2).max(1));
        let mut filter = |part: &str, sides: (i64, i64)| {
            let start = Init::Normal(0.0, (sides.0 as f64).sqrt().recip());
            Filter::new(plan, &format!("{name}.{part}"), sides, Window::POINT, start, spectral)
        };
        let (query, key) = (filter("query", (channels, narrow)), filter("key", (channels, narrow)));
        let (value, out) = (filter("value", (channels, half)), filter("out", (half, channels)));
        let gamma = plan.param(&format!("{name}.gamma"), &[1], Storage::Plain, Init::Constant(0.0));
        Self { query, key, value, out, gamma }
    }

    /// N×C×H×W → the same shape, sides at least 2. Keys and values are pooled by 2, as its authors do: a quarter of the work.
    pub fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor {
        let size = x.size();
        let (n, h, w) = (size[0], size[2], size[3]);
        let flat = |x: &Tensor| x.reshape([n, x.size()[1], -1]);
        let pool = |x: &Tensor| x.max_pool2d([2, 2], [2, 2], [0, 0], [1, 1], false);
        let query = flat(&self.query.forward(numbers, x, mode));
        let key = flat(&pool(&self.key.forward(numbers, x, mode)));
        let value = flat(&pool(&self.value.forward(numbers, x, mode)));
        let looks = query.transpose(1, 2).bmm(&key).softmax(-1, Kind::Float).to_kind(value.kind());
        let seen = value.bmm(&looks.transpose(1, 2)).view([n, -1, h, w]);
        let seen = self.out.forward(numbers, &seen, mode);
        x + seen * numbers.leaf(self.gamma).to_kind(numbers.kind())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Frozen, Precision};
    use crate::weights::{Array, Arrays};
    use tch::Device;

    fn waves(count: usize, by: f32) -> Vec<f32> {
        (0..count).map(|i| (i as f32 * by).sin()).collect()
    }

    /// The block with chosen numbers, without spectral norm.
    fn block(channels: usize, gamma: f32) -> (Attention, Frozen) {
        let mut plan = Plan::default();
        let attention = Attention::new(&mut plan, "a", channels as i64, false);
        let mut arrays = Arrays::new();
        for (part, from, to) in [
            ("query", channels, 1),
            ("key", channels, 1),
            ("value", channels, channels / 2),
            ("out", channels / 2, channels),
        ] {
            let weight = Array { shape: vec![to, from, 1, 1], data: waves(to * from, 0.9) };
            arrays.insert(format!("a.{part}.weight"), weight);
            arrays.insert(format!("a.{part}.bias"), Array { shape: vec![to], data: waves(to, 0.4) });
        }
        arrays.insert("a.gamma".into(), Array { shape: vec![1], data: vec![gamma] });
        (attention, Frozen::read(&plan, &arrays, Precision::Fp32, Device::Cpu).unwrap())
    }

    #[test]
    fn gamma_zero_is_the_identity_and_gamma_gets_a_gradient() {
        let x = Tensor::from_slice(&waves(2 * 4 * 49, 0.3)).view([2, 4, 7, 7]);
        let (attention, numbers) = block(4, 0.0);
        assert!(attention.forward(&numbers, &x, Mode::Infer) == x);
        let mut plan = Plan::default();
        let attention = Attention::new(&mut plan, "a", 4, true);
        let network = crate::nn::Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
        let y = attention.forward(&network, &x, Mode::Train);
        assert!(y == x && y.size() == x.size(), "spectral weights too");
        let gradient = network.bank.gradient(&(y * &x * &x).sum(Kind::Float)).unwrap();
        let mut arrays = Arrays::new();
        network.bank.arrays_of(&gradient, &mut arrays).unwrap();
        assert!(arrays["a.gamma"].data[0].abs() > 1e-6);
    }

    #[test]
    fn every_place_sees_the_mean_of_values_that_its_looks_weigh() {
        let (channels, side) = (2usize, 2usize);
        let data = waves(channels * side * side, 1.1);
        let x = Tensor::from_slice(&data).view([1, 2, 2, 2]);
        let (attention, numbers) = block(channels, 0.5);
        let got = attention.forward(&numbers, &x, Mode::Infer);
        // One pooled place: all looks go there, the softmax of one number is 1.
        let at = |c: usize, p: usize| data[c * 4 + p];
        let weight = waves(2, 0.9);
        let value = (0..4).map(|p| weight[0] * at(0, p) + weight[1] * at(1, p)).fold(f32::MIN, f32::max);
        for (channel, factor) in weight.iter().enumerate() {
            let seen = factor * value + waves(2, 0.4)[channel];
            for place in 0..4 {
                let wanted = at(channel, place) + 0.5 * seen;
                let got = got.double_value(&[0, channel as i64, place as i64 / 2, place as i64 % 2]);
                assert!((got - f64::from(wanted)).abs() < 1e-5, "{got} {wanted}");
            }
        }
    }
}
