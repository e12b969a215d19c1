//! Plays a conditional GAN: its own copy of the weights.

use super::{
    Player,
    cgan_nets::{Discriminator, Generator, Shape},
    classes, rows,
};
use crate::{
    latent::{Code, MOST_ROWS},
    nn::{self, Device, Frozen, Kind, Mode, Plan, Precision, Tensor},
    picture::Picture,
    weights::Arrays,
};
use anyhow::{Context, Result, ensure};

/// Generator and, once taken, discriminator of one conditional GAN.
pub struct CganPlayer {
    shape: Shape,
    precision: Precision,
    device: Device,
    generator: (Plan, Generator, Option<Frozen>),
    discriminator: (Plan, Discriminator, Option<Frozen>),
}

impl CganPlayer {
    /// A player without weights.
    pub fn new(shape: Shape, precision: Precision, device: Device) -> Self {
        let ((g_plan, g), (d_plan, d)) = (Generator::new(&shape), Discriminator::new(&shape));
        Self { shape, precision, device, generator: (g_plan, g, None), discriminator: (d_plan, d, None) }
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

    /// The logits that a discriminator's forward pass gives pictures, where there is one.
    fn verdict(&self, pictures: &[Picture], pass: &dyn Fn(&Frozen, &Tensor) -> Tensor) -> Result<Option<Tensor>> {
        let Some(numbers) = &self.discriminator.2 else { return Ok(None) };
        if pictures.is_empty() {
            return Ok(Some(Tensor::zeros([0], (Kind::Float, self.device))));
        }
        let (size, channels) = (self.shape.size as usize, self.shape.channels as usize);
        let x = nn::from_pictures(pictures, size, channels, self.precision.kind(), self.device)?;
        Ok(Some(pass(numbers, &x)))
    }
}

impl Player for CganPlayer {
    fn z_dim(&self) -> usize {
        self.shape.z_dim as usize
    }

    fn take(&mut self, generator: &Arrays, discriminator: Option<&Arrays>) -> Result<()> {
        let read = |plan: &Plan, arrays: &Arrays| Frozen::read(plan, arrays, self.precision, self.device);
        let g = read(&self.generator.0, generator)?;
        let d = discriminator.map(|arrays| read(&self.discriminator.0, arrays)).transpose()?;
        (self.generator.2, self.discriminator.2) = (Some(g), d);
        Ok(())
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        let numbers = self.generator.2.as_ref().context("There are no weights to play yet.")?;
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let _guard = nn::without_gradients();
        let z_dim = self.z_dim();
        let mut flat = Vec::with_capacity(codes.len() * z_dim);
        for code in codes {
            ensure!(code.z.len() == z_dim, "The latent has {} numbers where {z_dim} are needed.", code.z.len());
            flat.extend(code.z.iter().map(|v| v * code.psi));
        }
        let z = Tensor::f_from_slice(&flat)?.f_view([codes.len() as i64, self.shape.z_dim])?;
        let rows = classes::rows(codes, self.shape.classes as usize, self.device)?;
        nn::to_pictures(&self.generator.1.forward(numbers, &z.f_to_device(self.device)?, &rows, Mode::Infer))
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
