//! Has the chosen data read, and read again when their knobs have changed.

use super::{App, pending::Reading};
use crate::{
    desk::Desk,
    engine::protocol::{Catalogue, Job},
    session::{DataState, Intent},
    spec::{DataShape, DataSpec, Knobs, Value},
};
use std::time::{Duration, Instant};

/// Time without another change of the data's knobs after which the data are read again.
const SETTLE: Duration = Duration::from_millis(300);

impl App {
    /// Chooses a source, with size and channels that suit it. The same source is read again.
    pub(super) fn choose(&mut self, source: &str) {
        let source = source.trim().to_owned();
        if source.is_empty() {
            return;
        }
        let built_in =
            self.session.catalogue.datasets.iter().any(|d| d.built_in && source.split(':').next() == Some(&d.id));
        let source_field = if built_in { String::new() } else { source.clone() };
        let new = Desk { source, source_field, ..self.desk.clone() };
        if new.source == self.desk.source {
            self.desk = new;
            self.read(true);
        } else {
            self.set(new, false);
        }
    }

    /// Has the chosen source read; with `adopt`, size and channels become what suits it.
    pub(super) fn read(&mut self, adopt: bool) {
        if let Some(job) = self.pending.reading.job.take() {
            self.engine.cancel(job);
        }
        let (source, spec) = (self.desk.source.clone(), self.desk.data_spec());
        self.pending.reading = Reading { job: None, asked: Some(spec.clone()), adopt, due: None };
        self.pending.strip = None;
        self.session.note(Intent::Sources(self.kept.keeper.add_source(&source, Instant::now())));
        self.session.note(Intent::Reading(source.clone()));
        let prepare = (!adopt && spec.size > 0 && spec.channels > 0).then_some(spec);
        self.pending.reading.adopt = prepare.is_none();
        self.pending.reading.job = self.job(Job::Load { source: source.clone(), prepare, seed: self.desk.seed }, "");
        if self.pending.reading.job.is_none() {
            self.session.note(Intent::NotRead(source, "The data were not read; try again in a moment.".into()));
        }
    }

    /// Cancels the reading.
    pub(super) fn cancel_reading(&mut self) {
        if let Some(job) = self.pending.reading.job.take() {
            self.engine.cancel(job);
        }
        self.pending.reading.due = None;
        if let DataState::Loading(source, ..) = &self.session.data {
            let (source, why) = (source.clone(), "Reading was cancelled.".into());
            self.session.note(Intent::NotRead(source, why));
        }
    }

    /// Has the data read again if the desk asks for another source or preparation than before.
    pub(super) fn notice_data(&mut self, before: &Desk) {
        if self.desk.source.is_empty() {
            // Undo went back to before the first choice.
            if !before.source.is_empty() {
                self.cancel_reading();
                self.pending.reading = Reading::default();
                self.session.note(Intent::NoData);
            }
        } else if self.desk.source != before.source {
            self.read(true);
        } else if self.pending.reading.asked.as_ref().is_some_and(|asked| *asked != self.desk.data_spec()) {
            self.pending.reading.due = Some(Instant::now() + SETTLE);
            self.session.note(Intent::Reading(self.desk.source.clone()));
        }
    }

    /// Reads the data when their changed knobs have settled.
    pub(super) fn reload_when_due(&mut self, now: Instant) {
        if self.pending.reading.due.is_some_and(|due| due <= now) {
            self.read(false);
        }
    }

    /// Whether an event about data is about the reading that is awaited, and not one that was cancelled since.
    pub(super) fn awaits(&self, source: &str, prepared: Option<&DataSpec>) -> bool {
        let spec_fits =
            self.pending.reading.adopt || prepared.is_none_or(|spec| self.pending.reading.asked.as_ref() == Some(spec));
        self.pending.reading.due.is_none()
            && source == self.desk.source
            && spec_fits
            && matches!(self.session.data, DataState::Loading(..))
    }

    /// Takes over size and channels that suit the source that was just surveyed.
    pub(super) fn adopt_shape(&mut self, source: &str, shape: &DataShape) {
        if self.pending.reading.adopt && source == self.desk.source {
            self.put_shape(shape.size, shape.channels);
        }
    }

    /// Takes over size and channels of data that were read.
    pub(super) fn adopt_spec(&mut self, spec: &DataSpec) {
        if self.pending.reading.adopt {
            self.put_shape(spec.size, spec.channels);
        }
        self.pending.reading.job = None;
    }

    fn put_shape(&mut self, size: usize, channels: usize) {
        self.desk.knobs.put("size", Value::Text(size.to_string()));
        self.desk.knobs.put("channels", Value::Text(channels.to_string()));
        self.pending.reading.asked = Some(self.desk.data_spec());
    }

    /// Returns the id of the chosen family, or of the first family if a catalogue lacks the chosen one.
    pub(super) fn family_in<'a>(&'a self, catalogue: &'a Catalogue) -> &'a str {
        let first = || catalogue.families.first().map_or(self.desk.family.as_str(), |family| &family.card.id);
        catalogue.family(&self.desk.family).map_or_else(first, |family| &family.card.id)
    }

    /// Fits family and knobs to what can be chosen now; `former` are the start values of the former catalogue.
    pub(super) fn adopt_catalogue(&mut self, former: &Knobs) {
        let catalogue = &self.session.catalogue;
        self.desk.family = self.family_in(catalogue).to_owned();
        let table = catalogue.family(&self.desk.family).map(|family| &family.knobs[..]).unwrap_or_default();
        // Sizes follow the data only when these are new; a restored or changed desk keeps its own.
        let sizes = self.pending.reading.adopt && self.pending.reading.asked.is_some();
        self.desk.knobs = fitted(&self.desk.knobs, former, table, sizes);
        if self.pending.reading.asked.is_some() && self.pending.reading.due.is_none() {
            self.pending.reading.asked = Some(self.desk.data_spec());
        }
    }
}

/// Returns values for another table of knobs. Values that a person changed are kept; those at their `old` start value, missing
/// ones and ones that the table does not accept get its start value; knobs that it lacks are dropped. How the data are prepared
/// is kept, except for size and channels with `sizes`.
fn fitted(now: &Knobs, old: &Knobs, table: &[crate::spec::Knob], sizes: bool) -> Knobs {
    let mut new = Knobs::start(table);
    for knob in table {
        let follows = sizes && matches!(knob.id.as_str(), "size" | "channels");
        let by_hand = knob.group.is_of_data() || old.get(&knob.id) != now.get(&knob.id);
        if let Some(value) = now.get(&knob.id).filter(|v| knob.accepts(v) && by_hand && !follows) {
            new.put(&knob.id, value.clone());
        }
    }
    new
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::testing::{app, until},
        spec::{Effect, Group, Kind, Knob},
    };

    #[test]
    fn a_path_that_contains_the_word_cancelled_is_said_to_be_unreadable() {
        let home = tempfile::tempdir().unwrap();
        let mut app = app(home.path());
        let source = home.path().join("cancelled orders").display().to_string();
        app.choose(&source);
        let failed = |app: &App, of: &str| matches!(&app.session.data, DataState::Failed(source, _) if source == of);
        until(&mut app, "the sentence", |app| failed(app, &source));
        // What a person cancels is over at once, and the answer that follows changes nothing.
        app.choose("glyphs:64");
        app.cancel_reading();
        until(&mut app, "the starter", |app| app.session.open_run.playable);
        assert!(failed(&app, "glyphs:64"));
    }

    fn knob(id: &str, start: i64, max: i64) -> Knob {
        let kind = Kind::Int { min: 1, max, start };
        let group = if id == "size" { Group::Data } else { Group::Model };
        Knob { id: id.into(), label: id.into(), help: String::new(), group, kind, effect: Effect::NextRun }
    }

    #[test]
    fn only_changed_values_survive_another_table() {
        let before = [knob("size", 32, 128), knob("width", 32, 64), knob("batch", 64, 256), knob("gone", 1, 9)];
        let after = [knob("size", 64, 128), knob("width", 16, 64), knob("batch", 32, 128), knob("fresh", 5, 9)];
        let old = Knobs::start(&before);
        let mut now = old.clone();
        now.put("batch", Value::Int(100));
        let new = fitted(&now, &old, &after, true);
        assert_eq!(["size", "width", "batch", "fresh"].map(|id| new.int(id)), [64, 16, 100, 5]);
        assert_eq!(new.get("gone"), None);
        now.put("batch", Value::Int(200));
        assert_eq!(fitted(&now, &old, &after, true).int("batch"), 32, "out of the new range");
    }
}
