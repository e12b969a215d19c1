//! Knobs that families share, so that the same id means the same everywhere.

use super::{StepInfo, picture_knobs};
use crate::spec::{DataShape, Effect, Group, Kind, Knob, Knobs, Preset};

fn knob(id: &str, label: &str, help: &str, group: Group, kind: Kind) -> Knob {
    Knob { id: id.into(), label: label.into(), help: help.into(), group, kind, effect: Effect::NextRun }
}

fn choice(options: &[&str], start: &str) -> Kind {
    Kind::Choice { options: options.iter().map(ToString::to_string).collect(), start: start.into() }
}

/// How pictures are prepared: `size channels fit background`, and all that [`picture_knobs`] has.
pub fn data(shape: &DataShape) -> Vec<Knob> {
    let channels = if shape.channels == 3 { "3" } else { "1" };
    let mut all = vec![
        knob(
            "size",
            "Size",
            "Side of the pictures in pixels. Larger ones take four times as long per doubling.",
            Group::Data,
            choice(&["28", "32", "64", "128"], &shape.size.to_string()),
        ),
        knob("channels", "Channels", "1 is grey, 3 is colour.", Group::Data, choice(&["1", "3"], channels)),
        knob(
            "fit",
            "Fit",
            "How pictures become square: cut the middle out, pad with the background, or stretch.",
            Group::Data,
            choice(&["crop", "pad", "stretch"], "crop"),
        ),
        knob(
            "background",
            "Background",
            "The colour behind transparent and padded pixels.",
            Group::Data,
            Kind::Colour { start: "#000000".into() },
        ),
    ];
    all.extend(picture_knobs::all(shape));
    all
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

/// The preset `tiny` that every family has: eight pictures a step in 32-bit, and what makes its networks small.
pub fn tiny(table: &[Knob], set: &[&str]) -> Preset {
    let set = [set, &["batch=8", "precision=fp32"]].concat();
    preset(table, "tiny", "Tiny", "To try things out in seconds; the pictures stay rough.", &set)
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

/// A preset: start values with some changed.
pub fn preset(table: &[Knob], id: &str, title: &str, about: &str, set: &[&str]) -> Preset {
    let mut values = Knobs::start(table);
    for assignment in set {
        let fits = values.set(table, assignment);
        debug_assert!(fits.is_ok(), "{fits:?}");
    }
    // The pictures' preparation follows the data, not the preset.
    for knob in table.iter().filter(|k| k.group.is_of_data()) {
        values.0.remove(&knob.id);
    }
    Preset { id: id.into(), title: title.into(), about: about.into(), set: values }
}

/// How the learning rate falls over the horizon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Not at all.
    Constant,
    /// Along a line.
    Linear,
    /// Along half a cosine.
    Cosine,
    /// By the same ratio each step.
    Exponential,
}

/// What is left of the learning rate at the horizon.
const FLOOR: f64 = 0.05;

impl Schedule {
    /// Reads `constant`, `linear`, `cosine` or `exponential`.
    pub fn from_word(word: &str) -> Self {
        match word {
            "linear" => Self::Linear,
            "cosine" => Self::Cosine,
            "exponential" => Self::Exponential,
            _ => Self::Constant,
        }
    }

    /// What the learning rate is multiplied with at a step; stays at its end value beyond the horizon.
    pub fn factor(self, at: &StepInfo) -> f64 {
        let done = (at.step as f64 / at.horizon.max(1) as f64).min(1.0);
        match self {
            Self::Constant => 1.0,
            Self::Linear => 1.0 - (1.0 - FLOOR) * done,
            Self::Cosine => FLOOR + (1.0 - FLOOR) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()),
            Self::Exponential => FLOOR.powf(done),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_run_from_one_to_the_floor_and_stay() {
        let at = |step| StepInfo { step, horizon: 100 };
        let halfway = FLOOR.sqrt();
        for (s, middle) in [(Schedule::Linear, 0.525), (Schedule::Cosine, 0.525), (Schedule::Exponential, halfway)] {
            assert!((s.factor(&at(0)) - 1.0).abs() < 1e-12);
            assert!((s.factor(&at(50)) - middle).abs() < 1e-12);
            assert!((s.factor(&at(100)) - FLOOR).abs() < 1e-12);
            assert!((s.factor(&at(900)) - FLOOR).abs() < 1e-12);
        }
        assert!((Schedule::Constant.factor(&at(70)) - 1.0).abs() < 1e-12);
    }
}
