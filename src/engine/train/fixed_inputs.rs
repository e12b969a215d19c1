//! The fixed inputs of a run that begins or goes on.

use super::batch_loader::BatchLoader;
use crate::{
    engine::{examples::shared, protocol::Examples},
    models::Model,
    nn::Device,
    run,
    spec::Card,
};
use anyhow::{Context, Result};
use std::path::Path;

/// How many inputs a run keeps.
const MOST: usize = 64;

/// Reads the fixed inputs in the run's folder; for a new run, or where they were deleted, takes the first held-out pictures and writes
/// them there. `None` for families that take no inputs.
pub fn of_run(
    card: &Card,
    model: &dyn Model,
    batches: &BatchLoader,
    folder: &Path,
    resume: bool,
    device: Device,
) -> Result<Option<Examples>> {
    if !card.can.inputs {
        return Ok(None);
    }
    if let (true, Ok(Some(kept))) = (resume, run::read_examples(folder)) {
        return Ok(Some(shared(kept)));
    }
    let made = model.examples(&batches.examples(MOST, device)?)?;
    let made = made.context("This family promises inputs and makes none.")?;
    run::write_examples(folder, &made)?;
    Ok(Some(shared(made)))
}
