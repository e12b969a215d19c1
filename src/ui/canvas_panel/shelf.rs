//! Pictures at hand below the canvas.

use super::textures::{Chequers, LeafTexture};
use crate::{
    desk::{
        Desk,
        canvas::{Backdrop, Leaf, Sheet},
    },
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
        let sheet = &desk.canvas.sheet;
        if sheet.shelf.is_empty() {
            return;
        }
        self.textures.resize_with(sheet.shelf.len(), LeafTexture::default);
        ui.add_space(theme::SPACE);
        ScrollArea::horizontal().id_salt("shelf").max_height(HEIGHT).show(ui, |ui| {
            ui.horizontal(|ui| {
                for (at, leaf) in sheet.shelf.iter().enumerate().rev() {
                    self.leaf_ui(ui, at, leaf, sheet, ask);
                }
            });
        });
    }

    fn leaf_ui(&mut self, ui: &mut Ui, at: usize, leaf: &Leaf, sheet: &Sheet, ask: &mut Vec<Action>) {
        let side = HEIGHT - 2.0 * theme::TIGHT;
        let (rect, response) = ui.allocate_exact_size(Vec2::splat(side), Sense::click());
        let [w, h] = leaf.picture.size().map(|n| n.max(1) as f32);
        let shown = vec2(w, h) * (side / w.max(h));
        let inner = Rect::from_center_size(rect.center(), shown);
        ui.painter().rect_filled(rect, 4.0, theme::of(ui).backdrop);
        if leaf.alpha.is_some() {
            self.chequers.paint(ui.painter(), inner);
        }
        if let Some(texture) = self.textures.get_mut(at) {
            texture.update(ui.ctx(), leaf);
            texture.paint(ui.painter(), inner, 1.0);
        }
        let source = sheet.sources.contains(&at);
        if source {
            // A bar under it: texture is taken from it.
            let bar = Rect::from_min_max(rect.left_bottom() - vec2(0.0, theme::TIGHT), rect.right_bottom());
            ui.painter().rect_filled(bar, 2.0, theme::of(ui).accent);
        }
        let what = if source { ", texture is taken from it" } else { ": at hand" };
        let words = format!("{}, {}×{}{what}", leaf.name, leaf.picture.width, leaf.picture.height);
        response.widget_info(|| WidgetInfo::labeled(Role::Button, ui.is_enabled(), &words));
        if response.hovered() || response.has_focus() {
            ui.painter().rect_stroke(rect, 4.0, Stroke::new(2.0, theme::of(ui).accent), StrokeKind::Inside);
        }
        let put = |sheet: Sheet| Action::Canvas(CanvasAction::Put(Box::new(sheet)));
        Popup::menu(&response).show(|ui| {
            ui.set_min_width(180.0);
            if ui.button("Put on the canvas").clicked() {
                let mut sheet = sheet.clone();
                if let Some(leaf) = sheet.put_away(at) {
                    sheet.lay(leaf);
                }
                ask.push(put(sheet));
            }
            let behind = Backdrop::Picture(leaf.picture.clone());
            if ui.button("Use as backdrop").on_hover_text("Stands behind what is cut out.").clicked() {
                ask.push(put(Sheet { backdrop: behind, ..sheet.clone() }));
            }
            let tip = "A new texture is made of this picture too, beside the one on the canvas.";
            if ui.selectable_label(source, "Take texture from it too").on_hover_text(tip).clicked() {
                let mut sheet = sheet.clone();
                sheet.toggle_source(at);
                ask.push(put(sheet));
            }
            if ui.button("Put away").on_hover_text("Takes it from the shelf; Undo brings it back.").clicked() {
                let mut sheet = sheet.clone();
                sheet.put_away(at);
                ask.push(put(sheet));
            }
        });
        response.on_hover_text(format!("{words}. Click for what can be done with it."));
    }
}
