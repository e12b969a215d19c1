//! What the worker holds: its lane of tasks and what its jobs share with the other threads.

use crate::{
    engine::{
        dataset_cache::DatasetCache,
        device::Chosen,
        options::{Cancelled, Closing, Options},
        protocol::{JobId, Shown},
        reporter::Reporter,
        task::Task,
        weight_store::WeightStore,
    },
    mailbox::Outbox,
};
use crossbeam_channel::Receiver;
use std::sync::PoisonError;

/// Does one task after the other.
pub struct Worker {
    pub(super) tasks: Receiver<Task>,
    pub(super) drafts: Outbox<Shown>,
    pub(super) report: Reporter,
    pub(super) store: WeightStore,
    pub(super) cache: DatasetCache,
    pub(super) cancelled: Cancelled,
    pub(super) closing: Closing,
    pub(super) device: Chosen,
    pub(super) options: Options,
}

impl Worker {
    /// A worker between these lanes.
    #[allow(clippy::too_many_arguments)] // each goes to the field of its name
    pub fn new(
        tasks: Receiver<Task>,
        drafts: Outbox<Shown>,
        report: Reporter,
        store: WeightStore,
        cache: DatasetCache,
        (cancelled, closing): (Cancelled, Closing),
        device: Chosen,
        options: Options,
    ) -> Self {
        Self { tasks, drafts, report, store, cache, cancelled, closing, device, options }
    }

    /// Whether a job was asked to end early.
    pub(super) fn is_cancelled(&self, id: JobId) -> bool {
        self.cancelled.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
    }
}
