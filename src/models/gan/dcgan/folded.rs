//! The textbook's networks as players run them: batch norms are folded into the convolutions.

use super::textbook::{Layer, TextbookDiscriminator, TextbookGenerator};
use crate::{
    models::common::Source,
    nn::{self, Device, Frozen, Kind, Numbers, Precision, Tensor},
};
use anyhow::Result;

/// Convolutions with folded batch norms: weights, and biases where a norm was.
pub struct Folded {
    layers: Vec<(Tensor, Option<Tensor>)>,
    /// Side of a generator's first feature map.
    first: i64,
}

impl Folded {
    /// Checks a generator's weights and folds its norms.
    pub fn generator(net: &TextbookGenerator, source: &Source) -> Result<Self> {
        let mut layers = fold(&net.layers, source, [1, -1, 1, 1])?;
        // As a matrix, with the shift repeated for every pixel of the first map.
        let (weight, bias) = &mut layers[0];
        *bias = bias.as_ref().map(|bias| bias.repeat([net.first * net.first]));
        *weight = weight.permute([0, 2, 3, 1]).reshape([weight.size()[0], -1]);
        Ok(Self { layers, first: net.first })
    }

    /// Checks a discriminator's weights and folds its norms.
    pub fn discriminator(net: &TextbookDiscriminator, source: &Source) -> Result<Self> {
        Ok(Self { layers: fold(&net.layers, source, [-1, 1, 1, 1])?, first: 0 })
    }

    /// N×z → N×C×S×S in [−1, 1], 32-bit.
    pub fn generate(&self, z: &Tensor) -> Tensor {
        let (n, side) = (z.size()[0], self.first);
        let mut x = z.shallow_clone();
        for (i, (weight, bias)) in self.layers.iter().enumerate() {
            x = match (i, bias) {
                // In place: a fresh tensor for each step costs more than the step.
                (0, Some(bias)) => {
                    let maps = bias.addmm(&x.to_kind(weight.kind()), weight);
                    maps.view([n, side, side, -1]).permute([0, 3, 1, 2]).relu_()
                }
                (_, bias) => {
                    let mut y = x.conv_transpose2d(weight, bias.as_ref(), 2, 1, 0, 1, 1);
                    if bias.is_some() { y.relu_() } else { y.to_kind(Kind::Float).tanh_() }
                }
            };
        }
        x
    }

    /// N×C×S×S pictures → N logits, 32-bit.
    pub fn discriminate(&self, pictures: &Tensor) -> Tensor {
        let (last, mut x) = (self.layers.len() - 1, pictures.to_kind(self.layers[0].0.kind()));
        for (weight, bias) in &self.layers[..last] {
            x = nn::leaky_relu(&x.conv2d(weight, bias.as_ref(), 2, 1, 1, 1));
        }
        let weight = self.layers[last].0.permute([0, 2, 3, 1]).reshape([-1, 1]);
        let flat = x.permute([0, 2, 3, 1]).reshape([pictures.size()[0], -1]);
        flat.matmul(&weight).view([-1]).to_kind(Kind::Float)
    }
}

/// Weights multiplied by their norms' scales, which are broadcast from the shape `outputs`, and the norms' shifts, in the player's precision.
fn fold(layers: &[Layer], source: &Source, outputs: [i64; 4]) -> Result<Vec<(Tensor, Option<Tensor>)>> {
    // Fold in 32-bit, then round to the player's precision.
    let numbers = Frozen::read(source.plan, source.arrays, Precision::Fp32, Device::Cpu)?;
    let own = |x: &Tensor| x.to_device(source.device).to_kind(source.precision.kind());
    let one = |layer: &Layer| {
        let weight = numbers.leaf(layer.weight);
        let Some(norm) = &layer.norm else { return (nn::channels_last(&own(weight)), None) };
        let (scale, shift) = norm.folded(&numbers);
        (nn::channels_last(&own(&(weight * scale.view(outputs)))), Some(own(&shift)))
    };
    Ok(layers.iter().map(one).collect())
}

#[cfg(test)]
mod tests {
    use super::{super::textbook::Forward, *};
    use crate::{
        latent::Code,
        models::common::{Shape, rows},
        nn::{Mode, Network, Plan},
        weights::Arrays,
    };

    #[test]
    fn bf16_pictures_are_those_of_fp32_within_a_few_levels() {
        let shape = Shape { size: 32, channels: 3, z_dim: 12, width: 8 };
        let weights = settled_weights(&shape);
        let codes: Vec<_> = (0..8).map(|seed| Code::from_seed(seed, 12)).collect();
        let mut plan = Plan::default();
        let net = TextbookGenerator::new(&mut plan, &shape);
        let z = rows::latents(&codes, 12, Device::Cpu).unwrap();
        let pictures = [Precision::Fp32, Precision::Bf16].map(|precision| {
            let _guard = nn::without_gradients();
            let source = Source { plan: &plan, arrays: &weights, precision, device: Device::Cpu };
            nn::to_pictures(&Folded::generator(&net, &source).unwrap().generate(&z)).unwrap()
        });
        let apart: Vec<u8> = pictures[0]
            .iter()
            .zip(&pictures[1])
            .flat_map(|(a, b)| a.rgb.iter().zip(b.rgb.iter()).map(|(a, b)| a.abs_diff(*b)).collect::<Vec<_>>())
            .collect();
        let mean = apart.iter().map(|&d| f32::from(d)).sum::<f32>() / apart.len() as f32;
        assert!(
            apart.iter().max() <= Some(&4) && mean < 0.5,
            "at most {:?} levels, {mean} on average",
            apart.iter().max()
        );
        assert!(apart.iter().any(|&d| d > 0), "the two were calculated differently");
        let (least, most) = (pictures[0][0].rgb.iter().min(), pictures[0][0].rgb.iter().max());
        assert!(most.zip(least).is_some_and(|(a, b)| a - b > 60), "the picture has contrast: {least:?} to {most:?}");
    }

    /// Weights large enough for contrast, with statistics that fit them.
    fn settled_weights(shape: &Shape) -> Arrays {
        let _guard = nn::without_gradients();
        nn::seed_global(1);
        let mut plan = Plan::default();
        let generator = TextbookGenerator::new(&mut plan, shape);
        let mut net = Network::new(plan, Precision::Fp32, Device::Cpu).unwrap();
        net.bank.update(|master| drop(master.g_mul_scalar_(3.0)));
        for round in 0..60 {
            let z: Vec<f32> = (0..16).flat_map(|i| Code::from_seed(round * 16 + i, 12).z).collect();
            drop(generator.forward(&net, &Tensor::from_slice(&z).view([16, 12]), Mode::Train));
        }
        net.arrays(net.bank.master(), &net.noted()).unwrap()
    }
}
