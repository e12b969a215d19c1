//! Pictures at half the size, smoothly, and the way back for slopes.

use crate::nn::{Device, Kind, Tensor};
use anyhow::Result;

/// Binomial weights of a row of five pixels (Burt and Adelson 1983).
const ROW: [f32; 5] = [0.0625, 0.25, 0.375, 0.25, 0.0625];

/// One 5×5 filter for each of three channels.
fn filter() -> Result<Tensor> {
    let square: Vec<f32> = ROW.iter().flat_map(|a| ROW.map(|b| a * b)).collect();
    Ok(Tensor::f_from_slice(&square)?.f_view([1, 1, 5, 5])?.f_expand([3, 1, 5, 5], false)?.contiguous())
}

/// Places of the pixels −2 to n + 1 of a line: on the other side, or mirrored.
fn places(n: i64, wraps: bool) -> Tensor {
    let last = (n - 1).max(1);
    let mirrored = |i: i64| (last - (i.rem_euclid(2 * last) - last).abs()).min(n - 1);
    let all: Vec<i64> = (-2..n + 2).map(|i| if wraps { i.rem_euclid(n) } else { mirrored(i) }).collect();
    Tensor::from_slice(&all).to_device(Device::Cpu)
}

/// Half of a 1×3×H×W picture, ⌈H/2⌉×⌈W/2⌉. `wraps`: its edges belong together.
pub fn halved(x: &Tensor, wraps: bool) -> Result<Tensor> {
    let padded = x.f_index_select(2, &places(x.size()[2], wraps))?.f_index_select(3, &places(x.size()[3], wraps))?;
    Ok(padded.f_conv2d(&filter()?, None::<Tensor>, [2, 2], [0, 0], [1, 1], 3)?)
}

/// What the picture of this size feels of the slope of its half; edges belong together.
pub fn felt(slope: &Tensor, [high, wide]: [i64; 2]) -> Result<Tensor> {
    let beyond = [high, wide].map(|n| (n + 1) % 2);
    let padded = slope.f_conv_transpose2d(&filter()?, None::<Tensor>, [2, 2], [0, 0], beyond, 3, [1, 1])?;
    let fold = |x: &Tensor, axis: i64, n: i64| -> Result<Tensor> {
        let mut size = x.size();
        size[axis as usize] = n;
        Ok(Tensor::zeros(size, (Kind::Float, Device::Cpu)).f_index_add(axis, &places(n, true), x)?)
    };
    fold(&fold(&padded, 2, high)?, 3, wide)
}
