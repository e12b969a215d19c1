//! The open run: the one whose pictures, curves and sliders the window shows.

use super::Status;
use crate::{
    doctor::{Doctor, Rollback},
    engine::protocol::{Examples, Pace, Place, Preview, Reconstructions, RunId, Samples},
    history::{Best, History},
    picture::Picture,
    spec::RunSpec,
};
use std::collections::BTreeMap;
use std::sync::Arc;

/// What the doctor knows of the open run.
#[derive(Clone, Debug, Default)]
pub struct Health {
    /// Has looked at its curves.
    pub doctor: Doctor,
    /// Its returns to earlier checkpoints, in order, as far as this session saw them.
    pub rollbacks: Vec<Rollback>,
}

/// The open run: the one whose pictures, curves and sliders the window shows.
#[derive(Clone, Debug, Default)]
pub struct OpenRun {
    /// The run's id in all commands and events.
    pub run: RunId,
    /// Where it is; `None` before the folder is known.
    pub place: Option<Place>,
    /// The run's spec, once known.
    pub spec: Option<RunSpec>,
    /// It has a generator that can be played.
    pub playable: bool,
    /// Length of its latent vector; 0 before it is known, and for families that draw from an input picture alone.
    pub z_dim: usize,
    /// How it is doing.
    pub status: Status,
    /// Steps done.
    pub step: u64,
    /// How fast.
    pub pace: Pace,
    /// The run's curves.
    pub history: History,
    /// What the doctor says of it.
    pub health: Health,
    /// The newest sample grid.
    pub samples: Option<Samples>,
    /// Grids of the past that were read, by step.
    pub past: BTreeMap<u64, Picture>,
    /// Steps of which a grid exists.
    pub sample_steps: Vec<u64>,
    /// Steps of which a checkpoint exists.
    pub checkpoints: Vec<u64>,
    /// The best of them, by what was measured.
    pub best: Option<Best>,
    /// Whether the run can be continued here.
    pub writable: bool,
    /// The newest answer to the sliders.
    pub preview: Option<Preview>,
    /// How much each latent dimension matters, as far as the family knows.
    pub importance: Option<Arc<[f32]>>,
    /// The newest pictures of the run's data, each with its reconstruction.
    pub reconstructions: Option<Reconstructions>,
    /// Its fixed inputs, where its family draws from input pictures.
    pub examples: Option<Examples>,
    /// The input that a person opened.
    pub own_input: Option<Picture>,
}
