//! Rules about the codes of variational autoencoders.

use super::{Chart, Finding, Severity, remedies};
use crate::spec::Value;

/// Most of the latent's dimensions carry nothing.
pub fn dead_codes(chart: &Chart, held: bool) -> Option<Finding> {
    let units = chart.knob("z_dim").map(|_| chart.real("z_dim")).filter(|n| *n >= 2.0)?;
    let active = chart.now("active_units")?;
    let warmup = chart.real("kl_warmup") as u64;
    // While the KL is not weighed in full, or a capacity still opens, codes fill late.
    let opens = chart.real("capacity") > 0.0 && (chart.step as f64) < chart.real("capacity_steps");
    if chart.step < 500 + warmup || opens || active > units * if held { 0.6 } else { 0.5 } {
        return None;
    }
    let nothing = active < 0.5;
    let sentence = if nothing {
        "No dimension of the latent carries anything: sliders do nothing, and every picture is the average one.".into()
    } else {
        format!("Most of the {units} dimensions of the latent carry nothing: those sliders do nothing.")
    };
    let beta = chart.real("beta");
    let softer = (beta > 1.0 || nothing).then(|| Value::Real(if beta > 2.0 { beta / 2.0 } else { beta.min(0.5) }));
    let remedy = softer.and_then(|beta| remedies::turn(chart, &[("beta", beta)])).or_else(|| {
        let fewer = (active.round().max(2.0) as i64).max(units as i64 / 4);
        remedies::anew(chart, &[("z_dim", Value::Int(fewer))])
    });
    Some(Finding {
        rule: "dead_codes",
        severity: if nothing { Severity::Warning } else { Severity::Hint },
        sentence,
        remedy,
    })
}
