//! Trained generators that ship inside the program, so that the first window is alive.

use crate::{run, spec::RunSpec, weights::Checkpoint};
use anyhow::{Context, Result};

struct Starter {
    name: &'static str,
    spec: &'static str,
    ema: &'static [u8],
}

/// The starter in this folder.
macro_rules! starter {
    ($name:literal) => {
        Starter {
            name: $name,
            spec: include_str!(concat!("../../checkpoints/starters/", $name, "/run.toml")),
            ema: include_bytes!(concat!("../../checkpoints/starters/", $name, "/ema.safetensors")),
        }
    };
}

/// Made by the commands in `checkpoints/starters/README.md`.
const STARTERS: &[Starter] = &[starter!("galaxies"), starter!("glyphs"), starter!("glyph-classes"), starter!("shapes")];

/// Their names; the first one opens by itself.
pub fn names() -> Vec<String> {
    STARTERS.iter().map(|s| s.name.to_owned()).collect()
}

/// A starter's spec and its averaged generator.
pub fn read(name: &str) -> Result<(RunSpec, Checkpoint)> {
    let starter =
        STARTERS.iter().find(|s| s.name == name).with_context(|| format!("There is no starter called {name:?}."))?;
    let spec: RunSpec = toml::from_str(starter.spec).context("A starter's spec does not read.")?;
    let mut checkpoint = Checkpoint { step: spec.steps, ..Checkpoint::default() };
    checkpoint.files.insert("ema".into(), run::arrays_from_bytes(starter.ema, name)?);
    Ok((spec, checkpoint))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::engine::{library, protocol::Place};

    #[test]
    fn every_starter_opens_and_plays() {
        assert_eq!(names(), ["galaxies", "glyphs", "glyph-classes", "shapes"]);
        assert!(STARTERS.iter().map(|s| s.ema.len()).sum::<usize>() < 6_000_000, "small enough to ship");
        for name in names() {
            let (player, opened) =
                library::open_player(&Place::Starter(name.clone()), None, true, crate::nn::Device::Cpu).unwrap();
            let code = crate::latent::Code::from_seed(1, opened.z_dim);
            let picture = &player.play(&[code]).unwrap()[0];
            assert!(picture.rgb.iter().any(|&v| v != picture.rgb[0]), "{name} draws something");
        }
    }
}
