//! Training and decoding of autoencoders that are not variational, for any networks.

use crate::{
    latent::Code,
    models::common::{
        fitted_gaussian::{FittedGaussian, Gaussian},
        prelude::*,
    },
    nn::{self, Device, Frozen, Kind, Numbers, Plan, Tensor},
    spec::{DataShape, Knobs},
};
use anyhow::Result;

/// The encoder, decoder and reconstruction loss of an autoencoder.
pub trait Reconstructor: Sized + 'static {
    /// Plans encoder and decoder, then the Gaussian of the codes.
    fn plan(knobs: &Knobs, plan: &mut Plan) -> (Self, FittedGaussian);
    /// N×C×S×S in [−1, 1] → N×z codes, 32-bit.
    fn encode(&self, numbers: &dyn Numbers, x: &Tensor) -> Tensor;
    /// N×z codes → N×C×S×S, 32-bit, of which [`Reconstructor::picture`] makes pictures.
    fn decode(&self, numbers: &dyn Numbers, code: &Tensor) -> Tensor;
    /// The loss of the decoder's output against the pictures that were encoded, one number.
    fn loss(&self, decoded: &Tensor, x: &Tensor) -> Tensor;
    /// The pictures in [−1, 1] for the decoder's output.
    fn picture(&self, decoded: Tensor) -> Tensor;
}

/// An autoencoder with the Gaussian of its codes, in one plan so that players have all of it.
pub struct Autoencoder<R> {
    /// Encoder and decoder.
    pub net: R,
    codes: FittedGaussian,
}

impl<R: Reconstructor> Networks for Autoencoder<R> {
    fn plan(knobs: &Knobs, _: &DataShape, _: Device) -> Result<(Self, Plans)> {
        let mut plan = Plan::default();
        let (net, codes) = R::plan(knobs, &mut plan);
        Ok((Self { net, codes }, plan.into()))
    }
}

impl<R: Reconstructor> Learner for Autoencoder<R> {
    type Parts = Part;

    fn step(&mut self, part: &mut Part, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let x = batch.tensor(Kind::Float, part.net.device())?;
        let code = self.net.encode(&part.net, &x);
        self.codes.update(&part.net, &code);
        let loss = self.net.loss(&self.net.decode(&part.net, &code), &x);
        let norm = part.learn(&loss, at)?;
        rows::scalars(&[("loss", loss), ("grad", norm)])
    }

    fn test(&self, part: &Part, batch: &Batch, _: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let x = batch.tensor(Kind::Float, part.net.device())?;
        let code = self.net.encode(&part.net, &x);
        rows::scalars(&[("test_loss", self.net.loss(&self.net.decode(&part.net, &code), &x))])
    }
}

impl<R: Reconstructor> Decoder for Autoencoder<R> {
    type Loaded = (Frozen, Gaussian);
    const ENCODES: bool = true;

    fn load(&self, source: &Source) -> Result<(Frozen, Gaussian)> {
        self.codes.load(source)
    }

    fn decode(&self, (net, gaussian): &(Frozen, Gaussian), z: &Tensor, codes: &[Code]) -> Result<Tensor> {
        let code = gaussian.codes(&rows::scaled(z, codes)?);
        Ok(self.net.picture(self.net.decode(net, &code)))
    }

    fn encode(&self, (net, gaussian): &(Frozen, Gaussian), pictures: &Tensor) -> Result<Vec<Code>> {
        rows::codes(&gaussian.normals(&self.net.encode(net, pictures)))
    }
}
