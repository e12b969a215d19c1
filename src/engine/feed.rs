//! Brings data to the trainer: keeps what was read last, and has the next batches ready.

use crate::{
    data::{self, Loaded, Watch},
    models::Batch,
    spec::{DataShape, DataSpec},
};
use anyhow::Result;
use crossbeam_channel::{Receiver, bounded};
use std::sync::{Arc, Mutex, PoisonError};

/// The data read last, shared by worker and trainer, so that Start need not read again what the contact sheet shows.
#[derive(Clone, Default)]
pub struct Pantry(Arc<Mutex<Option<Arc<Loaded>>>>);

impl Pantry {
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

    fn peek(&self, spec: &DataSpec) -> Option<Arc<Loaded>> {
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

/// Batches of a run from a step on, gathered ahead on a thread of their own.
pub struct Feeder {
    lane: Receiver<Batch>,
}

/// Batches that wait ready.
const AHEAD: usize = 2;

impl Feeder {
    /// Begins at `step`. Which pictures a step sees depends on (seed, step) alone.
    pub fn start(loaded: Arc<Loaded>, batch: usize, seed: u64, step: u64) -> Result<Self> {
        let (out, lane) = bounded(AHEAD);
        let work = move || {
            let mut order = data::Batches::new(loaded.train.pixels.count, batch, seed);
            for step in step.. {
                let index = order.indices_at(step);
                let (pictures, labels) = data::gather(&loaded, &index);
                if out.send(Batch { pictures, inputs: None, labels, index }).is_err() {
                    break;
                }
            }
        };
        std::thread::Builder::new().name("feeder".into()).spawn(work)?;
        Ok(Self { lane })
    }

    /// The next batch.
    pub fn next(&self) -> Result<Batch> {
        Ok(self.lane.recv()?)
    }
}
