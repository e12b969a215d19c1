//! The conditional variational autoencoder (Sohn et al. 2015): the class is an input, so that the latent holds the rest, such as style.

use super::variational::{self, TINY, Variational};
use crate::{
    models::common::prelude::*,
    spec::{Capabilities, DataShape, Kind, Knob, Preset, Value},
};

/// The family's line in the table.
pub const FAMILY: Family = Family::of::<Variational<true>, Variational<true>>(
    || {
        let about = "A variational autoencoder that knows the class of each picture: ask for a class, and the sliders change its style. \
                     Expect steady training and soft pictures of the class asked for after a minute or two.";
        let can = Capabilities { labels: true, encoder: true, ..Capabilities::default() };
        card("cvae", "Conditional VAE", about, can)
    },
    family_knobs,
    presets,
)
.that_fits(variational::need_classes);

/// Weight of the KL: with less, the latent encodes the class itself, and codes drawn for one class look like another.
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
