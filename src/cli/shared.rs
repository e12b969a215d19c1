//! Arguments that several subcommands take: a device, a run.

use crate::{engine::protocol::Place, nn::DeviceChoice, terminal::wrong_use};
use anyhow::Result;
use std::path::{Path, PathBuf};

/// The device that a flag names, if it is there; wrong use if not.
pub fn device(word: &str) -> Result<DeviceChoice> {
    let choice: DeviceChoice = word.parse().map_err(wrong_use)?;
    choice.resolve().map_err(|why| wrong_use(why.to_string()))?;
    Ok(choice)
}

/// A run folder, or a starter written `starter:glyphs`.
pub fn place(run: &Path) -> Place {
    run.to_str().map_or_else(|| Place::Folder(PathBuf::from(run)), Place::of_word)
}
