//! Knobs, cards and the whole spec of a run: plain data that says what can be trained and how.

mod adjust;
mod augment;
mod knob;
mod origin;
mod run;
mod task;
mod thousands;
mod values;

pub use adjust::{Adjust, Balance, Filter};
pub use augment::Augment;
pub use knob::{Effect, Group, Kind, Knob, Value, colour};
pub use origin::Origin;
pub use run::{CPU, DataSpec, Fit, RUN_FORMAT, RunSpec};
pub use task::Task;
pub use thousands::thousands;
pub use values::Knobs;

use serde::{Deserialize, Serialize};

/// What a data set offers, as far as a model cares.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataShape {
    /// Pictures in the training split.
    pub count: usize,
    /// Number of classes; 0 when the pictures carry no labels.
    pub classes: usize,
    /// Side in pixels that suits the pictures best: 28, 32, 64 or 128.
    pub size: usize,
    /// 1 for grey, 3 for RGB.
    pub channels: usize,
    /// Whether every picture has an input picture that belongs to it.
    pub paired: bool,
    /// Median width and height of the pictures as they are stored, where they are not all square.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sides: Option<[usize; 2]>,
}

impl Default for DataShape {
    fn default() -> Self {
        Self { count: 10_000, classes: 0, size: 32, channels: 1, paired: false, sides: None }
    }
}

/// What a family of models can do, so that panels need not know its name.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[allow(clippy::struct_excessive_bools)]
pub struct Capabilities {
    /// Generates pictures of an asked-for class.
    pub labels: bool,
    /// Finds the latent of a given picture.
    pub encoder: bool,
    /// Judges pictures with a discriminator.
    pub discriminator: bool,
    /// Shows what its layers see.
    pub layers: bool,
    /// Turns an input picture into an output picture.
    pub inputs: bool,
    /// Draws a quicker, rougher picture while a slider is being dragged.
    pub drafts: bool,
}

/// A family's name plate.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Card {
    /// Short stable name: `dcgan`.
    pub id: String,
    /// Name for people: `DCGAN`.
    pub title: String,
    /// Two sentences: what it is good for, what to expect.
    pub about: String,
    /// What it can do.
    pub can: Capabilities,
    /// What can be turned while it plays, beside the latent and the truncation: the same words as a form's, read from
    /// [`crate::latent::Code::dials`].
    pub dials: Vec<Knob>,
}

/// A named set of knob values.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Preset {
    /// Short stable name: `quick`.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// One sentence.
    pub about: String,
    /// The knobs it sets; all others go to their start values.
    pub set: Knobs,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table() -> Vec<Knob> {
        let knob = |id: &str, kind| Knob {
            id: id.into(),
            label: id.into(),
            help: String::new(),
            group: Group::Model,
            kind,
            effect: Effect::NextRun,
        };
        vec![
            knob("lr", Kind::Real { min: 1e-6, max: 0.1, start: 1e-3, log: true }),
            knob("width", Kind::Int { min: 4, max: 64, start: 32 }),
            knob("fit", Kind::Choice { options: vec!["crop".into(), "pad".into()], start: "crop".into() }),
            knob("flip", Kind::Switch { start: false }),
            knob("background", Kind::Colour { start: "#000000".into() }),
        ]
    }

    #[test]
    fn a_wrong_value_is_answered_with_what_is_allowed() {
        let (table, mut knobs) = (table(), Knobs::default());
        for (wrong, words) in [
            ("width=300", "a whole number from 4 to 64"),
            ("width=4.5", "a whole number"),
            ("lr=NaN", "a number from"),
            ("lr=fast", "a number from"),
            ("fit=squash", "one of crop, pad"),
            ("flip=maybe", "on or off"),
            ("background=red", "#ffffff"),
            ("nonsense=1", "there are lr, width"),
            ("width", "knob=value"),
        ] {
            let sentence = knobs.set(&table, wrong).unwrap_err();
            assert!(sentence.contains(words), "{wrong}: {sentence}");
        }
        assert_eq!(knobs, Knobs::default());
    }

    #[test]
    #[should_panic(expected = "\"widht\"")]
    fn a_knob_that_does_not_exist_is_found_out() {
        let _ = Knobs::start(&table()).int("widht");
    }

    #[test]
    #[should_panic(expected = "\"fit\"")]
    fn a_word_is_no_number() {
        let _ = Knobs::start(&table()).real("fit");
    }

    #[test]
    fn knobs_survive_toml() {
        let table = table();
        let mut knobs = Knobs::start(&table);
        knobs.set(&table, "lr=2e-4").unwrap();
        let text = toml::to_string(&knobs).unwrap();
        assert_eq!(toml::from_str::<Knobs>(&text).unwrap().complete(&table).unwrap(), knobs);
    }
}
