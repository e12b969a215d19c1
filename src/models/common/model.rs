//! The trait of models that train.

use super::batch::{Batch, Scalar, StepInfo};
use crate::{
    picture::Picture,
    spec::Knobs,
    weights::{Checkpoint, Weights},
};
use anyhow::Result;

/// A model that trains, on the trainer's thread. All families implement it through `Trainer` in `learner`.
pub trait Model {
    /// One training step; returns losses and other curves by name.
    fn step(&mut self, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>>;
    /// Losses on held-out pictures; no gradient, no change of state.
    fn test(&self, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>>;
    /// Takes over the values of knobs that are live.
    fn set_live(&mut self, live: &Knobs) -> Result<()>;
    /// The generator as it is now, for players.
    fn weights(&self, step: u64) -> Result<Weights>;
    /// Writes the complete state: optimiser moments, averages, counters.
    fn save(&self, to: &mut Checkpoint) -> Result<()>;
    /// Checks everything, then takes it over; after an error nothing has changed.
    fn load(&mut self, from: &Checkpoint) -> Result<()>;
    /// For families that turn pictures into pictures: the inputs and the targets of a batch. Draws nothing.
    fn examples(&self, batch: &Batch) -> Result<Option<[Vec<Picture>; 2]>>;
}
