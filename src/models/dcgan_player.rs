//! Plays a DCGAN: its own copy of the weights; in the textbook's networks batch norms are folded into the convolutions.

use super::{
    Decoded, Player,
    dcgan::probability,
    dcgan_nets::{Shape, plan},
    dcgan_rich::{Options, RichDiscriminator, RichGenerator},
    mixture_latent::MixtureLatent,
    rows,
};
use crate::{
    latent::Code,
    nn::{self, Device, Frozen, Kind, Mode, NORM_EPSILON, Normalisation, Plan, Precision, Tensor, losses::Adversarial},
    picture::Picture,
    weights::{Array, Arrays},
};
use anyhow::{Result, ensure};

/// One transposed or plain convolution with its folded norm.
struct Folded {
    weight: Tensor,
    bias: Option<Tensor>,
}

/// A network other than the textbook's, with its numbers once they are taken.
struct Rich<P> {
    plan: Plan,
    pass: P,
    numbers: Option<Frozen>,
}

impl<P> Rich<P> {
    fn new(build: impl FnOnce(&mut Plan) -> P) -> Self {
        let mut plan = Plan::default();
        let pass = build(&mut plan);
        Self { plan, pass, numbers: None }
    }
}

/// Generator and, once taken, discriminator of one DCGAN.
pub struct DcganPlayer {
    shape: Shape,
    mixture: Option<MixtureLatent>,
    game: Adversarial,
    precision: Precision,
    kind: Kind,
    device: Device,
    normalisation: Normalisation,
    generator: Vec<Folded>,
    discriminator: Vec<Folded>,
    rich_generator: Option<Rich<RichGenerator>>,
    rich_discriminator: Option<Rich<RichDiscriminator>>,
}

impl DcganPlayer {
    /// A player without weights. In bf16 it is twice as fast where the processor has it, and its pictures differ by a level or
    /// two of 255: as much as those the networks saw while they trained in bf16.
    pub fn new(shape: Shape, options: Options, game: Adversarial, precision: Precision, device: Device) -> Self {
        let rich_generator =
            (!options.plain_generator()).then(|| Rich::new(|plan| RichGenerator::new(plan, &shape, options)));
        let rich_discriminator =
            (!options.plain_discriminator()).then(|| Rich::new(|plan| RichDiscriminator::new(plan, &shape, options)));
        let kind = precision.kind();
        let (generator, discriminator) = (Vec::new(), Vec::new());
        Self {
            shape,
            mixture: None,
            game,
            precision,
            kind,
            device,
            normalisation: Normalisation::default(),
            generator,
            discriminator,
            rich_generator,
            rich_discriminator,
        }
    }

    /// The same with a latent that is a mixture.
    #[must_use]
    pub fn among(self, mixture: Option<MixtureLatent>) -> Self {
        Self { mixture, ..self }
    }

    /// The same with pictures that were normalised while it trained.
    #[must_use]
    pub fn normalised(self, normalisation: Normalisation) -> Self {
        Self { normalisation, ..self }
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

    fn own(&self, x: &Tensor) -> Tensor {
        x.to_device(self.device).to_kind(self.kind)
    }

    fn picture_tensor(&self, codes: &[Code]) -> Result<Tensor> {
        self.generate(&rows::latents(codes, self.shape.z_dim, self.device)?)
    }

    /// N×z → N×C×S×S.
    fn generate(&self, z: &Tensor) -> Result<Tensor> {
        let rich = self.rich_generator.as_ref().and_then(|g| Some((&g.pass, g.numbers.as_ref()?)));
        ensure!(rich.is_some() || !self.generator.is_empty(), "There are no weights to play yet.");
        let n = z.size()[0];
        let z = self.mixture.as_ref().map_or_else(|| z.shallow_clone(), |mixture| mixture.latents(z));
        let z = z.to_kind(self.kind);
        if let Some((pass, numbers)) = rich {
            return Ok(pass.generate(numbers, &z, Mode::Infer));
        }
        let side = plan(self.shape.size).0;
        let mut x = Tensor::new();
        for (i, layer) in self.generator.iter().enumerate() {
            x = match (i, &layer.bias) {
                // In place: a fresh tensor for each step costs more than the step.
                (0, Some(bias)) => {
                    bias.addmm(&z, &layer.weight).view([n, side, side, -1]).permute([0, 3, 1, 2]).relu_()
                }
                (_, bias) => {
                    let mut y = x.conv_transpose2d(&layer.weight, bias.as_ref(), 2, 1, 0, 1, 1);
                    if bias.is_some() { y.relu_() } else { y.to_kind(Kind::Float).tanh_() }
                }
            };
        }
        Ok(x)
    }

    fn fold_generator(&self, generator: &Arrays) -> Result<Vec<Folded>> {
        let mut folded = Vec::new();
        for (module, shape, normed) in self.generator_plan() {
            let mut weight = nn::to_tensor(nn::check(generator, &format!("main.{module}.weight"), &shape)?);
            let mut bias = None;
            if normed {
                let (scale, shift) = fold(generator, module + 1, shape[1])?;
                weight *= scale.view([1, -1, 1, 1]);
                bias = Some(self.own(&shift));
            }
            weight = nn::channels_last(&self.own(&weight));
            if module == 0 {
                // As a matrix, with the shift repeated for every pixel of the first map.
                weight = weight.permute([0, 2, 3, 1]).reshape([shape[0], -1]);
                bias = bias.map(|b| b.repeat([shape[2] * shape[3]]));
            }
            folded.push(Folded { weight, bias });
        }
        Ok(folded)
    }

    fn fold_discriminator(&self, arrays: &Arrays) -> Result<Vec<Folded>> {
        let mut judge = Vec::new();
        for (module, shape, normed) in self.discriminator_plan() {
            let mut weight = nn::to_tensor(nn::check(arrays, &format!("main.{module}.weight"), &shape)?);
            let mut bias = None;
            if normed {
                let (scale, shift) = fold(arrays, module + 1, shape[0])?;
                weight *= scale.view([-1, 1, 1, 1]);
                bias = Some(self.own(&shift));
            }
            judge.push(Folded { weight: nn::channels_last(&self.own(&weight)), bias });
        }
        Ok(judge)
    }

    /// N logits of N×C×S×S pictures; nothing where no discriminator was taken.
    fn logits(&self, pictures: &Tensor) -> Option<Tensor> {
        if let Some((pass, numbers)) =
            self.rich_discriminator.as_ref().and_then(|d| Some((&d.pass, d.numbers.as_ref()?)))
        {
            return Some(pass.discriminate(numbers, pictures, Mode::Infer));
        }
        let (last, body) = self.discriminator.split_last()?;
        let mut x = pictures.shallow_clone();
        for layer in body {
            x = nn::leaky_relu(&x.conv2d(&layer.weight, layer.bias.as_ref(), 2, 1, 1, 1));
        }
        let weight = last.weight.permute([0, 2, 3, 1]).reshape([-1, 1]);
        let flat = x.permute([0, 2, 3, 1]).reshape([pictures.size()[0], -1]);
        Some(flat.matmul(&weight).view([-1]).to_kind(Kind::Float))
    }

    /// The discriminator's logits of pictures, where there is one.
    fn verdict(&self, pictures: &[Picture]) -> Result<Option<Tensor>> {
        let rich = self.rich_discriminator.as_ref().is_some_and(|d| d.numbers.is_some());
        if !rich && self.discriminator.is_empty() {
            return Ok(None);
        }
        if pictures.is_empty() {
            return Ok(Some(Tensor::zeros([0], (Kind::Float, Device::Cpu))));
        }
        let Shape { size, channels, .. } = self.shape;
        Ok(self.logits(&self.normalisation.from_pictures(pictures, size, channels as usize, self.kind, self.device)?))
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

    fn load_weights(&mut self, generator: &Arrays, discriminator: Option<&Arrays>) -> Result<()> {
        let _guard = nn::without_gradients();
        let read = |plan: &Plan, arrays: &Arrays| Frozen::read(plan, arrays, self.precision, self.device);
        let rich_g = self.rich_generator.as_ref().map(|g| read(&g.plan, generator)).transpose()?;
        let folded = if rich_g.is_some() { Vec::new() } else { self.fold_generator(generator)? };
        let (mut rich_d, mut judge) = (None, Vec::new());
        match (&self.rich_discriminator, discriminator) {
            (Some(d), Some(arrays)) => rich_d = Some(read(&d.plan, arrays)?),
            (None, Some(arrays)) => judge = self.fold_discriminator(arrays)?,
            (_, None) => {}
        }
        (self.generator, self.discriminator) = (folded, judge);
        if let Some(g) = &mut self.rich_generator {
            g.numbers = rich_g;
        }
        if let Some(d) = &mut self.rich_discriminator {
            d.numbers = rich_d;
        }
        Ok(())
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let _guard = nn::without_gradients();
        self.normalisation.to_pictures(&self.picture_tensor(codes)?)
    }

    fn decode_array(&self, codes: &[Code]) -> Result<Option<Array>> {
        let _guard = nn::without_gradients();
        nn::to_array(&self.picture_tensor(codes)?).map(Some)
    }

    fn decode_differentiably(&self, z: &Tensor, codes: &[Code]) -> Result<Option<Decoded>> {
        let pictures = self.generate(&rows::followed(z, codes, self.shape.z_dim, self.device)?)?;
        let logits = self.logits(&pictures.to_kind(self.kind));
        Ok(Some(Decoded { pictures: self.normalisation.to_brightness(pictures), logits }))
    }

    fn judge(&self, pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        let _guard = nn::without_gradients();
        rows::numbers(self.verdict(pictures)?.map(|logits| probability(self.game, &logits)))
    }

    fn rank(&self, _codes: &[Code], pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        let _guard = nn::without_gradients();
        rows::numbers(self.verdict(pictures)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{dcgan_nets::Net, dcgan_rich::Norms};

    const TEXTBOOK: Options = Options { resize: false, residual: false, attention: None, norms: Norms::Batch };

    #[test]
    fn bf16_pictures_are_those_of_fp32_within_a_few_levels() {
        let shape = Shape { size: 32, channels: 3, z_dim: 12, width: 8 };
        let weights = settled_weights(&shape);
        let codes: Vec<_> = (0..8).map(|seed| Code::from_seed(seed, 12)).collect();
        let pictures = [Precision::Fp32, Precision::Bf16].map(|precision| {
            let mut player = DcganPlayer::new(shape, TEXTBOOK, Adversarial::NonSaturating, precision, Device::Cpu);
            player.load_weights(&weights, None).unwrap();
            player.play(&codes).unwrap()
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
        let mut net = Net::generator(shape, Precision::Fp32, Device::Cpu).unwrap();
        net.bank.update(|master| drop(master.g_mul_scalar_(3.0)));
        for round in 0..60 {
            let z: Vec<f32> = (0..16).flat_map(|i| Code::from_seed(round * 16 + i, 12).z).collect();
            drop(net.generate(&Tensor::from_slice(&z).view([16, 12]), Mode::Train));
        }
        net.arrays(net.bank.master(), &net.buffers()).unwrap()
    }
}
