//! Writes checkpoints of a run, and reports which one is the best so far.

use super::{
    guard::guarded,
    protocol::{Event, RunId},
    reporter::Reporter,
};
use crate::{run, spec::RunSpec, weights::Checkpoint};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// Writes a checkpoint and sends `Saved`, or a warning when that fails: training survives a full disk, and older checkpoints stay.
/// Returns whether it was written.
pub fn save_checkpoint(report: &Reporter, run: RunId, folder: &Path, spec: &RunSpec, checkpoint: &Checkpoint) -> bool {
    // The trainer's last checkpoint must not meet the worker's autosave in one folder.
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    match guarded(|| run::write_checkpoint(folder, spec, checkpoint)) {
        Ok(()) => {
            report.send(Event::Saved { run, step: checkpoint.step });
            true
        }
        Err(why) => {
            let why =
                format!("The checkpoint of step {} could not be saved; earlier ones are kept. {why}", checkpoint.step);
            report.send(Event::Warning { run, why });
            false
        }
    }
}

/// Tells which checkpoint of a run is the best one so far, if any was measured, and that its samples are there, if they are.
pub fn tell_best(report: &Reporter, run: RunId, folder: &Path) {
    let Some(best) = run::best(folder) else { return };
    report.send(Event::Best { run, best: Some(best) });
    if run::sample_steps(folder).contains(&best.step) {
        report.send(Event::Sampled { run, step: best.step });
    }
}
