//! An engine without threads, for tests of whoever holds one: what it is given stays in its lanes and can be looked at.

use super::Engine;
use crate::{
    engine::{
        device::Chosen,
        options::{Cancelled, Closing},
        protocol::{Command, Event, Job, JobId, Live, PreviewRequest, StripRequest},
        task::Task,
        throttle::Throttle,
    },
    mailbox::mailbox,
};
use crossbeam_channel::{Receiver, Sender, bounded, never};
use std::sync::PoisonError;
use std::sync::atomic::AtomicU64;

/// The far ends of the lanes of an engine without threads.
pub struct Unattended {
    /// The trainer's orders.
    pub orders: Receiver<Command>,
    /// The trainer's live knobs.
    pub live: Receiver<Live>,
    /// The previewer's newest request.
    pub requests: Receiver<PreviewRequest>,
    /// The newest request for pictures before and after they are prepared.
    pub strips: Receiver<StripRequest>,
    /// Where events come from.
    pub events: Sender<Event>,
    tasks: Receiver<Task>,
    cancelled: Cancelled,
}

impl Engine {
    /// An engine that takes this many orders and this many jobs, and refuses the rest; with 0, all of them.
    pub fn unattended(capacity: usize) -> (Self, Unattended) {
        let ((orders, order_inbox), (jobs, tasks)) = (bounded(capacity), bounded(capacity));
        let ((live, live_inbox), (requests, request_inbox)) = (mailbox(1), mailbox(1));
        let ((strip_wishes, strip_inbox), (event_lane, events)) = (mailbox(1), bounded(256));
        let cancelled = Cancelled::default();
        let engine = Self {
            orders: Some(orders),
            live: Some(live),
            throttle: Throttle::default(),
            requests: Some(requests),
            strip_wishes: Some(strip_wishes),
            jobs: Some(jobs),
            next_job: AtomicU64::new(1),
            cancelled: cancelled.clone(),
            closing: Closing::default(),
            device: Chosen::default(),
            events,
            previews: never(),
            samples: never(),
            strips: never(),
            drafts: never(),
            threads: Vec::new(),
        };
        let far_ends = Unattended {
            orders: order_inbox,
            live: live_inbox,
            requests: request_inbox,
            strips: strip_inbox,
            events: event_lane,
            tasks,
            cancelled,
        };
        (engine, far_ends)
    }
}

impl Unattended {
    /// Takes the jobs that were given since the last call, in order.
    pub fn jobs(&self) -> Vec<(JobId, Job)> {
        let asked = |task| if let Task::Asked(id, job) = task { Some((id, job)) } else { None };
        self.tasks.try_iter().filter_map(asked).collect()
    }

    /// Whether a job was asked to end.
    pub fn is_cancelled(&self, job: JobId) -> bool {
        self.cancelled.lock().unwrap_or_else(PoisonError::into_inner).contains(&job)
    }
}
