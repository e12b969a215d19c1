//! Families of models: one file each, joined in the table [`FAMILIES`].

use crate::{
    latent::Code,
    nn::{Device, Kind, Normalisation, Pictures, Tensor},
    picture::{Picture, Pixels},
    spec::{Card, DataShape, Knob, Knobs, Preset},
    weights::{Array, Arrays, Blueprint, Checkpoint, Weights},
};
pub use adopt::{Adopted, adopt};
pub use negative_elbo::NegativeElbo;
pub use part::Part;

use anyhow::{Context, Result};

mod adopt;
mod adversarial_pair;
mod cgan;
mod cgan_nets;
mod cgan_player;
mod classes;
mod conv_ae;
mod conv_nets;
mod cvae;
mod dcgan;
mod dcgan_knobs;
mod dcgan_nets;
mod dcgan_player;
mod dcgan_rich;
mod dcgan_side;
mod fitted;
mod flow;
mod flow_nets;
mod flow_player;
mod glo;
mod glo_nets;
mod knobs;
mod mixture;
mod mixture_latent;
mod mlp_ae;
mod mlp_gan;
mod mlp_nets;
mod mlp_vae;
mod negative_elbo;
mod part;
mod picture_knobs;
mod pix2pix;
mod pix2pix_nets;
mod progan;
mod progan_nets;
mod rows;
mod style;
mod style_nets;
mod style_player;
mod tasks;
mod tuning;
mod vae;
mod variational;
mod variational_nets;
mod variational_player;

/// A family of models. A new one is one file, one `mod` line and one line in [`FAMILIES`].
pub struct Family {
    /// Its name plate.
    pub card: fn() -> Card,
    /// What can be set, with start values that suit the data and this machine.
    pub knobs: fn(&DataShape) -> Vec<Knob>,
    /// Named settings; one is called `tiny` and serves tests.
    pub presets: fn(&DataShape) -> Vec<Preset>,
    /// Whether these data suit it; if not, one sentence that says what it needs.
    pub fits: fn(&DataShape) -> Result<(), String>,
    /// Builds the model that trains. Draws from torch's global generator.
    pub build: fn(&Knobs, &DataShape, Device) -> Result<Box<dyn Model>>,
    /// Builds the player that turns codes into pictures. Draws nothing.
    pub player: fn(&Knobs, &DataShape, Device) -> Result<Box<dyn Player>>,
}

/// All families, in the order they are offered.
pub static FAMILIES: &[Family] = &[
    dcgan::FAMILY,
    cgan::FAMILY,
    progan::FAMILY,
    style::FAMILY,
    mlp_gan::FAMILY,
    vae::FAMILY,
    cvae::FAMILY,
    mlp_vae::FAMILY,
    conv_ae::FAMILY,
    mlp_ae::FAMILY,
    glo::FAMILY,
    flow::FAMILY,
    pix2pix::FAMILY,
];

/// The family of this id, or one sentence that lists what there is.
pub fn family(id: &str) -> Result<&'static Family> {
    FAMILIES.iter().find(|f| (f.card)().id == id).with_context(|| {
        let known: Vec<_> = FAMILIES.iter().map(|f| (f.card)().id).collect();
        format!("There is no family called {id:?}; there are {}.", known.join(", "))
    })
}

/// The player that belongs to a blueprint.
pub fn player(plan: &Blueprint, device: Device) -> Result<Box<dyn Player>> {
    (family(&plan.family)?.player)(&plan.knobs, &plan.shape, device)
}

/// What one step trains on: `u8` pictures, plain or on the device already.
#[derive(Debug, Default)]
pub struct Batch {
    /// The pictures.
    pub pictures: Pictures,
    /// The input picture of each, for paired data.
    pub inputs: Option<Pictures>,
    /// The class of each, for labelled data.
    pub labels: Option<Vec<u32>>,
    /// The place of each in the training split.
    pub index: Vec<u32>,
    /// How pictures and inputs become tensors.
    pub normalisation: Normalisation,
}

impl Batch {
    /// How many pictures there are.
    pub fn count(&self) -> usize {
        self.pictures.count()
    }

    /// The pictures as an N×C×S×S tensor in [−1, 1] on `device`, wherever they are now.
    pub fn tensor(&self, kind: Kind, device: Device) -> Result<Tensor> {
        self.normalisation.tensor(&self.pictures, kind, device)
    }

    /// The same of the inputs, where there are any.
    pub fn inputs_tensor(&self, kind: Kind, device: Device) -> Result<Option<Tensor>> {
        self.inputs.as_ref().map(|inputs| self.normalisation.tensor(inputs, kind, device)).transpose()
    }
}

/// Where in a run a step stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct StepInfo {
    /// Steps done before this one.
    pub step: u64,
    /// Steps over which schedules run.
    pub horizon: u64,
}

/// A measured number by its name: `loss_g`.
pub type Scalar = (&'static str, f32);

/// A model that trains, on the trainer's thread.
pub trait Model {
    /// One training step; returns losses and other curves by name.
    fn step(&mut self, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>>;
    /// Losses on held-out pictures; no gradient, no change of state.
    fn test(&self, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>>;
    /// Takes over the knobs that are live.
    fn set_live(&mut self, live: &Knobs) -> Result<()>;
    /// The networks that are its whole state, the generator first: the three methods below then need not be written. A model with
    /// more state than its parts writes them itself.
    fn parts(&self) -> Vec<&Part> {
        Vec::new()
    }
    /// The same ones, to change.
    fn parts_mut(&mut self) -> Vec<&mut Part> {
        Vec::new()
    }
    /// The generator as it is now, for players.
    fn weights(&self, step: u64) -> Result<Weights> {
        part::weights(&self.parts(), step)
    }
    /// Writes the complete state: optimiser moments, averages, counters.
    fn save(&self, to: &mut Checkpoint) -> Result<()> {
        self.parts().into_iter().try_for_each(|part| part.save(to))
    }
    /// Checks everything, then takes it over; after an error nothing has changed.
    fn load(&mut self, from: &Checkpoint) -> Result<()> {
        part::load(&mut self.parts_mut(), from)
    }
    /// For families that turn pictures into pictures: the input of each picture of a batch, and what is to become of it. Draws nothing.
    fn examples(&self, _batch: &Batch) -> Result<Option<[Vec<Picture>; 2]>> {
        Ok(None)
    }
}

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

/// A family that any data suit.
pub fn any_data(_: &DataShape) -> Result<(), String> {
    Ok(())
}

#[cfg(test)]
mod decode_tests;
#[cfg(test)]
mod doctor_tests;
#[cfg(test)]
mod tests;
