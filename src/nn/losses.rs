//! Losses by name, each a mean over the batch in 32-bit unless its sentence says otherwise.

use tch::{Kind, Tensor};

fn float(x: &Tensor) -> Tensor {
    x.to_kind(Kind::Float)
}

/// Mean squared error of two tensors of one shape.
pub fn mse(x: &Tensor, target: &Tensor) -> Tensor {
    (float(x) - float(target)).square().mean(Kind::Float)
}

/// Mean absolute error of two tensors of one shape.
pub fn l1(x: &Tensor, target: &Tensor) -> Tensor {
    (float(x) - float(target)).abs().mean(Kind::Float)
}

/// Binary cross-entropy of logits against targets in [0, 1], element by element (softplus form, stable for large logits).
pub fn bce_each(logits: &Tensor, target: &Tensor) -> Tensor {
    let logits = float(logits);
    logits.softplus() - logits * float(target)
}

/// Binary cross-entropy of logits against one target for all, averaged.
pub fn bce(logits: &Tensor, target: f64) -> Tensor {
    let logits = float(logits);
    (logits.softplus() - logits * target).mean(Kind::Float)
}

/// Cross-entropy of N×K logits against N class numbers (64-bit whole numbers).
pub fn cross_entropy(logits: &Tensor, classes: &Tensor) -> Tensor {
    float(logits).cross_entropy_for_logits(classes)
}

/// Kullback–Leibler divergence of N(mean, exp(`log_var`)) from the standard normal, per dimension: N×z in nats
/// (Kingma & Welling 2014, appendix B).
pub fn kl_each(mean: &Tensor, log_var: &Tensor) -> Tensor {
    let (mean, log_var) = (float(mean), float(log_var));
    (mean.square() + log_var.exp() - 1.0 - log_var) * 0.5
}

/// What two networks play against each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Adversarial {
    /// The two-player game as first written down (Goodfellow et al. 2014): the generator descends log(1 − D).
    Minimax,
    /// The generator ascends log D instead (same paper).
    NonSaturating,
    /// Squared distance to 1 and 0 (Mao et al. 2017).
    LeastSquares,
    /// Hinge (Lim & Ye 2017).
    Hinge,
    /// Difference of means (Arjovsky et al. 2017); wants a gradient penalty.
    Wasserstein,
}

impl Adversarial {
    /// All of them by name.
    pub const ALL: [(&'static str, Self); 5] = [
        ("non-saturating", Self::NonSaturating),
        ("minimax", Self::Minimax),
        ("least-squares", Self::LeastSquares),
        ("hinge", Self::Hinge),
        ("wasserstein", Self::Wasserstein),
    ];

    /// Reads a name; unknown ones are non-saturating.
    pub fn from_word(word: &str) -> Self {
        Self::ALL.iter().find(|(name, _)| *name == word).map_or(Self::NonSaturating, |(_, loss)| *loss)
    }

    /// The discriminator's loss; `smoothing` in [0, 1) lowers the target of real pictures where there is one.
    pub fn discriminator(self, on_real: &Tensor, on_fake: &Tensor, smoothing: f64) -> Tensor {
        let (real, fake) = (float(on_real), float(on_fake));
        match self {
            Self::Minimax | Self::NonSaturating => bce(&real, 1.0 - smoothing) + bce(&fake, 0.0),
            Self::LeastSquares => {
                ((real - (1.0 - smoothing)).square().mean(Kind::Float) + fake.square().mean(Kind::Float)) * 0.5
            }
            Self::Hinge => (1.0f64 - real).relu().mean(Kind::Float) + (fake + 1.0).relu().mean(Kind::Float),
            Self::Wasserstein => fake.mean(Kind::Float) - real.mean(Kind::Float),
        }
    }

    /// The generator's loss.
    pub fn generator(self, on_fake: &Tensor) -> Tensor {
        let fake = float(on_fake);
        match self {
            Self::Minimax => -bce(&fake, 0.0),
            Self::NonSaturating => bce(&fake, 1.0),
            Self::LeastSquares => (fake - 1.0).square().mean(Kind::Float) * 0.5,
            Self::Hinge | Self::Wasserstein => -fake.mean(Kind::Float),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn number(x: &Tensor) -> f64 {
        f64::try_from(x.mean(Kind::Float)).unwrap()
    }

    fn close(x: &Tensor, wanted: f64) -> bool {
        (number(x) - wanted).abs() < 1e-5
    }

    #[test]
    fn losses_are_those_of_the_hand() {
        let (a, b) = (Tensor::from_slice(&[1.0f32, 3.0]), Tensor::from_slice(&[0.0f32, 1.0]));
        assert!(close(&mse(&a, &b), 2.5) && close(&l1(&a, &b), 1.5));
        // −ln σ(0) = ln 2; −ln(1 − σ(2)) = ln(1 + e²).
        let zero = Tensor::from_slice(&[0.0f32]);
        let two = Tensor::from_slice(&[2.0f32]);
        assert!(close(&bce(&zero, 1.0), 2f64.ln()) && close(&bce(&two, 0.0), (1.0 + 2f64.exp()).ln()));
        assert!(close(&bce_each(&two, &Tensor::from_slice(&[1.0f32])), (1.0 + (-2f64).exp()).ln()));
        let logits = Tensor::from_slice(&[0.0f32, 0.0, 0.0, 0.0]).view([2, 2]);
        assert!(close(&cross_entropy(&logits, &Tensor::from_slice(&[0i64, 1])), 2f64.ln()));
        // ½(μ² + σ² − 1 − ln σ²) with μ = 1, σ² = e: ½(1 + e − 1 − 1).
        let kl = kl_each(&Tensor::from_slice(&[1.0f32]), &Tensor::from_slice(&[1.0f32]));
        assert!(close(&kl, 0.5 * (1f64.exp() - 1.0)));
        assert!(close(&kl_each(&zero, &zero), 0.0));
    }

    #[test]
    fn games_are_those_of_the_papers() {
        let (real, fake) = (Tensor::from_slice(&[2.0f32, 0.0]), Tensor::from_slice(&[-1.0f32, 0.5]));
        let soft = |x: f64| (1.0 + x.exp()).ln();
        let bce_d = f64::midpoint(soft(-2.0), soft(0.0)) + f64::midpoint(soft(-1.0), soft(0.5));
        let wanted = [
            (bce_d, f64::midpoint(soft(1.0), soft(-0.5))),
            (bce_d, -f64::midpoint(soft(-1.0), soft(0.5))),
            (0.5 * (f64::midpoint(1.0, 1.0) + f64::midpoint(1.0, 0.25)), 0.5 * f64::midpoint(4.0, 0.25)),
            (f64::midpoint(0.0, 1.0) + f64::midpoint(0.0, 1.5), 0.25),
            (-0.25 - 1.0, 0.25),
        ];
        for ((name, game), (d, g)) in Adversarial::ALL.into_iter().zip(wanted) {
            assert!(close(&game.discriminator(&real, &fake, 0.0), d), "{name}: D");
            assert!(close(&game.generator(&fake), g), "{name}: G");
            assert_eq!(Adversarial::from_word(name), game);
        }
        let smoothed = Adversarial::NonSaturating.discriminator(&real, &fake, 0.1);
        assert!(close(&smoothed, bce_d + 0.1), "mean of 0.1·logit over the real ones is 0.1");
    }
}
