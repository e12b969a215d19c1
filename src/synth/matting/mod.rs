//! Matting: how much of each pixel is foreground, from a trimap; and the foreground's own colours.

mod cholesky;
mod closed_form;
/// A cut-out over something new.
pub mod composite;
/// The foreground's own colours.
pub mod foreground;
mod gradients;
mod kdtree;
mod knn;
mod knobs;
mod learning;
mod matte;
mod preview;
mod sparse;
mod unknowns;
mod windows;

pub use crate::canvas::trimap;
pub use closed_form::CLOSED_FORM;
pub use knn::KNN;
pub use learning::LEARNING_BASED;

use crate::{
    picture::{Mask, Picture},
    spec::Knobs,
    synth::{Materials, Outcome, Watch},
};
use anyhow::{Context, Result};
use knobs::Settings;
use matte::Matte;

/// Where the equations come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    ClosedForm,
    Learning,
    Knn,
}

/// Bytes for each pixel: places, colours, and the levels of the foreground.
const EACH: u64 = 100;
/// Bytes for each pixel and each unknown one on top: windows or neighbours, the equations, and their factors while they grow.
const WINDOWED: [u64; 2] = [10, 2200];
const NEIGHBOURED: [u64; 2] = [250, 1700];

/// Bytes for the few pixels that a preview solves for.
const PREVIEWED: u64 = 64 << 20;

/// An upper estimate of the memory.
fn bytes(method: Method, materials: &Materials, knobs: &Knobs) -> u64 {
    let Some(trimap) = &materials.mask else { return 0 };
    if knobs.flag("preview") {
        return trimap.grey.len() as u64 * EACH + PREVIEWED;
    }
    let [each, unknown] = if method == Method::Knn { NEIGHBOURED } else { WINDOWED };
    let count = trimap.count(|v| v != 0 && v != 255) as u64;
    trimap.grey.len() as u64 * (EACH + each) + count * unknown
}

/// Runs a method on a picture and its trimap.
fn cut(method: Method, materials: &Materials, knobs: &Knobs, watch: &mut Watch) -> Result<Outcome> {
    let picture = materials.picture.as_ref().context("Matting needs a picture; open one first.")?;
    let trimap = materials
        .mask
        .as_ref()
        .context("Matting needs a trimap; paint one, or make one from scribbles or a rough mask.")?;
    trimap::checked(picture, trimap)?;
    let settings = Settings::from(knobs);
    watch.part(0.0, if settings.foreground { 0.9 } else { 1.0 });
    let Matte { alpha, unknown, shift, solved } = matte::matte(method, picture, trimap, settings, watch)?;
    let mut warnings = Vec::new();
    if !solved.converged {
        warnings.push(format!(
            "Solving stopped after {} iterations at a residual of {:.1e}, above the tolerance of {:.0e}; the matte is the best so far.",
            solved.iterations, solved.residual, settings.tolerance
        ));
    }
    let own = if settings.foreground {
        watch.part(0.9, 1.0);
        foreground::foreground(picture, &alpha, watch.stop())?
    } else {
        picture.clone()
    };
    watch.at(1.0)?;
    let grey = alpha.iter().map(|a| (a * 255.0).round() as u8).collect();
    Ok(Outcome {
        alpha: Some(Mask { width: trimap.width, height: trimap.height, grey }),
        figures: vec![
            ("residual", solved.residual),
            ("iterations", solved.iterations as f64),
            ("unknown", unknown as f64 / alpha.len() as f64),
            ("shift", shift),
        ],
        warnings,
        ..Outcome::of(own)
    })
}

/// Alpha as a grey picture.
fn shown(alpha: &[f32], [width, height]: [usize; 2]) -> Picture {
    let rgb: Vec<u8> = alpha.iter().flat_map(|a| [(a * 255.0).round() as u8; 3]).collect();
    Picture { width, height, rgb: rgb.into() }
}

#[cfg(test)]
#[path = "matting_tests.rs"]
mod tests;
