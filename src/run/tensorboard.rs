//! TensorBoard event files: the curves, sample grids and settings of a run, for those who look at runs there.

mod encode;
mod tags;

pub use encode::{Record, record};
pub use tags::tag;

use super::{atomic, fault, read_spec};
use crate::{history::Point, picture::Picture, spec::RunSpec};
use anyhow::Result;
use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::fs::{self, OpenOptions};
use std::io::{self, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

/// How every event file's name begins; seconds since 1970 and a number follow.
const PREFIX: &str = "events.out.tfevents.";
/// Points of a curve that one flush, about one a second, writes at most.
const POINTS_A_FLUSH: usize = 5;
/// Bytes that wait at most while the disk takes nothing; older ones are forgotten then.
const MOST: usize = 1 << 20;
/// Once a file is this long, only pictures of steps well past the last one's go in: a night must not fill the disk.
const ENOUGH: u64 = 16 << 20;

/// The event file of a run that trains. It never fails: what goes wrong is a line to be read by [`EventLog::trouble`].
#[derive(Debug)]
pub struct EventLog {
    path: PathBuf,
    waiting: Vec<u8>,
    points: BTreeMap<Arc<str>, Vec<(u64, f64, f32)>>,
    trouble: Option<String>,
    failing: bool,
}

impl EventLog {
    /// Begins a new file for a run that goes on after `after_step`. Where there are older ones it says first that what they hold
    /// of later steps does not count.
    pub fn open(run: &Path, after_step: u64) -> Self {
        let (older, now) = (files(run), now());
        let mut begin = record(now, 0, &Record::Version);
        if !older.is_empty() {
            begin.extend(record(now, after_step + 1, &Record::Start));
        }
        if let Ok(spec) = read_spec(run) {
            begin.extend(record(now, after_step, &Record::Text { tag: "settings", text: &settings(&spec) }));
        }
        let path = next(run, &older, now);
        let mut log = Self { path, waiting: begin, points: BTreeMap::new(), trouble: None, failing: false };
        log.flush();
        log
    }

    /// Takes note of points; they are written, thinned, with the next flush.
    pub fn note(&mut self, points: &[Point]) {
        let now = if points.is_empty() { 0.0 } else { now() };
        for point in points {
            let curve = self.points.entry(point.name.clone()).or_default();
            curve.push((point.step, now, point.value));
        }
    }

    /// Writes what waits. What a full disk does not take is tried again.
    pub fn flush(&mut self) {
        let mut steps: BTreeMap<u64, (f64, Vec<(String, f32)>)> = BTreeMap::new();
        for (name, points) in &mut self.points {
            let tag = tags::tag(name);
            for (step, wall, value) in thinned(points) {
                steps.entry(step).or_insert_with(|| (wall, Vec::new())).1.push((tag.clone(), value));
            }
            points.clear();
        }
        for (step, (wall, values)) in steps {
            self.waiting.extend(record(wall, step, &Record::Scalars(&values)));
        }
        if self.waiting.is_empty() {
            return;
        }
        match append(&self.path, &self.waiting) {
            Ok(()) => {
                self.waiting.clear();
                self.failing = false;
            }
            Err(e) => {
                if !std::mem::replace(&mut self.failing, true) {
                    let why = atomic::sentence(&self.path, &e);
                    self.trouble = Some(format!("TensorBoard will not see this run for now; training goes on. {why}"));
                }
                if self.waiting.len() > MOST {
                    self.waiting = record(now(), 0, &Record::Version);
                }
            }
        }
    }

    /// What went wrong since somebody last asked, as one sentence or two.
    pub fn trouble(&mut self) -> Option<String> {
        self.trouble.take()
    }
}

/// Puts a sample grid into the newest event file of a run; nothing where there is none.
pub fn add_picture(run: &Path, step: u64, grid: &Picture, png: &[u8]) -> Result<()> {
    /// The file that a picture was last put into, and of which step it was.
    static LAST: Mutex<Option<(PathBuf, u64)>> = Mutex::new(None);
    let Some(path) = files(run).pop() else { return Ok(()) };
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let before = last.as_ref().filter(|(file, _)| *file == path).map_or(0, |(_, step)| *step);
    let long = path.metadata().is_ok_and(|about| about.len() > ENOUGH);
    if long && step < before + before / 20 {
        return Ok(());
    }
    let says = Record::Picture { tag: "samples", width: grid.width, height: grid.height, png };
    append(&path, &record(now(), step, &says)).map_err(|e| atomic::sentence(&path, &e))?;
    *last = Some((path, step));
    Ok(())
}

/// The event files of a run, oldest first.
pub fn files(run: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(run).into_iter().flatten().flatten();
    let mut files: Vec<_> =
        entries.filter(|e| e.file_name().to_str().is_some_and(|n| n.starts_with(PREFIX))).map(|e| e.path()).collect();
    files.sort();
    files
}

/// The name of the next file: TensorBoard reads them in the order of the alphabet, also when a clock was set back.
fn next(run: &Path, older: &[PathBuf], now: f64) -> PathBuf {
    let begun = |path: &PathBuf| path.file_name()?.to_str()?.strip_prefix(PREFIX)?.split('.').next()?.parse().ok();
    let newest = older.iter().filter_map(begun).max().unwrap_or(0);
    run.join(format!("{PREFIX}{:010}.{:04}", (now as u64).max(newest), older.len()))
}

/// Adds whole records to a file, or nothing: the trainer and the worker write to the same one.
fn append(path: &Path, records: &[u8]) -> io::Result<()> {
    static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());
    let _alone = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    fault::check(path)?;
    let mut file = OpenOptions::new().write(true).create(true).truncate(false).open(path)?;
    let end = file.seek(SeekFrom::End(0))?;
    let done = file.write_all(records);
    if done.is_err() {
        // A record cut short would hide all that follow it.
        let _ = file.set_len(end);
    }
    done
}

/// At most [`POINTS_A_FLUSH`] of the points, evenly, the newest among them.
fn thinned<T: Copy>(points: &[T]) -> impl Iterator<Item = T> {
    let (all, kept) = (points.len(), points.len().min(POINTS_A_FLUSH));
    (0..kept).map(move |i| points[(i + 1) * all / kept - 1])
}

/// The settings of a run as a table in Markdown.
fn settings(spec: &RunSpec) -> String {
    let mut text = String::from("| setting | value |\n|---|---|\n");
    for (id, value) in crate::compare::settings(spec) {
        let _ = writeln!(text, "| {id} | {} |", value.replace('|', "\\|"));
    }
    text
}

fn now() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |d| d.as_secs_f64())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fault::{After, inject};

    fn point(step: u64, name: &str) -> Point {
        Point { step, name: name.into(), value: step as f32 }
    }

    #[test]
    fn a_flush_keeps_a_few_points_of_each_curve_and_the_newest() {
        let kept = |n: u64| thinned(&(1..=n).collect::<Vec<_>>()).collect::<Vec<_>>();
        assert_eq!((kept(0), kept(3)), (vec![], vec![1, 2, 3]));
        assert_eq!(kept(100), [20, 40, 60, 80, 100]);
    }

    #[test]
    fn files_follow_each_other_also_when_the_clock_is_set_back() {
        let run = Path::new("run");
        let first = next(run, &[], 1_800_000_000.5);
        assert_eq!(first, run.join("events.out.tfevents.1800000000.0000"));
        let second = next(run, std::slice::from_ref(&first), 1_700_000_000.0);
        assert_eq!(second, run.join("events.out.tfevents.1800000000.0001"));
        assert!(second > first);
    }

    #[test]
    fn a_full_disk_delays_records_and_warns_once() {
        let run = tempfile::tempdir().unwrap();
        let mut log = EventLog::open(run.path(), 0);
        assert_eq!(log.trouble(), None);
        let before = fs::read(&log.path).unwrap();
        let fault = inject(run.path(), 1, After::Dies);
        log.note(&[point(1, "loss")]);
        log.flush();
        let why = log.trouble().unwrap();
        assert!(why.contains("training goes on") && why.contains("disk is full"), "{why}");
        log.flush();
        assert_eq!(log.trouble(), None, "said once");
        assert_eq!(fs::read(&log.path).unwrap(), before);
        drop(fault);
        log.flush();
        assert!(fs::read(&log.path).unwrap().len() > before.len() && log.waiting.is_empty());
    }

    #[test]
    fn a_long_file_takes_fewer_pictures() {
        let run = tempfile::tempdir().unwrap();
        let log = EventLog::open(run.path(), 0);
        let length = || log.path.metadata().unwrap().len();
        let grid = Picture::filled(2, 2, [0; 3]);
        let add = |step| {
            let before = length();
            add_picture(run.path(), step, &grid, &[7; 100]).unwrap();
            length() > before
        };
        assert!(add(1_000) && add(1_001));
        let file = OpenOptions::new().write(true).open(&log.path).unwrap();
        file.set_len(ENOUGH + 1).unwrap();
        assert!(!add(1_040), "less than a twentieth further");
        assert!(add(1_060));
    }

    #[test]
    fn a_folder_without_an_event_file_gets_no_picture() {
        let run = tempfile::tempdir().unwrap();
        add_picture(run.path(), 1, &Picture::filled(2, 2, [0; 3]), &[]).unwrap();
        assert_eq!(fs::read_dir(run.path()).unwrap().count(), 0);
    }
}
