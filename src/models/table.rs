//! The table of families.

use super::{
    autoencoder::{conv_ae, cvae, mlp_ae, mlp_vae, vae},
    common::{Family, Player},
    flow,
    gan::{cgan, dcgan, mlp_gan, progan, style},
    glo, pix2pix,
};
use crate::{nn::Device, weights::Blueprint};
use anyhow::{Context, Result};

/// All families, in the order they are offered.
pub static FAMILIES: &[Family] = &[
    dcgan::FAMILY,
    cgan::FAMILY,
    progan::FAMILY,
    style::FAMILY,
    mlp_gan::FAMILY,
    vae::FAMILY,
    cvae::FAMILY,
    mlp_vae::FAMILY,
    conv_ae::FAMILY,
    mlp_ae::FAMILY,
    glo::FAMILY,
    flow::FAMILY,
    pix2pix::FAMILY,
];

/// The family of this id, or one sentence that lists what there is.
pub fn family(id: &str) -> Result<&'static Family> {
    FAMILIES.iter().find(|f| (f.card)().id == id).with_context(|| {
        let known: Vec<_> = FAMILIES.iter().map(|f| (f.card)().id).collect();
        format!("There is no family called {id:?}; there are {}.", known.join(", "))
    })
}

/// The player that belongs to a blueprint.
pub fn player(plan: &Blueprint, device: Device) -> Result<Box<dyn Player>> {
    (family(&plan.family)?.player)(&plan.knobs, &plan.shape, device)
}
