//! A family's networks before they have numbers.

use crate::{
    nn::{Device, Plan},
    spec::{DataShape, Knobs},
};
use anyhow::Result;

/// The plans of a model's networks.
pub struct Plans {
    /// The network that draws, with the encoder where there is one.
    pub generator: Plan,
    /// The network that judges, where there is one.
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

/// Networks as handles into plans: trainer and player run the same forward passes on numbers of their own.
pub trait Networks: Sized + 'static {
    /// The handles and their plans for a run's knobs and the data that it began with.
    fn plan(knobs: &Knobs, data: &DataShape, device: Device) -> Result<(Self, Plans)>;
}
