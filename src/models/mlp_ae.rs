//! The fully connected autoencoder: pictures through a bottleneck of a few numbers and back.

use super::{
    Batch, Decoded, Family, Model, Player, Scalar, StepInfo,
    fitted::{FittedGaussian, Gaussian},
    knobs,
    mlp_nets::{Bend, Frame, Stack, width_for},
    part::Part,
    rows,
    tuning::{self, Tuning},
};
use crate::{
    latent::Code,
    nn::{self, Device, Frozen, Kind, Mode, Normalisation, Numbers, Plan, Precision, Tensor, losses},
    picture::Picture,
    spec::{Capabilities, Card, DataShape, Knob, Knobs, Preset},
    weights::Arrays,
};
use anyhow::{Context, Result, ensure};

/// The family's line in the table.
pub const FAMILY: Family = Family {
    card,
    knobs: family_knobs,
    presets,
    fits: super::any_data,
    build: |knobs, shape, device| Ok(Box::new(MlpAe::new(knobs, shape, device)?)),
    player: |knobs, _, device| Ok(Box::new(MlpAePlayer::new(knobs, device)) as Box<dyn Player>),
};

fn card() -> Card {
    Card {
        id: "mlp-ae".into(),
        title: "MLP autoencoder".into(),
        about: "Squeezes each picture through a few numbers and draws it again, which shows what compression keeps. \
                Expect good copies within a minute; pictures between them are soft, for nothing asks it to draw new ones well."
            .into(),
        can: Capabilities { encoder: true, ..Capabilities::default() },
        dials: Vec::new(),
    }
}

fn family_knobs(shape: &DataShape) -> Vec<Knob> {
    let mut all = knobs::data(shape);
    all.extend([
        knobs::int(
            "width",
            "Width",
            "Neurons of the widest layer; the one beside the bottleneck has half. More keeps finer detail.",
            (8, 2048, width_for(shape, 512)),
        ),
        knobs::int(
            "z_dim",
            "Latent size",
            "Numbers in the bottleneck: how many sliders there are. Fewer make neater sliders and softer pictures.",
            (1, 256, 16),
        ),
    ]);
    all.extend(tuning::knobs(tuning::Start { batch: 128, lr: 1e-3, beta1: 0.9, beta2: 0.999, ema: 0.99 }));
    all
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    let table = family_knobs(shape);
    vec![
        knobs::preset(
            &table,
            "quick",
            "Quick",
            "A bottleneck of 16 numbers: good copies, and sliders that can be told apart.",
            &[],
        ),
        knobs::preset(
            &table,
            "textbook",
            "Textbook",
            "As most courses have it: a bottleneck of 32 numbers, Adam at 1e-3, 32-bit, no averaging.",
            &["z_dim=32", "ema=0", "precision=fp32"],
        ),
        knobs::tiny(&table, &["width=16", "z_dim=4"]),
    ]
}

/// Encoder, decoder and what is known of the codes between them; one plan, so that players have all of it.
struct Nets {
    frame: Frame,
    z_dim: i64,
    encoder: Stack,
    decoder: Stack,
    codes: FittedGaussian,
}

impl Nets {
    fn new(knobs: &Knobs) -> (Self, Plan) {
        let (frame, z_dim, w) = (Frame::read(knobs), knobs.int("z_dim") as i64, knobs.int("width") as i64);
        let mut plan = Plan::default();
        let encoder = Stack::new(&mut plan, "encoder", &[frame.len(), w, w / 2, z_dim], false, Bend::Relu);
        let decoder = Stack::new(&mut plan, "decoder", &[z_dim, w / 2, w, frame.len()], false, Bend::Relu);
        let codes = FittedGaussian::new(&mut plan, "codes", z_dim);
        (Self { frame, z_dim, encoder, decoder, codes }, plan)
    }

    /// N×C×S×S in [−1, 1] → N×z.
    fn encode(&self, numbers: &dyn Numbers, pictures: &Tensor) -> Tensor {
        self.encoder.forward(numbers, &self.frame.flatten(pictures), Mode::Infer)
    }

    /// N×z → N×C×S×S, meant to lie in [−1, 1]. Nothing bends the last layer: behind a tanh, mostly black pictures drive all pixels so far
    /// into black that no gradient brings the shapes back.
    fn decode(&self, numbers: &dyn Numbers, codes: &Tensor) -> Tensor {
        self.frame.unflatten(&self.decoder.forward(numbers, codes, Mode::Infer).to_kind(Kind::Float))
    }
}

fn precision(knobs: &Knobs, device: Device) -> Precision {
    Precision::from_word(knobs.text("precision"), device)
}

struct MlpAe {
    nets: Nets,
    part: Part,
    device: Device,
}

impl MlpAe {
    fn new(knobs: &Knobs, data: &DataShape, device: Device) -> Result<Self> {
        ensure!(data.count >= 2, "Training needs at least 2 pictures.");
        let (nets, plan) = Nets::new(knobs);
        let part = Part::new("generator", plan, Tuning::read(knobs), true, precision(knobs, device), device)?;
        Ok(Self { nets, part, device })
    }
}

impl Model for MlpAe {
    fn step(&mut self, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let pictures = batch.tensor(Kind::Float, self.device)?;
        let codes = self.nets.encode(&self.part.net, &pictures);
        let loss = losses::mse(&self.nets.decode(&self.part.net, &codes), &pictures);
        self.nets.codes.update(&self.part.net, &codes);
        let gradient = self.part.learn(&loss, at)?;
        let numbers: Vec<f32> = Vec::try_from(Tensor::stack(&[loss.detach(), gradient], 0))?;
        Ok(["loss", "grad"].into_iter().zip(numbers).collect())
    }

    fn test(&self, batch: &Batch, _at: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let pictures = batch.tensor(Kind::Float, self.device)?;
        let again = self.nets.decode(&self.part.net, &self.nets.encode(&self.part.net, &pictures));
        Ok(vec![("test_loss", f64::try_from(losses::mse(&again, &pictures))? as f32)])
    }

    fn parts(&self) -> Vec<&Part> {
        vec![&self.part]
    }

    fn parts_mut(&mut self) -> Vec<&mut Part> {
        vec![&mut self.part]
    }

    fn set_live(&mut self, live: &Knobs) -> Result<()> {
        self.part.tuning = Tuning::read(live);
        Ok(())
    }
}

/// Plays the decoder under the Gaussian of the codes, and finds codes with the encoder.
struct MlpAePlayer {
    nets: Nets,
    plan: Plan,
    precision: Precision,
    device: Device,
    normalisation: Normalisation,
    taken: Option<(Frozen, Gaussian)>,
}

impl MlpAePlayer {
    fn new(knobs: &Knobs, device: Device) -> Self {
        let (nets, plan) = Nets::new(knobs);
        let normalisation = Normalisation::read(knobs);
        Self { nets, plan, precision: precision(knobs, device), device, normalisation, taken: None }
    }

    fn taken(&self) -> Result<&(Frozen, Gaussian)> {
        self.taken.as_ref().context("There are no weights to play yet.")
    }
}

impl Player for MlpAePlayer {
    fn z_dim(&self) -> usize {
        self.nets.z_dim as usize
    }

    fn load_weights(&mut self, generator: &Arrays, _discriminator: Option<&Arrays>) -> Result<()> {
        let net = Frozen::read(&self.plan, generator, self.precision, self.device)?;
        let gaussian = self.nets.codes.read(&net)?;
        self.taken = Some((net, gaussian));
        Ok(())
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        let _guard = nn::without_gradients();
        let (net, gaussian) = self.taken()?;
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let z = gaussian.codes(&rows::latents(codes, self.z_dim() as i64, self.device)?);
        self.normalisation.to_pictures(&self.nets.decode(net, &z))
    }

    fn decode_differentiably(&self, z: &Tensor, codes: &[Code]) -> Result<Option<Decoded>> {
        let (net, gaussian) = self.taken()?;
        let z = gaussian.codes(&rows::followed(z, codes, self.z_dim() as i64, self.device)?);
        Ok(Some(Decoded { pictures: self.normalisation.to_brightness(self.nets.decode(net, &z)), logits: None }))
    }

    fn encode(&self, pictures: &[Picture]) -> Result<Option<Vec<Code>>> {
        let _guard = nn::without_gradients();
        let (net, gaussian) = self.taken()?;
        if pictures.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let Frame { size, channels } = self.nets.frame;
        let x = self.normalisation.from_pictures(pictures, size, channels, Kind::Float, self.device)?;
        Ok(Some(rows::codes(&gaussian.normals(&self.nets.encode(net, &x)))?))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        nn::bars::{self, Bar, Figure, Judge},
        picture::Pixels,
    };

    #[test]
    fn a_picture_comes_back_through_its_code_as_the_network_draws_it() {
        let shape = DataShape { count: 16, classes: 0, size: 28, channels: 3, paired: false, sides: None };
        let table = family_knobs(&shape);
        let mut knobs = Knobs::start(&table);
        for assignment in ["width=16", "z_dim=3", "batch=16", "precision=fp32", "ema=0", "lr=0.003"] {
            knobs.set(&table, assignment).unwrap();
        }
        nn::use_threads(bars::threads());
        nn::seed_global(bars::seed(1));
        let mut model = MlpAe::new(&knobs, &shape, Device::Cpu).unwrap();
        let mut pixels = Pixels::new(28, 3);
        (0..16usize)
            .for_each(|i| pixels.push(&(0..28 * 28 * 3).map(|p| (p * (i + 1) % 251) as u8).collect::<Vec<_>>()));
        let batch = Batch { pictures: pixels.clone().into(), ..Batch::default() };
        for step in 0..100 {
            model.step(&batch, &StepInfo { step, horizon: 100 }).unwrap();
        }
        let (weights, mut player) = (model.weights(100).unwrap(), MlpAePlayer::new(&knobs, Device::Cpu));
        player.load_weights(&weights.ema, None).unwrap();
        let pictures: Vec<_> = (0..4).map(|i| pixels.picture(i)).collect();
        let codes = player.encode(&pictures).unwrap().unwrap();
        let drawn = player.play(&codes).unwrap();
        let net = &model.part.net;
        let x = nn::from_pictures(&pictures, 28, 3, Kind::Float, Device::Cpu).unwrap();
        let wanted = nn::to_pictures(&model.nets.decode(net, &model.nets.encode(net, &x))).unwrap();
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
        let raw = Vec::try_from(model.nets.encode(net, &x).to_kind(Kind::Float).reshape([-1])).unwrap();
        judge.fails("mlp-ae", "the encoder's own numbers", &figures(raw));
        judge.close();
    }
}
