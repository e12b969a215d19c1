//! What the trainer does when a step broke: go on with smaller batches, go back to a checkpoint, or end the run with a sentence.

use super::{run_loop::Return, trainer::Trainer};
use crate::engine::{
    guard::guarded,
    protocol::{Event, Failure},
};

impl Trainer {
    /// Something of the run broke. A device that is full gets smaller batches, once; numbers that ran away send the run back to its
    /// last good checkpoint, a few times; anything else ends the run.
    pub(super) fn broke(&mut self, failure: Failure) {
        let Some(run) = &mut self.run else { return };
        let curve = match failure {
            Failure::OutOfMemory => return self.halve(),
            Failure::NotFinite { curve, .. } => curve,
            other => return self.fail(other),
        };
        match guarded(|| run.roll_back(curve)) {
            Ok(Ok(back)) => self.rolled_back(back),
            Ok(Err(enough)) => self.fail(enough.into()),
            Err(also) => self.fail(format!("{failure} Going back to a checkpoint failed too: {also}").into()),
        }
    }

    /// Goes back to a checkpoint because a person asked for it. When that fails the run trains on as it is.
    pub(super) fn roll_back_to(&mut self, to: u64) {
        let Some(run) = &mut self.run else { return };
        match guarded(|| run.roll_back_to(to)) {
            Ok(back) => self.rolled_back(back),
            Err(why) => {
                let why = format!("The run could not go back to step {to} and goes on as it was. {why}");
                self.report.send(Event::Warning { run: run.id, why });
            }
        }
    }

    fn rolled_back(&mut self, back: Return) {
        let Some(run) = &mut self.run else { return };
        self.report.flush(run.id, run.pace());
        let (id, spec) = (run.id, Box::new(run.spec_now()));
        self.report.send(Event::RolledBack { run: id, rollback: back.rollback, spec, why: back.why });
        // The sliders play what the run has now; a picture that can't be drawn says so there.
        if let Err(failure) = guarded(|| run.publish(&self.store, true)) {
            return self.fail(failure);
        }
        self.sample(false);
    }

    fn halve(&mut self) {
        let Some(run) = &mut self.run else { return };
        match guarded(|| run.halve()) {
            Ok(Some(why)) => {
                self.report.send(Event::Warning { run: run.id, why });
                // A resume from before would know nothing of the change.
                self.save_now();
            }
            Ok(None) => {
                let why = run.has_no_room();
                self.fail(why.into());
            }
            Err(failure) => self.fail(failure),
        }
    }

    /// Ends the run with a failure.
    pub(super) fn fail(&mut self, failure: Failure) {
        let Some(run) = self.run.take() else { return };
        self.report.flush(run.id, run.pace());
        let _ = run.folder.set_training(false);
        let (id, kept) = (run.id, run.last_trained_checkpoint());
        drop(run);
        self.report.send(Event::Failed { run: id, failure, kept });
    }
}
