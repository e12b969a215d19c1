//! What the measures found: scores with their floors, gathered on cards that a run keeps.

use serde::{Deserialize, Deserializer, Serialize};

/// One number that a measure found.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Score {
    /// Which measure, as in [`MEASURES`] or by the name of a family's own loss.
    pub metric: String,
    /// What it found, in the measure's own unit. A number that JSON has no word for is written as null and read as not a number.
    #[serde(deserialize_with = "number")]
    pub value: f64,
    /// What the measure finds between two halves of real pictures: no generator gets reliably past it.
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
    /// The value of a measure, where it was taken.
    pub fn value(&self, metric: &str) -> Option<f64> {
        self.scores.iter().find(|score| score.metric == metric).map(|score| score.value)
    }
}

/// Which way a measure is better.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// The smaller, the better.
    Lower,
    /// The larger, the better.
    Higher,
    /// Neither: near its floor is best.
    Near,
}

/// What a person should know of a measure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    /// As written in [`Score::metric`].
    pub id: &'static str,
    /// As shown.
    pub title: &'static str,
    /// Which way is better.
    pub better: Better,
    /// What it says, in one sentence.
    pub about: &'static str,
}

/// The measures of the room `metrics`.
pub const MEASURES: &[Measure] = &[
    Measure {
        id: "swd",
        title: "Sliced Wasserstein ×1000",
        better: Better::Lower,
        about: "How far small patches of generated pictures are spread differently from those of real ones, at each size of detail.",
    },
    Measure {
        id: "frechet",
        title: "Fréchet distance",
        better: Better::Lower,
        about: "How far apart real and generated pictures are as two Gaussian clouds in the embedding.",
    },
    Measure {
        id: "kernel",
        title: "Kernel distance",
        better: Better::Lower,
        about: "How far apart the two clouds are by a cubic kernel; without bias also with few pictures.",
    },
    Measure {
        id: "precision",
        title: "Precision",
        better: Better::Higher,
        about: "Share of generated pictures that lie among real ones.",
    },
    Measure {
        id: "recall",
        title: "Recall",
        better: Better::Higher,
        about: "Share of real pictures that lie among generated ones.",
    },
    Measure {
        id: "density",
        title: "Density",
        better: Better::Higher,
        about: "How many real neighbourhoods a generated picture lies in, relative to the expected number; about 1 for real pictures.",
    },
    Measure {
        id: "coverage",
        title: "Coverage",
        better: Better::Higher,
        about: "Share of real pictures with a generated one in their neighbourhood; a generator that repeats itself covers few.",
    },
    Measure {
        id: "class_entropy",
        title: "Class entropy",
        better: Better::Higher,
        about: "How evenly the classifier finds all classes among the pictures, in nats; the floor is that of real ones, and a generator that forgot classes is below it.",
    },
    Measure {
        id: "class_sure",
        title: "Sure of the class",
        better: Better::Higher,
        about: "Share of pictures that a classifier trained on the same data is more than 0.9 sure of.",
    },
    Measure {
        id: "class_accuracy",
        title: "Class asked for",
        better: Better::Higher,
        about: "Share of pictures that the classifier puts in the class they were asked for; of real ones, in their own.",
    },
    Measure {
        id: "elbo",
        title: "Negative ELBO",
        better: Better::Lower,
        about: "Nats that a held-out picture costs under the model, KL and all pixels summed, at beta 1; the floor is that of pictures it learned from.",
    },
    Measure {
        id: "bits_per_dim",
        title: "Bits per number",
        better: Better::Lower,
        about: "The same in bits for each pixel and colour, so that sizes can be compared.",
    },
    Measure {
        id: "mse",
        title: "Mean squared error",
        better: Better::Lower,
        about: "How far reconstructions are from their originals, on values from 0 to 1.",
    },
    Measure {
        id: "psnr",
        title: "Peak signal to noise",
        better: Better::Higher,
        about: "The same in decibels, averaged over pictures.",
    },
    Measure {
        id: "ssim",
        title: "Structural similarity",
        better: Better::Higher,
        about: "How alike reconstructions and originals are in local brightness, contrast and structure; 1 is the same picture.",
    },
    Measure {
        id: "nearest",
        title: "Nearest training picture",
        better: Better::Near,
        about: "How far generated pictures are from the nearest training picture; far nearer than held-out ones means learnt by heart.",
    },
];

/// What is known of a measure.
pub fn measure(id: &str) -> Option<&'static Measure> {
    MEASURES.iter().find(|measure| measure.id == id)
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
    fn every_measure_stands_once_and_is_explained() {
        for (i, one) in MEASURES.iter().enumerate() {
            assert_eq!(measure(one.id), Some(one));
            assert!(MEASURES[..i].iter().all(|other| other.id != one.id), "{} stands twice", one.id);
            assert!(one.about.ends_with('.') && !one.title.is_empty());
        }
        assert_eq!(measure("beauty"), None);
    }
}
