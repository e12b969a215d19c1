//! Applies the engine's events: the session takes each one over first, then the window reacts to it in one place.

use super::App;
use crate::{
    canvas::CanvasPicture,
    engine::protocol::{Catalogue, Event, Failure, JobId, Place, Role, RunEntry},
    latent::Code,
    session::{DataState, Level},
    spec::{DataShape, DataSpec, Knobs, Task},
};
use std::path::PathBuf;
use std::time::Instant;

/// What the window does once the session has taken an event over. It is decided before that, while the session still knows how
/// things stood.
enum Reaction {
    /// Fit the form to a new catalogue. The knobs are the chosen family's start values in the former one.
    FitForm(Knobs),
    /// Take over the shape of the source that was surveyed.
    TakeShape(String, DataShape),
    /// Take over how the data were prepared.
    TakeData(Box<DataSpec>),
    /// Put what a tool made on the canvas.
    TakeResult(Task, Box<CanvasPicture>),
    /// Put a picture that was read on the canvas.
    TakePicture(Role, Box<CanvasPicture>),
    /// Move the sliders to a code that was found.
    TakeCode(Box<Code>),
    /// Fit the sliders to the run that was opened.
    ShowRun,
    /// A run was started: fit the sliders to it if it is the open run, and list the runs again.
    FollowStart {
        /// Whether it is the open run.
        is_open: bool,
    },
    /// Open the run that weights were imported to.
    OpenImported(PathBuf),
    /// Offer to continue a run that was interrupted.
    OfferRecovery,
    /// List the runs again, if they are shown.
    ListAgain,
    /// Read the next past grid that is wanted.
    PastArrived,
    /// Stop waiting for what this job was to bring.
    ForgetJob(JobId),
}

impl App {
    /// Takes over one event.
    pub(super) fn on_event(&mut self, event: Event) {
        if self.is_outdated(&event) {
            return;
        }
        let reaction = self.reaction_to(&event);
        self.session.apply(event);
        if let Some(reaction) = reaction {
            self.react(reaction);
        }
    }

    /// Whether an event is about a reading of data that was cancelled, by a person or because other data were chosen.
    fn is_outdated(&self, event: &Event) -> bool {
        match event {
            Event::Loaded(facts) => !self.awaits(&facts.spec.source, Some(&facts.spec)),
            Event::LoadFailed { source, failure } => *failure == Failure::Cancelled || !self.awaits(source, None),
            _ => false,
        }
    }

    fn reaction_to(&self, event: &Event) -> Option<Reaction> {
        let open = self.session.open_run.run;
        Some(match event {
            Event::Catalogue(new) => Reaction::FitForm(self.former_start(new)),
            Event::Surveyed { source, shape } => Reaction::TakeShape(source.clone(), shape.clone()),
            Event::Loaded(facts) => Reaction::TakeData(Box::new(facts.spec.clone())),
            Event::ToolDone(made) if !made.draft && self.session.canvas.is_work(made.job) => {
                Reaction::TakeResult(made.task, Box::new(made.canvas_picture.clone()))
            }
            Event::PictureRead { role, canvas_picture } => Reaction::TakePicture(*role, canvas_picture.clone()),
            Event::Encoded { run, code } if *run == open => Reaction::TakeCode(code.clone()),
            Event::Opened(opened) if opened.run == open => Reaction::ShowRun,
            Event::Started { run, .. } => Reaction::FollowStart { is_open: *run == open },
            Event::Imported { folder } => Reaction::OpenImported(folder.clone()),
            Event::Runs(_) if self.session.runs.is_none() => Reaction::OfferRecovery,
            Event::Ended { .. } | Event::Failed { .. } | Event::JobDone { .. } => Reaction::ListAgain,
            Event::Past { .. } => Reaction::PastArrived,
            Event::JobFailed { job, .. } => Reaction::ForgetJob(*job),
            _ => return None,
        })
    }

    fn react(&mut self, reaction: Reaction) {
        match reaction {
            Reaction::FitForm(former) => {
                self.adopt_catalogue(&former);
                if !std::mem::replace(&mut self.begun, true) {
                    self.begin();
                }
            }
            Reaction::TakeShape(source, shape) => self.adopt_shape(&source, &shape),
            Reaction::TakeData(spec) => self.adopt_spec(&spec),
            Reaction::TakeResult(task, canvas_picture) => self.take_result(task, *canvas_picture),
            Reaction::TakePicture(role, canvas_picture) => self.take_picture(role, *canvas_picture),
            Reaction::TakeCode(code) => self.take_code(&code),
            Reaction::ShowRun => self.show_run(),
            Reaction::FollowStart { is_open } => {
                if is_open {
                    self.show_run();
                }
                self.list_again();
            }
            Reaction::OpenImported(folder) => self.open(Place::Folder(folder)),
            Reaction::OfferRecovery => self.offer_recovery(),
            Reaction::ListAgain => self.list_again(),
            Reaction::PastArrived => self.pending.past.arrived(),
            Reaction::ForgetJob(job) => self.pending.past.forget(job),
        }
    }

    /// The start values that the former catalogue has for the family that the form shows with a new one.
    fn former_start(&self, new: &Catalogue) -> Knobs {
        let family = self.session.catalogue.family(self.family_in(new));
        family.map(|family| Knobs::start(&family.knobs)).unwrap_or_default()
    }

    fn show_run(&mut self) {
        self.follow_form();
        self.fit_latent();
        self.read_scores();
    }

    fn list_again(&mut self) {
        if self.session.runs.is_some() {
            self.list_runs();
        }
    }

    /// While no data are chosen, the form shows the settings of the run that is looked at, not those of some other family.
    fn follow_form(&mut self) {
        let open_run = &self.session.open_run;
        let Some(spec) = open_run.spec.as_ref().filter(|_| self.desk.source.is_empty()) else { return };
        if matches!(open_run.place, Some(Place::Folder(_))) {
            (self.desk.family, self.desk.knobs) = (spec.family.clone(), spec.knobs.clone());
        }
    }

    /// Opens the first starter and reads the data of last time, once, when the first catalogue is there.
    fn begin(&mut self) {
        let starter = self.session.catalogue.starters.first().cloned();
        if let (None, Some(name)) = (&self.session.open_run.place, starter) {
            self.open(Place::Starter(name));
        }
        // What the command line names is being read already.
        if !self.desk.source.is_empty() && !matches!(self.session.data, DataState::Loading(..)) {
            self.read(false);
        }
        self.list_runs();
    }

    /// Says which run was training when the program went away, so that a person can continue it.
    fn offer_recovery(&mut self) {
        let crashed =
            |runs: &Vec<RunEntry>| runs.iter().find(|r| r.crashed && !r.busy).map(|r| (r.spec.name.clone(), r.step));
        if let Some((name, step)) = self.session.runs.as_ref().and_then(crashed) {
            let text =
                format!("“{name}” was interrupted; its checkpoint of step {step} is kept. Continue it under Runs.");
            self.session.say(Level::Warning, &text);
        }
    }

    /// Gives the sliders a latent of the right length.
    fn fit_latent(&mut self) {
        let z_dim = self.session.open_run.z_dim;
        if self.desk.latent.z.len() != z_dim {
            self.desk.latent.locked.clear();
            self.desk.latent.load_seed(self.desk.latent.seed, z_dim);
        }
        self.suit_latent();
    }

    /// Writes the settings when they are due, and says so when they cannot be written.
    pub(super) fn keep_settings(&mut self, now: Instant) {
        self.kept.keeper.keep(&self.desk, now);
        if let Some(why) = self.kept.keeper.trouble() {
            self.session.say(Level::Warning, &why);
        }
    }
}

#[cfg(test)]
mod tests;
