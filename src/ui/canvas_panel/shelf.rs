//! Pictures at hand below the canvas.

use super::textures::{Chequers, LeafTexture};
use crate::{
    canvas::{Backdrop, CanvasDocument, CanvasPicture},
    desk::Desk,
    ui::{
        action::{Action, CanvasAction},
        theme,
    },
};
use egui::{Popup, Rect, Role, ScrollArea, Sense, Stroke, StrokeKind, Ui, Vec2, WidgetInfo, vec2};

/// Height of the shelf in points.
pub const HEIGHT: f32 = 56.0;

/// Thumbnails of what lies on the shelf.
#[derive(Default)]
pub struct Shelf {
    textures: Vec<LeafTexture>,
    chequers: Chequers,
}

impl Shelf {
    /// Shows the shelf, when something lies there.
    pub fn ui(&mut self, ui: &mut Ui, desk: &Desk, ask: &mut Vec<Action>) {
        let document = &desk.canvas.document;
        if document.shelf.is_empty() {
            return;
        }
        self.textures.resize_with(document.shelf.len(), LeafTexture::default);
        ui.add_space(theme::SPACE);
        ScrollArea::horizontal().id_salt("shelf").max_height(HEIGHT).show(ui, |ui| {
            ui.horizontal(|ui| {
                for (at, canvas_picture) in document.shelf.iter().enumerate().rev() {
                    self.leaf_ui(ui, at, canvas_picture, document, ask);
                }
            });
        });
    }

    fn leaf_ui(
        &mut self,
        ui: &mut Ui,
        at: usize,
        canvas_picture: &CanvasPicture,
        document: &CanvasDocument,
        ask: &mut Vec<Action>,
    ) {
        let side = HEIGHT - 2.0 * theme::TIGHT;
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::click());
        let [w, h] = canvas_picture.picture.size().map(|n| n.max(1) as f32);
        let shown = vec2(w, h) * (side / w.max(h));
        let inner = Rect::from_center_size(rect.center(), shown);
        ui.painter().rect_filled(rect, 4.0, theme::of(ui).backdrop);
        if canvas_picture.alpha.is_some() {
            self.chequers.paint(ui.painter(), inner);
        }
        if let Some(texture) = self.textures.get_mut(at) {
            texture.update(ui.ctx(), canvas_picture);
            texture.paint(ui.painter(), inner, 1.0);
        }
        let source = document.sources.contains(&at);
        if source {
            // A bar under it: texture is taken from it.
            let bar = Rect::from_min_max(rect.left_bottom() - vec2(0.0, theme::TIGHT), rect.right_bottom());
            ui.painter().rect_filled(bar, 2.0, theme::of(ui).accent);
        }
        let what = if source { ", texture is taken from it" } else { ": at hand" };
        let words = format!(
            "{}, {}×{}{what}",
            canvas_picture.name, canvas_picture.picture.width, canvas_picture.picture.height
        );
        response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &words));
        if response.hovered() || response.has_focus() {
            ui.painter().rect_stroke(rect, 4.0, Stroke::new(2.0, theme::of(ui).accent), StrokeKind::Inside);
        }
        let put = |document: CanvasDocument| Action::Canvas(CanvasAction::Put(Box::new(document)));
        Popup::menu(&response).show(|ui| {
            ui.set_min_width(180.0);
            if ui.button("Put on the canvas").clicked() {
                let mut document = document.clone();
                if let Some(canvas_picture) = document.put_away(at) {
                    document.lay(canvas_picture);
                }
                ask.push(put(document));
            }
            let behind = Backdrop::Picture(canvas_picture.picture.clone());
            if ui.button("Use as backdrop").on_hover_text("Stands behind what is cut out.").clicked() {
                ask.push(put(CanvasDocument { backdrop: behind, ..document.clone() }));
            }
            let tip = "A new texture is made of this picture too, beside the one on the canvas.";
            if ui.selectable_label(source, "Take texture from it too").on_hover_text(tip).clicked() {
                let mut document = document.clone();
                document.toggle_source(at);
                ask.push(put(document));
            }
            if ui.button("Put away").on_hover_text("Takes it from the shelf; Undo brings it back.").clicked() {
                let mut document = document.clone();
                document.put_away(at);
                ask.push(put(document));
            }
        });
        response.on_hover_text(format!("{words}. Click for what can be done with it."));
    }
}
