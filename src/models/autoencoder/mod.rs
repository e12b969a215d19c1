//! Autoencoders, variational or not.

pub mod conv_ae;
mod conv_layers;
pub mod cvae;
mod elbo;
pub mod mlp_ae;
pub mod mlp_vae;
mod reconstruction;
pub mod vae;
mod variational;
