//! The line above the canvas, and what stands there while it is empty.

use super::view::ZOOMS;
use crate::{
    canvas::CanvasPicture,
    desk::Desk,
    engine::protocol::Role as For,
    session::Session,
    ui::{
        action::{Action, CanvasAction, Plain},
        change, parts, theme,
        widgets::{action_button, primary},
    },
};
use egui::{Align, Button, Label, Layout, TextEdit, Ui};
use std::path::PathBuf;

/// What is on the canvas, and how it is looked at.
pub fn ui(
    ui: &mut Ui,
    session: &Session,
    desk: &Desk,
    canvas_picture: &CanvasPicture,
    zoom: f32,
    ask: &mut Vec<Action>,
) {
    let canvas = &desk.canvas;
    ui.horizontal(|ui| {
        let [width, height] = canvas_picture.picture.size();
        let text = format!("{width}×{height}{}", if canvas_picture.alpha.is_some() { ", with alpha" } else { "" });
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
            zoom_ui(ui, desk, zoom, ask);
            let comparable =
                canvas.document.before.as_ref().is_some_and(|b| b.picture.size() == canvas_picture.picture.size());
            let wiping = canvas.wipe.is_some();
            let tip = "Shows what was there before the last tool, left of a line that can be dragged.";
            let button = Button::selectable(wiping && comparable, "Before/after");
            if ui
                .add_enabled(comparable, button)
                .on_hover_text(tip)
                .on_disabled_hover_text("No tool has run yet.")
                .clicked()
            {
                change::canvas(desk, ask, |canvas| canvas.wipe = if wiping { None } else { Some(0.5) });
            }
            let tip = "Shows what you drew over the picture.";
            if ui.selectable_label(canvas.layers, "Layers").on_hover_text(tip).clicked() {
                change::canvas(desk, ask, |canvas| canvas.layers = !canvas.layers);
            }
            action_button(ui, session, Plain::Redo, "Redo", false, ask);
            action_button(ui, session, Plain::Undo, "Undo", false, ask);
            ui.with_layout(Layout::left_to_right(Align::Center), |ui| {
                ui.add(Label::new(&canvas_picture.name).truncate());
                ui.add(Label::new(theme::caption(ui, &text)).truncate());
            });
        });
    });
    ui.add_space(theme::TIGHT);
}

fn zoom_ui(ui: &mut Ui, desk: &Desk, shown: f32, ask: &mut Vec<Action>) {
    if ui.selectable_label(desk.canvas.zoom.is_none(), "Fit").on_hover_text("As large as the room allows.").clicked() {
        change::canvas(desk, ask, |canvas| (canvas.zoom, canvas.centre) = (None, [0.5, 0.5]));
    }
    let mut percent = shown * 100.0;
    let range = ZOOMS.start() * 100.0..=ZOOMS.end() * 100.0;
    let number = egui::DragValue::new(&mut percent)
        .range(range)
        .suffix(" %")
        .fixed_decimals(0)
        .speed(2.0)
        .clamp_existing_to_range(false);
    let tip = "Zoom. The wheel zooms too; the middle or right button, or Space and a drag, moves the picture.";
    let response = ui.add(number).on_hover_text(tip);
    let response = parts::described(ui, response, "Zoom");
    if response.changed() {
        change::canvas(desk, ask, |canvas| canvas.zoom = Some(percent / 100.0));
    }
}

/// Draws the empty state: what a canvas is for, and how to begin.
pub fn empty_ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let sentences = [
        "Cut a picture out, repair its flaws, make a texture of it, or better its light.",
        "Open one, drop it here, paste it, or take the one that the sliders draw.",
    ];
    parts::notice(ui, "Nothing on the canvas yet".into(), &sentences, |ui| {
        parts::centred_row(ui, 320.0, |ui| {
            if ui.add(primary(ui, "Open picture…")).clicked() {
                ask.push(Action::Canvas(CanvasAction::Choose(For::Picture)));
            }
            action_button(ui, session, Plain::ToCanvas, "Take the sliders' picture", false, ask);
        });
        ui.add_space(theme::SPACE);
        parts::centred_row(ui, 420.0, |ui| path_ui(ui, desk, ask));
    });
}

/// A field for those who have no dialog.
fn path_ui(ui: &mut Ui, desk: &Desk, ask: &mut Vec<Action>) {
    let mut path = desk.canvas.path.clone();
    let field = TextEdit::singleline(&mut path).hint_text("or type the path of a picture").desired_width(340.0);
    let response = ui.add(field);
    let response = parts::described(ui, response, "Path of a picture to open");
    if response.changed() {
        change::canvas(desk, ask, |canvas| canvas.path.clone_from(&path));
    }
    let entered = response.lost_focus() && ui.input(|i| i.key_pressed(egui::Key::Enter));
    let there = !path.trim().is_empty();
    if (ui.add_enabled(there, Button::new("Open")).clicked() || entered) && there {
        ask.push(Action::Canvas(CanvasAction::Open(PathBuf::from(path.trim()), For::Picture)));
    }
}
