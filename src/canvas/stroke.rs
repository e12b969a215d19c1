//! Strokes: what a hand draws on a picture.

use serde::{Deserialize, Serialize};

/// A place on a picture in its pixels; the middle of the first pixel is (0.5, 0.5).
pub type Point = [f32; 2];

/// What a hand draws with.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Pen {
    /// A round tip along the path.
    #[default]
    Brush,
    /// The same, back to what was there before anything was drawn.
    Eraser,
    /// All pixels of one value that hang together with that under the point.
    Fill,
    /// A straight line from the first to the last point.
    Line,
    /// A filled rectangle between two corners.
    Rectangle,
    /// The inside of a polygon, where it winds an odd number of times.
    Polygon,
}

impl Pen {
    /// All, with a word for each.
    pub const ALL: [(Self, &'static str); 6] = [
        (Self::Brush, "Brush"),
        (Self::Eraser, "Eraser"),
        (Self::Fill, "Fill"),
        (Self::Line, "Line"),
        (Self::Rectangle, "Rectangle"),
        (Self::Polygon, "Polygon"),
    ];
}

/// One movement of the hand.
#[derive(Clone, Debug, PartialEq)]
pub struct Stroke {
    /// What with.
    pub pen: Pen,
    /// The value it leaves.
    pub value: u8,
    /// Half the width of a tip, in pixels.
    pub radius: f32,
    /// Where it went.
    pub points: Vec<Point>,
}
