//! What a format of data gives: an opened data set, and what is read from it.

use crate::{
    picture::{Picture, Pixels},
    spec::{DataShape, DataSpec},
};
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// A kind of data: built in, or a file format.
pub struct Format {
    /// Short stable name: `glyphs`, `idx`.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// One or two sentences.
    pub about: &'static str,
    /// Whether it is drawn by code; then the id is the source, else a path is.
    pub built_in: bool,
    /// Whether a path looks like this format. Built-in sets answer `false`.
    pub claims: fn(&Path) -> bool,
    /// Opens a source: a built-in id with an optional `:count`, or a path.
    pub open: fn(&str) -> Result<Box<dyn Dataset>>,
}

/// A decoded picture: `width * height * channels` bytes, colour innermost.
#[derive(Clone, Copy)]
pub struct Source<'a> {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// 1 or 3.
    pub channels: usize,
    /// The pixels.
    pub bytes: &'a [u8],
}

/// An opened source.
pub trait Dataset: Send {
    /// Returns the shape of the data from headers and counts, in well under a second.
    fn survey(&self) -> Result<DataShape>;
    /// Shows the first `most` pictures as they are, before anything is done to them; of pairs, each input before its picture.
    fn glimpse(&self, spec: &DataSpec, most: usize, show: Show<'_>) -> Result<()>;
    /// Reads and prepares every picture.
    fn load(&self, spec: &DataSpec, watch: &mut dyn Watch) -> Result<Loaded>;
}

/// Looks at a picture as it is.
pub type Show<'a> = &'a mut dyn FnMut(Source<'_>) -> Result<()>;

/// Receives the progress of reading pictures.
pub trait Watch {
    /// `done` of `total` pictures are ready; `newest` are some that just became so. False cancels the reading, which then
    /// answers with [`Cancelled`](crate::failure::Failure::Cancelled).
    fn progress(&mut self, done: usize, total: usize, newest: &[Picture]) -> bool;
}

/// A watch that never cancels and reports nothing.
pub struct NoWatch;

impl Watch for NoWatch {
    fn progress(&mut self, _: usize, _: usize, _: &[Picture]) -> bool {
        true
    }
}

/// A file that was left out, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Skipped {
    /// The file.
    pub path: PathBuf,
    /// One short clause: `not a picture`, `65,000×65,000 is too large`.
    pub reason: String,
}

/// Prepared pictures of one split with their labels.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Split {
    /// The pictures.
    pub pixels: Pixels,
    /// A class for each picture; empty when there are no classes.
    pub labels: Vec<u32>,
    /// The input picture that belongs to each, for paired data.
    pub inputs: Option<Pixels>,
}

/// A data set in memory.
#[derive(Clone, Debug, PartialEq)]
pub struct Loaded {
    /// What it was made from.
    pub spec: DataSpec,
    /// The surveyed shape, with the true count of the training split.
    pub shape: DataShape,
    /// Names of the classes, by label.
    pub class_names: Vec<String>,
    /// Pictures to train on; at least 2.
    pub train: Split,
    /// Held-out pictures; may be empty for very small sets.
    pub test: Split,
    /// Files left out.
    pub skipped: Vec<Skipped>,
    /// SHA-256 over the prepared training pictures, labels and inputs, as 64 hex digits.
    pub fingerprint: String,
}
