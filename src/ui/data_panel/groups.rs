//! What is done to the pictures: two groups of knobs that open, and above them the same few pictures before and after.

use super::super::{
    action::Action,
    knob_form,
    strip::StripView,
    theme,
    widgets::{self, caption},
};
use crate::{
    desk::Desk,
    engine::protocol::FamilyEntry,
    session::Session,
    spec::{Augment, Effect, Group, Knob},
};
use egui::{CollapsingHeader, Ui};

/// The largest picture of the strip in the narrow column, in points.
const LARGEST: f32 = 56.0;
/// Why a knob is grey while a run goes on.
pub const FROZEN: &str = "A run is going on; this can be set again when it ends.";

/// The groups, and which of them was open in the last frame.
#[derive(Default)]
pub struct Groups {
    view: StripView,
    open: [bool; 2],
}

impl Groups {
    /// Draws the strip while a group is open, then both groups.
    pub fn ui(&mut self, ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
        let Some(family) = session.catalogue.families.iter().find(|f| f.card.id == desk.family) else { return };
        if let Some(strip) = session.strip.as_ref().filter(|strip| strip.request.spec.source == desk.source)
            && self.open.contains(&true)
        {
            self.view.show(ui, strip, LARGEST);
        }
        let of = |group: Group| family.knobs.iter().filter(|k| k.group == group).collect::<Vec<_>>();
        let (adjust, vary) = (of(Group::Adjust), of(Group::Augmentation));
        self.open = [false; 2];
        if !adjust.is_empty() {
            let changed = adjust.iter().any(|k| desk.knobs.get(&k.id).is_some_and(|v| *v != k.start()));
            self.open[0] = group_ui(ui, "Adjust", changed, |ui| adjust_ui(ui, &adjust, session, desk, ask));
        }
        if !vary.is_empty() {
            let active = Augment::from_knobs(values(session, desk)).is_active();
            self.open[1] = group_ui(ui, "Augmentation", active, |ui| vary_ui(ui, &vary, family, session, desk, ask));
        }
    }
}

/// A group that opens; true while it is open. The dot says that something in it is not as usual.
fn group_ui(ui: &mut Ui, name: &str, changed: bool, body: impl FnOnce(&mut Ui)) -> bool {
    let title = if changed { format!("{name} •") } else { name.to_owned() };
    let tip = if changed { "Something in here is not as usual." } else { "Everything in here is as usual." };
    let response = CollapsingHeader::new(title).id_salt(name).show_unindented(ui, body);
    response.header_response.on_hover_text(tip);
    response.openness > 0.0
}

/// The knobs of the run that trains with the chosen family, else the desk's.
fn values<'a>(session: &'a Session, desk: &'a Desk) -> &'a crate::spec::Knobs {
    let alive = session.open_run.status.is_alive();
    let running = session.open_run.spec.as_ref().filter(|s| alive && s.family == desk.family);
    running.map_or(&desk.knobs, |s| &s.knobs)
}

fn adjust_ui(ui: &mut Ui, knobs: &[&Knob], session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let frozen = |_: &Knob| session.open_run.status.is_alive().then_some(FROZEN);
    for (id, value) in knob_form::form(ui, knobs, &desk.knobs, frozen) {
        let mut new = desk.clone();
        new.knobs.put(&id, value);
        ask.push(Action::Set(Box::new(new)));
    }
}

/// Like a form, with a sentence under each knob that would show in what is drawn.
fn vary_ui(ui: &mut Ui, knobs: &[&Knob], family: &FamilyEntry, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let (values, alive) = (values(session, desk), session.open_run.status.is_alive());
    caption(ui, knob_form::effect_words(Effect::Now));
    let leaks = Augment::leaks(values, family.card.can.inputs);
    for knob in knobs {
        let start = knob.start();
        let value = values.get(&knob.id).filter(|v| knob.accepts(v)).unwrap_or(&start);
        let change = ui.push_id(("knob", &knob.id), |ui| knob_form::knob_ui(ui, knob, value, None)).inner;
        if let Some((_, sentence)) = leaks.iter().find(|(id, _)| *id == knob.id) {
            widgets::sentence(ui, theme::of(ui).warning, sentence);
        }
        let Some(value) = change else { continue };
        if alive {
            ask.push(Action::TurnKnob(knob.id.clone(), value));
        } else {
            let mut new = desk.clone();
            new.knobs.put(&knob.id, value);
            ask.push(Action::Set(Box::new(new)));
        }
    }
}
