//! The curves of a run on disk, which the trainer and the worker both append to.

use crate::{history::Point, run::MetricLog};
use anyhow::Result;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

/// The curves of a run on disk, added to by the trainer and, now and then, by the worker. What waits is written when any holder
/// lets go.
pub struct SharedLog(Arc<Mutex<MetricLog>>);

impl SharedLog {
    /// See [`MetricLog::open`].
    pub fn open(run: &Path, after_step: u64) -> Result<Self> {
        Ok(Self(Arc::new(Mutex::new(MetricLog::open(run, after_step)?))))
    }

    /// See [`MetricLog::append`].
    pub fn append(&self, points: &[Point]) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).append(points)
    }

    /// See [`MetricLog::flush`].
    pub fn flush(&self) -> Result<()> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).flush()
    }

    /// Cuts the curves off after an earlier step, for all holders.
    pub fn reopen(&self, run: &Path, after_step: u64) -> Result<()> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = MetricLog::open(run, after_step)?;
        Ok(())
    }

    /// See [`MetricLog::trouble`].
    pub fn trouble(&self) -> Option<String> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).trouble()
    }

    /// Another holder.
    pub fn share(&self) -> Self {
        Self(self.0.clone())
    }
}

impl Drop for SharedLog {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}
