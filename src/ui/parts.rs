//! What the panels around the pictures share: names for widgets, moments in words, the text of an empty panel.

use super::theme;
use egui::{Align, Layout, Response, RichText, Role, TextStyle, Ui, WidgetInfo, vec2};

/// How long ago a moment was, both in seconds since 1970.
pub fn ago(now: u64, then: u64) -> String {
    let past = now.saturating_sub(then);
    let steps = [(86_400 * 365, "years"), (86_400 * 30, "months"), (86_400, "d"), (3_600, "h"), (60, "min")];
    match steps.iter().find(|(length, _)| past >= *length) {
        Some((length, "years")) => format!("{:.1} years ago", past as f64 / *length as f64),
        Some((length, word)) => format!("{} {word} ago", past / length),
        None => "just now".into(),
    }
}

/// Gives a widget a name that says more than what is written on it.
pub fn named(ui: &Ui, response: Response, kind: Role, name: &str) -> Response {
    response.widget_info(|| WidgetInfo::labeled(kind, ui.is_enabled() && response.enabled(), name));
    response
}

/// Gives a text field a name; what stands in it stays its value.
pub fn described(ui: &Ui, response: Response, name: &str) -> Response {
    ui.ctx().accesskit_node_builder(response.id, |node| node.set_label(name));
    response
}

/// A heading, a sentence that names the next action, and below them whatever helps to do it; in the middle of the room.
pub fn notice(ui: &mut Ui, heading: RichText, sentences: &[&str], below: impl FnOnce(&mut Ui)) {
    let room = ui.available_size_before_wrap();
    ui.allocate_ui_with_layout(room, Layout::top_down(Align::Center), |ui| {
        ui.set_min_size(room);
        ui.add_space((room.y * 0.35 - 40.0).max(theme::SPACE));
        ui.set_max_width(room.x.min(440.0));
        ui.label(heading.text_style(TextStyle::Heading));
        for sentence in sentences.iter().filter(|s| !s.is_empty()) {
            ui.label(*sentence);
        }
        ui.add_space(theme::SPACE);
        below(ui);
    });
}

/// Buttons in the middle of a row as wide as `width` points at most.
pub fn centred_row(ui: &mut Ui, width: f32, content: impl FnOnce(&mut Ui)) {
    let width = width.min(ui.available_width());
    ui.allocate_ui_with_layout(vec2(width, theme::ROW), Layout::left_to_right(Align::Center), |ui| {
        ui.horizontal_wrapped(content);
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn past_moments_read_well() {
        assert_eq!(
            [5, 60, 7_200, 172_800].map(|s| ago(1_000_000, 1_000_000 - s)),
            ["just now", "1 min ago", "2 h ago", "2 d ago"]
        );
        assert_eq!(ago(100, 200), "just now", "a clock that was set back");
    }
}
