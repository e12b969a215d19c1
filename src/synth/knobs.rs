//! Short ways to write down the knobs of a tool.

use crate::spec::{Effect, Group, Kind, Knob};

/// A knob of any kind; it takes effect at the next run of its tool.
pub fn knob(id: &str, label: &str, help: &str, kind: Kind) -> Knob {
    Knob { id: id.into(), label: label.into(), help: help.into(), group: Group::Tool, kind, effect: Effect::Now }
}

/// A real number: least, most, start.
pub fn real(id: &str, label: &str, help: &str, (min, max, start): (f64, f64, f64)) -> Knob {
    knob(id, label, help, Kind::Real { min, max, start, log: false })
}

/// A real number whose slider goes by ratio: least, most, start.
pub fn ratio(id: &str, label: &str, help: &str, (min, max, start): (f64, f64, f64)) -> Knob {
    knob(id, label, help, Kind::Real { min, max, start, log: true })
}

/// A whole number: least, most, start.
pub fn int(id: &str, label: &str, help: &str, (min, max, start): (i64, i64, i64)) -> Knob {
    knob(id, label, help, Kind::Int { min, max, start })
}

/// One of some words; the first is the start.
pub fn choice(id: &str, label: &str, help: &str, options: &[&str]) -> Knob {
    let options: Vec<String> = options.iter().map(|&o| o.to_owned()).collect();
    let start = options.first().cloned().unwrap_or_default();
    knob(id, label, help, Kind::Choice { options, start })
}

/// On or off.
pub fn switch(id: &str, label: &str, help: &str, start: bool) -> Knob {
    knob(id, label, help, Kind::Switch { start })
}
