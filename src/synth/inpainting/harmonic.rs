//! Smooth fills: the hole becomes a membrane (harmonic) or a thin plate (biharmonic) held by the pixels around it.

use super::{
    finish,
    grid::Rows,
    hole::{Given, Window, checked, is_hole},
    knobs,
    solve::{Equation, Problem, Solved},
};
use crate::{
    models::Player,
    picture::{Mask, Picture},
    spec::{Knob, Knobs},
    synth::{Materials, Outcome, Task, Tool, Watch},
};
use anyhow::Result;

/// Solves Laplace's equation in the hole: every pixel there becomes the mean of its neighbours.
pub const HARMONIC: Tool = Tool {
    id: "harmonic",
    title: "Harmonic fill",
    about: "Spreads the colours around the hole smoothly into it. Best for thin scratches and scattered missing pixels; takes less than a \
            second.",
    task: Task::Inpainting,
    generator: false,
    knobs: harmonic_knobs,
    bytes: |materials, _| bytes(materials, 230),
    run: |materials, knobs, _: Option<&dyn Player>, watch| run(Equation::Laplace, materials, knobs, watch),
};

/// Solves Δ²u = 0 in the hole, so that slopes carry on, too (Damelin and Hoang, 2018).
pub const BIHARMONIC: Tool = Tool {
    id: "biharmonic",
    title: "Biharmonic fill",
    about: "Carries colours and their slopes into the hole, so shading has no kinks. Best for thin gaps in smooth places; takes seconds, \
            and large holes can overshoot.",
    task: Task::Inpainting,
    generator: false,
    knobs: biharmonic_knobs,
    bytes: |materials, _| bytes(materials, 270),
    run: |materials, knobs, _: Option<&dyn Player>, watch| run(Equation::Biharmonic, materials, knobs, watch),
};

fn harmonic_knobs() -> Vec<Knob> {
    vec![knobs::tolerance(1e-5)]
}

fn biharmonic_knobs() -> Vec<Knob> {
    vec![knobs::tolerance(1e-6)]
}

/// Bytes for each pixel of the window; the picture is held twice as well.
fn bytes(materials: &Materials, each: u64) -> u64 {
    let whole = materials.picture.as_ref().map_or(0, |p| (p.width * p.height) as u64);
    let window = match (&materials.picture, &materials.mask) {
        (Some(p), Some(m)) if p.size() == m.size() => Window::around(m, 2).area() as u64,
        _ => whole,
    };
    whole * 6 + window * each
}

fn run(equation: Equation, materials: &Materials, knobs: &Knobs, watch: &mut Watch) -> Result<Outcome> {
    let Given { picture, mask, original } = checked(materials)?;
    let tolerance = knobs.real("tolerance");
    let most = if equation == Equation::Laplace { 200 } else { 2000 };
    let (filled, solved) = fill(equation, picture, mask, tolerance, most, watch)?;
    let mut outcome = Outcome::of(filled);
    outcome.figures = vec![("residual", solved.residual), ("iterations", solved.iterations as f64)];
    outcome.warnings.extend(unfinished(solved, tolerance));
    finish(&mut outcome, original, mask, watch)?;
    Ok(outcome)
}

/// A sentence when a solve did not come as far as it was asked to. Its residual carries rounding that the steps do not see.
fn unfinished(Solved { residual, iterations }: Solved, tolerance: f64) -> Option<String> {
    (residual > 1.5 * tolerance.max(1e-9)).then(|| {
        format!(
            "The fill was not solved to the end: after {iterations} steps {residual:.1e} of the error is left, and {tolerance:.1e} was \
             asked for; the picture is the best so far."
        )
    })
}

/// The picture with its hole filled, and how the solve ended.
pub(super) fn fill(
    equation: Equation,
    picture: &Picture,
    mask: &Mask,
    tolerance: f64,
    most: usize,
    watch: &mut Watch,
) -> Result<(Picture, Solved)> {
    let window = Window::around(mask, if equation == Equation::Laplace { 1 } else { 2 });
    let hole = window.holes(mask);
    let mut u = Rows::of(picture, window);
    let mut problem = Problem::new(equation, window, hole);
    let solved = problem.solve(&mut u, tolerance, most, watch)?;
    Ok((u.put(picture, window, problem.hole()), solved))
}

/// A seamless blend: `fill` where the mask says hole, with its differences between neighbours kept and its colours moved so that they
/// meet `base` at the hole's border (Poisson image editing, Pérez et al. 2003, solved as `fill` plus the harmonic extension of
/// `base − fill`). All three are of one size. A mask without a hole gives `base`, one without a border `fill`.
pub fn membrane(base: &Picture, fill: &Picture, mask: &Mask) -> Picture {
    let mut on_progress = |_: f32, _: Option<Picture>| {};
    // Only a cancel is an error, and nobody cancels.
    membrane_watched(base, fill, mask, &mut Watch::new(&|| false, &mut on_progress)).unwrap_or_else(|_| fill.clone())
}

/// Like [`membrane`], with progress and cancel through a watch.
pub(super) fn membrane_watched(base: &Picture, fill: &Picture, mask: &Mask, watch: &mut Watch) -> Result<Picture> {
    match mask.count(is_hole) {
        0 => return Ok(base.clone()),
        n if n == mask.grey.len() => return Ok(fill.clone()),
        _ => {}
    }
    let window = Window::around(mask, 1);
    let hole = window.holes(mask);
    let (mut u, inserted) = (Rows::of(base, window), Rows::of(fill, window));
    u.add(&inserted, -1.0);
    let mut problem = Problem::new(Equation::Laplace, window, hole);
    problem.solve(&mut u, 1e-4, 100, watch)?;
    u.add(&inserted, 1.0);
    Ok(u.put(base, window, problem.hole()))
}

#[cfg(test)]
#[path = "harmonic_tests.rs"]
mod tests;
