//! The system's file dialogs: one at a time, each in its own thread, so that the window stays live whatever they do.

use super::App;
use crate::{
    desk::ExportWhat,
    engine::protocol::{Job, Place, Role},
    picture::Picture,
    session::Level,
    ui::action::{Action, CanvasAction, CanvasPart},
};
use crossbeam_channel::{Receiver, bounded};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// No person answers faster: a dialog that is gone before was never shown.
const TOO_FAST: Duration = Duration::from_millis(600);

/// What a path is wanted for.
#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// A folder of data.
    DataFolder,
    /// A file of data.
    DataFile,
    /// The folder of data that recipes ask for by this name.
    RecipeFolder(String),
    /// A run folder.
    Run,
    /// Where an export goes; a folder for many pictures.
    Export(ExportWhat),
    /// Where this picture goes.
    Picture(Picture),
    /// A picture to draw from.
    Input,
    /// A picture for the canvas.
    Canvas(Role),
    /// Where a part of the canvas goes, with the name that is offered.
    CanvasPicture(CanvasPart, String),
    /// Where the curves go.
    Curves,
    /// Where weights for `PyTorch` go.
    WeightsOut,
    /// A file of `PyTorch` weights.
    WeightsIn,
}

/// The dialog that is open, if any.
#[derive(Default)]
pub struct Dialogs {
    open: Option<Open>,
}

struct Open {
    want: Want,
    since: Instant,
    answer: Receiver<Option<PathBuf>>,
}

impl Dialogs {
    /// Opens a dialog in its own thread, starting in `folder`. False when one is open already or no thread could start.
    fn open(&mut self, want: Want, folder: Option<PathBuf>, ctx: &egui::Context) -> bool {
        if self.open.is_some() {
            return false;
        }
        let (tell, answer) = bounded(1);
        let (wake, asked) = (ctx.clone(), want.clone());
        let thread = std::thread::Builder::new().name("dialog".into()).spawn(move || {
            tell.send(ask(&asked, folder)).ok();
            wake.request_repaint();
        });
        if thread.is_ok() {
            self.open = Some(Open { want, since: Instant::now(), answer });
        }
        thread.is_ok()
    }

    /// The answer, once it is there: what it was for, the path, and whether a person can have seen the dialog.
    fn answer(&mut self) -> Option<(Want, Option<PathBuf>, bool)> {
        let open = self.open.as_ref()?;
        // A dialog that panicked counts as one that never came up.
        let path = match open.answer.try_recv() {
            Err(crossbeam_channel::TryRecvError::Empty) => return None,
            other => other.unwrap_or(None),
        };
        let open = self.open.take()?;
        let seen = path.is_some() || open.since.elapsed() > TOO_FAST;
        Some((open.want, path, seen))
    }
}

/// Waits for the person. Runs in the dialog's thread only.
fn ask(want: &Want, folder: Option<PathBuf>) -> Option<PathBuf> {
    let mut dialog = rfd::FileDialog::new().set_title(title(want));
    if let Some(folder) = folder.filter(|f| f.is_dir()) {
        dialog = dialog.set_directory(folder);
    }
    let pictures = |dialog: rfd::FileDialog, name: &str| {
        dialog
            .add_filter("PNG picture", &["png"])
            .add_filter("JPEG picture", &["jpg", "jpeg"])
            .set_file_name(name)
            .save_file()
    };
    let weights = |dialog: rfd::FileDialog| dialog.add_filter("Weights as safetensors", &["safetensors"]);
    match want {
        Want::DataFolder | Want::RecipeFolder(_) | Want::Run | Want::Export(ExportWhat::Many) => dialog.pick_folder(),
        Want::DataFile => dialog.pick_file(),
        Want::Input | Want::Canvas(_) => {
            dialog.add_filter("Pictures", &["png", "jpg", "jpeg", "gif", "webp", "bmp"]).pick_file()
        }
        Want::CanvasPicture(CanvasPart::Composite, name) => pictures(dialog, name),
        // Only a PNG keeps the opacity and how it was made.
        Want::CanvasPicture(_, name) => dialog.add_filter("PNG picture", &["png"]).set_file_name(name).save_file(),
        Want::Export(ExportWhat::Picture) => pictures(dialog, "picture.png"),
        Want::Export(ExportWhat::Grid) => pictures(dialog, "samples.png"),
        Want::Picture(_) => pictures(dialog, "sheet.png"),
        Want::WeightsOut => weights(dialog).set_file_name("generator.safetensors").save_file(),
        Want::WeightsIn => weights(dialog).pick_file(),
        Want::Curves => dialog.add_filter("CSV table", &["csv"]).set_file_name("curves.csv").save_file(),
    }
}

fn title(want: &Want) -> &'static str {
    match want {
        Want::DataFolder | Want::RecipeFolder(_) => "Open a folder of data",
        Want::DataFile => "Open a file of data",
        Want::Run => "Open a run folder",
        Want::Export(ExportWhat::Many) => "Export pictures to a folder",
        Want::Export(_) | Want::Picture(_) => "Save the picture",
        Want::Input => "Open a picture to draw from",
        Want::Canvas(Role::Picture) => "Open a picture on the canvas",
        Want::Canvas(Role::Layer(_)) => "Open a mask",
        Want::Canvas(Role::Backdrop) => "Open a backdrop",
        Want::CanvasPicture(..) => "Save the picture of the canvas",
        Want::Curves => "Save the curves",
        Want::WeightsOut => "Save the weights for PyTorch",
        Want::WeightsIn => "Open PyTorch weights",
    }
}

impl App {
    /// Opens a dialog, or says why not.
    pub(super) fn want_path(&mut self, want: Want, ctx: &egui::Context) {
        let folder = match want {
            Want::DataFolder | Want::DataFile | Want::RecipeFolder(_) => {
                PathBuf::from(&self.desk.source).parent().map(PathBuf::from)
            }
            Want::Run => Some(self.session.catalogue.home.clone()),
            _ => self.keeper.export_folder(),
        };
        if !self.dialogs.open(want, folder, ctx) {
            self.session.say(
                Level::Info,
                "A file dialog is open already; answer it first, or type the path beside the button.",
            );
        }
    }

    /// Does what the answered dialog was for.
    pub(super) fn take_chosen(&mut self) {
        let Some((want, path, seen)) = self.dialogs.answer() else { return };
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
