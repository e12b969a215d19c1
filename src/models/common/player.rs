//! The trait of everything that turns codes into pictures.

use super::negative_elbo::NegativeElbo;
use crate::{
    latent::Code,
    nn::Tensor,
    picture::{Picture, Pixels},
    weights::{Array, Arrays},
};
use anyhow::Result;

/// What a network makes of latents, as tensors that gradients flow through.
#[derive(Debug)]
pub struct Decoded {
    /// N×C×S×S; −1 is black and 1 white, as in 8-bit pictures. Values may lie a little outside.
    pub pictures: Tensor,
    /// How real the discriminator finds each, N numbers whose 0 is undecided; `None` where there is none.
    pub logits: Option<Tensor>,
}

/// A copy of the weights that turns codes into pictures and never trains.
pub trait Player {
    /// Length of the latent vector.
    fn z_dim(&self) -> usize;
    /// Takes over generator arrays (and the discriminator's, where it judges); after an error nothing has changed.
    fn load_weights(&mut self, generator: &Arrays, discriminator: Option<&Arrays>) -> Result<()>;
    /// One picture a code, in order.
    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>>;
    /// What the network makes of latents as they are, scaled by the truncation and by nothing else, before it is rounded to 8 bits:
    /// N×C×S×S in [−1, 1]; `None` from families that do not say.
    fn decode_array(&self, _codes: &[Code]) -> Result<Option<Array>> {
        Ok(None)
    }
    /// What [`Player::play`] draws of these codes with the N×z rows of `z` for latents, as something gradients reach `z` through: call it
    /// with gradients on. `None` from families that do not offer it.
    fn decode_differentiably(&self, _z: &Tensor, _codes: &[Code]) -> Result<Option<Decoded>> {
        Ok(None)
    }
    /// The discriminator's probability that each picture is real, in [0, 1]; `None` where there is no discriminator.
    fn judge(&self, _pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        Ok(None)
    }
    /// How real pictures drawn of these codes look to the discriminator, as numbers to compare: on no set scale, higher is more real,
    /// and judged as the class asked for where there are classes. `None` where there is no discriminator.
    fn rank(&self, _codes: &[Code], pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        self.judge(pictures)
    }
    /// The code of each picture, for families with an encoder: `play` of it draws the picture again, as well as the family can.
    fn encode(&self, _pictures: &[Picture]) -> Result<Option<Vec<Code>>> {
        Ok(None)
    }
    /// How improbable it finds pictures, with their classes where it is told them: the negative evidence lower bound, its draws a
    /// function of the seed and each picture's place; `None` for families without a likelihood.
    fn negative_elbo(&self, _pictures: &Pixels, _labels: Option<&[u32]>, _seed: u64) -> Result<Option<NegativeElbo>> {
        Ok(None)
    }
    /// For families that turn pictures into pictures: the code that draws from the input of each of some pictures of the data, and
    /// what is to become of it; `index` are the pictures' places. `None` for families that draw from a latent.
    fn paired_examples(
        &self,
        _pictures: &Pixels,
        _inputs: Option<&Pixels>,
        _index: &[u32],
    ) -> Result<Option<(Vec<Code>, Pixels)>> {
        Ok(None)
    }
    /// How much each latent dimension matters, in nats or any unit that orders them; `None` where all matter alike.
    fn importance(&self) -> Option<Vec<f32>> {
        None
    }
}
