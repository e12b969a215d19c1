//! Spectral normalisation (Miyato et al. 2018): a weight divided by its largest singular value.

use super::{
    bank::Init,
    blocks::{Conv, Mode, Window},
    net::{Numbers, Plan},
};
use tch::{Kind, Tensor};

/// Keeps directions from being divided by 0.
const TINY: f64 = 1e-12;

/// A convolution whose weight, seen as an out×(in·side²) matrix, has largest singular value 1.
#[derive(Clone, Copy, Debug)]
pub struct SpectralConv {
    conv: Conv,
    direction: usize,
}

impl SpectralConv {
    /// A convolution with bias; the buffer `NAME.weight_u` remembers the singular direction from step to step.
    pub fn new(plan: &mut Plan, name: &str, (inputs, outputs): (i64, i64), window: Window, start: Init) -> Self {
        let conv =
            Conv::new(plan, name, (inputs, outputs), window, start).with_bias(plan, name, outputs, Init::Constant(0.0));
        Self { conv, direction: plan.buffer(&format!("{name}.weight_u"), &[outputs], 1.0) }
    }

    /// N×in×H×W → N×out×H′×W′. One power iteration a pass while it trains, none otherwise.
    pub fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor {
        let weight = normalised(numbers.leaf(self.conv.weight), numbers.buffer(self.direction), mode);
        self.conv.forward_by(numbers, x, &weight)
    }
}

/// A convolution whose weight is taken as it is or spectrally normalised: what a block holds that may be built either way.
#[derive(Clone, Copy, Debug)]
pub enum Filter {
    /// The weights as they are.
    Plain(Conv),
    /// Divided by its largest singular value.
    Spectral(SpectralConv),
}

impl Filter {
    /// With a bias that begins as 0, under `NAME.weight`, `NAME.bias` and, if spectral, the buffer `NAME.weight_u`.
    pub fn new(plan: &mut Plan, name: &str, sides: (i64, i64), window: Window, start: Init, spectral: bool) -> Self {
        if spectral {
            return Self::Spectral(SpectralConv::new(plan, name, sides, window, start));
        }
        let conv = Conv::new(plan, name, sides, window, start);
        Self::Plain(conv.with_bias(plan, name, sides.1, Init::Constant(0.0)))
    }

    /// N×in×H×W → N×out×H′×W′.
    pub fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor {
        match self {
            Self::Plain(conv) => conv.forward(numbers, x),
            Self::Spectral(conv) => conv.forward(numbers, x, mode),
        }
    }
}

/// The weight divided by its largest singular value as `direction` (out numbers, brought up to date in place while it trains) sees it.
/// The gradient goes through the value too, not through the directions.
pub fn normalised(weight: &Tensor, direction: &Tensor, mode: Mode) -> Tensor {
    let matrix = weight.to_kind(Kind::Float).flatten(1, -1);
    let (left, right) = {
        let _guard = tch::no_grad_guard();
        let unit = |x: Tensor| {
            let length = x.norm().clamp_min(TINY);
            x / length
        };
        let left = unit(direction.shallow_clone());
        let right = unit(matrix.detach().transpose(0, 1).mv(&left));
        if mode == Mode::Train {
            let next = unit(matrix.detach().mv(&right));
            direction.shallow_clone().copy_(&next);
            (next, right)
        } else {
            (left, right)
        }
    };
    let value = left.dot(&matrix.mv(&right));
    weight / value.to_kind(weight.kind())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::Device;

    #[test]
    fn the_largest_singular_value_becomes_one() {
        tch::manual_seed(2);
        let weight = Tensor::randn([6, 3, 2, 2], (Kind::Float, Device::Cpu));
        let direction = Tensor::ones([6], (Kind::Float, Device::Cpu));
        (0..200).for_each(|_| drop(normalised(&weight, &direction, Mode::Train)));
        let largest = |w: &Tensor| f64::try_from(w.flatten(1, -1).svd(true, false).1.max()).unwrap();
        let now = normalised(&weight, &direction, Mode::Infer);
        assert!((largest(&now) - 1.0).abs() < 1e-4, "{}", largest(&now));
        assert!((largest(&weight) - 1.0).abs() > 0.5, "it was another before");
    }

    #[test]
    fn the_gradient_is_that_of_finite_differences() {
        tch::manual_seed(3);
        let weight = Tensor::randn([4, 5], (Kind::Double, Device::Cpu)).to_kind(Kind::Float);
        let direction = Tensor::ones([4], (Kind::Float, Device::Cpu));
        (0..300).for_each(|_| drop(normalised(&weight, &direction, Mode::Train)));
        let weighing = Tensor::arange(20, (Kind::Float, Device::Cpu)).view([4, 5]) * 0.1;
        let f = |w: &Tensor| (normalised(w, &direction, Mode::Infer) * &weighing).sum(Kind::Float);
        let leaf = weight.copy().set_requires_grad(true);
        let grad = Tensor::run_backward(&[f(&leaf)], &[&leaf], false, false).remove(0);
        for (row, column) in [(0, 0), (1, 3), (3, 4)] {
            let step = |by: f64| {
                let moved = weight.copy();
                let _ = moved.get(row).get(column).g_add_scalar_(by);
                f64::try_from(f(&moved)).unwrap()
            };
            let slope = (step(1e-2) - step(-1e-2)) / 2e-2;
            let got = grad.double_value(&[row, column]);
            assert!((slope - got).abs() < 1e-2 * slope.abs().max(1.0), "{slope} {got}");
        }
    }
}
