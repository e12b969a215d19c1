//! Shows the progress of a run without a window, and stops it on a signal.

use crate::{
    cli::{Exit, line, monitor::RunMonitor, shared::colours},
    engine::{
        Engine,
        protocol::{Because, Command, Event},
    },
    history::Point,
    models,
    spec::Augment,
};
use anyhow::{Result, bail};
use indicatif::{ProgressBar, ProgressStyle};
use std::collections::BTreeMap;
use std::io::IsTerminal;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

/// Returns what a curve is called in the line of progress; `None` for those that do not stand in it.
fn loss_word(name: &str) -> Option<&'static str> {
    match name {
        "loss" => Some("loss"),
        "loss_g" => Some("G loss"),
        "loss_d" => Some("D loss"),
        "swd" => Some("SWD"),
        _ => None,
    }
}

/// Shows the progress of a run: a bar on a terminal, plain lines otherwise.
pub struct Follower {
    bar: Option<ProgressBar>,
    told: Instant,
    total: u64,
    losses: BTreeMap<&'static str, f32>,
    monitor: RunMonitor,
}

impl Follower {
    /// Makes a bar if stderr is a terminal.
    pub fn new() -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(0);
            if let Ok(style) =
                ProgressStyle::with_template("{msg}\n[{elapsed_precise}] {wide_bar} {pos}/{len} eta {eta}")
            {
                bar.set_style(style);
            }
            bar
        });
        Self { bar, told: Instant::now(), total: 0, losses: BTreeMap::new(), monitor: RunMonitor::default() }
    }

    /// Shows progress until the run ends, and stops the run when a signal came. Returns the exit code.
    pub fn follow(mut self, engine: &Engine, signal: &AtomicUsize) -> Result<Exit> {
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
                Event::Failed { failure: why, kept, .. } => {
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
        match &event {
            Event::Started { spec, points, .. } => self.monitor.begin(spec, points.clone()),
            Event::Scalars { points, .. } => {
                for line in self.monitor.look(points) {
                    self.say(&line);
                }
            }
            Event::Saved { step, .. } => self.monitor.saved(*step),
            Event::RolledBack { rollback, spec, why, .. } => {
                self.monitor.rolled_back(*rollback, spec);
                self.say(why);
            }
            _ => {}
        }
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
                let kind = colours(spec.data.channels);
                self.say(&format!(
                    "Training {family} on {count} pictures ({size}×{size}, {kind}) from step {step} to {} in {}",
                    spec.steps,
                    folder.display()
                ));
                let inputs = models::family(family).is_ok_and(|f| (f.card)().can.inputs);
                for (_, sentence) in Augment::leaks(&spec.knobs, inputs) {
                    self.say(&sentence);
                }
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
            Event::Rated { points, .. } => self.note(&points),
            Event::Warning { why, .. } => self.say(&why),
            Event::Saved { step, .. } if self.bar.is_none() && step > 0 => {
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
