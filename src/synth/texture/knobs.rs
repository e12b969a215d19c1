//! Short ways to write down a texture tool's knobs.

use crate::spec::{Effect, Group, Kind, Knob};

fn knob(id: &str, label: &str, help: &str, kind: Kind) -> Knob {
    let (id, label, help) = (id.to_owned(), label.to_owned(), help.to_owned());
    Knob { id, label, help, group: Group::Tool, kind, effect: Effect::Now }
}

/// A real number from `min` to `max`.
pub(super) fn real(id: &str, label: &str, help: &str, [min, max, start]: [f64; 3]) -> Knob {
    knob(id, label, help, Kind::Real { min, max, start, log: false })
}

/// A whole number from `min` to `max`.
pub(super) fn int(id: &str, label: &str, help: &str, [min, max, start]: [i64; 3]) -> Knob {
    knob(id, label, help, Kind::Int { min, max, start })
}

/// The switch that both tools have.
pub(super) fn tileable() -> Knob {
    let help = "The right border fits the left one and the lower border the upper one, so that the result can be laid side by side.";
    knob("tileable", "Tileable", help, Kind::Switch { start: false })
}

/// How much a guide counts, for both tools.
pub(super) fn guide_weight() -> Knob {
    let help = "How much the guide counts against the fit of the texture itself: 0 ignores it, 1 follows nothing else. Try 0.3 to 0.8.";
    real("guide_weight", "Guide weight", help, [0.0, 1.0, 0.5])
}
