//! The arguments of `bench`, and what they give a measurement: device, report, threads, and the peer it is compared to.

use super::{peer::Peer, report::Report};
use crate::{
    engine::Options,
    nn::{Device, DeviceChoice},
    terminal::wrong_use,
};
use anyhow::{Context, Result};
use clap::Args;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Arguments of `bench`.
#[derive(Args, Clone, Debug)]
pub struct Bench {
    /// What to measure: train, decode, pause, memory, load, synth, startup, latency, window (all when left out; startup and
    /// window need a display)
    pub what: Vec<String>,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    /// Also write bench.json and bench.md to this folder
    #[arg(long, value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Timed steps of each case; 5 pictures are decoded for every 2 of them
    #[arg(long, default_value_t = 20)]
    pub steps: usize,
    /// Seconds that latency and window are measured
    #[arg(long, default_value_t = 30)]
    pub seconds: u64,
    /// Pictures of 500×375 that load reads; made once, in the folder for temporary files
    #[arg(long, default_value_t = 10_000, value_parser = clap::value_parser!(u32).range(20..=1_000_000))]
    pub files: u32,
    /// A Python with torch (and, for load, pillow and numpy, for synth, pymatting) to measure in turn with us
    #[arg(long, value_name = "PYTHON")]
    pub against: Option<PathBuf>,
    /// Rounds that we and the other take in turn, and starts of startup
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub rounds: u32,
    /// The folder of the scripts that are measured; tests/peers of the checkout when left out
    #[arg(long, value_name = "FOLDER")]
    pub peers: Option<PathBuf>,
    /// Threads that do nothing but keep a core busy beside latency and window
    #[arg(long, default_value_t = 0)]
    pub busy: usize,
    /// Draw the window with wgpu or glow; as the window itself chooses when left out
    #[arg(long, value_parser = ["wgpu", "glow"])]
    pub renderer: Option<String>,
    /// Where to calculate: auto (a graphics card if there is one), cpu, or cuda:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    pub device: String,
    /// Threads to train and to read with; all cores when left out
    #[arg(long)]
    pub threads: Option<usize>,
}

/// Figures by name, as `app::measure` takes them.
pub type Figures = BTreeMap<&'static str, f64>;

/// A measurement that only the window's program can take: `latency`, `window`, or `empty`, which is a window that shows nothing.
/// `None` where it can't be taken here.
pub type Outside<'a> = dyn FnMut(&'static str) -> Result<Option<Figures>> + 'a;

/// What is handed to a measurement.
pub struct Lab<'a> {
    pub bench: &'a Bench,
    pub device: Device,
    pub report: Report,
    pub outside: &'a mut Outside<'a>,
}

impl Bench {
    /// Returns the device that was asked for; wrong use if it is not there.
    pub fn choice(&self) -> Result<DeviceChoice> {
        let choice: DeviceChoice = self.device.parse().map_err(wrong_use)?;
        choice.resolve().map_err(|why| wrong_use(why.to_string()))?;
        Ok(choice)
    }

    /// Returns the number of threads to train and to read with.
    pub fn threads(&self) -> usize {
        self.threads.unwrap_or_else(|| Options::usual().threads).max(1)
    }

    /// Returns the folder of the peer scripts.
    pub fn peers(&self) -> PathBuf {
        self.peers.clone().unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers"))
    }
}

impl Lab<'_> {
    /// Returns the number of threads to train and to read with.
    pub fn threads(&self) -> usize {
        self.bench.threads()
    }

    /// Returns the numbers of threads to measure with: one, and all.
    pub fn one_and_all(&self) -> Vec<usize> {
        let mut counts = vec![1, self.threads()];
        counts.dedup();
        counts
    }

    /// Number of rounds, and repetitions in each, for a number of repetitions in all; one round when there is nothing to compare
    /// with.
    pub fn rounds(&self, repetitions: usize) -> (usize, usize) {
        let rounds = if self.bench.against.is_some() { self.bench.rounds as usize } else { 1 };
        (rounds, repetitions.div_ceil(rounds).max(1))
    }

    /// Starts a peer script. Returns `None` without `--against`, or if a module is missing, which is said once.
    pub fn peer(&self, script: &str, arguments: &[String]) -> Result<Option<Peer>> {
        let Some(python) = &self.bench.against else { return Ok(None) };
        Peer::start(python, &self.bench.peers().join(script), arguments)
            .with_context(|| format!("{script} could not be measured"))
    }
}
