//! What the window knows: a plain mirror, folded from the engine's events.

mod best;
mod canvas;
mod canvas_news;
mod costs;
mod health;
mod inputs;
mod intent;
mod open_run;
mod prepared;
pub mod scores;
mod states;

pub use canvas_news::{CanvasNews, Said};
pub use costs::trial;
pub use states::{DataState, Level, Line, Status};

use crate::{
    engine::protocol::{
        Because, Catalogue, Comparison, Cost, DataFacts, Event, JobId, OpenedRun, Place, Preview, RunEntry, RunId,
        Samples, Strip, Trial,
    },
    failure::Failure,
    history::History,
    meter::Meters,
    spec::{Card, DataShape},
};
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

/// Everything the window knows.
#[derive(Debug)]
pub struct Session {
    /// What can be chosen.
    pub catalogue: Catalogue,
    /// The open run.
    pub open_run: OpenRun,
    /// The chosen data.
    pub data: DataState,
    /// A few of its pictures before and after they are prepared.
    pub strip: Option<Strip>,
    /// Shape of the last surveyed source.
    pub surveyed: Option<(String, DataShape)>,
    /// Runs there are, newest first; `None` before they were listed.
    pub runs: Option<Vec<RunEntry>>,
    /// Runs side by side, while they are.
    pub comparison: Option<Arc<Comparison>>,
    /// Jobs under way: what they do, done, total.
    pub jobs: BTreeMap<JobId, (String, usize, usize)>,
    /// What happened, newest last, at most 2,000 lines.
    pub log: VecDeque<Line>,
    /// Lines not yet shown as toasts.
    pub toasts: VecDeque<Line>,
    /// Files that were written, newest last.
    pub wrote: Vec<PathBuf>,
    /// Data sources chosen lately, newest first.
    pub recent: Vec<String>,
    /// What the program measures of itself, while somebody looks.
    pub meters: Option<Meters>,
    /// Why no run can be started with what is set, in one sentence; `None` when it can. The app keeps it up to date.
    pub obstacle: Option<String>,
    /// What was measured of the open run.
    pub scores: scores::Scores,
    /// Tools at work on the canvas.
    pub canvas: CanvasNews,
    /// What was measured, the newest last.
    pub costs: VecDeque<(Trial, Result<Cost, Failure>)>,
    /// What is being measured now.
    pub measuring: Option<Trial>,
    begun: std::time::Instant,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            catalogue: Catalogue::default(),
            open_run: OpenRun::default(),
            data: DataState::None,
            strip: None,
            surveyed: None,
            runs: None,
            comparison: None,
            jobs: BTreeMap::new(),
            log: VecDeque::new(),
            toasts: VecDeque::new(),
            wrote: Vec::new(),
            recent: Vec::new(),
            meters: None,
            obstacle: None,
            scores: scores::Scores::default(),
            canvas: CanvasNews::default(),
            costs: VecDeque::new(),
            measuring: None,
            begun: std::time::Instant::now(),
        }
    }
}

impl Session {
    /// Opens another run; events of the former one change nothing from now on.
    pub fn present(&mut self, run: RunId, place: Option<Place>) {
        self.open_run = OpenRun { run, place, ..OpenRun::default() };
        self.scores.leave();
    }

    /// What the program measures of itself, while somebody looks.
    pub fn meters_mut(&mut self) -> Option<&mut Meters> {
        self.meters.as_mut()
    }

    /// Takes over one event.
    pub fn apply(&mut self, event: Event) {
        self.scores.on_event(&event, &self.open_run);
        match event {
            Event::Catalogue(catalogue) => self.catalogue = *catalogue,
            Event::Surveyed { source, shape } => self.surveyed = Some((source, shape)),
            Event::Loading { done, total, newest } => {
                if let DataState::Loading(_, d, t, picture) = &mut self.data {
                    (*d, *t) = (done, total);
                    if newest.is_some() {
                        *picture = newest;
                    }
                }
            }
            Event::Loaded(facts) => self.loaded(*facts),
            Event::LoadFailed { source, failure } => {
                let why = failure.to_string();
                // The data panel says it where the source is chosen; a toast would only say it again.
                self.log(Level::Failed, &why);
                self.data = DataState::Failed(source, why);
            }
            Event::Runs(runs) => self.listed(runs),
            Event::Compared(comparison) => self.comparison = Some(Arc::new(*comparison)),
            Event::Evaluated { .. } => self.say(Level::Done, "The pictures were measured; see the Scores tab."),
            Event::Measured { trial, cost } => self.measured(*trial, cost),
            Event::JobProgress { job, done, total } => {
                if let Some(entry) = self.jobs.get_mut(&job) {
                    (entry.1, entry.2) = (done, total);
                }
            }
            Event::JobDone { job, what, wrote } => {
                self.jobs.remove(&job);
                self.wrote.extend(wrote);
                self.say(Level::Done, &what);
            }
            Event::ToolDone(made) => self.made(*made),
            Event::JobFailed { job, failure } => {
                self.jobs.remove(&job);
                if !self.tool_failed(job, &failure) {
                    self.say_failure(&failure);
                }
            }
            of_a_run => self.apply_to_stage(of_a_run),
        }
    }

    fn apply_to_stage(&mut self, event: Event) {
        if run_of(&event) != Some(self.open_run.run) {
            return;
        }
        match event {
            Event::Opened(opened) => self.opened(*opened),
            Event::OpenFailed { failure, .. } => {
                let why = failure.to_string();
                self.say(Level::Failed, &why);
                self.open_run.status = Status::Failed(why, None);
            }
            Event::Preparing { .. } => self.open_run.status = Status::Preparing,
            Event::Started { spec, folder, step, z_dim, points, .. } => {
                let open_run = &mut self.open_run;
                open_run.place = Some(Place::Folder(folder));
                (open_run.spec, open_run.step, open_run.z_dim, open_run.playable) = (Some(*spec), step, z_dim, true);
                (open_run.status, open_run.writable) = (Status::Training, true);
                open_run.history = History::default();
                open_run.history.extend(points);
                self.examine();
                self.say(Level::Info, if step == 0 { "Training started." } else { "Training goes on." });
            }
            Event::Scalars { points, pace, .. } => {
                let newest = points.last().map_or(0, |p| p.step);
                self.open_run.step = self.open_run.step.max(newest);
                self.open_run.pace = pace;
                if let Some(meters) = &mut self.meters {
                    meters.step.note(std::time::Instant::now(), f64::from(pace.step_ms));
                }
                self.open_run.history.extend(points);
                self.look();
            }
            Event::RolledBack { rollback, spec, why, .. } => self.rolled_back(rollback, *spec, &why),
            Event::Rated { points, .. } => self.open_run.history.extend(points),
            Event::Best { best, .. } => self.open_run.best = best,
            Event::Reconstructed { shown, .. } => self.open_run.reconstructions = Some(*shown),
            Event::Sampled { step, .. } => note(&mut self.open_run.sample_steps, step),
            Event::Examples { examples, .. } => self.open_run.examples = Some(examples),
            Event::InputOpened { picture, .. } => self.open_run.own_input = Some(picture),
            Event::Saved { step, .. } => {
                note(&mut self.open_run.checkpoints, step);
                self.log(Level::Info, &format!("Checkpoint of step {step} saved."));
            }
            Event::Warning { why, .. } => self.say(Level::Warning, &why),
            Event::Paused { step, .. } => {
                self.open_run.step = step;
                if self.open_run.status != Status::Stopping {
                    self.open_run.status = Status::Paused;
                }
            }
            Event::Resumed { .. } => self.open_run.status = Status::Training,
            Event::Ended { step, because, .. } => {
                self.open_run.step = step;
                self.open_run.status = Status::Ended(because.clone());
                if step == 0 {
                    // It was called off while its pictures were still being read.
                    return self.say(Level::Info, "The start was called off; nothing was begun.");
                }
                note(&mut self.open_run.checkpoints, step);
                let how = if because == Because::Finished { "Training finished" } else { "Training stopped" };
                self.say(Level::Done, &format!("{how} at step {step}; a checkpoint is saved."));
            }
            Event::Failed { failure, kept, .. } => {
                let why = failure.to_string();
                self.say(Level::Failed, &why);
                self.open_run.status = Status::Failed(why, kept);
            }
            Event::Past { step, grid, .. } => {
                if self.open_run.past.len() >= 64 {
                    self.open_run.past.pop_first();
                }
                self.open_run.past.insert(step, grid);
            }
            _ => {}
        }
    }

    /// Takes over a sample grid.
    pub fn show_samples(&mut self, samples: Samples) {
        if samples.run == self.open_run.run {
            self.open_run.samples = Some(samples);
        }
    }

    /// Takes over the answer to the sliders, unless it is older than the one on show.
    pub fn show_preview(&mut self, preview: Preview) {
        let newest = self.open_run.preview.as_ref().map_or(0, |p| p.ticket);
        if preview.run == self.open_run.run && preview.ticket >= newest {
            if preview.importance.is_some() {
                self.open_run.importance.clone_from(&preview.importance);
            }
            self.open_run.preview = Some(preview);
        }
    }

    /// The name plate of the open run's family.
    pub fn card(&self) -> Option<&Card> {
        Some(&self.catalogue.family(&self.open_run.spec.as_ref()?.family)?.card)
    }

    /// Names of the classes that the open run's family can be asked for, by number; empty when it knows none. The run's data name
    /// them when they are at hand, numbers otherwise.
    pub fn classes(&self) -> Vec<String> {
        let Some(spec) = self.open_run.spec.as_ref().filter(|_| self.card().is_some_and(|card| card.can.labels)) else {
            return Vec::new();
        };
        match &self.data {
            DataState::Ready(facts)
                if facts.spec.source == spec.data.source && facts.class_names.len() == spec.shape.classes =>
            {
                facts.class_names.clone()
            }
            _ => (0..spec.shape.classes).map(|class| class.to_string()).collect(),
        }
    }

    /// Adds a line to the log and shows it as a toast.
    pub fn say(&mut self, level: Level, text: &str) {
        self.log(level, text);
        self.toasts.extend(self.log.back().cloned());
    }

    /// Takes the lines that are to be shown as toasts.
    pub fn take_toasts(&mut self) -> VecDeque<Line> {
        std::mem::take(&mut self.toasts)
    }

    fn log(&mut self, level: Level, text: &str) {
        if self.log.len() >= 2_000 {
            self.log.pop_front();
        }
        self.log.push_back(Line { level, text: text.to_owned(), at_secs: self.begun.elapsed().as_secs() });
    }

    fn loaded(&mut self, facts: DataFacts) {
        if facts.skipped_count > 0 {
            let n = facts.skipped_count;
            self.say(
                Level::Warning,
                &format!("{n} {} left out; see the Data sheet tab.", if n == 1 { "file was" } else { "files were" }),
            );
        }
        self.data = DataState::Ready(Box::new(facts));
    }

    fn listed(&mut self, runs: Vec<RunEntry>) {
        if let (Some(Place::Folder(folder)), Some(spec)) = (&self.open_run.place, &mut self.open_run.spec)
            && let Some(entry) = runs.iter().find(|r| r.folder == *folder)
        {
            // It may have been renamed.
            spec.name.clone_from(&entry.spec.name);
        }
        self.runs = Some(runs);
    }

    fn opened(&mut self, opened: OpenedRun) {
        let open_run = &mut self.open_run;
        let finished = opened.step >= opened.spec.steps;
        open_run.playable = true;
        (open_run.place, open_run.z_dim, open_run.step) = (Some(opened.place), opened.z_dim, opened.step);
        open_run.spec = Some(opened.spec);
        open_run.history = History::default();
        open_run.history.extend(opened.points);
        (open_run.sample_steps, open_run.checkpoints) = (opened.sample_steps, opened.checkpoints);
        open_run.writable = opened.writable;
        open_run.status =
            if finished && open_run.writable { Status::Ended(Because::Finished) } else { Status::Viewing };
        self.examine();
    }
}

fn note(steps: &mut Vec<u64>, step: u64) {
    if let Err(at) = steps.binary_search(&step) {
        steps.insert(at, step);
    }
}

fn run_of(event: &Event) -> Option<RunId> {
    match event {
        Event::Opened(opened) => Some(opened.run),
        Event::OpenFailed { run, .. }
        | Event::Preparing { run }
        | Event::Started { run, .. }
        | Event::Scalars { run, .. }
        | Event::Rated { run, .. }
        | Event::Best { run, .. }
        | Event::Reconstructed { run, .. }
        | Event::Encoded { run, .. }
        | Event::Sampled { run, .. }
        | Event::Examples { run, .. }
        | Event::InputOpened { run, .. }
        | Event::Saved { run, .. }
        | Event::Warning { run, .. }
        | Event::RolledBack { run, .. }
        | Event::Paused { run, .. }
        | Event::Resumed { run }
        | Event::Ended { run, .. }
        | Event::Failed { run, .. }
        | Event::Past { run, .. } => Some(*run),
        _ => None,
    }
}

#[cfg(test)]
mod tests;

pub use intent::Intent;
pub use open_run::{Health, OpenRun};
