//! What the engine is started with, and what its threads share so that they can be asked to end.

use super::protocol::JobId;
use crate::nn::DeviceChoice;
use std::path::PathBuf;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};

/// Rings whoever reads the lanes. The engine never names a window.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// What differs between the window and the headless twin.
#[derive(Clone, Debug)]
pub struct Options {
    /// Intra-op threads of the trainer.
    pub threads: usize,
    /// Where runs train and pictures are made; [`Engine::use_device`](super::Engine::use_device) changes it.
    pub device: DeviceChoice,
    /// Where new runs go and old ones are listed.
    pub runs: PathBuf,
    /// Seconds between sample grids.
    pub sample_every_s: f32,
    /// Seconds between measurements of the pictures' quality, at least; they take a twentieth of the time at most. `None` for never.
    pub measure_every_s: Option<f32>,
}

impl Options {
    /// As many threads as there are cores, the graphics card if there is one, the studio's own run folder.
    pub fn usual() -> Self {
        let threads = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
        Self {
            threads,
            device: DeviceChoice::Auto,
            runs: crate::run::home().runs,
            sample_every_s: 2.0,
            measure_every_s: Some(5.0),
        }
    }
}

/// Jobs that were asked to end early.
pub type Cancelled = Arc<Mutex<std::collections::HashSet<JobId>>>;

/// Set when the handle is dropped: tools end early, since nobody will see their pictures.
pub type Closing = Arc<AtomicBool>;
