//! The evidence lower bound (Kingma & Welling 2014): a posterior, the bound's terms, a step down a loss made of them, and how players
//! hold what was learned.

use crate::{
    latent::Code,
    models::common::{
        mixture::{self, FittedMixture, Mixture},
        prelude::*,
    },
    nn::{Frozen, Tensor, losses},
};
use anyhow::Result;

/// What an encoder says of N pictures: N×z means and log variances of the code.
pub struct Posterior {
    /// Means.
    pub mean: Tensor,
    /// Natural logarithms of the variances.
    pub log_var: Tensor,
}

impl Posterior {
    /// mean + σ·noise: N×z.
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
    /// The posterior's means, N×z: the codes that a player finds.
    pub codes: Tensor,
}

impl Terms {
    /// One step down `loss`, after the codes have been noted if that is due. Returns `loss reconstruction kl active_units grad`.
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
    /// The codes that pictures have, where they were noted.
    pub mixture: Option<Mixture>,
}

impl LoadedVae {
    /// The codes that N×z latents stand for, scaled by the truncations and carried to the mixture where the dial says so.
    pub fn carried(&self, z: &Tensor, codes: &[Code]) -> Result<Tensor> {
        match &self.mixture {
            Some(mixture) => mixture::carried(z, codes, mixture),
            None => rows::scaled(z, codes),
        }
    }

    /// Codes whose pictures are drawn from these N×z means of a posterior.
    pub fn codes(&self, means: &Tensor) -> Result<Vec<Code>> {
        match &self.mixture {
            Some(mixture) => rows::codes(&mixture.normals(means)),
            None => rows::codes(means),
        }
    }
}
