//! Lets runs begin with the weights of others, and exchanges weights with `PyTorch`.

use super::App;
use crate::{
    desk::Desk,
    engine::protocol::{Import, Job, Location, Place},
    session::Level,
    spec::{Group, Knobs, Origin, RunSpec},
    ui::action::Plain,
};
use std::path::PathBuf;

/// Extension of files of weights.
const ENDING: &str = "safetensors";

impl App {
    /// Fills the form for a run that begins with these weights: family, model and training are taken from their run, the data
    /// stay.
    pub(super) fn train_from(&mut self, place: &Place, step: Option<u64>) {
        let Some(spec) = self.spec_at(place) else {
            return self.session.say(Level::Warning, "This run is not known any more; open it first.");
        };
        let Some(family) = self.session.catalogue.family(&spec.family) else { return };
        let mut knobs = Knobs::start(&family.knobs);
        for knob in family.knobs.iter().filter(|k| k.group == Group::Data) {
            if let Some(value) = self.desk.knobs.get(&knob.id).filter(|v| knob.accepts(v)) {
                knobs.put(&knob.id, value.clone());
            }
        }
        let knobs = knobs.like(&family.knobs, &spec.knobs);
        let origin = Origin { name: spec.name, place: place.word(), step, sha256: String::new() };
        let mut words = format!("The next run begins with {origin}; Start trains it on the data that are chosen.");
        let (theirs, ours) = (spec.knobs.int("size"), knobs.int("size"));
        if theirs != ours {
            words =
                format!("{words} Its pictures have {theirs} pixels, yours {ours}; at another size few weights fit.");
        }
        self.set(Desk { family: spec.family, knobs, from: Some(origin), ..self.desk.clone() }, false);
        self.session.say(Level::Info, &words);
    }

    fn spec_at(&self, place: &Place) -> Option<RunSpec> {
        match place {
            Place::Folder(folder) => self.spec_of(folder),
            Place::Starter(_) => {
                let on_stage = self.session.open_run.place.as_ref() == Some(place);
                self.session.open_run.spec.clone().filter(|_| on_stage)
            }
        }
    }

    /// Drops the weights to begin with if another family was chosen, which they do not fit.
    pub(super) fn suit_origin(&mut self, before: &Desk) {
        if self.desk.family != before.family && self.desk.from == before.from {
            self.desk.from = None;
        }
    }

    /// Writes the weights of the open run for `PyTorch`.
    pub(super) fn export_weights(&mut self, path: PathBuf) {
        let to = if path.extension().is_none() { path.with_extension(ENDING) } else { path };
        let (run, ema) = (self.session.open_run.run, self.desk.ema);
        self.job(Job::ExportWeights { run, ema, to }, "Writing the weights");
    }

    /// Has a run made of a file of `PyTorch` weights; it is opened when it is there.
    pub(super) fn import_weights(&mut self, file: PathBuf) {
        if let Err(why) = Plain::OpenWeights.available(&self.session) {
            return self.session.say(Level::Info, &why);
        }
        let base = file.file_stem().map_or_else(|| "weights".into(), |n| n.to_string_lossy().into_owned());
        let location = Location::Fresh { runs: self.session.catalogue.home.clone(), base };
        let request = Import {
            file,
            discriminator: None,
            family: None,
            source: self.desk.source.clone(),
            prepare: self.desk.knobs.clone(),
            set: Vec::new(),
            seed: self.desk.seed,
            steps: self.desk.steps,
            threads: self.session.catalogue.threads,
            name: String::new(),
            location,
        };
        self.job(Job::ImportWeights(Box::new(request)), "Reading the weights");
    }
}

/// Whether a path is that of a file of weights.
pub(super) fn is_weights(path: &std::path::Path) -> bool {
    path.extension().is_some_and(|e| e.eq_ignore_ascii_case(ENDING))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::testing::{app, until},
        session::DataState,
        ui::action::Action,
    };
    use std::path::Path;

    #[test]
    fn weights_fill_the_form_leave_for_pytorch_and_come_from_there() {
        let home = tempfile::tempdir().unwrap();
        let mut app = app(home.path());
        let ctx = egui::Context::default();
        until(&mut app, "the starter", |app| app.session.open_run.playable);
        app.perform(Action::ChooseSource("glyphs:64".into()), &ctx, false);
        until(&mut app, "the data", |app| matches!(app.session.data, DataState::Ready(_)));

        // The starter's model, the chosen data's pictures; another family lets go of it, undo brings it back.
        let (place, spec) = (app.session.open_run.place.clone().unwrap(), app.session.open_run.spec.clone().unwrap());
        let mut other = app.desk.clone();
        other.knobs.put("width", crate::spec::Value::Int(7));
        app.perform(Action::Set(Box::new(other)), &ctx, false);
        app.perform(Action::TrainFrom(place.clone(), Some(spec.steps)), &ctx, false);
        let wanted = Origin { name: spec.name, place: place.word(), step: Some(spec.steps), sha256: String::new() };
        assert_eq!(app.desk.from, Some(wanted.clone()));
        assert_eq!(app.desk.knobs.int("width"), spec.knobs.int("width"));
        assert_eq!((app.desk.knobs.int("size"), app.desk.source.as_str()), (28, "glyphs:64"));
        let words = app.session.log.back().unwrap().text.clone();
        assert_eq!(words.contains("at another size"), spec.knobs.int("size") != 28, "{words}");
        app.perform(Action::Set(Box::new(Desk { family: "vae".into(), ..app.desk.clone() })), &ctx, false);
        assert_eq!(app.desk.from, None);
        app.perform(Action::Plain(Plain::Undo), &ctx, false);
        assert_eq!((app.desk.from.as_ref(), app.desk.family.as_str()), (Some(&wanted), "dcgan"));

        let out = home.path().join("net");
        app.export_weights(out.clone());
        let file = out.with_extension(ENDING);
        until(&mut app, "the file", |app| app.session.wrote.contains(&file));
        assert!(is_weights(&file) && file.is_file() && !is_weights(Path::new("a.png")));
        app.perform(Action::ImportWeights(file.clone()), &ctx, false);
        until(&mut app, "the run", |app| {
            app.session.open_run.playable && app.session.open_run.place != Some(place.clone())
        });
        let made = app.session.open_run.spec.clone().unwrap();
        assert_eq!((made.name.as_str(), made.data.source.as_str()), ("net-1", "glyphs:64"));
        assert_eq!(made.data.size, spec.knobs.int("size"), "the size follows the file");
        assert!(made.from.is_some_and(|from| from.is_file()));
        app.perform(Action::ImportWeights(home.path().join("none")), &ctx, false);
        until(&mut app, "the sentence", |app| app.session.log.iter().any(|l| l.text.contains("none can't be read")));
    }
}
