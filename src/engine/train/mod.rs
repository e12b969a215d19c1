//! The trainer: the thread that owns the model and its optimisers, and the pure schedulers that it asks.

pub mod calibrate;
pub mod lanes;
pub mod trainer;
pub mod transfer;

mod batch_loader;
mod clock;
mod fixed_inputs;
mod measure;
mod normalisation;
mod quality;
mod reconstructions;
mod rollback;
mod run_loop;
mod start_watch;
mod thread_tuner;
