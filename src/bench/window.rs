//! `bench latency` and `bench window`: how soon a slider answers and how smooth the window stays beside a training run.

use super::{
    case::CASES,
    lab::{Figures, Lab},
    rig::Rig,
    turns::Compared,
};
use anyhow::Result;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// How long a run is watched that trains without a window.
const ALONE: Duration = Duration::from_secs(8);

/// Measures without a window what a frame costs us in logic, panels and tessellation, and how soon a request is answered.
pub fn latency(lab: &mut Lab<'_>) -> Result<()> {
    let alone = alone(lab)?;
    let busy = Busy::start(lab.bench.busy)?;
    let figures = (lab.outside)("latency")?;
    drop(busy);
    match figures {
        Some(figures) => add(lab, "latency", figures, alone, None),
        None => Ok(()),
    }
}

/// Measures a window, and compares it to one that shows nothing during the same training.
pub fn window(lab: &mut Lab<'_>) -> Result<()> {
    let busy = Busy::start(lab.bench.busy)?;
    let Some(figures) = (lab.outside)("window")? else { return Ok(()) };
    let empty = (lab.outside)("empty")?;
    drop(busy);
    let alone = alone(lab)?;
    let compared = empty.as_ref().and_then(|empty| beside(&figures, empty));
    add(lab, "window", figures, alone, compared)
}

fn alone(lab: &Lab<'_>) -> Result<f64> {
    Rig::start(lab.threads(), lab.bench.choice()?)?.pace(ALONE)
}

/// Compares the 95th percentiles of both windows' frames, since a person notices the slow ones.
fn beside(ours: &Figures, empty: &Figures) -> Option<Compared> {
    let p95 = "frame_ms_p95";
    let (ours, theirs) = (ours.get(p95)?, empty.get(p95)?);
    Some(Compared {
        against: "an empty window beside the same training (p95 of a frame)".into(),
        peer_ms: *empty.get("frame_ms")?,
        peer_ms_p95: *theirs,
        ratio: theirs / ours,
    })
}

fn add(lab: &mut Lab<'_>, bench: &'static str, figures: Figures, alone: f64, compared: Option<Compared>) -> Result<()> {
    let share = figures.get("steps_per_s").map_or(f64::NAN, |pace| pace / alone);
    let row = CASES[0].row(bench, lab.threads(), lab.device).fact("busy", lab.bench.busy).figures(figures);
    let row = row.figures([("alone_steps_per_s", alone), ("share_of_alone", share)]);
    lab.report.add(row.against(compared))
}

/// Threads that keep cores busy until this is dropped.
struct Busy {
    over: Arc<AtomicBool>,
    threads: Vec<std::thread::JoinHandle<()>>,
}

impl Busy {
    fn start(count: usize) -> Result<Self> {
        let over = Arc::new(AtomicBool::new(false));
        let spin = |_| {
            let over = over.clone();
            let work = move || {
                while !over.load(Ordering::Relaxed) {
                    std::hint::spin_loop();
                }
            };
            std::thread::Builder::new().name("busy".into()).spawn(work)
        };
        let threads = (0..count).map(spin).collect::<std::io::Result<_>>()?;
        Ok(Self { over, threads })
    }
}

impl Drop for Busy {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Relaxed);
        for thread in self.threads.drain(..) {
            let _ = thread.join();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_frame_is_compared_by_its_slow_ones() {
        let ours = Figures::from([("frame_ms", 20.0), ("frame_ms_p95", 40.0)]);
        let empty = Figures::from([("frame_ms", 18.0), ("frame_ms_p95", 36.0)]);
        let compared = beside(&ours, &empty).unwrap();
        assert_eq!((compared.peer_ms, compared.peer_ms_p95, compared.ratio), (18.0, 36.0, 0.9));
        assert!(beside(&ours, &Figures::new()).is_none());
    }

    #[test]
    fn the_busy_ones_end() {
        drop(Busy::start(2).unwrap());
    }
}
