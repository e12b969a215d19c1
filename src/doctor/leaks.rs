//! The rule about augmentation of real pictures that shows in what is drawn.

use super::{Chart, Finding, Severity, remedies};
use crate::spec::{Kind, Value};

/// Knobs that vary the real pictures of a step and nothing else, and what some drawn ones will be then.
pub const AUGMENTS: &[(&str, &str)] = &[
    ("aug_flip_h", "mirrored"),
    ("aug_flip_v", "upside down"),
    ("aug_rotate", "rotated"),
    ("aug_zoom", "cut closer"),
    ("aug_colour", "off in light and colour"),
    ("aug_noise", "noisy"),
];

/// Real pictures are varied before the networks see them, so drawn ones will be as well. `DiffAugment` beside it does not undo that:
/// it only hides from the discriminator what it does itself.
pub fn leaking(chart: &Chart, _held: bool) -> Option<Finding> {
    // Where the input says what is drawn, both are varied alike.
    if chart.knob("task").is_some() {
        return None;
    }
    let active: Vec<&(&str, &str)> = AUGMENTS.iter().filter(|(id, _)| is_active(chart, id)).collect();
    let words: Vec<&str> = active.iter().map(|(_, words)| *words).collect();
    let (last, others) = words.split_last()?;
    let words = if others.is_empty() { (*last).to_owned() } else { format!("{} or {last}", others.join(", ")) };
    let off: Vec<(&str, Value)> = active.iter().filter_map(|(id, _)| Some((*id, off(chart, id)?))).collect();
    let mut instead = off.clone();
    instead.push(("diffaugment", Value::Text("all".into())));
    let all_live = instead.iter().all(|(id, _)| chart.is_live(id) || chart.knob(id).is_none());
    let remedy = if all_live { remedies::turn(chart, &instead) } else { remedies::anew(chart, &instead) };
    Some(Finding {
        rule: "leaking",
        severity: Severity::Hint,
        sentence: format!(
            "Real pictures are varied before they are learned from, so some of the drawn ones will be {words}."
        ),
        remedy,
    })
}

fn is_active(chart: &Chart, id: &str) -> bool {
    chart.knob(id).is_some() && (chart.real(id) > 0.0 || chart.spec.knobs.get_flag(id) == Some(true))
}

/// The value that switches a knob off.
fn off(chart: &Chart, id: &str) -> Option<Value> {
    match chart.knob(id)?.kind {
        Kind::Real { .. } => Some(Value::Real(0.0)),
        Kind::Int { .. } => Some(Value::Int(0)),
        Kind::Switch { .. } => Some(Value::Flag(false)),
        _ => None,
    }
}
