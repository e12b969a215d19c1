//! The whole spec of a run: what `run.toml` holds.

use super::{Adjust, DataShape, Knobs, Origin, colour};
use serde::{Deserialize, Serialize};

/// Which pictures to train on and how to prepare them.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DataSpec {
    /// A built-in set (`galaxies`, or `galaxies:5000` for 5,000 pictures) or a path.
    pub source: String,
    /// Side in pixels of the prepared pictures.
    pub size: usize,
    /// 1 for grey, 3 for RGB.
    pub channels: usize,
    /// How a picture that is not square is made so.
    pub fit: Fit,
    /// The colour behind transparent pixels.
    pub background: [u8; 3],
    /// Draws built-in pictures and the split.
    pub seed: u64,
    /// How they are scaled, and what is done to their light and colours.
    #[serde(default, skip_serializing_if = "Adjust::is_usual")]
    pub adjust: Adjust,
}

impl Default for DataSpec {
    fn default() -> Self {
        let (fit, adjust) = (Fit::default(), Adjust::default());
        Self { source: String::new(), size: 32, channels: 1, fit, background: [0; 3], seed: 1, adjust }
    }
}

/// How a picture becomes square.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Fit {
    /// The largest centred square.
    #[default]
    Crop,
    /// The whole picture, centred on the background colour.
    Pad,
    /// The whole picture, its sides scaled apart.
    Stretch,
}

impl Fit {
    /// Reads `crop`, `pad` or `stretch`; anything else is `crop`.
    pub fn from_word(word: &str) -> Self {
        match word {
            "pad" => Self::Pad,
            "stretch" => Self::Stretch,
            _ => Self::Crop,
        }
    }
}

impl DataSpec {
    /// What the knobs `size channels fit background`, those of [`Adjust`] and a seed ask of a source.
    pub fn from_knobs(source: &str, knobs: &Knobs, seed: u64) -> Self {
        Self {
            source: source.to_owned(),
            size: knobs.get_int("size").unwrap_or(0),
            channels: knobs.get_int("channels").unwrap_or(0),
            fit: Fit::from_word(knobs.get_text("fit").unwrap_or("")),
            background: knobs.get_text("background").and_then(colour).unwrap_or_default(),
            seed,
            adjust: Adjust::from_knobs(knobs),
        }
    }
}

/// Everything that decides what a run does: the content of `run.toml`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RunSpec {
    /// Version of this format.
    pub format: u32,
    /// Name for people; the folder may be called otherwise.
    pub name: String,
    /// Id of the family of models.
    pub family: String,
    /// All randomness of the run flows from this number.
    pub seed: u64,
    /// Total number of steps.
    pub steps: u64,
    /// Intra-op threads of the training; the same run needs the same number.
    pub threads: usize,
    /// Device the run was begun on: `cpu` or `cuda:N`. It may go on on another.
    #[serde(default = "cpu")]
    pub device: String,
    /// Version of the program that began the run.
    pub program: String,
    /// Version of libtorch that began the run.
    pub libtorch: String,
    /// Seconds since 1970 when the run began.
    pub begun: u64,
    /// SHA-256 of the prepared pictures, once they are known.
    #[serde(default)]
    pub fingerprint: String,
    /// Names of the classes by number, where they are known.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub class_names: Vec<String>,
    /// Id of the recipe that it follows: its family, data, steps and knobs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub recipe: Option<String>,
    /// Where its networks began, if not at random numbers. Only a new run looks there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from: Option<Origin>,
    /// The data.
    pub data: DataSpec,
    /// What the data are like, once they are known.
    #[serde(default)]
    pub shape: DataShape,
    /// The knobs the run began with; the journal holds the live changes.
    pub knobs: Knobs,
}

/// A nameless run of no family, for the processor.
impl Default for RunSpec {
    fn default() -> Self {
        Self {
            format: RUN_FORMAT,
            name: String::new(),
            family: String::new(),
            seed: 1,
            steps: 1,
            threads: 1,
            device: cpu(),
            program: String::new(),
            libtorch: String::new(),
            begun: 0,
            fingerprint: String::new(),
            class_names: Vec::new(),
            recipe: None,
            from: None,
            data: DataSpec::default(),
            shape: DataShape::default(),
            knobs: Knobs::default(),
        }
    }
}

/// Runs from before devices could be chosen were all trained there.
fn cpu() -> String {
    CPU.into()
}

/// The device that every machine has.
pub const CPU: &str = "cpu";

/// The newest version of the `run.toml` format this program reads and writes.
pub const RUN_FORMAT: u32 = 1;
