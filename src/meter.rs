//! Figures of the last few seconds for the performance overlay: how long things took, and what the process uses.

mod memory;

pub use memory::{free_memory, physical_memory};

use std::collections::VecDeque;
use std::time::{Duration, Instant};

/// How long a measured value counts.
pub const SPAN: Duration = Duration::from_secs(5);
/// Figures kept of one kind, so that nothing grows however fast they come.
const MOST: usize = 2_048;
/// Ticks a second in `/proc/self/stat`: part of Linux's interface, the same on every machine in use.
const TICKS: f64 = 100.0;

/// One kind of figure.
#[derive(Clone, Debug, Default)]
pub struct Meter {
    noted: VecDeque<(Instant, f64)>,
}

/// The middle and the slow end of a kind of figure.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Spread {
    /// Half are at most this.
    pub median: f64,
    /// 95 of 100 are at most this.
    pub p95: f64,
}

impl Meter {
    /// Notes a figure.
    pub fn note(&mut self, now: Instant, value: f64) {
        while self.noted.len() >= MOST || self.noted.front().is_some_and(|(at, _)| now.duration_since(*at) > SPAN) {
            self.noted.pop_front();
        }
        self.noted.push_back((now, value));
    }

    /// Notes a length of time in milliseconds.
    pub fn note_ms(&mut self, now: Instant, length: Duration) {
        self.note(now, length.as_secs_f64() * 1e3);
    }

    /// The figures of the last [`SPAN`].
    fn recent(&self, now: Instant) -> impl Iterator<Item = f64> {
        self.noted.iter().filter(move |(at, _)| now.saturating_duration_since(*at) <= SPAN).map(|(_, value)| *value)
    }

    /// Their spread; `None` when there are none.
    pub fn spread(&self, now: Instant) -> Option<Spread> {
        let mut values: Vec<f64> = self.recent(now).collect();
        values.sort_by(f64::total_cmp);
        Some(Spread { median: at_share(&values, 0.5)?, p95: at_share(&values, 0.95)? })
    }

    /// How many there are, and their sum.
    pub fn total(&self, now: Instant) -> (usize, f64) {
        self.recent(now).fold((0, 0.0), |(count, sum), value| (count + 1, sum + value))
    }
}

/// The value that a share of all, 0 to 1, does not exceed; `sorted` rises.
pub fn at_share(sorted: &[f64], share: f64) -> Option<f64> {
    sorted.get(((sorted.len() as f64 - 1.0) * share).round() as usize).copied()
}

/// All that the overlay shows. Times are in milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Meters {
    /// Time from frame to frame, while frames follow each other.
    pub frame: Meter,
    /// What reading the post and drawing the panels took of it.
    pub ours: Meter,
    /// A training step.
    pub step: Meter,
    /// The generator's work for the sliders' picture.
    pub decode: Meter,
    /// Time from posting a request to its picture in the lane.
    pub picture: Meter,
    /// Time from posting a request to its texture.
    pub texture: Meter,
    /// One for each posted request: 1 when it replaced one that nobody had drawn yet, else 0.
    pub replaced: Meter,
    /// What the process uses.
    pub usage: Usage,
}

/// What the process uses; `None` where the system does not tell.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Usage {
    /// Resident memory in bytes.
    pub resident: Option<u64>,
    /// Share of all cores, 0 to 1, since the reading before.
    pub load: Option<f64>,
}

/// Reads what the process uses, a reading at a time. It opens two small files of the system: not for the thread that draws.
#[derive(Debug, Default)]
pub struct UsageReader {
    before: Option<(Instant, f64)>,
}

impl UsageReader {
    /// What is used now; the load is that since the last call.
    pub fn read(&mut self) -> Usage {
        let text = |path: &str| std::fs::read_to_string(path).unwrap_or_default();
        let now = Instant::now();
        let busy = busy_secs(&text("/proc/self/stat"));
        let before = std::mem::replace(&mut self.before, busy.map(|busy| (now, busy)));
        let cores = std::thread::available_parallelism().map_or(1.0, |n| n.get() as f64);
        let load = before.zip(busy).and_then(|((then, was), busy)| {
            let passed = now.duration_since(then).as_secs_f64();
            (passed > 0.0).then(|| ((busy - was) / passed / cores).clamp(0.0, 1.0))
        });
        Usage { resident: resident(&text("/proc/self/status")), load }
    }
}

/// Seconds of processor time, own and the system's, that a text of `/proc/self/stat` tells.
fn busy_secs(stat: &str) -> Option<f64> {
    // The second field is the program's name in brackets and may hold anything; the times are the 14th and 15th.
    let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
    let mut ticks = || fields.next()?.parse::<f64>().ok();
    Some((ticks()? + ticks()?) / TICKS)
}

/// Bytes of resident memory that a text of `/proc/self/status` tells.
fn resident(status: &str) -> Option<u64> {
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"))?;
    Some(line.split_whitespace().next()?.parse::<u64>().ok()? * 1_024)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_last_seconds_count() {
        let (mut meter, start) = (Meter::default(), Instant::now());
        assert_eq!(meter.spread(start), None);
        meter.note(start, 1_000.0);
        let later = start + SPAN + Duration::from_millis(1);
        for value in (0..=100).rev() {
            meter.note(later, f64::from(value));
        }
        assert_eq!(meter.spread(later), Some(Spread { median: 50.0, p95: 95.0 }));
        assert_eq!(meter.total(later), (101, 5_050.0));
        assert_eq!(meter.spread(later + 2 * SPAN), None, "nothing new: nothing to show");
        for value in 0..10_000 {
            meter.note(later, f64::from(value));
        }
        assert_eq!(meter.noted.len(), MOST);
    }

    #[test]
    fn the_system_s_texts_are_read_whatever_the_program_is_called() {
        let stat = "4711 (a (b) c 7) S 1 2 3 4 5 6 7 8 9 10 250 50 0 0 20 0 9 0 12345 678 910";
        assert_eq!(busy_secs(stat), Some(3.0));
        assert_eq!((busy_secs(""), busy_secs("1 (x) S 1 2")), (None, None));
        assert_eq!(resident("Name:\tx\nVmRSS:\t    1234 kB\nVmLck: 0 kB\n"), Some(1_263_616));
        assert_eq!(resident("Name:\tx\n"), None);
    }
}
