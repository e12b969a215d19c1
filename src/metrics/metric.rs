//! What a metric of a run is: what it needs, how it is taken, and what it found.

use super::case::{Able, EvalContext};
use crate::scores::MetricCard;
use anyhow::Result;

/// A metric. A new one is a function in `entries` and one entry in [`METRICS`](super::METRICS).
pub struct Metric {
    /// Its id, as in [`Score::metric`](crate::scores::Score::metric), and what a person should know of it.
    pub card: MetricCard,
    /// Whether it can be calculated; if not, half a sentence that says what is missing.
    pub fits: fn(&Able) -> Result<(), &'static str>,
    /// Calculates it.
    pub take: fn(&EvalContext) -> Result<Measured>,
    /// It embeds pictures with the classifier where the data are labelled.
    pub features: bool,
}

/// What a metric found.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The number.
    pub value: f64,
    /// The value between two sets of real pictures.
    pub floor: Option<f64>,
    /// Pictures that were looked at.
    pub count: usize,
    /// The embedding that it compared: that of a feature extractor, or `pixels`.
    pub embedding: String,
}
