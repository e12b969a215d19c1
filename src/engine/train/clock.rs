//! How long a run has trained and how fast it goes.

use crate::engine::protocol::Pace;
use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// The pace is that of the last few seconds.
const WINDOW: Duration = Duration::from_secs(4);

/// Of the time between two grids, at most one part in this many is spent on drawing them.
const GRID_SHARE: f32 = 8.0;

/// Measures training time, pauses left out.
pub struct Clock {
    before: f32,
    since: Option<Instant>,
    recent: VecDeque<(Instant, u64)>,
    /// What the newest step took.
    took: Duration,
}

impl Clock {
    /// A clock that has counted this number of seconds and stands.
    pub fn new(before: f32) -> Self {
        Self { before, since: None, recent: VecDeque::new(), took: Duration::ZERO }
    }

    /// Notes a step and how long it took.
    pub fn tick(&mut self, step: u64, took: Duration) {
        let now = Instant::now();
        self.took = took;
        self.since.get_or_insert(now);
        self.recent.push_back((now, step));
        while self.recent.len() > 2 && self.recent.front().is_some_and(|(at, _)| now.duration_since(*at) > WINDOW) {
            self.recent.pop_front();
        }
    }

    /// What the newest step took.
    pub fn took(&self) -> Duration {
        self.took
    }

    /// Stands still until the next step.
    pub fn rest(&mut self) {
        self.before = self.elapsed();
        self.since = None;
        self.recent.clear();
    }

    /// Seconds of training so far, pauses left out.
    pub fn elapsed(&self) -> f32 {
        self.before + self.since.map_or(0.0, |at| at.elapsed().as_secs_f32())
    }

    /// How fast it goes towards `total` steps of `batch` pictures.
    pub fn pace(&self, step: u64, total: u64, batch: usize) -> Pace {
        let steps_per_s = match (self.recent.front(), self.recent.back()) {
            (Some(a), Some(b)) if b.1 > a.1 => (b.1 - a.1) as f32 / b.0.duration_since(a.0).as_secs_f32().max(1e-6),
            _ => 0.0,
        };
        let left = total.saturating_sub(step) as f32;
        let eta_s = if steps_per_s > 0.0 { left / steps_per_s } else { 0.0 };
        let step_ms = self.took.as_secs_f32() * 1e3;
        Pace { steps_per_s, images_per_s: steps_per_s * batch as f32, step_ms, elapsed_s: self.elapsed(), eta_s }
    }
}

/// Seconds from one grid of the fixed seeds to the next: as wanted, but long enough that drawing them does not eat the training of
/// families that draw slowly. `took` is what the last one took.
pub fn grids_every(wanted_s: f32, took: Duration) -> f32 {
    wanted_s.max(GRID_SHARE * took.as_secs_f32())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slow_grids_are_drawn_less_often() {
        let every = |ms| grids_every(2.0, Duration::from_millis(ms));
        assert!((every(0) - 2.0).abs() < 1e-6 && (every(250) - 2.0).abs() < 1e-6, "quick ones as wanted");
        assert!((every(300) - 2.4).abs() < 1e-6 && (every(1500) - 12.0).abs() < 1e-6, "an eighth of the time");
    }
}
