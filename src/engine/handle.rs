//! The handle of the engine: starts its threads, passes orders on, and joins the threads when it is dropped.

#[cfg(test)]
pub mod unattended;

use super::{
    dataset_cache::DatasetCache,
    device::Chosen,
    jobs::worker::Worker,
    options::{Cancelled, Closing, Options, Wake},
    preview::{previewer::Previewer, strip},
    protocol::{
        Command, Event, Failure, Job, JobId, Live, Preview, PreviewRequest, Samples, Shown, Strip, StripRequest,
    },
    reporter::Reporter,
    task::Task,
    throttle::Throttle,
    train::{lanes::Lanes, trainer::Trainer},
    weight_store::WeightStore,
};
use crate::mailbox::{Outbox, mailbox};
use anyhow::{Context, Result};
use crossbeam_channel::{Receiver, Sender, bounded, never};
use std::sync::PoisonError;
use std::sync::atomic::{AtomicU64, Ordering};
use std::thread::JoinHandle;
use std::time::Instant;

/// An order or a job was not taken: too many wait already, or the engine is ending.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Refused;

/// The handle. Dropping it stops and joins all threads; a run that trains is saved first.
pub struct Engine {
    orders: Option<Sender<Command>>,
    live: Option<Outbox<Live>>,
    throttle: Throttle,
    requests: Option<Outbox<PreviewRequest>>,
    strip_wishes: Option<Outbox<StripRequest>>,
    jobs: Option<Sender<Task>>,
    next_job: AtomicU64,
    cancelled: Cancelled,
    closing: Closing,
    device: Chosen,
    /// Facts and curves, in order.
    pub events: Receiver<Event>,
    /// At most one answer to the sliders: the newest.
    pub previews: Receiver<Preview>,
    /// The newest few sample grids.
    pub samples: Receiver<Samples>,
    /// At most one strip of pictures before and after: the newest.
    pub strips: Receiver<Result<Strip, Failure>>,
    /// At most one picture that a tool is still at work on: the newest.
    pub drafts: Receiver<Shown>,
    threads: Vec<JoinHandle<()>>,
}

impl Engine {
    /// Starts the threads.
    #[allow(clippy::needless_pass_by_value)] // the threads keep clones for as long as they live
    pub fn start(wake: Wake, options: Options) -> Result<Self> {
        let (orders, order_inbox) = bounded(64);
        let (live, live_inbox) = mailbox(1);
        let (requests, wish_inbox) = mailbox(1);
        let (jobs, job_inbox) = bounded(16);
        let (event_lane, events) = bounded(256);
        let (preview_out, previews) = mailbox(1);
        let (sample_out, samples) = mailbox(4);
        let ((strip_wishes, strip_inbox), (strip_out, strips)) = (mailbox(1), mailbox(1));
        let (draft_out, drafts) = mailbox(1);
        let (store, cache, cancelled) = (WeightStore::default(), DatasetCache::default(), Cancelled::default());
        let (device, closing) = (Chosen::new(options.device), Closing::default());
        let reporter = || Reporter::new(event_lane.clone(), wake.clone());

        let throttle = Throttle::default();
        let lanes = Lanes {
            orders: order_inbox,
            live: live_inbox,
            throttle: throttle.clone(),
            jobs: jobs.clone(),
            samples: sample_out.clone(),
        };
        let worker = Worker::new(
            job_inbox,
            draft_out,
            reporter(),
            store.clone(),
            cache.clone(),
            (cancelled.clone(), closing.clone()),
            device.clone(),
            options.clone(),
        );
        let (trainer_report, previewer_report) = (reporter(), reporter());
        let (trainer_stage, trainer_device, previewer_device) = (store.clone(), device.clone(), device.clone());
        // Built on their own threads: what holds tensors never crosses.
        let threads = vec![
            spawn("trainer", move || {
                Trainer::new(lanes, trainer_report, trainer_stage, cache, trainer_device, options).run();
            })?,
            spawn("previewer", move || {
                let out = (preview_out, sample_out);
                Previewer::new(wish_inbox, out.0, out.1, previewer_report, store, previewer_device).run();
            })?,
            spawn("worker", move || worker.run())?,
            spawn("strip", move || strip::run(&strip_inbox, &strip_out, &wake))?,
        ];
        Ok(Self {
            orders: Some(orders),
            live: Some(live),
            throttle,
            requests: Some(requests),
            strip_wishes: Some(strip_wishes),
            jobs: Some(jobs),
            next_job: AtomicU64::new(1),
            cancelled,
            closing,
            device,
            events,
            previews,
            samples,
            strips,
            drafts,
            threads,
        })
    }

    /// Gives the trainer an order without waiting. Refused while too many wait in the lane.
    pub fn send(&self, command: Command) -> Result<(), Refused> {
        self.orders.as_ref().and_then(|lane| lane.try_send(command).ok()).ok_or(Refused)
    }

    /// Turns live knobs; the newest record counts.
    pub fn set_live(&self, live: Live) {
        if let Some(lane) = &self.live {
            lane.post(live);
        }
    }

    /// Gives training this share of time, in percent, from now on; it changes how fast a run goes, and no byte of it.
    pub fn set_throttle(&self, percent: u32) {
        self.throttle.set(percent);
    }

    /// A slider is being dragged, or was let go: training yields meanwhile. To be called again every second of a drag.
    pub fn dragging(&self, down: bool) {
        self.throttle.dragging(down, Instant::now());
    }

    /// Asks for pictures; the newest request counts. True when it replaced one that nobody had read yet.
    pub fn request(&self, request: PreviewRequest) -> bool {
        self.requests.as_ref().is_some_and(|lane| lane.post(request).is_some())
    }

    /// Asks for pictures before and after; the newest request counts.
    pub fn request_strip(&self, request: StripRequest) {
        if let Some(lane) = &self.strip_wishes {
            lane.post(request);
        }
    }

    /// Gives the worker a job without waiting. Refused while too many wait in the lane.
    pub fn job(&self, job: Job) -> Result<JobId, Refused> {
        let id = JobId(self.next_job.fetch_add(1, Ordering::Relaxed));
        self.jobs.as_ref().and_then(|lane| lane.try_send(Task::Asked(id, job)).ok()).map(|()| id).ok_or(Refused)
    }

    /// Chooses where runs train and pictures are made, by a word such as `auto`, `cpu` or `cuda:0`. Pictures move with the next
    /// request, a run with its next start. One sentence when the word means nothing; whether the device is there is said then.
    pub fn use_device(&self, word: &str) -> Result<(), String> {
        self.device.set(word.parse()?);
        Ok(())
    }

    /// Asks a job to end early, whether it has begun or not.
    pub fn cancel(&self, job: JobId) {
        self.cancelled.lock().unwrap_or_else(PoisonError::into_inner).insert(job);
    }
}

impl Drop for Engine {
    fn drop(&mut self) {
        // Nobody reads from here on: let go of the receivers first, or a full lane would hold its sender for ever.
        self.events = never();
        self.previews = never();
        self.samples = never();
        self.strips = never();
        self.drafts = never();
        self.closing.store(true, Ordering::Relaxed);
        // Hanging up is the order to end. The worker ends last: the trainer's final checkpoint goes through it.
        (self.orders, self.live, self.requests, self.jobs) = (None, None, None, None);
        self.strip_wishes = None;
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

fn spawn(name: &str, work: impl FnOnce() + Send + 'static) -> Result<JoinHandle<()>> {
    std::thread::Builder::new()
        .name(name.into())
        .spawn(work)
        .with_context(|| format!("The {name} thread could not start."))
}
