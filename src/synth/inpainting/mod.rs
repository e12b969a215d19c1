//! Inpainting: fills a hole in a picture, from the smooth fills to completion with patches of the rest.

mod blend;
mod field;
mod grid;
mod harmonic;
mod hole;
mod knobs;
mod measure;
mod multigrid;
mod patchmatch;
mod prior;
mod pyramid;
mod solve;
mod vote;

#[cfg(test)]
mod testing;
#[cfg(test)]
mod tests;

pub use harmonic::{BIHARMONIC, HARMONIC, membrane};
pub use hole::{Given, checked, is_hole};
pub use measure::{hole_psnr, hole_ssim, ssim};
pub use patchmatch::PATCHMATCH;
pub use prior::PRIOR;

use super::{Outcome, Watch};
use crate::picture::{Mask, Picture};
use anyhow::Result;

/// Adds the error in the hole to an outcome's figures, where the original is known: `hole_psnr`, `hole_ssim` and `ssim`.
pub fn finish(outcome: &mut Outcome, original: Option<&Picture>, mask: &Mask, watch: &Watch) -> Result<()> {
    let Some(original) = original else { return Ok(()) };
    let map = measure::ssim_map(&outcome.picture, original, watch.stop());
    watch.check()?;
    outcome.figures.push(("hole_psnr", hole_psnr(&outcome.picture, original, mask)));
    outcome.figures.push(("hole_ssim", measure::mean_in_hole(&map, mask)));
    outcome.figures.push(("ssim", measure::mean_inside(&map, original.size())));
    Ok(())
}
