//! What every panel is, and the table of all of them.

use super::action::Action;
use crate::{desk::Desk, session::Session};

/// Where a panel stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Region {
    /// Menu and run bar.
    Top,
    /// Data, model, training.
    Left,
    /// Shown in place of samples, sliders and curves while this tab of the centre is open.
    Beside(crate::desk::Tab),
    /// A tab of the centre.
    Centre(crate::desk::Tab),
    /// Curves.
    Bottom,
    /// Latent sliders; a tab of the centre in a narrow window.
    Right,
    /// A side window that can be opened.
    Window(crate::desk::Window),
}

/// Looks at what is known and set, and asks for what a person wants. It changes nothing itself.
pub trait Panel {
    /// Name for people.
    fn title(&self) -> &'static str;
    /// Where it stands.
    fn region(&self) -> Region;
    /// Draws it.
    fn ui(&mut self, ui: &mut egui::Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>);
}
