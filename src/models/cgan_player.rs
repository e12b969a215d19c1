//! Plays a conditional GAN: its own copy of the weights.

use super::{
    Decoded, Player,
    cgan_nets::{Discriminator, Generator, Shape},
    classes, rows,
};
use crate::{
    latent::{Code, MOST_ROWS},
    nn::{self, Device, Frozen, Kind, Mode, Normalisation, Plan, Precision, Tensor},
    picture::Picture,
    weights::Arrays,
};
use anyhow::{Context, Result};

/// Generator and, once taken, discriminator of one conditional GAN.
pub struct CganPlayer {
    shape: Shape,
    precision: Precision,
    device: Device,
    normalisation: Normalisation,
    generator: (Plan, Generator, Option<Frozen>),
    discriminator: (Plan, Discriminator, Option<Frozen>),
}

impl CganPlayer {
    /// A player without weights.
    pub fn new(shape: Shape, normalisation: Normalisation, precision: Precision, device: Device) -> Self {
        let ((g_plan, g), (d_plan, d)) = (Generator::new(&shape), Discriminator::new(&shape));
        let (generator, discriminator) = ((g_plan, g, None), (d_plan, d, None));
        Self { shape, precision, device, normalisation, generator, discriminator }
    }

    /// The classes that a picture of unknown class is judged as, R×K: each, or where there are many an equal blend.
    fn suspects(&self) -> Tensor {
        let (classes, options) = (self.shape.classes, (Kind::Float, self.device));
        if classes <= MOST_ROWS as i64 {
            Tensor::eye(classes, options)
        } else {
            Tensor::full([1, classes], 1.0 / classes as f64, options)
        }
    }

    /// N×z latents → N×C×S×S pictures of the classes that the codes ask for.
    fn draw(&self, z: &Tensor, codes: &[Code]) -> Result<Tensor> {
        let numbers = self.generator.2.as_ref().context("There are no weights to play yet.")?;
        let rows = classes::rows(codes, self.shape.classes as usize, self.device)?;
        Ok(self.generator.1.forward(numbers, z, &rows, Mode::Infer))
    }

    /// The logits that a discriminator's forward pass gives pictures, where there is one.
    fn verdict(&self, pictures: &[Picture], pass: &dyn Fn(&Frozen, &Tensor) -> Tensor) -> Result<Option<Tensor>> {
        let Some(numbers) = &self.discriminator.2 else { return Ok(None) };
        if pictures.is_empty() {
            return Ok(Some(Tensor::zeros([0], (Kind::Float, self.device))));
        }
        let (size, channels) = (self.shape.size as usize, self.shape.channels as usize);
        let x = self.normalisation.from_pictures(pictures, size, channels, self.precision.kind(), self.device)?;
        Ok(Some(pass(numbers, &x)))
    }
}

impl Player for CganPlayer {
    fn z_dim(&self) -> usize {
        self.shape.z_dim as usize
    }

    fn load_weights(&mut self, generator: &Arrays, discriminator: Option<&Arrays>) -> Result<()> {
        let read = |plan: &Plan, arrays: &Arrays| Frozen::read(plan, arrays, self.precision, self.device);
        let g = read(&self.generator.0, generator)?;
        let d = discriminator.map(|arrays| read(&self.discriminator.0, arrays)).transpose()?;
        (self.generator.2, self.discriminator.2) = (Some(g), d);
        Ok(())
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let _guard = nn::without_gradients();
        self.normalisation.to_pictures(&self.draw(&rows::latents(codes, self.shape.z_dim, self.device)?, codes)?)
    }

    fn decode_differentiably(&self, z: &Tensor, codes: &[Code]) -> Result<Option<Decoded>> {
        let pictures = self.draw(&rows::followed(z, codes, self.shape.z_dim, self.device)?, codes)?;
        let asked = classes::rows(codes, self.shape.classes as usize, self.device)?;
        let judge = |numbers| self.discriminator.1.forward(numbers, &pictures, &asked, Mode::Infer);
        let logits = self.discriminator.2.as_ref().map(|numbers| judge(numbers));
        Ok(Some(Decoded { logits, pictures: self.normalisation.to_brightness(pictures) }))
    }

    /// As the class that suits each picture best: nobody says which one it is.
    fn judge(&self, pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        let _guard = nn::without_gradients();
        let best = |numbers: &Frozen, x: &Tensor| self.discriminator.1.best(numbers, x, &self.suspects());
        rows::numbers(self.verdict(pictures, &best)?.map(|logits| logits.sigmoid()))
    }

    /// As the class that was asked for.
    fn rank(&self, codes: &[Code], pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        let _guard = nn::without_gradients();
        let asked = classes::rows(codes, self.shape.classes as usize, self.device)?;
        rows::numbers(
            self.verdict(pictures, &|numbers, x| self.discriminator.1.forward(numbers, x, &asked, Mode::Infer))?,
        )
    }
}
