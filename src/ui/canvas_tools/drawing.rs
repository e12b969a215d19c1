//! What is drawn with, and on which layer.

use crate::{
    canvas::{Layer, Pen},
    desk::{
        Desk,
        canvas::{Paint, TrimapFrom},
    },
    engine::protocol::Role,
    spec::Task,
    ui::{
        action::{Action, CanvasAction, CanvasPart},
        change, theme,
    },
};
use egui::{Sense, Slider, Ui, vec2};

/// Pens, paints, the tip, and what can be done with the layer as a whole.
pub fn ui(ui: &mut Ui, desk: &Desk, ask: &mut Vec<Action>) {
    let canvas = &desk.canvas;
    let Some(layer) = canvas.layer() else { return };
    if canvas.task == Task::Matting {
        trimap_ui(ui, desk, ask);
    }
    ui.horizontal_wrapped(|ui| {
        for (pen, name) in Pen::ALL {
            if ui.selectable_label(canvas.pen == pen, name).on_hover_text(pen_words(pen)).clicked() {
                change::canvas(desk, ask, |canvas| canvas.pen = pen);
            }
        }
    });
    match layer {
        Layer::Scribbles => paints_ui(ui, desk, ask),
        Layer::Mask => {
            ui.horizontal(|ui| swatch(ui, layer, 255, mask_words(canvas.task)));
        }
    }
    if matches!(canvas.pen, Pen::Brush | Pen::Eraser | Pen::Line) {
        slider(
            ui,
            "Tip",
            canvas.radius,
            0.5..=128.0,
            "Half its width, in pixels of the picture. [ and ] change it too.",
            |v| {
                change::canvas(desk, ask, |canvas| canvas.radius = v);
            },
        );
    }
    if layer == Layer::Mask && canvas.task == Task::Matting {
        for (name, tip, erode) in [
            ("Inside band", "So many pixels of the mask along its edge become unknown.", true),
            ("Outside band", "So many pixels beyond its edge become unknown.", false),
        ] {
            let now = if erode { canvas.erode } else { canvas.dilate };
            slider(ui, name, now as f32, 0.0..=64.0, tip, |v| {
                change::canvas(desk, ask, |canvas| {
                    *(if erode { &mut canvas.erode } else { &mut canvas.dilate }) = v as usize;
                });
            });
        }
    }
    layer_ui(ui, desk, layer, ask);
}

fn pen_words(pen: Pen) -> &'static str {
    match pen {
        Pen::Brush => "Draws where you drag.",
        Pen::Eraser => "Takes away what you drew.",
        Pen::Fill => "Fills what hangs together under a click: draw an outline first.",
        Pen::Line => "A straight line from press to release.",
        Pen::Rectangle => "A filled rectangle from corner to corner.",
        Pen::Polygon => "A corner a click; a double click or Enter closes it, Escape gives it up.",
    }
}

fn mask_words(task: Task) -> &'static str {
    match task {
        Task::Matting => "rough foreground",
        Task::Texture => "to be filled; draw nothing for a new texture",
        _ => "to be filled",
    }
}

fn trimap_ui(ui: &mut Ui, desk: &Desk, ask: &mut Vec<Action>) {
    ui.horizontal(|ui| {
        for (from, name, tip) in [
            (
                TrimapFrom::Scribbles,
                "Scribbles",
                "Draw a few strokes of foreground and of background, or open a whole trimap; the rest is found.",
            ),
            (
                TrimapFrom::RoughMask,
                "Rough mask",
                "Draw over the foreground roughly; a band along the edge of what you drew is found.",
            ),
        ] {
            if ui.selectable_label(desk.canvas.trimap == from, name).on_hover_text(tip).clicked() {
                change::canvas(desk, ask, |canvas| canvas.trimap = from);
            }
        }
    });
}

fn paints_ui(ui: &mut Ui, desk: &Desk, ask: &mut Vec<Action>) {
    ui.horizontal_wrapped(|ui| {
        for (paint, name) in Paint::ALL {
            let able = desk.canvas.pen != Pen::Eraser;
            ui.add_enabled_ui(able, |ui| {
                swatch(ui, Layer::Scribbles, paint.value(), "");
                if ui.selectable_label(able && desk.canvas.paint == paint, name).clicked() {
                    change::canvas(desk, ask, |canvas| canvas.paint = paint);
                }
            });
        }
    });
}

/// The colour of a value over the picture, and what it means.
fn swatch(ui: &mut Ui, layer: Layer, value: u8, words: &str) {
    let (rect, _) = ui.allocate_exact_size(vec2(12.0, 12.0), Sense::hover());
    ui.painter().rect_filled(rect, 2.0, theme::of(ui).control);
    ui.painter().rect_filled(rect, 2.0, theme::layer_colour(layer, value));
    if !words.is_empty() {
        ui.label(theme::caption(ui, words));
    }
}

fn slider(
    ui: &mut Ui,
    name: &str,
    now: f32,
    range: std::ops::RangeInclusive<f32>,
    tip: &str,
    changed: impl FnOnce(f32),
) {
    ui.horizontal(|ui| {
        let label = ui.label(name);
        ui.spacing_mut().interact_size.y = theme::HANDLE;
        ui.spacing_mut().slider_width = (ui.available_width() - theme::NUMBER - theme::SPACE).max(48.0);
        let mut value = now;
        let slider = Slider::new(&mut value, range).logarithmic(name == "Tip").fixed_decimals(0).suffix(" px");
        if ui.add(slider).labelled_by(label.id).on_hover_text(tip).changed() {
            changed(value);
        }
    });
}

/// What is done with a layer as a whole.
fn layer_ui(ui: &mut Ui, desk: &Desk, layer: Layer, ask: &mut Vec<Action>) {
    let document = &desk.canvas.document;
    let (drawn, picture) = (document.drawn(layer).is_some(), document.canvas_picture.is_some());
    ui.horizontal_wrapped(|ui| {
        let put = |change: &dyn Fn(&mut crate::canvas::CanvasDocument)| {
            let mut document = document.clone();
            change(&mut document);
            Action::Canvas(CanvasAction::Put(Box::new(document)))
        };
        ui.add_enabled_ui(drawn, |ui| {
            if ui.button("Clear").on_hover_text("Takes away all that you drew; Undo brings it back.").clicked() {
                ask.push(put(&|document| document.put_layer(layer, None)));
            }
        });
        ui.add_enabled_ui(picture, |ui| {
            if ui.button("Invert").on_hover_text("What is drawn becomes blank, and the rest is drawn.").clicked() {
                ask.push(put(&|document| {
                    let inverted = document.layer(layer).map(|mask| crate::picture::Mask {
                        grey: mask.grey.iter().map(|&v| if v == 128 { v } else { 255 - v }).collect(),
                        ..mask
                    });
                    document.put_layer(layer, inverted);
                }));
            }
            if ui.button("Open…").on_hover_text("Reads a mask or a trimap of the picture's size.").clicked() {
                ask.push(Action::Canvas(CanvasAction::Choose(Role::Layer(layer))));
            }
        });
        ui.add_enabled_ui(drawn, |ui| {
            if ui.button("Save…").on_hover_text("Writes what you drew as a grey PNG.").clicked() {
                ask.push(Action::Canvas(CanvasAction::Export(CanvasPart::Layer)));
            }
        });
    });
}
