//! The thread that evaluates, one evaluation at a time: it takes minutes, and the worker has checkpoints to write meanwhile.

use crate::{
    engine::{
        dataset_cache::DatasetCache,
        device::Chosen,
        evaluate::{Desk, evaluate},
        guard::guarded,
        options::Cancelled,
        protocol::{Evaluation, Event, JobId, Subject},
        reporter::Reporter,
    },
    run,
};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Least time between two reports of progress.
const RHYTHM: Duration = Duration::from_millis(50);
/// Intra-op threads: a run may train beside it.
const THREADS: usize = 2;

/// What the thread needs.
pub struct Tools {
    /// Where it tells.
    pub report: Reporter,
    /// Jobs that were asked to end.
    pub cancelled: Cancelled,
    /// Where to calculate.
    pub device: Chosen,
    /// Data that were read.
    pub cache: DatasetCache,
}

/// Holds the thread; dropping it ends the evaluation.
#[derive(Default)]
pub struct Evaluator {
    running: Option<JoinHandle<()>>,
    ending: Arc<AtomicBool>,
}

impl Evaluator {
    /// Begins an evaluation, answered by `Evaluated` or `JobFailed`.
    pub fn begin(&mut self, id: JobId, order: Evaluation, tools: Tools) {
        if self.running.as_ref().is_some_and(|thread| !thread.is_finished()) {
            let failure = "Something is being measured already; wait for it, or cancel it.".into();
            return tools.report.send(Event::JobFailed { job: id, failure });
        }
        let (ending, report) = (self.ending.clone(), tools.report.twin());
        let spawned =
            std::thread::Builder::new().name("evaluator".into()).spawn(move || work(id, &order, &tools, &ending));
        match spawned {
            Ok(thread) => self.running = Some(thread),
            Err(why) => {
                let failure = format!("The evaluator thread could not start ({why}).").into();
                report.send(Event::JobFailed { job: id, failure });
            }
        }
    }
}

impl Drop for Evaluator {
    fn drop(&mut self) {
        self.ending.store(true, Ordering::Relaxed);
        if let Some(thread) = self.running.take() {
            let _ = thread.join();
        }
    }
}

fn work(id: JobId, order: &Evaluation, tools: &Tools, ending: &AtomicBool) {
    let asked_to_end = || tools.cancelled.lock().unwrap_or_else(PoisonError::into_inner).contains(&id);
    let (mut told, mut last) = (Instant::now(), String::new());
    let mut watch = |what: &str, done: usize, total: usize| {
        if last != what || told.elapsed() > RHYTHM {
            (told, last) = (Instant::now(), what.to_owned());
            tools.report.hint(Event::Evaluating { job: id, what: what.to_owned(), done, total });
        }
        !ending.load(Ordering::Relaxed) && !asked_to_end()
    };
    let desk = Desk {
        device: tools.device.to_play(),
        threads: THREADS,
        classifiers: run::home().classifiers(),
        at_hand: &|spec| tools.cache.peek(spec),
    };
    match guarded(|| evaluate(order, &desk, &mut watch)) {
        Ok(outcome) => {
            let place = match &order.subject {
                Subject::Run { place, .. } => Some(place.clone()),
                Subject::Pictures { .. } => None,
            };
            let (card, notes) = (Box::new(outcome.card), outcome.notes);
            tools.report.send(Event::Evaluated { job: id, place, card, notes });
        }
        Err(failure) => tools.report.send(Event::JobFailed { job: id, failure }),
    }
    tools.cancelled.lock().unwrap_or_else(PoisonError::into_inner).remove(&id);
}
