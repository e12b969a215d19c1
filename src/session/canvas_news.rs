//! What is known of the tools that work on the canvas.

use crate::{
    engine::protocol::{CanvasPicture, JobId},
    picture::Picture,
};

/// Tools at work, and what the last one said.
#[derive(Clone, Debug, Default)]
pub struct CanvasNews {
    /// The job that works on the canvas now, and what it is called.
    pub work: Option<(JobId, String)>,
    /// The picture that it works on.
    pub of: Option<CanvasPicture>,
    /// What it has so far.
    pub so_far: Option<Picture>,
    /// The job that makes a draft now.
    pub drafting: Option<JobId>,
    /// The newest draft: a rough cut-out of the picture on the canvas.
    pub draft: Option<CanvasPicture>,
    /// Why there is no draft yet, in one sentence.
    pub no_draft: Option<String>,
    /// What the last tool measured and warned of.
    pub said: Option<Said>,
}

impl CanvasNews {
    /// Whether this job is the one that works on the canvas now.
    pub fn is_work(&self, job: JobId) -> bool {
        self.work.as_ref().is_some_and(|(work, _)| *work == job)
    }
}

/// What a tool said when it was done.
#[derive(Clone, Debug, PartialEq)]
pub struct Said {
    /// Id of the tool.
    pub tool: String,
    /// Seconds it took.
    pub secs: f32,
    /// What it measured, by name.
    pub figures: Vec<(&'static str, f64)>,
    /// A sentence each.
    pub warnings: Vec<String>,
}
