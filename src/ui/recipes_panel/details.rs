//! The details of one recipe: what it sets, what to expect, where its data are, and the ways to begin it.

use super::{
    super::{
        action::Action,
        parts::described,
        theme::{self, GROUP, SPACE, TIGHT},
        widgets::{caption, fact, heading, primary, thousands},
    },
    RecipesPanel, family_title, figure, length_words, set,
};
use crate::{
    desk::Desk,
    recipes::{Need, Recipe},
    session::Session,
};
use egui::{Align, Button, Key, Label, Layout, RichText, Role, ScrollArea, Sense, TextEdit, Ui, WidgetInfo, vec2};

/// Side of the reference picture at most.
const PICTURE: f32 = 256.0;
/// Below this width the picture stands above the words.
const NARROW: f32 = 520.0;

impl RecipesPanel {
    /// Draws the details of a recipe in place of the cards.
    pub(super) fn details_ui(
        &mut self,
        ui: &mut Ui,
        recipe: &'static Recipe,
        session: &Session,
        desk: &Desk,
        ask: &mut Vec<Action>,
    ) {
        let elsewhere = ui.memory(|m| m.focused().is_some());
        ui.horizontal_wrapped(|ui| {
            let back = ui.button("Back to all recipes").on_hover_text("Shows the cards again. Escape does the same.");
            if back.clicked() || (!elsewhere && ui.input(|i| i.key_pressed(Key::Escape))) {
                set(desk, ask, |recipes| recipes.open = None);
            }
            begin_ui(ui, recipe, session, desk, ask);
        });
        ui.add_space(TIGHT);
        ScrollArea::vertical().id_salt("details").auto_shrink(false).show(ui, |ui| {
            ui.set_max_width((ui.available_width() - SPACE).min(860.0));
            ui.label(RichText::new(&recipe.title).text_style(theme::title()).color(theme::of(ui).strong));
            ui.add(Label::new(&recipe.about).wrap());
            if desk.recipes.chosen.as_ref() == Some(&recipe.id) {
                caption(ui, "The form was filled from this recipe last.");
            }
            let need = recipe.needs();
            let missing = need.filter(|need| !desk.recipes.folders.contains_key(need.id));
            if let Some(need) = missing {
                self.folder_ui(ui, need, session, desk, ask);
            }
            ui.add_space(SPACE);
            if ui.available_width() < NARROW {
                self.picture_ui(ui, recipe, session);
                words_ui(ui, recipe, session);
            } else {
                ui.with_layout(Layout::left_to_right(Align::Min), |ui| {
                    self.picture_ui(ui, recipe, session);
                    ui.add_space(SPACE);
                    ui.vertical(|ui| words_ui(ui, recipe, session));
                });
            }
            if let (Some(need), None) = (need, missing) {
                self.folder_ui(ui, need, session, desk, ask);
            }
            ui.add_space(GROUP);
        });
    }

    fn picture_ui(&mut self, ui: &mut Ui, recipe: &'static Recipe, session: &Session) {
        let side = PICTURE.min(ui.available_width() * if ui.available_width() < NARROW { 1.0 } else { 0.4 });
        let (rect, response) = ui.allocate_exact_size(vec2(side, side), Sense::hover());
        self.tile_ui(ui, recipe, session, rect);
        let words = if recipe.reference_is_there() {
            format!("Samples at the end of {}", recipe.title)
        } else {
            format!("No picture of {} yet", recipe.title)
        };
        response.widget_info(|| WidgetInfo::labeled(Role::Image, ui.is_enabled(), &words));
    }

    /// Where the data are that a person has to bring: asked for once, then only shown.
    fn folder_ui(&mut self, ui: &mut Ui, need: &'static Need, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        heading(ui, "Data to bring");
        ui.add(Label::new(need.sentence()).wrap());
        let kept = desk.recipes.folders.get(need.id);
        let start = || kept.cloned().or_else(|| guess(need, session)).unwrap_or_default();
        let typed = self.typed.get_or_insert_with(start);
        let mut done = false;
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 240.0).max(120.0);
            let field = TextEdit::singleline(typed).hint_text("Path of the folder").desired_width(width);
            let field = ui.add(field).on_hover_text("Enter keeps this folder for all recipes that want these data.");
            let field = described(ui, field, &format!("Folder of {}", need.title));
            done = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
            let new = !typed.trim().is_empty() && kept.map(String::as_str) != Some(typed.trim());
            let keep = ui.add_enabled(new, Button::new("Use this folder"));
            done |= keep.on_disabled_hover_text("Type another path first.").clicked();
            if ui.button("Folder…").on_hover_text("Choose the folder in a dialog").clicked() {
                ask.push(Action::FindFolder(need.id.to_owned()));
            }
        });
        if let (true, Some(typed)) = (done, &self.typed)
            && !typed.trim().is_empty()
        {
            ask.push(Action::KeepFolder { need: need.id.to_owned(), folder: typed.trim().to_owned() });
            self.typed = None;
        }
        if let Some(folder) = kept {
            caption(ui, &format!("Kept: {folder}"));
        }
    }
}

/// A source chosen lately whose name says that it may be these data.
fn guess(need: &Need, session: &Session) -> Option<String> {
    let plain = |text: &str| text.to_lowercase().replace(['-', '_', ' '], "");
    session.recent.iter().find(|source| source.len() > need.id.len() && plain(source).contains(need.id)).cloned()
}

/// Facts, what it should look like, scores.
fn words_ui(ui: &mut Ui, recipe: &Recipe, session: &Session) {
    let data = recipe.needs().map_or_else(|| format!("{}, built in", recipe.data), |need| need.title.to_owned());
    fact(ui, "Model", &family_title(session, &recipe.family));
    fact(ui, "Data", &data);
    fact(ui, "Steps", &thousands(recipe.steps));
    fact(ui, "Time", &recipe.time_words().unwrap_or_else(|| "not measured yet".into()));
    if let Some(preset) = &recipe.preset {
        fact(ui, "Preset", preset);
    }
    for assignment in &recipe.set {
        let (id, value) = assignment.split_once('=').unwrap_or((assignment, ""));
        fact(ui, &knob_label(session, recipe, id), value);
    }
    heading(ui, "What it should look like");
    if recipe.expect.is_empty() {
        caption(ui, "Nobody has written this down yet.");
    }
    for (percent, words) in recipe.expect.marks() {
        ui.horizontal_top(|ui| {
            ui.label(theme::figure(format!("{percent:>3} %")));
            ui.add(Label::new(words).wrap());
        });
    }
    if !recipe.scores.is_empty() {
        heading(ui, "Scores at the end");
        for (metric, value) in &recipe.scores {
            fact(ui, metric, &figure(*value));
        }
    }
}

fn knob_label(session: &Session, recipe: &Recipe, id: &str) -> String {
    let family = session.catalogue.families.iter().find(|f| f.card.id == recipe.family);
    let knob = family.and_then(|f| f.knobs.iter().find(|knob| knob.id == id));
    knob.map_or_else(|| id.to_owned(), |knob| knob.label.clone())
}

/// The two buttons.
fn begin_ui(ui: &mut Ui, recipe: &Recipe, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let missing = recipe.needs().filter(|need| !desk.recipes.folders.contains_key(need.id));
    let missing = missing.map(|need| format!("Say where {} is first.", need.title));
    let alive = session.open_run.status.is_alive();
    let button = if missing.is_none() { primary(ui, "Start this recipe") } else { Button::new("Start this recipe") };
    let what = format!("Reads the data, fills the form on the left and trains: {}.", length_words(recipe));
    let tip = if alive { format!("{what}\nAsks first, since a run is going on.") } else { what };
    let start = ui.add_enabled(missing.is_none(), button).on_hover_text(tip);
    if start.on_disabled_hover_text(missing.clone().unwrap_or_default()).clicked() {
        ask.push(Action::TakeRecipe { id: recipe.id.clone(), start: true });
    }
    let why = missing.or_else(|| alive.then(|| "A run is going on; this can be done when it ends.".to_owned()));
    let fill = ui
        .add_enabled(why.is_none(), Button::new("Only fill in the form"))
        .on_hover_text("Sets data, model and knobs on the left, and leaves the start to you.");
    if fill.on_disabled_hover_text(why.unwrap_or_default()).clicked() {
        ask.push(Action::TakeRecipe { id: recipe.id.clone(), start: false });
    }
}
