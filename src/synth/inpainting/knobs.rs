//! The knobs of the fills, in short.

pub use crate::synth::knobs::knob;

use crate::spec::{Kind, Knob};

/// How far an equation is solved.
pub fn tolerance(start: f64) -> Knob {
    let help = "What may be left of the equation's error, as a share of what it was. Smaller is more exact and slower; below the start \
                value hardly a pixel changes.";
    knob("tolerance", "Tolerance", help, Kind::Real { min: 1e-9, max: 1e-2, start, log: true })
}
