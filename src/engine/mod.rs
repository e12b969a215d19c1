//! The engine: trainer, previewer and worker threads, and the handle that the window and the command line hold.
//!
//! Each folder is a thread: `train` the trainer, `preview` the previewer and the strip, `jobs` the worker, [`evaluate`] the
//! evaluator. [`protocol`] holds everything that crosses between them and the window; the files outside the folders are shared.

pub mod evaluate;
pub mod protocol;

mod aspect;
mod checkpoints;
mod dataset_cache;
mod device;
mod examples;
mod guard;
mod handle;
mod jobs;
mod library;
mod location;
mod options;
mod preview;
mod reporter;
mod rhythm;
mod shared_log;
mod starters;
mod task;
mod throttle;
mod train;
mod weight_store;

pub use crate::data::{input_files, input_picture, is_picture_name};
pub use aspect::{joined, restored};
pub use guard::guarded;
#[cfg(test)]
pub use handle::unattended::Unattended;
pub use handle::{Engine, Refused};
pub use jobs::{
    best_of_n::best_of_n,
    compare::compare,
    export::{write_many, write_one},
    state_dicts::export_from,
    tools::{self, smooth},
};
pub use library::{open_examples, open_player};
pub use options::{Options, Wake};
pub use train::calibrate::{calibrate, fetch_and_calibrate};

use anyhow::Result;

/// The spec of a starter.
pub fn starter_spec(name: &str) -> Result<crate::spec::RunSpec> {
    Ok(starters::read(name)?.0)
}

/// Makes a run of a file of `PyTorch` weights, reading its data here and now; one line that says what was read.
pub fn import_from(request: protocol::Import) -> Result<String> {
    let cache = dataset_cache::DatasetCache::default();
    jobs::state_dicts::import(request, &mut |spec| cache.fetch(spec, &mut crate::data::NoWatch)).map(|(line, _)| line)
}
