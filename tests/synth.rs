//! Pictures made of pictures: loops over the table of tools, and real files where `LATENT_STUDIO_DATA` names them.

#![allow(clippy::unwrap_used)] // helpers of tests

#[path = "common/bars.rs"]
mod bars;
#[path = "synth/enhancement.rs"]
mod enhancement;
#[path = "synth/inpainting.rs"]
mod inpainting;
#[path = "synth/matting.rs"]
mod matting;
#[path = "synth/neural.rs"]
mod neural;
#[path = "synth/prior.rs"]
mod prior;
#[path = "synth/table.rs"]
mod table;
#[path = "synth/texture.rs"]
mod texture;

use latent_studio::picture::Picture;
use std::path::Path;

/// A picture among the real files, where there are such.
fn real(path: &str) -> Option<Picture> {
    let path = Path::new(&std::env::var_os("LATENT_STUDIO_DATA")?).join(path);
    let decoded = image::open(&path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).into_rgb8();
    Some(Picture { width: decoded.width() as usize, height: decoded.height() as usize, rgb: decoded.into_raw().into() })
}
