//! What the window did or asked for itself, folded into the session before any event of the engine speaks of it.

use super::{DataState, Session, Status};
use crate::{
    engine::protocol::{CanvasPicture, JobId, Strip, Trial},
    meter::Meters,
    spec::{RunSpec, Value},
};

/// A change that the window makes to what it knows.
#[derive(Debug)]
pub enum Intent {
    /// These data sources were chosen lately, newest first.
    Sources(Vec<String>),
    /// A data source is being read.
    Reading(String),
    /// A data source is not read, and why, in one sentence.
    NotRead(String, String),
    /// No data are chosen any more.
    NoData,
    /// The survey of the last source is out of date.
    SurveyForgotten,
    /// Pictures before and after they are prepared; `None` when they cannot be read.
    Strip(Option<Strip>),
    /// The worker was given a job, called so in the list of jobs.
    JobSent(JobId, String),
    /// A tool, called so, works on this picture of the canvas.
    ToolSent(JobId, String, Option<CanvasPicture>),
    /// A tool makes a draft; `None` when that was cancelled.
    Drafting(Option<JobId>),
    /// The draft does not belong to the canvas any more.
    DraftDropped,
    /// Runs are no longer side by side.
    ComparisonClosed,
    /// The input picture that a person opened is no longer drawn from.
    InputForgotten,
    /// Why no run can be started with what is set; `None` when one can.
    Obstacle(Option<String>),
    /// What training would cost is being measured.
    Measuring(Trial),
    /// A run with this spec was started.
    Preparing(Box<RunSpec>),
    /// An order was sent that leads to this status.
    Expecting(Status),
    /// A live knob of the run that trains was set.
    KnobSet(String, Value),
    /// The open run can no longer be continued here.
    ReadOnly,
    /// The open run is being evaluated by this job.
    Evaluating(JobId),
    /// The evaluation was asked to end.
    EvaluationCancelled,
    /// The remedy of this rule's finding was applied.
    FindingTreated(&'static str),
    /// A person hid the finding of this rule.
    FindingDismissed(&'static str),
    /// Whether the program measures itself.
    Meters(bool),
}

impl Session {
    /// Takes over what the window did or asked for.
    pub fn note(&mut self, intent: Intent) {
        match intent {
            Intent::Sources(sources) => self.recent = sources,
            Intent::Reading(source) => self.data = DataState::Loading(source, 0, 0, None),
            Intent::NotRead(source, why) => self.data = DataState::Failed(source, why),
            Intent::NoData => self.data = DataState::None,
            Intent::SurveyForgotten => self.surveyed = None,
            Intent::Strip(strip) => self.strip = strip,
            Intent::JobSent(job, what) => drop(self.jobs.insert(job, (what, 0, 0))),
            Intent::ToolSent(job, title, of) => (self.canvas.work, self.canvas.of) = (Some((job, title)), of),
            Intent::Drafting(job) => self.canvas.drafting = job,
            Intent::DraftDropped => (self.canvas.draft, self.canvas.no_draft) = (None, None),
            Intent::ComparisonClosed => self.comparison = None,
            Intent::InputForgotten => self.open_run.own_input = None,
            Intent::Obstacle(why) => self.obstacle = why,
            Intent::Measuring(trial) => self.measuring = Some(trial),
            Intent::Preparing(spec) => {
                (self.open_run.spec, self.open_run.status) = (Some(*spec), Status::Preparing);
            }
            Intent::Expecting(status) => self.open_run.status = status,
            Intent::KnobSet(id, value) => {
                if let Some(spec) = &mut self.open_run.spec {
                    spec.knobs.put(&id, value);
                }
            }
            Intent::ReadOnly => self.open_run.writable = false,
            Intent::Evaluating(job) => self.scores.begin(job),
            Intent::EvaluationCancelled => {
                if let Some(measuring) = &mut self.scores.measuring {
                    measuring.what = "Cancelling".into();
                }
            }
            Intent::FindingTreated(rule) => self.open_run.health.doctor.treated(rule),
            Intent::FindingDismissed(rule) => self.open_run.health.doctor.dismiss(rule),
            Intent::Meters(false) => self.meters = None,
            Intent::Meters(true) => drop(self.meters.get_or_insert_with(Meters::default)),
        }
    }
}
