//! The U-Net that turns a picture into a picture, and the discriminator of patches (Isola et al. 2017).

use crate::nn::{self, Conv, Init, Kind, Mode, NORM_EPSILON, Norm, Numbers, Plan, Storage, Tensor, Window, leaky_relu};

/// Sizes of both networks.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Side of the pictures: 28, 32, 64 or 128.
    pub size: i64,
    /// Channels of the input picture: 1 or 3.
    pub inputs: i64,
    /// Channels of the output picture: 1 or 3.
    pub outputs: i64,
    /// Filters of the outermost layer.
    pub width: i64,
    /// Instance norm instead of batch norm.
    pub instance: bool,
    /// Dropout of one half behind the three innermost upsampling layers while training.
    pub dropout: bool,
}

/// Initialisation of all convolutions, as in the paper.
const START: Init = Init::Normal(0.0, 0.02);
/// Largest number of filters as a multiple of the outermost layer's.
const WIDEST: i64 = 8;

/// Batch norm or instance norm.
enum AnyNorm {
    Batch(Norm),
    Instance { scale: usize, shift: usize },
}

impl AnyNorm {
    fn new(plan: &mut Plan, name: &str, channels: i64, instance: bool) -> Self {
        if !instance {
            return Self::Batch(Norm::new(plan, name, channels));
        }
        Self::Instance {
            scale: plan.param(&format!("{name}.weight"), &[channels], Storage::Plain, Init::Normal(1.0, 0.02)),
            shift: plan.param(&format!("{name}.bias"), &[channels], Storage::Plain, Init::Constant(0.0)),
        }
    }

    fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor {
        match self {
            Self::Batch(norm) => norm.forward(numbers, x, mode),
            Self::Instance { scale, shift } => {
                // Written out because libtorch's own repeats scale and shift for every picture of the batch.
                let (x, over): (_, &[i64]) = (x.to_kind(Kind::Float), &[2, 3]);
                let centred = &x - x.mean_dim(over, true, Kind::Float);
                let var = centred.square().mean_dim(over, true, Kind::Float);
                let wide = |i: usize| numbers.leaf(i).view([1, -1, 1, 1]);
                (centred * (var + NORM_EPSILON).rsqrt() * wide(*scale) + wide(*shift)).to_kind(numbers.kind())
            }
        }
    }
}

/// A convolution and its norm.
struct Layer {
    conv: Conv,
    norm: Option<AnyNorm>,
}

impl Layer {
    fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor {
        let y = self.conv.forward(numbers, x);
        self.norm.as_ref().map_or_else(|| y.shallow_clone(), |norm| norm.forward(numbers, &y, mode))
    }
}

/// The generator: downsampling to a single pixel, upsampling again, and a skip connection at every size.
pub struct UNet {
    down: Vec<Layer>,
    up: Vec<Layer>,
    dropout: bool,
}

/// The windows of the downsampling layers: halvings to one pixel, or to 7 and then the whole map.
fn windows(size: i64) -> Vec<Window> {
    let (mut left, mut all) = (size, Vec::new());
    while left > 1 {
        let odd = left % 2 == 1;
        all.push(if odd { Window { side: left, stride: 1, padding: 0 } } else { Window::HALVE });
        left = if odd { 1 } else { left / 2 };
    }
    all
}

impl UNet {
    /// Plans the network; tensors are called `down.0.weight`, `down.1.norm.weight`, `up.0.weight`, ….
    pub fn new(plan: &mut Plan, shape: &Shape) -> Self {
        let windows = windows(shape.size);
        let last = windows.len() - 1;
        let filters = |i: usize| shape.width * (1 << i.min(8)).min(WIDEST);
        let (mut down, mut up) = (Vec::new(), Vec::new());
        for (i, window) in windows.iter().enumerate() {
            let inputs = if i == 0 { shape.inputs } else { filters(i - 1) };
            let name = format!("down.{i}");
            let conv = Conv::new(plan, &name, (inputs, filters(i)), *window, START);
            // A norm over a single pixel would remove it.
            let normed = i > 0 && i < last;
            let norm = normed.then(|| AnyNorm::new(plan, &format!("{name}.norm"), filters(i), shape.instance));
            down.push(Layer { conv, norm });
        }
        for (j, i) in (0..=last).rev().enumerate() {
            let inputs = if i == last { filters(i) } else { 2 * filters(i) };
            let outputs = if i == 0 { shape.outputs } else { filters(i - 1) };
            let name = format!("up.{j}");
            let conv = Conv::transposed(plan, &name, (inputs, outputs), windows[i], START);
            let layer = if i == 0 {
                Layer { conv: conv.with_bias(plan, &name, outputs, Init::Constant(0.0)), norm: None }
            } else {
                Layer { conv, norm: Some(AnyNorm::new(plan, &format!("{name}.norm"), outputs, shape.instance)) }
            };
            up.push(layer);
        }
        Self { down, up, dropout: shape.dropout }
    }

    /// N×inputs×S×S → N×outputs×S×S in [−1, 1], 32-bit. Draws only in [`Mode::Train`] with dropout.
    pub fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor {
        let mut seen: Vec<Tensor> = Vec::with_capacity(self.down.len());
        for (i, layer) in self.down.iter().enumerate() {
            let x = if i == 0 { x.to_kind(numbers.kind()) } else { leaky_relu(&seen[i - 1]) };
            seen.push(layer.forward(numbers, &x, mode));
        }
        let mut y = seen.pop().unwrap_or_default();
        for (j, layer) in self.up.iter().enumerate() {
            y = layer.forward(numbers, &y.relu(), mode);
            if self.dropout && j < 3 && layer.norm.is_some() {
                y = y.dropout(0.5, mode == Mode::Train);
            }
            if let Some(across) = seen.pop() {
                y = Tensor::cat(&[y, across], 1);
            }
        }
        y.to_kind(Kind::Float).tanh()
    }
}

/// The discriminator (`PatchGAN`): one logit for each patch of a pair of pictures.
pub struct Patches {
    layers: Vec<Layer>,
}

/// The discriminator's windows: `layers` halvings, then two convolutions that each shrink the map by one pixel.
fn patch_windows(layers: usize) -> Vec<Window> {
    let keep = Window { side: 4, stride: 1, padding: 1 };
    let mut all = vec![Window::HALVE; layers];
    all.extend([keep, keep]);
    all
}

/// The number of halvings: `asked`, or fewer for small pictures so that the last convolution still fits.
pub fn fitting_layers(asked: usize, size: i64) -> usize {
    (1..=asked).rev().find(|&n| size >> n >= 3).unwrap_or(1)
}

/// Side of one logit's receptive field.
#[cfg(test)]
fn receptive_field(layers: usize) -> i64 {
    patch_windows(layers).iter().rev().fold(1, |field, w| (field - 1) * w.stride + w.side)
}

impl Patches {
    /// Plans the network with `layers` halvings; tensors are called `main.0.weight`, `main.1.norm.weight`, ….
    pub fn new(plan: &mut Plan, shape: &Shape, layers: usize) -> Self {
        let windows = patch_windows(layers);
        let last = windows.len() - 1;
        let filters = |i: usize| shape.width * (1 << i.min(8)).min(WIDEST);
        let layer = |(i, window): (usize, &Window)| {
            let inputs = if i == 0 { shape.inputs + shape.outputs } else { filters(i - 1) };
            let outputs = if i == last { 1 } else { filters(i) };
            let name = format!("main.{i}");
            let conv = Conv::new(plan, &name, (inputs, outputs), *window, START);
            if i == 0 || i == last {
                return Layer { conv: conv.with_bias(plan, &name, outputs, Init::Constant(0.0)), norm: None };
            }
            Layer { conv, norm: Some(AnyNorm::new(plan, &format!("{name}.norm"), outputs, shape.instance)) }
        };
        Self { layers: windows.iter().enumerate().map(layer).collect() }
    }

    /// N×inputs×S×S inputs and their N×outputs×S×S outputs → N×1×P×P logits, 32-bit.
    pub fn forward(&self, numbers: &dyn Numbers, input: &Tensor, output: &Tensor, mode: Mode) -> Tensor {
        let kind = numbers.kind();
        let mut x = Tensor::cat(&[input.to_kind(kind), output.to_kind(kind)], 1);
        for (i, layer) in self.layers.iter().enumerate() {
            if i > 0 {
                x = nn::leaky_relu(&x);
            }
            x = layer.forward(numbers, &x, mode);
        }
        x.to_kind(Kind::Float)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Device, Network, Precision};

    fn shape(size: i64, instance: bool) -> Shape {
        Shape { size, inputs: 1, outputs: 3, width: 2, instance, dropout: false }
    }

    #[test]
    fn three_halvings_see_patches_of_seventy() {
        assert_eq!([1, 2, 3, 4].map(receptive_field), [16, 34, 70, 142]);
        // By gradient: the pixels that move the logit in the middle are a square of that side.
        nn::seed_global(1);
        let mut plan = Plan::default();
        let net = Patches::new(&mut plan, &shape(128, false), 3);
        let numbers = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
        let input = Tensor::randn([1, 1, 128, 128], (Kind::Float, Device::Cpu)).set_requires_grad(true);
        let output = Tensor::randn([1, 3, 128, 128], (Kind::Float, Device::Cpu));
        let logits = net.forward(&numbers, &input, &output, Mode::Infer);
        assert_eq!(logits.size(), [1, 1, 14, 14]);
        logits.get(0).get(0).get(7).get(7).backward();
        let moved = input.grad().abs().gt(0.0).to_kind(Kind::Float).view([128, 128]);
        for dim in [0i64, 1] {
            let any: Vec<f32> = Vec::try_from(moved.amax([dim].as_slice(), false)).unwrap();
            let first = any.iter().position(|&v| v > 0.0).unwrap();
            let last = any.iter().rposition(|&v| v > 0.0).unwrap();
            assert_eq!(last - first + 1, 70);
        }
    }

    #[test]
    fn small_pictures_get_as_many_halvings_as_fit() {
        assert_eq!([28, 32, 64, 128].map(|size| fitting_layers(4, size)), [3, 3, 4, 4]);
        assert_eq!(fitting_layers(2, 28), 2);
        for (size, layers) in [(28, 3), (32, 3), (64, 4)] {
            let mut plan = Plan::default();
            let net = Patches::new(&mut plan, &shape(size, false), layers);
            let numbers = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
            let [input, output] = [1, 3].map(|c| Tensor::zeros([2, c, size, size], (Kind::Float, Device::Cpu)));
            assert!(net.forward(&numbers, &input, &output, Mode::Train).numel() >= 2);
        }
    }

    #[test]
    fn a_picture_goes_down_to_one_pixel_and_comes_back_at_its_size() {
        assert_eq!(windows(28).iter().map(|w| w.side).collect::<Vec<_>>(), [4, 4, 7]);
        assert_eq!(windows(128).len(), 7);
        for size in [28, 32, 64] {
            for instance in [false, true] {
                let mut plan = Plan::default();
                let net = UNet::new(&mut plan, &shape(size, instance));
                let numbers = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
                let x = Tensor::randn([2, 1, size, size], (Kind::Float, Device::Cpu));
                for mode in [Mode::Train, Mode::Infer] {
                    let y = net.forward(&numbers, &x, mode);
                    assert_eq!(y.size(), [2, 3, size, size]);
                }
            }
        }
    }

    #[test]
    fn by_instance_a_picture_does_not_depend_on_its_company() {
        let mut plan = Plan::default();
        let net = UNet::new(&mut plan, &shape(32, true));
        let numbers = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
        let x = Tensor::randn([3, 1, 32, 32], (Kind::Float, Device::Cpu));
        let together = net.forward(&numbers, &x, Mode::Train).narrow(0, 1, 1);
        let alone = net.forward(&numbers, &x.narrow(0, 1, 1), Mode::Train);
        assert!(f64::try_from((together - alone).abs().max()).unwrap() < 1e-4);
    }
}
