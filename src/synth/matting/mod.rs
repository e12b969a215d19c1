//! Matting: how much of each pixel is foreground, from a trimap; and the foreground's own colours.

mod cholesky;
mod closed_form;
/// A cut-out over something new.
pub mod composite;
/// The foreground's own colours.
pub mod foreground;
mod gradients;
mod kdtree;
mod knn;
mod knobs;
mod learning;
mod matte;
mod method;
mod preview;
mod sparse;
mod tools;
mod unknowns;
mod windows;

pub use crate::canvas::trimap;
pub use tools::{CLOSED_FORM, KNN, LEARNING_BASED};

use method::Method;

#[cfg(test)]
#[path = "matting_tests.rs"]
mod tests;
