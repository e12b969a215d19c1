//! How like their originals reconstructions are: squared error, peak signal to noise, structural similarity (Wang et al. 2004).

use super::{BLOCK, alike, planes};
use crate::{nn, picture::Pixels};
use anyhow::{Result, ensure};
use tch::{Kind, Tensor};

/// Decibels of a picture that is the same to the last bit, where the definition has no number: what 8-bit pictures of 128 px never reach
/// otherwise.
pub const SAME: f64 = 100.0;
/// Side of the window of structural similarity in pixels.
pub const WINDOW: usize = 11;
/// Deviation of its Gaussian in pixels.
const SIGMA: f64 = 1.5;

/// Mean squared error of each picture, on values from 0 to 1, over pixels and channels. Picture i is held against picture i.
///
/// # Errors
/// Pictures of different shapes or counts.
pub fn mse(originals: &Pixels, pictures: &Pixels) -> Result<Vec<f64>> {
    paired(originals, pictures)?;
    let one = |i| squared(originals.bytes_of(i), pictures.bytes_of(i)) as f64;
    let unit = originals.stride() as f64 * 255.0 * 255.0;
    Ok((0..originals.count).map(|i| one(i) / unit).collect())
}

/// Peak signal to noise of each picture in decibels: −10·log₁₀ of [`mse`], [`SAME`] at most.
///
/// # Errors
/// Pictures of different shapes or counts.
pub fn psnr(originals: &Pixels, pictures: &Pixels) -> Result<Vec<f64>> {
    Ok(mse(originals, pictures)?.into_iter().map(|error| (-10.0 * error.log10()).min(SAME)).collect())
}

/// Structural similarity of each picture, 1 for the same one: Gaussian windows of 11×11 px with σ = 1.5 that lie wholly inside the
/// picture, K₁ = 0.01, K₂ = 0.03, range 1, biased variances; averaged over windows and channels.
///
/// # Errors
/// Pictures of different shapes or counts, or smaller than the window.
pub fn ssim(originals: &Pixels, pictures: &Pixels) -> Result<Vec<f64>> {
    paired(originals, pictures)?;
    let size = originals.size;
    ensure!(size >= WINDOW, "Structural similarity needs pictures of {WINDOW} px; these have {size}.");
    let _guard = nn::without_gradients();
    let band = band(size)?;
    let blur = |x: &Tensor| -> Result<Tensor> { Ok(band.f_matmul(x)?.f_matmul(&band.f_tr()?)?) };
    let (steady, faint) = (0.01 * 0.01, 0.03 * 0.03);
    let mut found = Vec::with_capacity(originals.count);
    let at_once = (BLOCK / 8 / originals.stride()).max(1);
    for start in (0..originals.count).step_by(at_once) {
        let some = at_once.min(originals.count - start);
        let load = |set| Ok::<_, anyhow::Error>(planes(set, start, some, Kind::Double)?.f_div_scalar(255.0)?);
        let (x, y) = (load(originals)?, load(pictures)?);
        let (mean_x, mean_y) = (blur(&x)?, blur(&y)?);
        let vary = blur(&(&x * &x))? - &mean_x * &mean_x + blur(&(&y * &y))? - &mean_y * &mean_y;
        let together = blur(&(&x * &y))? - &mean_x * &mean_y;
        let above = (&mean_x * &mean_y * 2.0 + steady) * (together * 2.0 + faint);
        let below = (&mean_x * &mean_x + &mean_y * &mean_y + steady) * (vary + faint);
        let each = (above / below).f_mean_dim([1i64, 2, 3].as_slice(), false, Kind::Double)?;
        found.extend(Vec::<f64>::try_from(each)?);
    }
    Ok(found)
}

fn paired(originals: &Pixels, pictures: &Pixels) -> Result<()> {
    alike(originals, pictures)?;
    let (many, others) = (originals.count, pictures.count);
    ensure!(many == others, "There are {many} originals and {others} reconstructions: each needs its own.");
    Ok(())
}

/// Sum of squared differences in grey levels, exact.
pub(super) fn squared(a: &[u8], b: &[u8]) -> u64 {
    let short = |(a, b): (&[u8], &[u8])| -> u64 {
        a.iter().zip(b).map(|(a, b)| u32::from(a.abs_diff(*b)).pow(2)).sum::<u32>().into()
    };
    // 4096 squares fit in 32 bits, which is twice as fast as 64.
    a.chunks(4096).zip(b.chunks(4096)).map(short).sum()
}

/// The window sliding along a row of `size` pixels, as a matrix: (size − 10)×size.
fn band(size: usize) -> Result<Tensor> {
    let reach = (WINDOW / 2) as f64;
    let weights: Vec<f64> = (0..WINDOW).map(|i| (-((i as f64 - reach) / SIGMA).powi(2) / 2.0).exp()).collect();
    let sum: f64 = weights.iter().sum();
    let places = size + 1 - WINDOW;
    let mut rows = vec![0f64; places * size];
    for (at, row) in rows.chunks_exact_mut(size).enumerate() {
        row[at..at + WINDOW].iter_mut().zip(&weights).for_each(|(to, weight)| *to = weight / sum);
    }
    Ok(Tensor::f_from_slice(&rows)?.f_view([places as i64, size as i64])?)
}
