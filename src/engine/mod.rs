//! The engine: trainer, previewer and worker threads, and the handle that the window and the command line hold.

pub mod protocol;

mod aspect;
mod best_of_n;
mod border;
mod calibrate;
mod clock;
mod compare;
mod device;
pub mod evaluate;
mod evaluator;
mod examples;
mod export;
mod feed;
mod library;
mod location;
mod measure;
mod normalisation;
mod previewer;
mod quality;
mod reconstructions;
mod reporter;
mod rollback;
mod run_loop;
mod start_watch;
mod starters;
mod state_dicts;
mod strip;
mod thread_tuner;
mod throttle;
pub mod tools;
mod trainer;
mod transfer;
mod weight_store;
mod worker;

pub use crate::data::{input_files, input_picture, is_picture_name};
pub use aspect::{joined, restored};
pub use best_of_n::best_of_n;
pub use border::guarded;
pub use calibrate::{calibrate, fetch_and_calibrate};
pub use compare::compare;
pub use export::{write_many, write_one};
pub use library::{open_examples, open_player};
pub use state_dicts::export_from;
pub use tools::smooth;

use crate::{
    mailbox::{Outbox, mailbox},
    nn::DeviceChoice,
};
use anyhow::{Context, Result};
use crossbeam_channel::{Receiver, Sender, TrySendError, bounded, never};
use protocol::{
    Command, Event, Failure, Job, JobId, Live, Preview, PreviewRequest, Samples, Shown, Strip, StripRequest,
};
use reporter::Reporter;
use std::path::PathBuf;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;
use throttle::Throttle;
use weight_store::WeightStore;

/// Rings whoever reads the lanes. The engine never names a window.
pub type Wake = Arc<dyn Fn() + Send + Sync>;

/// What differs between the window and the headless twin.
#[derive(Clone, Debug)]
pub struct Options {
    /// Intra-op threads of the trainer.
    pub threads: usize,
    /// Where runs train and pictures are made; [`Engine::use_device`] changes it.
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

/// The spec of a starter.
pub fn starter_spec(name: &str) -> Result<crate::spec::RunSpec> {
    Ok(starters::read(name)?.0)
}

/// Makes a run of a file of `PyTorch` weights, reading its data here and now; one line that says what was read.
pub fn import_from(request: protocol::Import) -> Result<String> {
    let cache = feed::DatasetCache::default();
    state_dicts::import(request, &mut |spec| cache.fetch(spec, &mut crate::data::NoWatch)).map(|(line, _)| line)
}

/// Jobs that were asked to end early.
type Cancelled = Arc<Mutex<std::collections::HashSet<JobId>>>;

/// The handle is gone: tools whose pictures nobody will see end early.
type Closing = Arc<AtomicBool>;

/// The handle. Dropping it stops and joins all threads; a run that trains is saved first.
pub struct Engine {
    orders: Option<Sender<Command>>,
    live: Option<Outbox<Live>>,
    throttle: Throttle,
    requests: Option<Outbox<PreviewRequest>>,
    strip_wishes: Option<Outbox<StripRequest>>,
    jobs: Option<Sender<worker::Task>>,
    next_job: AtomicU64,
    cancelled: Cancelled,
    closing: Closing,
    device: device::Chosen,
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
        let (store, cache, cancelled) = (WeightStore::default(), feed::DatasetCache::default(), Cancelled::default());
        let (device, closing) = (device::Chosen::new(options.device), Closing::default());
        let reporter = || Reporter::new(event_lane.clone(), wake.clone());

        let throttle = Throttle::default();
        let lanes = trainer::Lanes {
            orders: order_inbox,
            live: live_inbox,
            throttle: throttle.clone(),
            jobs: jobs.clone(),
            samples: sample_out.clone(),
        };
        let worker = worker::Worker::new(
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
                trainer::Trainer::new(lanes, trainer_report, trainer_stage, cache, trainer_device, options).run();
            })?,
            spawn("previewer", move || {
                let out = (preview_out, sample_out);
                previewer::Previewer::new(wish_inbox, out.0, out.1, previewer_report, store, previewer_device).run();
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

    /// Gives the trainer an order without waiting; it comes back when the lane is full or the engine gone.
    pub fn send(&self, command: Command) -> Result<(), Command> {
        match self.orders.as_ref().map(|lane| lane.try_send(command)) {
            Some(Ok(())) => Ok(()),
            Some(Err(TrySendError::Full(back) | TrySendError::Disconnected(back))) => Err(back),
            None => Err(Command::Close),
        }
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

    /// Gives the worker a job without waiting; it comes back when there are too many.
    #[allow(clippy::result_large_err)] // moved once, to whoever may give it again
    pub fn job(&self, job: Job) -> Result<JobId, Job> {
        let id = JobId(self.next_job.fetch_add(1, Ordering::Relaxed));
        match self.jobs.as_ref().map(|lane| lane.try_send(worker::Task::Asked(id, job))) {
            Some(Ok(())) => Ok(id),
            Some(Err(
                TrySendError::Full(worker::Task::Asked(_, job))
                | TrySendError::Disconnected(worker::Task::Asked(_, job)),
            )) => Err(job),
            _ => Err(Job::ListRuns),
        }
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
