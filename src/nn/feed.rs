//! Pictures of a batch, on the host or on the device, and a whole data set that lives on the device.

use super::pixels::upload;
use crate::picture::Pixels;
use anyhow::{Result, ensure};
use tch::{Device, Kind, Tensor};

/// The pictures of a batch, wherever they are.
#[derive(Debug)]
pub enum Pictures {
    /// Plain bytes.
    Host(Pixels),
    /// N×S×S×C `u8` on the device that trains; never leaves the thread that made it.
    Device(Tensor),
}

impl Default for Pictures {
    fn default() -> Self {
        Self::Host(Pixels::default())
    }
}

impl From<Pixels> for Pictures {
    fn from(pixels: Pixels) -> Self {
        Self::Host(pixels)
    }
}

impl Pictures {
    /// How many there are.
    pub fn count(&self) -> usize {
        match self {
            Self::Host(pixels) => pixels.count,
            Self::Device(bytes) => bytes.size().first().map_or(0, |&n| n as usize),
        }
    }

    /// N×S×S×C `u8` on `device`.
    pub(super) fn bytes(&self, device: Device) -> Result<Tensor> {
        match self {
            Self::Host(pixels) => upload(pixels, device),
            Self::Device(bytes) => Ok(bytes.f_to_device(device)?),
        }
    }
}

/// A data set on the device as one `u8` tensor: a step then moves its indices only.
pub struct Store {
    bytes: Tensor,
}

/// What must be free beside the data set, or it stays on the host: networks of ours and cuDNN's workspace fit in it.
const ROOM: i64 = 256 << 20;
/// Bytes moved at once.
const PIECE: usize = 64 << 20;

impl Store {
    /// Moves a data set to the device. An error when it does not fit there with room to train beside it.
    pub fn new(pixels: &Pixels, device: Device) -> Result<Self> {
        let (n, s, c) = (pixels.count as i64, pixels.size as i64, pixels.channels as i64);
        ensure!(
            pixels.bytes.len() as i64 == n * s * s * c,
            "The pictures do not hold as many bytes as their size says."
        );
        let bytes = Tensor::f_empty([n, s, s, c], (Kind::Uint8, device))?;
        if device.is_cuda() {
            drop(Tensor::f_empty([ROOM], (Kind::Uint8, device))?);
        }
        // In pieces: a second copy of a large set on the host would be as unwelcome as one on the device.
        let flat = bytes.f_view([-1])?;
        for (i, piece) in pixels.bytes.chunks(PIECE).enumerate() {
            flat.f_narrow(0, (i * PIECE) as i64, piece.len() as i64)?.f_copy_(&Tensor::f_from_slice(piece)?)?;
        }
        Ok(Self { bytes })
    }

    /// The pictures at these places, in this order, gathered on the device.
    pub fn gather(&self, index: &[u32]) -> Result<Pictures> {
        let index: Vec<i64> = index.iter().map(|&i| i64::from(i)).collect();
        let index = Tensor::f_from_slice(&index)?.f_to_device(self.bytes.device())?;
        Ok(Pictures::Device(self.bytes.f_index_select(0, &index)?))
    }
}

/// Pictures that are looked at again and again, moved to the device once; on the CPU they stay as they are.
pub fn settle(pixels: Pixels, device: Device) -> Result<Pictures> {
    if device == Device::Cpu { Ok(Pictures::Host(pixels)) } else { Ok(Pictures::Device(upload(&pixels, device)?)) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn drawn(count: usize, channels: usize) -> Pixels {
        let mut rng = crate::latent::rng(3, 0);
        let bytes = (0..count * 16 * channels).map(|_| crate::latent::below(&mut rng, 256) as u8).collect();
        Pixels { count, size: 4, channels, bytes }
    }

    #[test]
    fn gathering_on_the_device_gives_the_tensor_of_the_host_bit_for_bit() {
        for channels in [1, 3] {
            let pixels = drawn(9, channels);
            let store = Store::new(&pixels, Device::Cpu).unwrap();
            for index in [vec![0, 1, 2], vec![8, 0, 8, 3, 5], vec![4]] {
                for kind in [Kind::Float, Kind::BFloat16] {
                    let there = store.gather(&index).unwrap();
                    let here = Pictures::from(pixels.gather(&index));
                    assert_eq!((there.count(), here.count()), (index.len(), index.len()));
                    let [there, here] = [there, here].map(|p| p.tensor(kind, Device::Cpu).unwrap());
                    assert_eq!((there.kind(), there.stride()), (here.kind(), here.stride()), "the same layout too");
                    assert_eq!(there, here);
                }
            }
        }
    }

    #[test]
    fn a_place_outside_and_missing_bytes_are_errors() {
        let pixels = drawn(2, 1);
        assert!(Store::new(&pixels, Device::Cpu).unwrap().gather(&[2]).is_err());
        assert!(Store::new(&Pixels { count: 3, ..pixels }, Device::Cpu).is_err());
    }
}
