//! What families share: the types that the table is made of, networks that learn and play, knobs, and layers that several families use.
//!
//! A family's file holds what is special about it: its card, its knobs, its networks' forward passes and the losses of its step. A
//! [`Trainer`](learner::Trainer) makes a model of a [`Learner`](learner::Learner), and a [`NetPlayer`](decoder::NetPlayer) makes a player of a [`Decoder`](decoder::Decoder).

pub mod adversarial_pair;
mod batch;
pub mod classes;
pub mod decoder;
pub mod distance;
mod family;
pub mod fitted_gaussian;
pub mod knobs;
pub mod learner;
pub mod mixture;
mod model;
pub mod negative_elbo;
mod part;
pub mod picture_knobs;
mod plans;
mod player;
pub mod prelude;
pub mod rows;
mod schedule;
mod shape;
pub mod stack;
#[cfg(test)]
pub mod testing;
pub mod tuning;

pub use batch::{Batch, Scalar, StepInfo};
pub use decoder::Source;
pub use family::Family;
pub use model::Model;
pub use negative_elbo::NegativeElbo;
pub use part::Part;
pub use plans::Plans;
pub use player::{Decoded, Player};
pub use shape::{Frame, Shape};
