//! The picture that is drawn from, for generators that take one in place of sliders.

use super::super::{action::Action, texture::PictureTexture, theme};
use crate::{desk::Desk, session::Session};
use egui::{Align, Layout, Ui, vec2};

/// Side of the input's picture in points.
const SIDE: f32 = 4.0 * theme::ROW;

/// Draws the row: the input, the fixed ones before and after it, and a way to open another.
pub fn ui(ui: &mut Ui, texture: &mut PictureTexture, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let (open_run, seed) = (&session.open_run, desk.latent.seed);
    let count = open_run.examples.as_ref().map_or(0, |e| e.inputs.len()) as u64;
    ui.horizontal(|ui| {
        match open_run.input(seed) {
            Some(input) => {
                texture.show(ui, input, vec2(SIDE, SIDE), "The input picture");
            }
            None => {
                ui.allocate_exact_size(vec2(SIDE, SIDE), egui::Sense::hover());
            }
        }
        ui.with_layout(Layout::top_down(Align::Min), |ui| {
            ui.label(theme::caption(ui, "Input"));
            ui.label(theme::figure(words(open_run.own_input.is_some(), seed, count)));
            ui.horizontal(|ui| {
                let own = open_run.own_input.is_some();
                let before = if seed == 0 { count.saturating_sub(1) } else { seed - 1 };
                for (arrow, to, tip) in
                    [("‹", before, "The input before this one."), ("›", seed.wrapping_add(1), "The next input.")]
                {
                    let button = ui.add_enabled(count > 0, egui::Button::new(arrow));
                    // From an opened picture back to where the fixed ones were left.
                    if button.on_hover_text(tip).clicked() {
                        ask.push(Action::LoadSeed(if own { seed } else { to }));
                    }
                }
                let tip = "Draws from a picture of your own: an input as the network was trained on, such as an outline. \
                           You can also drop a picture on the window.";
                if ui.button("Open picture…").on_hover_text(tip).clicked() {
                    ask.push(Action::ChooseInput);
                }
            });
        });
    });
}

/// `7 of 64`, or what stands there instead.
fn words(own: bool, seed: u64, count: u64) -> String {
    match (own, count) {
        (true, _) => "opened by you".into(),
        (false, 0) => "none yet".into(),
        (false, _) => format!("{} of {count}", seed % count + 1),
    }
}
