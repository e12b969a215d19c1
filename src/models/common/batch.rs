//! What a training step gets and returns: a batch, its place in the run, measured numbers.

use crate::nn::{Device, Kind, Normalisation, Pictures, Tensor};
use anyhow::Result;

/// What one step trains on: `u8` pictures, plain or on the device already.
#[derive(Debug, Default)]
pub struct Batch {
    /// The pictures.
    pub pictures: Pictures,
    /// The input picture of each, for paired data.
    pub inputs: Option<Pictures>,
    /// The class of each, for labelled data.
    pub labels: Option<Vec<u32>>,
    /// The place of each in the training split.
    pub index: Vec<u32>,
    /// How pictures and inputs become tensors.
    pub normalisation: Normalisation,
}

impl Batch {
    /// Number of pictures.
    pub fn count(&self) -> usize {
        self.pictures.count()
    }

    /// The pictures as an N×C×S×S tensor in [−1, 1] on `device`, wherever they are now.
    pub fn tensor(&self, kind: Kind, device: Device) -> Result<Tensor> {
        self.normalisation.tensor(&self.pictures, kind, device)
    }

    /// The inputs as a tensor of the same layout; `None` where the data have no pairs.
    pub fn inputs_tensor(&self, kind: Kind, device: Device) -> Result<Option<Tensor>> {
        self.inputs.as_ref().map(|inputs| self.normalisation.tensor(inputs, kind, device)).transpose()
    }
}

/// Where in a run a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepInfo {
    /// Steps done before this one.
    pub step: u64,
    /// Steps over which schedules run.
    pub horizon: u64,
}

/// A measured number by its name: `loss_g`.
pub type Scalar = (&'static str, f32);
