//! The choice of a family: in groups, each with its two sentences; those that the data do not suit say what they need.

use super::super::{
    action::Action,
    theme,
    widgets::{self, caption},
};
use crate::{
    desk::{Desk, Tab},
    engine::protocol::FamilyEntry,
    recipes,
    session::Session,
    spec::{Capabilities, Knob, Knobs},
};
use egui::{Align, Button, ComboBox, Layout, Role, Ui, WidgetInfo};

/// Width of the open list: two sentences in three lines.
const WIDTH: f32 = 360.0;
/// Height of the open list at most.
const HEIGHT: f32 = 520.0;
/// Headings of the list, in order.
const GROUPS: [&str; 4] =
    ["Two networks against each other", "Squeezed and rebuilt", "From a picture to a picture", "Other ways"];

/// Which heading of [`GROUPS`] a family stands under.
fn group(can: Capabilities) -> usize {
    match can {
        Capabilities { inputs: true, .. } => 2,
        Capabilities { encoder: true, .. } => 1,
        Capabilities { discriminator: true, .. } => 0,
        _ => 3,
    }
}

/// Draws the chosen family, what it is good for, and the list of all.
pub fn ui(ui: &mut Ui, session: &Session, family: &FamilyEntry, desk: &Desk, ask: &mut Vec<Action>) {
    let response = ComboBox::from_id_salt("family")
        .width(ui.available_width())
        .height(HEIGHT)
        .selected_text(&family.card.title)
        .show_ui(ui, |ui| {
            ui.set_width(WIDTH);
            for (number, heading) in GROUPS.iter().enumerate() {
                let of_group = || session.catalogue.families.iter().filter(|f| group(f.card.can) == number);
                if of_group().next().is_some() {
                    widgets::heading(ui, heading);
                }
                for other in of_group() {
                    if entry_ui(ui, other, other.card.id == desk.family, desk) {
                        let knobs = carried(Some(family), other, &desk.knobs);
                        let new = Desk { family: other.card.id.clone(), knobs, ..desk.clone() };
                        ask.push(Action::Set(Box::new(new)));
                    }
                }
            }
        })
        .response;
    response.widget_info(|| WidgetInfo::labeled(Role::ComboBox, true, format!("Model: {}", family.card.title)));
    match unfit(family, desk) {
        Some(why) => {
            widgets::sentence(ui, theme::of(ui).warning, &format!("{why} Choose another model or other data."));
        }
        None => {
            caption(ui, &family.card.about);
        }
    }
    recipes_ui(ui, family, desk, ask);
    ui.add_space(theme::TIGHT);
}

/// Leads to the recipes of the chosen family.
fn recipes_ui(ui: &mut Ui, family: &FamilyEntry, desk: &Desk, ask: &mut Vec<Action>) {
    let known = recipes::all().iter().filter(|recipe| recipe.family == family.card.id).count();
    if known == 0 {
        return;
    }
    let words = widgets::plural(known as u64, "recipe", "recipes");
    let tip = "Settings for this model that are known to work, with what to expect of them.";
    if ui.link(format!("{words} for {}", family.card.title)).on_hover_text(tip).clicked() {
        let mut new = Desk { tab: Tab::Recipes, ..desk.clone() };
        (new.recipes.open, new.recipes.family) = (None, Some(family.card.id.clone()));
        ask.push(Action::Set(Box::new(new)));
    }
}

/// What the chosen data lack for a family; nothing while no data are chosen.
fn unfit<'a>(family: &'a FamilyEntry, desk: &Desk) -> Option<&'a str> {
    family.unfit.as_deref().filter(|_| !desk.source.is_empty())
}

/// A family of the list; true when a person chose it.
fn entry_ui(ui: &mut Ui, family: &FamilyEntry, open: bool, desk: &Desk) -> bool {
    let why = unfit(family, desk);
    let response = ui.add_enabled(why.is_none() || open, Button::selectable(open, &family.card.title));
    let response = response.on_disabled_hover_text(why.unwrap_or_default());
    // A list's rows fill its width; its sentences stay ragged.
    ui.with_layout(Layout::top_down(Align::LEFT), |ui| match why {
        Some(why) => widgets::sentence(ui, theme::of(ui).warning, why),
        None => {
            caption(ui, &family.card.about);
        }
    });
    ui.add_space(theme::TIGHT);
    response.clicked() && !open
}

/// The knobs of a family when it is chosen in place of another: how the data are prepared stays as it is, and what a person set
/// for the other one carries over where the new one has a knob of the same name that takes it. All else is at its start value.
pub fn carried(from: Option<&FamilyEntry>, to: &FamilyEntry, now: &Knobs) -> Knobs {
    let started = |knob: &Knob| from.and_then(|f| f.knobs.iter().find(|k| k.id == knob.id)).map(Knob::start);
    let mut new = Knobs::start(&to.knobs);
    for knob in &to.knobs {
        let Some(value) = now.get(&knob.id).filter(|v| knob.accepts(v)) else { continue };
        if knob.group.is_of_data() || started(knob).is_some_and(|start| start != *value) {
            new.put(&knob.id, value.clone());
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Card, Effect, Group, Kind, Value};

    fn family(knobs: &[(&str, Group, i64, i64)]) -> FamilyEntry {
        let knob = |(id, group, start, max): &(&str, Group, i64, i64)| Knob {
            id: (*id).into(),
            label: (*id).into(),
            help: String::new(),
            group: *group,
            kind: Kind::Int { min: 1, max: *max, start: *start },
            effect: Effect::NextRun,
        };
        let (can, dials) = (Capabilities::default(), Vec::new());
        let card = Card { id: "x".into(), title: "X".into(), about: "An X.".into(), can, dials };
        FamilyEntry { card, knobs: knobs.iter().map(knob).collect(), presets: Vec::new(), unfit: None }
    }

    #[test]
    fn what_a_person_set_carries_over_and_start_values_do_not() {
        use Group::{Data, Model, Training};
        let old = family(&[
            ("size", Data, 28, 128),
            ("lr", Training, 5, 100),
            ("batch", Training, 64, 512),
            ("z", Model, 100, 512),
        ]);
        let new = family(&[
            ("size", Data, 32, 128),
            ("lr", Training, 9, 100),
            ("batch", Training, 16, 256),
            ("z", Model, 20, 64),
        ]);
        let mut now = Knobs::start(&old.knobs);
        now.put("batch", Value::Int(128));
        let knobs = carried(Some(&old), &new, &now);
        assert_eq!(["size", "lr", "batch", "z"].map(|id| knobs.int(id)), [28, 9, 128, 20]);
        now.put("z", Value::Int(200));
        assert_eq!(carried(Some(&old), &new, &now).int("z"), 20, "more than the new one takes");
        assert_eq!(carried(None, &new, &now).int("batch"), 16);
    }
}
