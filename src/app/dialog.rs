//! The system's file dialogs: one at a time, each on its own thread, so that the window never waits for them.

use crate::{desk::ExportWhat, engine::protocol::Role, picture::Picture, ui::action::CanvasPart};
use crossbeam_channel::{Receiver, bounded};
use std::path::PathBuf;
use std::time::{Duration, Instant};

/// A dialog that ends sooner than this without a path was never shown: no person answers so fast.
const TOO_FAST: Duration = Duration::from_millis(600);

/// What a path is wanted for.
#[derive(Clone, Debug, PartialEq)]
pub enum Want {
    /// A folder of data.
    DataFolder,
    /// A file of data.
    DataFile,
    /// The folder of the data that recipes call by this name.
    RecipeFolder(String),
    /// A run folder.
    Run,
    /// The file or, for many pictures, the folder that an export is written to.
    Export(ExportWhat),
    /// The file that this picture is written to.
    Picture(Picture),
    /// A picture to draw from.
    Input,
    /// A picture for the canvas.
    Canvas(Role),
    /// The file that a part of the canvas is written to, with the name that is offered.
    CanvasPicture(CanvasPart, String),
    /// The file that the curves are written to.
    Curves,
    /// The file that weights for `PyTorch` are written to.
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
    /// Opens a dialog that starts in `folder`. Returns false if one is open already or no thread could be started.
    pub(super) fn open(&mut self, want: Want, folder: Option<PathBuf>, ctx: &egui::Context) -> bool {
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

    /// Returns the answer, once it is there: what the path was wanted for, the path, and whether a person can have seen the
    /// dialog.
    pub(super) fn answer(&mut self) -> Option<(Want, Option<PathBuf>, bool)> {
        let open = self.open.as_ref()?;
        // A dialog that panicked is treated as one that was never shown.
        let path = match open.answer.try_recv() {
            Err(crossbeam_channel::TryRecvError::Empty) => return None,
            other => other.unwrap_or(None),
        };
        let open = self.open.take()?;
        let seen = path.is_some() || open.since.elapsed() > TOO_FAST;
        Some((open.want, path, seen))
    }
}

/// Shows a dialog and waits until it is closed. It is called on the dialog's thread only.
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
        // Of the formats that are written, only PNG keeps the opacity and the note on how the picture was made.
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
