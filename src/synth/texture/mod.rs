//! Tools that make larger pictures like small ones.

mod neural;

pub use neural::NEURAL;
