//! Unsharp masking on the brightness, with a bound on halos.

use super::{
    super::{Materials, Outcome, Task, Tool, Watch},
    fitted, knobs, lumas, pixels, repainted, subject,
};
use crate::{
    models::Player,
    spec::{Knob, Knobs},
};
use anyhow::Result;
use rayon::prelude::*;

/// Adds to each pixel's brightness what distinguishes it from its surroundings.
pub const SHARPEN: Tool = Tool {
    id: "sharpen",
    title: "Sharpen",
    about: "Makes edges crisper (unsharp mask on the brightness), without bright and dark seams. Takes no time.",
    task: Task::Enhancement,
    generator: false,
    knobs: table,
    bytes: |materials, _| 20 * pixels(materials),
    run,
};

fn table() -> Vec<Knob> {
    vec![
        knobs::real("amount", "Amount", "How much is added: 0.5 is gentle, 2 strong.", (0.0, 5.0, 1.0)),
        knobs::ratio(
            "radius",
            "Radius",
            "Standard deviation in pixels of what counts as surroundings: 0.5 to 2 for crisp edges, 10 and more for depth.",
            (0.3, 30.0, 1.2),
        ),
        knobs::real(
            "threshold",
            "Threshold",
            "Differences up to so many levels of 255 are left alone, so that noise is not sharpened.",
            (0.0, 64.0, 2.0),
        ),
        knobs::real(
            "halo",
            "Halo limit",
            "By how many levels of 255 a pixel may become brighter or darker than all its neighbours were. Small values forbid seams along edges.",
            (0.0, 255.0, 12.0),
        ),
    ]
}

/// The weights of a Gaussian at the distances 0, 1, … up to three deviations; together (both sides) 1.
fn gaussian(deviation: f32) -> Vec<f32> {
    let reach = (3.0 * deviation).ceil() as usize;
    let raw: Vec<f32> = (0..=reach).map(|d| (-0.5 * (d as f32 / deviation).powi(2)).exp()).collect();
    let total = raw[0] + 2.0 * raw[1..].iter().sum::<f32>();
    raw.into_iter().map(|w| w / total).collect()
}

/// A row blurred; beyond its ends it goes on as its last pixel.
fn blur_row(row: &[f32], weights: &[f32], out: &mut [f32]) {
    let (reach, n) = (weights.len() - 1, row.len());
    let mut wide = vec![row[0]; reach];
    wide.extend_from_slice(row);
    wide.resize(n + 2 * reach, row[n - 1]);
    add_weighted(out, &wide[reach..reach + n], &wide[reach..reach + n], weights[0] * 0.5);
    for (d, &weight) in weights.iter().enumerate().skip(1) {
        add_weighted(out, &wide[reach - d..][..n], &wide[reach + d..][..n], weight);
    }
}

fn add_weighted(out: &mut [f32], a: &[f32], b: &[f32], weight: f32) {
    for ((out, a), b) in out.iter_mut().zip(a).zip(b) {
        *out += weight * (a + b);
    }
}

/// A plane blurred by a Gaussian, row by row and then column by column.
fn blurred(plane: &[f32], width: usize, deviation: f32, watch: &Watch) -> Result<Vec<f32>> {
    let (weights, stop) = (gaussian(deviation), watch.stop());
    let last = plane.len() / width - 1;
    let mut across = vec![0.0; plane.len()];
    across.par_chunks_mut(width).zip(plane.par_chunks(width)).for_each(|(out, row)| {
        if !stop() {
            blur_row(row, &weights, out);
        }
    });
    let row = |y: usize| &across[y * width..][..width];
    let mut both = vec![0.0; plane.len()];
    both.par_chunks_mut(width).enumerate().for_each(|(y, out)| {
        if stop() {
            return;
        }
        add_weighted(out, row(y), row(y), weights[0] * 0.5);
        for (d, &weight) in weights.iter().enumerate().skip(1) {
            add_weighted(out, row(y.saturating_sub(d)), row((y + d).min(last)), weight);
        }
    });
    watch.check()?;
    Ok(both)
}

fn run(materials: &Materials, knobs: &Knobs, _: Option<&dyn Player>, watch: &mut Watch) -> Result<Outcome> {
    let picture = subject(materials)?;
    let [amount, radius, threshold, halo] = ["amount", "radius", "threshold", "halo"].map(|id| knobs.real(id) as f32);
    let (width, height) = (picture.width, picture.height);
    watch.at(0.0)?;
    let plane = lumas(picture);
    let soft = blurred(&plane, width, radius.max(0.1), watch)?;
    watch.at(0.6)?;
    let made = repainted(picture, watch, |x, y, pixel| {
        let old = plane[y * width + x];
        let detail = old - soft[y * width + x];
        // Shrunk by the threshold rather than cut at it: a jump there would be a line in a soft gradient.
        let detail = detail.signum() * (detail.abs() - threshold).max(0.0);
        if detail == 0.0 {
            return [pixel[0], pixel[1], pixel[2]];
        }
        let (mut least, mut most) = (old, old);
        for row in y.saturating_sub(1)..=(y + 1).min(height - 1) {
            for &near in &plane[row * width + x.saturating_sub(1)..=row * width + (x + 1).min(width - 1)] {
                (least, most) = (least.min(near), most.max(near));
            }
        }
        let new = (old + amount * detail).clamp(least - halo, most + halo);
        fitted([0, 1, 2].map(|c| f32::from(pixel[c]) + new - old), new)
    })?;
    watch.at(1.0)?;
    Ok(Outcome::of(made))
}
