//! A convolutional autoencoder: pictures through a narrow code and back; its sliders are the code under a fitted Gaussian.

use super::{
    conv_layers::{self, ConvDecoder, ConvEncoder, ConvShape},
    reconstruction::{Autoencoder, Reconstructor},
};
use crate::{
    models::common::{distance::Distance, fitted_gaussian::FittedGaussian, prelude::*},
    nn::{Kind, Linear, Numbers, Plan, Tensor},
    spec::{Capabilities, DataShape, Knob, Knobs, Preset},
};

/// The family's line in the table.
pub const FAMILY: Family = Family::of::<Autoencoder<ConvAe>, Autoencoder<ConvAe>>(
    || {
        let about = "Learns to squeeze pictures into a few numbers and to draw them again; quick, steady, and good for looking at what a code \
                     holds. Expect faithful but soft reconstructions, and blends rather than new pictures from the sliders.";
        card("conv-ae", "Convolutional autoencoder", about, Capabilities { encoder: true, ..Capabilities::default() })
    },
    family_knobs,
    presets,
);

fn family_knobs(shape: &DataShape) -> Vec<Knob> {
    let mut own = conv_layers::knobs(16);
    own.push(knobs::training("loss", "Loss", choice(&["mse", "l1", "bce"], "mse"))
        .help("What counts as far from the picture: mse is soft, l1 keeps edges, bce treats grey levels as probabilities and suits black and white."));
    tuning::table(shape, own, Start { batch: 64, lr: 1e-3, beta1: 0.9, beta2: 0.999, ema: 0.99 })
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    Presets::of(family_knobs(shape))
        .quick("For a small computer: good pictures within minutes.")
        .textbook(
            "The paper's networks with its ten numbers a picture, 32-bit, without averaging.",
            &["z_dim=10", "ema=0", "precision=fp32"],
        )
        .tiny(&["width=8", "hidden=32", "z_dim=4"])
}

/// Encoder, code and decoder as handles into one plan.
#[derive(Clone, Debug)]
struct ConvAe {
    distance: Distance,
    encoder: ConvEncoder,
    code: Linear,
    decoder: ConvDecoder,
}

impl Reconstructor for ConvAe {
    fn plan(knobs: &Knobs, plan: &mut Plan) -> (Self, FittedGaussian) {
        let (shape, distance) = (ConvShape::read(knobs, 0), Distance::from_word(knobs.text("loss")));
        let encoder = ConvEncoder::new(plan, &shape);
        let code = Linear::new(plan, "encoder.code", shape.hidden, shape.z_dim);
        let decoder = ConvDecoder::new(plan, &shape);
        (Self { distance, encoder, code, decoder }, FittedGaussian::new(plan, "codes", shape.z_dim))
    }

    fn encode(&self, numbers: &dyn Numbers, x: &Tensor) -> Tensor {
        let features = self.encoder.features(numbers, x);
        self.code.forward(numbers, &self.encoder.dense(numbers, &features, None)).to_kind(Kind::Float)
    }

    fn decode(&self, numbers: &dyn Numbers, code: &Tensor) -> Tensor {
        self.decoder.forward(numbers, code, None)
    }

    fn loss(&self, decoded: &Tensor, x: &Tensor) -> Tensor {
        self.distance.of(decoded, x)
    }

    /// Only bce takes the decoder's output for logits: a tanh saturates on mostly black pictures, and its gradient vanishes before shapes
    /// are learned.
    fn picture(&self, decoded: Tensor) -> Tensor {
        if self.distance == Distance::Bce { conv_layers::picture(&decoded) } else { decoded.clamp(-1.0, 1.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        models::{
            Batch, Model, Player, StepInfo,
            common::testing::{NetPlayer, build},
        },
        nn::{self, Device},
    };

    #[test]
    fn the_code_of_a_picture_draws_what_its_reconstruction_draws() {
        let data = DataShape { count: 2, size: 28, ..DataShape::default() };
        let tiny = presets(&data).pop().unwrap().set.complete(&family_knobs(&data)).unwrap();
        let mut model = build::<Autoencoder<ConvAe>>(&tiny, &data);
        let bytes: Vec<u8> = (0..2 * 28 * 28).map(|i| (i * 29 % 256) as u8).collect();
        let pixels = crate::picture::Pixels { count: 2, size: 28, channels: 1, bytes };
        let batch = Batch { pictures: pixels.clone().into(), ..Batch::default() };
        for step in 0..3 {
            model.step(&batch, &StepInfo { step, horizon: 10 }).unwrap();
        }
        let mut player = NetPlayer::<Autoencoder<ConvAe>>::new(&tiny, &data, Device::Cpu).unwrap();
        player.load_weights(&model.parts.raw().unwrap(), None).unwrap();
        let pictures = [pixels.picture(0), pixels.picture(1)];
        let codes = player.encode(&pictures).unwrap().unwrap();
        let _guard = nn::without_gradients();
        let x = batch.tensor(Kind::Float, Device::Cpu).unwrap();
        let (net, part) = (&model.learner.net, &model.parts);
        let code = net.encode(&part.net, &x);
        let straight = net.picture(net.decode(&part.net, &code));
        let wanted = nn::to_pictures(&straight).unwrap();
        for (a, b) in player.play(&codes).unwrap().iter().zip(&wanted) {
            assert!(a.rgb.iter().zip(b.rgb.iter()).all(|(a, b)| a.abs_diff(*b) <= 1));
        }
    }
}
