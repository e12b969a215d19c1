//! Measures the program while the performance overlay is open, and only then.

use super::{App, frame_stats::FrameStats};
use crate::{desk::Window, engine::protocol::Preview, session::Intent, ui::latent_panel};
use egui::Context;
use std::time::{Duration, Instant};

/// Frames further apart than this do not count: the window had nothing to draw in between.
const PAUSE: Duration = Duration::from_millis(400);

impl App {
    /// Starts a frame's timing; measuring starts when the overlay is opened and ends when it is closed.
    pub(super) fn frame_begins(&mut self, now: Instant) {
        if !self.desk.open.contains(&Window::Performance) {
            self.frame_stats = None;
            return self.session.note(Intent::Meters(false));
        }
        let frame_stats = self.frame_stats.get_or_insert_with(|| Box::new(FrameStats::start()));
        self.session.note(Intent::Meters(true));
        let Some(meters) = self.session.meters_mut() else { return };
        if let Some(last) = frame_stats.last_frame.replace(now).filter(|last| now - *last < PAUSE) {
            meters.frame.note_ms(now, now - last);
        }
        if let Some(usage) = frame_stats.usage.try_iter().last() {
            meters.usage = usage;
        }
    }

    /// Notes what the frame took, once its panels are drawn.
    pub(super) fn frame_ends(&mut self, ctx: &Context, began: Instant) {
        let (Some(frame_stats), Some(meters)) = (&mut self.frame_stats, self.session.meters_mut()) else { return };
        let now = Instant::now();
        meters.ours.note_ms(now, frame_stats.listened + (now - began));
        if let Some(textured) = latent_panel::textured(ctx).filter(|t| t.ticket > frame_stats.textured) {
            frame_stats.textured = textured.ticket;
            meters.texture.note_ms(now, textured.delay);
        }
    }

    /// Notes how long reading the engine's lanes took.
    pub(super) fn listened(&mut self, began: Instant) {
        if let Some(frame_stats) = &mut self.frame_stats {
            frame_stats.listened = began.elapsed();
        }
    }

    /// Notes how long an answer to the sliders took.
    pub(super) fn answered(&mut self, preview: &Preview, now: Instant) {
        if let Some(meters) = self.session.meters_mut() {
            meters.decode.note_ms(now, preview.decode);
            meters.picture.note_ms(now, preview.delay);
        }
    }

    /// Notes that a request was posted, and whether it replaced one that nobody had read.
    pub(super) fn requested(&mut self, replaced: bool, now: Instant) {
        if let Some(meters) = self.session.meters_mut() {
            meters.replaced.note(now, f64::from(u8::from(replaced)));
        }
    }
}
