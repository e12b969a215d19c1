//! Equalised learning rate (Karras et al. 2018): weights begin as standard normal and are scaled where they are used, so that all
//! layers learn at one pace whatever their size.

use super::{
    bank::Init,
    blocks::{Conv, Linear, Window},
    net::{Numbers, Plan},
};
use tch::Tensor;

/// Power of a layer whose output goes through a (leaky) `ReLU`, which halves it.
pub const RECTIFIED: f64 = 2.0;

/// Power of a layer whose output is used as it is.
pub const STRAIGHT: f64 = 1.0;

/// y = x·(gain·W)ᵀ + b of N×in rows, W begun as N(0, 1), gain = √(power/in).
#[derive(Clone, Copy, Debug)]
pub struct EqualLinear {
    layer: Linear,
    gain: f64,
    pace: f64,
}

impl EqualLinear {
    /// A layer whose bias begins as 0; `power` is [`RECTIFIED`] or [`STRAIGHT`].
    pub fn new(plan: &mut Plan, name: &str, io: (i64, i64), power: f64) -> Self {
        Self::starting(plan, name, io, power, 0.0, 1.0)
    }

    /// The same with a bias that begins as `bias`; the layer learns at `pace` (above 0) times the learning rate.
    pub fn starting(
        plan: &mut Plan,
        name: &str,
        (inputs, outputs): (i64, i64),
        power: f64,
        bias: f64,
        pace: f64,
    ) -> Self {
        let (weight, bias) = (Init::Normal(0.0, 1.0 / pace), Init::Constant(bias / pace));
        let layer = Linear::starting(plan, name, inputs, outputs, weight, bias);
        Self { layer, gain: (power / inputs.max(1) as f64).sqrt() * pace, pace }
    }

    /// N×in → N×out, in the network's precision.
    pub fn forward(&self, numbers: &dyn Numbers, x: &Tensor) -> Tensor {
        let kind = numbers.kind();
        let weight = numbers.leaf(self.layer.weight) * self.gain;
        let bias = numbers.leaf(self.layer.bias) * self.pace;
        x.to_kind(kind).linear(&weight, Some(bias.to_kind(kind)))
    }
}

/// A convolution with bias whose weight begins as N(0, 1) and is used times √(power/(in·side²)).
#[derive(Clone, Copy, Debug)]
pub struct EqualConv {
    conv: Conv,
    gain: f64,
}

impl EqualConv {
    /// A layer whose bias begins as 0; `power` is [`RECTIFIED`] or [`STRAIGHT`].
    pub fn new(plan: &mut Plan, name: &str, (inputs, outputs): (i64, i64), window: Window, power: f64) -> Self {
        let conv = Conv::new(plan, name, (inputs, outputs), window, Init::Normal(0.0, 1.0)).with_bias(
            plan,
            name,
            outputs,
            Init::Constant(0.0),
        );
        Self { conv, gain: (power / (inputs * window.side * window.side).max(1) as f64).sqrt() }
    }

    /// N×in×H×W → N×out×H′×W′, in the network's precision.
    pub fn forward(&self, numbers: &dyn Numbers, x: &Tensor) -> Tensor {
        self.conv.forward_by(numbers, x, &(numbers.leaf(self.conv.weight) * self.gain))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Network, Precision};
    use tch::{Device, Kind};

    #[test]
    fn weights_begin_as_standard_normal_and_outputs_keep_their_size() {
        tch::manual_seed(4);
        let mut plan = Plan::default();
        let conv = EqualConv::new(&mut plan, "conv", (32, 64), Window::SAME, STRAIGHT);
        let linear = EqualLinear::new(&mut plan, "linear", (64, 128), RECTIFIED);
        let slow = EqualLinear::starting(&mut plan, "slow", (64, 128), STRAIGHT, 1.0, 0.1);
        let net = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
        let std = |x: &Tensor| f64::try_from(x.std(false)).unwrap();
        let mean = |x: &Tensor| f64::try_from(x.mean(Kind::Float)).unwrap();
        assert!((std(net.leaf(conv.conv.weight)) - 1.0).abs() < 0.03);
        assert!((std(net.leaf(slow.layer.weight)) - 10.0).abs() < 0.5, "larger, so that steps of one size matter less");
        let x = Tensor::randn([8, 32, 9, 9], (Kind::Float, Device::Cpu));
        let inner = conv.forward(&net, &x).narrow(2, 1, 7).narrow(3, 1, 7);
        assert!((std(&inner) - 1.0).abs() < 0.1, "{}", std(&inner));
        let rows = Tensor::randn([256, 64], (Kind::Float, Device::Cpu));
        assert!((std(&linear.forward(&net, &rows)) - 2f64.sqrt()).abs() < 0.1);
        let y = slow.forward(&net, &rows);
        assert!((std(&y) - 1.0).abs() < 0.1 && (mean(&y) - 1.0).abs() < 0.05);
    }
}
