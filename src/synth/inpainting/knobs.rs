//! The knobs of the fills, in short.

use crate::spec::{Effect, Group, Kind, Knob};

/// A tool's knob.
pub fn knob(id: &str, label: &str, help: &str, kind: Kind) -> Knob {
    Knob { id: id.into(), label: label.into(), help: help.into(), group: Group::Tool, kind, effect: Effect::Now }
}

/// How far an equation is solved.
pub fn tolerance(start: f64) -> Knob {
    let help = "What may be left of the equation's error, as a share of what it was. Smaller is more exact and slower; below the start \
                value hardly a pixel changes.";
    knob("tolerance", "Tolerance", help, Kind::Real { min: 1e-9, max: 1e-2, start, log: true })
}
