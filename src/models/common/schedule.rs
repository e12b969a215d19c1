//! How the learning rate falls over a run.

use super::batch::StepInfo;

/// How the learning rate falls over the horizon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// The rate stays.
    Constant,
    /// The rate falls along a line.
    Linear,
    /// The rate falls along half a cosine (Loshchilov & Hutter 2017).
    Cosine,
    /// The rate falls by the same ratio each step.
    Exponential,
}

/// Share of the learning rate that is left at the horizon.
const FLOOR: f64 = 0.05;

impl Schedule {
    /// Reads `constant`, `linear`, `cosine` or `exponential`.
    pub fn from_word(word: &str) -> Self {
        match word {
            "linear" => Self::Linear,
            "cosine" => Self::Cosine,
            "exponential" => Self::Exponential,
            _ => Self::Constant,
        }
    }

    /// The factor of the learning rate at a step; constant beyond the horizon.
    pub fn factor(self, at: &StepInfo) -> f64 {
        let done = (at.step as f64 / at.horizon.max(1) as f64).min(1.0);
        match self {
            Self::Constant => 1.0,
            Self::Linear => 1.0 - (1.0 - FLOOR) * done,
            Self::Cosine => FLOOR + (1.0 - FLOOR) * 0.5 * (1.0 + (std::f64::consts::PI * done).cos()),
            Self::Exponential => FLOOR.powf(done),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn schedules_run_from_one_to_the_floor_and_stay() {
        let at = |step| StepInfo { step, horizon: 100 };
        let halfway = FLOOR.sqrt();
        for (s, middle) in [(Schedule::Linear, 0.525), (Schedule::Cosine, 0.525), (Schedule::Exponential, halfway)] {
            assert!((s.factor(&at(0)) - 1.0).abs() < 1e-12);
            assert!((s.factor(&at(50)) - middle).abs() < 1e-12);
            assert!((s.factor(&at(100)) - FLOOR).abs() < 1e-12);
            assert!((s.factor(&at(900)) - FLOOR).abs() < 1e-12);
        }
        assert!((Schedule::Constant.factor(&at(70)) - 1.0).abs() < 1e-12);
    }
}
