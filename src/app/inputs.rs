//! The code that the live picture is drawn from, its input picture, and files that are dropped on the window.

use super::App;
use crate::{
    engine::{
        is_picture_name,
        protocol::{Job, Place},
    },
    latent::Code,
    session::{Level, Session},
    ui::action::Action,
};
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

/// Run folders are opened; a picture is drawn from where the generator on stage does that; anything else is data.
pub(super) fn dropped(ctx: &egui::Context, session: &Session, ask: &mut Vec<Action>) {
    let files = ctx.input(|i| i.raw.dropped_files.clone());
    let Some(path) = files.first().map(|f| f.path().to_path_buf()) else { return };
    ask.push(if crate::run::is_run(&path) {
        Action::Open(Place::Folder(path))
    } else if super::transfer::is_weights(&path) {
        Action::ImportWeights(path)
    } else if session.stage.examples.is_some() && is_picture_name(&path) && !path.is_dir() {
        Action::OpenInput(path)
    } else {
        Action::ChooseSource(path.display().to_string())
    });
}
