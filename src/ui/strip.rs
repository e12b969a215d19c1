//! A few pictures before and after: as read, as prepared, and as a step of training sees them, one row under the other.

use super::{
    texture::{PictureTexture, snapped},
    theme,
    widgets::caption,
};
use crate::engine::protocol::Strip;
use egui::{Rect, Role, Sense, Ui, Vec2, WidgetInfo, vec2};

/// Points between two pictures.
const GAP: f32 = 3.0;

/// Paints strips; keeps their textures.
#[derive(Default)]
pub struct StripView {
    textures: Vec<PictureTexture>,
}

impl StripView {
    /// Paints the rows over the width there is, no picture larger than `most` points.
    pub fn show(&mut self, ui: &mut Ui, strip: &Strip, most: f32) {
        let rows = [
            ("As read", &strip.read),
            ("As prepared", &strip.prepared),
            ("As a step of training sees them", &strip.varied),
        ];
        let columns = strip.read.len().max(1) as f32;
        let side = ((ui.available_width() - GAP * (columns - 1.0)) / columns).min(most).floor().max(8.0);
        let mut textures = std::mem::take(&mut self.textures);
        textures.resize_with(rows.iter().map(|(_, row)| row.len()).sum(), PictureTexture::default);
        let mut next = textures.iter_mut();
        for (name, row) in rows.iter().filter(|(_, row)| !row.is_empty()) {
            caption(ui, name);
            let (rect, response) = ui.allocate_exact_size(vec2(columns * (side + GAP) - GAP, side), Sense::hover());
            for (i, (picture, texture)) in row.iter().zip(&mut next).enumerate() {
                let cell = Rect::from_min_size(rect.min + vec2(i as f32 * (side + GAP), 0.0), Vec2::splat(side));
                let pixels = vec2(picture.width.max(1) as f32, picture.height.max(1) as f32);
                let zoom = side / pixels.max_elem();
                let ratio = ui.pixels_per_point();
                texture.update_for(ui.ctx(), picture, zoom * ratio);
                texture.paint(ui, snapped(Rect::from_center_size(cell.center(), pixels * zoom), ratio), 1.0);
            }
            response.widget_info(|| WidgetInfo::labeled(Role::Image, true, format!("{name}: {} pictures", row.len())));
        }
        self.textures = textures;
        ui.add_space(theme::TIGHT);
    }
}
