//! What becomes of the picture: what stands behind a cut-out, and the files it is written to.

use crate::{
    canvas::{Backdrop, CanvasDocument},
    desk::Desk,
    engine::protocol::Role,
    session::Session,
    ui::{
        action::{Action, CanvasAction, CanvasPart},
        change, parts,
    },
};
use egui::{Button, TextEdit, Ui};
use std::path::PathBuf;

/// The backdrop, and the exports.
pub fn ui(ui: &mut Ui, session: &Session, desk: &Desk, ask: &mut Vec<Action>) {
    let document = &desk.canvas.document;
    let Some(canvas_picture) = &document.canvas_picture else {
        open_ui(ui, ask);
        path_ui(ui, desk, ask);
        return;
    };
    let cut = canvas_picture.alpha.is_some();
    if cut {
        backdrop_ui(ui, document, ask);
    }
    let busy = session.canvas.work.is_some();
    ui.add_enabled_ui(!busy, |ui| {
        ui.horizontal_wrapped(|ui| {
            open_ui(ui, ask);
            let name = if cut { "Export with alpha…" } else { "Export…" };
            let tip = "Writes the picture as a PNG that also says how it was made.";
            if ui.button(name).on_hover_text(tip).clicked() {
                ask.push(Action::Canvas(CanvasAction::Export(CanvasPart::Picture)));
            }
            if cut && ui.button("Export alpha…").on_hover_text("Writes the opacity alone, as a grey PNG.").clicked() {
                ask.push(Action::Canvas(CanvasAction::Export(CanvasPart::Alpha)));
            }
            if cut && document.backdrop != Backdrop::Nothing {
                if ui.button("Export composite…").on_hover_text("Writes it over its backdrop.").clicked() {
                    ask.push(Action::Canvas(CanvasAction::Export(CanvasPart::Composite)));
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
            change::canvas(desk, ask, |canvas| canvas.path.clone_from(&path));
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
                if let Some(layer) = canvas.layer().filter(|_| canvas.document.canvas_picture.is_some()) {
                    open(ui, "Mask or trimap", Role::Layer(layer));
                }
                open(ui, "Backdrop", Role::Backdrop);
            });
            ui.menu_button("Save", |ui| {
                let canvas_picture = canvas.document.canvas_picture.as_ref();
                let cut = canvas_picture.is_some_and(|canvas_picture| canvas_picture.alpha.is_some());
                let drawn = canvas.layer().is_some_and(|layer| canvas.document.drawn(layer).is_some());
                for (name, part, there) in [
                    ("Picture", CanvasPart::Picture, canvas_picture.is_some()),
                    ("Alpha", CanvasPart::Alpha, cut),
                    ("Composite", CanvasPart::Composite, cut && canvas.document.backdrop != Backdrop::Nothing),
                    ("What is drawn", CanvasPart::Layer, drawn),
                ] {
                    if ui.add_enabled(there, Button::new(name)).clicked() {
                        ask.push(Action::Canvas(CanvasAction::ExportTo(part, to.clone())));
                    }
                }
            });
        });
    });
}

fn backdrop_ui(ui: &mut Ui, document: &CanvasDocument, ask: &mut Vec<Action>) {
    let put = |backdrop: Backdrop| {
        Action::Canvas(CanvasAction::Put(Box::new(CanvasDocument { backdrop, ..document.clone() })))
    };
    ui.horizontal_wrapped(|ui| {
        ui.label("Behind");
        if ui.selectable_label(document.backdrop == Backdrop::Nothing, "None").clicked() {
            ask.push(put(Backdrop::Nothing));
        }
        let colour = if let Backdrop::Colour(colour) = document.backdrop { Some(colour) } else { None };
        if ui.selectable_label(colour.is_some(), "Colour").clicked() && colour.is_none() {
            ask.push(put(Backdrop::Colour([255; 3])));
        }
        if let Some(mut colour) = colour
            && ui.color_edit_button_srgb(&mut colour).changed()
        {
            ask.push(put(Backdrop::Colour(colour)));
        }
        let picture = matches!(document.backdrop, Backdrop::Picture(_));
        let tip = "Opens a picture to stand behind. A click on one on the shelf offers that too.";
        if ui.selectable_label(picture, "Picture…").on_hover_text(tip).clicked() {
            ask.push(Action::Canvas(CanvasAction::Choose(Role::Backdrop)));
        }
    });
}
