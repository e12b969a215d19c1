//! `latent-studio export-weights` and `import-weights`: networks for and from `PyTorch`.

use super::{
    Exit, line, make_parent, place,
    shared::{family, run_name},
    wrong_use,
};
use crate::{
    engine::{
        Options, export_from, import_from,
        protocol::{Import, Location},
    },
    models, run,
    spec::{DataShape, Knobs},
};
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;

/// Arguments of `export-weights`.
#[derive(Args, Debug)]
pub struct ExportWeights {
    /// A run folder, or a starter such as starter:glyphs
    run: PathBuf,
    /// The safetensors file; a discriminator goes to FILE-discriminator beside it
    #[arg(long, value_name = "FILE")]
    to: PathBuf,
    /// The checkpoint of this step instead of the newest
    #[arg(long)]
    step: Option<u64>,
    /// The raw weights instead of their average
    #[arg(long)]
    raw: bool,
    /// Also write latents and the pictures drawn of them, to compare with what torch draws
    #[arg(long, value_name = "FILE")]
    check: Option<PathBuf>,
}

impl ExportWeights {
    /// Writes the files.
    pub fn run(self) -> Result<Exit> {
        make_parent(&self.to)?;
        let words = export_from(&place(&self.run), self.step, !self.raw, &self.to, self.check.as_deref())?;
        line(&words);
        Ok(Exit::Done)
    }
}

/// Arguments of `import-weights`.
#[derive(Args, Debug)]
pub struct ImportWeights {
    /// A state dictionary of torch as a safetensors file: a generator's, or that of the only network
    file: PathBuf,
    /// The discriminator's file; FILE-discriminator beside the other is found by itself
    #[arg(long, value_name = "FILE")]
    discriminator: Option<PathBuf>,
    /// dcgan, mlp-vae or vae; by itself, the tensors tell
    #[arg(long)]
    family: Option<String>,
    /// What it goes on to learn from: a built-in set or a path
    #[arg(long)]
    data: String,
    /// A knob's value, as for train; sizes follow the file
    #[arg(long, value_name = "ID=VALUE")]
    set: Vec<String>,
    /// All randomness flows from it
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Total steps of the run
    #[arg(long, default_value_t = super::train::STEPS)]
    steps: u64,
    /// The run folder
    #[arg(long)]
    out: PathBuf,
}

impl ImportWeights {
    /// Makes the run.
    pub fn run(self) -> Result<Exit> {
        if let Some(id) = &self.family {
            family(id)?;
        }
        if run::is_run(&self.out) {
            return Err(wrong_use(format!("{} already holds a run; choose another folder.", self.out.display())));
        }
        if self.steps == 0 {
            return Err(wrong_use("--steps is a whole number from 1 on."));
        }
        let name = run_name(&self.out);
        let request = Import {
            file: self.file,
            discriminator: self.discriminator,
            family: self.family,
            source: super::train::absolute(&self.data),
            prepare: Knobs::start(&(models::FAMILIES[0].knobs)(&DataShape::default())),
            set: self.set,
            seed: self.seed,
            steps: self.steps,
            threads: Options::usual().threads,
            name,
            location: Location::Folder(self.out),
        };
        line(&import_from(request)?);
        Ok(Exit::Done)
    }
}
