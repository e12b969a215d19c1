//! The tools of the canvas, left of it: what to do, what to draw with, how, and what becomes of it.

mod backdrop;
mod drawing;
mod method;

use super::{
    action::Action,
    change,
    panel::{Panel, Region},
    theme,
    widgets::heading,
};
use crate::{
    desk::{Desk, Tab},
    session::Session,
    spec::Task,
};
use egui::Ui;

/// The tools.
#[derive(Default)]
pub struct CanvasTools;

impl Panel for CanvasTools {
    fn title(&self) -> &'static str {
        "Canvas tools"
    }

    fn region(&self) -> Region {
        Region::Beside(Tab::Canvas)
    }

    fn ui(&mut self, ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        ui.horizontal(|ui| {
            // Four words that just fit.
            ui.spacing_mut().item_spacing.x = 0.0;
            for task in Task::ALL {
                let chosen = desk.canvas.task == task;
                if ui.selectable_label(chosen, task.title()).on_hover_text(words(task)).clicked() && !chosen {
                    change::canvas(desk, ask, |canvas| canvas.task = task);
                }
            }
        });
        ui.label(theme::caption(ui, words(desk.canvas.task)));
        if desk.canvas.layer().is_some() {
            heading(ui, "Draw");
            drawing::ui(ui, desk, ask);
        }
        heading(ui, "Method");
        method::ui(ui, session, desk, ask);
        heading(ui, "Picture");
        backdrop::ui(ui, session, desk, ask);
        heading(ui, "Settings");
        method::settings_ui(ui, session, desk, ask);
    }
}

/// What a task does, in one sentence.
fn words(task: Task) -> &'static str {
    match task {
        Task::Matting => "Cut a foreground out, with soft edges.",
        Task::Inpainting => "Draw over a flaw and fill it from what surrounds it.",
        Task::Texture => "Make a larger picture of the same stuff, or fill what you draw over with it.",
        Task::Enhancement => "Better light, colours and sharpness.",
    }
}
