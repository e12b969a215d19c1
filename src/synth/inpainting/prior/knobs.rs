//! What can be set.

use crate::{
    spec::{Kind, Knob},
    synth::knobs::knob,
};

/// `steps restarts prior_weight blend`.
pub fn table() -> Vec<Knob> {
    vec![
        knob(
            "steps",
            "Steps",
            "How long the latent is sought. 100 for a look, 500 and more for a close fit.",
            Kind::Int { min: 10, max: 5000, start: 200 },
        ),
        knob(
            "restarts",
            "Restarts",
            "From how many places the search begins; the best is followed to the end. More find better ones where the run draws many kinds of pictures or classes.",
            Kind::Int { min: 1, max: 32, start: 8 },
        ),
        knob(
            "prior_weight",
            "Prior weight",
            "How much it counts that the whole looks real to the run, beside agreeing with what is known. 0 fits as closely as it can; try 0.003 to 0.1.",
            Kind::Real { min: 0.0, max: 1.0, start: 0.01, log: false },
        ),
        knob(
            "blend",
            "Blend edges",
            "Shifts the colours of the fill so that they meet those around the hole without a seam.",
            Kind::Switch { start: true },
        ),
    ]
}
