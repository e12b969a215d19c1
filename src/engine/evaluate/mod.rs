//! The evaluator: the thread that measures a run's pictures against its data, and the evaluation itself.

pub mod evaluator;

mod evaluation;

pub use evaluation::{Desk, Outcome, Watch, evaluate};
