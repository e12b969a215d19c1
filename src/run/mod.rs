//! The run folder: everything a run keeps on disk, whole at any moment.
//!
//! ```text
//! run.toml                    the spec: data with fingerprint, family, knobs, seed, threads, versions
//! journal.jsonl               live changes and returns to checkpoints: step, id, value
//! metrics.jsonl               the curves, a point a line
//! events.out.tfevents.*       curves and samples once more, for TensorBoard
//! samples/step-000500.png     pictures of the fixed seeds
//! scores.json                 what was measured of it, newest last
//! inputs.png                  fixed inputs over their targets, where the family takes inputs
//! best.json                   what was measured of the checkpoints, and which one is the best
//! checkpoints/step-000500/    generator.safetensors, ema.safetensors, …, manifest.json
//! run.lock                    locked by whoever may write
//! training                    there while the run trains; left behind by a crash
//! ```
//!
//! Every file is written beside its place, synced, and renamed ([`atomic`]). A checkpoint is a folder that is renamed when
//! all of it is on disk and was read back, so it is whole or absent, whatever fails and whenever the power goes
//! ([`fault`] lets tests prove it).

mod arrays;
pub mod atomic;
mod best;
mod checkpoint;
mod digest;
mod examples;
pub mod fault;
mod folder;
mod home;
mod journal;
mod keep;
mod lines;
mod list;
mod manifest;
mod metrics;
mod note;
mod rollbacks;
mod samples;
mod scores;
mod state_dict;
pub mod tensorboard;
#[cfg(test)]
mod testing;

pub use arrays::{from_bytes as arrays_from_bytes, to_bytes as arrays_to_bytes};
pub use atomic::write;
pub use best::{best, cut_best, note_swd};
pub use checkpoint::{checkpoint_steps, cut_checkpoints, newest_checkpoint, read_checkpoint, write_checkpoint};
pub use digest::{digest, trained_marks};
pub use examples::{read_examples, write_examples};
pub use folder::{RunFolder, is_busy, is_run, read_spec};
pub use home::{Home, fresh_name, home};
pub use journal::{Change, add_change, changes, cut_changes, set_changes};
pub use keep::{KEPT_SAMPLES, keep_checkpoints, keep_samples, keep_with_best};
pub use list::{Listed, delete, list, rename, size};
pub use manifest::sha256;
pub use metrics::{MetricLog, points};
pub use note::{encode_mask, encode_with, made_of, made_of_file, suits};
pub use rollbacks::{as_rollback, rollback_entry, rollbacks, turned};
pub use samples::{encode, read_sample, sample_steps, write_sample};
pub use scores::{add_scores, scores};
pub use state_dict::{read_state_dict, write_arrays, write_state_dict};

/// The names of what stands in a run folder.
mod name {
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
fn step_name(step: u64) -> String {
    format!("step-{step:06}")
}

/// The step in `step-000500`; nothing for any other way to write it, so that a step has one name only.
fn step_of(name: &str) -> Option<u64> {
    let step = name.strip_prefix("step-")?.parse().ok()?;
    (step_name(step) == name).then_some(step)
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
