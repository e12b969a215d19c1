//! A variational autoencoder that is told the class of each picture, so that its latent holds the rest: style, slant, colour.

use super::{
    Family, mixture,
    variational::{self, Variational, VariationalPlayer},
};
use crate::spec::{Capabilities, Card, DataShape};

/// The family's line in the table.
pub const FAMILY: Family = Family {
    card,
    knobs: variational::knobs,
    presets: variational::presets,
    fits,
    build: |knobs, shape, device| {
        fits(shape).map_err(anyhow::Error::msg)?;
        Ok(Box::new(Variational::new(knobs, shape.classes, device)?))
    },
    player: |knobs, shape, device| {
        fits(shape).map_err(anyhow::Error::msg)?;
        Ok(Box::new(VariationalPlayer::new(knobs, shape.classes, device)))
    },
};

fn card() -> Card {
    Card {
        id: "cvae".into(),
        title: "Conditional VAE".into(),
        about: "A variational autoencoder that knows the class of each picture: ask for a class, and the sliders change its style. \
                Expect steady training and soft pictures of the class asked for after a minute or two."
            .into(),
        can: Capabilities { labels: true, encoder: true, ..Capabilities::default() },
        dials: vec![mixture::dial()],
    }
}

fn fits(shape: &DataShape) -> Result<(), String> {
    if shape.classes >= 2 {
        return Ok(());
    }
    Err("This family needs pictures of at least two classes, such as a folder of folders.".into())
}
