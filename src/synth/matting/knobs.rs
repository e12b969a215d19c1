//! What can be set for matting.

use super::Method;
use crate::{
    spec::{Kind, Knob, Knobs},
    synth::knobs::knob,
};

/// The knobs, read once.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Settings {
    /// Estimate the foreground's own colours too.
    pub foreground: bool,
    /// Solve a smaller picture and refine it.
    pub preview: bool,
    /// Relative residual that is good enough.
    pub tolerance: f64,
    /// Most iterations.
    pub iterations: usize,
    /// Ridge of the linear function in a window; colours are in [0, 1].
    pub epsilon: f64,
}

const FOREGROUND: &str = "foreground";
const PREVIEW: &str = "preview";
const TOLERANCE: &str = "tolerance";
const ITERATIONS: &str = "iterations";
const EPSILON: &str = "epsilon";
/// Ridge of both window methods, and their range of it.
const RIDGE: [f64; 3] = [1e-9, 1e-2, 1e-7];

impl From<&Knobs> for Settings {
    fn from(knobs: &Knobs) -> Self {
        Self {
            foreground: knobs.flag(FOREGROUND),
            preview: knobs.flag(PREVIEW),
            tolerance: knobs.real(TOLERANCE),
            iterations: knobs.int(ITERATIONS),
            epsilon: knobs.get_real(EPSILON).unwrap_or(RIDGE[2]),
        }
    }
}

/// What can be set for a method.
pub fn of(method: Method) -> Vec<Knob> {
    let mut knobs = vec![
        knob(
            FOREGROUND,
            "Foreground colours",
            "Takes the light of the old background out of half-covered pixels. Leave it on to put the cut-out over something new.",
            Kind::Switch { start: true },
        ),
        knob(
            PREVIEW,
            "Quick preview",
            "Solves a smaller picture and refines it with the colours of the large one: rougher, but quick enough to paint by.",
            Kind::Switch { start: false },
        ),
    ];
    if method != Method::Knn {
        let [min, max, start] = RIDGE;
        knobs.push(knob(
            EPSILON,
            "Colour smoothing",
            "How much noise in the colours is forgiven. Try 1e-5 for grainy photos; more makes a smoother matte and is solved sooner.",
            Kind::Real { min, max, start, log: true },
        ));
    }
    knobs.extend([
        knob(
            TOLERANCE,
            "Tolerance",
            "The relative residual at which solving stops. 1e-4 is quicker and hardly to be seen; 1e-7 is what papers report.",
            Kind::Real { min: 1e-8, max: 1e-2, start: 1e-7, log: true },
        ),
        knob(
            ITERATIONS,
            "Most iterations",
            "Solving stops here even if the tolerance is not met; the best matte so far is kept, and you are told.",
            Kind::Int { min: 1, max: 20_000, start: 5000 },
        ),
    ]);
    knobs
}
