//! Progressive GAN (Karras et al. 2018): both networks begin with pictures of 4 or 7 pixels and grow to the full size.

use super::{
    Batch, Decoded, Family, Model, Player, Scalar, StepInfo,
    adversarial_pair::{self, AdversarialPair},
    knobs, part,
    progan_nets::{Discriminator, Generator, Growth, PROGRESS, Phase, Shape, enlarge, shrink},
    rows,
    tuning::{self, Start},
};
use crate::{
    latent::Code,
    nn::{self, Device, Frozen, Kind, Mode, Normalisation, Numbers, Plan, Precision, Tensor, pixel_norm},
    picture::Picture,
    spec::{Capabilities, Card, DataShape, Knob, Knobs, Preset},
    weights::{Arrays, Checkpoint, Weights},
};
use anyhow::{Context, Result, ensure};
use std::sync::Arc;

/// The family's line in the table.
pub const FAMILY: Family = Family {
    card,
    knobs: family_knobs,
    presets,
    fits: super::any_data,
    build: |knobs, data, device| Ok(Box::new(Progan::new(knobs, data, device)?)),
    player: |knobs, _, device| Ok(Box::new(ProganPlayer::new(knobs, device)) as Box<dyn Player>),
};

fn card() -> Card {
    Card {
        id: "progan".into(),
        title: "Progressive GAN".into(),
        about: "Learns pictures from coarse to fine: 4 pixels wide at first, then twice that again and again, which keeps training \
                calm at large sizes. Expect coloured blocks at once, and sharper pictures each time the resolution doubles."
            .into(),
        can: Capabilities { discriminator: true, ..Capabilities::default() },
        dials: Vec::new(),
    }
}

fn family_knobs(data: &DataShape) -> Vec<Knob> {
    let mut all = knobs::data(data);
    all.extend([
        knobs::model_int(
            "width",
            "Width",
            "Filters at the full size; coarser levels have up to four times as many. More draws finer and trains slower.",
            (2, 128, 16),
        ),
        knobs::model_int(
            "z_dim",
            "Latent size",
            "Length of the latent vector: how many sliders there are. The textbook has 512.",
            (2, 512, 64),
        ),
        knobs::training_int(
            "steps_per_scale",
            "Steps per scale",
            "Steps that each resolution trains before the next one fades in. Coarse ones are quick; 2000 to 3000 suit small pictures.",
            (1, 1_000_000, 2000),
        ),
        knobs::real(
            "fade_share",
            "Fading share",
            "Share of those steps over which a new resolution fades in. 0 switches over at once, which shakes training.",
            (0.0, 1.0, 0.5),
        ),
    ]);
    all.extend(tuning::knobs(Start { batch: 32, lr: 2e-3, beta1: 0.0, beta2: 0.99, ema: 0.995 }));
    all.extend(tuning::discriminator_knobs());
    all.extend(adversarial_pair::knobs(1.0));
    all
}

fn presets(data: &DataShape) -> Vec<Preset> {
    let table = family_knobs(data);
    vec![
        knobs::preset(&table, "quick", "Quick", "For a small computer: full size within minutes.", &[]),
        knobs::preset(
            &table,
            "textbook",
            "Textbook",
            "Closer to the paper: wide networks, a slow and long growth, 32-bit.",
            &["width=64", "z_dim=512", "batch=16", "lr=1e-3", "ema=0.999", "steps_per_scale=48000", "precision=fp32"],
        ),
        knobs::tiny(&table, &["width=2", "z_dim=8", "steps_per_scale=2", "r1=1", "lr=1e-3"]),
    ]
}

fn shape_of(knobs: &Knobs) -> Shape {
    Shape {
        size: knobs.int("size"),
        channels: knobs.int("channels") as i64,
        z_dim: knobs.int("z_dim") as i64,
        width: knobs.int("width") as i64,
    }
}

fn growth_of(knobs: &Knobs) -> Growth {
    let steps = knobs.int("steps_per_scale").max(1) as u64;
    let fading = (steps as f64 * knobs.real("fade_share")).round() as u64;
    Growth { levels: shape_of(knobs).sides().len(), steps, fading }
}

struct Progan {
    pair: AdversarialPair,
    generator: Generator,
    discriminator: Discriminator,
    shape: Shape,
    growth: Growth,
    kind: Kind,
    device: Device,
}

impl Progan {
    fn new(knobs: &Knobs, data: &DataShape, device: Device) -> Result<Self> {
        ensure!(data.count >= 2, "Training needs at least 2 pictures.");
        let shape = shape_of(knobs);
        let precision = Precision::from_word(knobs.text("precision"), device);
        let ((g_plan, generator), (d_plan, discriminator)) = (Generator::new(shape), Discriminator::new(shape));
        let pair = AdversarialPair::new(knobs, (g_plan, d_plan), precision, device)?;
        let growth = growth_of(knobs);
        Ok(Self { pair, generator, discriminator, shape, growth, kind: precision.kind(), device })
    }
}

impl Model for Progan {
    fn step(&mut self, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let phase = self.growth.at(at.step);
        phase.note(&self.pair.g.net, self.generator.progress);
        phase.note(&self.pair.d.net, self.discriminator.progress);
        if self.growth.grows(at.step) {
            // Moments of layers that have never learned count as old zeros, and would make their first strides ten times too long.
            self.pair.g.forget();
            self.pair.d.forget();
        }
        let side = self.shape.sides()[phase.level];
        let real = shrink(&batch.tensor(Kind::Float, self.device)?, side, phase).to_kind(self.kind);
        let z = Tensor::f_randn([real.size()[0], self.shape.z_dim], (Kind::Float, self.device))?;
        let fake = self.generator.forward(&self.pair.g.net, &pixel_norm(&z), phase);
        let d = &self.discriminator;
        let judge = |numbers: &dyn Numbers, x: &Tensor, mode| d.forward(numbers, x, phase, mode);
        let mut scalars = self.pair.step(at, &real, &fake, &judge)?;
        scalars.extend([("resolution", side as f32), ("fade", phase.fade as f32)]);
        Ok(scalars)
    }

    fn test(&self, batch: &Batch, _at: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let phase = Phase::of(&self.pair.g.net, self.generator.progress, self.growth.levels)?;
        let real = batch.tensor(Kind::Float, self.device)?;
        let real = shrink(&real, self.shape.sides()[phase.level], phase).to_kind(self.kind);
        let z = adversarial_pair::test_latents(real.size()[0], self.shape.z_dim, self.device);
        let fake = self.generator.forward(&self.pair.g.net, &pixel_norm(&z), phase);
        self.pair.test(&real, &fake, &|numbers, x, mode| self.discriminator.forward(numbers, x, phase, mode))
    }

    fn set_live(&mut self, live: &Knobs) -> Result<()> {
        self.pair.set_live(live);
        Ok(())
    }

    fn weights(&self, step: u64) -> Result<Weights> {
        let mut weights = part::weights(&self.pair.parts(), step)?;
        settle(&weights.raw, Arc::make_mut(&mut weights.ema));
        Ok(weights)
    }

    fn save(&self, to: &mut Checkpoint) -> Result<()> {
        self.pair.parts().into_iter().try_for_each(|part| part.save(to))?;
        let raw = to.file("generator")?.clone();
        if let Some(ema) = to.files.get_mut("ema") {
            settle(&raw, ema);
        }
        Ok(())
    }

    fn load(&mut self, from: &Checkpoint) -> Result<()> {
        Phase::from_arrays(from.file("generator")?, self.growth.levels)?;
        part::load(&mut self.pair.parts_mut(), from)
    }
}

/// An average of levels is no level: averaged numbers get the progress of the present ones.
fn settle(raw: &Arrays, ema: &mut Arrays) {
    if let Some(progress) = raw.get(PROGRESS) {
        ema.insert(PROGRESS.into(), progress.clone());
    }
}

/// Generator and discriminator with the phases they were taken in.
struct ProganPlayer {
    shape: Shape,
    precision: Precision,
    device: Device,
    normalisation: Normalisation,
    generator: (Plan, Generator),
    discriminator: (Plan, Discriminator),
    draws: Option<(Frozen, Phase)>,
    judges: Option<(Frozen, Phase)>,
}

impl ProganPlayer {
    fn new(knobs: &Knobs, device: Device) -> Self {
        let shape = shape_of(knobs);
        let precision = Precision::from_word(knobs.text("precision"), device);
        let (generator, discriminator) = (Generator::new(shape), Discriminator::new(shape));
        let normalisation = Normalisation::read(knobs);
        Self { shape, precision, device, normalisation, generator, discriminator, draws: None, judges: None }
    }

    /// N×z → N×C×S×S.
    fn draw(&self, z: &Tensor, codes: &[Code]) -> Result<Tensor> {
        let (net, phase) = self.draws.as_ref().context("There are no weights to play yet.")?;
        // The latent's length means nothing here before it is brought to one; truncation shortens it afterwards.
        let z = rows::followed(&pixel_norm(z), codes, self.shape.z_dim, self.device)?;
        Ok(enlarge(&self.generator.1.forward(net, &z, *phase), self.shape.size as i64))
    }

    /// N logits of N×C×S×S pictures, where there is a discriminator.
    fn logits(&self, pictures: &Tensor) -> Option<Tensor> {
        let (net, phase) = self.judges.as_ref()?;
        let x = shrink(pictures, self.shape.sides()[phase.level], *phase);
        Some(self.discriminator.1.forward(net, &x, *phase, Mode::Infer))
    }

    /// The discriminator's logits of pictures, where there is one.
    fn verdict(&self, pictures: &[Picture]) -> Result<Option<Tensor>> {
        if self.judges.is_none() {
            return Ok(None);
        }
        if pictures.is_empty() {
            return Ok(Some(Tensor::zeros([0], (Kind::Float, self.device))));
        }
        let (size, channels) = (self.shape.size, self.shape.channels);
        let x = self.normalisation.from_pictures(pictures, size, channels as usize, Kind::Float, self.device)?;
        Ok(self.logits(&x))
    }
}

impl Player for ProganPlayer {
    fn z_dim(&self) -> usize {
        self.shape.z_dim as usize
    }

    fn load_weights(&mut self, generator: &Arrays, discriminator: Option<&Arrays>) -> Result<()> {
        let read = |plan: &Plan, arrays: &Arrays| {
            let phase = Phase::from_arrays(arrays, self.shape.sides().len())?;
            Ok::<_, anyhow::Error>((Frozen::read(plan, arrays, self.precision, self.device)?, phase))
        };
        let draws = read(&self.generator.0, generator)?;
        self.judges = discriminator.map(|arrays| read(&self.discriminator.0, arrays)).transpose()?;
        self.draws = Some(draws);
        Ok(())
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        if codes.is_empty() {
            return Ok(Vec::new());
        }
        let _guard = nn::without_gradients();
        self.normalisation
            .to_pictures(&self.draw(&adversarial_pair::latents(codes, self.shape.z_dim, self.device)?, codes)?)
    }

    fn decode_differentiably(&self, z: &Tensor, codes: &[Code]) -> Result<Option<Decoded>> {
        let pictures = self.draw(z, codes)?;
        Ok(Some(Decoded { logits: self.logits(&pictures), pictures: self.normalisation.to_brightness(pictures) }))
    }

    fn judge(&self, pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        let _guard = nn::without_gradients();
        rows::numbers(self.verdict(pictures)?.map(|logits| logits.sigmoid()))
    }

    fn rank(&self, _codes: &[Code], pictures: &[Picture]) -> Result<Option<Vec<f32>>> {
        let _guard = nn::without_gradients();
        rows::numbers(self.verdict(pictures)?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{latent::mix, picture::Pixels};

    fn batch(size: usize) -> Batch {
        let mut pixels = Pixels::new(size, 1);
        (0..4u8).for_each(|i| pixels.push(&vec![40 * i + 20; size * size]));
        Batch { pictures: pixels.into(), ..Batch::default() }
    }

    fn knobs_for(data: &DataShape, set: &[&str]) -> Knobs {
        let table = family_knobs(data);
        let mut knobs = Knobs::start(&table);
        for assignment in ["width=2", "z_dim=4", "batch=4", "precision=fp32", "r1_every=3"].iter().chain(set) {
            knobs.set(&table, assignment).unwrap();
        }
        knobs
    }

    fn step(model: &mut Progan, batch: &Batch, step: u64) -> Vec<Scalar> {
        nn::seed_global(mix(&[3, step]));
        model.step(batch, &StepInfo { step, horizon: 100 }).unwrap()
    }

    fn state(model: &Progan) -> Checkpoint {
        let mut checkpoint = Checkpoint::default();
        model.save(&mut checkpoint).unwrap();
        checkpoint
    }

    #[test]
    fn a_run_goes_on_bit_for_bit_from_every_phase() {
        nn::use_threads(1);
        let data = DataShape { count: 4, size: 32, ..DataShape::default() };
        let knobs = knobs_for(&data, &["steps_per_scale=4"]);
        let batch = batch(32);
        let mut model = Progan::new(&knobs, &data, Device::Cpu).unwrap();
        let mut states = Vec::new();
        let mut seen = Vec::new();
        for s in 0..16 {
            states.push(state(&model));
            let scalars = step(&mut model, &batch, s);
            let value = |name| scalars.iter().find(|(n, _)| *n == name).unwrap().1;
            seen.push((value("resolution") as u64, value("fade")));
            assert!(scalars.iter().all(|s| s.1.is_finite()), "{scalars:?}");
        }
        states.push(state(&model));
        assert_eq!(seen[3..8], [(4, 1.0), (8, 0.5), (8, 1.0), (8, 1.0), (8, 1.0)]);
        assert_eq!(seen[15], (32, 1.0));
        for cut in [1, 4, 5, 7, 8, 13] {
            let mut resumed = Progan::new(&knobs, &data, Device::Cpu).unwrap();
            resumed.load(&states[cut]).unwrap();
            for s in cut..cut + 3 {
                step(&mut resumed, &batch, s as u64);
            }
            assert!(state(&resumed) == states[cut + 3], "from step {cut}");
        }
    }

    #[test]
    fn pictures_have_the_full_size_in_every_phase_and_each_size_grows_to_its_end() {
        nn::use_threads(1);
        for (size, sides) in [(28, vec![7, 14, 28]), (64, vec![4, 8, 16, 32, 64])] {
            let data = DataShape { count: 4, size, ..DataShape::default() };
            let knobs = knobs_for(&data, &["steps_per_scale=1"]);
            let mut model = Progan::new(&knobs, &data, Device::Cpu).unwrap();
            let mut player = ProganPlayer::new(&knobs, Device::Cpu);
            for (s, side) in sides.into_iter().enumerate() {
                let scalars = step(&mut model, &batch(size), s as u64);
                assert!(scalars.contains(&("resolution", side as f32)), "{scalars:?}");
                let weights = model.weights(s as u64).unwrap();
                assert_eq!(weights.ema[PROGRESS], weights.raw[PROGRESS], "an average of levels is no level");
                player.load_weights(&weights.ema, weights.discriminator.as_deref()).unwrap();
                let pictures = player.play(&[Code::from_seed(1, 4)]).unwrap();
                let (picture, block) = (&pictures[0], size / side);
                assert_eq!((picture.width, picture.height), (size, size));
                let pixel = |x: usize, y: usize| &picture.rgb[(y * size + x) * 3..][..3];
                assert_eq!(pixel(0, 0), pixel(block - 1, block - 1), "each coarse pixel is a square");
                assert_eq!(player.judge(&pictures).unwrap().unwrap().len(), 1);
                assert_eq!(model.test(&batch(size), &StepInfo { step: 0, horizon: 1 }).unwrap().len(), 3);
            }
            let mut bad = model.weights(9).unwrap();
            Arc::make_mut(&mut bad.raw).get_mut(PROGRESS).unwrap().data[0] = 9.0;
            assert!(player.load_weights(&bad.raw, None).is_err());
        }
    }
}
