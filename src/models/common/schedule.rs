//! How the learning rate falls over a run.

use super::batch::StepInfo;

/// How the learning rate falls over the horizon.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Schedule {
    /// Not at all.
    Constant,
    /// Along a line.
    Linear,
    /// Along half a cosine.
    Cosine,
    /// By the same ratio each step.
    Exponential,
}

/// What is left of the learning rate at the horizon.
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

    /// What the learning rate is multiplied with at a step; stays at its end value beyond the horizon.
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
