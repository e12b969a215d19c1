//! Pictures as `u8` ↔ tensors whose numbers reach from −1 (black) to 1 (white).

use crate::picture::{Picture, Pixels};
use anyhow::{Result, ensure};
use tch::{Device, Kind, Tensor};

/// Pictures as they are stored, S×S×C each. An error if one is not S×S.
pub(super) fn stored(pictures: &[Picture], size: usize, channels: usize) -> Result<Pixels> {
    let mut pixels = Pixels::new(size, channels);
    for picture in pictures {
        let (width, height) = (picture.width, picture.height);
        ensure!(
            width == size && height == size,
            "The picture is {width}×{height} pixels where {size}×{size} are needed."
        );
        let bytes: Vec<u8> = picture.rgb.chunks_exact(3).flat_map(|p| p[..channels].iter().copied()).collect();
        pixels.push(&bytes);
    }
    Ok(pixels)
}

/// Stored pictures as they are: N×S×S×C `u8`.
pub(super) fn upload(pixels: &Pixels, device: Device) -> Result<Tensor> {
    let (n, s, c) = (pixels.count as i64, pixels.size as i64, pixels.channels as i64);
    ensure!(pixels.bytes.len() as i64 == n * s * s * c, "The pictures do not hold as many bytes as their size says.");
    Ok(Tensor::f_from_slice(&pixels.bytes)?.f_to_device(device)?.f_view([n, s, s, c])?)
}

/// `u8` of any shape as 32-bit numbers in [−1, 1], on the device where the bytes are.
pub(super) fn unit(bytes: &Tensor) -> Result<Tensor> {
    let mut x = bytes.f_to_kind(Kind::Float)?;
    let _ = x.g_mul_scalar_(2.0 / 255.0);
    let _ = x.g_sub_scalar_(1.0);
    Ok(x)
}

/// An N×C×S×S tensor in [−1, 1] as the nearest `u8`, colour innermost.
pub(super) fn rounded(x: &Tensor) -> Result<Pixels> {
    let (count, channels, height, width) = x.size4()?;
    ensure!(height == width, "Pictures are square here.");
    let scaled = ((x + 1.0) * 127.5).round();
    let flat = scaled.permute([0, 2, 3, 1]).contiguous().to_kind(Kind::Uint8).to_device(Device::Cpu).view([-1]);
    let mut bytes = vec![0u8; flat.numel()];
    let len = bytes.len();
    flat.f_copy_data(&mut bytes, len)?;
    Ok(Pixels { count: count as usize, size: height as usize, channels: channels as usize, bytes })
}
