//! What stands beside the samples: real pictures, or real pictures with their reconstructions.

use super::super::{
    action::Action,
    texture::{PictureTexture, Placing},
};
use super::shown::sheet_layout;
use crate::{
    desk::Desk,
    picture::{Layout, Picture},
    session::{DataState, Session},
};
use egui::{Rect, Role, Sense, Ui, WidgetInfo};

/// A sheet of pictures.
pub struct Beside<'a> {
    /// The pictures.
    pub sheet: &'a Picture,
    /// Where they are in it.
    pub layout: Layout,
    /// Every other picture is the reconstruction of the one before it.
    pub pairs: bool,
    /// What stands above it.
    pub words: &'static str,
    /// A click finds the code of a picture.
    clickable: bool,
}

/// What the desk wants there, if it is there; nothing in a room this narrow.
pub fn wanted<'a>(session: &'a Session, desk: &Desk, width: f32) -> Option<Beside<'a>> {
    if width <= 420.0 {
        return None;
    }
    let clickable = session.open_run.playable && session.card().is_some_and(|card| card.can.encoder);
    if let Some(shown) = session.open_run.reconstructions.as_ref().filter(|_| desk.mirrored) {
        let layout = Layout::square(shown.tile, 2 * shown.pairs);
        let words = if shown.held_out { "held out | reconstructed" } else { "original | reconstructed" };
        return Some(Beside { sheet: &shown.grid, layout, pairs: true, words, clickable });
    }
    let DataState::Ready(facts) = &session.data else { return None };
    let layout = sheet_layout(&facts.sheet, facts.tile);
    let spec = session.open_run.spec.as_ref();
    // A picture of another size has no code here.
    let clickable = clickable && spec.is_some_and(|spec| spec.data.size == facts.tile);
    // What is chosen for the next run need not be what this one learned from.
    let own = spec.is_some_and(|spec| spec.fingerprint == facts.fingerprint);
    Some(Beside {
        sheet: &facts.sheet,
        layout,
        pairs: false,
        words: if own { "real" } else { "chosen data" },
        clickable,
    })
}

impl Beside<'_> {
    /// Paints it; with an encoder, a click sends the code of a picture to the sliders.
    pub fn show(&self, ui: &Ui, texture: &mut PictureTexture, at: Rect, placing: Placing, ask: &mut Vec<Action>) {
        texture.update_for(ui.ctx(), self.sheet, placing.zoom);
        // Dimmer than the generated ones, unless it shows generated ones too.
        texture.paint_parts(ui, placing.parts(at.min), if self.pairs { 1.0 } else { 0.6 });
        let sense = if self.clickable { Sense::click() } else { Sense::hover() };
        let response = ui.interact(at, ui.scope_id().with("real"), sense);
        let what = if self.pairs { "pictures beside their reconstructions" } else { "real pictures" };
        let count = if self.pairs { placing.count / 2 } else { placing.count };
        response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{count} {what}")));
        if !self.clickable {
            return;
        }
        if response.clicked()
            && let Some(index) = response.interact_pointer_pos().and_then(|point| placing.at_point(at.min, point))
        {
            let original = if self.pairs { index - index % 2 } else { index };
            ask.extend(self.sheet.tile(original, self.layout).map(Action::FindCode));
        }
        response.on_hover_text("A click finds the code of a picture and sends it to the sliders.");
    }
}
