//! The code that the live picture is drawn from, its input picture, and files that are dropped on the window.

use super::App;
use crate::{
    desk::{Desk, Tab, canvas::Leaf},
    engine::{
        is_picture_name,
        protocol::{Job, Place, Role},
    },
    latent::Code,
    picture::{Mask, Picture},
    session::{Level, Session},
    ui::action::{Action, CanvasAction},
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

/// Run folders are opened; on the canvas, a picture is laid on it; a picture is drawn from where the generator on stage does that; anything else is data.
pub(super) fn dropped(ctx: &egui::Context, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let files = ctx.input(|i| i.raw.dropped_files.clone());
    let Some(path) = files.first().map(|f| f.path().to_path_buf()) else { return };
    ask.push(if crate::run::is_run(&path) {
        Action::Open(Place::Folder(path))
    } else if super::transfer::is_weights(&path) {
        Action::ImportWeights(path)
    } else if desk.tab == Tab::Canvas && is_picture_name(&path) && !path.is_dir() {
        Action::Canvas(CanvasAction::Open(path, Role::Picture))
    } else if session.stage.examples.is_some() && is_picture_name(&path) && !path.is_dir() {
        Action::OpenInput(path)
    } else {
        Action::ChooseSource(path.display().to_string())
    });
}

/// A picture from the clipboard is laid on the canvas.
pub(super) fn pasted(ctx: &egui::Context, ask: &mut Vec<Action>) {
    let image = ctx.input(|i| {
        i.events
            .iter()
            .find_map(|event| if let egui::Event::PasteImage(image) = event { Some(image.clone()) } else { None })
    });
    let Some(image) = image else { return };
    let [width, height] = image.size;
    let rgb = image
        .pixels
        .iter()
        .flat_map(|pixel| {
            let [r, g, b, _] = pixel.to_srgba_unmultiplied();
            [r, g, b]
        })
        .collect();
    let opaque = image.pixels.iter().all(egui::Color32::is_opaque);
    let alpha = (!opaque).then(|| Mask { width, height, grey: image.pixels.iter().map(egui::Color32::a).collect() });
    let picture = Picture { width, height, rgb };
    ask.push(Action::Canvas(CanvasAction::Lay(Leaf { name: "pasted".into(), picture, alpha, made: None })));
}
