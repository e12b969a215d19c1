//! `latent-studio data`: prepares data and writes a contact sheet.

use super::{
    line, make_parent,
    shared::{check_scale, colours, preparation},
};
use crate::{
    data::{self, NoWatch},
    run,
};
use anyhow::Result;
use clap::Args;
use std::path::PathBuf;

/// Arguments of `data`.
#[derive(Args, Debug)]
pub struct Data {
    /// A built-in set (shapes, glyphs, galaxies, with `:COUNT` if wanted) or a path
    source: String,
    /// Where the contact sheet goes: FILE.png or FILE.jpg
    #[arg(long)]
    out: PathBuf,
    /// A data knob's value, such as size=64, fit=pad, gamma=1.5, levels=on; may be given several times
    #[arg(long, value_name = "ID=VALUE")]
    set: Vec<String>,
    /// Draws built-in pictures and the split
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Each pixel as SCALE × SCALE
    #[arg(long, default_value_t = 1)]
    scale: usize,
}

/// Number of pictures on the sheet.
const SHEET: usize = 64;

impl Data {
    /// Prepares the data, writes the contact sheet and prints what was read.
    pub fn run(self) -> Result<()> {
        check_scale(self.scale)?;
        let dataset = data::open(&self.source)?;
        let spec = preparation(dataset.as_ref(), &self.source, &self.set, self.seed)?;
        let loaded = dataset.load(&spec, &mut NoWatch)?;
        make_parent(&self.out)?;
        run::write(&self.out, &run::encode(&data::sheet(&loaded, SHEET).enlarged(self.scale), &self.out)?)?;
        let (size, shape) = (loaded.spec.size, &loaded.shape);
        let kind = colours(loaded.spec.channels);
        line(&format!(
            "{} pictures to train on, {} held out, {size}×{size} {kind}",
            shape.count, loaded.test.pixels.count
        ));
        if !loaded.class_names.is_empty() {
            line(&format!("{} classes: {}", loaded.class_names.len(), loaded.class_names.join(", ")));
        }
        if !loaded.skipped.is_empty() {
            line(&format!("{} files were left out:", loaded.skipped.len()));
            for skipped in &loaded.skipped {
                line(&format!("  {}: {}", skipped.path.display(), skipped.reason));
            }
        }
        line(&format!("Contact sheet in {}", self.out.display()));
        Ok(())
    }
}
