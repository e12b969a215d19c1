//! Pictures on the screen: uploaded once, pixels kept crisp, named for those who cannot see them.

use crate::picture::{Layout, Picture};
use egui::{
    Color32, ColorImage, Mesh, Rect, Response, Role, Sense, Shape, TextureHandle, TextureOptions, Ui, Vec2, WidgetInfo,
    pos2, vec2,
};
use std::sync::Arc;

/// Pixels near are shown as squares; far away they are averaged. A picture that is to grow by less than two times is
/// uploaded at twice its size and shrunk on the screen, which keeps its squares even.
const CRISP: TextureOptions = TextureOptions { minification: egui::TextureFilter::Linear, ..TextureOptions::NEAREST };

/// One picture on the graphics card.
#[derive(Default)]
pub struct PictureTexture {
    held: Option<Held>,
}

struct Held {
    /// Kept so that its address names this picture and no other.
    rgb: Arc<[u8]>,
    size: Vec2,
    /// Pixels of the texture for one of the picture.
    times: usize,
    texture: TextureHandle,
}

impl PictureTexture {
    /// Uploads the picture unless it is the one that is held. True when it was uploaded. An empty picture is not shown.
    pub fn update(&mut self, ctx: &egui::Context, picture: &Picture) -> bool {
        self.update_for(ctx, picture, 1.0)
    }

    /// Like [`PictureTexture::update`], for a picture that will be shown at this zoom (pixels of the screen for one of its).
    pub fn update_for(&mut self, ctx: &egui::Context, picture: &Picture, zoom: f32) -> bool {
        let most = ctx.input(|i| i.max_texture_side);
        let fits = picture.width.max(picture.height) * 2 <= most;
        let times = if fits && zoom.fract() > 0.01 && zoom > 1.0 { 2 } else { 1 };
        if self.held.as_ref().is_some_and(|held| held.times == times && Arc::ptr_eq(&held.rgb, &picture.rgb)) {
            return false;
        }
        let area = picture.width * picture.height;
        if area == 0 || picture.rgb.len() != area * 3 {
            self.held = None;
            return false;
        }
        let image = if times == 2 { doubled(picture) } else { image_within(picture, most) };
        let size = vec2(picture.width as f32, picture.height as f32);
        let rgb = picture.rgb.clone();
        match &mut self.held {
            Some(held) => {
                held.texture.set(image, CRISP);
                (held.rgb, held.size, held.times) = (rgb, size, times);
            }
            None => self.held = Some(Held { rgb, size, times, texture: ctx.load_texture("picture", image, CRISP) }),
        }
        true
    }

    /// Shows a picture as large as `room` (in points) allows, at a whole-number zoom where it fits. `alt` says what it shows.
    pub fn show(&mut self, ui: &mut Ui, picture: &Picture, room: Vec2, alt: &str) -> Response {
        self.show_sensing(ui, picture, room, alt, Sense::hover())
    }

    /// Like [`PictureTexture::show`], and senses clicks or drags.
    pub fn show_sensing(&mut self, ui: &mut Ui, picture: &Picture, room: Vec2, alt: &str, sense: Sense) -> Response {
        let ratio = ui.pixels_per_point();
        let (rect, response) = ui.allocate_exact_size(fitted(picture, room, ratio), sense);
        self.update(ui.ctx(), picture);
        self.paint(ui, snapped(rect, ratio), 1.0);
        let kind = if sense.senses_click() { Role::Button } else { Role::Image };
        response.widget_info(|| WidgetInfo::labeled(kind, ui.is_enabled(), alt));
        response
    }

    /// Paints the held picture over a rectangle; `strength` 1 is as it is, 0 invisible.
    pub fn paint(&self, ui: &Ui, rect: Rect, strength: f32) {
        if let Some(held) = &self.held {
            self.paint_parts(ui, [(rect, Rect::from_min_size(egui::Pos2::ZERO, held.size))], strength);
        }
    }

    /// Paints parts of the held picture, each from a rectangle in its pixels to one on the screen, in one shape.
    pub fn paint_parts(&self, ui: &Ui, parts: impl IntoIterator<Item = (Rect, Rect)>, strength: f32) {
        let Some(held) = &self.held else { return };
        let mut mesh = Mesh::with_texture(held.texture.id());
        for (screen, part) in parts {
            let share = |p: egui::Pos2| (p.to_vec2() / held.size).to_pos2();
            let uv = Rect::from_min_max(share(part.min), share(part.max));
            mesh.add_rect_with_uv(screen, uv, Color32::WHITE.gamma_multiply(strength));
        }
        ui.painter().add(Shape::mesh(mesh));
    }
}

/// The picture as egui takes it, thinned to every n-th pixel where it is larger than a texture may be.
fn image_within(picture: &Picture, most: usize) -> ColorImage {
    let stride = picture.width.max(picture.height).div_ceil(most.max(1)).max(1);
    if stride == 1 {
        return ColorImage::from_rgb([picture.width, picture.height], &picture.rgb);
    }
    let size = [picture.width.div_ceil(stride), picture.height.div_ceil(stride)];
    let rows = (0..picture.height).step_by(stride);
    let rgb: Vec<u8> = rows
        .flat_map(|y| picture.row(y).chunks_exact(3).step_by(stride).flatten().copied().collect::<Vec<u8>>())
        .collect();
    ColorImage::from_rgb(size, &rgb)
}

/// The picture as egui takes it, each pixel four times.
fn doubled(picture: &Picture) -> ColorImage {
    let mut rgb = Vec::with_capacity(picture.rgb.len() * 4);
    for y in 0..picture.height {
        let row: Vec<u8> = picture.row(y).chunks_exact(3).flat_map(|pixel| pixel.repeat(2)).collect();
        rgb.extend_from_slice(&row);
        rgb.extend_from_slice(&row);
    }
    ColorImage::from_rgb([picture.width * 2, picture.height * 2], &rgb)
}

/// The size in points at which a picture fills `room`: pixels become whole squares of the screen where the picture fits.
pub fn fitted(picture: &Picture, room: Vec2, pixels_per_point: f32) -> Vec2 {
    let size = vec2(picture.width.max(1) as f32, picture.height.max(1) as f32);
    let zoom = (room * pixels_per_point / size).min_elem().max(0.01);
    size * (if zoom >= 1.0 { zoom.floor() } else { zoom }) / pixels_per_point
}

/// The rectangle moved so that its corner lies between two pixels of the screen.
pub fn snapped(rect: Rect, pixels_per_point: f32) -> Rect {
    let corner = (rect.min.to_vec2() * pixels_per_point).round() / pixels_per_point;
    Rect::from_min_size(corner.to_pos2(), rect.size())
}

/// Lays the tiles of a grid out again so that they fill the space they have.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Placing {
    /// The grid they come from.
    pub from: Layout,
    /// Tiles in a row.
    pub columns: usize,
    /// Tiles that are shown.
    pub count: usize,
    /// Side of a tile in points.
    pub side: f32,
    /// Points between tiles.
    pub gap: f32,
    /// Pixels of the screen for one pixel of a picture; whole unless below 2.
    pub zoom: f32,
}

impl Placing {
    /// The largest zoom at which all tiles fit in `room` (points), in the columns of the grid: a whole number from 2 on,
    /// any below, where whole numbers would waste up to half of the room.
    pub fn largest(from: Layout, room: Vec2, pixels_per_point: f32) -> Self {
        let zoom = Self::zoom_within(from, from.columns, from.count, room, pixels_per_point).max(0.05);
        Self::at(from, if zoom >= 2.0 { zoom.floor() } else { zoom }, from.columns.max(1), from.count, pixels_per_point)
    }

    /// All tiles at the largest whole-number zoom up to `most` at which they fit in `room` (points); where they don't even
    /// at 1, as many as fit. They stand in the columns of the grid, or in fewer where the room is narrow.
    pub fn beside(from: Layout, room: Vec2, most: f32, pixels_per_point: f32) -> Self {
        let most = most.floor().max(1.0);
        let zoom = Self::zoom_within(from, from.columns, from.count, room, pixels_per_point).floor();
        if zoom >= 1.0 {
            return Self::at(from, zoom.min(most), from.columns, from.count, pixels_per_point);
        }
        Self::filling(from, room, 1.0, pixels_per_point)
    }

    fn zoom_within(from: Layout, columns: usize, count: usize, room: Vec2, pixels_per_point: f32) -> f32 {
        let gap = (2.0 * pixels_per_point).round().max(1.0);
        let along = |length: f32, n: usize| {
            let n = n.max(1);
            (length * pixels_per_point - gap * (n - 1) as f32) / (n * from.tile.max(1)) as f32
        };
        along(room.x, columns).min(along(room.y, count.div_ceil(columns.max(1))))
    }

    /// The same at a whole-number zoom, unless it is smaller than 1:1.
    #[must_use]
    pub fn whole(self) -> Self {
        let zoom = if self.zoom >= 1.0 { self.zoom.floor() } else { self.zoom };
        Self { zoom, side: self.side * zoom / self.zoom, ..self }
    }

    /// Number of tiles that fit in `room` (points) at this zoom, at least one.
    pub fn filling(from: Layout, room: Vec2, zoom: f32, pixels_per_point: f32) -> Self {
        let one = Self::at(from, zoom, 1, 1, pixels_per_point);
        let along = |length: f32| (((length + one.gap) / (one.side + one.gap)).floor() as usize).max(1);
        let columns = along(room.x).min(from.count.max(1));
        Self { columns, count: from.count.min(columns * along(room.y)), ..one }
    }

    fn at(from: Layout, zoom: f32, columns: usize, count: usize, pixels_per_point: f32) -> Self {
        let gap = (2.0 * pixels_per_point).round().max(1.0) / pixels_per_point;
        Self { from, columns, count, side: from.tile as f32 * zoom / pixels_per_point, gap, zoom }
    }

    /// Width and height in points.
    pub fn size(self) -> Vec2 {
        let along = |n: usize| n as f32 * (self.side + self.gap) - self.gap;
        vec2(along(self.columns.min(self.count).max(1)), along(self.count.div_ceil(self.columns.max(1)).max(1)))
    }

    /// Where tile `index` goes when the upper left corner of all is at `corner`.
    pub fn rect(self, corner: egui::Pos2, index: usize) -> Rect {
        let place = vec2((index % self.columns) as f32, (index / self.columns) as f32);
        Rect::from_min_size(corner + place * (self.side + self.gap), Vec2::splat(self.side))
    }

    /// The tile at a point, when the upper left corner of all is at `corner`.
    pub fn at_point(self, corner: egui::Pos2, point: egui::Pos2) -> Option<usize> {
        let place = ((point - corner) / (self.side + self.gap)).floor();
        let (column, row) = (place.x.max(0.0) as usize, place.y.max(0.0) as usize);
        let index = row * self.columns + column;
        (column < self.columns && index < self.count && self.rect(corner, index).contains(point)).then_some(index)
    }

    /// The pixels of tile `index` in the grid they come from.
    pub fn part(self, index: usize) -> Option<Rect> {
        let [x, y] = self.from.origin(index)?;
        Some(Rect::from_min_size(pos2(x as f32, y as f32), Vec2::splat(self.from.tile as f32)))
    }

    /// Where every tile is in the texture and on the screen, for [`PictureTexture::paint_parts`].
    pub fn parts(self, corner: egui::Pos2) -> impl Iterator<Item = (Rect, Rect)> {
        (0..self.count).filter_map(move |i| Some((self.rect(corner, i), self.part(i)?)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_enlarged_by_whole_numbers_and_shrunk_by_any() {
        let picture = Picture::filled(28, 28, [9; 3]);
        assert_eq!(fitted(&picture, vec2(250.0, 300.0), 1.0), Vec2::splat(224.0));
        assert_eq!(fitted(&picture, vec2(250.0, 300.0), 1.5), Vec2::splat(28.0 * 13.0 / 1.5));
        assert_eq!(fitted(&picture, vec2(14.0, 300.0), 1.0), Vec2::splat(14.0));
    }

    #[test]
    fn tiles_grow_with_their_room_and_by_whole_numbers_from_two_on() {
        let grid = Layout::square(28, 64);
        let percent = |room: f32| (Placing::largest(grid, Vec2::splat(room), 1.0).zoom * 100.0).round() as u32;
        // 8 tiles at 2:1 with 7 gaps of 2 are 8·56 + 14 = 462 points; at 3:1 they are 686.
        assert_eq!([462.0, 685.0, 686.0].map(percent), [200, 200, 300]);
        let between = Placing::largest(grid, vec2(800.0, 350.0), 1.0);
        assert!((between.zoom - 1.5).abs() < 1e-6 && (between.size().y - 350.0).abs() < 1e-3, "{between:?}");
        assert!((between.whole().zoom - 1.0).abs() < 1e-6 && (between.whole().side - 28.0).abs() < 1e-4);
        let small = Placing::largest(grid, vec2(100.0, 100.0), 1.0);
        assert!(small.zoom < 1.0 && small.columns == 8 && small.size().max_elem() <= 100.01);
        assert_eq!(small.whole(), small);
        assert_eq!(between.part(9), Some(Rect::from_min_size(pos2(29.0, 29.0), Vec2::splat(28.0))));
    }

    #[test]
    fn a_grid_beside_another_stays_together_and_below_its_bound() {
        let grid = Layout::square(28, 64);
        let beside = |room: Vec2, most: f32| Placing::beside(grid, room, most, 1.0);
        let wide = beside(vec2(1_000.0, 500.0), 1.4);
        assert_eq!((wide.columns, wide.count, wide.zoom), (8, 64, 1.0));
        assert!((beside(vec2(1_000.0, 500.0), 2.5).zoom - 2.0).abs() < 1e-6);
        let narrow = beside(vec2(100.0, 200.0), 2.0);
        assert_eq!((narrow.columns, narrow.count, narrow.zoom), (3, 18, 1.0));
    }

    #[test]
    fn a_picture_between_two_sizes_is_uploaded_at_twice_its_own() {
        let picture = Picture { width: 2, height: 1, rgb: [1, 2, 3, 4, 5, 6].into() };
        let image = doubled(&picture);
        let pixels: Vec<_> = image.pixels.iter().map(|p| [p.r(), p.g(), p.b()]).collect();
        let (a, b) = ([1, 2, 3], [4, 5, 6]);
        assert_eq!((image.size, pixels), ([4, 2], vec![a, a, b, b, a, a, b, b]));
        let (ctx, mut texture) = (egui::Context::default(), PictureTexture::default());
        assert!(texture.update_for(&ctx, &picture, 1.5) && !texture.update_for(&ctx, &picture, 1.7));
        assert!(texture.update_for(&ctx, &picture, 2.0), "at a whole number it is uploaded as it is");
    }

    #[test]
    fn only_what_fits_is_shown_at_a_given_zoom() {
        let some = Placing::filling(Layout::square(10, 64), vec2(50.0, 30.0), 1.0, 1.0);
        // (50 + 2) / 12 = 4 columns, (30 + 2) / 12 = 2 rows.
        assert_eq!((some.columns, some.count), (4, 8));
        assert_eq!(Placing::filling(Layout::square(10, 3), vec2(50.0, 30.0), 1.0, 1.0).count, 3);
        let at = |x: f32, y: f32| some.at_point(pos2(100.0, 200.0), pos2(100.0 + x, 200.0 + y));
        assert_eq!([at(0.5, 0.5), at(45.0, 21.0), at(13.0, 5.0)], [Some(0), Some(7), Some(1)]);
        assert_eq!([at(11.0, 5.0), at(-3.0, 5.0), at(49.0, 5.0), at(5.0, 25.0)], [None; 4], "between and beside them");
    }

    #[test]
    fn a_picture_is_uploaded_once_and_never_larger_than_allowed() {
        let ctx = egui::Context::default();
        let (picture, mut texture) = (Picture::filled(8, 8, [1; 3]), PictureTexture::default());
        assert!(texture.update(&ctx, &picture) && !texture.update(&ctx, &picture.clone()));
        assert!(texture.update(&ctx, &Picture::filled(8, 8, [1; 3])), "another picture, though it looks the same");
        assert!(!texture.update(&ctx, &Picture::filled(0, 8, [1; 3])) && texture.held.is_none());
        let image = image_within(&Picture::filled(3_000, 100, [7; 3]), 1_024);
        assert_eq!(image.size, [1_000, 34]);
    }
}
