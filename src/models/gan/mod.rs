//! Generative adversarial networks (Goodfellow et al. 2014).

pub mod cgan;
pub mod dcgan;
pub mod mlp_gan;
pub mod progan;
mod r1_game;
pub mod style;
