//! Where a picture lies in its room: zoom, and what stands in the middle.

use egui::{Pos2, Rect, Vec2, pos2, vec2};

/// Zoom goes from a sixteenth to 64 pixels of the screen for one of the picture.
pub const ZOOMS: std::ops::RangeInclusive<f32> = 0.0625..=64.0;

/// Where a picture lies on the screen.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct View {
    /// The room it has.
    pub room: Rect,
    /// The picture's size in its own pixels.
    pub size: Vec2,
    /// Pixels of the screen for one of its own.
    pub zoom: f32,
    /// Points for one of its own pixels.
    scale: f32,
    /// The picture's upper left corner, in points of the screen.
    origin: Pos2,
}

impl View {
    /// A picture in a room, at this zoom or as large as fits, with this share of it in the middle.
    pub fn new(room: Rect, [width, height]: [usize; 2], zoom: Option<f32>, centre: [f32; 2], ratio: f32) -> Self {
        let size = vec2(width.max(1) as f32, height.max(1) as f32);
        let fit = (room.size() * ratio / size).min_elem().max(0.01);
        let fit = if fit >= 1.0 { fit.floor() } else { fit };
        let whole = zoom.is_none();
        let zoom = zoom.unwrap_or(fit).clamp(*ZOOMS.start(), *ZOOMS.end());
        let scale = zoom / ratio;
        let centre = if whole { vec2(0.5, 0.5) } else { vec2(centre[0], centre[1]) };
        let corner = room.center() - size * centre * scale;
        // Pixels of the picture begin where pixels of the screen begin.
        let origin = ((corner.to_vec2() * ratio).round() / ratio).to_pos2();
        Self { room, size, zoom, scale, origin }
    }

    /// The rectangle that it covers.
    pub fn rect(&self) -> Rect {
        Rect::from_min_size(self.origin, self.size * self.scale)
    }

    /// A place on the screen in its pixels.
    pub fn inside(&self, at: Pos2) -> [f32; 2] {
        let place = (at - self.origin) / self.scale;
        [place.x, place.y]
    }

    /// A place in its pixels on the screen.
    pub fn outside(&self, [x, y]: [f32; 2]) -> Pos2 {
        self.origin + vec2(x, y) * self.scale
    }

    /// A length in its pixels in points.
    pub fn length(&self, pixels: f32) -> f32 {
        pixels * self.scale
    }

    /// Zoom and middle after it grew `times` about a place on the screen that stays where it is.
    pub fn zoomed(&self, times: f32, about: Pos2) -> (f32, [f32; 2]) {
        let zoom = (self.zoom * times).clamp(*ZOOMS.start(), *ZOOMS.end());
        let scale = self.scale * zoom / self.zoom;
        let [x, y] = self.inside(about);
        let origin = about - vec2(x, y) * scale;
        (zoom, middle(self.room, origin, self.size * scale))
    }

    /// The middle after a move by this number of points of the screen.
    pub fn moved(&self, by: Vec2) -> [f32; 2] {
        middle(self.room, self.origin + by, self.size * self.scale)
    }
}

/// What share of a picture at `origin` stands in the middle of a room; some of it always stays in sight.
fn middle(room: Rect, origin: Pos2, size: Vec2) -> [f32; 2] {
    let share = (room.center() - origin) / size;
    let share = pos2(share.x, share.y).clamp(Pos2::ZERO, pos2(1.0, 1.0));
    [share.x, share.y]
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room() -> Rect {
        Rect::from_min_size(pos2(100.0, 50.0), vec2(400.0, 300.0))
    }

    #[test]
    fn it_fits_by_whole_numbers_and_stays_in_the_middle() {
        let view = View::new(room(), [64, 64], None, [0.0, 0.0], 1.0);
        assert!((view.zoom - 4.0).abs() < 1e-6);
        assert_eq!(view.rect().center(), room().center());
        let large = View::new(room(), [800, 300], None, [0.5, 0.5], 1.0);
        assert!((large.zoom - 0.5).abs() < 1e-6);
    }

    #[test]
    fn the_pixel_under_the_pointer_stays_there() {
        let view = View::new(room(), [64, 48], Some(5.0), [0.4, 0.6], 1.0);
        let at = pos2(250.0, 180.0);
        let was = view.inside(at);
        let (zoom, centre) = view.zoomed(1.6, at);
        let now = View::new(room(), [64, 48], Some(zoom), centre, 1.0).inside(at);
        assert!((was[0] - now[0]).abs() < 0.1 && (was[1] - now[1]).abs() < 0.1, "{was:?} {now:?}");
        let there = view.inside(view.outside([7.0, 9.0]));
        assert!((there[0] - 7.0).abs() < 1e-3 && (there[1] - 9.0).abs() < 1e-3, "{there:?}");
    }

    #[test]
    fn it_cannot_be_lost_from_sight() {
        let view = View::new(room(), [64, 48], Some(5.0), [0.5, 0.5], 1.0);
        let moved = view.moved(vec2(1e6, -1e6));
        assert!(moved[0].abs() < 1e-6 && (moved[1] - 1.0).abs() < 1e-6, "{moved:?}");
        assert!((view.zoomed(1e9, pos2(300.0, 200.0)).0 - 64.0).abs() < 1e-6);
    }
}
