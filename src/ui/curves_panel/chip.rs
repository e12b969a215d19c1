//! A switch of the legend: its line, its name, its value.

use super::{super::theme, marks::brief};
use egui::{Color32, Rect, Response, Role, Sense, Stroke, TextStyle, Ui, WidgetInfo, pos2, vec2};

/// A curve of the legend.
pub struct Chip<'a> {
    /// The curve's name for people.
    pub words: &'a str,
    /// The colour of its line.
    pub colour: Color32,
    /// Whether the line is dashed.
    pub dashed: bool,
    /// Whether the curve is shown.
    pub on: bool,
    /// The value beside the name.
    pub value: Option<f64>,
    /// One sentence about it.
    pub about: String,
}

impl Chip<'_> {
    /// Draws it; a click asks for the other state.
    pub fn ui(self, ui: &mut Ui) -> Response {
        let Self { words, colour, dashed, on, value, about } = self;
        let palette = theme::of(ui);
        let (text, figures) = if on { (palette.text, palette.weak) } else { (palette.weak, palette.weak) };
        let title = ui.painter().layout_no_wrap(words.to_owned(), TextStyle::Small.resolve(ui.style()), text);
        let digits = value.filter(|_| on).map_or_else(String::new, |v| format!("{:>6}", brief(v)));
        let digits = ui.painter().layout_no_wrap(digits, TextStyle::Monospace.resolve(ui.style()), figures);
        let swatch = 14.0;
        let width = theme::TIGHT * 5.0 + swatch + title.size().x + digits.size().x;
        let (rect, response) = ui.allocate_exact_size(vec2(width, theme::ROW - 2.0), Sense::click());
        response.widget_info(|| WidgetInfo::selected(Role::CheckBox, ui.is_enabled(), on, words));
        let edge = if response.has_focus() { Stroke::new(1.5, palette.accent) } else { Stroke::NONE };
        let fill = if response.hovered() { palette.hovered } else { Color32::TRANSPARENT };
        ui.painter().rect(rect, 4.0, fill, edge, egui::StrokeKind::Inside);
        let left = rect.left() + theme::TIGHT;
        if on && dashed {
            for from in [left, left + swatch - 5.0] {
                ui.painter().hline(from..=from + 5.0, rect.center().y, Stroke::new(3.0, colour));
            }
        } else if on {
            ui.painter().hline(left..=left + swatch, rect.center().y, Stroke::new(3.0, colour));
        } else {
            let hollow = Rect::from_center_size(pos2(left + swatch / 2.0, rect.center().y), vec2(swatch, 5.0));
            ui.painter().rect_stroke(hollow, 1.0, Stroke::new(1.0, colour), egui::StrokeKind::Inside);
        }
        let mut at = pos2(left + swatch + theme::TIGHT, rect.center().y);
        for galley in [title, digits] {
            let size = galley.size();
            ui.painter().galley(at - vec2(0.0, size.y / 2.0), galley, text);
            at.x += size.x + theme::TIGHT;
        }
        response.on_hover_text(format!("{about} Click to {} it.", if on { "hide" } else { "show" }))
    }
}
