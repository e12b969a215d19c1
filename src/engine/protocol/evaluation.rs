//! What is asked of an evaluation: whose pictures, against which data, by which measures.

use super::places::Place;
use crate::spec::DataSpec;
use std::path::PathBuf;

/// An evaluation.
#[derive(Clone, Debug, PartialEq)]
pub struct Evaluation {
    /// Whose pictures.
    pub subject: Subject,
    /// Generated pictures to look at; fewer where the data have not twice as many.
    pub count: usize,
    /// Picture i is that of seed + i.
    pub seed: u64,
    /// Ids of the measures; empty takes all that fit.
    pub metrics: Vec<String>,
}

/// Whose pictures are measured.
#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    /// The pictures of a run's generator.
    Run {
        /// The run.
        place: Place,
        /// The checkpoint of a step; `None` takes the newest.
        step: Option<u64>,
        /// The average instead of the raw weights.
        ema: bool,
        /// Another source than the run's own data, prepared like these.
        data: Option<String>,
    },
    /// The pictures in a folder, whichever program drew them.
    Pictures {
        /// The folder; sub-folders called like the data's classes say which class was asked for.
        folder: PathBuf,
        /// The data they should be like. The pictures are prepared in the same way.
        data: DataSpec,
    },
}
