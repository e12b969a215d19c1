//! The names that nearly every family's file uses.

pub use super::{
    batch::{Batch, Scalar, StepInfo},
    decoder::{Decoder, Source},
    family::{Family, card},
    knobs::{self, Presets, choice, int, real, switch},
    learner::Learner,
    part::Part,
    plans::{Networks, Plans},
    rows,
    tuning::{self, Start},
};
