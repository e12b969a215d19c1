//! When the quality of a run's pictures is measured while it trains: at most a twentieth of the time is spent on it.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

/// After a measurement the worker rests this many times as long as it took: 1 part in 20 of the time, 5 %, is spent.
const REST: u32 = 19;
/// A checkpoint may be measured before its time when the rest that is left is at most this long; it is added to the next rest.
const BORROWED: Duration = Duration::from_mins(1);

/// The rhythm of the measurements of a run. Pure arithmetic on the times that callers pass in.
#[derive(Clone, Copy, Debug)]
pub struct Rhythm {
    /// Least time from the end of one measurement to the beginning of the next; `None` for never.
    every: Option<Duration>,
    next: Instant,
    /// Asked for and not done.
    pending: u32,
}

impl Rhythm {
    /// The first one is due after one pause.
    pub fn new(every: Option<Duration>, now: Instant) -> Self {
        Self { every, next: now + every.unwrap_or_default(), pending: 0 }
    }

    /// Whether the weights as they are should be measured now.
    pub fn is_due(&self, now: Instant) -> bool {
        self.every.is_some() && self.pending == 0 && now >= self.next
    }

    /// Whether a checkpoint may be measured now, though its time may not have come. The `last` one of a run always may: nothing
    /// trains after it.
    pub fn takes_checkpoint(&self, now: Instant, last: bool) -> bool {
        self.every.is_some() && (last || self.pending <= 1 && self.next.saturating_duration_since(now) <= BORROWED)
    }

    /// One was asked for.
    pub fn begun(&mut self) {
        self.pending += 1;
    }

    /// One is over, or was given up, after this much work.
    pub fn done(&mut self, took: Duration, now: Instant) {
        self.pending = self.pending.saturating_sub(1);
        // What was borrowed is still owed, and the work itself is no rest.
        let begun = now.checked_sub(took).unwrap_or(now);
        let rested = self.next.max(begun) + (REST + 1) * took;
        self.next = rested.max(now + self.every.unwrap_or_default());
    }

    /// The worker did not take a measurement that was asked for.
    pub fn refused(&mut self) {
        self.pending = self.pending.saturating_sub(1);
    }

    /// No more of them for this run.
    pub fn stop(&mut self) {
        self.every = None;
    }
}

/// The rhythm of a run, shared by the trainer, which asks, and the worker, which measures.
#[derive(Clone)]
pub struct SharedRhythm {
    rhythm: Arc<Mutex<Rhythm>>,
    /// The step from which the run began or went on; its curves have what was measured up to it.
    pub after_step: u64,
}

impl SharedRhythm {
    /// A rhythm with this pause in seconds (`None` for never), for a run that goes on from this step.
    pub fn new(every_s: Option<f32>, after_step: u64) -> Self {
        let every = every_s.map(|s| Duration::try_from_secs_f32(s).unwrap_or(BORROWED));
        Self { rhythm: Arc::new(Mutex::new(Rhythm::new(every, Instant::now()))), after_step }
    }

    /// Looks at it or changes it.
    pub fn with<T>(&self, work: impl FnOnce(&mut Rhythm) -> T) -> T {
        work(&mut self.rhythm.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIVE: Option<Duration> = Some(Duration::from_secs(5));

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn a_measurement_is_followed_by_nineteen_times_its_length_and_five_seconds_at_least() {
        let start = Instant::now();
        let mut rhythm = Rhythm::new(FIVE, start);
        assert!(!rhythm.is_due(start + ms(4_999)) && rhythm.is_due(start + ms(5_000)));
        rhythm.begun();
        assert!(!rhythm.is_due(start + ms(9_000)), "one at a time");
        rhythm.done(ms(100), start + ms(6_000));
        assert!(!rhythm.is_due(start + ms(10_999)) && rhythm.is_due(start + ms(11_000)), "19 × 0.1 s is less than 5 s");
        rhythm.begun();
        rhythm.done(ms(1_000), start + ms(12_000));
        assert!(!rhythm.is_due(start + ms(30_999)) && rhythm.is_due(start + ms(31_000)), "19 × 1 s is more");
        rhythm.stop();
        assert!(!rhythm.is_due(start + ms(900_000)) && !rhythm.takes_checkpoint(start + ms(900_000), true));
        assert!(!Rhythm::new(None, start).is_due(start + ms(900_000)));
    }

    #[test]
    fn a_checkpoint_borrows_a_minute_at_most_and_it_is_owed() {
        let start = Instant::now();
        let mut rhythm = Rhythm::new(FIVE, start);
        assert!(rhythm.takes_checkpoint(start, false));
        rhythm.begun();
        rhythm.done(ms(2_000), start + ms(2_000));
        // 5 s were left at the start; 2 s of work and 38 s of rest came on top.
        assert!(!rhythm.is_due(start + ms(44_999)) && rhythm.is_due(start + ms(45_000)));
        assert!(rhythm.takes_checkpoint(start + ms(2_000), false), "43 s are left");
        rhythm.begun();
        rhythm.done(ms(2_000), start + ms(4_000));
        assert!(!rhythm.takes_checkpoint(start + ms(4_000), false), "81 s are left");
        assert!(rhythm.takes_checkpoint(start + ms(4_000), true), "the last of a run always");
    }

    #[test]
    fn at_most_a_twentieth_of_the_time_is_spent_whatever_it_takes_and_however_often_checkpoints_come() {
        for (took, between_checkpoints) in [(50, 1_000), (300, 2_000), (900, 30_000), (4_000, 7_000), (40_000, 300_000)]
        {
            let start = Instant::now();
            let (mut rhythm, mut now, mut spent) = (Rhythm::new(FIVE, start), start, Duration::ZERO);
            let mut checkpoint = start;
            let (took, whole) = (ms(took), Duration::from_hours(10));
            while now < start + whole {
                let of_checkpoint = now >= checkpoint;
                if of_checkpoint {
                    checkpoint = now + ms(between_checkpoints);
                }
                if rhythm.is_due(now) || of_checkpoint && rhythm.takes_checkpoint(now, false) {
                    rhythm.begun();
                    (now, spent) = (now + took, spent + took);
                    rhythm.done(took, now);
                }
                now += ms(250);
            }
            // The minute that may be borrowed is owed for ever, and one measurement may be the last.
            let most = (whole + BORROWED) / 20 + 2 * took;
            assert!(spent <= most, "{took:?}: {spent:?} of {most:?}");
            assert!(spent > Duration::ZERO);
        }
    }
}
