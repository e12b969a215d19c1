//! Weights and checkpoints as plain arrays: what crosses threads and goes to disk in place of tensors.

pub mod pytorch;

use crate::spec::{DataShape, Knobs};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A tensor's shape and numbers, row by row.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Length of each axis; empty for a single number.
    pub shape: Vec<usize>,
    /// The numbers in row-major order; their count is the product of `shape`.
    pub data: Vec<f32>,
}

/// Arrays by name: `main.0.weight`.
pub type Arrays = BTreeMap<String, Array>;

/// Generator weights as the trainer publishes them.
#[derive(Clone, Debug, PartialEq)]
pub struct Weights {
    /// Step they were taken after.
    pub step: u64,
    /// Generator as trained, buffers included.
    pub raw: Arc<Arrays>,
    /// Exponential moving average of the generator, buffers included.
    pub ema: Arc<Arrays>,
    /// Discriminator, where there is one.
    pub discriminator: Option<Arc<Arrays>>,
}

/// What is needed to build the player that belongs to some weights.
#[derive(Clone, Debug, PartialEq)]
pub struct Blueprint {
    /// Id of the family.
    pub family: String,
    /// Knobs the model was built with.
    pub knobs: Knobs,
    /// The data it was built for.
    pub shape: DataShape,
}

/// A model's whole state: files of arrays by file stem, and whole-number facts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Checkpoint {
    /// Step it was taken after.
    pub step: u64,
    /// `generator`, `ema`, `discriminator`, `optimiser_g`, … each a file of arrays.
    pub files: BTreeMap<String, Arrays>,
    /// Counters that are not arrays, such as an optimiser's step.
    pub facts: BTreeMap<String, i64>,
}

impl Checkpoint {
    /// The arrays of one file, or one sentence that says what is missing.
    pub fn file(&self, stem: &str) -> anyhow::Result<&Arrays> {
        self.files.get(stem).ok_or_else(|| anyhow::anyhow!("The checkpoint lacks {stem}.safetensors."))
    }

    /// A counter, or one sentence that says it is missing.
    pub fn fact(&self, name: &str) -> anyhow::Result<i64> {
        self.facts.get(name).copied().ok_or_else(|| anyhow::anyhow!("The checkpoint's manifest lacks {name}."))
    }
}
