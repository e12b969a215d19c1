//! What else can be turned while a family plays: its card's dials, drawn like the knobs of a form.

use super::super::{action::Action, change, knob_form};
use crate::{desk::Desk, session::Session};
use egui::{CollapsingHeader, Ui};

/// Draws the dials of the open run's family; nothing where it has none.
pub fn ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let Some(card) = session.card().filter(|card| !card.dials.is_empty()) else { return };
    CollapsingHeader::new("Drawing").id_salt("dials").default_open(true).show_unindented(ui, |ui| {
        for dial in &card.dials {
            let start = dial.start();
            let value = desk.latent.dials.get(&dial.id).filter(|v| dial.accepts(v)).unwrap_or(&start);
            let shown = ui.push_id(("dial", &dial.id), |ui| knob_form::knob_ui(ui, dial, value, None));
            let pressed = ui.input(|i| i.pointer.press_origin().filter(|_| i.pointer.primary_down()));
            if pressed.is_some_and(|point| shown.response.rect.contains(point)) {
                ask.push(Action::HoldSlider);
            }
            if let Some(new) = shown.inner {
                let mut latent = desk.latent.clone();
                if new == start {
                    latent.dials.0.remove(&dial.id);
                } else {
                    latent.dials.put(&dial.id, new);
                }
                change::latent(desk, latent, ask);
            }
        }
    });
}
