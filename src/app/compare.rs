//! Opens and closes the comparison of runs.

use super::App;
use crate::{desk::Tab, engine::protocol::Job, session::Intent};
use std::path::PathBuf;

impl App {
    /// Has these runs read to be shown side by side under Runs; with none the comparison is closed.
    pub(super) fn compare(&mut self, folders: Vec<PathBuf>) {
        if folders.is_empty() {
            self.session.note(Intent::ComparisonClosed);
            return;
        }
        if self.job(Job::Compare { folders }, "Comparing runs").is_some() {
            self.desk.tab = Tab::Runs;
        }
    }
}
