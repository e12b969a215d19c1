//! The DCGAN's generator and discriminator (Radford et al. 2016), named as in `PyTorch`'s tutorial: `main.0.weight` and so on.

use crate::{
    models::common::Shape,
    nn::{Init, Kind, Mode, Norm, Numbers, Plan, Storage, Tensor, leaky_relu},
};

/// The forward pass of a generator or discriminator on the parameters of a trainer or a player.
pub trait Forward {
    /// Pictures from N×z latents, or logits from N×C×S×S pictures.
    fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor;
}

/// Initialisation of all convolutions.
const START: Init = Init::Normal(0.0, 0.02);

/// A weight and, unless it is the last or the discriminator's first, the batch norm behind it.
pub struct Layer {
    /// Number of the weight in the plan.
    pub weight: usize,
    /// The norm behind it.
    pub norm: Option<Norm>,
}

impl Layer {
    /// Plans `main.MODULE.weight` and, where a norm of `channels` follows, `main.(MODULE + 1)`.
    fn new(plan: &mut Plan, module: usize, sides: [i64; 4], channels: Option<i64>) -> Self {
        let weight = plan.param(&format!("main.{module}.weight"), &sides, Storage::ChannelsLast, START);
        let norm = channels.map(|channels| Norm::new(plan, &format!("main.{}", module + 1), channels));
        Self { weight, norm }
    }

    fn normalised(&self, numbers: &dyn Numbers, x: Tensor, mode: Mode) -> Tensor {
        match &self.norm {
            Some(norm) => norm.forward(numbers, &x, mode),
            None => x,
        }
    }
}

/// The generator: a projection to the first feature map, then doublings by transposed convolutions, `ReLU` between, tanh last.
pub struct TextbookGenerator {
    /// The layers in order.
    pub layers: Vec<Layer>,
    /// Side of the first feature map.
    pub first: i64,
}

impl TextbookGenerator {
    /// Plans the modules of `Sequential(ConvTranspose, BatchNorm, ReLU, …)`: the i-th weight is module 3·i; output channels are the
    /// second axis.
    pub fn new(plan: &mut Plan, shape: &Shape) -> Self {
        let (first, widths) = shape.maps();
        let mut sides = vec![[shape.z_dim, widths[0], first, first]];
        sides.extend(widths.windows(2).map(|w| [w[0], w[1], 4, 4]));
        sides.push([widths[widths.len() - 1], shape.channels, 4, 4]);
        let last = sides.len() - 1;
        let layer = |(i, sides): (usize, [i64; 4])| Layer::new(plan, 3 * i, sides, (i < last).then_some(sides[1]));
        Self { layers: sides.into_iter().enumerate().map(layer).collect(), first }
    }
}

impl Forward for TextbookGenerator {
    /// Pictures in [−1, 1] from an N×z tensor, N×C×S×S in the network's precision.
    fn forward(&self, numbers: &dyn Numbers, z: &Tensor, mode: Mode) -> Tensor {
        let mut x = Tensor::new();
        for (i, layer) in self.layers.iter().enumerate() {
            let weight = numbers.leaf(layer.weight);
            x = if i == 0 {
                // A transposed convolution of a single pixel is a matrix product.
                let flat = weight.permute([0, 2, 3, 1]).reshape([z.size()[1], -1]);
                let maps = z.to_kind(numbers.kind()).matmul(&flat);
                maps.view([z.size()[0], self.first, self.first, -1]).permute([0, 3, 1, 2])
            } else {
                x.conv_transpose2d(weight, None::<&Tensor>, 2, 1, 0, 1, 1)
            };
            if layer.norm.is_some() {
                x = layer.normalised(numbers, x, mode).relu();
            }
        }
        x.tanh()
    }
}

/// The discriminator: the generator mirrored, leaky `ReLU` 0.2, no norm behind the first convolution.
pub struct TextbookDiscriminator {
    /// The layers in order.
    pub layers: Vec<Layer>,
}

impl TextbookDiscriminator {
    /// Plans the modules of `Sequential(Conv, LeakyReLU, Conv, BatchNorm, LeakyReLU, …)`: weights are modules 0, 2, 5, 8, …
    pub fn new(plan: &mut Plan, shape: &Shape) -> Self {
        let (first, mut widths) = shape.maps();
        widths.reverse();
        let mut sides = vec![[widths[0], shape.channels, 4, 4]];
        sides.extend(widths.windows(2).map(|w| [w[1], w[0], 4, 4]));
        sides.push([1, widths[widths.len() - 1], first, first]);
        let last = sides.len() - 1;
        let layer = |(i, sides): (usize, [i64; 4])| {
            let module = if i == 0 { 0 } else { 3 * i - 1 };
            Layer::new(plan, module, sides, (i > 0 && i < last).then_some(sides[0]))
        };
        Self { layers: sides.into_iter().enumerate().map(layer).collect() }
    }
}

impl Forward for TextbookDiscriminator {
    /// N logits, 32-bit, of N×C×S×S pictures in [−1, 1]; positive means "looks real".
    fn forward(&self, numbers: &dyn Numbers, pictures: &Tensor, mode: Mode) -> Tensor {
        let (n, last) = (pictures.size()[0], self.layers.len() - 1);
        let mut x = pictures.to_kind(numbers.kind());
        for layer in &self.layers[..last] {
            let y = x.conv2d(numbers.leaf(layer.weight), None::<&Tensor>, 2, 1, 1, 1);
            x = leaky_relu(&layer.normalised(numbers, y, mode));
        }
        // The last convolution covers the whole map: a matrix product too.
        let weight = numbers.leaf(self.layers[last].weight).permute([0, 2, 3, 1]).reshape([-1, 1]);
        x.permute([0, 2, 3, 1]).reshape([n, -1]).matmul(&weight).view([n]).to_kind(Kind::Float)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        nn::{Device, Network, Precision},
        weights::Arrays,
    };

    fn networks(shape: &Shape) -> ((TextbookGenerator, Network), (TextbookDiscriminator, Network)) {
        let (mut g_plan, mut d_plan) = (Plan::default(), Plan::default());
        let (g, d) = (TextbookGenerator::new(&mut g_plan, shape), TextbookDiscriminator::new(&mut d_plan, shape));
        let [g_net, d_net] = [g_plan, d_plan].map(|plan| Network::new(plan, Precision::Fp32, Device::Cpu).unwrap());
        ((g, g_net), (d, d_net))
    }

    fn arrays(net: &Network) -> Arrays {
        net.arrays(net.bank.master(), &net.noted()).unwrap()
    }

    #[test]
    fn the_textbook_network_has_the_tutorials_names_and_sizes() {
        let ((_, g), (_, d)) = networks(&Shape { size: 32, channels: 1, z_dim: 100, width: 64 });
        let names = arrays(&g);
        assert_eq!(names["main.0.weight"].shape, [100, 256, 4, 4]);
        assert_eq!(names["main.3.weight"].shape, [256, 128, 4, 4]);
        assert_eq!(names["main.6.weight"].shape, [128, 64, 4, 4]);
        assert_eq!(names["main.9.weight"].shape, [64, 1, 4, 4]);
        assert_eq!(names["main.1.running_var"].shape, [256]);
        let names = arrays(&d);
        let weights: Vec<_> =
            ["main.0", "main.2", "main.5", "main.8"].iter().map(|n| &names[&format!("{n}.weight")].shape).collect();
        assert_eq!(weights, [&[64, 1, 4, 4], &[128, 64, 4, 4], &[256, 128, 4, 4], &[1, 256, 4, 4]]);
        assert_eq!(names["main.3.weight"].shape, [128]);
    }

    #[test]
    fn every_size_goes_through_both_networks() {
        for size in [28, 32, 64, 128] {
            for channels in [1, 3] {
                let ((g, g_net), (d, d_net)) = networks(&Shape { size, channels, z_dim: 5, width: 2 });
                let x = g.forward(&g_net, &Tensor::randn([3, 5], (Kind::Float, Device::Cpu)), Mode::Train);
                assert_eq!(x.size(), [3, channels, size as i64, size as i64]);
                assert_eq!(d.forward(&d_net, &x, Mode::Train).size(), [3]);
            }
        }
    }

    #[test]
    fn the_products_equal_the_convolutions_they_stand_for() {
        let ((_, g), _) = networks(&Shape { size: 32, channels: 1, z_dim: 6, width: 2 });
        let z = Tensor::randn([3, 6], (Kind::Float, Device::Cpu));
        let weight = g.leaf(0);
        let wanted = z.view([3, 6, 1, 1]).conv_transpose2d(weight, None::<&Tensor>, 1, 0, 0, 1, 1);
        let flat = weight.permute([0, 2, 3, 1]).reshape([6, -1]);
        let got = z.matmul(&flat).view([3, 4, 4, -1]).permute([0, 3, 1, 2]);
        assert!(f64::try_from((wanted - got).abs().max()).unwrap() < 1e-5);
    }
}
