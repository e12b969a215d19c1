//! Tools that fill holes.

mod prior;

pub use prior::PRIOR;
