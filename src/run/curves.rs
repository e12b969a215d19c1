//! The metric log: the curves of a run, a point a line.

use super::{atomic, fault, lines, name, tensorboard::EventLog};
use crate::history::Point;
use anyhow::{Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::fs::{File, OpenOptions};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// Bytes that wait before they are written.
const BATCH: usize = 32 << 10;
/// Bytes that wait at most while the disk is full.
const MOST: usize = 4 << 20;

/// The curves of a run, open to be added to, and their copy for TensorBoard. Writes by itself now and then, and when it is dropped.
#[derive(Debug)]
pub struct MetricLog {
    path: PathBuf,
    file: File,
    waiting: Vec<u8>,
    events: EventLog,
}

/// `{"step":12,"name":"loss_g","value":0.7}`; a value that is not finite is `null`.
#[derive(Serialize, Deserialize)]
struct Line<'a> {
    step: u64,
    #[serde(borrow)]
    name: std::borrow::Cow<'a, str>,
    value: Option<f32>,
}

impl MetricLog {
    /// Opens the log of a run that goes on after `after_step`: points beyond it, and a last line that a crash tore, are
    /// dropped.
    pub fn open(run: &Path, after_step: u64) -> Result<Self> {
        let path = run.join(name::METRICS);
        let unreadable = |e: io::Error| anyhow!("{} can't be read ({e}).", path.display());
        let (mut kept, mut lost) = (Vec::new(), false);
        lines::each(&path, |line| match serde_json::from_slice::<Line>(line) {
            Ok(point) if point.step <= after_step => {
                kept.extend_from_slice(line);
                kept.push(b'\n');
            }
            _ => lost = true,
        })
        .map_err(unreadable)?;
        let torn = path.metadata().is_ok_and(|about| about.len() != kept.len() as u64);
        if lost || torn {
            atomic::write(&path, &kept)?;
        }
        let file = OpenOptions::new().append(true).create(true).open(&path);
        let file = file.map_err(|e| atomic::sentence(&path, &e))?;
        Ok(Self { path, file, waiting: Vec::new(), events: EventLog::open(run, after_step) })
    }

    /// Adds points. After an error they wait and are written later, unless too many wait already.
    pub fn append(&mut self, points: &[Point]) -> Result<()> {
        if self.waiting.len() > MOST {
            self.flush()?;
        }
        self.events.note(points);
        for point in points {
            let value = point.value.is_finite().then_some(point.value);
            let line = Line { step: point.step, name: (&*point.name).into(), value };
            serde_json::to_writer(&mut self.waiting, &line)?;
            self.waiting.push(b'\n');
        }
        if self.waiting.len() > BATCH { self.flush() } else { Ok(()) }
    }

    /// Hands everything that waits to the system. What a full disk does not take stays and is tried again.
    pub fn flush(&mut self) -> Result<()> {
        self.events.flush();
        while !self.waiting.is_empty() {
            match fault::check(&self.path).and_then(|()| self.file.write(&self.waiting)) {
                Ok(0) => bail!("{} takes no more bytes; the curves are kept in memory for now.", self.path.display()),
                // What was taken must not be written twice, or lines would run together.
                Ok(taken) => drop(self.waiting.drain(..taken)),
                Err(e) if e.kind() == io::ErrorKind::Interrupted => {}
                Err(e) => return Err(atomic::sentence(&self.path, &e)),
            }
        }
        Ok(())
    }

    /// What went wrong with the files for TensorBoard since somebody last asked.
    pub fn trouble(&mut self) -> Option<String> {
        self.events.trouble()
    }
}

impl Drop for MetricLog {
    fn drop(&mut self) {
        let _ = self.flush();
    }
}

/// All points of a run's curves in the order they were written. Lines that can't be read are passed over.
pub fn points(run: &Path) -> Result<Vec<Point>> {
    let path = run.join(name::METRICS);
    let (mut points, mut names) = (Vec::new(), HashMap::<String, Arc<str>>::new());
    lines::each(&path, |line| {
        let Ok(line) = serde_json::from_slice::<Line>(line) else { return };
        // A handful of names, each kept once.
        let name = names.get(&*line.name).cloned().unwrap_or_else(|| {
            let name: Arc<str> = line.name.as_ref().into();
            names.insert(line.name.into_owned(), name.clone());
            name
        });
        points.push(Point { step: line.step, name, value: line.value.unwrap_or(f32::NAN) });
    })
    .map_err(|e| anyhow!("{} can't be read ({e}).", path.display()))?;
    Ok(points)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::fault::{After, inject};
    use std::fs;

    fn point(step: u64, value: f32) -> Point {
        Point { step, name: "loss_g".into(), value }
    }

    #[test]
    fn points_come_back_and_a_resumed_run_cuts_them() {
        let run = tempfile::tempdir().unwrap();
        assert_eq!(points(run.path()).unwrap(), []);
        let all: Vec<_> = (1..=9).map(|s| point(s, 0.1 * s as f32)).collect();
        let mut log = MetricLog::open(run.path(), 0).unwrap();
        log.append(&all).unwrap();
        assert_eq!(points(run.path()).unwrap(), [], "a few wait");
        log.flush().unwrap();
        assert_eq!(points(run.path()).unwrap(), all);
        let path = run.path().join("metrics.jsonl");
        let text = fs::read_to_string(&path).unwrap();
        assert_eq!(text.lines().next(), Some(r#"{"step":1,"name":"loss_g","value":0.1}"#));
        drop(log);
        fs::write(&path, format!("{text}{{\"step\":10,\"na")).unwrap();
        assert_eq!(points(run.path()).unwrap().len(), 9, "a torn line is ignored");
        let mut log = MetricLog::open(run.path(), 5).unwrap();
        log.append(&[point(6, f32::NAN), point(7, f32::INFINITY)]).unwrap();
        drop(log);
        let back = points(run.path()).unwrap();
        assert_eq!(back[..5], all[..5]);
        assert_eq!(back.len(), 7);
        assert!(back[5].value.is_nan() && back[6].value.is_nan());
    }

    #[test]
    fn a_full_disk_delays_points_and_loses_none() {
        let run = tempfile::tempdir().unwrap();
        let mut log = MetricLog::open(run.path(), 0).unwrap();
        log.append(&[point(1, 1.0)]).unwrap();
        let fault = inject(run.path(), 1, After::Dies);
        assert!(log.flush().unwrap_err().to_string().contains("disk is full"));
        log.append(&[point(2, 2.0)]).unwrap();
        assert!(log.flush().is_err());
        drop(fault);
        log.flush().unwrap();
        assert_eq!(points(run.path()).unwrap(), [point(1, 1.0), point(2, 2.0)]);
    }

    #[test]
    fn lines_that_are_not_points_are_passed_over() {
        let run = tempfile::tempdir().unwrap();
        let text = "\n{\"step\":1,\"name\":\"a\\u0062\",\"value\":1e99}\nx\n{\"step\":-1}\n{\"step\":2,\"name\":\"c\",\"value\":null}\n";
        fs::write(run.path().join("metrics.jsonl"), text).unwrap();
        let points = points(run.path()).unwrap();
        assert_eq!(points.iter().map(|p| &*p.name).collect::<Vec<_>>(), ["ab", "c"]);
    }
}
