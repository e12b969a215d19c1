//! How far each generated picture is from the nearest real one: what was learnt by heart is very near.

use super::{BLOCK, alike, likeness::squared, planes};
use crate::{nn, picture::Pixels};
use anyhow::Result;
use tch::{Kind, Tensor};

/// Real pictures of a block whose distance is calculated again in whole numbers: 32-bit products may confuse the very nearest.
const CLOSE: usize = 4;

/// For each fake the root mean square distance to its nearest real picture, on pixel values from 0 to 1, and that picture's place (the
/// first of equally near ones). Exact to the last bit: 0 means the very same picture. Memory is a few blocks of 16 to 64 MB.
///
/// # Errors
/// Pictures of different shapes, or none.
pub fn distances(fake: &Pixels, real: &Pixels) -> Result<Vec<(f64, u32)>> {
    alike(real, fake)?;
    let _guard = nn::without_gradients();
    let (wide, mut best) = (fake.stride(), vec![(u64::MAX, 0u32); fake.count]);
    let at_once = (BLOCK / wide).clamp(1, 2048);
    for start in (0..fake.count).step_by(at_once) {
        let fakes = rows(fake, start, at_once.min(fake.count - start))?;
        for from in (0..real.count).step_by(at_once) {
            let some = at_once.min(real.count - from);
            for (i, close) in candidates(&fakes, &rows(real, from, some)?)?.chunks_exact(CLOSE.min(some)).enumerate() {
                let mine = fake.bytes_of(start + i);
                for at in close.iter().map(|j| from + *j as usize) {
                    let found = (squared(mine, real.bytes_of(at)), at as u32);
                    best[start + i] = best[start + i].min(found);
                }
            }
        }
    }
    let unit = wide as f64 * 255.0 * 255.0;
    Ok(best.into_iter().map(|(sum, at)| ((sum as f64 / unit).sqrt(), at)).collect())
}

/// Pictures as rows of numbers around 0: smaller squares round less.
fn rows(pixels: &Pixels, start: usize, count: usize) -> Result<Tensor> {
    Ok(planes(pixels, start, count, Kind::Float)?.f_sub_scalar(127.5)?.f_reshape([count as i64, -1])?)
}

/// Places of the few nearest rows of `real`, for each row of `fake`.
fn candidates(fake: &Tensor, real: &Tensor) -> Result<Vec<i64>> {
    let squares = real.f_square()?.f_sum_dim_intlist([1i64].as_slice(), false, Kind::Float)?;
    let apart = squares.f_sub(&fake.f_matmul(&real.f_tr()?)?.f_mul_scalar(2.0)?)?;
    let count = (real.size2()?.0).min(CLOSE as i64);
    Ok(Vec::try_from(apart.f_topk(count, 1, false, false)?.1.f_reshape([-1])?)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::metrics::reference::{agree, pictures};

    #[test]
    fn agrees_with_numpy() {
        let found = distances(&pictures(5, 28, 1, 60, 1), &pictures(50, 28, 1, 61, 1)).unwrap();
        agree("nearest", &found.iter().flat_map(|(d, i)| [*d, f64::from(*i)]).collect::<Vec<_>>(), 1e-12);
    }

    #[test]
    fn a_copy_is_found_at_zero_and_the_first_of_two() {
        let real = pictures(45, 32, 3, 5, 1);
        let mut fake = real.gather(&[44, 3, 21]);
        fake.bytes[0] ^= 1;
        let found = distances(&fake, &real).unwrap();
        let one = (3072.0f64 * 255.0 * 255.0).sqrt().recip();
        assert!((found[0].0 - one).abs() < 1e-15 && found[0].1 == 44, "one grey level in one number");
        assert_eq!(found[1..], [(0.0, 3), (0.0, 21)]);
        let twice = real.gather(&[7, 9, 9, 8]);
        assert_eq!(distances(&real.gather(&[9, 8]), &twice).unwrap(), [(0.0, 1), (0.0, 3)]);
        assert!(distances(&fake, &Pixels::new(32, 3)).is_err());
    }
}
