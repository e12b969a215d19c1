//! Has the open run evaluated.

use super::App;
use crate::{
    engine::protocol::{Evaluation, Job, Place, Subject},
    session::{Intent, Level},
};

impl App {
    /// Has the newest checkpoint of the open run evaluated.
    pub(super) fn evaluate(&mut self) {
        let Some(place) = self.session.open_run.place.clone() else {
            return self.session.say(Level::Info, "Open a run first; then it can be measured.");
        };
        if self.session.scores.measuring.is_some() {
            return self.session.say(Level::Info, "Something is being measured already.");
        }
        let subject = Subject::Run { place, step: None, ema: self.desk.ema, data: None };
        let order = Evaluation { subject, count: self.desk.score_count, seed: 0, metrics: Vec::new() };
        if let Some(job) = self.job(Job::Evaluate(Box::new(order)), "") {
            self.session.note(Intent::Evaluating(job));
        }
    }

    /// Cancels the evaluation under way.
    pub(super) fn cancel_evaluation(&mut self) {
        if let Some(measuring) = &self.session.scores.measuring {
            self.engine.cancel(measuring.job);
            self.session.note(Intent::EvaluationCancelled);
        }
    }

    /// Has the score cards of the open run read from its folder.
    pub(super) fn read_scores(&mut self) {
        if let Some(Place::Folder(folder)) = &self.session.open_run.place {
            self.engine.job(Job::Scores { run: self.session.open_run.run, folder: folder.clone() }).ok();
        }
    }
}
