//! Doing what the training doctor prescribes.

use super::App;
use crate::{
    doctor::Cure,
    engine::protocol::{Command, Place},
    session::{Intent, Level},
    spec::Value,
};

impl App {
    /// Applies the remedy of a finding that holds now.
    pub(super) fn treat(&mut self, rule: &'static str) {
        let Some(remedy) = self.session.finding(rule).and_then(|finding| finding.remedy.clone()) else { return };
        self.session.note(Intent::FindingTreated(rule));
        match remedy.cure {
            Cure::Turn(changes) if self.is_alive() => {
                for (id, value) in changes {
                    self.turn(&id, value);
                }
                self.session.say(Level::Done, &format!("{}: done, and noted in the run's journal.", remedy.words));
            }
            Cure::Turn(changes) | Cure::Anew(changes) => self.start_over(changes),
            Cure::RollBack(step) => self.command(Command::RollBack(step)),
        }
    }

    /// Takes the settings of the open run over to the form, with some changed.
    fn start_over(&mut self, changes: Vec<(String, Value)>) {
        let Some(Place::Folder(folder)) = self.session.open_run.place.clone() else {
            return self
                .session
                .say(Level::Info, "This run has no folder to take settings from; choose them on the left.");
        };
        self.copy_settings(&folder);
        let mut new = self.desk.clone();
        for (id, value) in changes {
            new.knobs.put(&id, value);
        }
        self.set(new, false);
        if self.is_alive() {
            self.session.say(Level::Info, "The change is in the form too; stop this run, then start the new one.");
        }
    }
}
