//! Modulated convolution (Karras et al. 2020): a style scales what goes in, and what comes out is scaled back to unit size.

use super::{
    bank::{Init, Storage},
    blocks::Window,
    equalised::{EqualLinear, STRAIGHT},
    net::{Numbers, Plan},
};
use tch::{Kind, Tensor};

/// Keeps a weight's length from being 0.
const TINY: f64 = 1e-8;

/// A convolution whose weight is, for each picture, scaled by s = A·style + b along its inputs (s begins around 1) and, if demodulated,
/// divided by its length for each output and multiplied with √2 for the leaky `ReLU` behind it; then a bias.
///
/// The weight is shared: scaling the input by s and the output by the length is the same and costs one convolution for the whole batch.
#[derive(Clone, Copy, Debug)]
pub struct Modulated {
    weight: usize,
    bias: usize,
    style: EqualLinear,
    window: Window,
    gain: f64,
    demodulate: bool,
}

impl Modulated {
    /// Parameters `NAME.weight` (out×in×side×side), `NAME.bias` and `NAME.style` of a style with `w_dim` numbers; stride 1.
    pub fn new(
        plan: &mut Plan,
        name: &str,
        (inputs, outputs): (i64, i64),
        w_dim: i64,
        window: Window,
        demodulate: bool,
    ) -> Self {
        let shape = [outputs, inputs, window.side, window.side];
        Self {
            weight: plan.param(&format!("{name}.weight"), &shape, Storage::ChannelsLast, Init::Normal(0.0, 1.0)),
            bias: plan.param(&format!("{name}.bias"), &[outputs], Storage::Plain, Init::Constant(0.0)),
            style: EqualLinear::starting(plan, &format!("{name}.style"), (w_dim, inputs), STRAIGHT, 1.0, 1.0),
            window,
            gain: (1.0 / (inputs * window.side * window.side).max(1) as f64).sqrt(),
            demodulate,
        }
    }

    /// N×in×H×W (or one picture for all) and N×`w_dim` styles → N×out×H×W, in the network's precision.
    pub fn forward(&self, numbers: &dyn Numbers, x: &Tensor, w: &Tensor) -> Tensor {
        let (kind, n) = (numbers.kind(), w.size()[0]);
        let weight = numbers.leaf(self.weight) * self.gain;
        let style = self.style.forward(numbers, w).to_kind(Kind::Float);
        let scaled = x.to_kind(kind) * style.to_kind(kind).view([n, -1, 1, 1]);
        let y = scaled.conv2d(&weight, None::<&Tensor>, 1, self.window.padding, 1, 1);
        let bias = numbers.leaf(self.bias).to_kind(kind).view([1, -1, 1, 1]);
        if !self.demodulate {
            return y + bias;
        }
        let squares = weight.to_kind(Kind::Float).square().sum_dim_intlist([2i64, 3].as_slice(), false, Kind::Float);
        let length = (style.square().matmul(&squares.transpose(0, 1)) + TINY).rsqrt() * 2f64.sqrt();
        bias.addcmul(&y, &length.to_kind(kind).view([n, -1, 1, 1]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Network, Precision};
    use tch::Device;

    #[test]
    fn it_equals_its_definition_with_a_weight_for_each_picture() {
        tch::manual_seed(8);
        for demodulate in [true, false] {
            for window in [Window::SAME, Window::POINT] {
                let mut plan = Plan::default();
                let layer = Modulated::new(&mut plan, "layer", (5, 7), 6, window, demodulate);
                let net = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
                let _guard = tch::no_grad_guard();
                let _ = net.leaf(layer.bias).shallow_clone().normal_(0.0, 1.0);
                let x = Tensor::randn([4, 5, 8, 8], (Kind::Float, Device::Cpu));
                let w = Tensor::randn([4, 6], (Kind::Float, Device::Cpu));
                let styles = layer.style.forward(&net, &w);
                let got = layer.forward(&net, &x, &w);
                for i in 0..4 {
                    let mut weight = net.leaf(layer.weight) * layer.gain * styles.get(i).view([1, -1, 1, 1]);
                    if demodulate {
                        let axes = [1i64, 2, 3];
                        let length = weight.square().sum_dim_intlist(axes.as_slice(), true, Kind::Float).sqrt();
                        weight = weight / length * 2f64.sqrt();
                    }
                    let one = x.narrow(0, i, 1);
                    let wanted = one.conv2d(&weight, Some(net.leaf(layer.bias)), 1, window.padding, 1, 1);
                    let apart = f64::try_from((wanted - got.narrow(0, i, 1)).abs().max()).unwrap();
                    assert!(apart < 1e-5, "{apart}");
                }
            }
        }
    }
}
