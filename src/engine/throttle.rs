//! How much of its time the trainer may use: set by the window at any moment, read by the trainer between steps.

use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The least share of time that training can be given, in percent.
pub const LEAST: u32 = 10;
/// The most that training takes while a latent slider is being dragged, in percent.
pub const YIELD: u32 = 90;
/// A drag that was not reported for this long has ended: a lost release must not slow a run for ever.
const FORGOTTEN: Duration = Duration::from_secs(2);
/// While it rests, the trainer looks at these at least so often. An order wakes it at once.
pub const SLICE: Duration = Duration::from_millis(20);

/// The shared cell. Writing and reading never wait.
#[derive(Clone)]
pub struct Throttle(Arc<Cell>);

struct Cell {
    percent: AtomicU32,
    /// Milliseconds after `born` until which a slider is being dragged; 0 when none is.
    dragging: AtomicU64,
    born: Instant,
}

impl Default for Throttle {
    fn default() -> Self {
        let born = Instant::now();
        Self(Arc::new(Cell { percent: AtomicU32::new(100), dragging: AtomicU64::new(0), born }))
    }
}

impl Throttle {
    /// Gives training this share of time, in percent; kept within [`LEAST`] and 100.
    pub fn set(&self, percent: u32) {
        self.0.percent.store(percent.clamp(LEAST, 100), Ordering::Relaxed);
    }

    /// A slider is being dragged now, or was let go. To be called again during a drag, at least every second.
    pub fn dragging(&self, down: bool, now: Instant) {
        let until = if down { self.millis(now + FORGOTTEN).max(1) } else { 0 };
        self.0.dragging.store(until, Ordering::Relaxed);
    }

    /// The share of time that training has now, in percent.
    pub fn percent(&self, now: Instant) -> u32 {
        if self.is_dragging(now) { self.asked().min(YIELD) } else { self.asked() }
    }

    /// The share that was asked for, whether or not a slider is being dragged.
    pub fn asked(&self) -> u32 {
        self.0.percent.load(Ordering::Relaxed)
    }

    /// Whether a latent slider is being dragged.
    pub fn is_dragging(&self, now: Instant) -> bool {
        self.millis(now) < self.0.dragging.load(Ordering::Relaxed)
    }

    fn millis(&self, at: Instant) -> u64 {
        at.saturating_duration_since(self.0.born).as_millis() as u64
    }
}

/// How long to rest after work that took so long, for work to be this share (in percent) of all time.
pub fn rest_after(took: Duration, percent: u32) -> Duration {
    let percent = percent.clamp(LEAST, 100);
    took * (100 - percent) / percent
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn work_and_rest_are_in_proportion() {
        let took = Duration::from_millis(90);
        assert_eq!(rest_after(took, 100), Duration::ZERO);
        assert_eq!(rest_after(took, 50), took);
        assert_eq!(rest_after(took, 10), 9 * took);
        assert_eq!(rest_after(took, 0), 9 * took, "never less than the least");
    }

    #[test]
    fn a_finger_yields_until_it_is_lifted_or_forgotten() {
        let (throttle, start) = (Throttle::default(), Instant::now());
        assert_eq!(throttle.percent(start), 100);
        throttle.dragging(true, start);
        assert_eq!(throttle.percent(start + FORGOTTEN / 2), YIELD);
        assert_eq!(throttle.percent(start + FORGOTTEN + SLICE), 100, "no news for two seconds");
        throttle.dragging(true, start + FORGOTTEN);
        assert_eq!(throttle.percent(start + FORGOTTEN + SLICE), YIELD);
        throttle.set(30);
        assert_eq!(throttle.percent(start + FORGOTTEN + SLICE), 30, "at most, not exactly");
        throttle.set(500);
        throttle.dragging(false, start + FORGOTTEN);
        assert_eq!(throttle.percent(start + FORGOTTEN + SLICE), 100);
        throttle.set(0);
        assert_eq!(throttle.percent(start), LEAST);
    }
}
