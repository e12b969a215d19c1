//! Pictures as `u8` ↔ tensors in [−1, 1], centred and scaled as torchvision's `Normalize` does.

use super::{Pictures, pixels};
use crate::{
    picture::{Picture, Pixels},
    spec::{Knobs, colour},
};
use anyhow::Result;
use tch::{Device, Kind, Tensor};

/// How brightness in [0, 1] becomes a number in [−1, 1] and back: `(x − mean) / reach`, clipped. The default maps 0 to −1 and 1 to 1. It
/// travels with the batch that a model trains on and with the player that draws, so that both use the same numbers.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Normalisation(Option<Scale>);

#[derive(Clone, Copy, Debug, PartialEq)]
struct Scale {
    /// Brightness in [0, 1] that becomes 0, of the first `channels` channels.
    mean: [f32; 3],
    /// Distance from the mean to what becomes 1, above 0.
    reach: [f32; 3],
    /// 1 or 3; tensors with another number of channels keep the default.
    channels: usize,
}

impl Normalisation {
    /// A normalisation of pictures with this number of channels, 1 or 3.
    pub fn new(mean: [f32; 3], reach: [f32; 3], channels: usize) -> Self {
        Self(Some(Scale { mean, reach, channels }))
    }

    /// As the knobs `normalise norm_mean norm_std norm_reach channels` say; the default for a family without them.
    pub fn read(knobs: &Knobs) -> Self {
        if !matches!(knobs.get_text("normalise"), Some("measured" | "given")) {
            return Self::default();
        }
        let channels = if knobs.int("channels") == 1 { 1 } else { 3 };
        let [mean, std] = ["norm_mean", "norm_std"].map(|id| {
            let rgb = colour(knobs.text(id)).unwrap_or([128; 3]).map(|v| f32::from(v) / 255.0);
            if channels == 1 { [rgb.iter().sum::<f32>() / 3.0; 3] } else { rgb }
        });
        // A channel that never changes has no deviation to divide by.
        let reach = std.map(|std| std.max(1.0 / 255.0) * knobs.real("norm_reach").max(1.0) as f32);
        Self::new(mean, reach, channels)
    }

    /// Pictures of a batch as an N×C×S×S tensor on `device`. The numbers are the same wherever the bytes were.
    pub fn tensor(self, pictures: &Pictures, kind: Kind, device: Device) -> Result<Tensor> {
        let bytes = pictures.bytes(device)?;
        Ok(self.forward(pixels::unit(&bytes)?).f_permute([0, 3, 1, 2])?.f_to_kind(kind)?)
    }

    /// Stored pictures as an N×C×S×S tensor, its channels innermost in memory as they are in the store.
    pub fn from_pixels(self, stored: &Pixels, kind: Kind, device: Device) -> Result<Tensor> {
        let bytes = pixels::upload(stored, device)?;
        Ok(self.forward(pixels::unit(&bytes)?).f_permute([0, 3, 1, 2])?.f_to_kind(kind)?)
    }

    /// Pictures as an N×C×S×S tensor; grey ones take the first colour. An error if one is not S×S.
    pub fn from_pictures(
        self,
        pictures: &[Picture],
        size: usize,
        channels: usize,
        kind: Kind,
        device: Device,
    ) -> Result<Tensor> {
        self.from_pixels(&pixels::stored(pictures, size, channels)?, kind, device)
    }

    /// An N×C×S×S tensor as `u8`, colour innermost; values outside [−1, 1] are clamped.
    pub fn to_bytes(self, x: &Tensor) -> Result<Pixels> {
        let _guard = tch::no_grad_guard();
        pixels::rounded(&self.inverse(x.to_kind(Kind::Float).clamp(-1.0, 1.0)))
    }

    /// An N×C×S×S tensor as one picture each; one channel becomes grey.
    pub fn to_pictures(self, x: &Tensor) -> Result<Vec<Picture>> {
        let stored = self.to_bytes(x)?;
        Ok((0..stored.count).map(|i| stored.picture(i)).collect())
    }

    /// What a network drew, N×C×S×S, as brightness that reaches from −1 to 1; gradients pass. Values outside [−1, 1] are clamped, but for
    /// the default, which changes nothing.
    pub fn to_brightness(self, x: Tensor) -> Tensor {
        if self.0.is_none() { x } else { self.inverse(x.clamp(-1.0, 1.0)) }
    }

    /// Converts brightness in [−1, 1], 32-bit, channels last, to the numbers that networks see.
    fn forward(self, x: Tensor) -> Tensor {
        let Some(scale) = self.scale(x.size().last()) else { return x };
        let (mean, reach) = (scale.row(&scale.mean, x.device()), scale.row(&scale.reach, x.device()));
        (((x + 1.0) * 0.5 - mean) / reach).clamp(-1.0, 1.0)
    }

    /// Converts what networks draw, N×C×H×W, 32-bit, in [−1, 1], to brightness in [−1, 1].
    fn inverse(self, x: Tensor) -> Tensor {
        let Some(scale) = self.scale(x.size().get(1)) else { return x };
        let shaped = |values: &[f32; 3]| scale.row(values, x.device()).view([1, -1, 1, 1]);
        ((&x * shaped(&scale.reach) + shaped(&scale.mean)) * 2.0 - 1.0).clamp(-1.0, 1.0)
    }

    fn scale(self, channels: Option<&i64>) -> Option<Scale> {
        self.0.filter(|scale| channels == Some(&(scale.channels as i64)))
    }
}

impl Scale {
    fn row(&self, values: &[f32; 3], device: Device) -> Tensor {
        Tensor::from_slice(&values[..self.channels]).to_device(device)
    }
}

impl Pictures {
    /// An N×C×S×S tensor in [−1, 1] on `device`. The numbers are the same wherever the bytes were.
    pub fn tensor(&self, kind: Kind, device: Device) -> Result<Tensor> {
        Normalisation::default().tensor(self, kind, device)
    }
}

/// Stored pictures as an N×C×S×S tensor in [−1, 1]; see [`Normalisation::from_pixels`].
pub fn from_pixels(pixels: &Pixels, kind: Kind, device: Device) -> Result<Tensor> {
    Normalisation::default().from_pixels(pixels, kind, device)
}

/// Pictures as an N×C×S×S tensor in [−1, 1]; see [`Normalisation::from_pictures`].
pub fn from_pictures(pictures: &[Picture], size: usize, channels: usize, kind: Kind, device: Device) -> Result<Tensor> {
    Normalisation::default().from_pictures(pictures, size, channels, kind, device)
}

/// An N×C×S×S tensor in [−1, 1] as `u8`; see [`Normalisation::to_bytes`].
pub fn to_bytes(x: &Tensor) -> Result<Pixels> {
    Normalisation::default().to_bytes(x)
}

/// An N×C×S×S tensor in [−1, 1] as one picture each; see [`Normalisation::to_pictures`].
pub fn to_pictures(x: &Tensor) -> Result<Vec<Picture>> {
    Normalisation::default().to_pictures(x)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{nn::Store, spec::Value};

    fn values(x: &Tensor) -> Vec<f32> {
        Vec::try_from(x.contiguous().view([-1])).unwrap()
    }

    fn near(a: &[f32], b: &[f32]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5)
    }

    #[test]
    fn in_and_out_are_the_same_numbers() {
        // 100 is the middle, 40 levels away is the end.
        let normalisation = Normalisation::new([100.0 / 255.0, 0.0, 0.0], [40.0 / 255.0, 1.0, 1.0], 1);
        let stored = Pixels { count: 1, size: 2, channels: 1, bytes: vec![100, 120, 60, 255] };
        let x = normalisation.from_pixels(&stored, Kind::Float, Device::Cpu).unwrap();
        assert!(near(&values(&x), &[0.0, 0.5, -1.0, 1.0]), "{:?}", values(&x));
        assert_eq!(normalisation.to_bytes(&x).unwrap().bytes, [100, 120, 60, 140], "what was clipped stays clipped");
        let there = Store::new(&stored, Device::Cpu).unwrap().gather(&[0]).unwrap();
        assert_eq!(normalisation.tensor(&there, Kind::Float, Device::Cpu).unwrap(), x);
        let grey = Tensor::zeros([1, 3, 1, 1], (Kind::Float, Device::Cpu));
        assert_eq!(normalisation.to_bytes(&grey).unwrap().bytes, [128; 3], "another number of channels");
        let plain = Normalisation::default();
        let x = plain.from_pixels(&stored, Kind::Float, Device::Cpu).unwrap();
        assert!(near(&values(&x)[3..], &[1.0]) && plain.to_bytes(&x).unwrap() == stored);
        let beyond = Tensor::full([1, 1, 1, 1], 1.5, (Kind::Float, Device::Cpu));
        assert_eq!(values(&plain.to_brightness(beyond.shallow_clone())), [1.5]);
        assert!(near(&values(&normalisation.to_brightness(beyond)), &[140.0 / 127.5 - 1.0]));
    }

    #[test]
    fn every_channel_has_its_own_and_bytes_come_back_where_nothing_is_clipped() {
        let normalisation = Normalisation::new([0.5, 0.4, 0.6], [0.75, 0.7, 0.65], 3);
        let stored = Pixels { count: 2, size: 8, channels: 3, bytes: (0..384).map(|i| (i * 5 % 256) as u8).collect() };
        let x = normalisation.from_pixels(&stored, Kind::Float, Device::Cpu).unwrap();
        assert!(f64::try_from(x.abs().max()).unwrap() < 1.0);
        assert_eq!(normalisation.to_bytes(&x).unwrap(), stored);
        assert!(near(&values(&x.get(0).get(2).get(0).get(0)), &[(10.0 / 255.0 - 0.6) / 0.65]));
    }

    #[test]
    fn knobs_say_mean_and_reach() {
        let mut knobs = Knobs::default();
        for (id, text) in [("normalise", "range"), ("channels", "3")] {
            knobs.put(id, Value::Text(text.into()));
        }
        assert_eq!(Normalisation::read(&knobs), Normalisation::default());
        for (id, text) in [("normalise", "given"), ("norm_mean", "#336600"), ("norm_std", "#330000")] {
            knobs.put(id, Value::Text(text.into()));
        }
        knobs.put("norm_reach", Value::Real(2.0));
        let wanted = Normalisation::new([0.2, 0.4, 0.0], [0.4, 2.0 / 255.0, 2.0 / 255.0], 3);
        assert_eq!(Normalisation::read(&knobs), wanted);
        knobs.put("channels", Value::Text("1".into()));
        let Some(grey) = Normalisation::read(&knobs).0 else { panic!("it is set") };
        assert!((grey.mean[0] - 0.2).abs() < 1e-6 && grey.channels == 1);
    }

    #[test]
    fn bytes_come_back_through_a_tensor() {
        for channels in [1, 3] {
            let bytes: Vec<u8> = (0..2 * 16 * channels).map(|i| (i * 5 % 256) as u8).collect();
            let pixels = Pixels { count: 2, size: 4, channels, bytes };
            let x = from_pixels(&pixels, Kind::Float, Device::Cpu).unwrap();
            assert_eq!(x.size(), [2, channels as i64, 4, 4]);
            assert_eq!(to_bytes(&x).unwrap(), pixels);
            let again = from_pictures(&to_pictures(&x).unwrap(), 4, channels, Kind::Float, Device::Cpu).unwrap();
            assert_eq!(again, x);
            assert!(from_pictures(&to_pictures(&x).unwrap(), 5, channels, Kind::Float, Device::Cpu).is_err());
        }
        let black_and_white = Pixels { count: 1, size: 1, channels: 3, bytes: vec![0, 255, 51] };
        let x = from_pixels(&black_and_white, Kind::Float, Device::Cpu).unwrap();
        let values: Vec<f32> = Vec::try_from(x.view([-1])).unwrap();
        assert!(values.iter().zip([-1.0, 1.0, -0.6]).all(|(a, b)| (a - b).abs() < 1e-6));
    }
}
