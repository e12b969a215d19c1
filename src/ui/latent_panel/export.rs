//! What to export, how large, and where to.

use super::super::{
    action::{Action, Plain},
    parts, theme,
};
use crate::{
    desk::{Desk, ExportSettings, ExportWhat},
    picture::restored_size,
    session::Session,
};
use egui::{DragValue, TextEdit, Ui};
use std::path::PathBuf;

/// Draws the export section.
pub fn ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let mut export = desk.export.clone();
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = theme::TIGHT;
        for (what, word, tip) in [
            (ExportWhat::Picture, "Picture", "The large picture above."),
            (ExportWhat::Many, "Many", "Pictures of seeds, one file each."),
            (ExportWhat::Grid, "Grid", "The sample grid as it is shown, one file."),
        ] {
            if ui.selectable_label(export.what == what, word).on_hover_text(tip).clicked() {
                export.what = what;
            }
        }
    });
    ui.horizontal(|ui| {
        if export.what == ExportWhat::Many {
            let label = ui.label(theme::caption(ui, "Count"));
            let number = DragValue::new(&mut export.count).range(1..=10_000).speed(0.5).update_while_editing(false);
            ui.add(number).labelled_by(label.id).on_hover_text("How many pictures, from the seed in the box on.");
            if session.open_run.judges() {
                let label = ui.label(theme::caption(ui, "Best of"));
                let number = DragValue::new(&mut export.best_of).range(1..=64).speed(0.05).update_while_editing(false);
                ui.add(number).labelled_by(label.id).on_hover_text(
                    "Draws so many for each picture and keeps the one that the discriminator finds most real. 1 keeps all.",
                );
            }
        }
        let label = ui.label(theme::caption(ui, "Enlarge"));
        let number =
            DragValue::new(&mut export.scale).range(1..=16).speed(0.05).suffix(" times").update_while_editing(false);
        ui.add(number).labelled_by(label.id).on_hover_text("Each pixel becomes a square of this many, 1 to 16.");
    });
    if let Some([width, height]) = session.open_run.stretched() {
        let tip = "The data were stretched to squares; what is written gets the aspect back that most of them had.";
        ui.checkbox(&mut export.aspect, format!("Restore aspect ({width}:{height})")).on_hover_text(tip);
    }
    if let Some(words) = size_words(session, &export) {
        ui.label(theme::caption(ui, words));
    }
    let hint = if export.what == ExportWhat::Many { "folder to write to" } else { "file.png or file.jpg" };
    let field = ui.add(TextEdit::singleline(&mut export.path).hint_text(hint).desired_width(f32::INFINITY));
    let field = parts::described(ui, field, "Export path");
    let path = export.path.trim().to_owned();
    let entered = field.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
    let changed = export != desk.export;
    if changed {
        ask.push(Action::Set(Box::new(Desk { export, ..desk.clone() })));
    }
    ui.horizontal(|ui| {
        let why = match Plain::Export.available(session) {
            Err(why) => Some(why),
            Ok(()) => path.is_empty().then(|| "Type a path first.".to_owned()),
        };
        let button = ui.add_enabled(why.is_none(), egui::Button::new("Write to path"));
        if (button.clicked() || entered) && why.is_none() && !changed {
            ask.push(Action::ExportTo(PathBuf::from(path)));
        }
        button.on_hover_text("Writes without a dialog.").on_disabled_hover_text(why.unwrap_or_default());
    });
}

/// `224 × 224 px`, where the size is known.
fn size_words(session: &Session, export: &ExportSettings) -> Option<String> {
    let size = match export.what {
        ExportWhat::Grid => session.open_run.samples.as_ref().map(|s| [s.grid.width, s.grid.height]),
        _ => session
            .open_run
            .preview
            .as_ref()
            .and_then(|p| p.pictures.as_ref().ok()?.first().map(|p| [p.width, p.height])),
    };
    let sides = session.open_run.stretched().filter(|_| export.aspect);
    let tile = session.open_run.spec.as_ref().map_or(1, |s| s.data.size.max(1));
    // Every tile of a grid gets its aspect back, the gaps stay.
    let grown = |[w, h]: [usize; 2], sides: [usize; 2]| {
        let [one_w, one_h] = restored_size([tile; 2], sides);
        let along = |length: usize, one: usize| ((length + 1) / (tile + 1)).max(1) * (one + 1) - 1;
        [along(w, one_w), along(h, one_h)]
    };
    let size = size.map(|size| sides.map_or(size, |sides| grown(size, sides)));
    size.map(|[w, h]| format!("{} × {} px", w * export.scale, h * export.scale))
}
