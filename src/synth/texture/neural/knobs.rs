//! What can be set.

use crate::{
    spec::{Kind, Knob},
    synth::knobs::knob,
};

/// `steps filters levels tileable`.
pub fn table() -> Vec<Knob> {
    vec![
        knob(
            "steps",
            "Steps",
            "How long each level is worked on. 30 for a look, 100 and more for the last detail.",
            Kind::Int { min: 5, max: 1000, start: 60 },
        ),
        knob(
            "filters",
            "Filters",
            "How many random filters look at each level. More hold the texture's features together; time grows with them.",
            Kind::Int { min: 8, max: 256, start: 96 },
        ),
        knob(
            "levels",
            "Levels",
            "How many scales are compared, each half as large as the one before. More hold larger shapes together: 3 for sand, 5 for stones.",
            Kind::Int { min: 1, max: 6, start: 4 },
        ),
        knob(
            "tileable",
            "Tileable",
            "The texture continues from its right edge to its left one, and from below to above, without a seam. Off, its edges are free.",
            Kind::Switch { start: false },
        ),
    ]
}
