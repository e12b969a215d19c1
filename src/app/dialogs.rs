//! What needs a path from a file dialog, and what is done with the path.

use super::{App, dialog::Want};
use crate::{
    engine::protocol::{Job, Place, Role},
    session::Level,
    ui::action::{Action, CanvasAction},
};
use std::path::PathBuf;

impl App {
    /// Opens a dialog, or says why not.
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

    /// Does what the answered dialog was for.
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
            Want::Canvas(_) | Want::CanvasPicture(..) => self.canvas_path(&want, &path),
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

    /// Whether an action needs a path first; opens the dialog for it.
    pub(super) fn asks_for_path(&mut self, action: &Action, ctx: &egui::Context) -> bool {
        use crate::ui::action::Plain;
        let want = match action {
            Action::Plain(Plain::OpenFolder) => Want::DataFolder,
            Action::Plain(Plain::OpenFile) => Want::DataFile,
            Action::Plain(Plain::OpenRun) => Want::Run,
            Action::Plain(Plain::Export) => Want::Export(self.desk.export.what),
            Action::Plain(Plain::SaveCurves) => Want::Curves,
            // What can't be done says why before anybody looks for a file.
            Action::Plain(plain) if plain.available(&self.session).is_err() => return false,
            Action::Plain(Plain::ExportWeights) => Want::WeightsOut,
            Action::Plain(Plain::OpenWeights) => Want::WeightsIn,
            Action::Plain(Plain::OpenCanvas) => Want::Canvas(Role::Picture),
            Action::Canvas(CanvasAction::Choose(role)) => Want::Canvas(*role),
            Action::Canvas(CanvasAction::Export(part)) => Want::CanvasPicture(*part, self.canvas_picture_name(*part)),
            Action::ChooseInput => Want::Input,
            Action::FindFolder(need) => Want::RecipeFolder(need.clone()),
            Action::SavePicture(picture) => Want::Picture(picture.clone()),
            _ => return false,
        };
        self.want_path(want, ctx);
        true
    }
}
