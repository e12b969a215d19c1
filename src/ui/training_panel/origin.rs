//! What the next run begins with: random numbers, or the weights of another run.

use super::super::{action::Action, parts, widgets::caption};
use crate::{
    desk::Desk,
    engine::protocol::Place,
    session::{OpenRun, Session},
    spec::Origin,
};
use egui::{Button, Role, Ui};

/// Draws the line of the chosen weights, which can be removed, or the offer of those of the open run.
pub fn ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    if let Some(origin) = &desk.from {
        chosen_ui(ui, origin, desk, ask);
    } else if let Some((place, step)) = offer(&session.open_run, desk) {
        let tip = "The next run of this model begins with these weights instead of random numbers, with a fresh optimiser; \
                   the data stay as they are chosen.";
        if ui.add(Button::new("Train on from these weights").small()).on_hover_text(tip).clicked() {
            ask.push(Action::TrainFrom(place, Some(step)));
        }
    }
}

fn chosen_ui(ui: &mut Ui, origin: &Origin, desk: &Desk, ask: &mut Vec<Action>) {
    ui.horizontal_wrapped(|ui| {
        caption(ui, &format!("Begins with {origin}")).on_hover_text(&origin.place);
        let response = ui.add(Button::new("Remove").small());
        let response = parts::named(ui, response, Role::Button, &format!("Remove: begins with {origin}"));
        if response.on_hover_text("The next run begins at random numbers.").clicked() {
            ask.push(Action::Set(Box::new(Desk { from: None, ..desk.clone() })));
        }
    });
}

/// The weights of the open run that another could begin with: those of the step that is looked at, else the newest.
fn offer(open_run: &OpenRun, desk: &Desk) -> Option<(Place, u64)> {
    let place = open_run.place.clone().filter(|_| open_run.playable && !open_run.status.is_alive())?;
    let step = match place {
        Place::Starter(_) => open_run.step,
        Place::Folder(_) => {
            let looked_at = desk.history_step.filter(|step| open_run.checkpoints.contains(step));
            looked_at.or(open_run.checkpoints.last().copied())?
        }
    };
    Some((place, step))
}
