//! Number formats of the heavy layers: fp32, or bf16 with fp32 master weights.

use tch::{Device, Kind, Tensor};

/// How the heavy layers calculate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats throughout; on a graphics card their products and convolutions may be TF32 (10 bits of mantissa).
    Fp32,
    /// Convolutions and products in bfloat16; master weights, norms' statistics and losses stay 32-bit.
    Bf16,
}

impl Precision {
    /// Reads `auto`, `fp32` or `bf16`; `auto` takes bf16 where the device is faster with it.
    pub fn from_word(word: &str, device: Device) -> Self {
        match word {
            "bf16" => Self::Bf16,
            "auto" if device == Device::Cpu && bf16_is_fast() => Self::Bf16,
            "auto" if device.is_cuda() && bf16_works(device) => Self::Bf16,
            _ => Self::Fp32,
        }
    }

    /// The tensor kind of the heavy layers.
    pub fn kind(self) -> Kind {
        match self {
            Self::Fp32 => Kind::Float,
            Self::Bf16 => Kind::BFloat16,
        }
    }

    /// `fp32` or `bf16`.
    pub fn word(self) -> &'static str {
        match self {
            Self::Fp32 => "fp32",
            Self::Bf16 => "bf16",
        }
    }
}

/// Whether a graphics card convolves bfloat16 at all: those before 2020 may refuse, and nothing tells but a trial.
fn bf16_works(device: Device) -> bool {
    let ones = |shape: [i64; 4]| Tensor::f_ones(shape, (Kind::BFloat16, device));
    let trial = || ones([1, 8, 8, 8])?.f_conv2d(&ones([8, 8, 4, 4])?, None::<&Tensor>, 2, 1, 1, 1);
    trial().and_then(|y| y.f_to_kind(Kind::Float)?.f_double_value(&[0, 0, 1, 1])).is_ok_and(|y| (y - 128.0).abs() < 1.0)
}

/// Whether this processor multiplies bfloat16 in hardware. Every CPU with AMX has AVX512-BF16 too, so one question is enough;
/// without it bf16 is emulated and slower than fp32.
pub fn bf16_is_fast() -> bool {
    #[cfg(target_arch = "x86_64")]
    {
        std::is_x86_feature_detected!("avx512bf16")
    }
    #[cfg(not(target_arch = "x86_64"))]
    {
        false
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_choose_a_precision_for_a_device() {
        let auto = if bf16_is_fast() { Precision::Bf16 } else { Precision::Fp32 };
        for (word, wanted) in [("fp32", Precision::Fp32), ("bf16", Precision::Bf16), ("auto", auto)] {
            assert_eq!(Precision::from_word(word, Device::Cpu), wanted);
        }
        assert!(bf16_works(Device::Cpu), "the trial knows its sum");
    }
}
