//! Reactions of the window to events of the engine, in addition to what `Session::apply` keeps of them.

use super::App;
use crate::{
    engine::protocol::{Event, Failure, Place, RunEntry},
    session::{DataState, Level},
};
use std::time::Instant;

impl App {
    /// Takes over one event.
    pub(super) fn on_event(&mut self, event: Event) {
        match &event {
            Event::Catalogue(catalogue) => self.adopt_catalogue(catalogue),
            Event::Surveyed { source, shape } => self.adopt_shape(source, shape),
            Event::Loaded(facts) => {
                if !self.awaits(&facts.spec.source, Some(&facts.spec)) {
                    return;
                }
                self.adopt_spec(&facts.spec);
            }
            // A reading that was cancelled, by a person or for another one, has nothing more to say.
            Event::LoadFailed { source, failure } if !self.awaits(source, None) || *failure == Failure::Cancelled => {
                return;
            }
            Event::JobFailed { job, .. } => self.pending.past.forget(*job),
            Event::Past { .. } => self.pending.past.arrived(),
            Event::ToolDone(made) => self.take_made(made),
            Event::PictureRead { role, canvas_picture } => self.take_picture(*role, (**canvas_picture).clone()),
            Event::Encoded { run, code } if *run == self.session.open_run.run => self.take_code(code),
            _ => {}
        }
        let first_list = matches!(event, Event::Runs(_)) && self.session.runs.is_none();
        let (is_catalogue, ours) = (matches!(event, Event::Catalogue(_)), self.session.open_run.run);
        let opened = match &event {
            Event::Opened(opened) => opened.run == ours,
            Event::Started { run, .. } => *run == ours,
            _ => false,
        };
        let imported = if let Event::Imported { folder } = &event { Some(folder.clone()) } else { None };
        let list_again =
            matches!(event, Event::Ended { .. } | Event::Failed { .. } | Event::JobDone { .. } | Event::Started { .. });
        self.session.apply(event);
        if opened {
            self.follow_form();
            self.fit_latent();
            self.read_scores();
        }
        if let Some(folder) = imported {
            self.open(Place::Folder(folder));
        }
        if first_list {
            self.offer_recovery();
        }
        if is_catalogue && !std::mem::replace(&mut self.begun, true) {
            self.begin();
        }
        if list_again && self.session.runs.is_some() {
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

    /// The first look: a starter at work, and the data of last time.
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

    /// A run that was training when the program went away is offered once, at the start.
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

    pub(super) fn keep_settings(&mut self, now: Instant) {
        self.kept.keeper.keep(&self.desk, now);
        if let Some(why) = self.kept.keeper.trouble() {
            self.session.say(Level::Warning, &why);
        }
    }
}
