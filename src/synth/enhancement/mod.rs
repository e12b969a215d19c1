//! Tools that better a picture: levels, white balance, local contrast, sharpness, noise.

mod balance;
mod clahe;
mod denoise;
mod levels;
mod noise;
mod sharpen;

use super::knobs;
pub use balance::WHITE_BALANCE;
pub use clahe::CLAHE;
pub use denoise::DENOISE;
pub use levels::AUTO_LEVELS;
pub use sharpen::SHARPEN;

use super::{Materials, Watch};
use crate::picture::Picture;
use anyhow::{Context, Result, ensure};
use rayon::prelude::*;

/// How much red, green and blue count for how bright a pixel looks (ITU-R BT.709).
const LUMA: [f32; 3] = [0.2126, 0.7152, 0.0722];

/// How bright a pixel looks, 0 to 255.
fn luma(pixel: &[u8]) -> f32 {
    LUMA[0] * f32::from(pixel[0]) + LUMA[1] * f32::from(pixel[1]) + LUMA[2] * f32::from(pixel[2])
}

/// The luma of every pixel, row by row.
fn lumas(picture: &Picture) -> Vec<f32> {
    picture.rgb.par_chunks(3).with_min_len(4096).map(luma).collect()
}

/// Rounds a colour whose luma is `y`. What lies outside of 0..=255 is brought back by taking colourfulness away rather than by cutting
/// channels off: brightness and hue stay.
fn fitted(colour: [f32; 3], y: f32) -> [u8; 3] {
    let grey = y.clamp(0.0, 255.0);
    let keep = colour.into_iter().fold(1.0_f32, |keep, c| {
        let off = c - y;
        if grey + off > 255.0 {
            keep.min((255.0 - grey) / off)
        } else if grey + off < 0.0 {
            keep.min(-grey / off)
        } else {
            keep
        }
    });
    colour.map(|c| (grey + keep * (c - y)).round() as u8)
}

/// The picture to be bettered.
fn subject(materials: &Materials) -> Result<&Picture> {
    let picture = materials.picture.as_ref().context("There is no picture to work on; choose one first.")?;
    ensure!(!picture.rgb.is_empty(), "The picture has no pixels; choose another one.");
    Ok(picture)
}

/// How many pixels the picture has, for estimates of memory.
fn pixels(materials: &Materials) -> u64 {
    materials.picture.as_ref().map_or(0, |p| (p.width * p.height) as u64)
}

/// A picture of the same size, made pixel by pixel of the place and the old pixel.
fn repainted(
    picture: &Picture,
    watch: &Watch,
    paint: impl Fn(usize, usize, &[u8]) -> [u8; 3] + Sync,
) -> Result<Picture> {
    let (width, stop) = (picture.width, watch.stop());
    let mut rgb = vec![0; picture.rgb.len()];
    rgb.par_chunks_mut(width * 3).enumerate().for_each(|(y, row)| {
        if stop() {
            return;
        }
        for (x, (to, from)) in row.chunks_exact_mut(3).zip(picture.row(y).chunks_exact(3)).enumerate() {
            to.copy_from_slice(&paint(x, y, from));
        }
    });
    watch.check()?;
    Ok(Picture { width, height: picture.height, rgb: rgb.into() })
}

#[cfg(test)]
mod reference_tests;
#[cfg(test)]
mod tests;
