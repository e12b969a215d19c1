//! Sizes of pictures and of the networks that draw and judge them.

use crate::{nn::Tensor, spec::Knobs};

/// The size of the pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Frame {
    /// Side in pixels.
    pub size: usize,
    /// 1 or 3.
    pub channels: usize,
}

impl Frame {
    /// Reads the knobs `size` and `channels`.
    pub fn read(knobs: &Knobs) -> Self {
        Self { size: knobs.int("size"), channels: knobs.int("channels") }
    }

    /// Number of values of a picture.
    pub fn len(self) -> i64 {
        (self.size * self.size * self.channels) as i64
    }

    /// N×C×S×S → N×len, channel by channel and row by row, as `PyTorch` flattens.
    pub fn flatten(self, pictures: &Tensor) -> Tensor {
        pictures.reshape([-1, self.len()])
    }

    /// N×len → N×C×S×S, the inverse of [`Frame::flatten`].
    pub fn unflatten(self, rows: &Tensor) -> Tensor {
        let side = self.size as i64;
        rows.reshape([-1, self.channels as i64, side, side])
    }
}

/// Sizes of a convolutional generator and discriminator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Shape {
    /// Side of the pictures: 28, 32, 64 or 128.
    pub size: usize,
    /// 1 or 3.
    pub channels: i64,
    /// Length of the latent vector.
    pub z_dim: i64,
    /// Filters of the thinnest layer.
    pub width: i64,
}

impl Shape {
    /// Reads the knobs `size channels z_dim width`.
    pub fn read(knobs: &Knobs) -> Self {
        let int = |id| knobs.int(id) as i64;
        Self { size: knobs.int("size"), channels: int("channels"), z_dim: int("z_dim"), width: int("width") }
    }

    /// Side of a DCGAN's smallest feature map, and the filters of each map from there on, widest first; each has twice the side of
    /// the one before.
    pub fn maps(&self) -> (i64, Vec<i64>) {
        let (first, multiples): (i64, &[i64]) = match self.size {
            28 => (7, &[4, 2]),
            32 => (4, &[4, 2, 1]),
            64 => (4, &[8, 4, 2, 1]),
            _ => (4, &[16, 8, 4, 2, 1]),
        };
        (first, multiples.iter().map(|m| m * self.width).collect())
    }
}

/// The resolutions of the networks of Karras et al. (2018, 2020).
impl Shape {
    /// Sides of the feature maps, from 4 (7 for 28) to the full size.
    pub fn sides(&self) -> Vec<i64> {
        let first = if self.size == 28 { 7 } else { 4 };
        std::iter::successors(Some(first), |side| Some(2 * side)).take_while(|side| *side <= self.size as i64).collect()
    }

    /// Filters at a side: twice as many for each halving, at most four times the width.
    pub fn filters(&self, side: i64) -> i64 {
        self.width * (self.size as i64 / side).clamp(1, 4)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::{Device, Kind};

    #[test]
    fn rows_are_pictures_channel_by_channel() {
        let frame = Frame { size: 2, channels: 3 };
        let x = Tensor::arange(12, (Kind::Float, Device::Cpu)).view([1, 3, 2, 2]);
        let lying_otherwise = crate::nn::channels_last(&x);
        let row = frame.flatten(&lying_otherwise);
        assert_eq!(Vec::<Vec<f32>>::try_from(&row).unwrap()[0][..5], [0.0, 1.0, 2.0, 3.0, 4.0]);
        assert!(frame.unflatten(&row) == x);
    }
}
