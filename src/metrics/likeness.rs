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
    let at_once = (BLOCK / 64 / originals.stride()).max(1);
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference::{agree, pictures};

    fn flat(value: u8) -> Pixels {
        Pixels { count: 1, size: 12, channels: 3, bytes: vec![value; 12 * 12 * 3] }
    }

    #[test]
    fn agrees_with_scikit_image() {
        for (size, channels, seed) in [(28, 1, 40), (32, 3, 50)] {
            let (x, mut y) = (pictures(3, size, channels, seed, 2), pictures(3, size, channels, seed, 3));
            let first = y.stride();
            y.bytes[..first].iter_mut().for_each(|v| *v = 255 - *v);
            agree(&format!("mse-{size}-{channels}"), &mse(&x, &y).unwrap(), 1e-12);
            agree(&format!("psnr-{size}-{channels}"), &psnr(&x, &y).unwrap(), 1e-12);
            agree(&format!("ssim-{size}-{channels}"), &ssim(&x, &y).unwrap(), 1e-10);
        }
    }

    #[test]
    fn flat_pictures_by_hand() {
        // A fifth apart: 0.04, and −10·log₁₀ of it.
        assert!((mse(&flat(0), &flat(51)).unwrap()[0] - 0.04).abs() < 1e-15);
        assert!((psnr(&flat(51), &flat(0)).unwrap()[0] - 13.979_400_086_720_375).abs() < 1e-12);
        let (a, b, steady) = (0.2, 0.6, 1e-4);
        let wanted = (2.0 * a * b + steady) / (a * a + b * b + steady);
        assert!((ssim(&flat(51), &flat(153)).unwrap()[0] - wanted).abs() < 1e-9);
    }

    #[test]
    fn the_same_pictures_are_fully_alike() {
        let x = pictures(2, 11, 3, 8, 1);
        assert_eq!((mse(&x, &x).unwrap(), psnr(&x, &x).unwrap()), (vec![0.0; 2], vec![SAME; 2]));
        assert!(ssim(&x, &x).unwrap().iter().all(|v| (v - 1.0).abs() < 1e-12));
        assert!(ssim(&pictures(1, 10, 1, 8, 0), &pictures(1, 10, 1, 8, 0)).is_err(), "smaller than the window");
        assert!(mse(&x, &x.gather(&[0])).unwrap_err().to_string().contains("each needs its own"));
    }

    #[test]
    fn the_largest_squares_are_not_lost() {
        assert_eq!(squared(&vec![255; 50_000], &vec![0; 50_000]), 50_000 * 255 * 255);
    }
}
