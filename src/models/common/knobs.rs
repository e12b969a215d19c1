//! Knobs that families share, so that the same id means the same everywhere.

use crate::spec::{Effect, Group, Kind, Knob, Knobs, Preset};

/// A knob that takes effect in the next run.
pub fn knob(id: &str, label: &str, help: &str, group: Group, kind: Kind) -> Knob {
    Knob { id: id.into(), label: label.into(), help: help.into(), group, kind, effect: Effect::NextRun }
}

/// The values of a knob that takes one word of a list.
pub fn choice(options: &[&str], start: &str) -> Kind {
    Kind::Choice { options: options.iter().map(ToString::to_string).collect(), start: start.into() }
}

/// A whole number of the model or of training, by where its id is known to belong.
pub fn int(id: &str, label: &str, help: &str, (min, max, start): (i64, i64, i64)) -> Knob {
    let group = if matches!(id, "width" | "z_dim") { Group::Model } else { Group::Training };
    knob(id, label, help, group, Kind::Int { min, max, start })
}

/// A whole number of training.
pub fn training_int(id: &str, label: &str, help: &str, (min, max, start): (i64, i64, i64)) -> Knob {
    knob(id, label, help, Group::Training, Kind::Int { min, max, start })
}

/// A whole number of the model.
pub fn model_int(id: &str, label: &str, help: &str, (min, max, start): (i64, i64, i64)) -> Knob {
    knob(id, label, help, Group::Model, Kind::Int { min, max, start })
}

/// One word of a list, of training.
pub fn training_choice(id: &str, label: &str, help: &str, options: &[&str], start: &str) -> Knob {
    knob(id, label, help, Group::Training, choice(options, start))
}

/// One word of a list, of the model.
pub fn model_choice(id: &str, label: &str, help: &str, options: &[&str], start: &str) -> Knob {
    knob(id, label, help, Group::Model, choice(options, start))
}

/// On or off, of the model.
pub fn model_switch(id: &str, label: &str, help: &str, start: bool) -> Knob {
    knob(id, label, help, Group::Model, Kind::Switch { start })
}

/// On or off, of training.
pub fn training_switch(id: &str, label: &str, help: &str, start: bool) -> Knob {
    knob(id, label, help, Group::Training, Kind::Switch { start })
}

/// Pictures a step.
pub fn batch(start: i64) -> Knob {
    int(
        "batch",
        "Batch",
        "Real pictures each step looks at. More is steadier and slower; batch norm wants at least 16.",
        (2, 1024, start),
    )
}

/// A plain number of training.
pub fn real(id: &str, label: &str, help: &str, (min, max, start): (f64, f64, f64)) -> Knob {
    knob(id, label, help, Group::Training, Kind::Real { min, max, start, log: false })
}

/// A learning rate; live.
pub fn rate(id: &str, label: &str, help: &str, start: f64) -> Knob {
    live(knob(id, label, help, Group::Training, Kind::Real { min: 1e-6, max: 0.1, start, log: true }))
}

/// A learning rate that follows another when it is 0; live.
pub fn rate_or_same(id: &str, label: &str, help: &str) -> Knob {
    live(knob(id, label, help, Group::Training, Kind::Real { min: 0.0, max: 0.1, start: 0.0, log: true }))
}

/// Makes a knob take effect at once.
pub fn live(mut knob: Knob) -> Knob {
    knob.effect = Effect::Now;
    knob
}

/// Number format of the heavy layers.
pub fn precision() -> Knob {
    knob(
        "precision",
        "Precision",
        "auto uses bf16 where the processor or graphics card multiplies it in hardware: about the same pictures in less time.",
        Group::Training,
        choice(&["auto", "fp32", "bf16"], "auto"),
    )
}

/// How the learning rate falls.
pub fn schedule() -> Knob {
    knob(
        "schedule",
        "Schedule",
        "How the learning rate falls over the horizon: not at all, or to 5 percent along a line, a cosine or by a constant ratio.",
        Group::Training,
        choice(&["constant", "linear", "cosine", "exponential"], "constant"),
    )
}

/// Steps over which schedules run.
pub fn horizon() -> Knob {
    knob(
        "horizon",
        "Horizon",
        "Steps over which schedules run; 0 means the run's first total, so that raising the total later changes nothing before.",
        Group::Training,
        Kind::Int { min: 0, max: 10_000_000, start: 0 },
    )
}

/// The presets of a family, one after the other, for its table of knobs.
pub struct Presets {
    table: Vec<Knob>,
    made: Vec<Preset>,
}

impl Presets {
    /// None yet.
    pub fn of(table: Vec<Knob>) -> Self {
        Self { table, made: Vec::new() }
    }

    /// The preset that changes nothing: start values suit a small computer.
    #[must_use]
    pub fn quick(self, about: &str) -> Self {
        self.with("quick", "Quick", about, &[])
    }

    /// The preset that follows the paper or the usual course.
    #[must_use]
    pub fn textbook(self, about: &str, set: &[&str]) -> Self {
        self.with("textbook", "Textbook", about, set)
    }

    /// A preset of start values with some changed.
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

    /// All of them, and the preset `tiny` that every family has: eight pictures a step in 32-bit, and what makes its networks small.
    pub fn tiny(self, set: &[&str]) -> Vec<Preset> {
        let set = [set, &["batch=8", "precision=fp32"]].concat();
        self.with("tiny", "Tiny", "To try things out in seconds; the pictures stay rough.", &set).made
    }
}
