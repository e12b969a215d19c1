//! A convolutional autoencoder: pictures through a narrow code and back; its sliders are the code under a fitted Gaussian.

use super::{
    Batch, Decoded, Family, Model, Player, Scalar, StepInfo,
    conv_nets::{self, Decoder, Encoder, Shape},
    fitted::{FittedGaussian, Gaussian},
    knobs,
    part::Part,
    rows,
    tuning::{self, Start, Tuning},
};
use crate::{
    latent::Code,
    nn::{self, Device, Frozen, Kind, Linear, Normalisation, Numbers, Plan, Precision, Tensor, losses},
    picture::Picture,
    spec::{Capabilities, Card, DataShape, Knob, Knobs, Preset},
    weights::Arrays,
};
use anyhow::{Context, Result};

/// The family's line in the table.
pub const FAMILY: Family = Family {
    card,
    knobs: family_knobs,
    presets,
    fits: super::any_data,
    build: |knobs, _, device| Ok(Box::new(ConvAe::new(knobs, device)?)),
    player: |knobs, _, device| Ok(Box::new(AePlayer::new(knobs, device))),
};

fn card() -> Card {
    Card {
        id: "conv-ae".into(),
        title: "Convolutional autoencoder".into(),
        about: "Learns to squeeze pictures into a few numbers and to draw them again; quick, steady, and good for looking at what a code \
                holds. Expect faithful but soft reconstructions, and blends rather than new pictures from the sliders."
            .into(),
        can: Capabilities { encoder: true, ..Capabilities::default() },
        dials: Vec::new(),
    }
}

fn family_knobs(shape: &DataShape) -> Vec<Knob> {
    let mut all = conv_nets::shape_knobs(shape, 16);
    all.push(knobs::training_choice(
        "loss",
        "Loss",
        "What counts as far from the picture: mse is soft, l1 keeps edges, bce treats grey levels as probabilities and suits black and white.",
        &["mse", "l1", "bce"],
        "mse",
    ));
    all.extend(tuning::knobs(Start { batch: 64, lr: 1e-3, beta1: 0.9, beta2: 0.999, ema: 0.99 }));
    all
}

fn presets(shape: &DataShape) -> Vec<Preset> {
    let table = family_knobs(shape);
    vec![
        knobs::preset(&table, "quick", "Quick", "For a small computer: good pictures within minutes.", &[]),
        knobs::preset(
            &table,
            "textbook",
            "Textbook",
            "The paper's networks with its ten numbers a picture, 32-bit, without averaging.",
            &["z_dim=10", "ema=0", "precision=fp32"],
        ),
        knobs::tiny(&table, &["width=8", "hidden=32", "z_dim=4"]),
    ]
}

/// What counts as far from the picture.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Distance {
    Mse,
    L1,
    Bce,
}

impl Distance {
    fn from_word(word: &str) -> Self {
        match word {
            "l1" => Self::L1,
            "bce" => Self::Bce,
            _ => Self::Mse,
        }
    }

    /// Of what the decoder says from pictures in [−1, 1]; the mean over all pixels, squares and differences on that scale. Only bce takes
    /// it for logits: behind a tanh, mostly black pictures drive all pixels so far into black that no gradient brings the shapes back.
    fn of(self, said: &Tensor, x: &Tensor) -> Tensor {
        match self {
            Self::Mse => losses::mse(said, x),
            Self::L1 => losses::l1(said, x),
            Self::Bce => losses::bce_each(said, &conv_nets::levels(x)).mean(Kind::Float),
        }
    }

    /// The pictures in [−1, 1] that the decoder means.
    fn picture(self, said: &Tensor) -> Tensor {
        match self {
            Self::Mse | Self::L1 => said.clamp(-1.0, 1.0),
            Self::Bce => conv_nets::picture(said),
        }
    }
}

/// Encoder, code and decoder as handles into one plan.
#[derive(Clone, Debug)]
struct Net {
    encoder: Encoder,
    code: Linear,
    decoder: Decoder,
    fitted: FittedGaussian,
}

impl Net {
    fn plan(shape: &Shape) -> (Plan, Self) {
        let mut plan = Plan::default();
        let encoder = Encoder::new(&mut plan, shape);
        let code = Linear::new(&mut plan, "encoder.code", shape.hidden, shape.z_dim);
        let decoder = Decoder::new(&mut plan, shape);
        let fitted = FittedGaussian::new(&mut plan, "codes", shape.z_dim);
        (plan, Self { encoder, code, decoder, fitted })
    }

    /// N×C×S×S in [−1, 1] → N×z, 32-bit.
    fn encode(&self, numbers: &dyn Numbers, x: &Tensor) -> Tensor {
        let features = self.encoder.features(numbers, x);
        self.code.forward(numbers, &self.encoder.dense(numbers, &features, None)).to_kind(Kind::Float)
    }

    /// N×z → what [`Distance::picture`] makes pictures of: N×C×S×S, 32-bit.
    fn decode(&self, numbers: &dyn Numbers, code: &Tensor) -> Tensor {
        self.decoder.forward(numbers, code, None)
    }
}

struct ConvAe {
    net: Net,
    part: Part,
    distance: Distance,
    device: Device,
}

impl ConvAe {
    fn new(knobs: &Knobs, device: Device) -> Result<Self> {
        let (plan, net) = Net::plan(&Shape::read(knobs, 0));
        let precision = Precision::from_word(knobs.text("precision"), device);
        let part = Part::new("generator", plan, Tuning::read(knobs), true, precision, device)?;
        Ok(Self { net, part, distance: Distance::from_word(knobs.text("loss")), device })
    }
}

impl Model for ConvAe {
    fn step(&mut self, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let x = batch.tensor(Kind::Float, self.device)?;
        let code = self.net.encode(&self.part.net, &x);
        self.net.fitted.update(&self.part.net, &code);
        let loss = self.distance.of(&self.net.decode(&self.part.net, &code), &x);
        let norm = self.part.learn(&loss, at)?;
        rows::scalars(&[("loss", &loss), ("grad", &norm)])
    }

    fn test(&self, batch: &Batch, _at: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let x = batch.tensor(Kind::Float, self.device)?;
        let code = self.net.encode(&self.part.net, &x);
        let loss = self.distance.of(&self.net.decode(&self.part.net, &code), &x);
        rows::scalars(&[("test_loss", &loss)])
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

/// Plays a convolutional autoencoder: sliders → code → picture, and back.
struct AePlayer {
    shape: Shape,
    plan: Plan,
    net: Net,
    distance: Distance,
    precision: Precision,
    device: Device,
    normalisation: Normalisation,
    taken: Option<(Frozen, Gaussian)>,
}

impl AePlayer {
    fn new(knobs: &Knobs, device: Device) -> Self {
        let shape = Shape::read(knobs, 0);
        let (plan, net) = Net::plan(&shape);
        let precision = Precision::from_word(knobs.text("precision"), device);
        let distance = Distance::from_word(knobs.text("loss"));
        let normalisation = Normalisation::read(knobs);
        Self { shape, plan, net, distance, precision, device, normalisation, taken: None }
    }

    fn taken(&self) -> Result<&(Frozen, Gaussian)> {
        self.taken.as_ref().context("There are no weights to play yet.")
    }
}

impl Player for AePlayer {
    fn z_dim(&self) -> usize {
        self.shape.z_dim as usize
    }

    fn load_weights(&mut self, generator: &Arrays, _: Option<&Arrays>) -> Result<()> {
        let frozen = Frozen::read(&self.plan, generator, self.precision, self.device)?;
        let gaussian = self.net.fitted.read(&frozen)?;
        self.taken = Some((frozen, gaussian));
        Ok(())
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        let (frozen, gaussian) = self.taken()?;
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let _guard = nn::without_gradients();
        let code = gaussian.codes(&rows::latents(codes, self.shape.z_dim, self.device)?);
        self.normalisation.to_pictures(&self.distance.picture(&self.net.decode(frozen, &code)))
    }

    fn decode_differentiably(&self, z: &Tensor, codes: &[Code]) -> Result<Option<Decoded>> {
        let (frozen, gaussian) = self.taken()?;
        let z = gaussian.codes(&rows::followed(z, codes, self.z_dim() as i64, self.device)?);
        let pictures = self.distance.picture(&self.net.decode(frozen, &z));
        Ok(Some(Decoded { pictures: self.normalisation.to_brightness(pictures), logits: None }))
    }

    fn encode(&self, pictures: &[Picture]) -> Result<Option<Vec<Code>>> {
        let (frozen, gaussian) = self.taken()?;
        if pictures.is_empty() {
            return Ok(Some(Vec::new()));
        }
        let _guard = nn::without_gradients();
        let (size, channels) = (self.shape.size, self.shape.channels as usize);
        let x = self.normalisation.from_pictures(pictures, size, channels, Kind::Float, self.device)?;
        let z = gaussian.normals(&self.net.encode(frozen, &x));
        let rows: Vec<Vec<f32>> = Vec::try_from(z)?;
        Ok(Some(rows.into_iter().map(|z| Code { z, psi: 1.0, ..Code::default() }).collect()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_those_of_the_hand() {
        // 0 is mid-grey on the scale of pictures, and as a logit.
        let logits = Tensor::zeros([1, 1, 1, 4], (Kind::Float, Device::Cpu));
        let x = Tensor::from_slice(&[-1.0f32, 1.0, 0.5, 0.0]).view([1, 1, 1, 4]);
        let number = |word| f64::try_from(Distance::from_word(word).of(&logits, &x)).unwrap();
        assert!((number("mse") - 2.25 / 4.0).abs() < 1e-6);
        assert!((number("l1") - 2.5 / 4.0).abs() < 1e-6);
        assert!((number("bce") - 2f64.ln()).abs() < 1e-6);
    }

    #[test]
    fn the_code_of_a_picture_draws_what_its_reconstruction_draws() {
        let data = DataShape { count: 2, size: 28, ..DataShape::default() };
        let table = family_knobs(&data);
        let tiny = presets(&data).pop().unwrap().set.complete(&table).unwrap();
        let mut model = ConvAe::new(&tiny, Device::Cpu).unwrap();
        let bytes: Vec<u8> = (0..2 * 28 * 28).map(|i| (i * 29 % 256) as u8).collect();
        let pixels = crate::picture::Pixels { count: 2, size: 28, channels: 1, bytes };
        let batch = Batch { pictures: pixels.clone().into(), ..Batch::default() };
        for step in 0..3 {
            model.step(&batch, &StepInfo { step, horizon: 10 }).unwrap();
        }
        let mut player = AePlayer::new(&tiny, Device::Cpu);
        player.load_weights(&model.part.raw().unwrap(), None).unwrap();
        let pictures = [pixels.picture(0), pixels.picture(1)];
        let codes = player.encode(&pictures).unwrap().unwrap();
        let _guard = nn::without_gradients();
        let x = batch.tensor(Kind::Float, Device::Cpu).unwrap();
        let code = model.net.encode(&model.part.net, &x);
        let straight = model.distance.picture(&model.net.decode(&model.part.net, &code));
        let wanted = nn::to_pictures(&straight).unwrap();
        for (a, b) in player.play(&codes).unwrap().iter().zip(&wanted) {
            assert!(a.rgb.iter().zip(b.rgb.iter()).all(|(a, b)| a.abs_diff(*b) <= 1));
        }
    }
}
