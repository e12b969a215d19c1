//! Number formats of the heavy layers: fp32, or bf16 with fp32 master weights.

use tch::Kind;

/// How the heavy layers calculate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Precision {
    /// 32-bit floats throughout.
    Fp32,
    /// Convolutions and products in bfloat16; master weights, norms' statistics and losses stay 32-bit.
    Bf16,
}

impl Precision {
    /// Reads `auto`, `fp32` or `bf16`; `auto` takes bf16 where it is faster.
    pub fn from_word(word: &str) -> Self {
        match word {
            "bf16" => Self::Bf16,
            "auto" if bf16_is_fast() => Self::Bf16,
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
