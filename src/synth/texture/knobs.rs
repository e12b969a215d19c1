//! The knobs that texture tools share.

pub(super) use crate::synth::knobs::{int, real};

use crate::{spec::Knob, synth::knobs::switch};

/// The switch that both tools have.
pub(super) fn tileable() -> Knob {
    let help = "The right border fits the left one and the lower border the upper one, so that the result can be laid side by side.";
    switch("tileable", "Tileable", help, false)
}

/// How much a guide counts, for both tools.
pub(super) fn guide_weight() -> Knob {
    let help = "How much the guide counts against the fit of the texture itself: 0 ignores it, 1 follows nothing else. Try 0.3 to 0.8.";
    real("guide_weight", "Guide weight", help, (0.0, 1.0, 0.5))
}
