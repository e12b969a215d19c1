//! Tools of the canvas, as jobs.

use super::{tools, worker::Worker};
use crate::{
    engine::protocol::{CanvasPicture, Event, JobId, Role, Shown, ToolOrder, ToolOutput},
    failure::Failure,
    picture::Picture,
    synth::{self, Watch},
};
use anyhow::{Result, bail};
use std::cell::RefCell;
use std::path::Path;
use std::sync::PoisonError;
use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

/// Time between two reports of progress.
const TICK: Duration = Duration::from_millis(100);
/// Number of steps in which the progress of a whole job is reported.
const STEPS: usize = 1_000;

impl Worker {
    /// Runs a tool; what it has so far lies in the lane of drafts meanwhile.
    pub(super) fn make(&self, id: JobId, order: ToolOrder) -> Result<()> {
        let begun = Instant::now();
        let cancelled = self.cancelled.clone();
        let closing = self.closing.clone();
        let stop = || {
            closing.load(Ordering::Relaxed) || cancelled.lock().unwrap_or_else(PoisonError::into_inner).contains(&id)
        };
        // Of a drag of the brush only the newest draft counts.
        if stop() {
            bail!(Failure::Cancelled);
        }
        let told = RefCell::new(None::<Instant>);
        let mut on_progress = |share: f32, so_far: Option<Picture>| {
            let due = told.borrow().is_none_or(|told| told.elapsed() >= TICK);
            if due {
                *told.borrow_mut() = Some(Instant::now());
                let done = (share * STEPS as f32) as usize;
                self.report.hint(Event::JobProgress { job: id, done, total: STEPS });
            }
            if let Some(picture) = so_far.filter(|_| !order.draft) {
                self.drafts.post(Shown { job: id, picture });
                self.report.wake();
            }
        };
        let mut watch = Watch::new(&stop, &mut on_progress);
        let (outcome, made) = tools::make(&self.store, &order, self.device.to_play(), &mut watch)?;
        let (picture, alpha) = (outcome.picture.clone(), outcome.alpha.clone());
        let canvas_picture = CanvasPicture { name: order.name, picture, alpha, made: Some(made) };
        let (task, secs) = (synth::tool(&order.tool)?.task, begun.elapsed().as_secs_f32());
        let made = ToolOutput { job: id, tool: order.tool, task, draft: order.draft, canvas_picture, outcome, secs };
        self.report.send(Event::ToolDone(Box::new(made)));
        Ok(())
    }

    /// Reads a picture for the canvas.
    pub(super) fn read_picture(&self, path: &Path, role: Role) -> Result<()> {
        let canvas_picture = Box::new(tools::read(path, role)?);
        self.report.send(Event::PictureRead { role, canvas_picture });
        Ok(())
    }
}
