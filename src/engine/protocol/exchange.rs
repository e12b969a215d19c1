//! Weights that come from and go to other programs, and places as words.

use super::places::{Location, Place};
use crate::spec::Knobs;
use std::path::PathBuf;

/// A file of `PyTorch` weights that is to become a run.
#[derive(Clone, Debug, PartialEq)]
pub struct Import {
    /// The file: a generator's, or of the only network.
    pub file: PathBuf,
    /// The discriminator's file; `None` takes the one beside it that is called `FILE-discriminator`, if there is one.
    pub discriminator: Option<PathBuf>,
    /// The family that the file is said to be of; `None` goes by its tensors.
    pub family: Option<String>,
    /// The data to train on.
    pub source: String,
    /// How pictures are prepared; size and channels follow the file. Other knobs are not looked at.
    pub prepare: Knobs,
    /// Assignments of further knobs: `precision=fp32`.
    pub set: Vec<String>,
    /// The run's seed.
    pub seed: u64,
    /// The run's total of steps.
    pub steps: u64,
    /// The run's threads.
    pub threads: usize,
    /// The run's name; empty for that of a fresh folder.
    pub name: String,
    /// Where the run will lie; a folder must not exist or be empty.
    pub location: Location,
}

impl Place {
    /// Reads a run folder, or a starter written `starter:glyphs`.
    pub fn of_word(word: &str) -> Self {
        match word.strip_prefix("starter:") {
            Some(name) => Self::Starter(name.to_owned()),
            None => Self::Folder(PathBuf::from(word)),
        }
    }

    /// What [`Place::of_word`] reads.
    pub fn word(&self) -> String {
        match self {
            Self::Starter(name) => format!("starter:{name}"),
            Self::Folder(folder) => folder.display().to_string(),
        }
    }
}
