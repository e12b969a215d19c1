//! The newest weights of every open run, shared by trainer, previewer and worker as plain arrays.

use super::protocol::{Examples, RunId};
use crate::weights::{Blueprint, Weights};
use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

/// What is needed to play a run.
#[derive(Clone)]
pub struct Playing {
    /// How to build its player.
    pub plan: Arc<Blueprint>,
    /// The newest weights.
    pub weights: Arc<Weights>,
    /// The run's seed, from which its fixed seeds follow.
    pub seed: u64,
    /// Its fixed inputs, where the family takes such.
    pub examples: Examples,
    /// Where its checkpoints are; none for a starter.
    pub folder: Option<PathBuf>,
}

/// The shelf. Its lock is held only to copy a few pointers.
#[derive(Clone, Default)]
pub struct WeightStore(Arc<Mutex<HashMap<RunId, Playing>>>);

/// Open runs kept; the oldest go first.
const KEPT: usize = 4;

impl WeightStore {
    /// Puts the newest weights of a run.
    pub fn put(&self, run: RunId, playing: Playing) {
        let mut runs = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        runs.insert(run, playing);
        while runs.len() > KEPT {
            let Some(oldest) = runs.keys().min().copied() else { break };
            runs.remove(&oldest);
        }
    }

    /// The newest weights of a run.
    pub fn get(&self, run: RunId) -> Option<Playing> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&run).cloned()
    }
}
