//! The DCGAN's generator and discriminator (Radford et al. 2016), named as in `PyTorch`'s tutorial: `main.0.weight` and so on.

use crate::{
    nn::{self, BatchNorm, Device, Init, Kind, Mode, Param, Precision, Storage, Tensor},
    weights::Arrays,
};
use anyhow::Result;

/// Side of the first feature map, and how many filters each further doubling has, as multiples of the width, widest first.
pub fn plan(size: usize) -> (i64, &'static [i64]) {
    match size {
        28 => (7, &[4, 2]),
        32 => (4, &[4, 2, 1]),
        64 => (4, &[8, 4, 2, 1]),
        _ => (4, &[16, 8, 4, 2, 1]),
    }
}

/// What both networks are built from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shape {
    /// Side of the pictures: 28, 32, 64 or 128.
    pub size: usize,
    /// 1 or 3.
    pub channels: i64,
    /// Length of the latent vector.
    pub z_dim: i64,
    /// Filters of the thinnest layer.
    pub width: i64,
}

/// A weight and, unless it is the last or the discriminator's first, the batch norm behind it.
struct Layer {
    weight: usize,
    norm: Option<Norm>,
}

struct Norm {
    scale: usize,
    shift: usize,
    stats: BatchNorm,
}

/// Parameters in one bank, layers in order.
pub struct Net {
    /// All parameters.
    pub bank: nn::Bank,
    layers: Vec<Layer>,
    kind: Kind,
    first: i64,
}

impl Net {
    /// z → picture: a projection to the first feature map, then doublings by transposed convolutions, `ReLU` between, tanh last.
    pub fn generator(shape: &Shape, precision: Precision, device: Device) -> Result<Self> {
        let (first, levels) = plan(shape.size);
        let mut sides = vec![[shape.z_dim, levels[0] * shape.width, first, first]];
        sides.extend(levels.windows(2).map(|w| [w[0] * shape.width, w[1] * shape.width, 4, 4]));
        sides.push([levels[levels.len() - 1] * shape.width, shape.channels, 4, 4]);
        // Sequential(ConvTranspose, BatchNorm, ReLU, …): the i-th weight is module 3·i; output channels are the second axis.
        let last = sides.len() - 1;
        let layers: Vec<_> = sides.into_iter().enumerate().map(|(i, s)| (3 * i, s, s[1], i < last)).collect();
        Self::build(&layers, first, precision, device)
    }

    /// Picture → logit: the generator mirrored, leaky `ReLU` 0.2, no norm behind the first convolution.
    pub fn discriminator(shape: &Shape, precision: Precision, device: Device) -> Result<Self> {
        let (first, levels) = plan(shape.size);
        let widths: Vec<i64> = levels.iter().rev().map(|l| l * shape.width).collect();
        let mut sides = vec![[widths[0], shape.channels, 4, 4]];
        sides.extend(widths.windows(2).map(|w| [w[1], w[0], 4, 4]));
        sides.push([1, widths[widths.len() - 1], first, first]);
        // Sequential(Conv, LeakyReLU, Conv, BatchNorm, LeakyReLU, …): weights are modules 0, 2, 5, 8, …
        let last = sides.len() - 1;
        let place = |i: usize| if i == 0 { 0 } else { 3 * i - 1 };
        let layers: Vec<_> =
            sides.into_iter().enumerate().map(|(i, s)| (place(i), s, s[0], i > 0 && i < last)).collect();
        Self::build(&layers, first, precision, device)
    }

    fn build(sides: &[(usize, [i64; 4], i64, bool)], first: i64, precision: Precision, device: Device) -> Result<Self> {
        let (mut params, mut layers) = (Vec::new(), Vec::new());
        for (module, side, out, normed) in sides {
            params.push(Param {
                name: format!("main.{module}.weight"),
                shape: side.to_vec(),
                storage: Storage::ChannelsLast,
                init: Init::Normal(0.0, 0.02),
            });
            let weight = params.len() - 1;
            let norm = normed.then(|| {
                let name = format!("main.{}", module + 1);
                for (part, init) in [("weight", Init::Normal(1.0, 0.02)), ("bias", Init::Constant(0.0))] {
                    let (name, shape) = (format!("{name}.{part}"), vec![*out]);
                    params.push(Param { name, shape, storage: Storage::Plain, init });
                }
                Norm { scale: weight + 1, shift: weight + 2, stats: BatchNorm::new(&name, *out, device) }
            });
            layers.push(Layer { weight, norm });
        }
        Ok(Self { bank: nn::Bank::new(params, precision, device)?, layers, kind: precision.kind(), first })
    }

    /// Pictures in [−1, 1] from an N×z tensor, N×C×S×S in the network's precision.
    pub fn generate(&self, z: &Tensor, mode: Mode) -> Tensor {
        let n = z.size()[0];
        let mut x = Tensor::new();
        for (i, layer) in self.layers.iter().enumerate() {
            let weight = self.bank.leaf(layer.weight);
            x = if i == 0 {
                // A transposed convolution of a single pixel is a matrix product.
                let flat = weight.permute([0, 2, 3, 1]).reshape([z.size()[1], -1]);
                z.to_kind(self.kind).matmul(&flat).view([n, self.first, self.first, -1]).permute([0, 3, 1, 2])
            } else {
                x.conv_transpose2d(weight, None::<&Tensor>, 2, 1, 0, 1, 1)
            };
            if let Some(norm) = &layer.norm {
                x = self.normalise(&x, norm, mode).relu();
            }
        }
        x.tanh()
    }

    /// N logits, 32-bit, of N×C×S×S pictures in [−1, 1]; positive means "looks real".
    pub fn discriminate(&self, pictures: &Tensor, mode: Mode) -> Tensor {
        self.discriminate_by(|layer| self.bank.leaf(layer.weight).shallow_clone(), &pictures.to_kind(self.kind), mode)
    }

    /// The same, calculated in 32-bit whatever the network's precision, nothing noted; gradients reach the network's own numbers.
    pub fn discriminate_precisely(&self, pictures: &Tensor) -> Tensor {
        let weight = |layer: &Layer| self.bank.leaf(layer.weight).to_kind(Kind::Float);
        self.discriminate_by(weight, &pictures.to_kind(Kind::Float), Mode::Judge)
    }

    fn discriminate_by(&self, weight: impl Fn(&Layer) -> Tensor, pictures: &Tensor, mode: Mode) -> Tensor {
        let (n, last) = (pictures.size()[0], self.layers.len() - 1);
        let mut x = pictures.shallow_clone();
        for layer in &self.layers[..last] {
            x = x.conv2d(&weight(layer), None::<&Tensor>, 2, 1, 1, 1);
            if let Some(norm) = &layer.norm {
                x = self.normalise(&x, norm, mode);
            }
            x = nn::leaky_relu(&x);
        }
        // The last convolution covers the whole map: a matrix product too.
        let weight = weight(&self.layers[last]).permute([0, 2, 3, 1]).reshape([-1, 1]);
        x.permute([0, 2, 3, 1]).reshape([n, -1]).matmul(&weight).view([n]).to_kind(Kind::Float)
    }

    fn normalise(&self, x: &Tensor, norm: &Norm, mode: Mode) -> Tensor {
        let (scale, shift) = (self.bank.leaf(norm.scale), self.bank.leaf(norm.shift));
        match mode {
            Mode::Train => norm.stats.train(x, scale, shift),
            Mode::Judge => norm.stats.train_quietly(x, scale, shift),
            Mode::Infer => norm.stats.infer(x, scale, shift),
        }
    }

    /// Running means and variances of all norms, one after the other.
    pub fn buffers(&self) -> Tensor {
        let _guard = nn::without_gradients();
        let all: Vec<&Tensor> = self.norms().flat_map(|n| n.stats.stats()).collect();
        if all.is_empty() { Tensor::zeros([0], (Kind::Float, self.bank.device())) } else { Tensor::cat(&all, 0) }
    }

    /// A flat parameter buffer and a flat statistics buffer of this network as arrays by name.
    pub fn arrays(&self, parameters: &Tensor, buffers: &Tensor) -> Result<Arrays> {
        let mut arrays = Arrays::new();
        self.bank.arrays_of(parameters, &mut arrays)?;
        let buffers = buffers.f_to_device(Device::Cpu)?;
        let mut at = 0;
        for norm in self.norms() {
            for (name, like) in norm.stats.names().into_iter().zip(norm.stats.stats()) {
                let len = like.size()[0];
                arrays.insert(name, nn::to_array(&buffers.narrow(0, at, len))?);
                at += len;
            }
        }
        Ok(arrays)
    }

    /// Checks arrays by name and makes flat parameters and statistics of them, on the network's device; changes nothing.
    pub fn read(&self, arrays: &Arrays) -> Result<(Tensor, Tensor)> {
        let parameters = self.bank.flat_from(arrays)?;
        let mut parts = vec![Tensor::zeros([0], (Kind::Float, Device::Cpu))];
        for norm in self.norms() {
            parts.extend(norm.stats.read(arrays)?);
        }
        Ok((parameters, Tensor::cat(&parts, 0).f_to_device(self.bank.device())?))
    }

    /// Takes over what [`Net::read`] made.
    pub fn take(&mut self, parameters: &Tensor, buffers: &Tensor) {
        self.bank.update(|master| master.copy_(parameters));
        let mut at = 0;
        for norm in self.layers.iter_mut().filter_map(|l| l.norm.as_mut()) {
            let len = norm.stats.stats()[0].size()[0];
            norm.stats.take(&[buffers.narrow(0, at, len), buffers.narrow(0, at + len, len)]);
            at += 2 * len;
        }
    }

    fn norms(&self) -> impl Iterator<Item = &Norm> {
        self.layers.iter().filter_map(|l| l.norm.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_textbook_network_has_the_tutorials_names_and_sizes() {
        let shape = Shape { size: 32, channels: 1, z_dim: 100, width: 64 };
        let g = Net::generator(&shape, Precision::Fp32, Device::Cpu).unwrap();
        let names = g.arrays(g.bank.master(), &g.buffers()).unwrap();
        assert_eq!(names["main.0.weight"].shape, [100, 256, 4, 4]);
        assert_eq!(names["main.3.weight"].shape, [256, 128, 4, 4]);
        assert_eq!(names["main.6.weight"].shape, [128, 64, 4, 4]);
        assert_eq!(names["main.9.weight"].shape, [64, 1, 4, 4]);
        assert_eq!(names["main.1.running_var"].shape, [256]);
        let d = Net::discriminator(&shape, Precision::Fp32, Device::Cpu).unwrap();
        let names = d.arrays(d.bank.master(), &d.buffers()).unwrap();
        let weights: Vec<_> =
            ["main.0", "main.2", "main.5", "main.8"].iter().map(|n| &names[&format!("{n}.weight")].shape).collect();
        assert_eq!(weights, [&[64, 1, 4, 4], &[128, 64, 4, 4], &[256, 128, 4, 4], &[1, 256, 4, 4]]);
        assert_eq!(names["main.3.weight"].shape, [128]);
    }

    #[test]
    fn every_size_goes_through_both_networks() {
        for size in [28, 32, 64, 128] {
            for channels in [1, 3] {
                let shape = Shape { size, channels, z_dim: 5, width: 2 };
                let g = Net::generator(&shape, Precision::Fp32, Device::Cpu).unwrap();
                let d = Net::discriminator(&shape, Precision::Fp32, Device::Cpu).unwrap();
                let x = g.generate(&Tensor::randn([3, 5], (Kind::Float, Device::Cpu)), Mode::Train);
                assert_eq!(x.size(), [3, channels, size as i64, size as i64]);
                assert_eq!(d.discriminate(&x, Mode::Train).size(), [3]);
            }
        }
    }

    #[test]
    fn the_products_equal_the_convolutions_they_stand_for() {
        let shape = Shape { size: 32, channels: 1, z_dim: 6, width: 2 };
        let g = Net::generator(&shape, Precision::Fp32, Device::Cpu).unwrap();
        let z = Tensor::randn([3, 6], (Kind::Float, Device::Cpu));
        let weight = g.bank.leaf(0);
        let wanted = z.view([3, 6, 1, 1]).conv_transpose2d(weight, None::<&Tensor>, 1, 0, 0, 1, 1);
        let flat = weight.permute([0, 2, 3, 1]).reshape([6, -1]);
        let got = z.matmul(&flat).view([3, 4, 4, -1]).permute([0, 3, 1, 2]);
        assert!(f64::try_from((wanted - got).abs().max()).unwrap() < 1e-5);
    }
}
