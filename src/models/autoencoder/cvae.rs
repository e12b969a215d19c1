//! A variational autoencoder that is told the class of each picture, so that its latent holds the rest: style, slant, colour.

use super::variational::{self, TINY, Variational};
use crate::{
    models::common::{Family, NetPlayer, Trainer, card},
    spec::{Capabilities, DataShape, Kind, Knob, Preset, Value},
};

/// The family's line in the table.
pub const FAMILY: Family = Family {
    card: || {
        let about = "A variational autoencoder that knows the class of each picture: ask for a class, and the sliders change its style. \
                     Expect steady training and soft pictures of the class asked for after a minute or two.";
        let can = Capabilities { labels: true, encoder: true, ..Capabilities::default() };
        card("cvae", "Conditional VAE", about, can)
    },
    knobs: family_knobs,
    presets,
    fits,
    build: |knobs, shape, device| {
        fits(shape).map_err(anyhow::Error::msg)?;
        Trainer::<Variational<true>>::build(knobs, shape, device)
    },
    player: |knobs, shape, device| {
        fits(shape).map_err(anyhow::Error::msg)?;
        NetPlayer::<Variational<true>>::build(knobs, shape, device)
    },
};

/// Weight of the KL: with less, the latent says much about the class itself, and codes drawn for one class look like another.
const BETA: f64 = 4.0;

fn family_knobs(shape: &DataShape) -> Vec<Knob> {
    let mut all = variational::knobs(shape);
    for knob in all.iter_mut().filter(|knob| knob.id == "beta") {
        if let Kind::Real { start, .. } = &mut knob.kind {
            *start = BETA;
        }
    }
    all
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    let mut all = variational::presets(variational::knobs(shape)).tiny(&TINY);
    for preset in &mut all {
        preset.set.put("beta", Value::Real(BETA));
    }
    all
}

fn fits(shape: &DataShape) -> Result<(), String> {
    if shape.classes >= 2 {
        return Ok(());
    }
    Err("This family needs pictures of at least two classes, such as a folder of folders.".into())
}
