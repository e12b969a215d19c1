//! Texture synthesis: a larger picture like an exemplar, or a hole filled with it.

mod blend;
mod canvas;
mod coarse;
mod correct;
mod cut;
mod fit;
mod job;
mod knobs;
mod levels;
mod measure;
mod mend;
mod neural;
mod place;
mod quilting;
mod search;
mod similar;

pub use measure::{NEAR, Verbatim, patch_recall, verbatim, wrap_seam};
pub use neural::NEURAL;
pub use place::Place;
pub use quilting::QUILTING;
pub use search::SEARCH;

#[cfg(test)]
#[path = "mod_tests.rs"]
mod tests;
