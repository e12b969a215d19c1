//! What is asked of the previewer: the picture of the sliders, now and then a grid, and codes of pictures.

use super::App;
use crate::engine::protocol::{GridRequest, Moment, PreviewRequest, Scene};
use egui::Context;
use std::time::{Duration, Instant};

/// The sliders' picture is asked for again at most this often when only the weights have changed.
const FOLLOW: Duration = Duration::from_millis(250);
/// A grid of raw weights is renewed at this rhythm, as the trainer renews that of the average.
const RENEW: Duration = Duration::from_secs(2);
/// A grid that has not come (a newer request overtook the question) is asked for again.
const RETRY: Duration = Duration::from_millis(500);

impl App {
    /// Posts what the sliders say, when it changed or when the weights did.
    pub(super) fn request(&mut self, ctx: &Context, now: Instant) {
        let Some(mut code) = self.code() else { return };
        let grid = self.grid_wanted(now);
        if self.session.card().is_some_and(|card| card.can.drafts)
            && let Some(wait) = self.pending.asked.drafts.wait(&code, self.view.dragging, now)
        {
            code.draft = true;
            ctx.request_repaint_after(wait);
        }
        let open_run = &self.session.open_run;
        let scene = (open_run.run, code, self.desk.ema);
        let moved = self.pending.asked.at.0 != open_run.step || self.pending.asked.at.1 != open_run.status;
        let encode = self.pending.asked.encode.take();
        if self.pending.asked.scene.as_ref() == Some(&scene) && grid.is_none() && encode.is_none() {
            if !moved {
                return;
            }
            let wait = self
                .pending
                .asked
                .when
                .map_or(Duration::ZERO, |t| FOLLOW.saturating_sub(now.saturating_duration_since(t)));
            if !wait.is_zero() {
                ctx.request_repaint_after(wait);
                return;
            }
        }
        self.pending.asked.ticket += 1;
        let (run, code, ema) = scene.clone();
        let moment = Moment::Live;
        let (ticket, scenes) = (self.pending.asked.ticket, vec![Scene { run, moment, ema, code }]);
        let request = PreviewRequest { ticket, posted: now, scenes, grid, encode };
        self.pending.asked.at = (open_run.step, open_run.status.clone());
        let replaced = self.engine.request(request);
        self.requested(replaced, now);
        (self.pending.asked.scene, self.pending.asked.when) = (Some(scene), Some(now));
    }

    /// The grid of the fixed seeds, where the trainer does not send it by itself: a run that is only looked at, or raw weights.
    fn grid_wanted(&mut self, now: Instant) -> Option<GridRequest> {
        let (open_run, ema) = (&self.session.open_run, self.desk.ema);
        let wait = match &open_run.samples {
            Some(shown) if shown.ema == ema => {
                let sent = ema && open_run.status.is_alive();
                if sent || shown.step == open_run.step {
                    return None;
                }
                RENEW
            }
            Some(_) | None => RETRY,
        };
        if self
            .pending
            .asked
            .grid
            .is_some_and(|(request, at)| request.ema == ema && request.run == open_run.run && now - at < wait)
        {
            return None;
        }
        let request = GridRequest { run: open_run.run, moment: Moment::Live, ema };
        self.pending.asked.grid = Some((request, now));
        Some(request)
    }
}
