//! Asks the previewer for the sliders' picture, for grids, and for codes of pictures.

use super::App;
use crate::engine::protocol::{GridRequest, Moment, PreviewRequest, Scene};
use egui::Context;
use std::time::{Duration, Instant};

/// Least time between two requests for the sliders' picture when only the weights have changed.
const FOLLOW: Duration = Duration::from_millis(250);
/// Time after which a grid of the raw weights is asked for again, as often as the trainer sends that of the average.
const RENEW: Duration = Duration::from_secs(2);
/// Time after which a grid that has not come is asked for again: a newer request has replaced the one that asked.
const RETRY: Duration = Duration::from_millis(500);

impl App {
    /// Posts a request if the sliders or the weights have changed.
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

    /// Returns the request for a grid of the fixed seeds, if the trainer does not send it: for a run that does not train, or raw
    /// weights.
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
