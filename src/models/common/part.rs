//! One network of a model with its optimiser and moving average: learns from a loss, saves, loads.

use super::{batch::StepInfo, plans::Plans, tuning::Tuning};
use crate::{
    nn::{Device, Ema, Moments, Network, Numbers, Optimiser, Plan, Precision, Tensor},
    spec::Knobs,
    weights::{Arrays, Checkpoint},
};
use anyhow::Result;

/// A network with its optimiser and, for a generator, its moving average.
pub struct Part {
    /// File stem in checkpoints: `generator` or `discriminator`.
    pub name: &'static str,
    /// Parameters and buffers.
    pub net: Network,
    /// Optimiser, rates, clipping and averaging; live.
    pub tuning: Tuning,
    /// File stem of the optimiser's moments in checkpoints.
    moments: &'static str,
    optimiser: Optimiser,
    /// Moving averages of parameters and buffers.
    average: Option<[Ema; 2]>,
}

/// The state that [`Part::read`] has checked and [`Part::take`] takes over.
pub struct PartState {
    numbers: (Tensor, Tensor),
    average: Option<((Tensor, Tensor), i64)>,
    moments: Moments,
}

impl Part {
    /// Builds and initialises a generator, which has a moving average that is saved as `ema`. `moments` is the file stem of its
    /// optimiser's moments. Draws from torch's global generator.
    pub fn generator(plan: Plan, moments: &'static str, knobs: &Knobs, device: Device) -> Result<Self> {
        let mut part = Self::new(["generator", moments], plan, Tuning::read(knobs), knobs, device)?;
        let own = [part.net.bank.master(), &part.net.noted()];
        part.average = Some(own.map(|own| Ema::new(own, part.tuning.ema)));
        Ok(part)
    }

    /// Builds and initialises a discriminator, whose first layers may be frozen. Draws from torch's global generator.
    pub fn discriminator(plan: Plan, moments: &'static str, knobs: &Knobs, device: Device) -> Result<Self> {
        let mut part = Self::new(["discriminator", moments], plan, Tuning::read_discriminator(knobs), knobs, device)?;
        part.net.freeze_first(part.tuning.frozen);
        Ok(part)
    }

    fn new(
        [name, moments]: [&'static str; 2],
        plan: Plan,
        tuning: Tuning,
        knobs: &Knobs,
        device: Device,
    ) -> Result<Self> {
        let net = Network::new(plan, Precision::from_word(knobs.text("precision"), device), device)?;
        let optimiser = Optimiser::new(&net.bank, tuning.rule, tuning.lr);
        Ok(Self { name, moments, net, tuning, optimiser, average: None })
    }

    /// Updates the network with the gradient of a loss; returns the gradient's norm as a tensor of one number.
    pub fn learn(&mut self, loss: &Tensor, at: &StepInfo) -> Result<Tensor> {
        let gradient = self.net.bank.gradient(loss)?;
        Ok(self.follow(&gradient, at))
    }

    /// Updates the network with a flat gradient of its bank; returns the gradient's norm as a tensor of one number.
    pub fn follow(&mut self, gradient: &Tensor, at: &StepInfo) -> Tensor {
        self.optimiser.lr = self.tuning.lr_at(at);
        (self.optimiser.rule, self.optimiser.clip) = (self.tuning.rule, self.tuning.clip);
        let norm = self.optimiser.step(&mut self.net.bank, gradient);
        if let Some([parameters, noted]) = &mut self.average {
            (parameters.decay, noted.decay) = (self.tuning.ema, self.tuning.ema);
            parameters.update(self.net.bank.master());
            noted.update(&self.net.noted());
        }
        norm
    }

    /// Takes over the knobs of learning. The number of frozen layers is read too, but stays what it was when the network was built.
    pub fn retune(&mut self, knobs: &Knobs) {
        let discriminates = self.name == "discriminator";
        self.tuning = if discriminates { Tuning::read_discriminator(knobs) } else { Tuning::read(knobs) };
    }

    /// Resets the optimiser's moments to 0, as when the network has grown.
    pub fn forget(&mut self) {
        self.optimiser = Optimiser::new(&self.net.bank, self.tuning.rule, self.tuning.lr);
    }

    /// The current parameters and buffers by name.
    pub fn raw(&self) -> Result<Arrays> {
        self.net.arrays(self.net.bank.master(), &self.net.noted())
    }

    /// The averaged parameters and buffers by name; the current ones where there is no average.
    pub fn averaged(&self) -> Result<Arrays> {
        match &self.average {
            Some([parameters, noted]) => self.net.arrays(&parameters.mean, &noted.mean),
            None => self.raw(),
        }
    }

    /// Writes parameters and buffers, their average (`ema`) and the optimiser's moments.
    pub fn save(&self, to: &mut Checkpoint) -> Result<()> {
        to.files.insert(self.name.into(), self.raw()?);
        if let Some([parameters, _]) = &self.average {
            to.files.insert("ema".into(), self.averaged()?);
            to.facts.insert("ema.updates".into(), parameters.updates);
        }
        self.optimiser.save(self.moments, &self.net.bank, to)
    }

    /// Reads and checks what [`Part::save`] wrote; changes nothing.
    pub fn read(&self, from: &Checkpoint) -> Result<PartState> {
        let numbers = self.net.read(from.file(self.name)?)?;
        let average = match &self.average {
            Some(_) => Some((self.net.read(from.file("ema")?)?, from.fact("ema.updates")?)),
            None => None,
        };
        let moments = self.optimiser.read(self.moments, &self.net.bank, from)?;
        Ok(PartState { numbers, average, moments })
    }

    /// Takes over a state that was read.
    pub fn take(&mut self, state: PartState) {
        self.net.take(&state.numbers.0, &state.numbers.1);
        if let (Some([parameters, noted]), Some((means, updates))) = (&mut self.average, state.average) {
            (parameters.mean, noted.mean) = means;
            (parameters.updates, noted.updates) = (updates, updates);
        }
        self.optimiser.take(state.moments);
    }
}

/// The networks of a model that learn: one, or a generator and a discriminator.
pub trait Parts: Sized + 'static {
    /// Builds and initialises them, the generator first, drawing from torch's global generator. `moments` are the file stems of their
    /// optimisers' moments.
    fn build(plans: Plans, moments: [&'static str; 2], knobs: &Knobs, device: Device) -> Result<Self>;
    /// All of them, the generator first.
    fn list(&self) -> Vec<&Part>;
    /// All of them, mutable.
    fn list_mut(&mut self) -> Vec<&mut Part>;
    /// The device of their parameters.
    fn device(&self) -> Device;
}

impl Parts for Part {
    fn build(plans: Plans, [moments, _]: [&'static str; 2], knobs: &Knobs, device: Device) -> Result<Self> {
        Self::generator(plans.generator, moments, knobs, device)
    }

    fn list(&self) -> Vec<&Part> {
        vec![self]
    }

    fn list_mut(&mut self) -> Vec<&mut Part> {
        vec![self]
    }

    fn device(&self) -> Device {
        self.net.device()
    }
}
