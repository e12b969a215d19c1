//! Rules about the length of gradients, against their own past and in absolute terms.

use super::{Chart, Finding, Severity, remedies};
use crate::spec::Value;

/// Below this nothing moves, whatever the family.
const NOTHING: f64 = 1e-7;
/// Above this nothing is left to learn from, whatever the family.
const TOO_MUCH: f64 = 1e6;

/// The gradient that teaches has all but gone.
pub fn vanishing(chart: &Chart, held: bool) -> Option<Finding> {
    let slack = if held { 3.0 } else { 1.0 };
    let gone = |name: &str, against_past: bool| -> Option<bool> {
        let now = chart.median_now(name)?;
        let past = chart.median_before(name).filter(|_| against_past);
        Some(now < NOTHING * slack || past.is_some_and(|past| now < past * 0.005 * slack))
    };
    // A net that only reconstructs ends with small gradients when all goes well.
    let generator = gone("grad_g", true).unwrap_or(false);
    if !generator && !gone("grad", false).unwrap_or(false) {
        return None;
    }
    let remedy = if generator && chart.text("loss") == "minimax" {
        remedies::anew(chart, &[("loss", Value::Text("non-saturating".into()))])
    } else if generator {
        remedies::slow_discriminator(chart)
    } else {
        remedies::preset(chart, "quick")
    };
    let who = if generator { "The generator's gradient" } else { "The gradient" };
    Some(Finding {
        rule: "vanishing",
        severity: Severity::Warning,
        sentence: format!("{who} has all but vanished, so the pictures hardly change any more."),
        remedy,
    })
}

/// A gradient has grown out of all proportion.
pub fn exploding(chart: &Chart, held: bool) -> Option<Finding> {
    let times = if held { 20.0 } else { 50.0 };
    let burst = |name: &&str| -> Option<f64> {
        let now = chart.median_now(name)?;
        let past = chart.median_before(name);
        let grown = past.is_some_and(|past| now > past * times && now > 1.0);
        (grown || now > TOO_MUCH).then(|| past.unwrap_or(now))
    };
    let (name, usual) = ["grad_g", "grad_d", "grad"].into_iter().find_map(|name| Some((name, burst(&name)?)))?;
    let who = match name {
        "grad_g" => "The generator's gradient",
        "grad_d" => "The discriminator's gradient",
        _ => "The gradient",
    };
    // Twice the usual length in two figures: it cuts peaks and leaves the rest alone.
    let scale = 10f64.powf((usual * 2.0).max(1e-3).log10().floor() - 1.0);
    let clip = ((usual * 2.0 / scale).round() * scale).clamp(1e-3, 1_000.0);
    let clipped = || remedies::turn(chart, &[("clip", Value::Real(clip))]);
    let remedy = if chart.real("clip") > 0.0 { None } else { clipped() };
    Some(Finding {
        rule: "exploding",
        severity: Severity::Warning,
        sentence: format!("{who} is many times longer than it used to be; the next jump may undo what was learned."),
        remedy: remedy.or_else(|| remedies::halve_rates(chart)),
    })
}
