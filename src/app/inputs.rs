//! The code that the sliders' picture is drawn from, and its input picture.

use super::App;
use crate::{engine::protocol::Job, latent::Code, session::Level};
use std::path::PathBuf;

impl App {
    /// Returns the code of the sliders, with the input picture if the family draws from one; `None` while nothing can be drawn.
    pub(super) fn code(&self) -> Option<Code> {
        let (open_run, latent) = (&self.session.open_run, &self.desk.latent);
        if !open_run.playable || latent.z.len() != open_run.z_dim {
            return None;
        }
        let input = open_run.input(latent.seed).cloned();
        (open_run.z_dim > 0 || input.is_some()).then(|| Code { input, ..latent.code() })
    }

    /// Has the worker read a picture for the generator to draw from.
    pub(super) fn open_input(&mut self, path: PathBuf) {
        let open_run = &self.session.open_run;
        match open_run.spec.as_ref().filter(|_| open_run.examples.is_some()) {
            Some(spec) => {
                let job = Job::OpenInput { run: open_run.run, path, prepare: spec.data.clone() };
                self.job(job, "");
            }
            None => self.session.say(Level::Info, "This generator draws from sliders, not from a picture."),
        }
    }
}
