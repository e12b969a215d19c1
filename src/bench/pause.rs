//! `bench pause`: from the order to its answer, beside the length of a step.

use super::{case::CASES, lab::Lab, rig::Rig, spread::spread};
use crate::engine::protocol::{Command, Event};
use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// Pauses a run eight times, a little less than a second apart.
pub fn measure(lab: &mut Lab<'_>) -> Result<()> {
    let threads = lab.threads();
    let rig = Rig::start(threads, lab.bench.choice()?)?;
    let (mut waits, mut step_ms) = (Vec::new(), 0.0);
    for _ in 0..8 {
        let begin = Instant::now();
        while begin.elapsed() < Duration::from_millis(900) {
            if let Some(Event::Scalars { pace, .. }) = rig.next_event(Duration::from_millis(50))? {
                step_ms = 1e3 / f64::from(pace.steps_per_s.max(1e-3));
            }
        }
        let asked = Instant::now();
        rig.send(Command::Pause)?;
        loop {
            let event = rig.next_event(Duration::from_mins(1))?.context("The engine fell silent.")?;
            if matches!(event, Event::Paused { .. }) {
                break;
            }
        }
        waits.push(asked.elapsed().as_secs_f64() * 1e3);
        rig.send(Command::Resume)?;
    }
    let (median, p95) = spread(waits);
    let figures = [("pause_ms", median), ("pause_ms_p95", p95), ("step_ms", step_ms)];
    lab.report.add(CASES[0].row("pause", threads, lab.device).figures(figures))
}
