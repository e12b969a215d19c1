//! The evidence lower bound (Kingma & Welling 2014): posterior, terms, training step and loaded weights, shared by all variational
//! autoencoders.

use crate::{
    latent::Code,
    models::common::{
        mixture::{self, FittedMixture, Mixture},
        prelude::*,
    },
    nn::{Frozen, Tensor, losses},
};
use anyhow::Result;

/// The posterior of the codes of N pictures: a diagonal Gaussian with N×z means and log variances.
pub struct Posterior {
    /// Means.
    pub mean: Tensor,
    /// Natural logarithms of the variances.
    pub log_var: Tensor,
}

impl Posterior {
    /// A sample, mean + σ·noise: N×z (the reparameterisation trick).
    pub fn sample(&self, noise: &Tensor) -> Tensor {
        &self.mean + (&self.log_var * 0.5).exp() * noise
    }

    /// KL from the standard normal, N×z in nats.
    pub fn kl_each(&self) -> Tensor {
        losses::kl_each(&self.mean, &self.log_var)
    }
}

/// The terms of the evidence lower bound of a batch.
pub struct Terms {
    /// Mean over pictures of −log p(x|z), one number in nats.
    pub reconstruction: Tensor,
    /// Mean over pictures of the KL per dimension: z numbers in nats.
    pub kl_each: Tensor,
    /// The posterior's means, N×z, which are the codes that an encoder returns.
    pub codes: Tensor,
}

impl Terms {
    /// Updates the network with the gradient of `loss` and, if due, the fitted mixture first. Returns
    /// `loss reconstruction kl active_units grad`.
    pub fn learn(
        &self,
        part: &mut Part,
        fitted: Option<&FittedMixture>,
        (loss, kl): (&Tensor, &Tensor),
        at: &StepInfo,
    ) -> Result<Vec<Scalar>> {
        if let Some(fitted) = fitted.filter(|_| FittedMixture::is_due(at.step)) {
            fitted.update(&part.net, &self.codes)?;
        }
        let norm = part.learn(loss, at)?;
        rows::scalars(&[
            ("loss", loss),
            ("reconstruction", &self.reconstruction),
            ("kl", kl),
            ("active_units", &rows::active(&self.kl_each)),
            ("grad", &norm),
        ])
    }
}

/// A variational autoencoder's weights as players run them.
pub struct LoadedVae {
    /// Parameters and buffers.
    pub net: Frozen,
    /// The running KL of each dimension in nats.
    pub importance: Vec<f32>,
    /// The distribution of the training pictures' codes, where it was fitted.
    pub mixture: Option<Mixture>,
}

impl LoadedVae {
    /// Maps N×z latents to codes: scaled by the truncations, and carried to the mixture where the dial says so.
    pub fn carried(&self, z: &Tensor, codes: &[Code]) -> Result<Tensor> {
        match &self.mixture {
            Some(mixture) => mixture::carried(z, codes, mixture),
            None => rows::scaled(z, codes),
        }
    }

    /// The codes whose latents decode to these N×z means of a posterior.
    pub fn codes(&self, means: &Tensor) -> Result<Vec<Code>> {
        match &self.mixture {
            Some(mixture) => rows::codes(&mixture.normals(means)),
            None => rows::codes(means),
        }
    }
}
