//! Plays a DCGAN: its own copy of the weights, batch norms folded into the convolutions.

use super::{
    Player,
    dcgan_nets::{Shape, plan},
};
use crate::{
    latent::Code,
    nn::{self, Device, Kind, NORM_EPSILON, Tensor},
    picture::{Picture, Pixels},
    weights::Arrays,
};
use anyhow::{Result, ensure};

/// One transposed or plain convolution with its folded norm.
struct Folded {
    weight: Tensor,
    bias: Option<Tensor>,
}

/// Generator and, once taken, discriminator of one DCGAN.
pub struct DcganPlayer {
    shape: Shape,
    device: Device,
    generator: Vec<Folded>,
    discriminator: Vec<Folded>,
}

impl DcganPlayer {
    /// A player without weights.
    pub fn new(shape: Shape, device: Device) -> Self {
        Self { shape, device, generator: Vec::new(), discriminator: Vec::new() }
    }

    /// Shapes of the generator's weights and whether a norm follows, by module number.
    fn generator_plan(&self) -> Vec<(usize, Vec<i64>, bool)> {
        let (first, levels) = plan(self.shape.size);
        let w = self.shape.width;
        let mut all = vec![(0, vec![self.shape.z_dim, levels[0] * w, first, first], true)];
        for (i, pair) in levels.windows(2).enumerate() {
            all.push((3 * (i + 1), vec![pair[0] * w, pair[1] * w, 4, 4], true));
        }
        all.push((3 * levels.len(), vec![levels[levels.len() - 1] * w, self.shape.channels, 4, 4], false));
        all
    }

    fn discriminator_plan(&self) -> Vec<(usize, Vec<i64>, bool)> {
        let (first, levels) = plan(self.shape.size);
        let widths: Vec<i64> = levels.iter().rev().map(|l| l * self.shape.width).collect();
        let mut all = vec![(0, vec![widths[0], self.shape.channels, 4, 4], false)];
        for (i, pair) in widths.windows(2).enumerate() {
            all.push((3 * (i + 1) - 1, vec![pair[1], pair[0], 4, 4], true));
        }
        all.push((3 * widths.len() - 1, vec![1, widths[widths.len() - 1], first, first], false));
        all
    }

    fn picture_tensor(&self, codes: &[Code]) -> Result<Tensor> {
        ensure!(!self.generator.is_empty(), "There are no weights to play yet.");
        let z_dim = self.shape.z_dim as usize;
        let mut flat = Vec::with_capacity(codes.len() * z_dim);
        for code in codes {
            ensure!(code.z.len() == z_dim, "The latent has {} numbers where {z_dim} are needed.", code.z.len());
            flat.extend(code.z.iter().map(|v| v * code.psi));
        }
        let n = codes.len() as i64;
        let z = Tensor::f_from_slice(&flat)?.to_device(self.device).view([n, self.shape.z_dim]);
        let side = plan(self.shape.size).0;
        let mut x = Tensor::new();
        for (i, layer) in self.generator.iter().enumerate() {
            x = match (i, &layer.bias) {
                (0, Some(bias)) => bias.addmm(&z, &layer.weight).view([n, side, side, -1]).permute([0, 3, 1, 2]).relu(),
                (_, bias) => {
                    let y = x.conv_transpose2d(&layer.weight, bias.as_ref(), 2, 1, 0, 1, 1);
                    if bias.is_some() { y.relu() } else { y.tanh() }
                }
            };
        }
        Ok(x)
    }
}

/// Scale and shift of a folded norm: y = x·scale + shift.
fn fold(arrays: &Arrays, module: usize, channels: i64) -> Result<(Tensor, Tensor)> {
    let read = |part: &str| {
        Ok::<_, anyhow::Error>(nn::to_tensor(nn::check(arrays, &format!("main.{module}.{part}"), &[channels])?))
    };
    let scale = read("weight")? / (read("running_var")? + NORM_EPSILON).sqrt();
    let shift = read("bias")? - read("running_mean")? * &scale;
    Ok((scale, shift))
}

impl Player for DcganPlayer {
    fn z_dim(&self) -> usize {
        self.shape.z_dim as usize
    }

    fn take(&mut self, generator: &Arrays, discriminator: Option<&Arrays>) -> Result<()> {
        let _guard = nn::without_gradients();
        let mut folded = Vec::new();
        for (module, shape, normed) in self.generator_plan() {
            let mut weight = nn::to_tensor(nn::check(generator, &format!("main.{module}.weight"), &shape)?);
            let mut bias = None;
            if normed {
                let (scale, shift) = fold(generator, module + 1, shape[1])?;
                weight *= scale.view([1, -1, 1, 1]);
                bias = Some(shift.to_device(self.device));
            }
            weight = nn::channels_last(&weight.to_device(self.device));
            if module == 0 {
                // As a matrix, with the shift repeated for every pixel of the first map.
                weight = weight.permute([0, 2, 3, 1]).reshape([shape[0], -1]);
                bias = bias.map(|b| b.repeat([shape[2] * shape[3]]));
            }
            folded.push(Folded { weight, bias });
        }
        let mut judge = Vec::new();
        if let Some(arrays) = discriminator {
            for (module, shape, normed) in self.discriminator_plan() {
                let mut weight = nn::to_tensor(nn::check(arrays, &format!("main.{module}.weight"), &shape)?);
                let mut bias = None;
                if normed {
                    let (scale, shift) = fold(arrays, module + 1, shape[0])?;
                    weight *= scale.view([-1, 1, 1, 1]);
                    bias = Some(shift.to_device(self.device));
                }
                judge.push(Folded { weight: nn::channels_last(&weight.to_device(self.device)), bias });
            }
        }
        (self.generator, self.discriminator) = (folded, judge);
        Ok(())
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let _guard = nn::without_gradients();
        nn::to_pictures(&self.picture_tensor(codes)?)
    }

    fn judge(&self, pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        let Some((last, body)) = self.discriminator.split_last() else { return Ok(None) };
        if pictures.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let _guard = nn::without_gradients();
        let channels = self.shape.channels as usize;
        let mut pixels = Pixels::new(self.shape.size, channels);
        for picture in pictures {
            ensure!(
                picture.width == self.shape.size && picture.height == self.shape.size,
                "The picture has another size."
            );
            let bytes: Vec<u8> = picture.rgb.chunks_exact(3).flat_map(|p| p[..channels].iter().copied()).collect();
            pixels.push(&bytes);
        }
        let mut x = nn::from_pixels(&pixels, Kind::Float, self.device)?;
        for layer in body {
            x = nn::leaky_relu(&x.conv2d(&layer.weight, layer.bias.as_ref(), 2, 1, 1, 1));
        }
        let weight = last.weight.permute([0, 2, 3, 1]).reshape([-1, 1]);
        let logits = x.permute([0, 2, 3, 1]).reshape([pictures.len() as i64, -1]).matmul(&weight).view([-1]);
        Ok(Some(Vec::try_from(logits.sigmoid())?))
    }
}
