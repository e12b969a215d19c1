//! Short messages in the corner: news goes by itself, failures stay until closed.

use super::theme::{self, SPACE};
use crate::session::{Level, Line};
use egui::{Align2, Area, Context, Frame, Id, Label, Order, RichText, vec2};
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Number of toasts that are shown at once; older ones are in the log.
const MOST: usize = 5;

/// The messages on show, oldest first.
#[derive(Default)]
pub struct Toasts {
    shown: VecDeque<Toast>,
    next: u64,
}

struct Toast {
    id: u64,
    line: Line,
    until: Option<Instant>,
    times: u32,
}

impl Toasts {
    /// Shows lines as toasts from now on.
    pub fn feed(&mut self, lines: impl IntoIterator<Item = Line>, now: Instant) {
        for line in lines {
            self.add(line, now);
        }
    }

    fn add(&mut self, line: Line, now: Instant) {
        let stay = match line.level {
            Level::Info => Some(4),
            Level::Done => Some(6),
            Level::Warning => Some(12),
            Level::Failed => None,
        };
        let until = stay.map(|secs| now + Duration::from_secs(secs));
        if let Some(same) = self.shown.iter_mut().find(|t| t.line.text == line.text && t.line.level == line.level) {
            (same.until, same.times) = (until, same.times + 1);
            return;
        }
        if self.shown.len() >= MOST {
            self.shown.pop_front();
        }
        self.next += 1;
        self.shown.push_back(Toast { id: self.next, line, until, times: 1 });
    }

    /// Draws them in the lower right corner, newest at the bottom.
    pub fn ui(&mut self, ctx: &Context, now: Instant) {
        self.shown.retain(|t| t.until.is_none_or(|until| until > now));
        if let Some(next) = self.shown.iter().filter_map(|t| t.until).min() {
            ctx.request_repaint_after(next.saturating_duration_since(now));
        }
        let (mut bottom, mut closed) = (ctx.content_rect().bottom() - 2.0 * SPACE, None);
        for toast in self.shown.iter().rev() {
            let corner = egui::pos2(ctx.content_rect().right() - 2.0 * SPACE, bottom);
            let area = Area::new(Id::unique(("toast", toast.id)))
                .order(Order::Foreground)
                .pivot(Align2::RIGHT_BOTTOM)
                .fixed_pos(corner);
            let response = area.show(ctx, |ui| toast_ui(ui, toast));
            if response.inner {
                closed = Some(toast.id);
            }
            bottom = response.response.rect.top() - SPACE;
        }
        self.shown.retain(|t| Some(t.id) != closed);
    }
}

/// True when it was closed.
fn toast_ui(ui: &mut egui::Ui, toast: &Toast) -> bool {
    let palette = theme::of(ui);
    let (word, colour) = match toast.line.level {
        Level::Info => ("Note", palette.weak),
        Level::Done => ("Done", palette.running),
        Level::Warning => ("Warning", palette.warning),
        Level::Failed => ("Failed", palette.failed),
    };
    let frame = Frame::popup(ui.style()).inner_margin(12.0).show(ui, |ui| {
        ui.set_width(320.0);
        let mut closed = false;
        ui.horizontal(|ui| {
            let times = if toast.times > 1 { format!(", {} times", toast.times) } else { String::new() };
            ui.label(RichText::new(format!("{word}{times}")).small().color(colour));
            ui.with_layout(egui::Layout::right_to_left(egui::Align::Center), |ui| {
                closed = ui.small_button("Close").clicked();
            });
        });
        ui.add(Label::new(&toast.line.text).wrap().selectable(true));
        closed
    });
    let rect = frame.response.rect;
    ui.painter().rect_filled(egui::Rect::from_min_size(rect.min, vec2(3.0, rect.height())), 2.0, colour);
    frame.inner
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn failures_stay_and_news_goes() {
        let (mut toasts, now) = (Toasts::default(), Instant::now());
        for (level, text) in [(Level::Info, "a"), (Level::Failed, "b"), (Level::Info, "a")] {
            toasts.add(Line { level, text: text.into(), at_secs: 0 }, now);
        }
        assert_eq!(toasts.shown.len(), 2, "the same again is counted, not shown twice");
        assert_eq!(toasts.shown[0].times, 2);
        let ctx = Context::default();
        let later = now + Duration::from_mins(1);
        ctx.run_ui(egui::RawInput::default(), |ui| toasts.ui(ui.ctx(), later)).textures_delta.clear();
        assert_eq!(toasts.shown.iter().map(|t| t.line.text.as_str()).collect::<Vec<_>>(), ["b"]);
    }
}
