//! Asks for paths in the system's file dialogs, and does what each path was wanted for.

use super::{App, dialog::Want};
use crate::{
    engine::protocol::{Job, Place},
    session::Level,
};
use std::path::PathBuf;

impl App {
    /// Opens a dialog in the folder that suits it; says so when another one is open.
    pub(super) fn want_path(&mut self, want: Want, ctx: &egui::Context) {
        let folder = match want {
            Want::DataFolder | Want::DataFile | Want::RecipeFolder(_) => {
                PathBuf::from(&self.desk.source).parent().map(PathBuf::from)
            }
            Want::Run => Some(self.session.catalogue.home.clone()),
            _ => self.kept.keeper.export_folder(),
        };
        if !self.pending.dialogs.open(want, folder, ctx) {
            self.session.say(
                Level::Info,
                "A file dialog is open already; answer it first, or type the path beside the button.",
            );
        }
    }

    /// Does what a path was wanted for, once its dialog was answered.
    pub(super) fn take_chosen(&mut self) {
        let Some((want, path, seen)) = self.pending.dialogs.answer() else { return };
        let Some(path) = path else {
            if !seen {
                let words = "No file dialog could be shown here; type the path in the field beside the button instead.";
                self.session.say(Level::Warning, words);
            }
            return;
        };
        match want {
            Want::Canvas(role) => self.read_for_canvas(path, role),
            Want::CanvasPicture(part, _) => self.export_part(part, path),
            Want::DataFolder | Want::DataFile => self.choose(&path.display().to_string()),
            Want::RecipeFolder(need) => self.keep_folder(&need, &path.display().to_string()),
            Want::Run => self.open(Place::Folder(path)),
            Want::Input => self.open_input(path),
            Want::WeightsOut => self.export_weights(path),
            Want::WeightsIn => self.import_weights(path),
            Want::Export(_) => self.export_to(path),
            Want::Picture(picture) => {
                let (to, scale) = (self.exported(path, false), self.desk.export.scale);
                self.job(Job::SavePicture { picture, scale, to }, "Saving the picture");
            }
            Want::Curves => {
                let to = if path.extension().is_none() { path.with_extension("csv") } else { path };
                let text = self.session.open_run.history.csv();
                self.job(Job::SaveText { text, to }, "Saving the curves");
            }
        }
    }
}
