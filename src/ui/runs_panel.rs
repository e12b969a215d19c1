//! The list of runs: look at one, go on with it, take its settings, rename it, delete it; choose several to compare them.

mod comparison;
mod listing;
mod words;

use super::{
    action::Action,
    panel::{Panel, Region},
    parts,
    texture::PictureTexture,
    theme,
    widgets::{self, thousands},
};
use crate::{
    desk::{Desk, RunsBy, Tab},
    engine::protocol::{Place, RunEntry},
    session::Session,
};
use comparison::ComparisonView;
use egui::{
    Button, Color32, ComboBox, DragValue, Key, Label, Rect, Role, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, vec2,
};
use std::{collections::HashMap, path::PathBuf, time::SystemTime};

/// Side of a thumbnail in points.
const THUMBNAIL: f32 = 88.0;
/// Height of a row: name, facts, settings and scores, buttons.
const HEIGHT: f32 = 106.0;

/// Height of a row's buttons.
const SMALL: f32 = 20.0;

/// The list of runs.
#[derive(Default)]
pub struct RunsPanel {
    thumbnails: HashMap<PathBuf, PictureTexture>,
    /// The total steps that stand in a run's field, where somebody changed it.
    totals: HashMap<PathBuf, u64>,
    renaming: Option<Renaming>,
    /// Runs to be compared, in the order they were chosen.
    chosen: Vec<PathBuf>,
    filter: String,
    comparison: ComparisonView,
}

/// A name that is being typed.
struct Renaming {
    folder: PathBuf,
    name: String,
    /// The field is new and wants the keyboard.
    fresh: bool,
}

impl Panel for RunsPanel {
    fn title(&self) -> &'static str {
        "Runs"
    }

    fn region(&self) -> Region {
        Region::Centre(Tab::Runs)
    }

    fn ui(&mut self, ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        if let Some(shown) = &session.comparison {
            return self.comparison.ui(ui, session, shown, ask);
        }
        let runs = match &session.runs {
            None => {
                parts::notice(ui, "Looking for runs".into(), &[], |ui| {
                    ui.spinner();
                });
                return;
            }
            Some(runs) if runs.is_empty() => {
                let sentence =
                    "Pick data on the left and press Start; the run appears here and can be continued any time.";
                parts::notice(ui, "Nothing here yet".into(), &[sentence], |_| {});
                return;
            }
            Some(runs) => runs,
        };
        self.chosen.retain(|folder| runs.iter().any(|r| r.folder == *folder));
        self.controls_ui(ui, desk, ask);
        let shown = listing::shown(session, runs, desk.runs_by, &self.filter);
        let all: u64 = runs.iter().map(|r| r.bytes).sum();
        let word = if runs.len() == 1 { "run" } else { "runs" };
        let some = if shown.len() < runs.len() { format!("{} of ", shown.len()) } else { String::new() };
        ui.label(theme::caption(ui, format!("{some}{} {word}, {} on disk", runs.len(), widgets::bytes(all))));
        ui.add_space(theme::TIGHT);
        if shown.is_empty() {
            let sentence = "Names, data, families and settings are searched for every word.";
            parts::notice(ui, "No run has these words".into(), &[sentence], |_| {});
        }
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).map_or(0, |d| d.as_secs());
        let mut seen: Vec<&PathBuf> = Vec::new();
        ScrollArea::vertical().auto_shrink(false).show_rows(ui, HEIGHT, shown.len(), |ui, rows| {
            for run in &shown[rows] {
                ui.push_id(&run.folder, |ui| self.row_ui(ui, session, run, now, ask));
                seen.push(&run.folder);
            }
        });
        // Only what is in view keeps a texture.
        self.thumbnails.retain(|folder, _| seen.contains(&folder));
        self.totals.retain(|folder, _| runs.iter().any(|r| r.folder == *folder));
    }
}

impl RunsPanel {
    /// The filter, the order, and the button that compares what is chosen.
    fn controls_ui(&mut self, ui: &mut Ui, desk: &Desk, ask: &mut Vec<Action>) {
        ui.horizontal_wrapped(|ui| {
            let field = ui.add(TextEdit::singleline(&mut self.filter).desired_width(150.0).hint_text("Search"));
            parts::described(ui, field, "Search the runs").on_hover_text("Shows the runs that have every word.");
            let label = ui.label(theme::caption(ui, "Order"));
            let mut by = desk.runs_by;
            ComboBox::from_id_salt("order of runs")
                .width(130.0)
                .selected_text(by.word())
                .show_ui(ui, |ui| {
                    for order in RunsBy::ALL {
                        ui.selectable_value(&mut by, order, order.word());
                    }
                })
                .response
                .labelled_by(label.id)
                .on_hover_text("The score is the sliced Wasserstein distance: the lower the better.");
            if by != desk.runs_by {
                ask.push(Action::Set(Box::new(Desk { runs_by: by, ..desk.clone() })));
            }
            let count = self.chosen.len();
            let words = if count < 2 { "Compare".to_owned() } else { format!("Compare {count} runs") };
            let button = if count < 2 { Button::new(words) } else { widgets::primary(ui, &words) };
            let response = ui.add_enabled(count >= 2, button);
            let tip = "Shows their curves in one plot, their last grids side by side and the settings that differ.";
            let why = "Choose two runs or more first: by the boxes at their left, or with Ctrl and a click.";
            if response.on_hover_text(tip).on_disabled_hover_text(why).clicked() {
                ask.push(Action::Compare(self.chosen.clone()));
            }
            if count > 0 && ui.button("Choose none").on_hover_text("Takes all ticks away.").clicked() {
                self.chosen.clear();
            }
        });
    }

    /// A tick for the comparison; Ctrl and a click anywhere else on the row does the same.
    fn choice_ui(&mut self, ui: &mut Ui, run: &RunEntry, row: Rect) {
        let mut on = self.chosen.contains(&run.folder);
        let before = on;
        let response = ui.checkbox(&mut on, "");
        let name = format!("Choose {} to compare", run.spec.name);
        response.widget_info(|| WidgetInfo::selected(Role::CheckBox, ui.is_enabled(), on, &name));
        let ctrl = ui.input(|i| i.pointer.primary_clicked() && i.modifiers.command);
        let clicked = ctrl && !response.hovered() && ui.rect_contains_pointer(row);
        response.on_hover_text(name);
        if (on != before) != clicked {
            match self.chosen.iter().position(|folder| *folder == run.folder) {
                Some(at) => drop(self.chosen.remove(at)),
                None => self.chosen.push(run.folder.clone()),
            }
        }
    }

    fn row_ui(&mut self, ui: &mut Ui, session: &Session, run: &RunEntry, now: u64, ask: &mut Vec<Action>) {
        let (rect, _) = ui.allocate_exact_size(vec2(ui.available_width(), HEIGHT), Sense::hover());
        let on_stage = session.open_run.place == Some(Place::Folder(run.folder.clone()));
        if on_stage {
            let mark = Rect::from_min_size(rect.min, vec2(3.0, HEIGHT - theme::SPACE));
            ui.painter().rect_filled(mark, 1.5, theme::of(ui).accent);
        }
        ui.painter().hline(rect.x_range(), rect.bottom() - theme::TIGHT, (1.0, theme::of(ui).line));
        let inner = rect.shrink2(vec2(theme::SPACE, 0.0)).with_max_y(rect.bottom() - theme::SPACE);
        let mut row =
            ui.new_child(egui::UiBuilder::new().max_rect(inner).layout(egui::Layout::left_to_right(egui::Align::Min)));
        row.set_clip_rect(rect.intersect(ui.clip_rect()));
        self.choice_ui(&mut row, run, rect);
        self.thumbnail_ui(&mut row, run);
        row.vertical(|ui| {
            ui.spacing_mut().item_spacing.y = 3.0;
            self.name_ui(ui, run, on_stage, session.open_run.status.is_alive(), ask);
            let facts = theme::caption(ui, words::facts(session, run, now));
            ui.add(Label::new(facts).truncate()).on_hover_text(run.folder.display().to_string());
            let settings = theme::caption(ui, words::settings(session, run));
            let settings = ui.add(Label::new(settings).truncate());
            let scores = words::all_scores(&run.digest);
            if !scores.is_empty() {
                settings.on_hover_text(scores);
            }
            self.buttons_ui(ui, session, run, on_stage, ask);
        });
    }

    fn thumbnail_ui(&mut self, ui: &mut Ui, run: &RunEntry) {
        let (rect, _) = ui.allocate_exact_size(vec2(THUMBNAIL, THUMBNAIL), Sense::hover());
        ui.painter().rect_filled(rect, 2.0, theme::of(ui).backdrop);
        if let Some(picture) = &run.thumbnail {
            let texture = self.thumbnails.entry(run.folder.clone()).or_default();
            let mut inside = ui.new_child(
                egui::UiBuilder::new()
                    .max_rect(rect)
                    .layout(egui::Layout::centered_and_justified(egui::Direction::TopDown)),
            );
            texture.show(&mut inside, picture, rect.size(), &format!("Samples of {}", run.spec.name));
        }
    }

    fn name_ui(&mut self, ui: &mut Ui, run: &RunEntry, on_stage: bool, trains: bool, ask: &mut Vec<Action>) {
        ui.horizontal(|ui| {
            ui.set_min_height(theme::ROW);
            if self.renaming.as_ref().is_some_and(|r| r.folder == run.folder) {
                self.rename_ui(ui, run, ask);
                return;
            }
            let palette = theme::of(ui);
            ui.add(Label::new(egui::RichText::new(&run.spec.name).color(palette.strong)).truncate());
            if on_stage {
                badge(ui, "open", palette.accent);
            }
            // Its lock is seen by everybody, also by ourselves.
            if run.busy && !(on_stage && trains) {
                badge(ui, "used by another program", palette.paused);
            }
            if run.crashed {
                badge(ui, "was interrupted: continue?", palette.warning);
            }
        });
    }

    fn rename_ui(&mut self, ui: &mut Ui, run: &RunEntry, ask: &mut Vec<Action>) {
        let Some(renaming) = &mut self.renaming else { return };
        let field = ui.add(TextEdit::singleline(&mut renaming.name).desired_width(220.0).hint_text("new name"));
        let field = parts::described(ui, field, &format!("New name of {}", run.spec.name));
        if std::mem::take(&mut renaming.fresh) {
            field.request_focus();
        }
        let name = renaming.name.trim().to_owned();
        let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
        let done = ui.add_enabled(!name.is_empty(), Button::new("Rename")).clicked() || (entered && !name.is_empty());
        let left = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Escape));
        if done && name != run.spec.name {
            ask.push(Action::Rename(run.folder.clone(), name));
        }
        if ui.button("Cancel").clicked() || done || left {
            self.renaming = None;
        }
    }

    fn buttons_ui(&mut self, ui: &mut Ui, session: &Session, run: &RunEntry, on_stage: bool, ask: &mut Vec<Action>) {
        let name = &run.spec.name;
        let trains = session.open_run.status.is_alive();
        let held = if trains && on_stage {
            Some("It is training; stop it first.")
        } else {
            run.busy.then_some("Another program uses this run.")
        };
        let folder = &run.folder;
        ui.horizontal_wrapped(|ui| {
            let spacing = ui.spacing_mut();
            (spacing.item_spacing.x, spacing.interact_size.y, spacing.button_padding.y) = (theme::TIGHT, SMALL, 1.0);
            let why = trains.then_some("A run is going on; stop it first.");
            if row_button(ui, "Open", name, "Shows its samples, curves and sliders; nothing is changed.", why) {
                ask.push(Action::Open(Place::Folder(folder.clone())));
            }
            let start = if run.step < run.spec.steps { run.spec.steps } else { run.step + run.spec.steps };
            let total = self.totals.get(folder).copied().unwrap_or(start).max(run.step + 1);
            if row_button(
                ui,
                "Continue",
                name,
                "Goes on from the newest checkpoint, up to the steps beside it.",
                held.or(why),
            ) {
                ask.push(Action::Continue { folder: folder.clone(), steps: total });
            }
            let mut typed = total;
            let number = DragValue::new(&mut typed)
                .range(run.step + 1..=100_000_000)
                .speed(10.0)
                .prefix("to ")
                .custom_formatter(|n, _| thousands(n as u64))
                .custom_parser(|text| text.replace([',', ' '], "").parse().ok());
            let field = ui.add_enabled(held.is_none(), number.update_while_editing(false));
            let field = parts::described(ui, field, &format!("Total steps of {name}"));
            if field.on_hover_text("The total that the run goes on to.").changed() {
                self.totals.insert(folder.clone(), typed);
            }
            ui.add_space(theme::TIGHT);
            if row_button(
                ui,
                "Copy settings",
                name,
                "Takes its data, model and training settings over to the form on the left.",
                None,
            ) {
                ask.push(Action::CopySettings(folder.clone()));
            }
            let tip = "The next run of this model begins with these weights; the data stay as they are chosen.";
            if row_button(ui, "Train on", name, tip, None) {
                ask.push(Action::TrainFrom(Place::Folder(folder.clone()), Some(run.step)));
            }
            if row_button(ui, "Rename", name, "Gives it another name.", held) {
                self.renaming = Some(Renaming { folder: folder.clone(), name: name.clone(), fresh: true });
            }
            let tip = format!("Deletes the folder and all in it, {}. You are asked first.", widgets::bytes(run.bytes));
            if row_button(ui, "Delete", name, &tip, held) {
                ask.push(Action::Delete(folder.clone()));
            }
        });
    }
}

/// A button that says by name which run it means; greyed out with a reason.
fn row_button(ui: &mut Ui, word: &str, run: &str, tip: &str, why_not: Option<&str>) -> bool {
    let response = ui.add_enabled(why_not.is_none(), Button::new(word));
    let response = parts::named(ui, response, Role::Button, &format!("{word} {run}"));
    response.on_hover_text(tip).on_disabled_hover_text(why_not.unwrap_or_default()).clicked()
}

/// A word in a thin frame.
fn badge(ui: &mut Ui, word: &str, colour: Color32) {
    let text = egui::RichText::new(word).text_style(egui::TextStyle::Small).color(colour);
    egui::Frame::new()
        .stroke((1.0, colour.gamma_multiply(0.6)))
        .corner_radius(4.0)
        .inner_margin(egui::Margin::symmetric(5, 1))
        .show(ui, |ui| {
            ui.label(text);
        });
}
