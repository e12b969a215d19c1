//! What a metric of a run is: what it needs, how it is taken, and what it found.

use super::case::{Able, EvalContext};
use crate::scores::{self, Measure};
use anyhow::Result;

/// A measure. A new one is a function in `rows`, one line in [`METRICS`](super::METRICS) and one in [`scores::MEASURES`].
pub struct Metric {
    /// As in [`scores::MEASURES`] and [`scores::Score::metric`].
    pub id: &'static str,
    /// Whether it can be taken; if not, half a sentence that says what is missing.
    pub fits: fn(&Able) -> Result<(), &'static str>,
    /// Takes it.
    pub take: fn(&EvalContext) -> Result<Measured>,
    /// It looks through the classifier where the data are labelled.
    pub features: bool,
}

/// What a measure found.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// The number.
    pub value: f64,
    /// The same between real pictures.
    pub floor: Option<f64>,
    /// Pictures that were looked at.
    pub count: usize,
    /// Through which eyes, or of which pixels.
    pub embedding: String,
}

impl Metric {
    /// What a person should know of it.
    pub fn card(&self) -> Option<&'static Measure> {
        scores::measure(self.id)
    }
}
