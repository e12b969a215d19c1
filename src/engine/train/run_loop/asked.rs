//! What a run gives the worker so that it can be measured.

use super::Run;
use crate::{
    engine::{task::Ask, throttle::Throttle},
    weights::Weights,
};
use std::sync::Arc;

impl Run {
    /// Everything that measuring it once needs: these weights of a checkpoint, or the newest on the shelf.
    pub fn ask(&self, checkpoint: Option<Arc<Weights>>, throttle: Throttle) -> Ask {
        Ask {
            run: self.id,
            folder: self.folder.path().to_path_buf(),
            data: self.batches.loaded(),
            checkpoint,
            log: self.log.share(),
            rhythm: self.rhythm.clone(),
            throttle,
        }
    }
}
