//! Progressive GAN (Karras et al. 2018): both networks begin with pictures of 4 or 7 pixels and grow to the full size.

mod networks;

use super::r1_game::{self, LazyR1};
use crate::{
    latent::Code,
    models::common::{Shape, adversarial_pair::AdversarialPair, prelude::*},
    nn::{self, Device, Frozen, Kind, Mode, Numbers, Tensor, pixel_norm},
    spec::{Capabilities, DataShape, Knob, Knobs, Preset},
    weights::{Arrays, Checkpoint},
};
use anyhow::Result;
pub use networks::PROGRESS;
use networks::{Discriminator, Generator, Growth, Phase, enlarge, shrink};

/// The family's line in the table.
pub const FAMILY: Family = Family::of::<Progan, Progan>(
    || {
        let about = "Learns pictures from coarse to fine: 4 pixels wide at first, then twice that again and again, which keeps training \
                     calm at large sizes. Expect coloured blocks at once, and sharper pictures each time the resolution doubles.";
        let can = Capabilities { discriminator: true, ..Capabilities::default() };
        card("progan", "Progressive GAN", about, can)
    },
    family_knobs,
    presets,
);

fn family_knobs(data: &DataShape) -> Vec<Knob> {
    let own = vec![
        knobs::model("width", "Width", int(2, 128, 16))
            .help("Filters at the full size; coarser levels have up to four times as many. More draws finer and trains slower."),
        knobs::model("z_dim", "Latent size", int(2, 512, 64))
            .help("Length of the latent vector: how many sliders there are. The textbook has 512."),
        knobs::training("steps_per_scale", "Steps per scale", int(1, 1_000_000, 2000))
            .help("Steps that each resolution trains before the next one fades in. Coarse ones are quick; 2000 to 3000 suit small pictures."),
        knobs::training("fade_share", "Fading share", real(0.0, 1.0, 0.5))
            .help("Share of those steps over which a new resolution fades in. 0 switches over at once, which shakes training."),
    ];
    let mut all =
        tuning::adversarial_table(data, own, Start { batch: 32, lr: 2e-3, beta1: 0.0, beta2: 0.99, ema: 0.995 });
    all.extend(r1_game::knobs(1.0));
    all
}

fn presets(data: &DataShape) -> Vec<Preset> {
    let textbook =
        ["width=64", "z_dim=512", "batch=16", "lr=1e-3", "ema=0.999", "steps_per_scale=48000", "precision=fp32"];
    Presets::of(family_knobs(data))
        .quick("For a small computer: full size within minutes.")
        .textbook("Closer to the paper: wide networks, a slow and long growth, 32-bit.", &textbook)
        .tiny(&["width=2", "z_dim=8", "steps_per_scale=2", "r1=1", "lr=1e-3"])
}

/// Both networks and the schedule of their growth.
struct Progan {
    generator: Generator,
    discriminator: Discriminator,
    shape: Shape,
    growth: Growth,
    r1: LazyR1,
}

impl Networks for Progan {
    fn plan(knobs: &Knobs, _: &DataShape, _: Device) -> Result<(Self, Plans)> {
        let shape = Shape::read(knobs);
        let ((g_plan, generator), (d_plan, discriminator)) = (Generator::new(shape), Discriminator::new(shape));
        let steps = knobs.int("steps_per_scale").max(1) as u64;
        let fading = (steps as f64 * knobs.real("fade_share")).round() as u64;
        let growth = Growth { levels: shape.sides().len(), steps, fading };
        let progan = Self { generator, discriminator, shape, growth, r1: LazyR1::read(knobs) };
        Ok((progan, (g_plan, d_plan).into()))
    }
}

impl Progan {
    /// The real pictures of a batch at a phase's resolution, N×C×side×side in the networks' precision.
    fn shown(&self, batch: &Batch, phase: Phase, pair: &AdversarialPair) -> Result<Tensor> {
        let side = self.shape.sides()[phase.level];
        Ok(shrink(&batch.tensor(Kind::Float, pair.generator.net.device())?, side, phase).to_kind(pair.kind()))
    }
}

impl Learner for Progan {
    type Parts = AdversarialPair;

    fn step(&mut self, pair: &mut AdversarialPair, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let phase = self.growth.at(at.step);
        phase.note(&pair.generator.net, self.generator.progress);
        phase.note(&pair.discriminator.net, self.discriminator.progress);
        if self.growth.grows(at.step) {
            // Adam would take the zero moments of new layers for old ones, and their first steps would be ten times too long.
            pair.generator.forget();
            pair.discriminator.forget();
        }
        let real = self.shown(batch, phase, pair)?;
        let z = rows::randn(real.size()[0], self.shape.z_dim, real.device())?;
        let fake = self.generator.forward(&pair.generator.net, &pixel_norm(&z), phase);
        let d = &self.discriminator;
        let mut scalars = self.r1.step(pair, at, [&real, &fake], &|numbers: &dyn Numbers, x: &Tensor, mode| {
            d.forward(numbers, x, phase, mode)
        })?;
        scalars.extend([("resolution", real.size()[3] as f32), ("fade", phase.fade as f32)]);
        Ok(scalars)
    }

    fn test(&self, pair: &AdversarialPair, batch: &Batch, _: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let net = &pair.generator.net;
        let phase = Phase::of(net, self.generator.progress, self.growth.levels)?;
        let real = self.shown(batch, phase, pair)?;
        let z = rows::fixed_randn(r1_game::TEST_SEED, &[real.size()[0], self.shape.z_dim], real.device())?;
        let fake = self.generator.forward(net, &pixel_norm(&z), phase);
        r1_game::test(pair, [&real, &fake], &|numbers, x, mode| self.discriminator.forward(numbers, x, phase, mode))
    }

    fn set_live(&mut self, live: &Knobs) {
        self.r1 = LazyR1::read(live);
    }

    /// Sets the progress to the current one: an average of levels is meaningless.
    fn complete(&self, pair: &AdversarialPair, generator: &mut Arrays) -> Result<()> {
        let progress = pair.generator.net.buffer(self.generator.progress).f_to_device(Device::Cpu)?;
        generator.insert(PROGRESS.into(), nn::to_array(&progress)?);
        Ok(())
    }

    fn load(&mut self, from: &Checkpoint) -> Result<()> {
        Phase::from_arrays(from.file("generator")?, self.growth.levels).map(drop)
    }
}

impl Decoder for Progan {
    type Loaded = (Frozen, Phase);

    fn load(&self, source: &Source) -> Result<(Frozen, Phase)> {
        let phase = Phase::from_arrays(source.arrays, self.growth.levels)?;
        Ok((source.frozen()?, phase))
    }

    fn decode(&self, (net, phase): &(Frozen, Phase), z: &Tensor, codes: &[Code]) -> Result<Tensor> {
        // Latents are normalised first, so that truncation has an effect.
        let z = rows::scaled(&pixel_norm(z), codes)?;
        Ok(enlarge(&self.generator.forward(net, &z, *phase), self.shape.size as i64))
    }

    fn logits(&self, (net, phase): &(Frozen, Phase), pictures: &Tensor, _: Option<&[Code]>) -> Result<Tensor> {
        let x = shrink(pictures, self.shape.sides()[phase.level], *phase);
        Ok(self.discriminator.forward(net, &x, *phase, Mode::Infer))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::models::{
        Model, Player,
        common::testing::{NetPlayer, batch_of, build, saved, set, step},
    };
    use std::sync::Arc;

    fn batch(size: usize) -> Batch {
        batch_of(4, size, 1, |i, _| 40 * i as u8 + 20)
    }

    fn knobs_for(data: &DataShape, assignments: &[&str]) -> Knobs {
        let tiny = ["width=2", "z_dim=4", "batch=4", "precision=fp32", "r1_every=3"];
        set(&family_knobs(data), &[&tiny, assignments].concat())
    }

    #[test]
    fn a_run_goes_on_bit_for_bit_from_every_phase() {
        nn::use_threads(1);
        let data = DataShape { count: 4, size: 32, ..DataShape::default() };
        let knobs = knobs_for(&data, &["steps_per_scale=4"]);
        let batch = batch(32);
        let mut model = build::<Progan>(&knobs, &data);
        let mut states = Vec::new();
        let mut seen = Vec::new();
        for s in 0..16 {
            states.push(saved(&model));
            let scalars = step(&mut model, &batch, s);
            let value = |name| scalars.iter().find(|(n, _)| *n == name).unwrap().1;
            seen.push((value("resolution") as u64, value("fade")));
            assert!(scalars.iter().all(|s| s.1.is_finite()), "{scalars:?}");
        }
        states.push(saved(&model));
        assert_eq!(seen[3..8], [(4, 1.0), (8, 0.5), (8, 1.0), (8, 1.0), (8, 1.0)]);
        assert_eq!(seen[15], (32, 1.0));
        for cut in [1, 4, 5, 7, 8, 13] {
            let mut resumed = build::<Progan>(&knobs, &data);
            resumed.load(&states[cut]).unwrap();
            for s in cut..cut + 3 {
                step(&mut resumed, &batch, s as u64);
            }
            assert!(saved(&resumed) == states[cut + 3], "from step {cut}");
        }
    }

    #[test]
    fn pictures_have_the_full_size_in_every_phase_and_each_size_grows_to_its_end() {
        nn::use_threads(1);
        for (size, sides) in [(28, vec![7, 14, 28]), (64, vec![4, 8, 16, 32, 64])] {
            let data = DataShape { count: 4, size, ..DataShape::default() };
            let knobs = knobs_for(&data, &["steps_per_scale=1"]);
            let mut model = build::<Progan>(&knobs, &data);
            let mut player = NetPlayer::<Progan>::new(&knobs, &data, Device::Cpu).unwrap();
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
