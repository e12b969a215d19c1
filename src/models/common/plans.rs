//! The plans of a family's networks, before they have parameters.

use crate::{
    nn::{Device, Plan},
    spec::{DataShape, Knobs},
};
use anyhow::Result;

/// The plans of a model's networks.
pub struct Plans {
    /// The generator, with the encoder where there is one.
    pub generator: Plan,
    /// The discriminator, where there is one.
    pub discriminator: Option<Plan>,
}

impl From<Plan> for Plans {
    fn from(generator: Plan) -> Self {
        Self { generator, discriminator: None }
    }
}

impl From<(Plan, Plan)> for Plans {
    fn from((generator, discriminator): (Plan, Plan)) -> Self {
        Self { generator, discriminator: Some(discriminator) }
    }
}

/// Networks as handles into plans: trainer and player run the same forward passes on parameters of their own.
pub trait Networks: Sized + 'static {
    /// Builds the handles and their plans for a run's knobs and the data that it began with.
    fn plan(knobs: &Knobs, data: &DataShape, device: Device) -> Result<(Self, Plans)>;
}
