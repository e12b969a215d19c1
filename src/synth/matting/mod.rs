//! Matting: how much of each pixel is foreground, from a trimap; and the foreground's own colours.

mod cholesky;
mod closed_form;
mod gradients;
mod knobs;
mod learning;
mod sparse;
mod unknowns;
mod windows;

pub use closed_form::CLOSED_FORM;
pub use learning::LEARNING_BASED;

use crate::{
    picture::{Mask, Picture},
    spec::Knobs,
    synth::{Materials, Outcome, Watch},
};
use anyhow::{Context, Result};
use cholesky::Cholesky;
use gradients::{Rough, Until};
use knobs::Settings;
use unknowns::Unknowns;
use windows::Equations;

/// Where the equations come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Method {
    ClosedForm,
    Learning,
    Knn,
}

fn bytes(_: Method, _: &Materials, _: &Knobs) -> u64 {
    0
}

fn run(method: Method, materials: &Materials, knobs: &Knobs, watch: &mut Watch) -> Result<Outcome> {
    let picture = materials.picture.as_ref().context("Matting needs a picture; open one first.")?;
    let trimap = materials.mask.as_ref().context("Matting needs a trimap.")?;
    let settings = Settings::from(knobs);
    let t = std::time::Instant::now();
    let unknowns = Unknowns::of(trimap);
    let stop = watch.stop();
    let fg = |p: usize| trimap.grey[p] == 255;
    let Equations { matrix, known } = match method {
        Method::ClosedForm => {
            windows::equations(picture, &unknowns, fg, |c| closed_form::window(c, settings.epsilon), stop)?
        }
        _ => windows::equations(picture, &unknowns, fg, |c| learning::window(c, settings.epsilon), stop)?,
    };
    eprintln!(
        "equations {:?} n {} nnz {} parts {:?}",
        t.elapsed(),
        matrix.rows(),
        matrix.value.len(),
        unknowns.parts.len()
    );
    let t = std::time::Instant::now();
    let factors = Cholesky::new(&matrix, &unknowns.parts, stop)?;
    eprintln!("cholesky {:?} count {} shift {}", t.elapsed(), factors.count(), factors.shift);
    let t = std::time::Instant::now();
    let until = Until { tolerance: settings.tolerance, iterations: settings.iterations };
    let solved =
        gradients::solve(&matrix, &known, vec![0.0; known.len()], &Rough::Factors(factors), until, &mut |_, _, _| {
            watch.check()
        })?;
    eprintln!("cg {:?} its {} res {}", t.elapsed(), solved.iterations, solved.residual);
    let mut grey = trimap.grey.to_vec();
    for (at, &p) in unknowns.pixels.iter().enumerate() {
        grey[p as usize] = (solved.x[at].clamp(0.0, 1.0) * 255.0).round() as u8;
    }
    let alpha = Mask { width: trimap.width, height: trimap.height, grey: grey.into() };
    Ok(Outcome { alpha: Some(alpha), ..Outcome::of(picture.clone()) })
}
