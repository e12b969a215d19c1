//! What several panels share: the primary button, status pill, progress bar, fact rows, empty states, numbers in words.

use super::{
    action::{Action, Plain},
    theme::{self, GROUP, ROW, SPACE, TIGHT},
};
pub use crate::spec::thousands;

use crate::{
    engine::protocol::Because,
    session::{Session, Status},
};
use egui::{
    Align, Button, Color32, CornerRadius, Label, Layout, Rect, Response, RichText, Role, Sense, Stroke, TextStyle, Ui,
    WidgetInfo, pos2, vec2,
};

/// The one accented button.
pub fn primary(ui: &Ui, text: &str) -> Button<'static> {
    let palette = theme::of(ui);
    Button::new(RichText::new(text).color(palette.on_accent)).fill(palette.accent)
}

/// A button for a plain action: tooltip with its key, greyed out with the reason when it can't be asked for.
pub fn action_button(
    ui: &mut Ui,
    session: &Session,
    plain: Plain,
    label: &str,
    accent: bool,
    ask: &mut Vec<Action>,
) -> Response {
    let allowed = plain.available(session);
    let button = if accent && allowed.is_ok() { primary(ui, label) } else { Button::new(label.to_owned()) };
    let key = plain.entry().shortcut.map(|s| format!("\n{}", ui.ctx().format_shortcut(&s))).unwrap_or_default();
    let response = ui.add_enabled(allowed.is_ok(), button).on_hover_text(format!("{}{key}", plain.entry().tip));
    if response.clicked() {
        ask.push(Action::Plain(plain));
    }
    match allowed {
        Err(why) => response.on_disabled_hover_text(why),
        Ok(()) => response,
    }
}

/// The status in one or two words.
pub fn status_word(status: &Status) -> &'static str {
    match status {
        Status::Empty => "Nothing open",
        Status::Viewing => "Viewing",
        Status::Preparing => "Preparing…",
        Status::Training => "Training",
        Status::Pausing => "Pausing…",
        Status::Paused => "Paused",
        Status::Stopping => "Stopping…",
        Status::Ended(Because::Finished) => "Finished",
        Status::Ended(_) => "Stopped",
        Status::Failed(..) => "Failed",
    }
}

/// The status as a shape and a word, so that colour is never all there is.
pub fn status_pill(ui: &mut Ui, status: &Status) -> Response {
    let (word, colour) = (status_word(status), status_colour(ui, status));
    let text = ui.painter().layout_no_wrap(word.to_owned(), TextStyle::Body.resolve(ui.style()), colour);
    let size = vec2(12.0 + SPACE + text.size().x + 2.0 * SPACE, ROW);
    let (rect, response) = ui.allocate_exact_size(size, Sense::hover());
    let painter = ui.painter();
    painter.rect(rect, CornerRadius::same(12), colour.gamma_multiply(0.12), Stroke::NONE, egui::StrokeKind::Inside);
    let shape = Rect::from_center_size(pos2(rect.left() + SPACE + 6.0, rect.center().y), vec2(10.0, 10.0));
    paint_status(ui, shape, status, colour);
    painter.galley(pos2(shape.right() + 6.0, rect.center().y - text.size().y / 2.0), text, colour);
    response.widget_info(|| WidgetInfo::labeled(Role::Label, true, word));
    response
}

fn status_colour(ui: &Ui, status: &Status) -> Color32 {
    let palette = theme::of(ui);
    match status {
        Status::Empty | Status::Viewing => palette.weak,
        Status::Preparing | Status::Training | Status::Ended(Because::Finished) => palette.running,
        Status::Pausing | Status::Paused | Status::Stopping | Status::Ended(_) => palette.paused,
        Status::Failed(..) => palette.failed,
    }
}

/// A dot runs, two bars wait, a square is stopped, a cross is broken, a ring is only looked at.
fn paint_status(ui: &Ui, rect: Rect, status: &Status, colour: Color32) {
    let (painter, centre) = (ui.painter(), rect.center());
    match status {
        Status::Empty | Status::Viewing | Status::Preparing => {
            painter.circle_stroke(centre, 4.0, Stroke::new(1.5, colour));
        }
        Status::Training => {
            painter.circle_filled(centre, 4.5, colour);
        }
        Status::Pausing | Status::Paused => {
            for x in [-2.5, 2.5] {
                painter.rect_filled(Rect::from_center_size(centre + vec2(x, 0.0), vec2(3.0, 9.0)), 1.0, colour);
            }
        }
        Status::Stopping | Status::Ended(_) => {
            painter.rect_filled(Rect::from_center_size(centre, vec2(8.0, 8.0)), 1.0, colour);
        }
        Status::Failed(..) => {
            for y in [-3.5, 3.5] {
                painter.line_segment([centre + vec2(-3.5, -y), centre + vec2(3.5, y)], Stroke::new(2.0, colour));
            }
        }
    }
}

/// A slim bar; `share` in [0, 1]. `name` is what a screen reader says.
pub fn progress(ui: &mut Ui, share: f32, width: f32, name: &str) -> Response {
    let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
    let (rect, response) = ui.allocate_exact_size(vec2(width, ROW), Sense::hover());
    let palette = theme::of(ui);
    let rail = Rect::from_center_size(rect.center(), vec2(width, 6.0));
    ui.painter().rect_filled(rail, 3.0, palette.control);
    ui.painter().rect_filled(Rect::from_min_size(rail.min, vec2(width * share, 6.0)), 3.0, palette.accent);
    let info = format!("{name}: {:.0} %", share * 100.0);
    response.widget_info(|| WidgetInfo::labeled(Role::ProgressIndicator, true, &info));
    response
}

/// The name of a group of controls.
pub fn heading(ui: &mut Ui, text: &str) {
    ui.add_space(TIGHT);
    ui.label(RichText::new(text).heading().color(theme::of(ui).strong));
    ui.add_space(TIGHT);
}

/// A quiet line above some controls.
pub fn caption(ui: &mut Ui, text: &str) -> Response {
    let text = theme::caption(ui, text);
    ui.add(Label::new(text).wrap())
}

/// A quiet name on the left, its value in figures on the right.
pub fn fact(ui: &mut Ui, name: &str, value: &str) {
    ui.scope(|ui| {
        // A line of text, not a row of controls.
        ui.spacing_mut().interact_size.y = 18.0;
        ui.horizontal(|ui| {
            ui.label(RichText::new(name).color(theme::of(ui).weak));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                ui.add(Label::new(theme::figure(value)).truncate());
            });
        });
    });
}

/// One sentence in a colour that means something, with a mark before it so that colour is not all there is.
pub fn sentence(ui: &mut Ui, colour: Color32, text: &str) {
    ui.horizontal_top(|ui| {
        let (rect, _) = ui.allocate_exact_size(vec2(TIGHT, 16.0), Sense::hover());
        ui.painter().rect_filled(rect, 2.0, colour);
        ui.add(Label::new(RichText::new(text).color(colour)).wrap());
    });
}

/// What stands where there is nothing yet: what is missing and what to do next.
pub fn empty(ui: &mut Ui, what: &str, next: &str) {
    ui.add_space(GROUP);
    ui.vertical_centered(|ui| {
        ui.label(RichText::new(what).heading().color(theme::of(ui).text));
        ui.add(Label::new(RichText::new(next).color(theme::of(ui).weak)).wrap());
    });
    ui.add_space(GROUP);
}

/// A tab: quiet text, underlined in the accent when it is open.
pub fn tab(ui: &mut Ui, open: bool, text: &str) -> Response {
    let palette = theme::of(ui);
    let font = TextStyle::Body.resolve(ui.style());
    let galley = ui.painter().layout_no_wrap(text.to_owned(), font, palette.text);
    let (rect, response) = ui.allocate_exact_size(vec2(galley.size().x + 2.0 * SPACE, 28.0), Sense::click());
    let colour = if open || response.hovered() { palette.strong } else { palette.weak };
    ui.painter().galley_with_override_text_color(rect.center() - galley.size() / 2.0, galley, colour);
    if open {
        let line = Rect::from_min_max(
            pos2(rect.left() + TIGHT, rect.bottom() - 2.0),
            pos2(rect.right() - TIGHT, rect.bottom()),
        );
        ui.painter().rect_filled(line, 1.0, palette.accent);
    }
    if response.has_focus() {
        ui.painter().rect_stroke(rect, 4.0, Stroke::new(1.5, palette.accent), egui::StrokeKind::Inside);
    }
    response.widget_info(|| WidgetInfo::selected(Role::Tab, true, open, text));
    response
}

/// `2:10`, or `1:02:10` from an hour on; a dash when it isn't known.
pub fn clock(secs: f32) -> String {
    if !secs.is_finite() || secs < 0.0 {
        return "–".into();
    }
    let secs = secs.round() as u64;
    let (hours, minutes, secs) = (secs / 3600, secs / 60 % 60, secs % 60);
    if hours > 0 { format!("{hours}:{minutes:02}:{secs:02}") } else { format!("{minutes}:{secs:02}") }
}

/// `about 9 minutes`.
pub fn about(secs: f32) -> String {
    match secs {
        s if s < 90.0 => "about a minute".into(),
        s if s < 5_400.0 => format!("about {:.0} minutes", s / 60.0),
        s => format!("about {:.1} hours", s / 3600.0),
    }
}

/// `47 MB`.
pub fn bytes(n: u64) -> String {
    match n {
        0..1_000 => format!("{n} bytes"),
        1_000..1_000_000 => format!("{} kB", n / 1_000),
        1_000_000..1_000_000_000 => format!("{:.1} MB", n as f64 / 1e6),
        _ => format!("{:.1} GB", n as f64 / 1e9),
    }
}

/// `1 picture`, `2 pictures`.
pub fn plural(n: u64, one: &str, many: &str) -> String {
    format!("{} {}", thousands(n), if n == 1 { one } else { many })
}

/// A rate with two figures that matter: `1.9`, `122`.
pub fn rate(value: f32) -> String {
    match value {
        v if !v.is_finite() => "–".into(),
        v if v < 9.95 => format!("{v:.1}"),
        v => thousands(v.round() as u64),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_write_them() {
        assert_eq!([0.0, 59.6, 130.0, 3_730.0].map(clock), ["0:00", "1:00", "2:10", "1:02:10"]);
        assert_eq!(clock(f32::INFINITY), "–");
        assert_eq!([999, 47_040, 47_040_000, 4_700_000_000].map(bytes), ["999 bytes", "47 kB", "47.0 MB", "4.7 GB"]);
        assert_eq!((plural(1, "file", "files"), plural(2, "file", "files")), ("1 file".into(), "2 files".into()));
        assert_eq!([1.94, 121.6].map(rate), ["1.9", "122"]);
        assert_eq!([30.0, 540.0, 7_200.0].map(about), ["about a minute", "about 9 minutes", "about 2.0 hours"]);
    }
}
