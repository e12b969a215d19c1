//! DCGAN: two convolutional networks against each other, as in the textbook or with what was learned since.

use super::{
    Batch, Family, Model, Player, Scalar, StepInfo, dcgan_knobs,
    dcgan_nets::Shape,
    dcgan_player::DcganPlayer,
    dcgan_rich::Options,
    dcgan_side::{Judge, Maker, Side},
    mixture_latent::MixtureLatent,
    tuning::Tuning,
};
use crate::{
    latent,
    nn::{
        Augment, Device, Draw, Ema, Kind, Mode, Normalisation, Optimiser, Precision, Tensor, losses::Adversarial,
        penalty,
    },
    spec::{Capabilities, Card, DataShape, Knobs},
    weights::{Checkpoint, Weights},
};
use anyhow::{Result, ensure};
use std::sync::Arc;

/// The family's line in the table.
pub const FAMILY: Family = Family {
    card,
    knobs: dcgan_knobs::table,
    presets: dcgan_knobs::presets,
    fits: super::any_data,
    build: |knobs, shape, device| Ok(Box::new(Dcgan::new(knobs, shape, device)?)),
    player: |knobs, _, device| {
        let (shape, game) = (shape_of(knobs), Adversarial::from_word(knobs.text("loss")));
        let precision = precision_of(knobs, device);
        let player = DcganPlayer::new(shape, Options::read(knobs), game, precision, device);
        Ok(Box::new(player.among(MixtureLatent::read(knobs, device)).normalised(Normalisation::read(knobs)))
            as Box<dyn Player>)
    },
};

/// Steps from one R1 penalty to the next; its weight is multiplied with it (Karras et al. 2020, "lazy regularisation").
const LAZY: u64 = 16;

fn card() -> Card {
    Card {
        id: "dcgan".into(),
        title: "DCGAN".into(),
        about: "The textbook's convolutional GAN: quick to show shapes, crisp at small sizes. \
                Expect blobs after seconds, readable pictures after a few minutes."
            .into(),
        can: Capabilities { discriminator: true, ..Capabilities::default() },
        dials: Vec::new(),
    }
}

fn shape_of(knobs: &Knobs) -> Shape {
    Shape {
        size: knobs.int("size"),
        channels: knobs.int("channels") as i64,
        z_dim: knobs.int("z_dim") as i64,
        width: knobs.int("width") as i64,
    }
}

fn precision_of(knobs: &Knobs, device: Device) -> Precision {
    Precision::from_word(knobs.text("precision"), device)
}

/// How likely real pictures of these logits are, in [0, 1], by what the discriminator learned to answer.
pub fn probability(game: Adversarial, logits: &Tensor) -> Tensor {
    match game {
        // Its answers are 1 and 0 themselves.
        Adversarial::LeastSquares => logits.clamp(0.0, 1.0),
        _ => logits.sigmoid(),
    }
}

/// The settings of learning.
struct Live {
    g: Tuning,
    d: Tuning,
    game: Adversarial,
    gradient_penalty: f64,
    r1: f64,
    augment: Augment,
    noise: f64,
    d_per_g: u64,
    smoothing: f64,
}

impl Live {
    fn read(knobs: &Knobs) -> Self {
        Self {
            g: Tuning::read(knobs),
            d: Tuning::read_discriminator(knobs),
            game: Adversarial::from_word(knobs.text("loss")),
            gradient_penalty: knobs.real("gradient_penalty"),
            r1: knobs.real("r1"),
            augment: Augment::from_word(knobs.text("diffaugment")),
            noise: knobs.real("instance_noise"),
            d_per_g: knobs.int("d_per_g").max(1) as u64,
            smoothing: knobs.real("smoothing"),
        }
    }

    /// What stands between pictures and the discriminator in a step.
    fn glass(&self, count: i64, device: Device, at: &StepInfo) -> DiscriminatorInput {
        let left = 1.0 - (at.step as f64 / at.horizon.max(1) as f64).min(1.0);
        let draw = (!self.augment.is_none()).then(|| self.augment.draw(count, device));
        DiscriminatorInput { draw, noise: self.noise * left }
    }
}

/// How the discriminator sees pictures in one step: changed and noisy, or as they are.
struct DiscriminatorInput {
    draw: Option<Draw>,
    noise: f64,
}

impl DiscriminatorInput {
    fn through(&self, pictures: &Tensor) -> Tensor {
        let seen = self.draw.as_ref().map_or_else(|| pictures.shallow_clone(), |draw| draw.apply(pictures));
        if self.noise > 0.0 { &seen + seen.randn_like() * self.noise } else { seen }
    }
}

struct Dcgan {
    live: Live,
    z_dim: i64,
    mixture: Option<MixtureLatent>,
    device: Device,
    kind: Kind,
    g: Maker,
    d: Judge,
    adam_g: Optimiser,
    adam_d: Optimiser,
    ema: Ema,
    ema_buffers: Ema,
}

impl Dcgan {
    fn new(knobs: &Knobs, data: &DataShape, device: Device) -> Result<Self> {
        let (shape, options) = (shape_of(knobs), Options::read(knobs));
        ensure!(data.count >= 2, "Training needs at least 2 pictures.");
        let precision = precision_of(knobs, device);
        let g = Maker::new(&shape, options, precision, device)?;
        let mut d = Judge::new(&shape, options, precision, device)?;
        let live = Live::read(knobs);
        d.freeze_first(live.d.frozen);
        Ok(Self {
            adam_g: Optimiser::new(g.bank(), live.g.rule, live.g.lr),
            adam_d: Optimiser::new(d.bank(), live.d.rule, live.d.lr),
            ema: Ema::new(g.bank().master(), live.g.ema),
            ema_buffers: Ema::new(&g.buffers(), live.g.ema),
            live,
            z_dim: shape.z_dim,
            mixture: MixtureLatent::read(knobs, device),
            device,
            kind: precision.kind(),
            g,
            d,
        })
    }

    /// Adds the penalties that are due to the discriminator's loss; names and values of them.
    fn punish(
        &self,
        loss: &mut Tensor,
        real: &Tensor,
        fake: &Tensor,
        at: &StepInfo,
    ) -> Result<Vec<(&'static str, Tensor)>> {
        let mut found = Vec::new();
        if self.live.gradient_penalty > 0.0 {
            let x = penalty::between(real, fake);
            let value = penalty::gradient_penalty(&self.d.discriminate_precisely(&x), &x)?;
            *loss = &*loss + &value * self.live.gradient_penalty;
            found.push(("penalty_gradient", value.detach()));
        }
        if self.live.r1 > 0.0 && at.step.is_multiple_of(LAZY) {
            let x = penalty::watched(real);
            let value = penalty::r1(&self.d.discriminate_precisely(&x), &x)?;
            *loss = &*loss + &value * (self.live.r1 * LAZY as f64);
            found.push(("penalty_r1", value.detach()));
        }
        Ok(found)
    }
}

/// One update; the gradient's norm.
fn learn<P>(
    side: &mut Side<P>,
    optimiser: &mut Optimiser,
    tuning: &Tuning,
    loss: &Tensor,
    at: &StepInfo,
) -> Result<Tensor> {
    let gradient = side.bank().gradient(loss)?;
    (optimiser.lr, optimiser.rule, optimiser.clip) = (tuning.lr_at(at), tuning.rule, tuning.clip);
    Ok(optimiser.step(side.bank_mut(), &gradient))
}

impl Model for Dcgan {
    fn step(&mut self, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let real = batch.tensor(self.kind, self.device)?;
        let count = real.size()[0];
        let z = match &self.mixture {
            Some(mixture) => mixture.draw(count),
            None => Tensor::f_randn([count, self.z_dim], (Kind::Float, self.device))?,
        };
        let fake = self.g.generate(&z, Mode::Train);
        let (game, glass) = (self.live.game, self.live.glass(count, self.device, at));

        let (seen_real, seen_fake) = (glass.through(&real), glass.through(&fake.detach()));
        let on_real = self.d.discriminate(&seen_real, Mode::Train);
        let on_fake = self.d.discriminate(&seen_fake, Mode::Train);
        let loss_d = game.discriminator(&on_real, &on_fake, self.live.smoothing);
        let mut whole = loss_d.shallow_clone();
        let penalties = self.punish(&mut whole, &seen_real, &seen_fake, at)?;
        let grad_d = learn(&mut self.d, &mut self.adam_d, &self.live.d, &whole, at)?;

        let chance = |logits: &Tensor| probability(game, &logits.detach()).mean(Kind::Float);
        let mut found = vec![
            ("loss_d", loss_d.detach()),
            ("d_real", chance(&on_real)),
            ("d_fake", chance(&on_fake)),
            ("grad_d", grad_d),
        ];
        found.extend(penalties);
        if (at.step + 1).is_multiple_of(self.live.d_per_g) {
            // The same fakes, judged by the discriminator that has just learned; only the generator's gradient is calculated.
            let loss_g = game.generator(&self.d.discriminate(&glass.through(&fake), Mode::Judge));
            let grad_g = learn(&mut self.g, &mut self.adam_g, &self.live.g, &loss_g, at)?;
            self.ema.update(self.g.bank().master());
            self.ema_buffers.update(&self.g.buffers());
            found.extend([("loss_g", loss_g.detach()), ("grad_g", grad_g)]);
        }
        let (names, values): (Vec<_>, Vec<_>) = found.into_iter().unzip();
        let numbers: Vec<f32> = Vec::try_from(Tensor::stack(&values, 0))?;
        Ok(names.into_iter().zip(numbers).collect())
    }

    fn test(&self, batch: &Batch, _at: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = crate::nn::without_gradients();
        let real = batch.tensor(self.kind, self.device)?;
        // The same latents every time, so that only the networks move the curve.
        let z = latent::normal(0, batch.count() * self.z_dim as usize);
        let z = Tensor::f_from_slice(&z)?.f_view([-1, self.z_dim])?.f_to_device(self.device)?;
        let z = self.mixture.as_ref().map_or_else(|| z.shallow_clone(), |mixture| mixture.latents(&z));
        let on_real = self.d.discriminate(&real, Mode::Infer);
        let on_fake = self.d.discriminate(&self.g.generate(&z, Mode::Infer), Mode::Infer);
        let loss = self.live.game.discriminator(&on_real, &on_fake, self.live.smoothing);
        let values = [loss, probability(self.live.game, &on_real).mean(Kind::Float)];
        let numbers: Vec<f32> = Vec::try_from(Tensor::stack(&values, 0))?;
        Ok(["test_loss_d", "test_d_real"].into_iter().zip(numbers).collect())
    }

    fn set_live(&mut self, live: &Knobs) -> Result<()> {
        self.live = Live::read(live);
        self.ema.decay = self.live.g.ema;
        self.ema_buffers.decay = self.ema.decay;
        Ok(())
    }

    fn weights(&self, step: u64) -> Result<Weights> {
        let _guard = crate::nn::without_gradients();
        Ok(Weights {
            step,
            raw: Arc::new(self.g.own_arrays()?),
            ema: Arc::new(self.g.arrays(&self.ema.mean, &self.ema_buffers.mean)?),
            discriminator: Some(Arc::new(self.d.own_arrays()?)),
        })
    }

    fn save(&self, to: &mut Checkpoint) -> Result<()> {
        let _guard = crate::nn::without_gradients();
        to.files.insert("generator".into(), self.g.own_arrays()?);
        to.files.insert("ema".into(), self.g.arrays(&self.ema.mean, &self.ema_buffers.mean)?);
        to.files.insert("discriminator".into(), self.d.own_arrays()?);
        to.facts.insert("ema.updates".into(), self.ema.updates);
        self.adam_g.save("optimiser_g", self.g.bank(), to)?;
        self.adam_d.save("optimiser_d", self.d.bank(), to)
    }

    fn load(&mut self, from: &Checkpoint) -> Result<()> {
        let g = self.g.read(from.file("generator")?)?;
        let d = self.d.read(from.file("discriminator")?)?;
        let ema = self.g.read(from.file("ema")?)?;
        let updates = from.fact("ema.updates")?;
        let adam_g = self.adam_g.read("optimiser_g", self.g.bank(), from)?;
        let adam_d = self.adam_d.read("optimiser_d", self.d.bank(), from)?;
        self.g.take(&g);
        self.d.take(&d);
        (self.ema.mean, self.ema_buffers.mean) = ema;
        (self.ema.updates, self.ema_buffers.updates) = (updates, updates);
        self.adam_g.take(adam_g);
        self.adam_d.take(adam_d);
        Ok(())
    }
}

#[cfg(test)]
#[path = "dcgan_tests.rs"]
mod tests;
