//! Starts, continues, opens, steers and deletes runs.

use super::{App, pending::Past};
use crate::{
    desk::Tab,
    engine::protocol::{Command, Job, Live, Location, Order, Place, RunId},
    session::{DataState, Intent, Level, Status},
    spec::{CPU, DataSpec, Effect, Knobs, RUN_FORMAT, RunSpec, Value},
    ui::confirm::Question,
};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

impl App {
    /// Begins a new run with what is set.
    pub(super) fn start(&mut self) {
        let DataState::Ready(facts) = &self.session.data else { return };
        let Some(family) = self.session.catalogue.family(&self.desk.family) else { return };
        let knobs = match self.desk.knobs.clone().complete(&family.knobs) {
            Ok(knobs) => knobs,
            Err(why) => return self.session.say(Level::Failed, &why),
        };
        let typed = self.desk.run_name.trim();
        let base = if typed.is_empty() {
            format!("{}-{}", base_name(&facts.spec.source), self.desk.family)
        } else {
            typed.to_owned()
        };
        let spec = RunSpec {
            format: RUN_FORMAT,
            name: typed.to_owned(),
            family: self.desk.family.clone(),
            seed: self.desk.seed,
            steps: self.desk.steps,
            threads: self.session.catalogue.threads,
            // The trainer notes the device that the run begins on.
            device: CPU.into(),
            program: env!("CARGO_PKG_VERSION").into(),
            libtorch: self.session.catalogue.libtorch.clone(),
            begun: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()),
            fingerprint: facts.fingerprint.clone(),
            class_names: facts.class_names.clone(),
            recipe: self.followed(family, &knobs),
            from: self.desk.from.clone(),
            data: facts.spec.clone(),
            shape: facts.shape.clone(),
            knobs,
        };
        let location = Location::Fresh { runs: self.session.catalogue.home.clone(), base };
        self.order(spec, location, false);
    }

    /// Continues a run from its newest checkpoint, up to this total of steps.
    pub(super) fn go_on(&mut self, folder: PathBuf, steps: u64) {
        let Some(mut spec) = self.spec_of(&folder) else {
            return self.session.say(Level::Warning, "This run is not known any more; open it first.");
        };
        spec.steps = steps.max(1);
        self.order(spec, Location::Folder(folder), true);
    }

    fn order(&mut self, mut spec: RunSpec, location: Location, resume: bool) {
        if self.is_alive() {
            return self.session.say(Level::Warning, "A run is going on; stop it first.");
        }
        let run = self.fresh_run();
        let order = Order {
            run,
            spec: spec.clone(),
            location: location.clone(),
            resume,
            paused: false,
            adapt: !self.desk.exact,
        };
        if self.engine.send(Command::Start(Box::new(order))).is_err() {
            return self.busy();
        }
        self.present(run, None);
        if let Location::Fresh { base, .. } = location
            && spec.name.is_empty()
        {
            // The trainer adds a number to the name when it makes the folder.
            spec.name = base;
        }
        self.session.note(Intent::Preparing(Box::new(spec)));
        self.desk.tab = if self.desk.tab == Tab::Latent { Tab::Latent } else { Tab::Samples };
    }

    /// Opens a run or starter for viewing.
    pub(super) fn open(&mut self, place: Place) {
        if self.is_alive() {
            return self.session.say(Level::Warning, "A run is going on; stop it before opening another.");
        }
        let run = self.fresh_run();
        if self.job(Job::Open { run, place: place.clone() }, "").is_some() {
            let by_itself = !self.begun || self.session.open_run.place.is_none();
            self.present(run, Some(place));
            if !by_itself {
                self.desk.tab = Tab::Samples;
            }
        }
    }

    fn present(&mut self, run: RunId, place: Option<Place>) {
        self.session.present(run, place);
        (self.desk.history_step, self.desk.tile) = (None, None);
        self.pending.past = Past::default();
    }

    /// Gives the trainer an order. The status that it leads to is shown at once; if the order is refused, that is said instead.
    pub(super) fn command(&mut self, command: Command) {
        let then = match (&command, &self.session.open_run.status) {
            (Command::Pause, _) | (Command::Step, Status::Training) => Some(Status::Pausing),
            (Command::Stop, _) => Some(Status::Stopping),
            _ => None,
        };
        match self.engine.send(command) {
            Ok(()) => then.into_iter().for_each(|status| self.session.note(Intent::Expecting(status))),
            Err(_) => self.busy(),
        }
    }

    fn busy(&mut self) {
        self.session.say(Level::Warning, "The trainer has not caught up yet; try again in a moment.");
    }

    /// Sets a live knob of the run that trains.
    pub(super) fn turn(&mut self, id: &str, value: Value) {
        let open_run = &self.session.open_run;
        let Some(spec) = open_run.spec.as_ref().filter(|_| open_run.status.is_alive()) else { return };
        let Some(family) = self.session.catalogue.family(&spec.family) else { return };
        let live = || family.knobs.iter().filter(|k| k.effect == Effect::Now);
        if !live().any(|k| k.id == id && k.accepts(&value)) {
            return;
        }
        let (run, mut knobs) = (open_run.run, spec.knobs.clone());
        knobs.put(id, value.clone());
        let record = live().filter_map(|k| Some((k.id.clone(), knobs.get(&k.id)?.clone()))).collect();
        self.engine.set_live(Live { run, knobs: Knobs(record) });
        // The form shows the value at once; what counts is the journal in the run folder.
        self.session.note(Intent::KnobSet(id.to_owned(), value));
    }

    /// Copies the settings of a run to the form.
    pub(super) fn copy_settings(&mut self, folder: &Path) {
        let Some(spec) = self.spec_of(folder) else { return };
        let mut new = self.desk.clone();
        let DataSpec { source, size, channels, seed, .. } = spec.data;
        (new.source, new.family, new.knobs) = (source, spec.family, spec.knobs);
        // Imported weights lie in the file's own run only; no other run can begin with that file.
        new.from = spec.from.filter(|origin| !origin.is_file());
        (new.seed, new.steps, new.run_name) = (seed.max(spec.seed), spec.steps, String::new());
        new.recipes.chosen = spec.recipe;
        new.knobs.put("size", Value::Int(size as i64));
        new.knobs.put("channels", Value::Int(channels as i64));
        let other_data = new.data_spec() != self.desk.data_spec();
        self.kept.memory.note(&self.desk, &new, false);
        self.desk = new;
        if other_data || !matches!(self.session.data, DataState::Ready(_)) {
            self.read(false);
        }
        self.session.say(Level::Info, "The settings of that run are in the form on the left; Start begins a new one.");
    }

    /// Asks whether to delete a run.
    pub(super) fn ask_delete(&mut self, folder: PathBuf) {
        let on_stage = self.session.open_run.place == Some(Place::Folder(folder.clone()));
        if on_stage && self.is_alive() {
            return self.session.say(Level::Warning, "This run is going on; stop it first.");
        }
        let entry = self.session.runs.iter().flatten().find(|r| r.folder == folder);
        let name = entry.map_or_else(|| folder.display().to_string(), |r| r.spec.name.clone());
        self.view.question = Some((Question::Delete { name, bytes: entry.map(|r| r.bytes) }, folder));
    }

    /// Deletes the run that was asked about.
    pub(super) fn delete(&mut self, folder: PathBuf) {
        if self.session.open_run.place == Some(Place::Folder(folder.clone())) {
            self.session.note(Intent::ReadOnly);
        }
        self.job(Job::Delete { folder }, "Deleting a run");
    }

    /// Has the worker list the runs.
    pub(super) fn list_runs(&mut self) {
        self.engine.job(Job::ListRuns).ok();
    }

    /// Shows the sample grid of a past step, or the newest ones with `None`.
    pub(super) fn show_step(&mut self, step: Option<u64>) {
        self.desk.history_step = step;
        self.pending.past.wanted = step;
        self.read_past();
    }

    /// Shows the sample grid of the best checkpoint, or the nearest one that is kept.
    pub(super) fn show_best(&mut self) {
        let open_run = &self.session.open_run;
        let Some(step) = open_run.best.and_then(|best| open_run.sample_near(best.step)) else { return };
        self.desk.tab = Tab::Samples;
        self.show_step(Some(step));
    }

    /// Has the wanted grid read, unless it was read already or another is being read.
    pub(super) fn read_past(&mut self) {
        let (Some(step), None) = (self.pending.past.wanted, self.pending.past.reading) else { return };
        self.pending.past.wanted = None;
        let open_run = &self.session.open_run;
        if let (Some(Place::Folder(folder)), false) = (&open_run.place, open_run.past.contains_key(&step)) {
            let job = Job::Past { run: open_run.run, folder: folder.clone(), step };
            self.pending.past.reading = self.engine.job(job).ok();
        }
    }

    /// Returns the spec of a run that is listed or open.
    pub(super) fn spec_of(&self, folder: &Path) -> Option<RunSpec> {
        let listed = self.session.runs.iter().flatten().find(|r| r.folder == folder).map(|r| &r.spec);
        let on_stage = matches!(&self.session.open_run.place, Some(Place::Folder(f)) if f == folder);
        listed.or_else(|| self.session.open_run.spec.as_ref().filter(|_| on_stage)).cloned()
    }
}

/// Returns what a run is called after its data: `mnist` for `/data/mnist/`, `galaxies` for `galaxies:5000`.
fn base_name(source: &str) -> String {
    let path = Path::new(source);
    if path.components().count() > 1 || path.is_absolute() {
        return path.file_stem().map_or_else(|| "run".into(), |n| n.to_string_lossy().into_owned());
    }
    source.split(':').next().unwrap_or("run").to_owned()
}

#[cfg(test)]
mod tests;
