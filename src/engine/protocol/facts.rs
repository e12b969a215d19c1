//! Summaries of data and runs.

use super::{ids::RunId, places::Place};
use crate::{
    compare::Digest,
    history::Point,
    picture::Picture,
    spec::{DataShape, DataSpec, RunSpec},
};
use std::path::PathBuf;

/// What is known of data once they are read.
#[derive(Clone, Debug, PartialEq)]
pub struct DataFacts {
    /// What was asked for.
    pub spec: DataSpec,
    /// Count, classes, size, channels.
    pub shape: DataShape,
    /// Held-out pictures.
    pub test_count: usize,
    /// Names of the classes.
    pub class_names: Vec<String>,
    /// Up to 64 prepared pictures in a grid with 1 px gaps.
    pub sheet: Picture,
    /// Side of one tile of the sheet.
    pub tile: usize,
    /// How many files were left out.
    pub skipped_count: usize,
    /// The first 100 of them: file and reason.
    pub skipped: Vec<(PathBuf, String)>,
    /// Identifies the prepared pictures.
    pub fingerprint: String,
    /// Bytes in memory.
    pub bytes: usize,
}

/// A run as listed.
#[derive(Clone, Debug, PartialEq)]
pub struct RunEntry {
    /// The run's folder.
    pub folder: PathBuf,
    /// The run's spec.
    pub spec: RunSpec,
    /// Newest checkpoint's step.
    pub step: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Seconds since 1970 of the last change.
    pub changed: u64,
    /// It was training when the program went away.
    pub crashed: bool,
    /// Another program holds it.
    pub busy: bool,
    /// What it came to.
    pub digest: Digest,
    /// Newest sample grid, small.
    pub thumbnail: Option<Picture>,
}

/// A run that was opened for viewing.
#[derive(Clone, Debug, PartialEq)]
pub struct OpenedRun {
    /// Name in all letters.
    pub run: RunId,
    /// Starter or folder.
    pub place: Place,
    /// Its spec.
    pub spec: RunSpec,
    /// Length of the latent vector.
    pub z_dim: usize,
    /// Step of the newest checkpoint.
    pub step: u64,
    /// The run's curves so far.
    pub points: Vec<Point>,
    /// Steps of which a sample grid exists.
    pub sample_steps: Vec<u64>,
    /// Steps of which a checkpoint exists.
    pub checkpoints: Vec<u64>,
    /// Whether this program may write to the folder and continue the run.
    pub writable: bool,
}
