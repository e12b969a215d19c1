//! The hand that draws on a layer: from the press of a button to its release, and from corner to corner of a polygon.

use super::view::View;
use crate::{
    canvas::{CanvasDocument, Layer, MaskBuffer, Pen, Point, Stroke},
    desk::Canvas,
};
use egui::{Color32, Event, Key, Painter, PointerButton, Pos2, Response, Stroke as Line, Ui};

/// A stroke on its way.
pub struct Hand {
    /// The layer that it lands on.
    pub layer: Layer,
    /// The layer with the stroke so far.
    pub mask_buffer: MaskBuffer,
    stroke: Stroke,
    /// It has changed since it was last shown.
    pub fresh: bool,
}

/// What became of a stroke in a frame.
pub enum Done {
    /// No stroke is finished.
    No,
    /// A finished stroke, to be drawn.
    Draw(Layer, Stroke),
}

/// Follows the pointer; `hand` is the stroke on its way, if there is one.
pub fn follow(ui: &Ui, response: &Response, view: &View, canvas: &Canvas, hand: &mut Option<Hand>) -> Done {
    let layer = canvas.layer();
    // Another layer, another pen, another picture: what was begun is let go.
    let fits = |hand: &Hand| {
        Some(hand.layer) == layer
            && hand.stroke.pen == canvas.pen
            && canvas
                .document
                .canvas_picture
                .as_ref()
                .is_some_and(|l| l.picture.size() == [hand.mask_buffer.width, hand.mask_buffer.height])
    };
    if hand.as_ref().is_some_and(|hand| !fits(hand)) || ui.input(|i| i.key_pressed(Key::Escape)) {
        *hand = None;
    }
    let Some(layer) = layer else { return Done::No };
    let panning = ui.input(|i| i.key_down(Key::Space));
    let pressed = ui.input(|i| i.pointer.button_pressed(PointerButton::Primary)) && response.contains_pointer();
    let at = ui.input(|i| i.pointer.interact_pos()).map(|at| view.inside(at));
    if canvas.pen == Pen::Polygon {
        return polygon(ui, response, canvas, layer, at.filter(|_| pressed && !panning), hand);
    }
    if let (true, false, Some(at)) = (pressed, panning, at) {
        *hand = Hand::new(&canvas.document, canvas, layer, at);
    }
    let Some(now) = hand else { return Done::No };
    for at in moves(ui) {
        now.go(view.inside(at));
    }
    if ui.input(|i| i.pointer.primary_down()) {
        return Done::No;
    }
    hand.take().map_or(Done::No, |hand| Done::Draw(hand.layer, hand.stroke))
}

/// Each click is a corner; a double click, Enter or a click on the first corner closes it.
fn polygon(
    ui: &Ui,
    response: &Response,
    canvas: &Canvas,
    layer: Layer,
    clicked: Option<Point>,
    hand: &mut Option<Hand>,
) -> Done {
    let mut close = response.double_clicked() || ui.input(|i| i.key_pressed(Key::Enter));
    if let Some(at) = clicked {
        match hand {
            None => *hand = Hand::new(&canvas.document, canvas, layer, at),
            Some(hand) => {
                let near = |a: Point, b: Point| (a[0] - b[0]).abs() + (a[1] - b[1]).abs() < 3.0;
                close |= hand.stroke.points.len() > 2 && near(hand.stroke.points[0], at);
                if !close && hand.stroke.points.last() != Some(&at) {
                    hand.stroke.points.push(at);
                }
            }
        }
    }
    match hand {
        Some(now) if close && now.stroke.points.len() > 2 => {
            hand.take().map_or(Done::No, |hand| Done::Draw(hand.layer, hand.stroke))
        }
        _ => Done::No,
    }
}

/// Everywhere the pointer was since the last frame: a quick hand makes more moves than there are frames.
fn moves(ui: &Ui) -> Vec<Pos2> {
    ui.input(|i| {
        i.events.iter().filter_map(|e| if let Event::PointerMoved(at) = e { Some(*at) } else { None }).collect()
    })
}

impl Hand {
    fn new(document: &CanvasDocument, canvas: &Canvas, layer: Layer, at: Point) -> Option<Self> {
        let mask_buffer = MaskBuffer::new(&document.layer(layer)?);
        let stroke = Stroke { pen: canvas.pen, value: canvas.value(layer), radius: canvas.radius, points: vec![at] };
        let mut hand = Self { layer, mask_buffer, stroke, fresh: true };
        hand.wet_segment(at, at);
        Some(hand)
    }

    fn go(&mut self, to: Point) {
        match self.stroke.pen {
            Pen::Brush | Pen::Eraser => {
                let from = self.stroke.points.last().copied().unwrap_or(to);
                self.wet_segment(from, to);
                self.stroke.points.push(to);
            }
            Pen::Line | Pen::Rectangle => {
                self.stroke.points.truncate(1);
                self.stroke.points.push(to);
            }
            Pen::Fill | Pen::Polygon => {}
        }
    }

    fn wet_segment(&mut self, from: Point, to: Point) {
        if matches!(self.stroke.pen, Pen::Brush | Pen::Eraser) {
            self.mask_buffer.segment(from, to, self.stroke.radius, self.stroke.value);
            self.fresh = true;
        }
    }

    /// Draws what is not on the layer yet: the outline of a line, a rectangle or a polygon.
    pub fn outline(&self, painter: &Painter, view: &View, tip: Option<Pos2>, colour: Color32) {
        let line = Line::new(1.5, colour);
        let points: Vec<Pos2> = self.stroke.points.iter().map(|p| view.outside(*p)).collect();
        match (self.stroke.pen, points.as_slice()) {
            (Pen::Line, [from, to]) => {
                let wide = Line::new(view.length(2.0 * self.stroke.radius).max(1.5), colour.gamma_multiply(0.6));
                painter.line_segment([*from, *to], wide);
            }
            (Pen::Rectangle, [from, to]) => {
                let rect = egui::Rect::from_two_pos(*from, *to);
                painter.rect(rect, 0.0, colour.gamma_multiply(0.3), line, egui::StrokeKind::Middle);
            }
            (Pen::Polygon, corners) => {
                let path: Vec<Pos2> = corners.iter().copied().chain(tip).collect();
                painter.line(path, line);
                for corner in corners {
                    painter.circle_filled(*corner, 3.0, colour);
                }
            }
            _ => {}
        }
    }
}
