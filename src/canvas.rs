//! The document of the canvas, and what is drawn on it by hand: strokes, and the masks that they leave.

mod document;
mod fill;
mod mask_buffer;
mod stroke;
pub mod trimap;

pub use document::{Backdrop, CanvasDocument, CanvasPicture, Layer};
pub use mask_buffer::MaskBuffer;
pub use stroke::{Pen, Point, Stroke};

use crate::picture::Mask;

/// The mask after a stroke.
pub fn painted(mask: &Mask, stroke: &Stroke) -> Mask {
    let mut mask_buffer = MaskBuffer::new(mask);
    match (stroke.pen, stroke.points.as_slice()) {
        (_, []) => {}
        (Pen::Line, [first, .., last]) => mask_buffer.path(&[*first, *last], stroke.radius, stroke.value),
        (Pen::Brush | Pen::Eraser | Pen::Line, points) => mask_buffer.path(points, stroke.radius, stroke.value),
        (Pen::Rectangle, [first, .., last]) => mask_buffer.rectangle(*first, *last, stroke.value),
        (Pen::Polygon, points @ [_, _, _, ..]) => mask_buffer.polygon(points, stroke.value),
        (Pen::Rectangle | Pen::Polygon, _) => {}
        (Pen::Fill, [first, ..]) => mask_buffer.fill(*first, stroke.value),
    }
    mask_buffer.into_mask()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stroke(pen: Pen, radius: f32, points: &[Point]) -> Stroke {
        Stroke { pen, value: 255, radius, points: points.to_vec() }
    }

    fn rows(mask: &Mask) -> Vec<String> {
        let row = |y| (0..mask.width).map(|x| if mask.at(x, y) == 255 { '#' } else { '.' }).collect();
        (0..mask.height).map(row).collect()
    }

    #[test]
    fn each_pen_leaves_what_it_says() {
        let blank = Mask::filled(7, 5, 0);
        let brush = painted(&blank, &stroke(Pen::Brush, 0.6, &[[1.5, 2.5], [5.5, 2.5]]));
        assert_eq!(rows(&brush), [".......", ".......", ".#####.", ".......", "......."]);
        let tip = painted(&blank, &stroke(Pen::Brush, 1.1, &[[3.5, 2.5]]));
        assert_eq!(rows(&tip), [".......", "...#...", "..###..", "...#...", "......."]);
        let line = painted(&blank, &stroke(Pen::Line, 0.6, &[[0.5, 0.5], [6.5, 4.5], [0.5, 4.5]]));
        assert_eq!(rows(&line), ["#......", "#......", "#......", "#......", "#......"]);
        let rectangle = painted(&blank, &stroke(Pen::Rectangle, 9.0, &[[5.0, 4.0], [2.0, 1.0]]));
        assert_eq!(rows(&rectangle), [".......", "..###..", "..###..", "..###..", "......."]);
        let triangle = painted(&blank, &stroke(Pen::Polygon, 9.0, &[[0.0, 0.0], [5.0, 0.0], [0.0, 5.0]]));
        assert_eq!(rows(&triangle), ["####...", "###....", "##.....", "#......", "......."]);
    }

    #[test]
    fn a_fill_stops_at_what_was_drawn() {
        let wall = painted(&Mask::filled(5, 3, 0), &stroke(Pen::Rectangle, 0.0, &[[2.0, 0.0], [3.0, 3.0]]));
        let filled = painted(&wall, &Stroke { value: 128, ..stroke(Pen::Fill, 0.0, &[[0.5, 0.5]]) });
        let row = [128, 128, 255, 0, 0];
        assert_eq!(filled.grey.as_ref(), row.repeat(3));
        let again = painted(&filled, &Stroke { value: 128, ..stroke(Pen::Fill, 0.0, &[[0.5, 0.5]]) });
        assert_eq!(again, filled, "a fill with the value that is there changes nothing");
        assert_eq!(painted(&wall, &stroke(Pen::Fill, 0.0, &[[9.0, 9.0]])), wall, "outside there is nothing to fill");
    }

    #[test]
    fn strokes_outside_and_without_points_are_harmless() {
        let blank = Mask::filled(4, 4, 7);
        for (pen, _) in Pen::ALL {
            for points in [&[][..], &[[-50.0, 1e9]], &[[f32::NAN, 0.0]], &[[-9.0, -9.0], [-5.0, -5.0], [-1.0, -8.0]]] {
                assert_eq!(painted(&blank, &stroke(pen, 2.0, points)), blank, "{pen:?} {points:?}");
            }
        }
    }
}
