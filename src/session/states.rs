//! States in which a run and the data can be, and lines of the log.

use crate::{
    engine::protocol::{Because, DataFacts},
    picture::Picture,
};

/// How the open run is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// No run is open.
    #[default]
    Empty,
    /// Open for viewing; not training.
    Viewing,
    /// Data are being read for it.
    Preparing,
    /// The run trains.
    Training,
    /// Asked to pause, not there yet.
    Pausing,
    /// The run is paused.
    Paused,
    /// Asked to stop, not there yet.
    Stopping,
    /// The run has done all its steps.
    Ended(Because),
    /// It broke: one sentence, and the newest good checkpoint.
    Failed(String, Option<u64>),
}

impl Status {
    /// Whether the trainer holds the run.
    pub fn is_alive(&self) -> bool {
        matches!(self, Self::Preparing | Self::Training | Self::Pausing | Self::Paused | Self::Stopping)
    }
}

/// How the chosen data are doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum DataState {
    /// No data are chosen.
    #[default]
    None,
    /// Being read: done, total, some of the newest pictures.
    Loading(String, usize, usize, Option<Picture>),
    /// Ready.
    Ready(Box<DataFacts>),
    /// Could not be read: source and sentence.
    Failed(String, String),
}

/// How grave a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Information that needs no reaction.
    Info,
    /// Something good and awaited.
    Done,
    /// Something was lost or left out.
    Warning,
    /// Something broke.
    Failed,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How grave.
    pub level: Level,
    /// One sentence.
    pub text: String,
    /// Seconds since the program began.
    pub at_secs: u64,
}
