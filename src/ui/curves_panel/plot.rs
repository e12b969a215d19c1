//! The plot that curves are drawn in, for one run as for several.

use super::{
    super::theme::{self, HANDLE},
    marks::{decades, power, trimmed},
};
use crate::desk::Curves;
use egui::{Align2, Color32, Id, Rect, Slider, TextStyle, Ui, vec2};
use egui_plot::{AxisHints, Line, Plot, PlotPoint, PlotPoints};

/// Points of all curves together that a frame takes over; of a longer history the rest follows in the next frames.
pub const POINTS_A_FRAME: usize = 100_000;

/// Paints the values of the curves at the pointer, next to the vertical line there.
pub fn pointer_words(canvas: &egui::Painter, ui: &Ui, x: f32, frame: Rect, words: String) {
    let palette = theme::of(ui);
    let galley = canvas.layout_no_wrap(words, TextStyle::Monospace.resolve(ui.style()), palette.strong);
    let right = x + theme::SPACE + galley.size().x < frame.right();
    let (align, at) = if right { (Align2::LEFT_TOP, x + theme::TIGHT) } else { (Align2::RIGHT_TOP, x - theme::TIGHT) };
    let rect: Rect = align.anchor_size(egui::pos2(at, frame.top() + theme::TIGHT), galley.size());
    canvas.rect_filled(rect.expand(2.0), 2.0, palette.field);
    canvas.galley(rect.min, galley, palette.strong);
}

/// How the lines are drawn, for one run as for several.
pub fn smooth_ui(ui: &mut Ui, curves: &mut Curves) {
    let label = ui.label(theme::caption(ui, "Smooth"));
    ui.spacing_mut().slider_width = 96.0;
    ui.spacing_mut().interact_size.y = HANDLE;
    ui.add(Slider::new(&mut curves.smooth, 0.0..=0.99).fixed_decimals(2))
        .labelled_by(label.id)
        .on_hover_text("Share of the past in the bold line; 0 shows the values as they are. Takes effect now.");
    ui.checkbox(&mut curves.log, "Log axis")
        .on_hover_text("Equal distances for equal ratios; values that are not above 0 are left out. Takes effect now.");
}

/// A plot that fills the room, without words of its own; `x` writes the marks of the lower axis.
pub fn bare_plot<'a>(ui: &Ui, id: Id, log: bool, x: fn(f64) -> String) -> Plot<'a> {
    let font = TextStyle::Small.resolve(ui.style());
    let plot = Plot::new(id)
        .id(id)
        .height(ui.available_height().max(64.0))
        .show_x(false)
        .show_y(false)
        .show_crosshair(false)
        .label_formatter(|_| None)
        .allow_scroll(false)
        .set_margin_fraction(vec2(0.01, 0.08))
        .grid_color(theme::of(ui).line)
        .custom_x_axes(vec![AxisHints::new_x().tick_label_font(font.clone()).formatter(move |mark, _| x(mark.value))])
        .custom_y_axes(vec![
            AxisHints::new_y()
                .tick_label_font(font)
                .min_thickness(36.0)
                .formatter(move |mark, _| if log { power(mark.value) } else { trimmed(mark.value) }),
        ]);
    if log { plot.y_grid_spacer(|input| decades(&input)) } else { plot }
}

/// A line without a tooltip.
pub fn line(name: String, points: &[PlotPoint], colour: Color32, width: f32) -> Line<'_> {
    Line::new(name, PlotPoints::Borrowed(points)).color(colour).width(width).allow_hover(false)
}
