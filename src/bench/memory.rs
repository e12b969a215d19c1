//! `bench memory`: how the resident memory grows over many steps of a small network.

use super::{
    case::{CASES, Case},
    lab::Lab,
};
use crate::{meter::UsageReader, models::StepInfo};
use anyhow::Result;

const STEPS: u64 = 5_000;
/// The step by which everything that is kept has been allocated.
const SETTLED: u64 = 200;

/// Measures how much the resident memory grows from step 200 to step 5,000.
pub fn measure(lab: &mut Lab<'_>) -> Result<()> {
    let case = Case { width: 16, ..CASES[0] };
    let (mut model, batch) = case.model(lab.device)?;
    let mut first = 0.0;
    for step in 0..STEPS {
        model.step(&batch, &StepInfo { step, horizon: STEPS })?;
        if step == SETTLED {
            first = resident_mb();
        }
    }
    let last = resident_mb();
    let figures = [("steps", STEPS as f64), ("rss_mb", last), ("growth_mb", last - first)];
    lab.report.add(case.row("memory", lab.threads(), lab.device).figures(figures))
}

/// Returns the resident memory of this process in MB; 0 if the system does not tell.
fn resident_mb() -> f64 {
    UsageReader::default().read().resident.map_or(0.0, |bytes| bytes as f64 / 1e6)
}
