//! One of a DCGAN's two networks: the textbook's, tuned by hand, or a richer one, behind one interface.

use super::{
    dcgan_nets::{Net, Shape},
    dcgan_rich::{Options, RichDiscriminator, RichGenerator},
};
use crate::{
    nn::{Bank, Device, Mode, Network, Plan, Precise, Precision, Tensor},
    weights::Arrays,
};
use anyhow::Result;

/// A network that trains; `P` is the richer one's forward pass.
pub enum Side<P> {
    /// The textbook's.
    Plain(Box<Net>),
    /// Another.
    Rich(Box<Network>, P),
}

/// The generator.
pub type Maker = Side<RichGenerator>;
/// The discriminator.
pub type Judge = Side<RichDiscriminator>;

impl<P> Side<P> {
    /// All parameters.
    pub fn bank(&self) -> &Bank {
        match self {
            Self::Plain(net) => &net.bank,
            Self::Rich(net, _) => &net.bank,
        }
    }

    /// All parameters, to change them.
    pub fn bank_mut(&mut self) -> &mut Bank {
        match self {
            Self::Plain(net) => &mut net.bank,
            Self::Rich(net, _) => &mut net.bank,
        }
    }

    /// Lets the first layers keep their numbers while the others learn; the last one always learns.
    pub fn freeze_first(&mut self, count: usize) {
        match self {
            Self::Plain(net) => net.bank.freeze(count, &[]),
            Self::Rich(net, _) => net.freeze_first(count),
        }
    }

    /// What was noted while it trained, flat.
    pub fn buffers(&self) -> Tensor {
        match self {
            Self::Plain(net) => net.buffers(),
            Self::Rich(net, _) => net.noted(),
        }
    }

    /// A flat parameter buffer and a flat buffer of what was noted as arrays by name.
    pub fn arrays(&self, parameters: &Tensor, buffers: &Tensor) -> Result<Arrays> {
        match self {
            Self::Plain(net) => net.arrays(parameters, buffers),
            Self::Rich(net, _) => net.arrays(parameters, buffers),
        }
    }

    /// This network's own numbers as arrays by name.
    pub fn own_arrays(&self) -> Result<Arrays> {
        self.arrays(self.bank().master(), &self.buffers())
    }

    /// Checks arrays by name and makes flat buffers of them; changes nothing.
    pub fn read(&self, arrays: &Arrays) -> Result<(Tensor, Tensor)> {
        match self {
            Self::Plain(net) => net.read(arrays),
            Self::Rich(net, _) => net.read(arrays),
        }
    }

    /// Takes over what [`Side::read`] made.
    pub fn take(&mut self, (parameters, buffers): &(Tensor, Tensor)) {
        match self {
            Self::Plain(net) => net.take(parameters, buffers),
            Self::Rich(net, _) => net.take(parameters, buffers),
        }
    }
}

impl Maker {
    /// Builds and initialises, drawing from torch's global generator.
    pub fn new(shape: &Shape, options: Options, precision: Precision, device: Device) -> Result<Self> {
        if options.plain_generator() {
            return Ok(Self::Plain(Box::new(Net::generator(shape, precision, device)?)));
        }
        let mut plan = Plan::default();
        let pass = RichGenerator::new(&mut plan, shape, options);
        Ok(Self::Rich(Box::new(Network::new(plan, precision, device)?), pass))
    }

    /// Pictures in [−1, 1] from an N×z tensor: N×C×S×S.
    pub fn generate(&self, z: &Tensor, mode: Mode) -> Tensor {
        match self {
            Self::Plain(net) => net.generate(z, mode),
            Self::Rich(net, pass) => pass.generate(net.as_ref(), z, mode),
        }
    }
}

impl Judge {
    /// Builds and initialises, drawing from torch's global generator.
    pub fn new(shape: &Shape, options: Options, precision: Precision, device: Device) -> Result<Self> {
        if options.plain_discriminator() {
            return Ok(Self::Plain(Box::new(Net::discriminator(shape, precision, device)?)));
        }
        let mut plan = Plan::default();
        let pass = RichDiscriminator::new(&mut plan, shape, options);
        Ok(Self::Rich(Box::new(Network::new(plan, precision, device)?), pass))
    }

    /// N logits, 32-bit, of N×C×S×S pictures in [−1, 1]; positive means "looks real".
    pub fn discriminate(&self, pictures: &Tensor, mode: Mode) -> Tensor {
        match self {
            Self::Plain(net) => net.discriminate(pictures, mode),
            Self::Rich(net, pass) => pass.discriminate(net.as_ref(), pictures, mode),
        }
    }

    /// The same, calculated in 32-bit whatever the network's precision, nothing noted: for penalties.
    pub fn discriminate_precisely(&self, pictures: &Tensor) -> Tensor {
        match self {
            Self::Plain(net) => net.discriminate_precisely(pictures),
            Self::Rich(net, pass) => pass.discriminate(&Precise::of(net), pictures, Mode::Judge),
        }
    }
}
