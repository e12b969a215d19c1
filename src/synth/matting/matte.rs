//! From a trimap to alpha: equations, a rough inverse, and conjugate gradients.

use super::{
    Method,
    cholesky::Cholesky,
    closed_form,
    gradients::{self, Rough, Solved, Until},
    knn,
    knobs::Settings,
    learning,
    preview::Small,
    trimap,
    unknowns::Unknowns,
    windows::{self, Equations},
};
use crate::{
    picture::{Mask, Picture},
    synth::Watch,
};
use anyhow::{Result, ensure};

/// Most pixels that a preview solves for with windows, and finds neighbours for.
const PREVIEWED: [usize; 2] = [12_000, 15_000];
/// A preview's tolerance: below what can be seen.
const ROUGHLY: f64 = 1e-4;
/// Times the matte so far is shown.
const SHOWN: f64 = 6.0;
/// Shares of the time at which the equations stand and their factors stand.
const STAND: [f32; 2] = [0.15, 0.5];

/// Alpha, and how it was found.
pub struct Matte {
    /// Alpha in [0, 1], row by row.
    pub alpha: Vec<f32>,
    /// How many pixels were unknown.
    pub unknown: usize,
    /// What had to be added to the diagonal to factor the equations.
    pub shift: f64,
    /// How the equations were solved; without x.
    pub solved: Solved,
}

/// Finds alpha by a method.
pub fn matte(method: Method, picture: &Picture, trimap: &Mask, settings: Settings, watch: &mut Watch) -> Result<Matte> {
    if !settings.preview {
        return whole(method, picture, trimap, settings, watch);
    }
    let unknowns = Unknowns::of(trimap);
    let times = times(method, unknowns.pixels.len(), picture.size());
    let small = Small::new(picture, trimap, times);
    let settings = Settings { tolerance: settings.tolerance.max(ROUGHLY), ..settings };
    // Thin strokes and thin bands may vanish in the small picture.
    let vanished = times > 1 && trimap::checked(&small.picture, &small.trimap).is_err();
    ensure!(
        !vanished || unknowns.pixels.len() < 300_000,
        "The strokes are too thin for a quick look at so large a picture; draw some with a wider tip."
    );
    if times == 1 || vanished {
        return whole(method, picture, trimap, settings, watch);
    }
    let found = whole(method, &small.picture, &small.trimap, settings, watch)?;
    let large = small.enlarged(&found.alpha, picture, &unknowns);
    Ok(Matte { alpha: spread(&large, &unknowns, trimap), unknown: unknowns.pixels.len(), ..found })
}

/// How many times smaller a preview is.
fn times(method: Method, unknown: usize, [width, height]: [usize; 2]) -> usize {
    let (count, most) = if method == Method::Knn { (width * height, PREVIEWED[1]) } else { (unknown, PREVIEWED[0]) };
    let times = (1..count).find(|times| count <= most * times * times).unwrap_or(1);
    times.min(width.min(height) / 3).max(1)
}

/// Alpha of all pixels from that of the unknown ones.
fn spread(x: &[f64], unknowns: &Unknowns, trimap: &Mask) -> Vec<f32> {
    let mut alpha: Vec<f32> = trimap.grey.iter().map(|&v| if v == 255 { 1.0 } else { 0.0 }).collect();
    for (&p, x) in unknowns.pixels.iter().zip(x) {
        alpha[p as usize] = x.clamp(0.0, 1.0) as f32;
    }
    alpha
}

fn whole(method: Method, picture: &Picture, trimap: &Mask, settings: Settings, watch: &mut Watch) -> Result<Matte> {
    let stop = watch.stop();
    watch.at(0.0)?;
    let unknowns = Unknowns::of(trimap);
    let foreground = |p: usize| trimap.grey[p] == 255;
    let epsilon = settings.epsilon;
    let Equations { matrix, known } = match method {
        Method::ClosedForm => {
            windows::equations(picture, &unknowns, foreground, |c| closed_form::window(c, epsilon), stop)?
        }
        Method::Learning => windows::equations(picture, &unknowns, foreground, |c| learning::window(c, epsilon), stop)?,
        Method::Knn => knn::equations(picture, &unknowns, foreground, stop)?,
    };
    watch.at(STAND[0])?;
    // Neighbours of like colour may be anywhere: factors would fill up.
    let rough = match method {
        Method::Knn => Rough::diagonal(&matrix),
        _ => Rough::Factors(Cholesky::new(&matrix, &unknowns.parts, stop)?),
    };
    let shift = if let Rough::Factors(factors) = &rough { factors.shift } else { 0.0 };
    watch.at(STAND[1])?;
    let until = Until { tolerance: settings.tolerance, iterations: settings.iterations };
    let mut due = 1.0 / SHOWN;
    let mut on_progress = |_: usize, residual: f64, x: &[f64]| {
        // The logarithm of the residual falls about evenly.
        let done = if residual > 0.0 { (residual.ln() / until.tolerance.ln()).clamp(0.0, 1.0) } else { 1.0 };
        let share = STAND[1] + (1.0 - STAND[1]) * done as f32;
        if done < due {
            return watch.at(share);
        }
        due = ((done * SHOWN).floor() + 1.0) / SHOWN;
        watch.show(share, shown(&spread(x, &unknowns, trimap), trimap.size()))
    };
    let zero = vec![0.0; known.len()];
    let mut solved = gradients::solve(&matrix, &known, zero, &rough, until, stop, &mut on_progress)?;
    watch.at(1.0)?;
    let alpha = spread(&std::mem::take(&mut solved.x), &unknowns, trimap);
    Ok(Matte { alpha, unknown: unknowns.pixels.len(), shift, solved })
}

/// Alpha as a grey picture.
fn shown(alpha: &[f32], [width, height]: [usize; 2]) -> Picture {
    let rgb: Vec<u8> = alpha.iter().flat_map(|a| [(a * 255.0).round() as u8; 3]).collect();
    Picture { width, height, rgb: rgb.into() }
}
