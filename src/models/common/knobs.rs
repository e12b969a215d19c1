//! How families describe their knobs and presets: `model("width", "Width", int(4, 128, 32)).help("Filters of the thinnest layer.")`.

use crate::spec::{Effect, Group, Kind, Knob, Knobs, Preset};

/// A knob of any group that takes effect in the next run.
pub fn knob(group: Group, id: &str, label: &str, kind: Kind) -> Knob {
    Knob { id: id.into(), label: label.into(), help: String::new(), group, kind, effect: Effect::NextRun }
}

/// A knob of what the networks look like.
pub fn model(id: &str, label: &str, kind: Kind) -> Knob {
    knob(Group::Model, id, label, kind)
}

/// A knob of how they are trained.
pub fn training(id: &str, label: &str, kind: Kind) -> Knob {
    knob(Group::Training, id, label, kind)
}

/// A knob of how they are trained whose change takes effect at once.
pub fn live(id: &str, label: &str, kind: Kind) -> Knob {
    training(id, label, kind).live()
}

impl Knob {
    /// The knob with a text that says what it does and what to try.
    #[must_use]
    pub fn help(self, help: &str) -> Self {
        Self { help: help.into(), ..self }
    }

    /// The knob with a change that takes effect at once.
    #[must_use]
    pub fn live(self) -> Self {
        Self { effect: Effect::Now, ..self }
    }
}

/// A whole number from `min` to `max`.
pub fn int(min: i64, max: i64, start: i64) -> Kind {
    Kind::Int { min, max, start }
}

/// A real number from `min` to `max`.
pub fn real(min: f64, max: f64, start: f64) -> Kind {
    Kind::Real { min, max, start, log: false }
}

/// A learning rate from `min` to 0.1; a slider spaces it by ratio.
pub fn rate(min: f64, start: f64) -> Kind {
    Kind::Real { min, max: 0.1, start, log: true }
}

/// One word of a list.
pub fn choice(options: &[&str], start: &str) -> Kind {
    Kind::Choice { options: options.iter().map(ToString::to_string).collect(), start: start.into() }
}

/// On or off.
pub fn switch(start: bool) -> Kind {
    Kind::Switch { start }
}

/// A colour, written `#rrggbb`.
pub fn colour(start: &str) -> Kind {
    Kind::Colour { start: start.into() }
}

/// Builds the presets of a family from its table of knobs.
pub struct Presets {
    table: Vec<Knob>,
    made: Vec<Preset>,
}

impl Presets {
    /// No presets yet.
    pub fn of(table: Vec<Knob>) -> Self {
        Self { table, made: Vec::new() }
    }

    /// Adds the preset of start values, which suit a small computer.
    #[must_use]
    pub fn quick(self, about: &str) -> Self {
        self.with("quick", "Quick", about, &[])
    }

    /// Adds the preset that follows the paper or the usual course.
    #[must_use]
    pub fn textbook(self, about: &str, set: &[&str]) -> Self {
        self.with("textbook", "Textbook", about, set)
    }

    /// Adds a preset of start values with some changed.
    #[must_use]
    pub fn with(mut self, id: &str, title: &str, about: &str, set: &[&str]) -> Self {
        let mut values = Knobs::start(&self.table);
        for assignment in set {
            let fits = values.set(&self.table, assignment);
            debug_assert!(fits.is_ok(), "{fits:?}");
        }
        // The pictures' preparation follows the data, not the preset.
        for knob in self.table.iter().filter(|k| k.group.is_of_data()) {
            values.0.remove(&knob.id);
        }
        self.made.push(Preset { id: id.into(), title: title.into(), about: about.into(), set: values });
        self
    }

    /// Adds the preset `tiny`, which every family has: eight pictures per step, 32-bit, and small networks. Returns all presets.
    pub fn tiny(self, set: &[&str]) -> Vec<Preset> {
        let set = [set, &["batch=8", "precision=fp32"]].concat();
        self.with("tiny", "Tiny", "To try things out in seconds; the pictures stay rough.", &set).made
    }
}
