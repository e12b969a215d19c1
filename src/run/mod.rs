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
mod curves;
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
mod names;
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
pub use checkpoint::{cut_checkpoints, newest_checkpoint, read_checkpoint, write_checkpoint};
pub use curves::{MetricLog, points};
pub use digest::{digest, trained_marks};
pub use examples::{read_examples, write_examples};
pub use folder::{RunFolder, is_busy, is_run, read_spec};
pub use home::{Home, fresh_name, home};
pub use journal::{Change, add_change, changes, cut_changes, set_changes};
pub use keep::{KEPT_SAMPLES, keep_checkpoints, keep_samples, keep_with_best};
pub use list::{Listed, delete, list, rename, size};
pub use manifest::sha256;
pub use names::checkpoint_steps;
pub use note::{encode_mask, encode_with, made_of, made_of_file, suits};
pub use rollbacks::{as_rollback, rollback_entry, rollbacks, turned};
pub use samples::{encode, read_sample, sample_steps, write_sample};
pub use scores::{add_scores, scores};
pub use state_dict::{read_state_dict, write_arrays, write_state_dict};

use names::{name, step_name, step_of};
