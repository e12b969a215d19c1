//! Takes over what the tools of the canvas report.

use super::{Level, Said, Session};
use crate::engine::protocol::{Failure, JobId, Shown, ToolOutput};

impl Session {
    /// Takes over what a tool made; what becomes of the picture is the desk's.
    pub(super) fn made(&mut self, made: ToolOutput) {
        self.jobs.remove(&made.job);
        let news = &mut self.canvas;
        if made.draft {
            if news.drafting == Some(made.job) {
                (news.drafting, news.draft, news.no_draft) = (None, Some(made.canvas_picture), None);
            }
            return;
        }
        if news.is_work(made.job) {
            (news.work, news.so_far, news.draft) = (None, None, None);
        }
        for warning in &made.outcome.warnings {
            self.say(Level::Warning, warning);
        }
        let (figures, warnings) = (made.outcome.figures, made.outcome.warnings);
        self.canvas.said = Some(Said { tool: made.tool, secs: made.secs, figures, warnings });
    }

    /// Takes over what a tool has so far.
    pub fn show_draft(&mut self, shown: Shown) {
        if self.canvas.is_work(shown.job) {
            self.canvas.so_far = Some(shown.picture);
        }
    }

    /// Says why something failed; what was cancelled is no failure to its person.
    pub(super) fn say_failure(&mut self, failure: &Failure) {
        let level = if *failure == Failure::Cancelled { Level::Info } else { Level::Failed };
        self.say(level, &failure.to_string());
    }

    /// Whether a job that failed was a tool's: then it is said here.
    pub(super) fn tool_failed(&mut self, job: JobId, failure: &Failure) -> bool {
        let news = &mut self.canvas;
        if news.drafting == Some(job) {
            (news.drafting, news.draft, news.no_draft) = (None, None, Some(failure.to_string()));
            return true;
        }
        if !news.is_work(job) {
            // A draft that a newer one replaced has nothing to say.
            return *failure == Failure::Cancelled;
        }
        (news.work, news.so_far) = (None, None);
        self.say_failure(failure);
        true
    }
}
