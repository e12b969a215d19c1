//! `latent-studio bench`: speed and memory, one JSON object a line or a table, in turn with what they are compared to.

mod canvas;
mod case;
mod decode;
mod jpegs;
mod load;
mod memory;
mod pause;
mod peer;
mod report;
mod rig;
mod startup;
mod synth;
mod train;
mod turns;
mod window;

use super::wrong_use;
use crate::{
    engine::Options,
    nn::{self, Device, DeviceChoice},
};
use anyhow::{Context, Result};
use clap::Args;
use peer::Peer;
use report::Report;
pub use startup::WORDS as STARTUP_WORDS;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// Arguments of `bench`.
#[derive(Args, Clone, Debug)]
pub struct Bench {
    /// What to measure: train, decode, pause, memory, load, synth, startup, latency, window (all when left out; startup and window
    /// need a display)
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

/// Figures by name, as the window's own program takes them.
pub type Figures = BTreeMap<&'static str, f64>;

/// A measurement that only the window's program can take: `latency`, `window`, or `empty`, which is a window that shows nothing.
/// `None` where it can't be taken here.
pub type Outside<'a> = dyn FnMut(&'static str) -> Result<Option<Figures>> + 'a;

type Measure = fn(&mut Lab<'_>) -> Result<()>;

/// All that can be measured, in the order in which it is.
const ALL: &[(&str, Measure)] = &[
    ("train", train::measure),
    ("decode", decode::measure),
    ("pause", pause::measure),
    ("memory", memory::measure),
    ("load", load::measure),
    ("synth", synth::measure),
    ("startup", startup::measure),
    ("latency", window::latency),
    ("window", window::window),
];

/// What a measurement works with.
struct Lab<'a> {
    bench: &'a Bench,
    device: Device,
    report: Report,
    outside: &'a mut Outside<'a>,
}

impl Bench {
    /// Measures what was asked for, line by line.
    pub fn run<'a>(&'a self, outside: &'a mut Outside<'a>) -> Result<()> {
        let wanted = self.wants()?;
        if let Some(python) = &self.against {
            peer::check(python, &self.peers())?;
        }
        let device = self.choice()?.resolve()?;
        let mut lab = Lab { bench: self, device, report: Report::new(self.json, self.out.as_deref())?, outside };
        for measure in wanted {
            nn::use_threads(self.threads());
            measure(&mut lab)?;
        }
        Ok(())
    }

    /// What was asked for, checked.
    fn wants(&self) -> Result<Vec<Measure>> {
        if self.what.is_empty() {
            return Ok(ALL.iter().map(|(_, measure)| *measure).collect());
        }
        let find = |what: &String| {
            let known = ALL.iter().find(|(id, _)| id == what).map(|(_, measure)| *measure);
            known.ok_or_else(|| {
                let ids: Vec<_> = ALL.iter().map(|(id, _)| *id).collect();
                wrong_use(format!("There is no bench called {what:?}; there are {}.", ids.join(", ")))
            })
        };
        self.what.iter().map(find).collect()
    }

    /// The device that was asked for, if it is there.
    pub fn choice(&self) -> Result<DeviceChoice> {
        super::device(&self.device)
    }

    /// Threads to train and to read with.
    pub fn threads(&self) -> usize {
        self.threads.unwrap_or_else(|| Options::usual().threads).max(1)
    }

    fn peers(&self) -> PathBuf {
        self.peers.clone().unwrap_or_else(|| Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/peers"))
    }
}

impl Lab<'_> {
    fn threads(&self) -> usize {
        self.bench.threads()
    }

    /// One, and all that there are.
    fn one_and_all(&self) -> Vec<usize> {
        let mut counts = vec![1, self.threads()];
        counts.dedup();
        counts
    }

    /// Rounds, and repetitions in each, for so many repetitions in all. Nobody to take turns with: one round.
    fn rounds(&self, repetitions: usize) -> (usize, usize) {
        let rounds = if self.bench.against.is_some() { self.bench.rounds as usize } else { 1 };
        (rounds, repetitions.div_ceil(rounds).max(1))
    }

    /// Starts what we are compared to; `None` where nothing was asked for, or a module is missing, which is said once.
    fn peer(&self, script: &str, arguments: &[String]) -> Result<Option<Peer>> {
        let Some(python) = &self.bench.against else { return Ok(None) };
        Peer::start(python, &self.bench.peers().join(script), arguments)
            .with_context(|| format!("{script} could not be measured"))
    }
}

/// Median and 95th percentile; NaN of nothing.
fn spread(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |q: f64| values.get(((values.len() as f64 - 1.0) * q).round() as usize).copied().unwrap_or(f64::NAN);
    (at(0.5), at(0.95))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_a_hundred_and_one_numbers() {
        assert_eq!(spread((0..=100).rev().map(f64::from).collect()), (50.0, 95.0));
        assert!(spread(vec![]).0.is_nan());
    }

    #[test]
    fn the_ids_are_different() {
        let ids: std::collections::BTreeSet<_> = ALL.iter().map(|(id, _)| id).collect();
        assert_eq!(ids.len(), ALL.len());
    }
}
