//! The log: what happened, line by line.

use super::{
    action::Action,
    panel::{Panel, Region},
    parts, theme,
    widgets::thousands,
};
use crate::{
    desk::{Desk, Window},
    session::{Level, Line, Session},
};
use egui::{Align, Label, Layout, RichText, ScrollArea, Ui, vec2};

/// The log.
#[derive(Default)]
pub struct LogPanel;

impl Panel for LogPanel {
    fn title(&self) -> &'static str {
        "Log"
    }

    fn region(&self) -> Region {
        Region::Window(Window::Log)
    }

    fn ui(&mut self, ui: &mut Ui, session: &Session, _: &Desk, _: &mut Vec<Action>) {
        if session.log.is_empty() {
            parts::notice(
                ui,
                "Nothing happened yet".into(),
                &["What the program does and what goes wrong is written down here."],
                |_| {},
            );
            return;
        }
        ui.horizontal(|ui| {
            let word = if session.log.len() == 1 { "line" } else { "lines" };
            ui.label(theme::caption(
                ui,
                format!("{} {word}, the newest at the end", thousands(session.log.len() as u64)),
            ));
            ui.with_layout(Layout::right_to_left(Align::Center), |ui| {
                if ui.button("Copy all").on_hover_text("Puts the whole log on the clipboard as text.").clicked() {
                    ui.ctx().copy_text(text(session.log.iter()));
                }
            });
        });
        let height = ui.text_style_height(&egui::TextStyle::Body) + theme::TIGHT;
        ScrollArea::vertical().auto_shrink(false).stick_to_bottom(true).show_rows(
            ui,
            height,
            session.log.len(),
            |ui, rows| {
                for line in session.log.range(rows) {
                    line_ui(ui, line, height);
                }
            },
        );
    }
}

fn line_ui(ui: &mut Ui, line: &Line, height: f32) {
    let palette = theme::of(ui);
    let colour = match line.level {
        Level::Info => palette.weak,
        Level::Done => palette.running,
        Level::Warning => palette.warning,
        Level::Failed => palette.failed,
    };
    ui.horizontal(|ui| {
        ui.set_min_height(height);
        ui.label(theme::figure(clock(line.at_secs)).color(palette.weak));
        ui.allocate_ui_with_layout(vec2(56.0, height), Layout::left_to_right(Align::Center), |ui| {
            ui.set_min_width(56.0);
            ui.label(RichText::new(word(line.level)).color(colour));
        });
        // Cut at the edge; the whole sentence stands in the tooltip.
        ui.add(Label::new(&line.text).truncate());
    });
}

fn word(level: Level) -> &'static str {
    match level {
        Level::Info => "Info",
        Level::Done => "Done",
        Level::Warning => "Warning",
        Level::Failed => "Failed",
    }
}

/// Seconds since the program began as `0:01:05`.
fn clock(secs: u64) -> String {
    format!("{}:{:02}:{:02}", secs / 3_600, secs / 60 % 60, secs % 60)
}

/// Lines as text, one each.
fn text<'a>(lines: impl Iterator<Item = &'a Line>) -> String {
    let all: Vec<_> = lines.map(|line| format!("{} {} {}", clock(line.at_secs), word(line.level), line.text)).collect();
    all.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_copied_with_its_time_and_level() {
        let line = Line { level: Level::Warning, text: "Two files were left out.".into(), at_secs: 3_665 };
        assert_eq!(text([line].iter()), "1:01:05 Warning Two files were left out.\n");
    }
}
