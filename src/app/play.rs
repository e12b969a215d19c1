//! Fits the sliders to the open run's generator, takes over codes that were found, and has the cost of training measured.

use super::App;
use crate::{
    engine::protocol::Command,
    latent::Code,
    picture::Picture,
    session::{Intent, Level, trial},
};

impl App {
    /// Drops classes and dials that the generator of the open run does not know.
    pub(super) fn suit_latent(&mut self) {
        let (open_run, latent) = (&self.session.open_run, &mut self.desk.latent);
        if open_run.playable
            && let Some(spec) = &open_run.spec
            && let Some(family) = self.session.catalogue.family(&spec.family)
        {
            latent.suit(if family.card.can.labels { spec.shape.classes } else { 0 }, &family.card.dials);
        }
    }

    /// Tells the session why no run can be started with what is chosen, if that has changed.
    pub(super) fn look_for_obstacles(&mut self) {
        let chosen = self.session.catalogue.family(&self.desk.family);
        let unfit = chosen.filter(|_| !self.desk.source.is_empty()).and_then(|f| f.unfit.as_ref());
        if self.session.obstacle.as_ref() != unfit {
            let why = unfit.cloned();
            self.session.note(Intent::Obstacle(why));
        }
    }

    /// Has the trainer measure what training with the chosen settings would cost.
    pub(super) fn measure_cost(&mut self) {
        let Some(trial) = trial(&self.session.data, &self.desk) else { return };
        if self.is_alive() || self.session.measuring.is_some() {
            return;
        }
        match self.engine.send(Command::Measure(Box::new(trial.clone()))) {
            Ok(()) => self.session.note(Intent::Measuring(trial)),
            Err(_) => self.session.say(Level::Warning, "The trainer has not caught up yet; try again in a moment."),
        }
    }

    /// Asks for the code of a picture with the next request; the sliders take it when it comes.
    pub(super) fn find_code(&mut self, picture: Picture) {
        self.pending.asked.encode = Some(picture);
    }

    /// Moves the sliders to a code that was asked for, as one change that can be undone.
    pub(super) fn take_code(&mut self, code: &Code) {
        let mut new = self.desk.clone();
        if code.z.len() != self.session.open_run.z_dim {
            return;
        }
        new.latent.z.clone_from(&code.z);
        new.latent.psi = 1.0;
        if !code.classes.is_empty() {
            new.latent.classes.clone_from(&code.classes);
        }
        self.set(new, false);
    }
}
