//! The names of what stands in a run folder, and the steps that have a checkpoint there.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

/// The names of what stands in a run folder.
pub mod name {
    pub const SPEC: &str = "run.toml";
    pub const JOURNAL: &str = "journal.jsonl";
    pub const METRICS: &str = "metrics.jsonl";
    pub const SAMPLES: &str = "samples";
    pub const SCORES: &str = "scores.json";
    pub const EXAMPLES: &str = "inputs.png";
    pub const CHECKPOINTS: &str = "checkpoints";
    pub const BEST: &str = "best.json";
    pub const MANIFEST: &str = "manifest.json";
    pub const LOCK: &str = "run.lock";
    pub const TRAINING: &str = "training";
}

/// `step-000500`.
pub fn step_name(step: u64) -> String {
    format!("step-{step:06}")
}

/// The step in `step-000500`; nothing for any other way to write it, so that a step has one name only.
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
