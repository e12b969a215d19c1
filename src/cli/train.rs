//! `latent-studio train`: the engine without a window.

use super::{Exit, device, line, wrong_use};
use crate::{
    engine::{
        Engine, Options,
        protocol::{Because, Command, Event, Order, RunId},
    },
    history::Point,
    models, nn, run,
    spec::{CPU, DataShape, DataSpec, Knobs, RUN_FORMAT, RunSpec},
};
use anyhow::{Result, bail};
use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};
use signal_hook::consts::{SIGINT, SIGTERM};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

/// Arguments of `train`.
#[derive(Args, Debug)]
pub struct Train {
    /// A built-in set (shapes, glyphs, galaxies, with `:COUNT` if wanted) or a path; may be left out with --resume
    #[arg(long)]
    data: Option<String>,
    /// Family of models; see `latent-studio families`
    #[arg(long)]
    family: Option<String>,
    /// A knob's value; may be given several times
    #[arg(long, value_name = "ID=VALUE")]
    set: Vec<String>,
    /// A preset of the family to start from
    #[arg(long)]
    preset: Option<String>,
    /// Total steps of the run; with --resume it may be raised
    #[arg(long)]
    steps: Option<u64>,
    /// All randomness flows from it
    #[arg(long)]
    seed: Option<u64>,
    /// The run folder
    #[arg(long)]
    out: PathBuf,
    /// Go on with the run in --out
    #[arg(long)]
    resume: bool,
    /// Threads to train with; the same run needs the same number
    #[arg(long)]
    threads: Option<usize>,
    /// Seconds between measurements of the pictures' quality, at least 1; they take a twentieth of the time at most. off for never
    #[arg(long, default_value = "5", value_name = "SECONDS|off")]
    measure_every: String,
    /// Where to calculate: auto (a graphics card if there is one), cpu, or cuda:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    device: String,
}

/// Total steps when nobody says.
const STEPS: u64 = 4_000;

impl Train {
    /// Trains to the end, or to a signal.
    pub fn run(self) -> Result<Exit> {
        let mut options = Options::usual();
        if let Some(threads) = self.threads {
            if !(1..=256).contains(&threads) {
                return Err(wrong_use("--threads is a number from 1 to 256."));
            }
            options.threads = threads;
        }
        options.device = device(&self.device)?;
        options.measure_every_s = pause(&self.measure_every).map_err(wrong_use)?;
        let spec = if self.resume { self.resumed()? } else { self.fresh(&options)? };
        // First signal: a flag that the loop below reads. Second: the end at once.
        let signal = Arc::new(AtomicUsize::new(0));
        for (number, code) in [(SIGINT, 2usize), (SIGTERM, 15)] {
            let armed = Arc::new(std::sync::atomic::AtomicBool::new(false));
            signal_hook::flag::register_conditional_shutdown(number, 128 + number, armed.clone())?;
            signal_hook::flag::register(number, armed)?;
            signal_hook::flag::register_usize(number, signal.clone(), code)?;
        }
        let engine = Engine::start(Arc::new(|| {}), options)?;
        let order = Order { run: RunId(1), spec, folder: self.out.clone(), resume: self.resume, adapt: false };
        engine.send(Command::Start(Box::new(order))).map_err(|_| anyhow::anyhow!("The engine takes no orders."))?;
        Follower::new().follow(&engine, &signal)
    }

    fn fresh(&self, options: &Options) -> Result<RunSpec> {
        if run::is_run(&self.out) {
            return Err(wrong_use(format!(
                "{} already holds a run; add --resume to continue it, or choose another folder.",
                self.out.display()
            )));
        }
        let Some(source) = &self.data else { return Err(wrong_use("Say what to train on: --data shapes, or a path.")) };
        let family_id = self.family.as_deref().unwrap_or("dcgan");
        let family = models::family(family_id).map_err(|e| wrong_use(e.to_string()))?;
        // Knobs are checked against the default shape first, so that wrong use is said before a slow disk is read.
        self.knobs(family, &DataShape::default())?;
        let shape = crate::data::open(source)?.survey()?;
        (family.fits)(&shape).map_err(wrong_use)?;
        let knobs = self.knobs(family, &shape)?;
        let seed = self.seed.unwrap_or(1);
        let steps = self.steps.unwrap_or(STEPS);
        if steps == 0 {
            return Err(wrong_use("--steps is a whole number from 1 on."));
        }
        let name = self.out.file_name().map_or_else(|| "run".into(), |n| n.to_string_lossy().into_owned());
        Ok(RunSpec {
            format: RUN_FORMAT,
            name,
            family: family_id.to_owned(),
            seed,
            steps,
            threads: options.threads,
            // The trainer notes where the run really begins.
            device: CPU.into(),
            program: env!("CARGO_PKG_VERSION").into(),
            libtorch: nn::LIBTORCH.into(),
            begun: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()),
            fingerprint: String::new(),
            class_names: Vec::new(),
            data: DataSpec::from_knobs(&absolute(source), &knobs, seed),
            shape,
            knobs,
        })
    }

    fn knobs(&self, family: &models::Family, shape: &DataShape) -> Result<Knobs> {
        let table = (family.knobs)(shape);
        let mut knobs = Knobs::start(&table);
        if let Some(id) = &self.preset {
            let presets = (family.presets)(shape);
            let Some(preset) = presets.iter().find(|p| p.id == *id) else {
                let known: Vec<_> = presets.iter().map(|p| p.id.as_str()).collect();
                return Err(wrong_use(format!("There is no preset called {id:?}; there are {}.", known.join(", "))));
            };
            knobs.0.extend(preset.set.0.clone());
        }
        for assignment in &self.set {
            knobs.set(&table, assignment).map_err(wrong_use)?;
        }
        Ok(knobs)
    }

    fn resumed(&self) -> Result<RunSpec> {
        if !run::is_run(&self.out) {
            return Err(wrong_use(format!(
                "{} holds no run to continue; leave --resume out to begin one.",
                self.out.display()
            )));
        }
        let mut spec = run::read_spec(&self.out)?;
        if !self.set.is_empty() || self.preset.is_some() {
            return Err(wrong_use(
                "The knobs of a run that has begun stay as they are; --set and --preset are for new runs.",
            ));
        }
        for (name, same) in [
            ("--family", self.family.as_ref().is_none_or(|f| *f == spec.family)),
            ("--seed", self.seed.is_none_or(|s| s == spec.seed)),
            ("--threads", self.threads.is_none_or(|t| t == spec.threads)),
        ] {
            if !same {
                return Err(wrong_use(format!("{name} differs from the run's own; leave it out.")));
            }
        }
        if let Some(steps) = self.steps {
            if steps < spec.steps {
                return Err(wrong_use(format!("--steps can be raised, not lowered: this run has {}.", spec.steps)));
            }
            spec.steps = steps;
        }
        if let Some(source) = &self.data {
            spec.data.source = absolute(source);
        }
        Ok(spec)
    }
}

/// Reads `5`, `0.5e2` or `off`.
fn pause(word: &str) -> Result<Option<f32>, &'static str> {
    let seconds = word.parse::<f32>().ok().filter(|s| (1.0..=86_400.0).contains(s));
    match seconds {
        None if word != "off" => Err("--measure-every is a number of seconds from 1 to 86400, or off."),
        seconds => Ok(seconds),
    }
}

/// Paths are kept absolute, so that a run finds its data from anywhere; built-in ids stay as they are.
fn absolute(source: &str) -> String {
    std::fs::canonicalize(source).ok().and_then(|p| p.to_str().map(str::to_owned)).unwrap_or_else(|| source.to_owned())
}

/// The losses that the line of progress tells.
fn loss_word(name: &str) -> Option<&'static str> {
    match name {
        "loss" => Some("loss"),
        "loss_g" => Some("G loss"),
        "loss_d" => Some("D loss"),
        "swd" => Some("SWD"),
        _ => None,
    }
}

/// Shows how the run goes: a bar on a terminal, plain lines otherwise.
struct Follower {
    bar: Option<ProgressBar>,
    told: Instant,
    total: u64,
    losses: BTreeMap<&'static str, f32>,
}

impl Follower {
    fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            if let Ok(style) =
                ProgressStyle::with_template("{msg}\n[{elapsed_precise}] {wide_bar} {pos}/{len} eta {eta}")
            {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, told: Instant::now(), total: 0, losses: BTreeMap::new() }
    }

    fn follow(mut self, engine: &Engine, signal: &AtomicUsize) -> Result<Exit> {
        let mut stopping = false;
        loop {
            let number = signal.load(Ordering::Relaxed);
            if number != 0 && !stopping {
                stopping = true;
                self.say("Stopping; a checkpoint is being written. A second signal ends at once.");
                engine.send(Command::Stop).map_err(|_| anyhow::anyhow!("The engine takes no orders."))?;
            }
            let Ok(event) = engine.events.recv_timeout(Duration::from_millis(100)) else { continue };
            match event {
                Event::Ended { step, because, .. } => {
                    self.finish();
                    if number != 0 || because != Because::Finished {
                        let how =
                            if step == 0 { "before it began" } else { "with a checkpoint; continue with --resume" };
                        self.say(&format!("Stopped at step {step}, {how}."));
                        return Ok(Exit::Signal(128 + i32::try_from(number.max(2)).unwrap_or(2)));
                    }
                    line(&format!("Done: {step} steps."));
                    return Ok(Exit::Done);
                }
                Event::Failed { why, kept, .. } => {
                    self.finish();
                    match kept {
                        Some(step) => bail!("{why} The checkpoint of step {step} is kept."),
                        None => bail!("{why}"),
                    }
                }
                other => self.show(other),
            }
        }
    }

    fn show(&mut self, event: Event) {
        match event {
            Event::Loading { done, total, .. } => self.now_and_then(|| format!("Reading pictures: {done} of {total}")),
            Event::Started { spec, step, folder, .. } => {
                self.total = spec.steps;
                if let Some(bar) = &self.bar {
                    bar.set_length(spec.steps);
                    bar.set_position(step);
                    bar.reset_eta();
                }
                let (count, size, family) = (spec.shape.count, spec.data.size, &spec.family);
                let kind = if spec.data.channels == 3 { "RGB" } else { "grey" };
                self.say(&format!(
                    "Training {family} on {count} pictures ({size}×{size}, {kind}) from step {step} to {} in {}",
                    spec.steps,
                    folder.display()
                ));
            }
            Event::Scalars { points, pace, .. } => {
                let step = points.last().map_or(0, |p| p.step);
                self.note(&points);
                let mut parts: Vec<String> =
                    self.losses.iter().map(|(word, value)| format!("{word} {value:.3}")).collect();
                parts.push(format!("{:.1} steps/s  {:.0} pictures/s", pace.steps_per_s, pace.images_per_s));
                let text = parts.join("  ");
                if let Some(bar) = &self.bar {
                    bar.set_position(step);
                    bar.set_message(text);
                } else {
                    let total = self.total;
                    self.now_and_then(|| format!("step {step}/{total}  {text}  {:.0} s left", pace.eta_s));
                }
            }
            Event::Scored { points, .. } => self.note(&points),
            Event::Warning { why, .. } => self.say(&why),
            Event::Saved { step, .. } if self.bar.is_none() => {
                self.say(&format!("Checkpoint of step {step} saved."));
            }
            _ => {}
        }
    }

    fn note(&mut self, points: &[Point]) {
        for point in points {
            if let Some(word) = loss_word(&point.name) {
                self.losses.insert(word, point.value);
            }
        }
    }

    fn now_and_then(&mut self, text: impl FnOnce() -> String) {
        if self.told.elapsed() >= Duration::from_secs(2) {
            self.told = Instant::now();
            self.say(&text());
        }
    }

    fn say(&self, text: &str) {
        match &self.bar {
            Some(bar) => bar.println(text),
            None => eprintln!("{text}"),
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
