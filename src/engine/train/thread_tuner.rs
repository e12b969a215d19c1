//! How many threads a step is worth: all while the machine is ours, fewer while somebody else needs a core.
//!
//! A step's threads meet some hundred times, and each meeting waits for the last of them. One other busy thread on two cores made a
//! step of 85 ms last 275 to 430 ms; on one thread it lasts 160 ms whoever else is busy. Sums depend on the number of threads in their
//! last bits, so only runs of the window adapt; the headless twin keeps its count.

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// Steps whose median counts.
const TYPICAL: usize = 5;
/// Steps with fewer threads at the start, to know what they take.
const LEARN: usize = 4;
/// So much slower than fewer threads a median with all of them must be to give them up, or a single step.
const WORSE: [f32; 2] = [1.05, 1.6];
/// All threads are tried again after the shorter time, and after up to the longer one when that keeps being in vain.
const PATIENCE: [Duration; 2] = [Duration::from_secs(2), Duration::from_secs(16)];

/// Decides between two counts of threads by what the steps take. A slow step with all threads can last ten times as long as it
/// should, so it is given up at once; a step with few is never far from the best.
pub struct ThreadTuner {
    full: usize,
    few: usize,
    now: usize,
    /// Seconds of the newest steps since the last change, the first left out: it may prepare kernels.
    times: VecDeque<f32>,
    /// Steps since the last change.
    steps: usize,
    /// A typical step at fewer threads.
    few_s: Option<f32>,
    patience: Duration,
    changed: Option<Instant>,
    dragging: bool,
}

impl ThreadTuner {
    /// A decision between `full` threads and half of them, which begins with the fewer; none where there is nothing to decide.
    pub fn new(full: usize) -> Option<Self> {
        (full > 1).then(|| Self {
            full,
            few: full / 2,
            now: full / 2,
            times: VecDeque::new(),
            steps: 0,
            few_s: None,
            patience: PATIENCE[0],
            changed: None,
            dragging: false,
        })
    }

    /// The count to begin with, or that is in use.
    pub fn threads(&self) -> usize {
        self.now
    }

    /// Takes note of a step; the count of threads for the next one if that changes. While a slider is being dragged it is the lower.
    pub fn tick(&mut self, took: Duration, dragging: bool, now: Instant) -> Option<usize> {
        let since = *self.changed.get_or_insert(now);
        self.steps += 1;
        if self.steps > 1 {
            if self.times.len() == TYPICAL {
                self.times.pop_front();
            }
            self.times.push_back(took.as_secs_f32());
        }
        let lifted = std::mem::replace(&mut self.dragging, dragging) && !dragging;
        let next = if self.now == self.full {
            if dragging { self.few } else { self.with_all(took.as_secs_f32(), now - since) }
        } else {
            self.with_few(now - since, dragging, lifted)
        };
        (next != self.now).then(|| {
            (self.now, self.steps, self.changed) = (next, 0, Some(now));
            self.times.clear();
            next
        })
    }

    fn with_all(&mut self, took: f32, held: Duration) -> usize {
        let Some(few_s) = self.few_s else { return self.few };
        if held > 2 * PATIENCE[0] {
            self.patience = PATIENCE[0];
        }
        let slow = self.times.len() == TYPICAL && median(&self.times) > few_s * WORSE[0];
        if slow || took > few_s * WORSE[1] { self.few } else { self.full }
    }

    fn with_few(&mut self, held: Duration, dragging: bool, lifted: bool) -> usize {
        if self.times.len() < LEARN - 1 {
            return self.few;
        }
        let first = self.few_s.replace(median(&self.times)).is_none();
        if dragging || !(first || lifted || held >= self.patience) {
            return self.few;
        }
        if !first && !lifted {
            self.patience = (2 * self.patience).min(PATIENCE[1]);
        }
        self.full
    }
}

/// The lower median; 0 of nothing.
fn median(times: &VecDeque<f32>) -> f32 {
    let mut sorted: Vec<f32> = times.iter().copied().collect();
    sorted.sort_by(f32::total_cmp);
    sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(0.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine with the milliseconds that a step takes with all threads and with half of them.
    struct Machine {
        thread_tuner: ThreadTuner,
        threads: usize,
        now: Instant,
    }

    impl Machine {
        fn new() -> Self {
            let thread_tuner = ThreadTuner::new(4).unwrap();
            Self { threads: thread_tuner.threads(), thread_tuner, now: Instant::now() }
        }

        /// Works for a number of seconds; returns the share of time with all threads, and the steps done.
        fn work(&mut self, seconds: f32, [full, few]: [u64; 2], dragging: bool) -> (f32, usize) {
            let (begin, mut with_all, mut steps) = (self.now, 0.0, 0);
            while (self.now - begin).as_secs_f32() < seconds {
                let took = Duration::from_millis(if self.threads == 4 { full } else { few });
                self.now += took;
                steps += 1;
                with_all += if self.threads == 4 { took.as_secs_f32() } else { 0.0 };
                if let Some(threads) = self.thread_tuner.tick(took, dragging, self.now) {
                    self.threads = threads;
                }
            }
            (with_all / (self.now - begin).as_secs_f32(), steps)
        }
    }

    const QUIET: [u64; 2] = [90, 160];
    const BUSY: [u64; 2] = [1_500, 200];

    #[test]
    fn one_thread_leaves_nothing_to_decide() {
        assert!(ThreadTuner::new(1).is_none() && ThreadTuner::new(2).is_some_and(|s| s.few == 1));
    }

    #[test]
    fn a_quiet_machine_has_all_threads_after_a_first_look_at_fewer() {
        let mut machine = Machine::new();
        machine.work(1.0, QUIET, false);
        assert!(machine.work(20.0, QUIET, false).0 > 0.999);
    }

    #[test]
    fn a_busy_machine_gets_fewer_and_all_come_back_when_it_is_quiet_again() {
        let mut machine = Machine::new();
        machine.work(10.0, QUIET, false);
        let (_, steps) = machine.work(120.0, BUSY, false);
        // With all threads it would be 80 steps, with few 600.
        assert!(steps > 480, "{steps}");
        machine.work(PATIENCE[1].as_secs_f32(), QUIET, false);
        assert!(machine.work(20.0, QUIET, false).0 > 0.999);
    }

    #[test]
    fn a_network_too_small_for_all_threads_has_fewer() {
        let mut machine = Machine::new();
        let (share, _) = machine.work(120.0, [11, 10], false);
        assert!(share < 0.05, "{share}");
    }

    #[test]
    fn a_start_on_a_busy_machine_wastes_few_steps() {
        let (_, steps) = Machine::new().work(30.0, BUSY, false);
        assert!(steps > 110, "{steps} of 150 with few threads");
    }

    #[test]
    fn a_finger_gets_a_core_at_once_and_gives_it_back() {
        let mut machine = Machine::new();
        machine.work(10.0, QUIET, false);
        machine.work(0.09, QUIET, true);
        assert_eq!(machine.threads, 2);
        assert!(machine.work(30.0, QUIET, true).0 < 0.001);
        machine.work(0.1, QUIET, false);
        assert_eq!(machine.threads, 4);
    }
}
