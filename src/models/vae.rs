//! A convolutional variational autoencoder.

use super::{
    Family, knobs, mixture,
    variational::{self, Variational, VariationalPlayer},
};
use crate::spec::{Capabilities, Card, DataShape, Knob, Preset};

/// The family's line in the table.
pub const FAMILY: Family = Family {
    card,
    knobs: variational::knobs,
    presets,
    fits: super::any_data,
    build: |knobs, _, device| Ok(Box::new(Variational::new(knobs, 0, device)?)),
    player: |knobs, _, device| Ok(Box::new(VariationalPlayer::new(knobs, 0, device))),
};

fn card() -> Card {
    Card {
        id: "vae".into(),
        title: "VAE".into(),
        about: "A variational autoencoder: learns a smooth latent in which every point draws something, and finds the point of any \
                picture. Expect steady training and readable pictures after a minute, softer than a GAN's."
            .into(),
        can: Capabilities { encoder: true, ..Capabilities::default() },
        dials: vec![mixture::dial()],
    }
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    let mut all = variational::presets(shape);
    let table: Vec<Knob> = variational::knobs(shape);
    let capacity = knobs::preset(
        &table,
        "capacity",
        "Growing capacity",
        "After Burgess et al. (2018): the code may hold more and more nats, up to 25, and sliders come to mean one thing each.",
        &["z_dim=10", "lr=5e-4", "beta=100", "capacity=25", "capacity_steps=100000", "ema=0", "precision=fp32"],
    );
    let before_tiny = all.len() - 1;
    all.insert(before_tiny, capacity);
    all
}
