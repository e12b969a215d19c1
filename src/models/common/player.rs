//! The trait of players, which decode codes to pictures.

use super::negative_elbo::NegativeElbo;
use crate::{
    latent::Code,
    nn::Tensor,
    picture::{Picture, Pixels},
    weights::{Array, Arrays},
};
use anyhow::Result;

/// Decoded pictures as tensors with a graph back to the latents.
#[derive(Debug)]
pub struct Decoded {
    /// N×C×S×S; −1 is black and 1 white, as in 8-bit pictures. Values may lie a little outside.
    pub pictures: Tensor,
    /// The discriminator's N logits, 0 being undecided; `None` where there is no discriminator.
    pub logits: Option<Tensor>,
}

/// A copy of a model's weights that decodes codes to pictures and never trains.
pub trait Player {
    /// Length of the latent vector.
    fn z_dim(&self) -> usize;
    /// Loads the generator's arrays, and the discriminator's where given; after an error nothing has changed.
    fn load_weights(&mut self, generator: &Arrays, discriminator: Option<&Arrays>) -> Result<()>;
    /// Decodes one picture per code, in order.
    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>>;
    /// Decodes latents that are scaled by the truncation and by nothing else, without rounding to 8 bits: N×C×S×S in [−1, 1]; `None` for
    /// families that do not support it.
    fn decode_array(&self, _codes: &[Code]) -> Result<Option<Array>> {
        Ok(None)
    }
    /// Decodes as [`Player::play`] does, with the N×z rows of `z` for latents and a graph back to `z`; call it with gradients enabled.
    /// `None` for families that do not support it.
    fn decode_differentiably(&self, _z: &Tensor, _codes: &[Code]) -> Result<Option<Decoded>> {
        Ok(None)
    }
    /// The discriminator's probability that each picture is real, in [0, 1]; `None` where there is no discriminator.
    fn judge(&self, _pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        Ok(None)
    }
    /// Scores by which to rank pictures drawn from these codes: higher looks more real to the discriminator, judged as the class asked
    /// for where there are classes; the scale is the family's. `None` where there is no discriminator.
    fn rank(&self, _codes: &[Code], pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        self.judge(pictures)
    }
    /// Encodes pictures, for families with an encoder: playing the codes reconstructs the pictures.
    fn encode(&self, _pictures: &[Picture]) -> Result<Option<Vec<Code>>> {
        Ok(None)
    }
    /// The negative evidence lower bound of pictures, given their classes for conditional families. Its draws depend on the seed and each
    /// picture's index alone. `None` for families without a likelihood.
    fn negative_elbo(&self, _pictures: &Pixels, _labels: Option<&[u32]>, _seed: u64) -> Result<Option<NegativeElbo>> {
        Ok(None)
    }
    /// For families that turn pictures into pictures: codes with the inputs of some pictures of the data, and the target pictures; `index`
    /// are the pictures' indices in the data. `None` for families that draw from a latent.
    fn paired_examples(
        &self,
        _pictures: &Pixels,
        _inputs: Option<&Pixels>,
        _index: &[u32],
    ) -> Result<Option<(Vec<Code>, Pixels)>> {
        Ok(None)
    }
    /// The importance of each latent dimension, in nats or any unit that orders them; `None` where all matter alike.
    fn importance(&self) -> Option<Vec<f32>> {
        None
    }
}
