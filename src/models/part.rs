//! One network of a model with its optimiser and average: learns from a loss, saves, loads.

use super::{StepInfo, tuning::Tuning};
use crate::{
    nn::{Device, Ema, Moments, Network, Optimiser, Plan, Precision, Tensor},
    weights::{Arrays, Checkpoint, Weights},
};
use anyhow::{Context, Result};
use std::sync::Arc;

/// A network that learns.
pub struct Part {
    /// File stem in checkpoints: `generator`, `discriminator`, `encoder`.
    pub name: &'static str,
    /// Its numbers.
    pub net: Network,
    /// Its learning settings; live.
    pub tuning: Tuning,
    optimiser: Optimiser,
    average: Option<Average>,
}

/// Moving averages of parameters and buffers.
struct Average {
    parameters: Ema,
    noted: Ema,
}

/// What [`Part::read`] found: all checked, nothing taken over yet.
pub struct PartState {
    numbers: (Tensor, Tensor),
    average: Option<((Tensor, Tensor), i64)>,
    moments: Moments,
}

impl Part {
    /// Builds and initialises, drawing from torch's global generator. `averaged` keeps a moving average beside the numbers, saved as
    /// `ema`; one part of a model has that, the one that players play.
    pub fn new(
        name: &'static str,
        plan: Plan,
        tuning: Tuning,
        averaged: bool,
        precision: Precision,
        device: Device,
    ) -> Result<Self> {
        let mut net = Network::new(plan, precision, device)?;
        net.freeze_first(tuning.frozen);
        let optimiser = Optimiser::new(&net.bank, tuning.rule, tuning.lr);
        let average = averaged.then(|| Average {
            parameters: Ema::new(net.bank.master(), tuning.ema),
            noted: Ema::new(&net.noted(), tuning.ema),
        });
        Ok(Self { name, net, tuning, optimiser, average })
    }

    /// One update from a loss; the gradient's norm, as a tensor of one number.
    pub fn learn(&mut self, loss: &Tensor, at: &StepInfo) -> Result<Tensor> {
        let gradient = self.net.bank.gradient(loss)?;
        Ok(self.follow(&gradient, at))
    }

    /// One update from a flat gradient of this part's bank; its norm, as a tensor of one number.
    pub fn follow(&mut self, gradient: &Tensor, at: &StepInfo) -> Tensor {
        self.optimiser.lr = self.tuning.lr_at(at);
        (self.optimiser.rule, self.optimiser.clip) = (self.tuning.rule, self.tuning.clip);
        let norm = self.optimiser.step(&mut self.net.bank, gradient);
        if let Some(average) = &mut self.average {
            (average.parameters.decay, average.noted.decay) = (self.tuning.ema, self.tuning.ema);
            average.parameters.update(self.net.bank.master());
            average.noted.update(&self.net.noted());
        }
        norm
    }

    /// Begins the optimiser's moments anew, as when the network has grown.
    pub fn forget(&mut self) {
        self.optimiser = Optimiser::new(&self.net.bank, self.tuning.rule, self.tuning.lr);
    }

    /// The numbers as they are, by name.
    pub fn raw(&self) -> Result<Arrays> {
        self.net.arrays(self.net.bank.master(), &self.net.noted())
    }

    /// The averaged numbers by name; the raw ones where there is no average.
    pub fn averaged(&self) -> Result<Arrays> {
        match &self.average {
            Some(a) => self.net.arrays(&a.parameters.mean, &a.noted.mean),
            None => self.raw(),
        }
    }

    /// Writes numbers, average (`ema`) and moments (`optimiser_NAME`).
    pub fn save(&self, to: &mut Checkpoint) -> Result<()> {
        to.files.insert(self.name.into(), self.raw()?);
        if let Some(average) = &self.average {
            to.files.insert("ema".into(), self.averaged()?);
            to.facts.insert("ema.updates".into(), average.parameters.updates);
        }
        self.optimiser.save(&format!("optimiser_{}", self.name), &self.net.bank, to)
    }

    /// Reads what [`Part::save`] wrote and checks it; changes nothing.
    pub fn read(&self, from: &Checkpoint) -> Result<PartState> {
        let numbers = self.net.read(from.file(self.name)?)?;
        let average = match &self.average {
            Some(_) => Some((self.net.read(from.file("ema")?)?, from.fact("ema.updates")?)),
            None => None,
        };
        let moments = self.optimiser.read(&format!("optimiser_{}", self.name), &self.net.bank, from)?;
        Ok(PartState { numbers, average, moments })
    }

    /// Takes over what was read.
    pub fn take(&mut self, state: PartState) {
        self.net.take(&state.numbers.0, &state.numbers.1);
        if let (Some(own), Some((means, updates))) = (&mut self.average, state.average) {
            (own.parameters.mean, own.noted.mean) = means;
            (own.parameters.updates, own.noted.updates) = (updates, updates);
        }
        self.optimiser.take(state.moments);
    }
}

/// What players need of a model's parts: the first one is the generator, one called `discriminator` judges.
pub fn weights(parts: &[&Part], step: u64) -> Result<Weights> {
    let generator = parts.first().context("The model has no networks.")?;
    let discriminator = parts.iter().find(|part| part.name == "discriminator");
    Ok(Weights {
        step,
        raw: Arc::new(generator.raw()?),
        ema: Arc::new(generator.averaged()?),
        discriminator: discriminator.map(|part| part.raw().map(Arc::new)).transpose()?,
    })
}

/// Loads all parts of a model or none.
pub fn load(parts: &mut [&mut Part], from: &Checkpoint) -> Result<()> {
    let states = parts.iter().map(|part| part.read(from)).collect::<Result<Vec<_>>>()?;
    for (part, state) in parts.iter_mut().zip(states) {
        part.take(state);
    }
    Ok(())
}
