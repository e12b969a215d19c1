//! Batches what the engine tells, and rings the window.

use super::{
    options::Wake,
    protocol::{Event, Pace, RunId},
};
use crate::history::Point;
use crossbeam_channel::{Sender, TrySendError};
use std::time::{Duration, Instant};

/// Scalars ride together at this rhythm: each letter is a frame, and curves ten times a second are smooth enough.
const TICK: Duration = Duration::from_millis(100);

/// The sending end of the event lane, one a thread.
pub struct Reporter {
    events: Sender<Event>,
    wake: Wake,
    points: Vec<Point>,
    last: Instant,
}

impl Reporter {
    /// A reporter on this lane.
    pub fn new(events: Sender<Event>, wake: Wake) -> Self {
        Self { events, wake, points: Vec::new(), last: Instant::now() }
    }

    /// Another one on the same lane.
    pub fn twin(&self) -> Self {
        Self::new(self.events.clone(), self.wake.clone())
    }

    /// Tells a fact that must arrive; waits while the lane is full. When nobody listens any more, nothing happens.
    pub fn send(&self, event: Event) {
        if self.events.send(event).is_ok() {
            (self.wake)();
        }
    }

    /// Tells something that the next one of its kind makes up for; dropped while the lane is full.
    pub fn hint(&self, event: Event) {
        if self.events.try_send(event).is_ok() {
            (self.wake)();
        }
    }

    /// Rings without a letter: a picture lies in its lane.
    pub fn wake(&self) {
        (self.wake)();
    }

    /// Keeps points for the next tick, and sends them when it is due.
    pub fn scalars(&mut self, run: RunId, points: impl IntoIterator<Item = Point>, pace: Pace) {
        self.points.extend(points);
        if self.last.elapsed() >= TICK {
            self.last = Instant::now();
            let points = std::mem::take(&mut self.points);
            match self.events.try_send(Event::Scalars { run, points, pace }) {
                Ok(()) => (self.wake)(),
                // The reader is behind: the points wait for the next tick.
                Err(TrySendError::Full(Event::Scalars { points, .. })) => self.points = points,
                Err(_) => {}
            }
        }
    }

    /// Sends the points that still wait: before Paused, Ended and Failed, so that curves are whole when a run rests.
    pub fn flush(&mut self, run: RunId, pace: Pace) {
        if !self.points.is_empty() {
            let points = std::mem::take(&mut self.points);
            self.send(Event::Scalars { run, points, pace });
        }
    }
}
