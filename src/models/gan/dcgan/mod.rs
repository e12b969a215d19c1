//! DCGAN (Radford et al. 2016): a convolutional GAN, as in the textbook or with later blocks, losses and penalties.

mod folded;
mod knobs;
mod mixture_latent;
mod rich;
mod textbook;

use crate::{
    latent::Code,
    models::common::{
        Shape,
        adversarial_pair::{AdversarialPair, Game, Measured, chance, probability},
        prelude::*,
    },
    nn::{self, Augment, Device, Draw, Frozen, Mode, Network, Numbers, Plan, Precise, Tensor, penalty},
    spec::{Capabilities, DataShape, Knobs},
};
use anyhow::Result;
use folded::Folded;
use mixture_latent::MixtureLatent;
use rich::{Options, RichDiscriminator, RichGenerator};
use textbook::{Forward, TextbookDiscriminator, TextbookGenerator};

/// The family's line in the table.
pub const FAMILY: Family = Family::of::<Dcgan, Dcgan>(
    || {
        let about = "The textbook's convolutional GAN: quick to show shapes, crisp at small sizes. \
                     Expect blobs after seconds, readable pictures after a few minutes.";
        card("dcgan", "DCGAN", about, Capabilities { discriminator: true, ..Capabilities::default() })
    },
    knobs::table,
    knobs::presets,
);

/// Steps from one R1 penalty to the next; its weight is multiplied with it (Karras et al. 2020, "lazy regularisation").
const LAZY: u64 = 16;

/// A network with the layers of the paper, which are optimised by hand, or one with richer blocks.
enum Either<T, R> {
    Textbook(T),
    Rich(R),
}

/// N×z latents → N×C×S×S pictures in [−1, 1].
type Generator = Either<TextbookGenerator, RichGenerator>;

/// N×C×S×S pictures in [−1, 1] → N logits, 32-bit; positive means "looks real".
type Discriminator = Either<TextbookDiscriminator, RichDiscriminator>;

impl<T: Forward, R: Forward> Forward for Either<T, R> {
    fn forward(&self, numbers: &dyn Numbers, x: &Tensor, mode: Mode) -> Tensor {
        match self {
            Self::Textbook(net) => net.forward(numbers, x, mode),
            Self::Rich(net) => net.forward(numbers, x, mode),
        }
    }
}

/// The live settings: the loss, penalties, augmentation and noise.
struct Live {
    game: Game,
    gradient_penalty: f64,
    r1: f64,
    augment: Augment,
    noise: f64,
}

impl Live {
    fn read(knobs: &Knobs) -> Self {
        Self {
            game: Game::read(knobs),
            gradient_penalty: knobs.real("gradient_penalty"),
            r1: knobs.real("r1"),
            augment: Augment::from_word(knobs.text("diffaugment")),
            noise: knobs.real("instance_noise"),
        }
    }

    /// The augmentation and noise of a step for `count` pictures. Draws the augmentation, if there is one.
    fn view(&self, count: i64, device: Device, at: &StepInfo) -> DiscriminatorInput {
        let left = 1.0 - (at.step as f64 / at.horizon.max(1) as f64).min(1.0);
        let draw = (!self.augment.is_none()).then(|| self.augment.draw(count, device));
        DiscriminatorInput { draw, noise: self.noise * left }
    }
}

/// Augmentation and instance noise (Sønderby et al. 2017) of the discriminator's inputs in one step.
struct DiscriminatorInput {
    draw: Option<Draw>,
    noise: f64,
}

impl DiscriminatorInput {
    fn of(&self, pictures: &Tensor) -> Tensor {
        let seen = self.draw.as_ref().map_or_else(|| pictures.shallow_clone(), |draw| draw.apply(pictures));
        if self.noise > 0.0 { &seen + seen.randn_like() * self.noise } else { seen }
    }
}

/// Both networks, the latent distribution and the live settings.
struct Dcgan {
    shape: Shape,
    mixture: Option<MixtureLatent>,
    generator: Generator,
    discriminator: Discriminator,
    live: Live,
}

impl Networks for Dcgan {
    fn plan(knobs: &Knobs, _: &DataShape, device: Device) -> Result<(Self, Plans)> {
        let (shape, options) = (Shape::read(knobs), Options::read(knobs));
        let (mut g, mut d) = (Plan::default(), Plan::default());
        let generator = if options.plain_generator() {
            Either::Textbook(TextbookGenerator::new(&mut g, &shape))
        } else {
            Either::Rich(RichGenerator::new(&mut g, &shape, options))
        };
        let discriminator = if options.plain_discriminator() {
            Either::Textbook(TextbookDiscriminator::new(&mut d, &shape))
        } else {
            Either::Rich(RichDiscriminator::new(&mut d, &shape, options))
        };
        let (mixture, live) = (MixtureLatent::read(knobs, device), Live::read(knobs));
        Ok((Self { shape, mixture, generator, discriminator, live }, (g, d).into()))
    }
}

impl Dcgan {
    /// Maps standard normal latents, N×z, to the mixture that the generator was trained on, if any.
    fn mixed(&self, z: &Tensor) -> Tensor {
        self.mixture.as_ref().map_or_else(|| z.shallow_clone(), |mixture| mixture.latents(z))
    }

    /// Adds the penalties that are due to the discriminator's loss and returns their names and values. They are calculated in 32-bit
    /// whatever the network's precision.
    fn penalise(&self, net: &Network, loss: &mut Tensor, seen: [&Tensor; 2], at: &StepInfo) -> Result<Measured> {
        let precisely = |x: &Tensor| self.discriminator.forward(&Precise::of(net), x, Mode::Judge);
        let (mut found, [real, fake]) = (Measured::new(), seen);
        if self.live.gradient_penalty > 0.0 {
            let x = penalty::between(real, fake);
            let value = penalty::gradient_penalty(&precisely(&x), &x)?;
            *loss = &*loss + &value * self.live.gradient_penalty;
            found.push(("penalty_gradient", value));
        }
        if self.live.r1 > 0.0 && at.step.is_multiple_of(LAZY) {
            let x = penalty::watched(real);
            let value = penalty::r1(&precisely(&x), &x)?;
            *loss = &*loss + &value * (self.live.r1 * LAZY as f64);
            found.push(("penalty_r1", value));
        }
        Ok(found)
    }
}

impl Learner for Dcgan {
    type Parts = AdversarialPair;
    const MOMENTS: [&'static str; 2] = ["optimiser_g", "optimiser_d"];

    fn step(&mut self, pair: &mut AdversarialPair, batch: &Batch, at: &StepInfo) -> Result<Vec<Scalar>> {
        let device = pair.generator.net.device();
        let real = batch.tensor(pair.kind(), device)?;
        let count = real.size()[0];
        let z = match &self.mixture {
            Some(mixture) => mixture.draw(count),
            None => rows::randn(count, self.shape.z_dim, device)?,
        };
        let fake = self.generator.forward(&pair.generator.net, &z, Mode::Train);
        let (game, view) = (self.live.game, self.live.view(count, device, at));

        let (seen_real, seen_fake) = (view.of(&real), view.of(&fake.detach()));
        let net = &pair.discriminator.net;
        let on_real = self.discriminator.forward(net, &seen_real, Mode::Train);
        let on_fake = self.discriminator.forward(net, &seen_fake, Mode::Train);
        let loss = game.discriminator(&on_real, &on_fake);
        let mut whole = loss.shallow_clone();
        let penalties = self.penalise(net, &mut whole, [&seen_real, &seen_fake], at)?;
        let chances = [&on_real, &on_fake].map(|logits| chance(game.loss, logits));
        let mut measured = pair.step_discriminator(at, &loss, &whole, chances)?;
        measured.extend(penalties);
        // The same fakes, judged by the discriminator that has just learned.
        let again = |net: &Network| self.discriminator.forward(net, &view.of(&fake), Mode::Judge);
        pair.step_generator(at, &game, &mut measured, again)?;
        rows::scalars(&measured)
    }

    fn test(&self, pair: &AdversarialPair, batch: &Batch, _: &StepInfo) -> Result<Vec<Scalar>> {
        let _guard = nn::without_gradients();
        let real = batch.tensor(pair.kind(), pair.generator.net.device())?;
        // The same latents every time, so that only the networks move the curve.
        let z = self.mixed(&rows::fixed_randn(0, &[real.size()[0], self.shape.z_dim], real.device())?);
        let fake = self.generator.forward(&pair.generator.net, &z, Mode::Infer);
        let [on_real, on_fake] =
            [&real, &fake].map(|x| self.discriminator.forward(&pair.discriminator.net, x, Mode::Infer));
        let game = self.live.game;
        game.held_out([&on_real, &on_fake], chance(game.loss, &on_real))
    }

    fn set_live(&mut self, live: &Knobs) {
        self.live = Live::read(live);
    }
}

/// A network's weights as players run them, the textbook's with its norms folded. In bf16 the player is twice as fast where the processor
/// supports it, and its pictures differ by a level or two of 255, as they did during training in bf16.
type Loaded = Either<Folded, Frozen>;

impl Decoder for Dcgan {
    type Loaded = Loaded;

    fn load(&self, source: &Source) -> Result<Loaded> {
        Ok(match &self.generator {
            Either::Textbook(net) => Either::Textbook(Folded::generator(net, source)?),
            Either::Rich(_) => Either::Rich(source.frozen()?),
        })
    }

    fn load_discriminator(&self, source: &Source) -> Result<Loaded> {
        Ok(match &self.discriminator {
            Either::Textbook(net) => Either::Textbook(Folded::discriminator(net, source)?),
            Either::Rich(_) => Either::Rich(source.frozen()?),
        })
    }

    fn decode(&self, generator: &Loaded, z: &Tensor, codes: &[Code]) -> Result<Tensor> {
        Ok(self.draw(generator, &rows::scaled(z, codes)?))
    }

    fn decode_plainly(&self, generator: &Loaded, z: &Tensor) -> Option<Tensor> {
        Some(self.draw(generator, z))
    }

    fn logits(&self, discriminator: &Loaded, pictures: &Tensor, _: Option<&[Code]>) -> Result<Tensor> {
        Ok(match discriminator {
            Either::Textbook(net) => net.discriminate(pictures),
            Either::Rich(numbers) => self.discriminator.forward(numbers, pictures, Mode::Infer),
        })
    }

    fn probability(&self, logits: &Tensor) -> Tensor {
        probability(self.live.game.loss, logits)
    }
}

impl Dcgan {
    /// Decodes N×z latents, scaled by the truncations, to N×C×S×S pictures.
    fn draw(&self, generator: &Loaded, z: &Tensor) -> Tensor {
        let z = self.mixed(z);
        match generator {
            Either::Textbook(net) => net.generate(&z),
            Either::Rich(numbers) => self.generator.forward(numbers, &z, Mode::Infer),
        }
    }
}

#[cfg(test)]
mod tests;
