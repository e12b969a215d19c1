//! The entry of a family in the table.

use super::{
    decoder::{Decoder, NetPlayer},
    learner::{Learner, Trainer},
    model::Model,
    player::Player,
};
use crate::{
    nn::Device,
    spec::{Capabilities, Card, DataShape, Knob, Knobs, Preset},
};
use anyhow::Result;

/// A family of models. A new one is one file or folder, one `mod` line and one line in the table of families.
pub struct Family {
    /// Its id, title, description and abilities.
    pub card: fn() -> Card,
    /// The family's knobs, with start values that suit the data and this machine.
    pub knobs: fn(&DataShape) -> Vec<Knob>,
    /// Named settings; one is called `tiny` and serves tests.
    pub presets: fn(&DataShape) -> Vec<Preset>,
    /// Whether the family can train on these data; if not, one sentence that says what it needs.
    pub fits: fn(&DataShape) -> Result<(), String>,
    /// Builds the model that trains. Draws from torch's global generator.
    pub build: fn(&Knobs, &DataShape, Device) -> Result<Box<dyn Model>>,
    /// Builds the player without weights. Draws nothing.
    pub player: fn(&Knobs, &DataShape, Device) -> Result<Box<dyn Player>>,
}

impl Family {
    /// A family for any data, whose model trains as `L` and whose player decodes as `D`.
    pub const fn of<L: Learner, D: Decoder>(
        card: fn() -> Card,
        knobs: fn(&DataShape) -> Vec<Knob>,
        presets: fn(&DataShape) -> Vec<Preset>,
    ) -> Self {
        Self { card, knobs, presets, fits: any_data, build: Trainer::<L>::build, player: NetPlayer::<D>::build }
    }

    /// The family with a condition on its data.
    #[must_use]
    pub const fn that_fits(self, fits: fn(&DataShape) -> Result<(), String>) -> Self {
        Self { fits, ..self }
    }
}

/// Accepts all data.
#[allow(clippy::unnecessary_wraps)] // the type of `Family::fits`
fn any_data(_: &DataShape) -> Result<(), String> {
    Ok(())
}

/// A card without dials. `about` says in two sentences what the family is good for and what to expect.
pub fn card(id: &str, title: &str, about: &str, can: Capabilities) -> Card {
    Card { id: id.into(), title: title.into(), about: about.into(), can, dials: Vec::new() }
}
