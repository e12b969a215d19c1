//! Which measurements of quality the trainer asks the worker for.

use super::{lanes::Lanes, run_loop::Run};
use crate::{
    engine::{
        library,
        rhythm::Rhythm,
        task::{Ask, Task},
    },
    weights::Checkpoint,
};
use std::sync::Arc;
use std::time::Instant;

/// What to ask for a checkpoint that is just saved, the `last` one of its run perhaps; `None` when it is not to be measured.
pub fn of_checkpoint(lanes: &Lanes, run: &Run, checkpoint: &Checkpoint, last: bool) -> Option<Ask> {
    // What nothing was learned in yet is never the best.
    let wanted = checkpoint.step > 0 && run.rhythm.with(|r| r.takes_checkpoint(Instant::now(), last));
    let weights = wanted.then(|| library::weights_of(checkpoint).ok()).flatten()?;
    Some(run.ask(Some(Arc::new(weights)), lanes.throttle.clone()))
}

/// Gives it to the worker.
pub fn send(lanes: &Lanes, ask: Option<Ask>) {
    let Some(ask) = ask else { return };
    let rhythm = ask.rhythm.clone();
    rhythm.with(Rhythm::begun);
    // When the worker has its hands full, the next one will do.
    if lanes.jobs.try_send(Task::Measure(Box::new(ask))).is_err() {
        rhythm.with(Rhythm::refused);
    }
}
