//! Weights that a run begins with, and those that come from and go to `PyTorch`.

use super::App;
use crate::{
    desk::Desk,
    engine::protocol::{Import, Job, Place},
    run,
    session::Level,
    spec::{Group, Knobs, Origin, RunSpec},
    ui::action::Plain,
};
use std::path::PathBuf;

/// What files of weights end in.
const ENDING: &str = "safetensors";

impl App {
    /// Fills the form for a run that begins with these weights: family, model and training as in theirs, the data as they are.
    pub(super) fn train_from(&mut self, place: &Place, step: Option<u64>) {
        let Some(spec) = self.spec_at(place) else {
            return self.session.say(Level::Warning, "This run is not known any more; open it first.");
        };
        let Some(family) = self.session.catalogue.families.iter().find(|f| f.card.id == spec.family) else { return };
        let mut knobs = Knobs::start(&family.knobs);
        for knob in family.knobs.iter().filter(|k| k.group == Group::Data) {
            if let Some(value) = self.desk.knobs.get(&knob.id).filter(|v| knob.accepts(v)) {
                knobs.put(&knob.id, value.clone());
            }
        }
        let knobs = knobs.like(&family.knobs, &spec.knobs);
        let origin = Origin { name: spec.name, place: place.word(), step, sha256: String::new() };
        let words = format!("The next run begins with {origin}; Start trains it on the data that are chosen.");
        self.set(Desk { family: spec.family, knobs, from: Some(origin), ..self.desk.clone() }, false);
        self.session.say(Level::Info, &words);
    }

    fn spec_at(&self, place: &Place) -> Option<RunSpec> {
        match place {
            Place::Folder(folder) => self.spec_of(folder),
            Place::Starter(_) => {
                let on_stage = self.session.stage.place.as_ref() == Some(place);
                self.session.stage.spec.clone().filter(|_| on_stage)
            }
        }
    }

    /// Lets go of weights to begin with when another family was chosen, which can't.
    pub(super) fn suit_origin(&mut self, before: &Desk) {
        if self.desk.family != before.family && self.desk.from == before.from {
            self.desk.from = None;
        }
    }

    /// Writes the weights on stage for `PyTorch`.
    pub(super) fn export_weights(&mut self, path: PathBuf) {
        let to = if path.extension().is_none() { path.with_extension(ENDING) } else { path };
        let (run, ema) = (self.session.stage.run, self.desk.ema);
        self.job(Job::ExportWeights { run, ema, to }, "Writing the weights");
    }

    /// Makes a run of a file of `PyTorch` weights; it opens when it is there.
    pub(super) fn import_weights(&mut self, file: PathBuf) {
        if let Err(why) = Plain::OpenWeights.available(&self.session) {
            return self.session.say(Level::Info, &why);
        }
        let base = file.file_stem().map_or_else(|| "weights".into(), |n| n.to_string_lossy().into_owned());
        let (name, folder) = run::fresh_name(&self.session.catalogue.home, &base);
        let wish = Import {
            file,
            discriminator: None,
            family: None,
            source: self.desk.source.clone(),
            prepare: self.desk.knobs.clone(),
            set: Vec::new(),
            seed: self.desk.seed,
            steps: self.desk.steps,
            threads: self.session.catalogue.threads,
            name,
            folder,
        };
        self.job(Job::ImportWeights(Box::new(wish)), "Reading the weights");
    }
}

/// Whether a dropped file is one of weights.
pub(super) fn is_weights(path: &std::path::Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ENDING))
}
