//! How near held-out pictures are to what the family makes of them: reconstructions, or outputs beside their targets.

use super::mean;
use crate::{
    metrics::{case::EvalContext, embed, likeness, metric::Measured},
    picture::Pixels,
};
use anyhow::Result;

/// Mean squared error on values from 0 to 1.
pub fn mse(case: &EvalContext) -> Result<Measured> {
    measured(case, likeness::mse)
}

/// Peak signal-to-noise ratio in decibels.
pub fn psnr(case: &EvalContext) -> Result<Measured> {
    measured(case, likeness::psnr)
}

/// Structural similarity.
pub fn ssim(case: &EvalContext) -> Result<Measured> {
    measured(case, likeness::ssim)
}

fn measured(case: &EvalContext, of: fn(&Pixels, &Pixels) -> Result<Vec<f64>>) -> Result<Measured> {
    let [held, seen] = case.mirrored()?;
    let (value, floor) = (mean(&of(&held.0, &held.1)?), Some(mean(&of(&seen.0, &seen.1)?)));
    Ok(Measured { value, floor, count: held.0.count, embedding: embed::PIXELS.into() })
}
