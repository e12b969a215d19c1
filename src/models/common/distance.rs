//! How far drawn pictures are from their originals, for families that reconstruct.

use crate::nn::{Kind, Tensor, laplacian_l1, losses};

/// A distance of N×C×S×S pictures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Distance {
    /// Mean squared difference.
    Mse,
    /// Mean absolute difference.
    L1,
    /// Mean absolute difference of Laplacian pyramids.
    Laplacian,
    /// Binary cross-entropy of logits, with grey levels for probabilities.
    Bce,
}

impl Distance {
    /// Reads `mse`, `l1`, `laplacian` or `bce`.
    pub fn from_word(word: &str) -> Self {
        match word {
            "l1" => Self::L1,
            "laplacian" => Self::Laplacian,
            "bce" => Self::Bce,
            _ => Self::Mse,
        }
    }

    /// The mean over the batch, of pictures in [−1, 1] or of logits for [`Distance::Bce`], to pictures `x` in [−1, 1].
    pub fn of(self, drawn: &Tensor, x: &Tensor) -> Tensor {
        match self {
            Self::Mse => losses::mse(drawn, x),
            Self::L1 => losses::l1(drawn, x),
            Self::Laplacian => laplacian_l1(drawn, x),
            Self::Bce => losses::bce_each(drawn, &((x + 1.0) * 0.5)).mean(Kind::Float),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nn::Device;

    #[test]
    fn distances_are_those_of_the_hand() {
        // 0 is mid-grey on the scale of pictures, and as a logit.
        let logits = Tensor::zeros([1, 1, 1, 4], (Kind::Float, Device::Cpu));
        let x = Tensor::from_slice(&[-1.0f32, 1.0, 0.5, 0.0]).view([1, 1, 1, 4]);
        let number = |word| f64::try_from(Distance::from_word(word).of(&logits, &x)).unwrap();
        assert!((number("mse") - 2.25 / 4.0).abs() < 1e-6);
        assert!((number("l1") - 2.5 / 4.0).abs() < 1e-6);
        assert!((number("bce") - 2f64.ln()).abs() < 1e-6);
    }
}
