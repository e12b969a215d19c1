//! Reads runs to be shown side by side.

use crate::{
    compare,
    engine::protocol::{ComparedRun, Comparison},
    failure::Failure,
    history::History,
    run,
};
use anyhow::{Result, ensure};
use std::path::{Path, PathBuf};

/// Reads these runs and finds where their settings differ. `go_on` is asked before each, with how many are read. The error is one
/// sentence: fewer than two runs, one that can't be read, or nobody wants to go on.
pub fn compare(folders: &[PathBuf], go_on: &dyn Fn(usize) -> bool) -> Result<Comparison> {
    ensure!(folders.len() >= 2, "A comparison takes two runs or more.");
    let mut runs = Vec::with_capacity(folders.len());
    for folder in folders {
        ensure!(go_on(runs.len()), Failure::Cancelled);
        runs.push(read(folder)?);
    }
    let specs: Vec<_> = runs.iter().map(|run| &run.spec).collect();
    let diff = compare::diff(&specs);
    Ok(Comparison { runs, diff })
}

fn read(folder: &Path) -> Result<ComparedRun> {
    let spec = run::read_spec(folder)?;
    let mut history = History::default();
    history.extend(run::points(folder)?);
    let drawn = history.iter().filter_map(|(_, series)| Some(series.points().last()?[0] as u64)).max();
    let saved = run::checkpoint_steps(folder).last().copied();
    // A grid that can't be read is no reason to show nothing.
    let grid = run::sample_steps(folder).last().and_then(|step| run::read_sample(folder, *step).ok());
    Ok(ComparedRun {
        folder: folder.to_path_buf(),
        step: drawn.max(saved).unwrap_or(0),
        digest: run::digest(folder),
        marks: run::trained_marks(folder),
        spec,
        history,
        grid,
    })
}
