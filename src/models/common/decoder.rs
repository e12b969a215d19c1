//! The player that all families share, and the trait with which a family says how it decodes and encodes.

use super::{
    negative_elbo::{NegativeElbo, ROUND},
    plans::{Networks, Plans},
    player::{Decoded, Player},
    rows,
    shape::Frame,
};
use crate::{
    latent::Code,
    nn::{self, Device, Frozen, Kind, Normalisation, Plan, Precision, Tensor},
    picture::{Picture, Pixels},
    spec::{DataShape, Knobs},
    weights::{Array, Arrays},
};
use anyhow::{Context, Result, bail};
use std::ops::Range;

/// Weights to load for a player, with the plan, precision and device to load them for.
pub struct Source<'a> {
    /// The plan of the network.
    pub plan: &'a Plan,
    /// The weights by name.
    pub arrays: &'a Arrays,
    /// Number format of the heavy layers.
    pub precision: Precision,
    /// The device that the player runs on.
    pub device: Device,
}

impl Source<'_> {
    /// Checks the weights against the plan and copies them; an error names the first that is missing or has another shape.
    pub fn frozen(&self) -> Result<Frozen> {
        Frozen::read(self.plan, self.arrays, self.precision, self.device)
    }
}

/// The forward passes between codes and pictures that are specific to a family; [`NetPlayer`] does the rest.
pub trait Decoder: Networks {
    /// A network's loaded weights, with whatever is derived from them.
    type Loaded;
    /// Whether the family has an encoder.
    const ENCODES: bool = false;
    /// Whether a player judges pictures with the discriminator, where the family has one.
    const JUDGES: bool = true;
    /// Whether gradients pass through [`Decoder::decode`].
    const DIFFERENTIABLE: bool = true;

    /// Checks and loads a generator's weights.
    fn load(&self, source: &Source) -> Result<Self::Loaded>;
    /// Checks and loads a discriminator's weights.
    fn load_discriminator(&self, source: &Source) -> Result<Self::Loaded> {
        self.load(source)
    }
    /// Decodes N×z latents of N ≥ 1 codes, not yet scaled by their truncations, to N×C×S×S pictures in about [−1, 1].
    fn decode(&self, generator: &Self::Loaded, z: &Tensor, codes: &[Code]) -> Result<Tensor>;
    /// Decodes N×z latents, scaled by the truncations, for [`Player::decode_array`]; `None` where that is not supported.
    fn decode_plainly(&self, _generator: &Self::Loaded, _z: &Tensor) -> Option<Tensor> {
        None
    }
    /// The discriminator's N logits, 32-bit, for N×C×S×S pictures; `asked` are the codes that the pictures were drawn from, where known.
    fn logits(&self, _discriminator: &Self::Loaded, _pictures: &Tensor, _asked: Option<&[Code]>) -> Result<Tensor> {
        bail!("This family has no discriminator.")
    }
    /// Converts logits to probabilities in [0, 1].
    fn probability(&self, logits: &Tensor) -> Tensor {
        logits.sigmoid()
    }
    /// Encodes N×C×S×S pictures, N ≥ 1; called only where [`Decoder::ENCODES`].
    fn encode(&self, _generator: &Self::Loaded, _pictures: &Tensor) -> Result<Vec<Code>> {
        bail!("This family has no encoder.")
    }
    /// The kind of pixels that [`Decoder::bounds`] measures; `None` for families without a likelihood.
    fn likelihood(&self) -> Option<&'static str> {
        None
    }
    /// The negative evidence lower bound of each of N×C×S×S pictures in nats; `places` are their indices in the whole set.
    fn bounds(
        &self,
        _generator: &Self::Loaded,
        _pictures: &Tensor,
        _labels: Option<&[u32]>,
        _seed: u64,
        _places: Range<u64>,
    ) -> Result<Vec<f64>> {
        bail!("This family has no likelihood.")
    }
    /// See [`Player::paired_examples`].
    fn paired_examples(&self, _: &Pixels, _: Option<&Pixels>, _: &[u32]) -> Result<Option<(Vec<Code>, Pixels)>> {
        Ok(None)
    }
    /// See [`Player::importance`].
    fn importance(&self, _generator: &Self::Loaded) -> Option<Vec<f32>> {
        None
    }
}

/// A player of any family: its own copy of the weights, run forwards only.
pub struct NetPlayer<D: Decoder> {
    /// The family's networks.
    pub decoder: D,
    plans: Plans,
    frame: Frame,
    /// Length of the latent; 0 for families that draw from pictures.
    z_dim: i64,
    precision: Precision,
    device: Device,
    normalisation: Normalisation,
    generator: Option<D::Loaded>,
    discriminator: Option<D::Loaded>,
}

impl<D: Decoder> NetPlayer<D> {
    /// A player without weights.
    pub fn new(knobs: &Knobs, data: &DataShape, device: Device) -> Result<Self> {
        let (decoder, plans) = D::plan(knobs, data, device)?;
        Ok(Self {
            decoder,
            plans,
            frame: Frame::read(knobs),
            z_dim: knobs.get_int("z_dim").unwrap_or(0) as i64,
            precision: Precision::from_word(knobs.text("precision"), device),
            device,
            normalisation: Normalisation::read(knobs),
            generator: None,
            discriminator: None,
        })
    }

    /// A boxed player, for [`super::Family::player`].
    pub fn build(knobs: &Knobs, data: &DataShape, device: Device) -> Result<Box<dyn Player>> {
        Ok(Box::new(Self::new(knobs, data, device)?))
    }

    fn generator(&self) -> Result<&D::Loaded> {
        self.generator.as_ref().context("There are no weights to play yet.")
    }

    fn tensor(&self, pictures: &[Picture]) -> Result<Tensor> {
        let Frame { size, channels } = self.frame;
        self.normalisation.from_pictures(pictures, size, channels, Kind::Float, self.device)
    }

    /// Applies `of` to the discriminator's logits for the pictures; `None` where there is no discriminator.
    fn judged(
        &self,
        pictures: &[Picture],
        asked: Option<&[Code]>,
        of: impl Fn(Tensor) -> Tensor,
    ) -> Result<Option<Vec<f32>>> {
        let _guard = nn::without_gradients();
        let Some(discriminator) = &self.discriminator else { return Ok(None) };
        if pictures.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let logits = self.decoder.logits(discriminator, &self.tensor(pictures)?, asked)?;
        Ok(Some(Vec::try_from(of(logits))?))
    }
}

impl<D: Decoder> Player for NetPlayer<D> {
    fn z_dim(&self) -> usize {
        self.z_dim as usize
    }

    fn load_weights(&mut self, generator: &Arrays, discriminator: Option<&Arrays>) -> Result<()> {
        let _guard = nn::without_gradients();
        let (precision, device) = (self.precision, self.device);
        let drawn = self.decoder.load(&Source { plan: &self.plans.generator, arrays: generator, precision, device })?;
        let judge = self.plans.discriminator.as_ref().zip(discriminator).filter(|_| D::JUDGES);
        let judge = judge.map(|(plan, arrays)| Source { plan, arrays, precision, device });
        self.discriminator = judge.map(|source| self.decoder.load_discriminator(&source)).transpose()?;
        self.generator = Some(drawn);
        Ok(())
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        let _guard = nn::without_gradients();
        let generator = self.generator()?;
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let z = rows::latents(codes, self.z_dim, self.device)?;
        self.normalisation.to_pictures(&self.decoder.decode(generator, &z, codes)?)
    }

    fn decode_array(&self, codes: &[Code]) -> Result<Option<Array>> {
        let _guard = nn::without_gradients();
        let z = rows::scaled(&rows::latents(codes, self.z_dim, self.device)?, codes)?;
        self.decoder.decode_plainly(self.generator()?, &z).map(|x| nn::to_array(&x)).transpose()
    }

    fn decode_differentiably(&self, z: &Tensor, codes: &[Code]) -> Result<Option<Decoded>> {
        if !D::DIFFERENTIABLE {
            return Ok(None);
        }
        rows::matched(z, codes, self.z_dim)?;
        let pictures = self.decoder.decode(self.generator()?, &z.f_to_device(self.device)?, codes)?;
        let logits = self.discriminator.as_ref().map(|judge| self.decoder.logits(judge, &pictures, Some(codes)));
        let logits = logits.transpose()?;
        Ok(Some(Decoded { pictures: self.normalisation.to_brightness(pictures), logits }))
    }

    fn judge(&self, pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        self.judged(pictures, None, |logits| self.decoder.probability(&logits))
    }

    fn rank(&self, codes: &[Code], pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        self.judged(pictures, Some(codes), |logits| logits)
    }

    fn encode(&self, pictures: &[Picture]) -> Result<Option<Vec<Code>>> {
        if !D::ENCODES {
            return Ok(None);
        }
        let _guard = nn::without_gradients();
        let generator = self.generator()?;
        if pictures.is_empty() {
            return Ok(Some(Vec::new()));
        }
        self.decoder.encode(generator, &self.tensor(pictures)?).map(Some)
    }

    fn negative_elbo(&self, pictures: &Pixels, labels: Option<&[u32]>, seed: u64) -> Result<Option<NegativeElbo>> {
        let Some(pixels) = self.decoder.likelihood() else { return Ok(None) };
        let _guard = nn::without_gradients();
        let (generator, mut nats) = (self.generator()?, Vec::with_capacity(pictures.count));
        let labels = labels.filter(|labels| labels.len() == pictures.count);
        let all: Vec<u32> = (0..pictures.count as u32).collect();
        for some in all.chunks(ROUND) {
            let x = self.normalisation.from_pixels(&pictures.gather(some), Kind::Float, self.device)?;
            let (first, count) = (some[0] as usize, some.len());
            let own = labels.map(|labels| &labels[first..first + count]);
            nats.extend(self.decoder.bounds(generator, &x, own, seed, first as u64..(first + count) as u64)?);
        }
        Ok(Some(NegativeElbo { nats, pixels }))
    }

    fn paired_examples(
        &self,
        pictures: &Pixels,
        inputs: Option<&Pixels>,
        index: &[u32],
    ) -> Result<Option<(Vec<Code>, Pixels)>> {
        self.decoder.paired_examples(pictures, inputs, index)
    }

    fn importance(&self) -> Option<Vec<f32>> {
        self.generator.as_ref().and_then(|generator| self.decoder.importance(generator))
    }
}
