//! What the window knows: a plain mirror, folded from the engine's events.

mod inputs;

use crate::{
    engine::protocol::{
        Because, Catalogue, DataFacts, Event, Examples, JobId, OpenedRun, Pace, Place, Preview, RunEntry, RunId,
        Samples,
    },
    history::History,
    meter::Meters,
    picture::Picture,
    spec::{DataShape, RunSpec},
};
use std::collections::{BTreeMap, VecDeque};
use std::path::PathBuf;

/// How the run on stage is doing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Status {
    /// Nothing is open.
    #[default]
    Empty,
    /// Open for viewing; not training.
    Viewing,
    /// Data are being read for it.
    Preparing,
    /// It trains.
    Training,
    /// Asked to pause, not there yet.
    Pausing,
    /// It waits.
    Paused,
    /// Asked to stop, not there yet.
    Stopping,
    /// It ended well.
    Ended(Because),
    /// It broke: one sentence, and the newest good checkpoint.
    Failed(String, Option<u64>),
}

impl Status {
    /// Whether the trainer holds the run.
    pub fn is_alive(&self) -> bool {
        matches!(self, Self::Preparing | Self::Training | Self::Pausing | Self::Paused | Self::Stopping)
    }
}

/// The run on stage: the one whose pictures, curves and sliders the window shows.
#[derive(Clone, Debug, Default)]
pub struct Stage {
    /// Its name in all letters.
    pub run: RunId,
    /// Where it is; `None` before the folder is known.
    pub place: Option<Place>,
    /// Its spec, once known.
    pub spec: Option<RunSpec>,
    /// Length of its latent vector; 0 before it is known.
    pub z_dim: usize,
    /// How it is doing.
    pub status: Status,
    /// Steps done.
    pub step: u64,
    /// How fast.
    pub pace: Pace,
    /// Its curves.
    pub history: History,
    /// The newest sample grid.
    pub samples: Option<Samples>,
    /// Grids of the past that were read, by step.
    pub past: BTreeMap<u64, Picture>,
    /// Steps of which a grid exists.
    pub sample_steps: Vec<u64>,
    /// Steps of which a checkpoint exists.
    pub checkpoints: Vec<u64>,
    /// It can be continued here.
    pub writable: bool,
    /// The newest answer to the sliders.
    pub preview: Option<Preview>,
    /// Its fixed inputs, where its family draws from input pictures.
    pub examples: Option<Examples>,
    /// The input that a person opened.
    pub own_input: Option<Picture>,
}

/// How the chosen data are doing.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum DataState {
    /// Nothing chosen.
    #[default]
    None,
    /// Being read: done, total, some of the newest pictures.
    Loading(String, usize, usize, Option<Picture>),
    /// Ready.
    Ready(Box<DataFacts>),
    /// Could not be read: source and sentence.
    Failed(String, String),
}

/// How grave a line of the log is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For the record.
    Info,
    /// Something good and awaited.
    Done,
    /// Something was lost or left out.
    Warning,
    /// Something broke.
    Failed,
}

/// A line of the log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// How grave.
    pub level: Level,
    /// One sentence.
    pub text: String,
    /// Seconds since the program began.
    pub at_secs: u64,
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
    /// Shape of the last surveyed source.
    pub surveyed: Option<(String, DataShape)>,
    /// Runs there are, newest first; `None` before they were listed.
    pub runs: Option<Vec<RunEntry>>,
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
    begun: std::time::Instant,
}

impl Default for Session {
    fn default() -> Self {
        Self {
            catalogue: Catalogue::default(),
            stage: Stage::default(),
            data: DataState::None,
            surveyed: None,
            runs: None,
            jobs: BTreeMap::new(),
            log: VecDeque::new(),
            toasts: VecDeque::new(),
            wrote: Vec::new(),
            recent: Vec::new(),
            meters: None,
            begun: std::time::Instant::now(),
        }
    }
}

impl Session {
    /// Puts another run on stage; letters of the former one change nothing from now on.
    pub fn present(&mut self, run: RunId, place: Option<Place>) {
        self.stage = Stage { run, place, ..Stage::default() };
    }

    /// Takes over one event.
    pub fn apply(&mut self, event: Event) {
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
            Event::LoadFailed { source, why } => {
                // The data panel says it where the source is chosen; a toast would only say it again.
                self.log(Level::Failed, &why);
                self.data = DataState::Failed(source, why);
            }
            Event::Runs(runs) => self.listed(runs),
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
            Event::JobFailed { job, why } => {
                self.jobs.remove(&job);
                self.say(Level::Failed, &why);
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
            Event::OpenFailed { why, .. } => {
                self.say(Level::Failed, &why);
                self.stage.status = Status::Failed(why, None);
            }
            Event::Preparing { .. } => self.stage.status = Status::Preparing,
            Event::Started { spec, folder, step, z_dim, points, .. } => {
                let stage = &mut self.stage;
                stage.place = Some(Place::Folder(folder));
                (stage.spec, stage.step, stage.z_dim) = (Some(*spec), step, z_dim);
                (stage.status, stage.writable) = (Status::Training, true);
                stage.history = History::default();
                stage.history.extend(points);
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
            }
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
            Event::Failed { why, kept, .. } => {
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
            self.stage.preview = Some(preview);
        }
    }

    /// Adds a line to the log and shows it as a toast.
    pub fn say(&mut self, level: Level, text: &str) {
        self.log(level, text);
        self.toasts.extend(self.log.back().cloned());
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
        (stage.place, stage.z_dim, stage.step) = (Some(opened.place), opened.z_dim, opened.step);
        stage.spec = Some(opened.spec);
        stage.history = History::default();
        stage.history.extend(opened.points);
        (stage.sample_steps, stage.checkpoints) = (opened.sample_steps, opened.checkpoints);
        stage.writable = opened.writable;
        stage.status = if finished && stage.writable { Status::Ended(Because::Finished) } else { Status::Viewing };
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
        | Event::Sampled { run, .. }
        | Event::Examples { run, .. }
        | Event::InputOpened { run, .. }
        | Event::Saved { run, .. }
        | Event::Warning { run, .. }
        | Event::Paused { run, .. }
        | Event::Resumed { run }
        | Event::Ended { run, .. }
        | Event::Failed { run, .. }
        | Event::Past { run, .. } => Some(*run),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_letter_from_a_run_that_is_not_open_changes_nothing() {
        let mut session = Session::default();
        session.present(RunId(2), None);
        session.stage.status = Status::Training;
        let old = RunId(1);
        for event in [
            Event::Preparing { run: old },
            Event::Paused { run: old, step: 9 },
            Event::Ended { run: old, step: 9, because: Because::Stopped },
            Event::Failed { run: old, why: "x".into(), kept: None },
            Event::Warning { run: old, why: "x".into() },
            Event::Saved { run: old, step: 9 },
        ] {
            session.apply(event);
        }
        assert_eq!((session.stage.status.clone(), session.stage.step), (Status::Training, 0));
        assert!(session.log.is_empty() && session.toasts.is_empty() && session.stage.checkpoints.is_empty());
    }
}
