//! An engine that trains the first case without a window, for measurements of a run.

use super::case::CASES;
use crate::engine::{
    Engine, Options,
    protocol::{Command, Event, Location, Order, RunId},
};
use crate::nn::DeviceChoice;
use anyhow::{Context, Result, bail};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tempfile::TempDir;

/// A run under way, which is ended when this is dropped.
pub struct Rig {
    engine: Engine,
    _home: TempDir,
}

impl Rig {
    /// Starts the run.
    pub fn start(threads: usize, device: DeviceChoice) -> Result<Self> {
        let home = tempfile::tempdir()?;
        let options =
            Options { threads, device, runs: home.path().to_path_buf(), sample_every_s: 2.0, measure_every_s: None };
        let engine = Engine::start(Arc::new(|| {}), options)?;
        let order = Order {
            run: RunId(1),
            spec: CASES[0].spec("shapes:2000", threads)?,
            location: Location::Folder(home.path().join("run")),
            resume: false,
            paused: false,
            adapt: false,
        };
        let rig = Self { engine, _home: home };
        rig.send(Command::Start(Box::new(order)))?;
        Ok(rig)
    }

    /// Gives the trainer an order.
    pub fn send(&self, command: Command) -> Result<()> {
        self.engine.send(command).map_err(|_| anyhow::anyhow!("The engine takes no orders."))
    }

    /// Returns the next event if one comes in time; an error if the run broke.
    pub fn next_event(&self, patience: Duration) -> Result<Option<Event>> {
        match self.engine.events.recv_timeout(patience) {
            Ok(Event::Failed { failure, .. }) => bail!(failure),
            Ok(event) => Ok(Some(event)),
            Err(_) => Ok(None),
        }
    }

    /// Returns the steps a second over a while, after the first few steps.
    pub fn pace(&self, length: Duration) -> Result<f64> {
        const WARM: u64 = 5;
        let mut first: Option<(Instant, u64)> = None;
        loop {
            let event = self.next_event(Duration::from_mins(1))?.context("The engine fell silent.")?;
            let Event::Scalars { points, .. } = event else { continue };
            let Some(step) = points.last().map(|point| point.step) else { continue };
            match first {
                None if step >= WARM => first = Some((Instant::now(), step)),
                Some((begun, before)) if begun.elapsed() >= length => {
                    return Ok((step - before) as f64 / begun.elapsed().as_secs_f64());
                }
                _ => {}
            }
        }
    }
}
