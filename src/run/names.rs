//! The names of files and folders in a run folder, and the steps that have a checkpoint there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names of files and folders in a run folder.
pub mod name {
    /// The spec of the run, as TOML.
    pub const SPEC: &str = "run.toml";
    /// Live changes and rollbacks, a JSON object a line.
    pub const JOURNAL: &str = "journal.jsonl";
    /// The points of the curves, a JSON object a line.
    pub const METRICS: &str = "metrics.jsonl";
    /// The folder of the sample grids.
    pub const SAMPLES: &str = "samples";
    /// The scores of evaluated checkpoints, as JSON.
    pub const SCORES: &str = "scores.json";
    /// The fixed inputs over their targets, for families that take inputs.
    pub const EXAMPLES: &str = "inputs.png";
    /// The folder of the checkpoints.
    pub const CHECKPOINTS: &str = "checkpoints";
    /// The SWD of measured checkpoints and which one is the best, as JSON.
    pub const BEST: &str = "best.json";
    /// The files of a checkpoint with their lengths and checksums, as JSON.
    pub const MANIFEST: &str = "manifest.json";
    /// The file that the writing process holds locked.
    pub const LOCK: &str = "run.lock";
    /// An empty file that exists while the run trains; a crash leaves it behind.
    pub const TRAINING: &str = "training";
}

/// The name of a step's files and folders, such as `step-000500`.
pub fn step_name(step: u64) -> String {
    format!("step-{step:06}")
}

/// The step in `step-000500`; `None` for any other way to write it, so that a step has one name only.
pub fn step_of(name: &str) -> Option<u64> {
    let step = name.strip_prefix("step-")?.parse().ok()?;
    (step_name(step) == name).then_some(step)
}

/// The steps of which a checkpoint exists, rising.
pub fn checkpoint_steps(run: &Path) -> Vec<u64> {
    let entries = fs::read_dir(run.join(name::CHECKPOINTS)).into_iter().flatten().flatten();
    let steps: BTreeSet<u64> = entries
        .filter(|e| e.path().join(name::MANIFEST).is_file())
        .filter_map(|e| {
            let file = e.file_name();
            let file = file.to_str()?;
            step_of(file).or_else(|| hidden_step(file, "old"))
        })
        .collect();
    steps.into_iter().collect()
}

/// The step of a hidden folder such as `.step-000500.old`, where `state` is `old`: a checkpoint on its way in or out.
pub fn hidden_step(file: &str, state: &str) -> Option<u64> {
    step_of(file.strip_prefix('.')?.strip_suffix(state)?.strip_suffix('.')?)
}

#[cfg(test)]
mod tests {
    use super::{step_name, step_of};

    #[test]
    fn a_step_has_one_name() {
        assert_eq!(step_name(500), "step-000500");
        assert_eq!(step_name(12_345_678), "step-12345678");
        for step in [0, 1, 999_999, 1_000_000, u64::MAX] {
            assert_eq!(step_of(&step_name(step)), Some(step));
        }
        for other in ["step-500", "step-0000500", "step-+00500", "step-", "step-00050x", "000500", ".step-000500.tmp"] {
            assert_eq!(step_of(other), None, "{other}");
        }
    }
}
