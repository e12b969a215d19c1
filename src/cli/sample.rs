//! `latent-studio sample`: pictures of a trained run.

use super::{device, inputs, line, make_parent, place, wrong_use};
use crate::{
    engine::{open_player, write_many, write_one},
    latent::Code,
    nn, picture,
};
use anyhow::{Context, Result};
use clap::Args;
use std::path::PathBuf;

/// Arguments of `sample`.
#[derive(Args, Debug)]
pub struct Sample {
    /// A run folder, or a starter such as starter:glyphs
    run: PathBuf,
    /// The checkpoint of this step instead of the newest
    #[arg(long)]
    step: Option<u64>,
    /// How many pictures
    #[arg(long, default_value_t = 64)]
    count: usize,
    /// Picture i is that of seed + i
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// FILE.png or FILE.jpg for one grid, a folder for a PNG each
    #[arg(long)]
    out: PathBuf,
    /// Pictures, or folders of them, to draw from instead of the run's held-out inputs
    #[arg(long, value_name = "PICTURE", num_args = 1..)]
    inputs: Vec<PathBuf>,
    /// Truncation: scales the latent; 1 leaves it as it is
    #[arg(long, default_value_t = 1.0)]
    psi: f32,
    /// Each pixel as SCALE × SCALE
    #[arg(long, default_value_t = 1)]
    scale: usize,
    /// Where to calculate: auto (a graphics card if there is one), cpu, or cuda:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    device: String,
    /// The raw weights instead of their average
    #[arg(long)]
    raw: bool,
}

/// A grid of more would be larger than a picture viewer opens.
const MOST: usize = 65_536;

impl Sample {
    /// Draws and writes.
    pub fn run(self) -> Result<()> {
        if !(1..=MOST).contains(&self.count) {
            return Err(wrong_use(format!("--count is a whole number from 1 to {MOST}.")));
        }
        if !(1..=16).contains(&self.scale) {
            return Err(wrong_use("--scale is a whole number from 1 to 16."));
        }
        if !self.psi.is_finite() || self.psi.abs() > 10.0 {
            return Err(wrong_use("--psi is a number from -10 to 10."));
        }
        let device = device(&self.device)?.resolve()?;
        nn::use_threads(std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
        let (player, opened) = open_player(&place(&self.run), self.step, !self.raw, device)?;
        let drawn_from = inputs::of_run(&self.inputs, &opened)?;
        let codes: Vec<_> = match &drawn_from {
            Some(from) => inputs::codes(from, self.count, self.seed),
            None => (0..self.count as u64)
                .map(|i| Code { psi: self.psi, ..Code::from_seed(self.seed.wrapping_add(i), opened.z_dim) })
                .collect(),
        };
        let mut tiles = Vec::with_capacity(codes.len());
        for eight in codes.chunks(8) {
            tiles.extend(player.play(eight)?);
        }
        make_parent(&self.out)?;
        if self.out.extension().is_some() && !self.out.is_dir() {
            let (tiles, columns) = match &drawn_from {
                Some(from) => inputs::tiles(from, &codes, &tiles),
                None => (tiles, picture::square_columns(codes.len())),
            };
            let grid = picture::grid_in(&tiles, columns).context("There is nothing to draw.")?;
            write_one(&grid, self.scale, &self.out)?;
        } else {
            write_many(&tiles, self.scale, &self.out)?;
        }
        line(&format!("{} pictures of step {} in {}", codes.len(), opened.step, self.out.display()));
        Ok(())
    }
}
