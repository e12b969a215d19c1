//! The questions that stop everything: close while training, delete a run, put a recipe in a run's place.

use super::{
    action::Action,
    theme::{self, GROUP, SPACE},
    widgets::{bytes, primary, thousands},
};
use egui::{Context, Id, Label, Modal, RichText, Ui};

/// What has to be answered first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Question {
    /// The window is to close while this run, at this step, trains.
    Close {
        /// Name of the run.
        name: String,
        /// Steps done.
        step: u64,
    },
    /// This run is to be deleted.
    Delete {
        /// Name of the run.
        name: String,
        /// Bytes on disk, if known.
        bytes: Option<u64>,
    },
    /// This run, at this step, is to make room for a recipe's.
    Replace {
        /// Name of the run.
        name: String,
        /// Steps done.
        step: u64,
        /// Title of the recipe.
        recipe: String,
    },
}

/// Shows the question over everything else; Escape and a click beside it mean no.
pub fn ui(ctx: &Context, question: &Question, ask: &mut Vec<Action>) {
    let response = Modal::new(Id::unique("question")).show(ctx, |ui| {
        ui.set_width(380.0);
        match question {
            Question::Close { name, step } => {
                words_ui(
                    ui,
                    "Close while training?",
                    &format!(
                        "“{name}” is at step {}. It is saved with a checkpoint first; you can continue it later.",
                        thousands(*step)
                    ),
                );
                answers_ui(ui, ("Save and close", "Keep training"), Action::CloseAnswer, ask);
            }
            Question::Delete { name, bytes: size } => {
                let size = size.map_or_else(String::new, |n| format!(" ({})", bytes(n)));
                words_ui(
                    ui,
                    "Delete this run?",
                    &format!("“{name}”{size} with its checkpoints, samples and curves. This can't be undone."),
                );
                answers_ui(ui, ("Delete", "Keep it"), Action::DeleteAnswer, ask);
            }
            Question::Replace { name, step, recipe } => {
                let step = thousands(*step);
                let saved = format!(
                    "“{name}” is at step {step}. It is saved with a checkpoint first; you can continue it later."
                );
                words_ui(ui, "Stop this run?", &format!("{saved} Then “{recipe}” begins."));
                answers_ui(ui, ("Stop and begin", "Keep training"), Action::ReplaceAnswer, ask);
            }
        }
    });
    if response.should_close() {
        ask.push(match question {
            Question::Close { .. } => Action::CloseAnswer(false),
            Question::Delete { .. } => Action::DeleteAnswer(false),
            Question::Replace { .. } => Action::ReplaceAnswer(false),
        });
    }
}

fn words_ui(ui: &mut Ui, title: &str, text: &str) {
    ui.label(RichText::new(title).heading().color(theme::of(ui).strong));
    ui.add_space(SPACE);
    ui.add(Label::new(text).wrap());
    ui.add_space(GROUP);
}

fn answers_ui(ui: &mut Ui, (yes, no): (&str, &str), answer: fn(bool) -> Action, ask: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        // The harmless answer is the accented one.
        let harmless = ui.add(primary(ui, no));
        if ui.memory(|m| m.focused().is_none()) {
            harmless.request_focus();
        }
        if harmless.clicked() {
            ask.push(answer(false));
        }
        if ui.button(yes).clicked() {
            ask.push(answer(true));
        }
    });
}
