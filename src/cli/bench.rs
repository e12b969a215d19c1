//! `latent-studio bench`: speed and memory, one JSON object a line or a table.

use super::{line, wrong_use};
use crate::{
    engine::{
        Engine, Options,
        protocol::{Command, Event, Order, RunId},
    },
    latent::Code,
    models::{self, At, Batch, Model},
    nn::{self, Device, DeviceChoice, Precision},
    picture::Pixels,
    spec::{CPU, DataShape, DataSpec, Fit, Knobs, RUN_FORMAT, RunSpec, Value},
};
use anyhow::{Context, Result};
use clap::Args;
use serde_json::{Map, Value as Json, json};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// Arguments of `bench`.
#[derive(Args, Clone, Debug)]
pub struct Bench {
    /// What to measure: train, decode, pause, memory, frame, window (all when left out; window needs a display)
    pub what: Vec<String>,
    /// One JSON object a line
    #[arg(long)]
    pub json: bool,
    /// Timed steps
    #[arg(long, default_value_t = 20)]
    pub steps: usize,
    /// Seconds that frame and window are measured
    #[arg(long, default_value_t = 30)]
    pub seconds: u64,
    /// Draw the window with wgpu or glow; as the window itself chooses when left out
    #[arg(long, value_parser = ["wgpu", "glow"])]
    pub renderer: Option<String>,
    /// Threads to train with; all cores when left out
    #[arg(long)]
    pub threads: Option<usize>,
    /// Where to calculate: auto (a graphics card if there is one), cpu, or cuda:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    pub device: String,
}

/// What can be measured; the last two are measured by the window's own program.
pub const ALL: [&str; 6] = ["train", "decode", "pause", "memory", "frame", "window"];

/// A network to measure.
#[derive(Clone, Copy)]
struct Case {
    size: usize,
    width: usize,
    channels: usize,
    batch: usize,
    precision: &'static str,
}

const CASES: [Case; 4] = [
    Case { size: 32, width: 64, channels: 1, batch: 64, precision: "auto" },
    Case { size: 32, width: 64, channels: 1, batch: 64, precision: "fp32" },
    Case { size: 32, width: 32, channels: 1, batch: 64, precision: "auto" },
    Case { size: 64, width: 32, channels: 3, batch: 64, precision: "auto" },
];

impl Bench {
    /// What was asked for, checked.
    pub fn wants(&self) -> Result<Vec<&'static str>> {
        if self.what.is_empty() {
            return Ok(ALL.to_vec());
        }
        self.what
            .iter()
            .map(|what| {
                let known = ALL.into_iter().find(|known| known == what);
                known.ok_or_else(|| {
                    wrong_use(format!("There is no bench called {what:?}; there are {}.", ALL.join(", ")))
                })
            })
            .collect()
    }

    /// The device that was asked for, if it is there.
    pub fn choice(&self) -> Result<DeviceChoice> {
        super::device(&self.device)
    }

    fn device(&self) -> Result<Device> {
        self.choice()?.resolve()
    }

    /// Measures what needs no window.
    pub fn run(&self) -> Result<()> {
        let wanted = self.wants()?;
        self.choice()?;
        let threads = self.threads.unwrap_or_else(|| Options::usual().threads);
        nn::use_threads(threads);
        for what in wanted {
            match what {
                "train" => CASES.iter().try_for_each(|case| self.train(*case, threads))?,
                "decode" => [1, 64].iter().try_for_each(|batch| self.decode(CASES[0], *batch))?,
                "pause" => self.pause(threads)?,
                "memory" => self.memory(threads)?,
                _ => {}
            }
        }
        Ok(())
    }

    fn train(&self, case: Case, threads: usize) -> Result<()> {
        nn::use_threads(threads);
        let (mut model, batch) = case.model(self.device()?)?;
        let mut at = At { step: 0, horizon: 1_000 };
        let mut step = || {
            at.step += 1;
            let begin = Instant::now();
            model.step(&batch, &at).map(|_| begin.elapsed().as_secs_f64() * 1e3)
        };
        (0..3).try_for_each(|_| step().map(drop))?;
        let times = (0..self.steps.max(1)).map(|_| step()).collect::<Result<Vec<_>>>()?;
        let (median, p95) = spread(times);
        let images = case.batch as f64 / median * 1e3;
        self.print("train", case, threads, &[("step_ms", median), ("step_ms_p95", p95), ("images_per_s", images)])
    }

    /// Measured as the previewer does it: a player on one thread.
    fn decode(&self, case: Case, batch: usize) -> Result<()> {
        nn::use_threads(1);
        let device = self.device()?;
        let (model, _) = case.model(device)?;
        let weights = model.weights(0)?;
        let shape = case.shape();
        let mut player = (models::family("dcgan")?.player)(&case.knobs()?, &shape, device)?;
        player.take(&weights.ema, None)?;
        let codes: Vec<_> = (0..batch as u64).map(|seed| Code::from_seed(seed, player.z_dim())).collect();
        let play = || {
            let begin = Instant::now();
            player.play(&codes).map(|_| begin.elapsed().as_secs_f64() * 1e3)
        };
        (0..10).try_for_each(|_| play().map(drop))?;
        let (median, p95) = spread((0..50).map(|_| play()).collect::<Result<Vec<_>>>()?);
        self.print("decode", Case { batch, ..case }, 1, &[("decode_ms", median), ("decode_ms_p95", p95)])
    }

    /// From the order to its answer, beside the length of a step.
    fn pause(&self, threads: usize) -> Result<()> {
        let case = CASES[0];
        let home = tempfile::tempdir()?;
        let runs = home.path().to_path_buf();
        let options = Options { threads, device: self.choice()?, runs, sample_every_s: 2.0, adapt: false };
        let engine = Engine::start(Arc::new(|| {}), options)?;
        let order = Order {
            run: RunId(1),
            spec: case.spec("shapes:2000", threads)?,
            folder: home.path().join("run"),
            resume: false,
        };
        let send = |command| engine.send(command).map_err(|_| anyhow::anyhow!("The engine takes no orders."));
        send(Command::Start(Box::new(order)))?;
        let (mut waits, mut step_ms) = (Vec::new(), 0.0);
        for _ in 0..8 {
            let begin = Instant::now();
            while begin.elapsed() < Duration::from_millis(900) {
                if let Ok(Event::Scalars { pace, .. }) = engine.events.recv_timeout(Duration::from_millis(50)) {
                    step_ms = 1e3 / f64::from(pace.steps_per_s.max(1e-3));
                }
            }
            let asked = Instant::now();
            send(Command::Pause)?;
            loop {
                match engine.events.recv_timeout(Duration::from_mins(1)).context("The engine fell silent.")? {
                    Event::Paused { .. } => break,
                    Event::Failed { why, .. } => anyhow::bail!("{why}"),
                    _ => {}
                }
            }
            waits.push(asked.elapsed().as_secs_f64() * 1e3);
            send(Command::Resume)?;
        }
        let (median, p95) = spread(waits);
        self.print("pause", case, threads, &[("pause_ms", median), ("pause_ms_p95", p95), ("step_ms", step_ms)])
    }

    /// Growth of the resident memory over 5,000 steps of a small network.
    fn memory(&self, threads: usize) -> Result<()> {
        const STEPS: u64 = 5_000;
        let case = Case { width: 16, ..CASES[0] };
        nn::use_threads(threads);
        let (mut model, batch) = case.model(self.device()?)?;
        let mut first = 0.0;
        for step in 0..STEPS {
            model.step(&batch, &At { step, horizon: STEPS })?;
            if step == 200 {
                first = resident_mb();
            }
        }
        let last = resident_mb();
        self.print("memory", case, threads, &[("steps", STEPS as f64), ("rss_mb", last), ("growth_mb", last - first)])
    }

    /// Prints what the window's program measured beside a run of the usual case.
    pub fn print_window(
        &self,
        bench: &str,
        threads: usize,
        figures: &std::collections::BTreeMap<&'static str, f64>,
    ) -> Result<()> {
        let figures: Vec<_> = figures.iter().map(|(key, value)| (*key, *value)).collect();
        self.print(bench, CASES[0], threads, &figures)
    }

    fn print(&self, bench: &str, case: Case, threads: usize, figures: &[(&str, f64)]) -> Result<()> {
        let device = self.device()?;
        let precision = Precision::from_word(case.precision, device).word();
        let mut row = Map::new();
        for (key, value) in [
            ("bench", json!(bench)),
            ("family", json!("dcgan")),
            ("size", json!(case.size)),
            ("width", json!(case.width)),
            ("channels", json!(case.channels)),
            ("batch", json!(case.batch)),
            ("threads", json!(threads)),
            ("device", json!(nn::device_word(device))),
            ("precision", json!(precision)),
        ] {
            row.insert(key.into(), value);
        }
        row.extend(figures.iter().map(|(key, value)| ((*key).to_owned(), json!((value * 1e3).round() / 1e3))));
        row.insert("load_average".into(), load_average());
        print_row(&row, self.json);
        Ok(())
    }
}

/// Prints a row as JSON, or as `key value` pairs in columns.
pub fn print_row(row: &Map<String, Json>, as_json: bool) {
    if as_json {
        return line(&Json::Object(row.clone()).to_string());
    }
    let plain = |v: &Json| v.as_str().map_or_else(|| v.to_string(), str::to_owned);
    line(&row.iter().map(|(k, v)| format!("{k} {:<7}", plain(v))).collect::<Vec<_>>().join(" "));
}

impl Case {
    fn shape(self) -> DataShape {
        DataShape { count: 10_000, classes: 0, size: self.size, channels: self.channels, paired: false }
    }

    fn knobs(self) -> Result<Knobs> {
        let mut knobs = Knobs::start(&(models::family("dcgan")?.knobs)(&self.shape()));
        knobs.put("width", Value::Int(self.width as i64));
        knobs.put("batch", Value::Int(self.batch as i64));
        knobs.put("precision", Value::Text(self.precision.into()));
        Ok(knobs)
    }

    fn model(self, device: Device) -> Result<(Box<dyn Model>, Batch)> {
        nn::seed_global(0);
        let model = (models::family("dcgan")?.build)(&self.knobs()?, &self.shape(), device)?;
        let mut rng = crate::latent::rng(0, 0);
        let len = self.batch * self.size * self.size * self.channels;
        let bytes = (0..len).map(|_| crate::latent::below(&mut rng, 256) as u8).collect();
        let pictures = Pixels { count: self.batch, size: self.size, channels: self.channels, bytes };
        Ok((model, Batch { pictures: nn::settle(pictures, device)?, ..Batch::default() }))
    }

    fn spec(self, source: &str, threads: usize) -> Result<RunSpec> {
        Ok(RunSpec {
            format: RUN_FORMAT,
            name: "bench".into(),
            family: "dcgan".into(),
            seed: 1,
            steps: 1_000_000,
            threads,
            device: CPU.into(),
            program: env!("CARGO_PKG_VERSION").into(),
            libtorch: nn::LIBTORCH.into(),
            begun: 0,
            fingerprint: String::new(),
            data: DataSpec {
                source: source.into(),
                size: self.size,
                channels: self.channels,
                fit: Fit::Crop,
                background: [0; 3],
                seed: 1,
            },
            shape: self.shape(),
            knobs: self.knobs()?,
        })
    }
}

/// Median and 95th percentile.
pub fn spread(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |q: f64| values.get(((values.len() as f64 - 1.0) * q).round() as usize).copied().unwrap_or(f64::NAN);
    (at(0.5), at(0.95))
}

/// Resident memory of this process in MB; 0 where the system does not tell.
pub fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmRSS:"));
    line.and_then(|l| l.split_whitespace().next()).and_then(|kb| kb.parse::<f64>().ok()).unwrap_or(0.0) / 1e3
}

fn load_average() -> Json {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    json!(text.split_whitespace().next().and_then(|v| v.parse::<f64>().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_a_hundred_and_one_numbers() {
        assert_eq!(spread((0..=100).rev().map(f64::from).collect()), (50.0, 95.0));
    }
}
