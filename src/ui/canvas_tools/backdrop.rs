//! What becomes of the picture: what stands behind a cut-out, and the files it is written to.

use crate::{
    desk::{
        Desk,
        canvas::{Backdrop, Sheet},
    },
    engine::protocol::Role,
    session::Session,
    ui::{
        action::{Action, CanvasAction, LeafPart},
        parts,
    },
};
use egui::{Button, TextEdit, Ui};
use std::path::PathBuf;

/// The backdrop, and the exports.
pub fn ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let sheet = &desk.canvas.sheet;
    let Some(leaf) = &sheet.leaf else {
        open_ui(ui, ask);
        path_ui(ui, desk, ask);
        return;
    };
    let cut = leaf.alpha.is_some();
    if cut {
        backdrop_ui(ui, sheet, ask);
    }
    let busy = session.canvas.work.is_some();
    ui.add_enabled_ui(!busy, |ui| {
        ui.horizontal_wrapped(|ui| {
            open_ui(ui, ask);
            let name = if cut { "Export with alpha…" } else { "Export…" };
            let tip = "Writes the picture as a PNG that also says how it was made.";
            if ui.button(name).on_hover_text(tip).clicked() {
                ask.push(Action::Canvas(CanvasAction::Export(LeafPart::Picture)));
            }
            if cut && ui.button("Export alpha…").on_hover_text("Writes the opacity alone, as a grey PNG.").clicked() {
                ask.push(Action::Canvas(CanvasAction::Export(LeafPart::Alpha)));
            }
            if cut && sheet.backdrop != Backdrop::Nothing {
                if ui.button("Export composite…").on_hover_text("Writes it over its backdrop.").clicked() {
                    ask.push(Action::Canvas(CanvasAction::Export(LeafPart::Composite)));
                }
                let tip = "Lays it over its backdrop for good, to go on with the whole; Undo takes them apart again.";
                if ui.button("Flatten").on_hover_text(tip).clicked() {
                    ask.push(Action::Canvas(CanvasAction::Flatten));
                }
            }
        });
    });
    path_ui(ui, desk, ask);
}

fn open_ui(ui: &mut Ui, ask: &mut Vec<Action>) {
    if ui.button("Open…").on_hover_text("Opens a picture; what lies on the canvas goes to the shelf.").clicked() {
        ask.push(Action::Canvas(CanvasAction::Choose(Role::Picture)));
    }
}

/// A path to be typed, for those who have no dialog.
fn path_ui(ui: &mut Ui, desk: &Desk, ask: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        let mut path = desk.canvas.path.clone();
        let width = (ui.available_width() - 116.0).max(80.0);
        let field = TextEdit::singleline(&mut path).hint_text("or type a path").desired_width(width);
        let response = ui.add(field);
        if parts::described(ui, response, "Path of a picture").changed() {
            super::set(desk, ask, |canvas| canvas.path.clone_from(&path));
        }
        let to = PathBuf::from(path.trim());
        let canvas = &desk.canvas;
        ui.add_enabled_ui(!path.trim().is_empty(), |ui| {
            ui.menu_button("Open", |ui| {
                let mut open = |ui: &mut Ui, name: &str, role: Role| {
                    if ui.button(name).clicked() {
                        ask.push(Action::Canvas(CanvasAction::Open(to.clone(), role)));
                    }
                };
                open(ui, "Picture", Role::Picture);
                if let Some(layer) = canvas.layer().filter(|_| canvas.sheet.leaf.is_some()) {
                    open(ui, "Mask or trimap", Role::Layer(layer));
                }
                open(ui, "Backdrop", Role::Backdrop);
            });
            ui.menu_button("Save", |ui| {
                let leaf = canvas.sheet.leaf.as_ref();
                let cut = leaf.is_some_and(|leaf| leaf.alpha.is_some());
                let drawn = canvas.layer().is_some_and(|layer| canvas.sheet.drawn(layer).is_some());
                for (name, part, there) in [
                    ("Picture", LeafPart::Picture, leaf.is_some()),
                    ("Alpha", LeafPart::Alpha, cut),
                    ("Composite", LeafPart::Composite, cut && canvas.sheet.backdrop != Backdrop::Nothing),
                    ("What is drawn", LeafPart::Layer, drawn),
                ] {
                    if ui.add_enabled(there, Button::new(name)).clicked() {
                        ask.push(Action::Canvas(CanvasAction::ExportTo(part, to.clone())));
                    }
                }
            });
        });
    });
}

fn backdrop_ui(ui: &mut Ui, sheet: &Sheet, ask: &mut Vec<Action>) {
    let put = |backdrop: Backdrop| Action::Canvas(CanvasAction::Put(Box::new(Sheet { backdrop, ..sheet.clone() })));
    ui.horizontal_wrapped(|ui| {
        ui.label("Behind");
        if ui.selectable_label(sheet.backdrop == Backdrop::Nothing, "None").clicked() {
            ask.push(put(Backdrop::Nothing));
        }
        let colour = if let Backdrop::Colour(colour) = sheet.backdrop { Some(colour) } else { None };
        if ui.selectable_label(colour.is_some(), "Colour").clicked() && colour.is_none() {
            ask.push(put(Backdrop::Colour([255; 3])));
        }
        if let Some(mut colour) = colour
            && ui.color_edit_button_srgb(&mut colour).changed()
        {
            ask.push(put(Backdrop::Colour(colour)));
        }
        let picture = matches!(sheet.backdrop, Backdrop::Picture(_));
        let tip = "Opens a picture to stand behind. A click on one on the shelf offers that too.";
        if ui.selectable_label(picture, "Picture…").on_hover_text(tip).clicked() {
            ask.push(Action::Canvas(CanvasAction::Choose(Role::Backdrop)));
        }
    });
}
