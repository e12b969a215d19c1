//! Runs side by side: their last grids, their scores, and the settings that differ. Their curves are in the panel below.

use super::words;
use crate::{
    engine::protocol::{ComparedRun, Comparison},
    session::Session,
    ui::{
        action::Action,
        parts,
        texture::PictureTexture,
        theme,
        widgets::{self, thousands},
    },
};
use egui::{Grid, Label, RichText, ScrollArea, Sense, TextStyle, Ui, vec2};

/// Side of a grid in points, at most.
const SIDE: f32 = 260.0;
/// Width of the column that names the rows.
const NAMES: f32 = 160.0;

/// The view of compared runs.
#[derive(Default)]
pub struct ComparisonView {
    grids: Vec<PictureTexture>,
}

impl ComparisonView {
    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, session: &Session, shown: &Comparison, ask: &mut Vec<Action>) {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(format!("{} runs side by side", shown.runs.len())).text_style(TextStyle::Heading));
            ui.add_space(theme::SPACE);
            if ui.button("Back to the list").on_hover_text("Ends the comparison.").clicked() {
                ask.push(Action::Compare(Vec::new()));
            }
            let tip = "Reads the runs from disk as they are now, curves included.";
            if ui.button("Read again").on_hover_text(tip).clicked() {
                ask.push(Action::Compare(shown.runs.iter().map(|run| run.folder.clone()).collect()));
            }
        });
        ScrollArea::both().auto_shrink(false).show(ui, |ui| {
            self.grids_ui(ui, shown);
            widgets::heading(ui, "What came of them");
            results_ui(ui, shown);
            widgets::heading(ui, "Settings that differ");
            settings_ui(ui, session, shown);
        });
    }

    fn grids_ui(&mut self, ui: &mut Ui, shown: &Comparison) {
        self.grids.resize_with(shown.runs.len(), PictureTexture::default);
        let room = ui.available_width() / shown.runs.len().clamp(1, 4) as f32 - theme::SPACE;
        let side = room.clamp(96.0, SIDE);
        ui.horizontal(|ui| {
            for (place, (run, texture)) in shown.runs.iter().zip(&mut self.grids).enumerate() {
                ui.vertical(|ui| {
                    ui.set_width(side);
                    name_ui(ui, place, run);
                    match &run.grid {
                        Some(grid) => {
                            texture.show(ui, grid, vec2(side, side), &format!("Newest samples of {}", run.spec.name));
                        }
                        None => {
                            ui.label(theme::caption(ui, "It drew no samples yet."));
                        }
                    }
                });
            }
        });
    }
}

/// The colour of a run's curve, and its name.
fn name_ui(ui: &mut Ui, place: usize, run: &ComparedRun) {
    ui.horizontal(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(14.0, 14.0), Sense::hover());
        ui.painter().hline(rect.x_range(), rect.center().y, (3.0, theme::run_colour(ui.visuals(), place)));
        let name = RichText::new(&run.spec.name).color(theme::of(ui).strong);
        ui.add(Label::new(name).truncate()).on_hover_text(run.folder.display().to_string());
    });
}

fn results_ui(ui: &mut Ui, shown: &Comparison) {
    let steps = |run: &ComparedRun| format!("{} of {}", thousands(run.step), thousands(run.spec.steps));
    let trained = |run: &ComparedRun| run.digest.trained_s.map_or("–".into(), widgets::clock);
    table_ui(ui, "results of compared runs", shown, |ui| {
        row_ui(ui, "Steps", shown.runs.iter().map(|run| (steps(run), String::new())));
        row_ui(ui, "Time of training", shown.runs.iter().map(|run| (trained(run), String::new())));
        if shown.runs.iter().any(|run| run.digest.live_swd.is_some()) {
            let live = |run: &ComparedRun| run.digest.live_swd.map_or("–".into(), |v| words::figure(f64::from(v)));
            row_ui(ui, "SWD while training", shown.runs.iter().map(|run| (live(run), String::new())));
        }
        for (measure, scores) in shown.scores() {
            let cell = |score: &Option<crate::scores::Score>| match score {
                Some(score) => (words::figure(score.value), words::beside(score)),
                None => ("–".into(), String::new()),
            };
            row_ui(ui, &words::measure(&measure), scores.iter().map(cell));
        }
    });
    if shown.runs.iter().all(|run| run.digest.card.is_none()) {
        ui.label(theme::caption(ui, "None of them was measured yet."));
    }
}

fn settings_ui(ui: &mut Ui, session: &Session, shown: &Comparison) {
    let same = shown.diff.same;
    if !shown.diff.rows.is_empty() {
        table_ui(ui, "settings of compared runs", shown, |ui| {
            for row in &shown.diff.rows {
                let cells = row.values.iter().map(|value| (value.clone(), String::new()));
                row_ui(ui, &words::setting(session, &row.id), cells);
            }
        });
    }
    let rest = match (shown.diff.rows.len(), same) {
        (0, _) => format!("All {same} settings are the same."),
        (_, 1) => "1 setting is the same.".into(),
        _ => format!("{same} settings are the same."),
    };
    ui.label(theme::caption(ui, rest));
}

/// A table with a column for each run under its name.
fn table_ui(ui: &mut Ui, id: &str, shown: &Comparison, rows: impl FnOnce(&mut Ui)) {
    Grid::new(id).striped(true).spacing([theme::GROUP, theme::TIGHT]).min_col_width(72.0).show(ui, |ui| {
        // Both tables have their columns at the same place.
        ui.scope(|ui| ui.set_width(NAMES));
        for (place, run) in shown.runs.iter().enumerate() {
            name_ui(ui, place, run);
        }
        ui.end_row();
        rows(ui);
    });
}

fn row_ui(ui: &mut Ui, name: &str, cells: impl Iterator<Item = (String, String)>) {
    ui.scope(|ui| {
        ui.set_width(NAMES);
        ui.add(Label::new(RichText::new(name).color(theme::of(ui).weak)).truncate()).on_hover_text(name);
    });
    for (value, beside) in cells {
        let cell = ui.label(theme::figure(&value));
        let cell = parts::named(ui, cell, egui::Role::Label, &format!("{name}: {value}"));
        if !beside.is_empty() {
            cell.on_hover_text(beside.trim());
        }
    }
    ui.end_row();
}
