//! Where pictures become tensors and tensors pictures, their values may be centred and scaled: in and out by the same numbers.

use std::cell::Cell;
use tch::{Device, Tensor};

thread_local! {
    static CURRENT: Cell<Option<Border>> = const { Cell::new(None) };
}

/// What brightness becomes 0 and what becomes ±1, for each channel. While one is [entered](Border::enter), all pictures of its thread that
/// become tensors pass it inwards, `(x − centre) / radius` clipped to [−1, 1], and all tensors that become pictures pass it outwards. So
/// the networks see what they are trained for, and people see pictures. Without one, 0 and 255 become −1 and 1.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Border {
    /// Brightness in [0, 1] that becomes 0; of the first `channels` channels.
    pub centre: [f32; 3],
    /// Its distance to what becomes 1, more than 0.
    pub radius: [f32; 3],
    /// 1 or 3; tensors with another number of channels pass untouched.
    pub channels: usize,
}

/// Puts back what was there before, also after a panic.
#[must_use = "the border is left as soon as this is dropped"]
#[derive(Debug)]
pub struct Within(Option<Border>);

impl Border {
    /// From here on, until the answer is dropped, pictures of this thread pass this border.
    pub fn enter(self) -> Within {
        Within(CURRENT.replace(Some(self)))
    }

    fn row(&self, values: &[f32; 3], device: Device) -> Tensor {
        Tensor::from_slice(&values[..self.channels]).to_device(device)
    }
}

impl Drop for Within {
    fn drop(&mut self) {
        CURRENT.set(self.0);
    }
}

/// The border that a tensor of so many channels passes here.
fn current(channels: i64) -> Option<Border> {
    CURRENT.get().filter(|border| border.channels as i64 == channels)
}

/// Inwards: `x` has channels last, 32-bit, in [−1, 1].
pub(super) fn inwards(x: Tensor) -> Tensor {
    let Some(border) = current(x.size().last().copied().unwrap_or(0)) else { return x };
    let (centre, radius) = (border.row(&border.centre, x.device()), border.row(&border.radius, x.device()));
    (((x + 1.0) * 0.5 - centre) / radius).clamp(-1.0, 1.0)
}

/// Outwards, past the border that is entered, if any: `x` is N×C×H×W, 32-bit, in [−1, 1]; so is the answer.
pub fn outwards(x: Tensor) -> Tensor {
    let Some(border) = current(x.size().get(1).copied().unwrap_or(0)) else { return x };
    let shaped = |values: &[f32; 3]| border.row(values, x.device()).view([1, -1, 1, 1]);
    ((&x * shaped(&border.radius) + shaped(&border.centre)) * 2.0 - 1.0).clamp(-1.0, 1.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        nn::{Kind, Pictures, Store, from_pixels, to_bytes},
        picture::Pixels,
    };

    fn values(x: &Tensor) -> Vec<f32> {
        Vec::try_from(x.contiguous().view([-1])).unwrap()
    }

    fn near(a: &[f32], b: &[f32]) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| (a - b).abs() < 1e-5)
    }

    #[test]
    fn in_and_out_are_the_same_numbers_and_leave_nothing_behind() {
        // 100 is the middle, 40 steps away is the end.
        let border = Border { centre: [100.0 / 255.0, 0.0, 0.0], radius: [40.0 / 255.0, 1.0, 1.0], channels: 1 };
        let pixels = Pixels { count: 1, size: 2, channels: 1, bytes: vec![100, 120, 60, 255] };
        let store = Store::new(&pixels, Device::Cpu).unwrap();
        {
            let _within = border.enter();
            let x = from_pixels(&pixels, Kind::Float, Device::Cpu).unwrap();
            assert!(near(&values(&x), &[0.0, 0.5, -1.0, 1.0]), "{:?}", values(&x));
            assert_eq!(to_bytes(&x).unwrap().bytes, [100, 120, 60, 140], "what was clipped stays clipped");
            let there: Pictures = store.gather(&[0]).unwrap();
            assert_eq!(there.tensor(Kind::Float, Device::Cpu).unwrap(), x);
            let grey = Tensor::zeros([1, 3, 1, 1], (Kind::Float, Device::Cpu));
            assert_eq!(to_bytes(&grey).unwrap().bytes, [128; 3], "another number of channels");
            let inner = Border { centre: [0.0; 3], radius: [1.0; 3], channels: 1 }.enter();
            assert!(near(&values(&from_pixels(&pixels, Kind::Float, Device::Cpu).unwrap())[..1], &[100.0 / 255.0]));
            drop(inner);
            assert_eq!(from_pixels(&pixels, Kind::Float, Device::Cpu).unwrap(), x);
        }
        let x = from_pixels(&pixels, Kind::Float, Device::Cpu).unwrap();
        assert!(near(&values(&x)[3..], &[1.0]) && to_bytes(&x).unwrap() == pixels);
        let panicked = std::panic::catch_unwind(|| {
            let _within = border.enter();
            panic!("in the middle");
        });
        assert!(panicked.is_err() && CURRENT.get().is_none());
    }

    #[test]
    fn every_channel_has_its_own_and_bytes_come_back_where_nothing_is_clipped() {
        let border = Border { centre: [0.5, 0.4, 0.6], radius: [0.75, 0.7, 0.65], channels: 3 };
        let pixels = Pixels { count: 2, size: 8, channels: 3, bytes: (0..384).map(|i| (i * 5 % 256) as u8).collect() };
        let _within = border.enter();
        let x = from_pixels(&pixels, Kind::Float, Device::Cpu).unwrap();
        assert!(f64::try_from(x.abs().max()).unwrap() < 1.0);
        assert_eq!(to_bytes(&x).unwrap(), pixels);
        assert!(near(&values(&x.get(0).get(2).get(0).get(0)), &[(10.0 / 255.0 - 0.6) / 0.65]));
    }
}
