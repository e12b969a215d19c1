//! Rules about what is drawn, from the measures that are taken while a run trains: variety, and likeness to the training pictures.

use super::{Chart, Finding, Severity, remedies};
use crate::spec::Value;

/// Measurements that make a mean: each looks at a few hundred pictures.
const LOOKS: usize = 3;
/// A generator that has never drawn variety against a discriminator by this step has collapsed from the start.
const LATE: f64 = 1_000.0;
/// Families without a discriminator begin with the mean picture and part from it late: by this share of the run.
const LATER: f64 = 0.6;

/// The pictures become all alike.
pub fn collapse(chart: &Chart, held: bool) -> Option<Finding> {
    let kept = if held { 0.6 } else { 0.45 };
    let late = if chart.has("loss_d") { LATE } else { LATE.max(LATER * chart.spec.steps as f64) };
    let variance = fall(chart, "variance").filter(|(best, now, step)| {
        (*best > 0.1 && now.max(0.01) < best * kept && *now < 0.5)
            || (*step > late && *now < if held { 0.08 } else { 0.05 })
    });
    // One of them may fall because the pictures grow sharper; both do when the pictures grow alike.
    let (recall, coverage) = (fall(chart, "recall"), fall(chart, "coverage"));
    let fell = |of: &Option<(f64, f64, f64)>| of.is_some_and(|(best, now, _)| best > 0.1 && now < best * kept);
    if variance.is_none() && !(fell(&recall) && fell(&coverage)) {
        return None;
    }
    let name = if variance.is_some() { "variance" } else { "recall" };
    let best = best_step(chart, name).unwrap_or(0.0) as u64;
    Some(Finding {
        rule: "collapse",
        severity: Severity::Grave,
        sentence: "The generated pictures become more and more alike: the generator collapses onto a few of them."
            .into(),
        remedy: remedies::roll_back_to(chart, best)
            .or_else(|| remedies::halve_rates(chart))
            .or_else(|| remedies::preset(chart, "steady")),
    })
}

/// What is drawn lies nearer to training pictures than other real pictures do.
pub fn memorising(chart: &Chart, held: bool) -> Option<Finding> {
    let now = chart.means("nearest", LOOKS).last()?[1];
    if now > if held { 0.5 } else { 0.4 } {
        return None;
    }
    Some(Finding {
        rule: "memorising",
        severity: Severity::Warning,
        sentence: "The generated pictures are nearly copies of training pictures: the run learns them by heart.".into(),
        remedy: remedies::turn(chart, &[("diffaugment", Value::Text("all".into()))])
            .or_else(|| remedies::preset(chart, "few"))
            .or_else(|| {
                let still_free = chart.means("nearest", LOOKS).iter().rev().find(|p| p[1] > 0.6).map(|p| p[0] as u64);
                remedies::roll_back_to(chart, still_free?)
            }),
    })
}

/// The best mean of a measure so far, its newest, and the newest's step.
fn fall(chart: &Chart, name: &str) -> Option<(f64, f64, f64)> {
    let means = chart.means(name, LOOKS);
    let best = means.iter().map(|p| p[1]).fold(f64::MIN, f64::max);
    means.last().map(|last| (best, last[1], last[0]))
}

/// Where a measure was best.
fn best_step(chart: &Chart, name: &str) -> Option<f64> {
    chart.means(name, LOOKS).into_iter().max_by(|a, b| a[1].total_cmp(&b[1])).map(|p| p[0])
}
