//! Layers as handles into a [`Plan`]: the same handle serves the network that trains and its frozen copies.

use super::{
    bank::{Init, Storage},
    layers::NORM_EPSILON,
    net::{Numbers, Plan},
};
use tch::{Kind, Tensor};

/// How a forward pass treats batch statistics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Use the batch's and note them.
    Train,
    /// Use the batch's, note nothing.
    Judge,
    /// Use what was noted.
    Infer,
}

/// A convolution's window: side, stride and padding in pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// Side of the kernel.
    pub side: i64,
    /// Pixels between its places.
    pub stride: i64,
    /// Zeros around the picture.
    pub padding: i64,
}

impl Window {
    /// 4×4, stride 2: halves the picture, or doubles it transposed.
    pub const HALVE: Self = Self { side: 4, stride: 2, padding: 1 };
    /// 3×3, stride 1: keeps the picture's size.
    pub const SAME: Self = Self { side: 3, stride: 1, padding: 1 };
    /// 1×1: each pixel by itself.
    pub const POINT: Self = Self { side: 1, stride: 1, padding: 0 };
}

/// The bound of the uniform start that `PyTorch` gives linear layers and convolutions.
fn bound(fan_in: i64) -> Init {
    Init::Uniform((fan_in.max(1) as f64).sqrt().recip())
}

/// y = x·Wᵀ + b of N×in rows, in the network's precision.
#[derive(Clone, Copy, Debug)]
pub struct Linear {
    /// Number of the weight, out×in.
    pub weight: usize,
    /// Number of the bias.
    pub bias: usize,
}

impl Linear {
    /// A layer under the name `fc1`, begun as `PyTorch` begins it: uniform within 1/√in.
    pub fn new(plan: &mut Plan, name: &str, inputs: i64, outputs: i64) -> Self {
        Self::starting(plan, name, inputs, outputs, bound(inputs), bound(inputs))
    }

    /// A layer with given initial distributions of weight and bias.
    pub fn starting(plan: &mut Plan, name: &str, inputs: i64, outputs: i64, weight: Init, bias: Init) -> Self {
        Self {
            weight: plan.param(&format!("{name}.weight"), &[outputs, inputs], Storage::Matrix, weight),
            bias: plan.param(&format!("{name}.bias"), &[outputs], Storage::Plain, bias),
        }
    }

    /// N×in → N×out.
    pub fn forward(&self, numbers: &dyn Numbers, x: &Tensor) -> Tensor {
        let kind = numbers.kind();
        x.to_kind(kind).linear(numbers.leaf(self.weight), Some(numbers.leaf(self.bias).to_kind(kind)))
    }
}

/// A convolution, with a bias if it was made with one.
#[derive(Clone, Copy, Debug)]
pub struct Conv {
    /// Number of the weight: out×in×side×side, transposed in×out×side×side.
    pub weight: usize,
    /// Number of the bias.
    pub bias: Option<usize>,
    window: Window,
    transposed: bool,
}

impl Conv {
    /// Without bias, as before a norm.
    pub fn new(plan: &mut Plan, name: &str, (inputs, outputs): (i64, i64), window: Window, start: Init) -> Self {
        let shape = [outputs, inputs, window.side, window.side];
        let weight = plan.param(&format!("{name}.weight"), &shape, Storage::ChannelsLast, start);
        Self { weight, bias: None, window, transposed: false }
    }

    /// With a bias; both begun as `PyTorch` begins them: uniform within 1/√(in·side²).
    pub fn biased(plan: &mut Plan, name: &str, (inputs, outputs): (i64, i64), window: Window) -> Self {
        let start = bound(inputs * window.side * window.side);
        let bare = Self::new(plan, name, (inputs, outputs), window, start);
        bare.with_bias(plan, name, outputs, start)
    }

    /// A transposed convolution without bias.
    pub fn transposed(plan: &mut Plan, name: &str, (inputs, outputs): (i64, i64), window: Window, start: Init) -> Self {
        let shape = [inputs, outputs, window.side, window.side];
        let weight = plan.param(&format!("{name}.weight"), &shape, Storage::ChannelsLast, start);
        Self { weight, bias: None, window, transposed: true }
    }

    /// The same with a bias that begins as `start`.
    #[must_use]
    pub fn with_bias(self, plan: &mut Plan, name: &str, outputs: i64, start: Init) -> Self {
        let bias = plan.param(&format!("{name}.bias"), &[outputs], Storage::Plain, start);
        Self { bias: Some(bias), ..self }
    }

    /// N×in×H×W → N×out×H′×W′.
    pub fn forward(&self, numbers: &dyn Numbers, x: &Tensor) -> Tensor {
        self.forward_by(numbers, x, numbers.leaf(self.weight))
    }

    /// The same with another weight in place of its own, such as a normalised one.
    pub fn forward_by(&self, numbers: &dyn Numbers, x: &Tensor, weight: &Tensor) -> Tensor {
        let kind = numbers.kind();
        let bias = self.bias.map(|b| numbers.leaf(b).to_kind(kind));
        let (x, Window { stride, padding, .. }) = (x.to_kind(kind), self.window);
        if self.transposed {
            x.conv_transpose2d(weight, bias, stride, padding, 0, 1, 1)
        } else {
            x.conv2d(weight, bias, stride, padding, 1, 1)
        }
    }
}

/// Batch normalisation (Ioffe & Szegedy 2015) with scale and shift, momentum 0.1, ε = 1e-5, of N×C×H×W or N×C; statistics in 32-bit.
#[derive(Clone, Copy, Debug)]
pub struct Norm {
    scale: usize,
    shift: usize,
    mean: usize,
    var: usize,
}

impl Norm {
    /// A norm of `channels` channels; the scale begins as N(1, 0.02), as DCGANs have it.
    pub fn new(plan: &mut Plan, name: &str, channels: i64) -> Self {
        Self {
            scale: plan.param(&format!("{name}.weight"), &[channels], Storage::Plain, Init::Normal(1.0, 0.02)),
            shift: plan.param(&format!("{name}.bias"), &[channels], Storage::Plain, Init::Constant(0.0)),
            mean: plan.buffer(&format!("{name}.running_mean"), &[channels], 0.0),
            var: plan.buffer(&format!("{name}.running_var"), &[channels], 1.0),
        }
    }

    /// The same shape, each channel with mean 0 and variance 1 before scale and shift.
    pub fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor {
        let (scale, shift) = (numbers.leaf(self.scale), numbers.leaf(self.shift));
        let (mean, var) = (numbers.buffer(self.mean), numbers.buffer(self.var));
        let noted = (mode != Mode::Judge).then_some((mean, var));
        let (mean, var) = (noted.map(|n| n.0), noted.map(|n| n.1));
        x.batch_norm(Some(scale), Some(shift), mean, var, mode != Mode::Infer, 0.1, NORM_EPSILON, true)
    }

    /// A scale and a shift for each channel that do what [`Mode::Infer`] does: y = x·scale + shift.
    pub fn folded(&self, numbers: &dyn Numbers) -> (Tensor, Tensor) {
        let scale = numbers.leaf(self.scale) / (numbers.buffer(self.var) + NORM_EPSILON).sqrt();
        let shift = numbers.leaf(self.shift) - numbers.buffer(self.mean) * &scale;
        (scale, shift)
    }
}

/// A learned row for each class.
#[derive(Clone, Copy, Debug)]
pub struct Embedding {
    table: usize,
}

impl Embedding {
    /// `rows` rows of `width` numbers, begun as standard normal, as `PyTorch` begins them.
    pub fn new(plan: &mut Plan, name: &str, rows: i64, width: i64) -> Self {
        Self { table: plan.param(&format!("{name}.weight"), &[rows, width], Storage::Plain, Init::Normal(0.0, 1.0)) }
    }

    /// N×rows weights (a one-hot row picks, others blend) → N×width, 32-bit.
    pub fn forward(&self, numbers: &dyn Numbers, weights: &Tensor) -> Tensor {
        weights.to_kind(Kind::Float).matmul(numbers.leaf(self.table))
    }
}

/// N class numbers as N×`classes` rows of one 1 each, 32-bit, on the device.
pub fn one_hot(labels: &[u32], classes: usize, device: tch::Device) -> Tensor {
    let mut rows = vec![0f32; labels.len() * classes];
    for (row, &label) in labels.iter().enumerate().filter(|(_, l)| (**l as usize) < classes) {
        rows[row * classes + label as usize] = 1.0;
    }
    Tensor::from_slice(&rows).view([labels.len() as i64, classes as i64]).to_device(device)
}

/// Twice the size by repeating each pixel: N×C×H×W → N×C×2H×2W.
pub fn double(x: &Tensor) -> Tensor {
    let (_, _, h, w) = x.size4().unwrap_or_default();
    x.upsample_nearest2d([2 * h, 2 * w], None, None)
}
