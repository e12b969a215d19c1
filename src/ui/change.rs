//! Actions that change one part of what a person has set.

use super::action::Action;
use crate::desk::{Canvas, Desk, Latent};

/// Asks for the desk with a changed canvas.
pub fn canvas(desk: &Desk, ask: &mut Vec<Action>, change: impl FnOnce(&mut Canvas)) {
    let mut desk = desk.clone();
    change(&mut desk.canvas);
    ask.push(Action::Set(Box::new(desk)));
}

/// Asks for the desk with other latent settings.
pub fn latent(desk: &Desk, latent: Latent, ask: &mut Vec<Action>) {
    ask.push(Action::Set(Box::new(Desk { latent, ..desk.clone() })));
}
