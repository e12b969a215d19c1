//! A convolutional variational autoencoder.

use super::variational::{TINY, Variational, knobs, presets};
use crate::{
    models::common::{mixture, prelude::*},
    spec::{Capabilities, Card},
};

/// The family's line in the table.
pub const FAMILY: Family = Family::of::<Variational<false>, Variational<false>>(
    || {
        let about = "A variational autoencoder: learns a smooth latent in which every point draws something, and finds the point of any \
                     picture. Expect steady training and readable pictures after a minute, softer than a GAN's.";
        let can = Capabilities { encoder: true, ..Capabilities::default() };
        Card { dials: vec![mixture::dial()], ..card("vae", "VAE", about, can) }
    },
    knobs,
    |shape| {
        let about = "After Burgess et al. (2018): the code may hold more and more nats, up to 25, and sliders come to mean one thing each.";
        let set =
            ["z_dim=10", "lr=5e-4", "beta=100", "capacity=25", "capacity_steps=100000", "ema=0", "precision=fp32"];
        presets(knobs(shape)).with("capacity", "Growing capacity", about, &set).tiny(&TINY)
    },
);
