//! Texture synthesis: a larger picture like an exemplar, or a hole filled with it.

mod blend;
mod canvas;
mod coarse;
mod cut;
mod fit;
mod job;
mod knobs;
mod measure;
mod mend;
mod quilting;

pub use job::Place;
pub use measure::{NEAR, Verbatim, patch_recall, verbatim, wrap_seam};
pub use quilting::QUILTING;
