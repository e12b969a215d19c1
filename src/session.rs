//! What the window knows: a plain mirror, folded from the engine's events.

mod best;
mod canvas;
mod costs;
mod health;
mod inputs;
mod prepared;
pub mod scores;
mod states;

pub use canvas::{CanvasNews, Said};
pub use costs::trial;
pub use health::Health;
pub use states::{DataState, Level, Line, Status};

use crate::{
    engine::protocol::{
        Because, Catalogue, Comparison, Cost, DataFacts, Event, Examples, JobId, OpenedRun, Pace, Place, Preview,
        Reconstructions, RunEntry, RunId, Samples, Strip, Trial,
    },
    failure::Failure,
    history::{Best, History},
    meter::Meters,
    picture::Picture,
    spec::{Card, DataShape, RunSpec},
};
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;
use std::sync::Arc;

/// The run on stage: the one whose pictures, curves and sliders the window shows.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// Its name in all letters.
    pub run: RunId,
    /// Where it is; `None` before the folder is known.
    pub place: Option<Place>,
    /// Its spec, once known.
    pub spec: Option<RunSpec>,
    /// It has a generator that can be played.
    pub playable: bool,
    /// Length of its latent vector; 0 before it is known, and for families that draw from an input picture alone.
    pub z_dim: usize,
    /// How it is doing.
    pub status: Status,
    /// Steps done.
    pub step: u64,
    /// How fast.
    pub pace: Pace,
    /// Its curves.
    pub history: History,
    /// What the doctor says of it.
    pub health: Health,
    /// The newest sample grid.
    pub samples: Option<Samples>,
    /// Grids of the past that were read, by step.
    pub past: BTreeMap<u64, Picture>,
    /// Steps of which a grid exists.
    pub sample_steps: Vec<u64>,
    /// Steps of which a checkpoint exists.
    pub checkpoints: Vec<u64>,
    /// The best of them, by what was measured.
    pub best: Option<Best>,
    /// It can be continued here.
    pub writable: bool,
    /// The newest answer to the sliders.
    pub preview: Option<Preview>,
    /// How much each latent dimension matters, as far as the family knows.
    pub importance: Option<Arc<[f32]>>,
    /// The newest pictures of its data beside their reconstructions.
    pub reconstructions: Option<Reconstructions>,
    /// Its fixed inputs, where its family draws from input pictures.
    pub examples: Option<Examples>,
    /// The input that a person opened.
    pub own_input: Option<Picture>,
}

/// Everything the window knows.
#[derive(Debug)]
pub struct Session {
    /// What can be chosen.
    pub catalogue: Catalogue,
    /// The run on stage.
    pub stage: Stage,
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
    /// What was measured of the run on stage.
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
            stage: Stage::default(),
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
    /// Puts another run on stage; letters of the former one change nothing from now on.
    pub fn present(&mut self, run: RunId, place: Option<Place>) {
        self.stage = Stage { run, place, ..Stage::default() };
        self.scores.leave();
    }

    /// Takes over one event.
    pub fn apply(&mut self, event: Event) {
        self.scores.hear(&event, &self.stage);
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
            Event::Made(made) => self.made(*made),
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
        if run_of(&event) != Some(self.stage.run) {
            return;
        }
        match event {
            Event::Opened(opened) => self.opened(*opened),
            Event::OpenFailed { failure, .. } => {
                let why = failure.to_string();
                self.say(Level::Failed, &why);
                self.stage.status = Status::Failed(why, None);
            }
            Event::Preparing { .. } => self.stage.status = Status::Preparing,
            Event::Started { spec, folder, step, z_dim, points, .. } => {
                let stage = &mut self.stage;
                stage.place = Some(Place::Folder(folder));
                (stage.spec, stage.step, stage.z_dim, stage.playable) = (Some(*spec), step, z_dim, true);
                (stage.status, stage.writable) = (Status::Training, true);
                stage.history = History::default();
                stage.history.extend(points);
                self.examine();
                self.say(Level::Info, if step == 0 { "Training started." } else { "Training goes on." });
            }
            Event::Scalars { points, pace, .. } => {
                let newest = points.last().map_or(0, |p| p.step);
                self.stage.step = self.stage.step.max(newest);
                self.stage.pace = pace;
                if let Some(meters) = &mut self.meters {
                    meters.step.note(std::time::Instant::now(), f64::from(pace.step_ms));
                }
                self.stage.history.extend(points);
                self.look();
            }
            Event::WentBack { setback, spec, why, .. } => self.went_back(setback, *spec, &why),
            Event::Rated { points, .. } => self.stage.history.extend(points),
            Event::Best { best, .. } => self.stage.best = best,
            Event::Reconstructed { shown, .. } => self.stage.reconstructions = Some(*shown),
            Event::Sampled { step, .. } => note(&mut self.stage.sample_steps, step),
            Event::Examples { examples, .. } => self.stage.examples = Some(examples),
            Event::InputOpened { picture, .. } => self.stage.own_input = Some(picture),
            Event::Saved { step, .. } => {
                note(&mut self.stage.checkpoints, step);
                self.log(Level::Info, &format!("Checkpoint of step {step} saved."));
            }
            Event::Warning { why, .. } => self.say(Level::Warning, &why),
            Event::Paused { step, .. } => {
                self.stage.step = step;
                if self.stage.status != Status::Stopping {
                    self.stage.status = Status::Paused;
                }
            }
            Event::Resumed { .. } => self.stage.status = Status::Training,
            Event::Ended { step, because, .. } => {
                self.stage.step = step;
                self.stage.status = Status::Ended(because.clone());
                if step == 0 {
                    // It was called off while its pictures were still being read.
                    return self.say(Level::Info, "The start was called off; nothing was begun.");
                }
                note(&mut self.stage.checkpoints, step);
                let how = if because == Because::Finished { "Training finished" } else { "Training stopped" };
                self.say(Level::Done, &format!("{how} at step {step}; a checkpoint is saved."));
            }
            Event::Failed { failure, kept, .. } => {
                let why = failure.to_string();
                self.say(Level::Failed, &why);
                self.stage.status = Status::Failed(why, kept);
            }
            Event::Past { step, grid, .. } => {
                if self.stage.past.len() >= 64 {
                    self.stage.past.pop_first();
                }
                self.stage.past.insert(step, grid);
            }
            _ => {}
        }
    }

    /// Takes over a sample grid.
    pub fn show_samples(&mut self, samples: Samples) {
        if samples.run == self.stage.run {
            self.stage.samples = Some(samples);
        }
    }

    /// Takes over the answer to the sliders, unless it is older than the one on show.
    pub fn show_preview(&mut self, preview: Preview) {
        let newest = self.stage.preview.as_ref().map_or(0, |p| p.ticket);
        if preview.run == self.stage.run && preview.ticket >= newest {
            if preview.importance.is_some() {
                self.stage.importance.clone_from(&preview.importance);
            }
            self.stage.preview = Some(preview);
        }
    }

    /// The name plate of the family on stage.
    pub fn card(&self) -> Option<&Card> {
        let family = &self.stage.spec.as_ref()?.family;
        self.catalogue.families.iter().map(|f| &f.card).find(|card| card.id == *family)
    }

    /// Names of the classes that the family on stage can be asked for, by number; empty when it knows none. The run's data name
    /// them when they are at hand, numbers otherwise.
    pub fn classes(&self) -> Vec<String> {
        let Some(spec) = self.stage.spec.as_ref().filter(|_| self.card().is_some_and(|card| card.can.labels)) else {
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

    /// Says why something failed; what was cancelled is no failure to its person.
    fn say_failure(&mut self, failure: &Failure) {
        let level = if *failure == Failure::Cancelled { Level::Info } else { Level::Failed };
        self.say(level, &failure.to_string());
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
        if let (Some(Place::Folder(folder)), Some(spec)) = (&self.stage.place, &mut self.stage.spec)
            && let Some(entry) = runs.iter().find(|r| r.folder == *folder)
        {
            // It may have been renamed.
            spec.name.clone_from(&entry.spec.name);
        }
        self.runs = Some(runs);
    }

    fn opened(&mut self, opened: OpenedRun) {
        let stage = &mut self.stage;
        let finished = opened.step >= opened.spec.steps;
        stage.playable = true;
        (stage.place, stage.z_dim, stage.step) = (Some(opened.place), opened.z_dim, opened.step);
        stage.spec = Some(opened.spec);
        stage.history = History::default();
        stage.history.extend(opened.points);
        (stage.sample_steps, stage.checkpoints) = (opened.sample_steps, opened.checkpoints);
        stage.writable = opened.writable;
        stage.status = if finished && stage.writable { Status::Ended(Because::Finished) } else { Status::Viewing };
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
        | Event::WentBack { run, .. }
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
