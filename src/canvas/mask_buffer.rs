//! A mask while it is being drawn on.

use super::{fill, stroke::Point};
use crate::picture::Mask;

/// Bytes that can still change.
#[derive(Clone, Debug, PartialEq)]
pub struct MaskBuffer {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// `width * height` bytes.
    pub grey: Vec<u8>,
}

impl MaskBuffer {
    /// A copy of a mask to draw on.
    pub fn new(mask: &Mask) -> Self {
        Self { width: mask.width, height: mask.height, grey: mask.grey.to_vec() }
    }

    /// The mask with all strokes so far.
    pub fn into_mask(self) -> Mask {
        Mask { width: self.width, height: self.height, grey: self.grey.into() }
    }

    /// A round tip along a path: every pixel whose middle is at most `radius` away from it.
    pub fn path(&mut self, points: &[Point], radius: f32, value: u8) {
        match points {
            [] => {}
            [only] => self.segment(*only, *only, radius, value),
            _ => points.windows(2).for_each(|pair| self.segment(pair[0], pair[1], radius, value)),
        }
    }

    /// One straight piece of such a path.
    pub fn segment(&mut self, a: Point, b: Point, radius: f32, value: u8) {
        if ![a[0], a[1], b[0], b[1], radius].iter().all(|v| v.is_finite()) {
            return;
        }
        // The pixel under the very tip is drawn on however fine the tip is.
        let radius = radius.max(0.71);
        let along = [b[0] - a[0], b[1] - a[1]];
        let length = along[0] * along[0] + along[1] * along[1];
        for y in span(a[1].min(b[1]) - radius, a[1].max(b[1]) + radius, self.height) {
            for x in span(a[0].min(b[0]) - radius, a[0].max(b[0]) + radius, self.width) {
                let from = [x as f32 + 0.5 - a[0], y as f32 + 0.5 - a[1]];
                let share = if length > 0.0 {
                    ((from[0] * along[0] + from[1] * along[1]) / length).clamp(0.0, 1.0)
                } else {
                    0.0
                };
                let off = [from[0] - share * along[0], from[1] - share * along[1]];
                if off[0] * off[0] + off[1] * off[1] <= radius * radius {
                    self.grey[y * self.width + x] = value;
                }
            }
        }
    }

    /// All pixels whose middle lies between two corners.
    pub fn rectangle(&mut self, a: Point, b: Point, value: u8) {
        if ![a[0], a[1], b[0], b[1]].iter().all(|v| v.is_finite()) {
            return;
        }
        for y in middles(a[1].min(b[1]), a[1].max(b[1]), self.height) {
            for x in middles(a[0].min(b[0]), a[0].max(b[0]), self.width) {
                self.grey[y * self.width + x] = value;
            }
        }
    }

    /// All pixels whose middle lies inside a polygon, by the even-odd rule.
    pub fn polygon(&mut self, points: &[Point], value: u8) {
        if !points.iter().flatten().all(|v| v.is_finite()) {
            return;
        }
        let edges = || points.iter().zip(points.iter().cycle().skip(1));
        for y in 0..self.height {
            let level = y as f32 + 0.5;
            let mut crossings: Vec<f32> = edges()
                .filter(|(a, b)| (a[1] <= level) != (b[1] <= level))
                .map(|(a, b)| a[0] + (level - a[1]) / (b[1] - a[1]) * (b[0] - a[0]))
                .collect();
            crossings.sort_by(f32::total_cmp);
            for pair in crossings.chunks_exact(2) {
                for x in middles(pair[0], pair[1], self.width) {
                    self.grey[y * self.width + x] = value;
                }
            }
        }
    }

    /// Everything of one value that hangs together with the pixel at a point.
    pub fn fill(&mut self, at: Point, value: u8) {
        let inside = |v: f32, n: usize| v.is_finite() && v >= 0.0 && v < n as f32;
        if inside(at[0], self.width) && inside(at[1], self.height) {
            fill::fill(&mut self.grey, self.width, [at[0] as usize, at[1] as usize], value);
        }
    }
}

/// Pixels that touch the stretch from `low` to `high`.
fn span(low: f32, high: f32, n: usize) -> std::ops::Range<usize> {
    let end = (high.floor() + 1.0).clamp(0.0, n as f32) as usize;
    (low.floor().clamp(0.0, n as f32) as usize).min(end)..end
}

/// Pixels whose middle lies in [`low`, `high`).
fn middles(low: f32, high: f32, n: usize) -> std::ops::Range<usize> {
    let first = |edge: f32| (edge - 0.5).ceil().clamp(0.0, n as f32) as usize;
    first(low)..first(high)
}
