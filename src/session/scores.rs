//! What was measured of the open run, and how the measuring goes.

use super::OpenRun;
use crate::{
    engine::protocol::{Event, Failure, JobId},
    scores::ScoreCard,
};

/// The score cards of the open run.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Scores {
    /// All that is known, newest last.
    pub cards: Vec<ScoreCard>,
    /// What has to be said of the newest one, a sentence each.
    pub notes: Vec<String>,
    /// The evaluation under way, of whichever run.
    pub measuring: Option<Measuring>,
    /// Why the last one broke, in one sentence.
    pub failed: Option<String>,
}

/// An evaluation under way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Measuring {
    /// The job that evaluates.
    pub job: JobId,
    /// What it does now.
    pub what: String,
    /// How much of that is done.
    pub done: usize,
    /// How much there is; 0 before it is known.
    pub total: usize,
}

impl Scores {
    /// An evaluation was asked for.
    pub fn begin(&mut self, job: JobId) {
        self.failed = None;
        self.measuring = Some(Measuring { job, what: "Opening the run".into(), ..Measuring::default() });
    }

    /// Another run is open; an evaluation of the former one goes on.
    pub(super) fn leave(&mut self) {
        *self = Self { measuring: self.measuring.take(), ..Self::default() };
    }

    /// Takes note of what concerns scores.
    pub(super) fn on_event(&mut self, event: &Event, open_run: &OpenRun) {
        let ours = |scores: &Self, job: &JobId| scores.measuring.as_ref().is_some_and(|m| m.job == *job);
        match event {
            Event::Scored { run, cards } if *run == open_run.run => self.cards.clone_from(cards),
            Event::Evaluating { job, what, done, total } if ours(self, job) => {
                self.measuring = Some(Measuring { job: *job, what: what.clone(), done: *done, total: *total });
            }
            Event::Evaluated { job, place, card, notes } => {
                if ours(self, job) {
                    self.measuring = None;
                }
                if place.is_some() && *place == open_run.place {
                    (self.notes, self.failed) = (notes.clone(), None);
                    self.cards.push((**card).clone());
                }
            }
            Event::JobFailed { job, failure } if ours(self, job) => {
                self.measuring = None;
                // Whoever cancelled it knows.
                self.failed = (*failure != Failure::Cancelled).then(|| failure.to_string());
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::protocol::{Place, RunId};
    use crate::session::Session;

    fn card(step: u64) -> ScoreCard {
        let word = String::new;
        let (weights, data, fingerprint, split) = ("ema".into(), word(), word(), word());
        ScoreCard { step, weights, data, fingerprint, split, scores: Vec::new() }
    }

    #[test]
    fn cards_belong_to_the_run_on_stage_and_progress_to_its_job() {
        let mut session = Session::default();
        let place = |name: &str| Some(Place::Folder(name.into()));
        session.present(RunId(2), place("a"));
        session.scores.begin(JobId(7));
        let evaluating = |job| Event::Evaluating { job: JobId(job), what: "x".into(), done: 1, total: 4 };
        session.apply(evaluating(6));
        assert_eq!(session.scores.measuring.as_ref().unwrap().total, 0, "another job's");
        session.apply(evaluating(7));
        assert_eq!(session.scores.measuring.as_ref().unwrap().total, 4);
        session.apply(Event::Scored { run: RunId(1), cards: vec![card(1)] });
        assert!(session.scores.cards.is_empty(), "a run that is not open");
        session.apply(Event::Scored { run: RunId(2), cards: vec![card(1)] });
        let evaluated = |name: &str, step| Event::Evaluated {
            job: JobId(7),
            place: place(name),
            card: Box::new(card(step)),
            notes: vec!["One thing.".into()],
        };
        session.apply(evaluated("b", 9));
        session.apply(evaluated("a", 5));
        let steps: Vec<_> = session.scores.cards.iter().map(|c| c.step).collect();
        assert_eq!((steps, session.scores.notes.len()), (vec![1, 5], 1));
        assert!(session.scores.measuring.is_none());
        session.scores.begin(JobId(8));
        session.apply(Event::JobFailed { job: JobId(8), failure: "It broke.".into() });
        assert_eq!(session.scores.failed.as_deref(), Some("It broke."));
        session.scores.begin(JobId(9));
        session.present(RunId(3), None);
        assert!(
            session.scores.cards.is_empty() && session.scores.measuring.is_some() && session.scores.failed.is_none()
        );
        session.apply(Event::JobFailed { job: JobId(9), failure: Failure::Cancelled });
        assert!(session.scores.measuring.is_none() && session.scores.failed.is_none());
    }
}
