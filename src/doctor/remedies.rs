//! What the doctor prescribes: live knobs where they help, another run where only that does, an earlier checkpoint.

use super::{Chart, Cure, Remedy};
use crate::spec::{Kind, Value};

/// Turns live knobs; those that are not live, missing or set so already are left out. `None` when none is left.
pub fn turn(chart: &Chart, changes: &[(&str, Value)]) -> Option<Remedy> {
    let fits = |(id, value): &&(&str, Value)| chart.is_live(id) && chart.could_be(id, value);
    let kept: Vec<(String, Value)> = changes.iter().filter(fits).map(|(id, v)| ((*id).to_owned(), v.clone())).collect();
    (!kept.is_empty()).then(|| Remedy { words: format!("Set {}", listed(chart, &kept)), cure: Cure::Turn(kept) })
}

/// Begins another run with these knobs.
pub fn anew(chart: &Chart, changes: &[(&str, Value)]) -> Option<Remedy> {
    let fits = |(id, value): &&(&str, Value)| chart.could_be(id, value);
    let kept: Vec<(String, Value)> = changes.iter().filter(fits).map(|(id, v)| ((*id).to_owned(), v.clone())).collect();
    let words = format!("Start again with {}", listed(chart, &kept));
    (!kept.is_empty()).then_some(Remedy { words, cure: Cure::Anew(kept) })
}

/// Begins another run with a preset, where the family has one of this id and it differs.
pub fn preset(chart: &Chart, id: &str) -> Option<Remedy> {
    let preset = chart.presets.iter().find(|preset| preset.id == id)?;
    let kept: Vec<(String, Value)> =
        preset.set.0.iter().filter(|(id, v)| chart.could_be(id, v)).map(|(id, v)| (id.clone(), v.clone())).collect();
    let words = format!("Start again with the preset “{}”", preset.title);
    (!kept.is_empty()).then_some(Remedy { words, cure: Cure::Anew(kept) })
}

/// Goes back to the newest checkpoint at or before a step, if one was trained at all.
pub fn roll_back_to(chart: &Chart, at_most: u64) -> Option<Remedy> {
    let step = chart.checkpoints.iter().rev().copied().find(|s| *s <= at_most && *s > 0 && *s < chart.step)?;
    Some(Remedy { words: format!("Go back to step {step}"), cure: Cure::RollBack(step) })
}

/// Halves every learning rate that is set.
pub fn halve_rates(chart: &Chart) -> Option<Remedy> {
    let half = |id: &'static str| Some((id, halved(chart, id)?));
    turn(chart, &["lr", "lr_d", "lr_z"].into_iter().filter_map(half).collect::<Vec<_>>())
}

/// Half of a rate, not below its least; `None` when it is 0, absent, or there already.
fn halved(chart: &Chart, id: &str) -> Option<Value> {
    let Kind::Real { min, .. } = chart.knob(id)?.kind else { return None };
    let now = chart.real(id);
    (now > min && now > 0.0).then(|| Value::Real((now / 2.0).max(min)))
}

/// Slows a discriminator that is too far ahead: its rate first, then what blurs its sight, then a preset that keeps it tame.
pub fn slow_discriminator(chart: &Chart) -> Option<Remedy> {
    let (rate, own) = (chart.real("lr"), chart.real("lr_d"));
    let rate_d = if own > 0.0 { own } else { rate };
    let rate_first = (rate_d > rate / 16.0).then(|| turn(chart, &[("lr_d", Value::Real(rate_d / 2.0))])).flatten();
    rate_first
        .or_else(|| turn(chart, &[("diffaugment", Value::Text("all".into()))]))
        .or_else(|| {
            (chart.real("instance_noise") <= 0.0).then(|| turn(chart, &[("instance_noise", Value::Real(0.1))]))?
        })
        .or_else(|| (chart.real("smoothing") <= 0.0).then(|| turn(chart, &[("smoothing", Value::Real(0.1))]))?)
        .or_else(|| preset(chart, "steady"))
}

/// `Learning rate to 5e-4 and Clip to 1`.
fn listed(chart: &Chart, changes: &[(String, Value)]) -> String {
    let one = |(id, value): &(String, Value)| {
        let label = chart.knob(id).map_or(id.as_str(), |knob| knob.label.as_str());
        format!("{label} to {}", brief(value))
    };
    changes.iter().map(one).collect::<Vec<_>>().join(" and ")
}

/// A value with three figures: `0.05`, `1.25e-4`, `on`.
fn brief(value: &Value) -> String {
    let Value::Real(v) = value else { return value.to_string() };
    if *v != 0.0 && v.abs() < 1e-2 {
        let text = format!("{v:.2e}");
        let (digits, power) = text.split_once('e').unwrap_or((&text, "0"));
        return format!("{}e{power}", digits.trim_end_matches('0').trim_end_matches('.'));
    }
    let text = format!("{v:.3}");
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_short() {
        let words = [0.0, 1.0, 0.05, 0.00025, 1e-6, 12.5, 100.0].map(|v| brief(&Value::Real(v)));
        assert_eq!(words, ["0", "1", "0.05", "2.5e-4", "1e-6", "12.5", "100"]);
    }
}
