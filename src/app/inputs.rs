//! The code that the live picture is drawn from, and its input picture.

use super::App;
use crate::{engine::protocol::Job, latent::Code, session::Level};
use std::path::PathBuf;

impl App {
    /// What the sliders say, with the input picture where the family draws from one; `None` while there is nothing to draw from.
    pub(super) fn code(&self) -> Option<Code> {
        let (stage, latent) = (&self.session.stage, &self.desk.latent);
        if !stage.playable || latent.z.len() != stage.z_dim {
            return None;
        }
        let input = stage.input(latent.seed).cloned();
        (stage.z_dim > 0 || input.is_some()).then(|| Code { input, ..latent.code() })
    }

    /// Has a picture read to draw from.
    pub(super) fn open_input(&mut self, path: PathBuf) {
        let stage = &self.session.stage;
        match stage.spec.as_ref().filter(|_| stage.examples.is_some()) {
            Some(spec) => {
                let job = Job::OpenInput { run: stage.run, path, prepare: spec.data.clone() };
                self.job(job, "");
            }
            None => self.session.say(Level::Info, "This generator draws from sliders, not from a picture."),
        }
    }
}
