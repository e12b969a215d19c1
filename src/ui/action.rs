//! The one table of everything a person can ask for; menus, keys and buttons read it, `App::perform` does it.

mod canvas;

pub use canvas::{CanvasAction, CanvasPart};

use crate::{
    desk::Desk,
    engine::protocol::Place,
    picture::Picture,
    session::{DataState, Session, Status},
    weights::pytorch,
};
use egui::{Key, KeyboardShortcut, Modifiers};
use std::path::PathBuf;

/// Something a person asks for.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// An entry of the table [`PLAIN`].
    Plain(Plain),
    /// Replace what is set; the undo history notes it.
    Set(Box<Desk>),
    /// Choose a data source: a built-in id or a path.
    ChooseSource(String),
    /// Read the chosen source again with the knobs as they are.
    ReloadData,
    /// Set a live knob of the run that trains.
    TurnKnob(String, crate::spec::Value),
    /// Open a run or starter for viewing.
    Open(Place),
    /// Go on with a run from its newest checkpoint, up to this total of steps.
    Continue {
        /// The run's folder.
        folder: PathBuf,
        /// The new total number of steps.
        steps: u64,
    },
    /// Take a run's settings over to the form for a new one.
    CopySettings(PathBuf),
    /// Fill the form for a run that begins with these weights, of a step or the newest.
    TrainFrom(Place, Option<u64>),
    /// Make a run of a file of `PyTorch` weights.
    ImportWeights(PathBuf),
    /// Give a run another name.
    Rename(PathBuf, String),
    /// Delete a run; asks first.
    Delete(PathBuf),
    /// Show these runs side by side; none, to close the comparison.
    Compare(Vec<PathBuf>),
    /// Show the sample grid of a past step, or follow the run.
    ShowStep(Option<u64>),
    /// A latent slider is being dragged in this frame: training yields to it.
    HoldSlider,
    /// Measure what training would cost with what is set.
    Measure,
    /// Measure the open run: how good its pictures are.
    Evaluate,
    /// End the measuring under way.
    CancelEvaluation,
    /// Find the code of a picture and send it to the sliders.
    FindCode(Picture),
    /// Send a tile's latent to the sliders.
    LoadSeed(u64),
    /// Draw from this picture instead of a fixed input.
    OpenInput(PathBuf),
    /// Open what was dropped on the window, by what it is.
    OpenDropped(PathBuf),
    /// Choose it in a file dialog.
    ChooseInput,
    /// Export to a path without a dialog.
    ExportTo(PathBuf),
    /// Save the contact sheet, or any picture, through the dialog.
    SavePicture(Picture),
    /// Apply the remedy of the doctor's finding by this rule.
    Treat(&'static str),
    /// Hide the finding of this rule until it comes back.
    DismissFinding(&'static str),
    /// Cancel the reading of data.
    CancelLoading,
    /// Fill the form from a recipe.
    TakeRecipe {
        /// The id of the recipe.
        id: String,
        /// Begin the run as soon as its data are read; asks first while a run is going on.
        start: bool,
    },
    /// Remember the folder of data that recipes ask for.
    KeepFolder {
        /// What recipes call the data: `mnist`.
        need: String,
        /// Where they are.
        folder: String,
    },
    /// Choose that folder through the dialog.
    FindFolder(String),
    /// Something asked of the canvas.
    Canvas(CanvasAction),
    /// Answer to "Stop this run?".
    ReplaceAnswer(bool),
    /// Answer to "Close while training?".
    CloseAnswer(bool),
    /// Answer to "Delete this run?".
    DeleteAnswer(bool),
}

/// An action that needs no words of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Plain {
    /// Begin a new run with what is set.
    Start,
    /// Pause, or go on.
    PauseResume,
    /// One step, then pause.
    Step,
    /// End the run with a checkpoint.
    Stop,
    /// Write a checkpoint now.
    Save,
    /// Export through the dialog.
    Export,
    /// Copy the large picture.
    CopyPicture,
    /// Save the curves as CSV through the dialog.
    SaveCurves,
    /// Choose a folder of data through the dialog.
    OpenFolder,
    /// Choose a file of data through the dialog.
    OpenFile,
    /// Open a run folder through the dialog.
    OpenRun,
    /// Show the gallery of recipes.
    Recipes,
    /// Choose a picture for the canvas through the dialog.
    OpenCanvas,
    /// Put the picture of the sliders on the canvas.
    ToCanvas,
    /// Write the weights of the open run for `PyTorch`, through the dialog.
    ExportWeights,
    /// Make a run of `PyTorch` weights, through the dialog.
    OpenWeights,
    /// Another latent.
    Randomise,
    /// The middle of the latent space.
    ResetLatent,
    /// Show the samples of the best checkpoint.
    ShowBest,
    /// Take back the last setting.
    Undo,
    /// Bring it back.
    Redo,
    /// Show or hide the log.
    ToggleLog,
    /// Show or hide the keys.
    ToggleShortcuts,
    /// Show or hide the performance overlay.
    TogglePerformance,
    /// Show or hide the about window.
    ToggleAbout,
    /// Close the program.
    Quit,
}

/// An entry of the table.
pub struct Entry {
    /// The action.
    pub plain: Plain,
    /// Which menu.
    pub menu: &'static str,
    /// Two or three words.
    pub label: &'static str,
    /// One sentence.
    pub tip: &'static str,
    /// Key, if it has one.
    pub shortcut: Option<KeyboardShortcut>,
}

const fn entry(
    plain: Plain,
    menu: &'static str,
    label: &'static str,
    tip: &'static str,
    shortcut: Option<KeyboardShortcut>,
) -> Entry {
    Entry { plain, menu, label, tip, shortcut }
}

#[allow(clippy::unnecessary_wraps)] // the table's column is an Option
const fn ctrl(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND, key))
}

#[allow(clippy::unnecessary_wraps)]
const fn ctrl_shift(key: Key) -> Option<KeyboardShortcut> {
    Some(KeyboardShortcut::new(Modifiers::COMMAND.plus(Modifiers::SHIFT), key))
}

/// All plain actions, in menu order.
pub const PLAIN: &[Entry] = &[
    entry(
        Plain::OpenFolder,
        "File",
        "Open data folder…",
        "Train on a folder of pictures, or of IDX or CIFAR-10 files",
        ctrl(Key::O),
    ),
    entry(Plain::OpenFile, "File", "Open data file…", "Train on an IDX or CIFAR-10 file", ctrl_shift(Key::O)),
    entry(Plain::OpenRun, "File", "Open run…", "Look at a run folder from anywhere", None),
    entry(
        Plain::Recipes,
        "File",
        "Recipes…",
        "Settings that are known to work, with what to expect of them",
        ctrl(Key::G),
    ),
    entry(
        Plain::OpenCanvas,
        "File",
        "Open on canvas…",
        "Cut out, repair, texture or enhance a picture",
        ctrl_shift(Key::P),
    ),
    entry(
        Plain::ToCanvas,
        "File",
        "Send to canvas",
        "Put the large picture on the canvas, to cut it out, repair it or make a texture of it",
        ctrl(Key::K),
    ),
    entry(
        Plain::OpenWeights,
        "File",
        "Open PyTorch weights…",
        "Make a run of a state_dict in a safetensors file; it goes on to learn from the chosen data",
        None,
    ),
    entry(
        Plain::Export,
        "File",
        "Export…",
        "Write the picture, many pictures or the grid as PNG or JPEG",
        ctrl(Key::E),
    ),
    entry(Plain::CopyPicture, "File", "Copy picture", "Put the large picture on the clipboard", ctrl_shift(Key::C)),
    entry(Plain::SaveCurves, "File", "Save curves…", "Write all curves as CSV", None),
    entry(
        Plain::ExportWeights,
        "File",
        "Export weights for PyTorch…",
        "Write the networks of the open run as a safetensors file that load_state_dict takes",
        None,
    ),
    entry(Plain::Quit, "File", "Quit", "Close the window; a run that trains is saved first", ctrl(Key::Q)),
    entry(Plain::Start, "Run", "Start training", "Begin a new run with the settings on the left", ctrl(Key::Enter)),
    entry(Plain::PauseResume, "Run", "Pause or resume", "Stop after the current step, or go on", ctrl(Key::Space)),
    entry(Plain::Step, "Run", "Step once", "Train one step, then pause", ctrl_shift(Key::Space)),
    entry(Plain::Stop, "Run", "Stop", "End the run with a checkpoint; it can be continued later", ctrl(Key::Period)),
    entry(Plain::Save, "Run", "Save checkpoint", "Write a checkpoint now", ctrl(Key::S)),
    entry(Plain::Undo, "View", "Undo", "Take back the last setting", ctrl(Key::Z)),
    entry(Plain::Redo, "View", "Redo", "Bring back what was undone", ctrl_shift(Key::Z)),
    entry(Plain::Randomise, "View", "Randomise latent", "Jump to another point of the latent space", ctrl(Key::R)),
    entry(Plain::ResetLatent, "View", "Reset latent", "Go to the middle of the latent space", ctrl_shift(Key::R)),
    entry(
        Plain::ShowBest,
        "View",
        "Show best checkpoint",
        "Look at the samples of the checkpoint whose pictures are closest to real ones",
        ctrl(Key::B),
    ),
    entry(Plain::ToggleLog, "View", "Log", "Show or hide what happened", ctrl(Key::L)),
    entry(
        Plain::TogglePerformance,
        "View",
        "Performance",
        "Show or hide what frames, steps and pictures take",
        Some(KeyboardShortcut::new(Modifiers::NONE, Key::F12)),
    ),
    entry(
        Plain::ToggleShortcuts,
        "Help",
        "Keyboard shortcuts",
        "Show or hide the list of keys",
        Some(KeyboardShortcut::new(Modifiers::NONE, Key::F1)),
    ),
    entry(Plain::ToggleAbout, "Help", "About Latent Studio", "Versions, folders, licence", None),
];

impl Plain {
    /// The action's entry in [`PLAIN`].
    pub fn entry(self) -> &'static Entry {
        PLAIN.iter().find(|e| e.plain == self).unwrap_or(&PLAIN[0])
    }

    /// Whether it can be asked for now; if not, one short reason for a tooltip.
    pub fn available(self, session: &Session) -> Result<(), String> {
        let status = &session.open_run.status;
        let when = |yes: bool, why: &str| if yes { Ok(()) } else { Err(why.to_owned()) };
        match self {
            Self::Start => match (&session.data, status.is_alive(), &session.obstacle) {
                (_, true, _) => Err("A run is going on; stop it first.".into()),
                (DataState::Ready(_), false, None) => Ok(()),
                (DataState::Ready(_), false, Some(why)) => Err(format!("{why} Choose another model or other data.")),
                (DataState::Loading(..), false, _) => Err("The pictures are still being read.".into()),
                _ => Err("Choose data first.".into()),
            },
            Self::PauseResume | Self::Step => {
                when(matches!(status, Status::Training | Status::Paused), "Nothing is training.")
            }
            Self::Stop => when(status.is_alive() && *status != Status::Stopping, "Nothing is training."),
            Self::Save => when(matches!(status, Status::Training | Status::Paused), "Nothing is training."),
            Self::Export | Self::CopyPicture | Self::ToCanvas | Self::Randomise | Self::ResetLatent => {
                when(session.open_run.playable, "No generator is open yet.")
            }
            Self::ExportWeights => match &session.open_run.spec {
                Some(spec) if session.open_run.playable => pytorch::layout(&spec.family, &spec.knobs).map(drop),
                _ => Err("No generator is open yet.".into()),
            },
            Self::OpenWeights if status.is_alive() => Err("A run is going on; stop it first.".into()),
            Self::OpenWeights => when(
                matches!(session.data, DataState::Ready(_)),
                "Choose data first: the run needs to know what it goes on to learn.",
            ),
            Self::ShowBest => when(session.open_run.best.is_some(), "No checkpoint was measured yet."),
            Self::SaveCurves => when(!session.open_run.history.is_empty(), "There are no curves yet."),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_actions_share_a_key() {
        let keys: Vec<_> = PLAIN.iter().filter_map(|e| e.shortcut).collect();
        for (i, key) in keys.iter().enumerate() {
            assert!(!keys[..i].contains(key), "{key:?}");
        }
    }
}
