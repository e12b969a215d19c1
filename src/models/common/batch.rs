//! What a training step gets and returns: a batch, its place in the run, measured numbers.

use crate::nn::{Device, Kind, Normalisation, Pictures, Tensor};
use anyhow::Result;

/// The data of one training step: `u8` pictures in host memory or on the device already.
#[derive(Debug, Default)]
pub struct Batch {
    /// The pictures.
    pub pictures: Pictures,
    /// The input picture that belongs to each, for paired data.
    pub inputs: Option<Pictures>,
    /// The class of each, for labelled data.
    pub labels: Option<Vec<u32>>,
    /// The index of each in the training split.
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

/// The position of a step in its run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepInfo {
    /// Steps done before this one.
    pub step: u64,
    /// Steps over which schedules run.
    pub horizon: u64,
}

/// A measured number and its name, such as `loss_g`.
pub type Scalar = (&'static str, f32);
