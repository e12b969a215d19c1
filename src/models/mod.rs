//! Families of models: one file or folder each, joined in the table [`FAMILIES`].

mod adopt;
mod autoencoder;
mod common;
mod flow;
mod gan;
mod glo;
mod pix2pix;
mod table;

pub use adopt::{Adopted, adopt};
pub use common::{Batch, Decoded, Family, Model, NegativeElbo, Part, Player, Scalar, StepInfo};
pub use table::{FAMILIES, family, player};

#[cfg(test)]
mod tests;
