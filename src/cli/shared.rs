//! What several subcommands read or print in the same way: devices, runs, families, presets, knobs, numbers in arguments, JSON.

use crate::{
    data::Dataset,
    engine::{Options, protocol::Place},
    models::{self, FAMILIES, Family},
    nn::DeviceChoice,
    spec::{DataSpec, Fit, Knob, Knobs, Preset, RunSpec},
    terminal::{line, unknown, wrong_use},
};
use anyhow::Result;
use serde::Serialize;
use std::path::{Path, PathBuf};

/// Returns the device that a flag names, if it is there; wrong use if not.
pub fn device(word: &str) -> Result<DeviceChoice> {
    let choice: DeviceChoice = word.parse().map_err(wrong_use)?;
    choice.resolve().map_err(|why| wrong_use(why.to_string()))?;
    Ok(choice)
}

/// Reads a run folder, or a starter written `starter:glyphs`.
pub fn place(run: &Path) -> Place {
    run.to_str().map_or_else(|| Place::Folder(PathBuf::from(run)), Place::of_word)
}

/// Returns the family of this id; wrong use, with the ids there are, if there is none.
pub fn family(id: &str) -> Result<&'static Family> {
    models::family(id).map_err(|why| wrong_use(why.to_string()))
}

/// Sets knobs by arguments such as `width=64`, in order. Wrong use for a knob that the table lacks, or a value that it refuses.
pub fn assign(knobs: &mut Knobs, table: &[Knob], assignments: &[String]) -> Result<()> {
    assignments.iter().try_for_each(|assignment| knobs.set(table, assignment)).map_err(wrong_use)
}

/// Sets the knobs of a preset; wrong use, with the ids there are, if there is none of this id.
pub fn follow_preset(knobs: &mut Knobs, presets: &[Preset], id: &str) -> Result<()> {
    let known = || presets.iter().map(|preset| preset.id.as_str());
    let preset = presets.iter().find(|preset| preset.id == id).ok_or_else(|| unknown("preset", id, known()))?;
    knobs.0.extend(preset.set.0.clone());
    Ok(())
}

/// Returns how a source is prepared with these assignments, such as `size=64`. All families have the same knobs for data.
pub fn preparation(dataset: &dyn Dataset, source: &str, assignments: &[String], seed: u64) -> Result<DataSpec> {
    let table = (FAMILIES[0].knobs)(&dataset.survey()?);
    let mut knobs = Knobs::start(&table);
    assign(&mut knobs, &table, assignments)?;
    Ok(DataSpec::from_knobs(source, &knobs, seed))
}

/// Returns the threads to train with: those asked for, 1 to 256, else as many as the window trains with.
pub fn threads(asked: Option<usize>) -> Result<usize> {
    match asked {
        Some(threads) if !(1..=256).contains(&threads) => Err(wrong_use("--threads is a number from 1 to 256.")),
        asked => Ok(asked.unwrap_or_else(|| Options::usual().threads)),
    }
}

/// Returns the number of cores, for work that uses them all.
pub fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, std::num::NonZero::get)
}

/// Checks `--scale`, the side in pixels that each pixel is enlarged to: 1 to 16.
pub fn check_scale(scale: usize) -> Result<()> {
    if (1..=16).contains(&scale) { Ok(()) } else { Err(wrong_use("--scale is a whole number from 1 to 16.")) }
}

/// Reads two whole numbers from 1 to `most` with one of these separators between them, such as `512x384`.
pub fn pair(word: &str, separators: &[char], most: usize) -> Option<[usize; 2]> {
    let number = |text: &str| text.trim().parse().ok().filter(|n| (1..=most).contains(n));
    let (first, second) = word.split_once(separators)?;
    Some([number(first)?, number(second)?])
}

/// Names a run after its folder.
pub fn run_name(folder: &Path) -> String {
    folder.file_name().map_or_else(|| "run".into(), |name| name.to_string_lossy().into_owned())
}

/// Returns the width and height that the pictures of a run had before they were stretched to squares; `None` if they were not.
pub fn stretched(spec: &RunSpec) -> Option<[usize; 2]> {
    spec.shape.sides.filter(|_| spec.data.fit == Fit::Stretch)
}

/// Says what colours pictures of this many channels have.
pub fn colours(channels: usize) -> &'static str {
    if channels == 3 { "RGB" } else { "grey" }
}

/// Says what a knob or dial is, which values it takes and where it starts.
pub fn described(knob: &Knob) -> String {
    format!("{} — {}, starts at {}", knob.label, knob.allowed(), knob.start())
}

/// Prints a value as indented JSON.
pub fn print_json(value: &impl Serialize) -> Result<()> {
    line(&serde_json::to_string_pretty(value)?);
    Ok(())
}
