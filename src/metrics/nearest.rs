//! How far each generated picture is from the nearest real one: what was learnt by heart is very near.

use super::{BLOCK, alike, likeness::squared, planes};
use crate::{nn, picture::Pixels};
use anyhow::Result;
use tch::{Kind, Tensor};

/// Real pictures of a block whose distance is calculated anew in whole numbers: 32-bit products may confuse the very nearest.
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
