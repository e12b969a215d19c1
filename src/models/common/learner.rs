//! The model that all families share, and the trait with which a family says what a training step is.

use super::{
    batch::{Batch, Scalar, StepInfo},
    model::Model,
    part::Parts,
    plans::Networks,
};
use crate::{
    nn::Device,
    picture::Picture,
    spec::{DataShape, Knobs},
    weights::{Arrays, Checkpoint, Weights},
};
use anyhow::{Context, Result, ensure};
use std::sync::Arc;

/// The training and test steps that are specific to a family; [`Trainer`] does the rest.
pub trait Learner: Networks {
    /// One network that learns ([`super::Part`]) or two ([`super::adversarial_pair::AdversarialPair`]).
    type Parts: Parts;
    /// Whether players get the discriminator's weights, so that they can judge pictures.
    const PUBLISHES_DISCRIMINATOR: bool = true;
    /// File stems of the optimisers' moments in checkpoints, the generator's first.
    const MOMENTS: [&'static str; 2] = ["optimiser_generator", "optimiser_discriminator"];

    /// One training step; returns losses and other curves by name.
    fn step(&mut self, parts: &mut Self::Parts, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>>;
    /// Losses on held-out pictures; no gradient, no change of state.
    fn test(&self, parts: &Self::Parts, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>>;
    /// Takes over the family's own live knobs; [`Trainer`] takes over those of [`super::tuning`].
    fn set_live(&mut self, _live: &Knobs) {}
    /// Adds to the generator's arrays, current or averaged, what players need and the network does not hold itself.
    fn complete(&self, _parts: &Self::Parts, _generator: &mut Arrays) -> Result<()> {
        Ok(())
    }
    /// Writes the state that is not in the parts.
    fn save(&self, _to: &mut Checkpoint) -> Result<()> {
        Ok(())
    }
    /// Checks what [`Learner::save`] wrote and whatever else in a checkpoint must fit, then takes it over; after an error nothing has
    /// changed.
    fn load(&mut self, _from: &Checkpoint) -> Result<()> {
        Ok(())
    }
    /// See [`Model::examples`].
    fn examples(&self, _batch: &Batch, _device: Device) -> Result<Option<[Vec<Picture>; 2]>> {
        Ok(None)
    }
}

/// The model of any family: its parts, and how they learn.
pub struct Trainer<L: Learner> {
    /// Handles, losses and live settings.
    pub learner: L,
    /// The networks with their optimisers and averages.
    pub parts: L::Parts,
}

impl<L: Learner> Trainer<L> {
    /// Builds and initialises the model, drawing from torch's global generator.
    pub fn new(knobs: &Knobs, data: &DataShape, device: Device) -> Result<Self> {
        ensure!(data.count >= 2, "Training needs at least 2 pictures.");
        let (mut learner, plans) = L::plan(knobs, data, device)?;
        learner.set_live(knobs);
        Ok(Self { learner, parts: L::Parts::build(plans, L::MOMENTS, knobs, device)? })
    }

    /// A boxed model, for [`super::Family::build`].
    pub fn build(knobs: &Knobs, data: &DataShape, device: Device) -> Result<Box<dyn Model>> {
        Ok(Box::new(Self::new(knobs, data, device)?))
    }

    fn completed(&self, mut arrays: Arrays) -> Result<Arc<Arrays>> {
        self.learner.complete(&self.parts, &mut arrays)?;
        Ok(Arc::new(arrays))
    }
}

impl<L: Learner> Model for Trainer<L> {
    fn step(&mut self, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        self.learner.step(&mut self.parts, batch, at)
    }

    fn test(&self, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        self.learner.test(&self.parts, batch, at)
    }

    fn set_live(&mut self, live: &Knobs) -> Result<()> {
        for part in self.parts.list_mut() {
            part.retune(live);
        }
        self.learner.set_live(live);
        Ok(())
    }

    fn weights(&self, step: u64) -> Result<Weights> {
        let parts = self.parts.list();
        let generator = parts.first().context("The model has no networks.")?;
        let (raw, ema) = (self.completed(generator.raw()?)?, self.completed(generator.averaged()?)?);
        let discriminator = parts.get(1).filter(|_| L::PUBLISHES_DISCRIMINATOR);
        let discriminator = discriminator.map(|part| part.raw().map(Arc::new)).transpose()?;
        Ok(Weights { step, raw, ema, discriminator })
    }

    fn save(&self, to: &mut Checkpoint) -> Result<()> {
        self.parts.list().into_iter().try_for_each(|part| part.save(to))?;
        for file in ["generator", "ema"] {
            if let Some(arrays) = to.files.get_mut(file) {
                self.learner.complete(&self.parts, arrays)?;
            }
        }
        self.learner.save(to)
    }

    fn load(&mut self, from: &Checkpoint) -> Result<()> {
        let states = self.parts.list().into_iter().map(|part| part.read(from)).collect::<Result<Vec<_>>>()?;
        self.learner.load(from)?;
        for (part, state) in self.parts.list_mut().into_iter().zip(states) {
            part.take(state);
        }
        Ok(())
    }

    fn examples(&self, batch: &Batch) -> Result<Option<[Vec<Picture>; 2]>> {
        self.learner.examples(batch, self.parts.device())
    }
}
