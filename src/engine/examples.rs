//! The fixed inputs of a run whose family turns pictures into pictures: made once, kept in its folder, shown for life.

use super::{feed::BatchLoader, protocol::Examples};
use crate::{models::Model, nn::Device, run, spec::Card};
use anyhow::{Context, Result};
use std::path::Path;

/// How many inputs a run keeps.
const MOST: usize = 64;

/// Those in the run's folder; for a new run, or where they are gone, the first of the held-out pictures, kept there from now on.
/// `None` for families that take no inputs.
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
        return Ok(Some(read(kept)));
    }
    let made = model.examples(&batches.examples(MOST, device)?)?;
    let made = made.context("This family promises inputs and makes none.")?;
    run::write_examples(folder, &made)?;
    Ok(Some(read(made)))
}

/// Those in the folder of a run that is opened; none where they are gone, with a sentence.
pub fn of_folder(folder: Option<&Path>) -> (Examples, Option<String>) {
    let why = match folder.map(run::read_examples) {
        Some(Ok(Some(kept))) => return (read(kept), None),
        Some(Err(why)) => why.to_string(),
        Some(Ok(None)) | None => "The inputs that belong to this run are gone.".into(),
    };
    (Examples::default(), Some(format!("{why} Open a picture to see what becomes of it.")))
}

fn read([inputs, targets]: [Vec<crate::picture::Picture>; 2]) -> Examples {
    Examples { inputs: inputs.into(), targets: targets.into() }
}
