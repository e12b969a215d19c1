//! The convolutional encoder and decoder that the autoencoders share, after Burgess et al. (2018): 4×4 convolutions of stride 2 down to
//! 4×4, then two dense layers, and the same back up.

use crate::{
    models::common::prelude::*,
    nn::{self, Conv, Init, Kind, Linear, Numbers, Plan, Tensor, Window},
    spec::{Knob, Knobs},
};

/// Side of the smallest map.
const SMALLEST: i64 = 4;
/// 3×3 with stride 2: takes 7 pixels to 4 and, transposed, 4 to 7; pictures of 28 pixels need that once.
const ODD: Window = Window { side: 3, stride: 2, padding: 1 };

/// Sizes of both networks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvShape {
    /// Side of the pictures: 28 or a power of two from 8.
    pub size: usize,
    /// 1 or 3.
    pub channels: i64,
    /// Length of the code.
    pub z_dim: i64,
    /// Filters of each convolution.
    pub width: i64,
    /// Units of each dense layer.
    pub hidden: i64,
    /// Number of classes that are an input of both networks; 0 for unconditional models.
    pub classes: i64,
}

impl ConvShape {
    /// Reads `size channels z_dim width hidden`.
    pub fn read(knobs: &Knobs, classes: usize) -> Self {
        Self {
            size: knobs.int("size"),
            channels: knobs.int("channels") as i64,
            z_dim: knobs.int("z_dim") as i64,
            width: knobs.int("width") as i64,
            hidden: knobs.int("hidden") as i64,
            classes: classes as i64,
        }
    }

    /// Numbers in the smallest map.
    fn features(&self) -> i64 {
        self.width * SMALLEST * SMALLEST
    }

    /// The windows from the picture down to the smallest map.
    fn windows(&self) -> Vec<Window> {
        let (mut side, mut all) = (self.size as i64, Vec::new());
        while side > SMALLEST {
            all.push(if side == 7 { ODD } else { Window::HALVE });
            side = (side + 1) / 2;
        }
        all
    }
}

/// The knobs of both networks: `width z_dim hidden`.
pub fn knobs(z_dim: i64) -> Vec<Knob> {
    vec![
        knobs::model("width", "Width", int(4, 256, 32))
            .help("Filters of each convolution. More draws finer and trains slower; the paper has 32."),
        knobs::model("z_dim", "Latent size", int(1, 512, z_dim)).help(
            "Length of the code: how many sliders there are. Fewer make each mean more and the pictures blurrier.",
        ),
        knobs::model("hidden", "Dense units", int(8, 2048, 256))
            .help("Units of the two dense layers between the convolutions and the code. The paper has 256."),
    ]
}

/// Initialisation of all biases.
const ZERO: Init = Init::Constant(0.0);

/// The initialisation of He et al. (2015) for layers before a `ReLU`, normal with variance 2/fan: without norms, signals that shrink from
/// layer to layer leave the code unused for thousands of steps.
fn he(fan: i64) -> Init {
    Init::Normal(0.0, (2.0 / fan.max(1) as f64).sqrt())
}

/// A dense layer with that initialisation.
fn dense(plan: &mut Plan, name: &str, inputs: i64, outputs: i64) -> Linear {
    Linear::starting(plan, name, inputs, outputs, he(inputs), ZERO)
}

/// N×F features with N×K rows of classes appended, where there are classes.
fn concatenated(x: &Tensor, classes: Option<&Tensor>) -> Tensor {
    match classes {
        Some(rows) => Tensor::cat(&[x, &rows.to_kind(x.kind())], 1),
        None => x.shallow_clone(),
    }
}

/// The encoder up to its dense features, to which families add their heads.
#[derive(Clone, Debug)]
pub struct ConvEncoder {
    convs: Vec<Conv>,
    dense: [Linear; 2],
}

impl ConvEncoder {
    /// Adds `encoder.conv1` … and `encoder.fc1`, `encoder.fc2`, initialised by [`he`].
    pub fn new(plan: &mut Plan, shape: &ConvShape) -> Self {
        let mut inputs = shape.channels;
        let mut convs = Vec::new();
        for (i, window) in shape.windows().into_iter().enumerate() {
            let (name, sides) = (format!("encoder.conv{}", i + 1), (inputs, shape.width));
            let conv = Conv::new(plan, &name, sides, window, he(inputs * window.side * window.side));
            convs.push(conv.with_bias(plan, &name, shape.width, ZERO));
            inputs = shape.width;
        }
        let first = dense(plan, "encoder.fc1", shape.features() + shape.classes, shape.hidden);
        Self { convs, dense: [first, dense(plan, "encoder.fc2", shape.hidden, shape.hidden)] }
    }

    /// N×C×S×S in [−1, 1] → N×(width·16) features, which do not depend on the class.
    pub fn features(&self, numbers: &dyn Numbers, x: &Tensor) -> Tensor {
        let maps = self.convs.iter().fold(x.shallow_clone(), |x, conv| conv.forward(numbers, &x).relu());
        maps.reshape([x.size()[0], -1])
    }

    /// Features and, for conditional models, N×classes rows → N×hidden.
    pub fn dense(&self, numbers: &dyn Numbers, features: &Tensor, classes: Option<&Tensor>) -> Tensor {
        let x = concatenated(features, classes);
        self.dense.iter().fold(x, |x, layer| layer.forward(numbers, &x).relu())
    }
}

/// The decoder.
#[derive(Clone, Debug)]
pub struct ConvDecoder {
    dense: [Linear; 3],
    convs: Vec<Conv>,
    width: i64,
}

impl ConvDecoder {
    /// Adds `decoder.fc1` to `decoder.fc3` and `decoder.conv1` …, transposed, initialised by [`he`].
    pub fn new(plan: &mut Plan, shape: &ConvShape) -> Self {
        let dense = [
            dense(plan, "decoder.fc1", shape.z_dim + shape.classes, shape.hidden),
            dense(plan, "decoder.fc2", shape.hidden, shape.hidden),
            dense(plan, "decoder.fc3", shape.hidden, shape.features()),
        ];
        let windows: Vec<Window> = shape.windows().into_iter().rev().collect();
        let convs = windows.iter().enumerate().map(|(i, &window)| {
            let outputs = if i + 1 == windows.len() { shape.channels } else { shape.width };
            // Each pixel of a doubled picture sees a quarter of the window.
            let start = he(shape.width * window.side * window.side / (window.stride * window.stride));
            let name = format!("decoder.conv{}", i + 1);
            Conv::transposed(plan, &name, (shape.width, outputs), window, start).with_bias(plan, &name, outputs, ZERO)
        });
        let convs = convs.collect();
        Self { dense, convs, width: shape.width }
    }

    /// N×z codes and, for conditional models, N×classes rows → N×C×S×S logits, 32-bit, which [`picture`] converts.
    pub fn forward(&self, numbers: &dyn Numbers, z: &Tensor, classes: Option<&Tensor>) -> Tensor {
        let dense = self.dense.iter().fold(concatenated(z, classes), |x, layer| layer.forward(numbers, &x).relu());
        let seed = nn::channels_last(&dense.view([-1, self.width, SMALLEST, SMALLEST]));
        let last = self.convs.len() - 1;
        let logits = self.convs.iter().enumerate().fold(seed, |x, (i, conv)| {
            let y = conv.forward(numbers, &x);
            if i == last { y } else { y.relu() }
        });
        logits.to_kind(Kind::Float)
    }
}

/// Logits as pictures in [−1, 1]: tanh(x/2) is 2·σ(x) − 1.
pub fn picture(logits: &Tensor) -> Tensor {
    (logits * 0.5).tanh()
}

/// Pictures in [−1, 1] as grey levels in [0, 1].
pub fn levels(x: &Tensor) -> Tensor {
    (x + 1.0) * 0.5
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Device, Network, Precision};

    #[test]
    fn every_size_goes_down_to_four_and_back() {
        for (size, convs) in [(28, 3), (32, 3), (64, 4), (128, 5)] {
            let shape = ConvShape { size, channels: 3, z_dim: 5, width: 4, hidden: 8, classes: 2 };
            let mut plan = Plan::default();
            let (encoder, decoder) = (ConvEncoder::new(&mut plan, &shape), ConvDecoder::new(&mut plan, &shape));
            assert_eq!((encoder.convs.len(), decoder.convs.len()), (convs, convs));
            let net = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
            let side = size as i64;
            let x = Tensor::zeros([2, 3, side, side], (Kind::Float, Device::Cpu));
            let features = encoder.features(&net, &x);
            assert_eq!(features.size(), [2, 4 * 16]);
            let classes = nn::one_hot(&[0, 1], 2, Device::Cpu);
            assert_eq!(encoder.dense(&net, &features, Some(&classes)).size(), [2, 8]);
            let z = Tensor::zeros([2, 5], (Kind::Float, Device::Cpu));
            assert_eq!(decoder.forward(&net, &z, Some(&classes)).size(), [2, 3, side, side]);
        }
    }

    #[test]
    fn logits_levels_and_pictures_agree() {
        let logits = Tensor::from_slice(&[-3.0f32, 0.0, 0.5, 8.0]);
        let apart = (levels(&picture(&logits)) - logits.sigmoid()).abs().max();
        assert!(f64::try_from(apart).unwrap() < 1e-6);
    }
}
