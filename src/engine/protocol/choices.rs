//! What can be chosen, and what a choice would cost.

use super::tools::ToolEntry;
use crate::scores::MetricCard;
use crate::spec::{Card, DataShape, DataSpec, Knob, Knobs, Preset};
use std::path::PathBuf;

/// What can be chosen: sent at the start, and again when the data's shape is known.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Catalogue {
    /// The shape that the knobs' start values suit.
    pub shape: DataShape,
    /// All families.
    pub families: Vec<FamilyEntry>,
    /// All kinds of data.
    pub datasets: Vec<DatasetEntry>,
    /// Starters that ship with the program, the first one opens by itself.
    pub starters: Vec<String>,
    /// Threads a new run trains with.
    pub threads: usize,
    /// Where new runs go.
    pub home: PathBuf,
    /// Version of libtorch.
    pub libtorch: String,
    /// Devices that can be chosen: `cpu`, `cuda:0`, …
    pub devices: Vec<String>,
    /// Ways to make pictures of pictures.
    pub tools: Vec<ToolEntry>,
    /// Metrics that an evaluation calculates.
    pub metrics: Vec<MetricCard>,
}

impl Catalogue {
    /// Returns the family of this id.
    pub fn family(&self, id: &str) -> Option<&FamilyEntry> {
        self.families.iter().find(|family| family.card.id == id)
    }
}

/// A family as the window knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct FamilyEntry {
    /// Name plate.
    pub card: Card,
    /// Knobs for [`Catalogue::shape`].
    pub knobs: Vec<Knob>,
    /// Named settings.
    pub presets: Vec<Preset>,
    /// One sentence that says what the chosen data lack for it; `None` when they suit it, and while no data are chosen.
    pub unfit: Option<String>,
}

/// A kind of data as the window knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DatasetEntry {
    /// Id; for built-in sets also the source.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// One or two sentences.
    pub about: String,
    /// Drawn by code.
    pub built_in: bool,
}

/// A family with its settings on some data, to be tried out.
#[derive(Clone, Debug, PartialEq)]
pub struct Trial {
    /// Id of the family.
    pub family: String,
    /// The family's knobs.
    pub knobs: Knobs,
    /// The data, read already.
    pub data: DataSpec,
    /// Where to calculate: `auto`, `cpu` or `cuda:N`.
    pub device: String,
}

/// What training costs on this machine.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Cost {
    /// Seconds a step.
    pub step_s: f32,
    /// Steps in which every picture is seen once.
    pub steps_per_epoch: u64,
    /// Most bytes of memory that the whole program held meanwhile; `None` where the system does not tell.
    pub bytes: Option<u64>,
    /// Steps that were measured.
    pub steps: u64,
}

impl Cost {
    /// Seconds in which every picture is seen once.
    pub fn epoch_s(&self) -> f32 {
        self.step_s * self.steps_per_epoch as f32
    }
}
