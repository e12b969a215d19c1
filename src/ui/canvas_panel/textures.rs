//! What lies on the canvas as textures, made once and again when it changes.

use crate::{
    canvas::{CanvasPicture, Layer},
    picture::{Mask, Picture},
    ui::theme,
};
use egui::{Color32, ColorImage, Context, Painter, Rect, TextureHandle, TextureOptions, pos2};
use std::sync::Arc;

/// Pixels near are squares, far away they are averaged.
const CRISP: TextureOptions = TextureOptions { minification: egui::TextureFilter::Linear, ..TextureOptions::NEAREST };
/// A layer over a larger picture is thinned, so that drawing stays quick.
const MOST_LAYER: usize = 1_536;

/// A picture with its opacity on the graphics card.
#[derive(Default)]
pub struct LeafTexture {
    held: Option<Held>,
}

/// What is uploaded; the bytes are kept so that their address names this picture and no other.
struct Held {
    rgb: Arc<[u8]>,
    alpha: Option<Arc<[u8]>>,
    texture: TextureHandle,
}

impl LeafTexture {
    /// Uploads a picture with its opacity, unless it is the one that is held.
    pub fn update(&mut self, ctx: &Context, canvas_picture: &CanvasPicture) {
        self.update_parts(ctx, &canvas_picture.picture, canvas_picture.alpha.as_ref());
    }

    /// Paints parts of the texture.
    pub fn update_parts(&mut self, ctx: &Context, picture: &Picture, alpha: Option<&Mask>) {
        let opacity = alpha.map(|alpha| &alpha.grey);
        let same = |a: &Option<Arc<[u8]>>| match (a, opacity) {
            (None, None) => true,
            (Some(a), Some(b)) => Arc::ptr_eq(a, b),
            _ => false,
        };
        if self.held.as_ref().is_some_and(|held| Arc::ptr_eq(&held.rgb, &picture.rgb) && same(&held.alpha)) {
            return;
        }
        let most = ctx.input(|i| i.max_texture_side).max(1);
        let image = thinned(picture.size(), most, |at| {
            let [r, g, b] = [0, 1, 2].map(|c| picture.rgb[at * 3 + c]);
            theme::pixel([r, g, b, opacity.map_or(255, |alpha| alpha[at])])
        });
        let (rgb, alpha) = (picture.rgb.clone(), opacity.cloned());
        match &mut self.held {
            Some(held) => {
                held.texture.set(image, CRISP);
                (held.rgb, held.alpha) = (rgb, alpha);
            }
            None => self.held = Some(Held { rgb, alpha, texture: ctx.load_texture("canvas", image, CRISP) }),
        }
    }

    /// Paints it over a rectangle; `strength` 1 is as it is.
    pub fn paint(&self, painter: &Painter, rect: Rect, strength: f32) {
        self.paint_part(painter, rect, Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)), strength);
    }

    /// Paints a part of it, in shares of its sides.
    pub fn paint_part(&self, painter: &Painter, rect: Rect, part: Rect, strength: f32) {
        if let Some(held) = &self.held {
            painter.image(held.texture.id(), rect, part, Color32::WHITE.gamma_multiply(strength));
        }
    }
}

/// A layer in its colours on the graphics card.
#[derive(Default)]
pub struct LayerTexture {
    shown: Option<(Arc<[u8]>, Layer)>,
    texture: Option<TextureHandle>,
}

impl LayerTexture {
    /// Uploads a layer unless it is the one that is held.
    pub fn update(&mut self, ctx: &Context, mask: &Mask, layer: Layer) {
        if self.shown.as_ref().is_some_and(|(grey, kind)| Arc::ptr_eq(grey, &mask.grey) && *kind == layer) {
            return;
        }
        self.shown = Some((mask.grey.clone(), layer));
        self.upload(ctx, mask.size(), &mask.grey, layer);
    }

    /// Uploads a layer that is being drawn on.
    pub fn update_wet(&mut self, ctx: &Context, size: [usize; 2], grey: &[u8], layer: Layer) {
        self.shown = None;
        self.upload(ctx, size, grey, layer);
    }

    fn upload(&mut self, ctx: &Context, size: [usize; 2], grey: &[u8], layer: Layer) {
        let most = ctx.input(|i| i.max_texture_side).clamp(1, MOST_LAYER);
        let image = thinned(size, most, |at| theme::layer_colour(layer, grey[at]));
        match &mut self.texture {
            Some(texture) => texture.set(image, CRISP),
            None => self.texture = Some(ctx.load_texture("layer", image, CRISP)),
        }
    }

    /// Paints it over a rectangle.
    pub fn paint(&self, painter: &Painter, rect: Rect) {
        if let Some(texture) = &self.texture {
            painter.image(texture.id(), rect, Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0)), Color32::WHITE);
        }
    }
}

/// A layer of which every n-th pixel is taken where it is larger than it is shown.
pub fn thin(mask: &Mask) -> Mask {
    let [width, height] = mask.size();
    let stride = width.max(height).div_ceil(MOST_LAYER).max(1);
    if stride == 1 {
        return mask.clone();
    }
    let rows = (0..height).step_by(stride);
    let grey = rows.flat_map(|y| (0..width).step_by(stride).map(move |x| mask.grey[y * width + x])).collect();
    Mask { width: width.div_ceil(stride), height: height.div_ceil(stride), grey }
}

/// An image of which every n-th pixel is taken where it is larger than `most`.
fn thinned([width, height]: [usize; 2], most: usize, colour: impl Fn(usize) -> Color32) -> ColorImage {
    let stride = width.max(height).div_ceil(most).max(1);
    let size = [width.div_ceil(stride), height.div_ceil(stride)];
    let places = (0..height).step_by(stride).flat_map(|y| (0..width).step_by(stride).map(move |x| y * width + x));
    ColorImage::new(size, places.map(colour).collect())
}

/// Light and dark squares, which say that there is nothing.
#[derive(Default)]
pub struct Chequers {
    texture: Option<TextureHandle>,
}

impl Chequers {
    /// Side of a square in points.
    const SIDE: f32 = 8.0;

    /// Paints them over a rectangle.
    pub fn paint(&mut self, painter: &Painter, rect: Rect) {
        let texture = self.texture.get_or_insert_with(|| {
            let [dark, light] = theme::CHEQUERS;
            let image = ColorImage::new([2, 2], vec![light, dark, dark, light]);
            painter.ctx().load_texture("chequers", image, TextureOptions::NEAREST_REPEAT)
        });
        // Only what is seen: a share of a huge rectangle would lose its precision.
        let seen = rect.intersect(painter.clip_rect());
        let share = |at: egui::Pos2| ((at - rect.min) / (2.0 * Self::SIDE)).to_pos2();
        painter.image(texture.id(), seen, Rect::from_min_max(share(seen.min), share(seen.max)), Color32::WHITE);
    }
}
