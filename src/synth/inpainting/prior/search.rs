//! The search for a latent: down the gradient where the family lets one through, by an evolution strategy where not.

use super::{super::super::Watch, evolution::Evolution, window, window::Window};
use crate::{
    latent::{self, Code},
    models::{Decoded, Player},
    nn::{self, Device, Kind, Tensor},
    picture::{Mask, Picture},
    spec::Knobs,
};
use anyhow::{Result, ensure};

/// Share of the steps after which only the best restart goes on.
const FIRST_PART: f64 = 0.4;
/// Largest step of the gradient search in units of the latent, and by how much it falls until the end.
const RATE: f64 = 0.08;
const FALL: f64 = 0.1;
/// Candidates or restarts drawn in one pass at 64×64 pixels; fewer where pictures are larger, so that a cancel is heard soon.
const AT_ONCE: usize = 4;
/// Pictures shown on the way.
const SHOWN: usize = 6;

/// What the knobs say.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// Steps of one restart to the end.
    pub steps: usize,
    /// Places to begin at.
    pub restarts: usize,
    /// Share of the prior in the loss.
    pub prior_weight: f64,
    /// Everything drawn at random comes from it.
    pub seed: u64,
}

impl Plan {
    /// Reads the knobs.
    pub fn read(knobs: &Knobs, seed: u64) -> Self {
        let (steps, restarts) = (knobs.int("steps").max(1), knobs.int("restarts").max(1));
        Self { steps, restarts, prior_weight: knobs.real("prior_weight"), seed }
    }

    /// Where a restart begins; families with classes take another one each time.
    pub fn code(&self, restart: usize, z_dim: usize) -> Code {
        Code {
            noise_seed: self.seed.wrapping_add(restart as u64),
            ..Code::from_seed(latent::mix(&[self.seed, restart as u64]), z_dim)
        }
    }
}

/// What is known, at the generator's size: 1×3×S×S in [−1, 1], and 1×1×S×S weights that sum to 1.
pub struct Aim {
    colours: Tensor,
    weights: Tensor,
    side: usize,
}

impl Aim {
    /// What a picture shows around its hole, within a window.
    pub fn new(window: &Window, picture: &Picture, mask: &Mask, hole: u8) -> Self {
        let side = window.small;
        let (colours, known) = window.shrunk(picture, mask, hole);
        let square =
            |values: &[f32], channels: i64| Tensor::from_slice(values).view([1, channels, side as i64, side as i64]);
        Self { colours: square(&colours, 3), weights: square(&window::weights(&known, side), 1), side }
    }

    /// The weighted mean absolute difference of N×C×S×S pictures to what is known, N numbers on the scale of [−1, 1]. Grey ones are compared
    /// with the mean of the colours.
    fn context(&self, pictures: &Tensor) -> Result<Tensor> {
        let grey = pictures.size()[1] == 1;
        let wanted = if grey { self.colours.mean_dim(1, true, Kind::Float) } else { self.colours.shallow_clone() };
        let off = pictures.f_sub(&wanted)?.abs().mean_dim(1, true, Kind::Float) * &self.weights;
        Ok(off.sum_dim_intlist([1i64, 2, 3].as_slice(), false, Kind::Float))
    }

    /// How many pictures are drawn in one pass.
    fn at_once(&self) -> usize {
        (AT_ONCE * 64 * 64 / (self.side * self.side).max(1)).clamp(1, 2 * AT_ONCE)
    }
}

/// What was found.
pub struct Found {
    /// The picture, 1×C×S×S.
    pub picture: Tensor,
    /// The context loss of the candidate.
    pub context: f64,
    /// Steps gone, those of all restarts together.
    pub iterations: usize,
}

/// A search's way to show what it has: the picture with the hole filled by what was drawn.
pub type Finish<'a> = &'a mut dyn FnMut(&Tensor, &Watch) -> Result<Picture>;

/// Finds the latent whose picture agrees best with what is known.
pub fn search(player: &dyn Player, aim: &Aim, plan: &Plan, watch: &mut Watch, finish: Finish) -> Result<Found> {
    let codes: Vec<Code> = (0..plan.restarts).map(|i| plan.code(i, player.z_dim())).collect();
    let first = player.decode_differentiably(&rows(&codes[..1])?, &codes[..1])?;
    let mut way = Way { player, aim, plan, watch, finish, done: 0, all: 0 };
    if first.is_some() { way.descend(codes) } else { way.evolve(&codes) }
}

/// The latents of codes, N×z.
fn rows(codes: &[Code]) -> Result<Tensor> {
    let flat: Vec<f32> = codes.iter().flat_map(|code| code.z.iter().copied()).collect();
    Ok(Tensor::f_from_slice(&flat)?.f_view([codes.len() as i64, -1])?)
}

struct Way<'a, 'w, 'f> {
    player: &'a dyn Player,
    aim: &'a Aim,
    plan: &'a Plan,
    watch: &'a mut Watch<'w>,
    finish: Finish<'f>,
    /// Steps gone, and of how many.
    done: usize,
    all: usize,
}

/// Several latents on their way down, with Adam's running means (Kingma and Ba 2015).
struct Descent {
    codes: Vec<Code>,
    z: Tensor,
    mean: Tensor,
    square: Tensor,
    /// The last step's losses, one each.
    losses: Vec<f64>,
}

impl Descent {
    fn new(codes: Vec<Code>) -> Result<Self> {
        let z = rows(&codes)?;
        let (mean, square) = (z.zeros_like(), z.zeros_like());
        Ok(Self { losses: vec![f64::MAX; codes.len()], codes, z, mean, square })
    }

    /// Only the best goes on.
    fn best(&self) -> Self {
        let at = (0..self.losses.len()).min_by(|&a, &b| self.losses[a].total_cmp(&self.losses[b])).unwrap_or(0);
        let row = |x: &Tensor| x.narrow(0, at as i64, 1).copy();
        Self {
            codes: vec![self.codes[at].clone()],
            z: row(&self.z),
            mean: row(&self.mean),
            square: row(&self.square),
            losses: vec![self.losses[at]],
        }
    }
}

impl Way<'_, '_, '_> {
    /// Restarts side by side for a while, then the best alone.
    fn descend(&mut self, codes: Vec<Code>) -> Result<Found> {
        let mut some = Descent::new(codes)?;
        let first = if some.codes.len() > 1 { (FIRST_PART * self.plan.steps as f64) as usize } else { 0 };
        self.all = first * some.codes.len() + (self.plan.steps - first);
        for step in 0..first {
            self.step(&mut some, step)?;
        }
        let mut best = some.best();
        for step in first..self.plan.steps {
            self.step(&mut best, step)?;
        }
        let _guard = nn::without_gradients();
        self.found(
            self.player
                .decode_differentiably(&best.z, &best.codes)?
                .map(|decode_differentiably| decode_differentiably.pictures),
        )
    }

    fn found(&self, picture: Option<Tensor>) -> Result<Found> {
        let picture = picture.unwrap_or_default().f_to_device(Device::Cpu)?.to_kind(Kind::Float);
        let context = self.aim.context(&picture)?.double_value(&[0]);
        ensure!(context.is_finite(), "The chosen run draws pictures that are not finite; choose another checkpoint.");
        Ok(Found { picture, context, iterations: self.done })
    }

    /// One step of every latent; a few at a time.
    fn step(&mut self, some: &mut Descent, step: usize) -> Result<()> {
        let progress = step as f64 / self.plan.steps as f64;
        let rate = RATE * (FALL + (1.0 - FALL) * 0.5 * (1.0 + (std::f64::consts::PI * progress).cos()));
        let mut slopes = Vec::new();
        for (part, codes) in some.codes.chunks(self.aim.at_once()).enumerate() {
            self.watch.check()?;
            let from = part * self.aim.at_once();
            let z = some.z.narrow(0, from as i64, codes.len() as i64).copy().set_requires_grad(true);
            let (losses, slope) = self.slope(&z, codes)?;
            some.losses[from..from + codes.len()].copy_from_slice(&losses);
            slopes.push(slope);
        }
        {
            let _guard = nn::without_gradients();
            let slope = Tensor::f_cat(&slopes, 0)?;
            let n = (step + 1) as i32;
            some.mean = &some.mean * 0.9 + &slope * 0.1;
            some.square = &some.square * 0.99 + slope.square() * 0.01;
            let (mean, square) = (&some.mean / (1.0 - 0.9_f64.powi(n)), &some.square / (1.0 - 0.99_f64.powi(n)));
            some.z = &some.z - mean / (square.sqrt() + 1e-8) * rate;
        }
        self.done += some.codes.len();
        let every = (self.plan.steps / SHOWN).max(1);
        let share = self.done as f32 / self.all.max(1) as f32;
        if step % every == every - 1 {
            let best = some.best();
            let _guard = nn::without_gradients();
            let drawn = self
                .player
                .decode_differentiably(&best.z, &best.codes)?
                .map(|decode_differentiably| decode_differentiably.pictures)
                .unwrap_or_default();
            let picture = (self.finish)(&drawn.to_device(Device::Cpu), self.watch)?;
            return self.watch.show(share, picture);
        }
        self.watch.at(share)
    }

    /// Losses and their slope: the context loss, and a prior. Yeh et al. minimise log(1 − D(G(z))); −log D has its optimum at the same place
    /// and a slope also where the discriminator is sure. Where nobody judges, latents are to be as likely as they can be.
    fn slope(&self, z: &Tensor, codes: &[Code]) -> Result<(Vec<f64>, Tensor)> {
        let Some(Decoded { pictures, logits }) = self.player.decode_differentiably(z, codes)? else {
            return Ok((vec![f64::MAX; codes.len()], z.zeros_like()));
        };
        let context = self.aim.context(&pictures.f_to_device(Device::Cpu)?.to_kind(Kind::Float))?;
        let unlikely = z.square().mean_dim(1, false, Kind::Float) * 0.5;
        let prior = match logits {
            Some(logits) => (-logits.f_to_device(Device::Cpu)?.to_kind(Kind::Float)).softplus() + unlikely * 0.1,
            None => unlikely,
        };
        let losses = context + prior * self.plan.prior_weight;
        let slope = Tensor::f_run_backward(&[losses.sum(Kind::Float)], &[z], false, false)?;
        let slope = slope.into_iter().next().unwrap_or_default().nan_to_num(0.0, 0.0, 0.0);
        Ok((Vec::try_from(losses.detach().to_kind(Kind::Double))?, slope))
    }

    /// Each restart by itself for a while, then the best alone.
    fn evolve(&mut self, codes: &[Code]) -> Result<Found> {
        let first = if codes.len() > 1 { (FIRST_PART * self.plan.steps as f64) as usize } else { 0 };
        self.all = first * codes.len() + (self.plan.steps - first);
        let mut some: Vec<Evolution> = codes.iter().map(Evolution::new).collect();
        for strategy in &mut some {
            for _ in 0..first {
                self.generation(strategy)?;
            }
        }
        let best = some.into_iter().min_by(|a, b| a.best.0.total_cmp(&b.best.0));
        let Some(mut best) = best else { return self.found(None) };
        for _ in first..self.plan.steps {
            self.generation(&mut best)?;
        }
        let code = Code { draft: false, ..best.code_of(&best.best.1) };
        let picture = self.drawn(&[code])?;
        self.found(Some(picture))
    }

    /// Pictures of codes as N×3×S×S.
    fn drawn(&self, codes: &[Code]) -> Result<Tensor> {
        nn::from_pictures(&self.player.play(codes)?, self.aim.side, 3, Kind::Float, Device::Cpu)
    }

    fn generation(&mut self, strategy: &mut Evolution) -> Result<()> {
        let candidates = strategy.candidates();
        let codes: Vec<Code> = candidates.iter().map(|z| strategy.code_of(z)).collect();
        let mut losses = Vec::with_capacity(codes.len());
        for some in codes.chunks(self.aim.at_once()) {
            self.watch.check()?;
            let context: Vec<f64> = Vec::try_from(self.aim.context(&self.drawn(some)?)?.to_kind(Kind::Double))?;
            let prior = |code: &Code| code.z.iter().map(|v| 0.5 * f64::from(v * v)).sum::<f64>() / code.z.len() as f64;
            losses.extend(context.iter().zip(some).map(|(c, code)| c + self.plan.prior_weight * prior(code)));
        }
        strategy.learn(&candidates, &losses);
        self.done += 1;
        let (share, every) = (self.done as f32 / self.all.max(1) as f32, (self.all / SHOWN).max(1));
        if self.done.is_multiple_of(every) {
            let drawn = self.drawn(&[strategy.code_of(&strategy.best.1)])?;
            let picture = (self.finish)(&drawn, self.watch)?;
            return self.watch.show(share, picture);
        }
        self.watch.at(share)
    }
}
