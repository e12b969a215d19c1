//! Autoencoders, variational or not.

mod autoencoder;
pub mod conv_ae;
mod conv_layers;
pub mod cvae;
mod elbo;
pub mod mlp_ae;
pub mod mlp_vae;
pub mod vae;
mod variational;
