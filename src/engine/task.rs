//! What lies in the worker's lane: jobs of the window or the command line, and the trainer's checkpoints, grids and measurements.

use super::{
    protocol::{Job, JobId, RunId},
    rhythm::SharedRhythm,
    shared_log::SharedLog,
    throttle::Throttle,
};
use crate::{
    data::Loaded,
    picture::Picture,
    spec::RunSpec,
    weights::{Checkpoint, Weights},
};
use std::path::PathBuf;
use std::sync::Arc;

/// What lies in the worker's lane.
pub enum Task {
    /// A job of the window or the command line.
    Asked(JobId, Job),
    /// A checkpoint of the trainer.
    Checkpoint { run: RunId, folder: PathBuf, spec: Box<RunSpec>, checkpoint: Arc<Checkpoint> },
    /// A sample grid of the trainer.
    Sample { run: RunId, folder: PathBuf, step: u64, grid: Picture },
    /// A measurement of a run's quality, between other tasks.
    Measure(Box<Ask>),
}

/// What the worker needs to measure a run once.
pub struct Ask {
    /// Name of the run.
    pub run: RunId,
    /// The run's folder.
    pub folder: PathBuf,
    /// The pictures it learns from.
    pub data: Arc<Loaded>,
    /// Weights of a checkpoint; the newest on the shelf where none are given.
    pub checkpoint: Option<Arc<Weights>>,
    /// Where the numbers go.
    pub log: SharedLog,
    /// The schedule, which is notified when the measurement is done.
    pub rhythm: SharedRhythm,
    /// Says whether a slider is being dragged: measuring waits meanwhile.
    pub throttle: Throttle,
}
