//! Scores: what metrics found, with their floors, gathered on cards that a run keeps.

use serde::{Deserialize, Deserializer, Serialize};

/// One number that a metric found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Which metric, as in `metrics::METRICS` or by the name of a family's own loss.
    pub metric: String,
    /// Its value, in the metric's own unit. A number that JSON has no word for is written as null and read as not a number.
    #[serde(deserialize_with = "number")]
    pub value: f64,
    /// What the metric gives between two halves of real pictures: no generator gets reliably past it.
    #[serde(default)]
    pub floor: Option<f64>,
    /// How many generated pictures it looked at.
    pub count: usize,
    /// What it looked at them through: `strided-64`, `classifier:` and twelve hex digits of its weights' hash, or `pixels`. Scores
    /// through different eyes must not be compared.
    #[serde(default)]
    pub embedding: Option<String>,
}

/// All that was measured at one moment of a run. A run folder keeps them as `scores.json`: a list, newest last.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ScoreCard {
    /// Training step of the weights.
    pub step: u64,
    /// `ema` or `raw`.
    pub weights: String,
    /// The data set's name.
    pub data: String,
    /// The data set's fingerprint.
    pub fingerprint: String,
    /// Which of its pictures the generated ones were held against.
    pub split: String,
    /// What was found.
    pub scores: Vec<Score>,
}

impl ScoreCard {
    /// The value of a metric, where it was calculated.
    pub fn value(&self, metric: &str) -> Option<f64> {
        self.scores.iter().find(|score| score.metric == metric).map(|score| score.value)
    }
}

/// Which way a metric is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The smaller, the better.
    Lower,
    /// The larger, the better.
    Higher,
    /// Neither: near its floor is best.
    Near,
}

/// What a person should know of a metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricCard {
    /// The id, as written in [`Score::metric`].
    pub id: &'static str,
    /// The title, as shown.
    pub title: &'static str,
    /// Which way is better.
    pub better: Better,
    /// What it says, in one sentence.
    pub about: &'static str,
}

/// Formats a value with about four significant digits, at most five of them after the point.
pub fn formatted(value: f64) -> String {
    // A negative zero reads as a mistake.
    let value = value + 0.0;
    match value.abs() {
        v if v >= 1000.0 => format!("{value:.0}"),
        v if v >= 100.0 => format!("{value:.1}"),
        v if v >= 10.0 => format!("{value:.2}"),
        v if v >= 0.1 => format!("{value:.3}"),
        _ => format!("{value:.5}"),
    }
}

fn number<'de, D: Deserializer<'de>>(from: D) -> Result<f64, D::Error> {
    Ok(Option::<f64>::deserialize(from)?.unwrap_or(f64::NAN))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_card_comes_back_from_json_even_with_a_number_that_json_lacks() {
        let score = |metric: &str, value| Score {
            metric: metric.into(),
            value,
            floor: Some(1.5),
            count: 512,
            embedding: Some("strided-64".into()),
        };
        let mut card = ScoreCard {
            step: 100,
            weights: "ema".into(),
            data: "glyphs".into(),
            fingerprint: "abc".into(),
            split: "train".into(),
            scores: vec![score("swd", 12.25)],
        };
        let text = serde_json::to_string(&card).unwrap();
        assert_eq!(serde_json::from_str::<ScoreCard>(&text).unwrap(), card);
        assert_eq!((card.value("swd"), card.value("recall")), (Some(12.25), None));
        card.scores.push(score("psnr", f64::INFINITY));
        let again: ScoreCard = serde_json::from_str(&serde_json::to_string(&card).unwrap()).unwrap();
        assert!(again.value("psnr").unwrap().is_nan() && again.value("swd") == Some(12.25));
    }

    #[test]
    fn values_have_about_four_digits_and_zero_has_no_sign() {
        assert_eq!(
            [12_345.6, 123.45, 12.345, -1.234_56, 0.012_345, -0.0].map(formatted),
            ["12346", "123.5", "12.35", "-1.235", "0.01235", "0.00000"]
        );
    }
}
