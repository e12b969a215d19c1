//! The fully connected autoencoder: pictures through a bottleneck of a few numbers and back.

use super::reconstruction::{Autoencoder, Reconstructor};
use crate::{
    models::common::{
        Frame,
        fitted_gaussian::FittedGaussian,
        prelude::*,
        stack::{Activation, Stack, width_for},
    },
    nn::{Mode, Numbers, Plan, Tensor, losses},
    spec::{Capabilities, DataShape, Knob, Knobs, Preset},
};

/// The family's line in the table.
pub const FAMILY: Family = Family::of::<Autoencoder<MlpAe>, Autoencoder<MlpAe>>(
    || {
        let about = "Squeezes each picture through a few numbers and draws it again, which shows what compression keeps. \
                     Expect good copies within a minute; pictures between them are soft, for nothing asks it to draw new ones well.";
        card("mlp-ae", "MLP autoencoder", about, Capabilities { encoder: true, ..Capabilities::default() })
    },
    family_knobs,
    presets,
);

fn family_knobs(shape: &DataShape) -> Vec<Knob> {
    let own = vec![
        knobs::model("width", "Width", int(8, 2048, width_for(shape, 512)))
            .help("Neurons of the widest layer; the one beside the bottleneck has half. More keeps finer detail."),
        knobs::model("z_dim", "Latent size", int(1, 256, 16)).help(
            "Numbers in the bottleneck: how many sliders there are. Fewer make neater sliders and softer pictures.",
        ),
    ];
    tuning::table(shape, own, Start { batch: 128, lr: 1e-3, beta1: 0.9, beta2: 0.999, ema: 0.99 })
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    Presets::of(family_knobs(shape))
        .quick("A bottleneck of 16 numbers: good copies, and sliders that can be told apart.")
        .textbook(
            "As most courses have it: a bottleneck of 32 numbers, Adam at 1e-3, 32-bit, no averaging.",
            &["z_dim=32", "ema=0", "precision=fp32"],
        )
        .tiny(&["width=16", "z_dim=4"])
}

/// Encoder and decoder.
struct MlpAe {
    frame: Frame,
    encoder: Stack,
    decoder: Stack,
}

impl Reconstructor for MlpAe {
    fn plan(knobs: &Knobs, plan: &mut Plan) -> (Self, FittedGaussian) {
        let (frame, z_dim, w) = (Frame::read(knobs), knobs.int("z_dim") as i64, knobs.int("width") as i64);
        let encoder = Stack::new(plan, "encoder", &[frame.len(), w, w / 2, z_dim], false, Activation::Relu);
        let decoder = Stack::new(plan, "decoder", &[z_dim, w / 2, w, frame.len()], false, Activation::Relu);
        (Self { frame, encoder, decoder }, FittedGaussian::new(plan, "codes", z_dim))
    }

    fn encode(&self, numbers: &dyn Numbers, x: &Tensor) -> Tensor {
        self.encoder.forward(numbers, &self.frame.flatten(x), Mode::Infer)
    }

    /// Pictures of about [−1, 1]. The last layer has no activation: a tanh saturates on mostly black pictures, and its gradient vanishes
    /// before shapes are learned.
    fn decode(&self, numbers: &dyn Numbers, code: &Tensor) -> Tensor {
        self.frame.unflatten(&self.decoder.forward(numbers, code, Mode::Infer))
    }

    fn loss(&self, decoded: &Tensor, x: &Tensor) -> Tensor {
        losses::mse(decoded, x)
    }

    fn picture(&self, decoded: Tensor) -> Tensor {
        decoded
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        models::{
            Batch, Model, Player, StepInfo,
            common::testing::{NetPlayer, build, plain, set},
        },
        nn::{
            self, Device, Kind,
            bars::{self, Bar, Figure, Judge},
        },
        picture::Pixels,
    };

    #[test]
    fn a_picture_comes_back_through_its_code_as_the_network_draws_it() {
        let shape = plain(16, 28, 3);
        let tiny = ["width=16", "z_dim=3", "batch=16", "precision=fp32", "ema=0", "lr=0.003"];
        let knobs = set(&family_knobs(&shape), &tiny);
        nn::use_threads(bars::threads());
        nn::seed_global(bars::seed(1));
        let mut model = build::<Autoencoder<MlpAe>>(&knobs, &shape);
        let mut pixels = Pixels::new(28, 3);
        (0..16usize)
            .for_each(|i| pixels.push(&(0..28 * 28 * 3).map(|p| (p * (i + 1) % 251) as u8).collect::<Vec<_>>()));
        let batch = Batch { pictures: pixels.clone().into(), ..Batch::default() };
        for step in 0..100 {
            model.step(&batch, &StepInfo { step, horizon: 100 }).unwrap();
        }
        let weights = model.weights(100).unwrap();
        let mut player = NetPlayer::<Autoencoder<MlpAe>>::new(&knobs, &shape, Device::Cpu).unwrap();
        player.load_weights(&weights.ema, None).unwrap();
        let pictures: Vec<_> = (0..4).map(|i| pixels.picture(i)).collect();
        let codes = player.encode(&pictures).unwrap().unwrap();
        let drawn = player.play(&codes).unwrap();
        let (nets, net) = (&model.learner.net, &model.parts.net);
        let x = nn::from_pictures(&pictures, 28, 3, Kind::Float, Device::Cpu).unwrap();
        let wanted = nn::to_pictures(&nets.decode(net, &nets.encode(net, &x))).unwrap();
        for (a, b) in drawn.iter().zip(&wanted) {
            assert!(a.rgb.iter().zip(b.rgb.iter()).all(|(a, b)| a.abs_diff(*b) <= 1));
        }
        // Codes of what it learned lie as standard normal ones do: near 0, about 1 wide.
        let all: Vec<_> = (0..16).map(|i| pixels.picture(i)).collect();
        let figures = |flat: Vec<f32>| -> [Figure; 3] {
            let mean = f64::from(flat.iter().sum::<f32>()) / flat.len() as f64;
            let spread = (f64::from(flat.iter().map(|v| v * v).sum::<f32>()) / flat.len() as f64).sqrt();
            [
                ("mean of the codes", mean.abs(), Bar::Below(1.5)),
                ("root mean square of the codes, least", spread, Bar::Above(0.3)),
                ("root mean square of the codes, most", spread, Bar::Below(3.0)),
            ]
        };
        let mut judge = Judge::new("a_picture_comes_back_through_its_code_as_the_network_draws_it");
        judge.passes("mlp-ae", &figures(player.encode(&all).unwrap().unwrap().into_iter().flat_map(|c| c.z).collect()));
        let x = nn::from_pictures(&all, 28, 3, Kind::Float, Device::Cpu).unwrap();
        let raw = Vec::try_from(nets.encode(net, &x).to_kind(Kind::Float).reshape([-1])).unwrap();
        judge.fails("mlp-ae", "the encoder's own numbers", &figures(raw));
        judge.close();
    }
}
