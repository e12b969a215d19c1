//! Keeps the data set that was read last, so that jobs and the trainer read it once.

use crate::{
    data::{self, Loaded, Watch},
    spec::{DataShape, DataSpec},
};
use anyhow::Result;
use std::sync::{Arc, Mutex, PoisonError};

/// The data read last, shared by worker and trainer, so that Start need not read again what the contact sheet shows.
#[derive(Clone, Default)]
pub struct DatasetCache(Arc<Mutex<Option<Arc<Loaded>>>>);

impl DatasetCache {
    /// The data of a spec: what was read last if it is the same, else read now.
    pub fn fetch(&self, spec: &DataSpec, watch: &mut dyn Watch) -> Result<Arc<Loaded>> {
        if let Some(ready) = self.peek(spec) {
            return Ok(ready);
        }
        // Let go of the old pictures before the new ones take their memory.
        self.put(None);
        let fresh = Arc::new(data::open(&spec.source)?.load(spec, watch)?);
        self.put(Some(fresh.clone()));
        Ok(fresh)
    }

    /// The data of a spec, if they are those that were read last.
    pub fn peek(&self, spec: &DataSpec) -> Option<Arc<Loaded>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.as_ref().filter(|l| l.spec == *spec).cloned()
    }

    fn put(&self, loaded: Option<Arc<Loaded>>) {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = loaded;
    }
}

/// Surveys a source.
pub fn survey(source: &str) -> Result<DataShape> {
    data::open(source)?.survey()
}
