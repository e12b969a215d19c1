//! Which family of models, with which preset, and what its networks look like.

mod picker;

use super::{
    action::Action,
    knob_form,
    panel::{Panel, Region},
    theme,
    widgets::{self, heading},
};
use crate::{
    desk::{Desk, OwnPreset},
    engine::protocol::FamilyEntry,
    session::Session,
    spec::{Group, Knob, Knobs, Preset},
};
use egui::{ComboBox, Key, Label, TextEdit, Ui};

/// The model part of the left column.
#[derive(Default)]
pub struct ModelPanel {
    /// Name of a preset that is about to be saved.
    naming: Option<String>,
}

impl Panel for ModelPanel {
    fn title(&self) -> &'static str {
        "Model"
    }

    fn region(&self) -> Region {
        Region::Left
    }

    fn ui(&mut self, ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        heading(ui, "Model");
        let Some(family) = session.catalogue.families.iter().find(|f| f.card.id == desk.family) else {
            widgets::caption(ui, "The families of models are being listed…");
            return;
        };
        let alive = session.open_run.status.is_alive();
        picker::ui(ui, session, family, desk, ask);
        self.presets_ui(ui, family, desk, ask);
        let knobs: Vec<_> = family.knobs.iter().filter(|k| k.group == Group::Model).collect();
        let frozen = |_: &Knob| alive.then_some("A run is going on; this can be set again when it ends.");
        let values = session
            .open_run
            .spec
            .as_ref()
            .filter(|s| alive && s.family == desk.family)
            .map_or(&desk.knobs, |s| &s.knobs);
        for (id, value) in knob_form::form(ui, &knobs, values, frozen) {
            let mut new = desk.clone();
            new.knobs.put(&id, value);
            ask.push(Action::Set(Box::new(new)));
        }
    }
}

/// What a preset makes of the knobs: its values over the start values, the data's knobs as they stand.
fn preset_knobs(family: &FamilyEntry, preset: &Preset, now: &Knobs) -> Knobs {
    let mut new = picker::carried(None, family, now);
    for knob in family.knobs.iter().filter(|k| !k.group.is_of_data()) {
        if let Some(value) = preset.set.get(&knob.id).filter(|v| knob.accepts(v)) {
            new.put(&knob.id, value.clone());
        }
    }
    new
}

impl ModelPanel {
    fn presets_ui(&mut self, ui: &mut Ui, family: &FamilyEntry, desk: &Desk, ask: &mut Vec<Action>) {
        let own = || desk.presets.iter().filter(|p| p.family == family.card.id).map(|p| &p.preset);
        let all = || family.presets.iter().chain(own());
        let current = all().find(|p| preset_knobs(family, p, &desk.knobs) == desk.knobs);
        ui.horizontal(|ui| {
            let label = ui.label("Preset");
            let width = (ui.available_width() - 70.0).max(60.0);
            ComboBox::from_id_salt("preset")
                .width(width)
                .truncate()
                .selected_text(current.map_or("own values", |p| p.title.as_str()))
                .show_ui(ui, |ui| {
                    for preset in all() {
                        let chosen = current.is_some_and(|p| p.id == preset.id);
                        if ui.selectable_label(chosen, &preset.title).on_hover_text(&preset.about).clicked() {
                            let knobs = preset_knobs(family, preset, &desk.knobs);
                            ask.push(Action::Set(Box::new(Desk { knobs, ..desk.clone() })));
                        }
                    }
                })
                .response
                .labelled_by(label.id)
                .on_hover_text("Named settings for model and training");
            let mine = current.filter(|p| own().any(|o| o.id == p.id));
            if let Some(mine) = mine {
                if ui.button("Delete").on_hover_text("Delete this preset of yours; undo brings it back").clicked() {
                    let mut new = desk.clone();
                    new.presets.retain(|p| p.family != family.card.id || p.preset.id != mine.id);
                    ask.push(Action::Set(Box::new(new)));
                }
            } else if ui.button("Keep…").on_hover_text("Keep these values as a preset of your own").clicked() {
                self.naming = if self.naming.is_some() { None } else { Some(String::new()) };
            }
        });
        self.naming_ui(ui, family, desk, ask);
        if let Some(preset) = current.filter(|p| !p.about.is_empty()) {
            ui.add(Label::new(theme::caption(ui, &preset.about)).wrap());
        }
    }

    fn naming_ui(&mut self, ui: &mut Ui, family: &FamilyEntry, desk: &Desk, ask: &mut Vec<Action>) {
        let Some(name) = &mut self.naming else { return };
        let mut done = false;
        ui.horizontal(|ui| {
            let width = (ui.available_width() - 70.0).max(60.0);
            let field = ui.add(TextEdit::singleline(name).hint_text("Name of the preset").desired_width(width));
            let named = !name.trim().is_empty();
            let entered = field.lost_focus() && ui.input(|i| i.key_pressed(Key::Enter));
            let keep = ui.add_enabled(named, egui::Button::new("Keep")).on_disabled_hover_text("Type a name first.");
            done = (keep.clicked() || entered) && named;
        });
        if done {
            let title = name.trim().to_owned();
            let mut new = desk.clone();
            let id = format!("own-{title}");
            new.presets.retain(|p| p.family != family.card.id || p.preset.id != id);
            let preset = Preset { id, title, about: String::new(), set: desk.knobs.clone() };
            new.presets.push(OwnPreset { family: family.card.id.clone(), preset });
            ask.push(Action::Set(Box::new(new)));
            self.naming = None;
        }
    }
}
