//! Random filters, what they say of a picture on the whole, and how a picture has to change for them to say something else.

use super::{super::super::Watch, pyramid};
use crate::{
    latent,
    nn::{Device, Kind, Tensor},
};
use anyhow::Result;
use std::collections::VecDeque;

/// Sides of the filters. Those of one pixel see colours.
const SIDES: [usize; 5] = [1, 3, 5, 7, 11];
/// Half the largest side.
const REACH: i64 = 5;
/// Pixels whose features are held at a time, about: a cancel is heard between two such strips.
pub const STRIP: i64 = 1 << 14;
/// Features that are kept from one pass to the next; of larger pictures they are worked out twice.
pub const KEPT: i64 = 1 << 25;
/// Spread of the filters' thresholds, in deviations of what they answer.
const THRESHOLD: f32 = 0.7;

/// Patches that the filters are learned from, about.
const PATCHES: i64 = 6000;

const OPTIONS: (Kind, Device) = (Kind::Float, Device::Cpu);

/// Random mixtures, drawn once for all levels: for each side of filters (3·side²)×k numbers, and a threshold each.
pub struct Bank {
    mixtures: Vec<Tensor>,
    thresholds: Tensor,
    count: i64,
}

impl Bank {
    /// About `count` filters that belong to a seed.
    pub fn new(count: usize, seed: u64) -> Result<Self> {
        let mut rng = latent::rng(seed, 31);
        let colour = (count / 8).max(2);
        let each = count.saturating_sub(colour).div_ceil(SIDES.len() - 1).max(1);
        let mixtures = SIDES.iter().map(|&side| {
            let (own, length) = (if side == 1 { colour } else { each }, 3 * side * side);
            let drawn = latent::normals(&mut rng, own * length);
            Ok(Tensor::f_from_slice(&drawn)?.f_view([length as i64, own as i64])?)
        });
        let mixtures = mixtures.collect::<Result<Vec<_>>>()?;
        let count: i64 = mixtures.iter().map(|m| m.size()[1]).sum();
        let thresholds: Vec<f32> =
            latent::normals(&mut rng, count as usize).into_iter().map(|v| v * THRESHOLD).collect();
        Ok(Self { mixtures, thresholds: Tensor::f_from_slice(&thresholds)?, count })
    }

    /// Filters, k×3×side×side: random mixtures of the principal components of the pictures' patches, strong ones half as strong (in the
    /// logarithm) as they are. Mixtures of pixels would nearly all see the same smooth shades, which pictures have most of; of whitened
    /// components, mostly what is hardly there.
    fn filters(&self, pictures: &[Tensor], watch: &Watch) -> Result<Vec<Tensor>> {
        let one = |(mixture, &side): (&Tensor, &usize)| {
            let side = side as i64;
            let mut patches = Vec::new();
            for x in pictures {
                watch.check()?;
                // Only the patches that are used are ever laid out: all of a large exemplar would fill the memory.
                let all = x.size()[2] * x.size()[3] * pictures.len() as i64;
                let step = ((all as f64 / PATCHES as f64).sqrt().floor() as i64).max(1);
                let some = x.f_im2col([side, side], [1, 1], [0, 0], [step, step])?.squeeze_dim(0);
                patches.push(some.to_kind(Kind::Double));
            }
            let patches = Tensor::f_cat(&patches, 1)?;
            let apart = &patches - patches.mean_dim([1i64].as_slice(), true, Kind::Double);
            let covariance = apart.matmul(&apart.tr()) / patches.size()[1] as f64;
            let (variance, axes) = covariance.f_linalg_eigh("L")?;
            let all = variance.clamp_min(0.0).sum(Kind::Double).double_value(&[]);
            // Of few patches it is not known what is never there: what they happen to lack must not count too much.
            let floor = all * (1e-5 + 0.05 / patches.size()[1] as f64) + 1e-12;
            let less = variance.clamp_min(floor).pow_tensor_scalar(-0.25);
            let own = (axes * less.unsqueeze(0)).matmul(&mixture.to_kind(Kind::Double));
            Ok(own.tr().contiguous().to_kind(Kind::Float).f_view([-1, 3, side, side])?)
        };
        self.mixtures.iter().zip(&SIDES).map(one).collect()
    }

    /// What the filters answer inside of a padded 1×3×H×W picture: count×n.
    fn answers(filters: &[Tensor], padded: &Tensor) -> Result<Tensor> {
        let all = filters.iter().map(|filter| {
            let margin = REACH - filter.size()[2] / 2;
            let inner = padded.narrow(2, margin, padded.size()[2] - 2 * margin).narrow(
                3,
                margin,
                padded.size()[3] - 2 * margin,
            );
            let said = inner.f_conv2d(filter, None::<Tensor>, [1, 1], [0, 0], [1, 1], 1)?;
            Ok(said.f_view([filter.size()[0], -1])?)
        });
        Ok(Tensor::f_cat(&all.collect::<Result<Vec<_>>>()?, 0)?)
    }
}

/// First rows and heights of the strips of a picture whose inside has `high` rows.
fn strips(high: i64, wide: i64) -> Vec<(i64, i64)> {
    let rows = (STRIP / wide.max(1)).clamp(1, high);
    (0..high).step_by(rows as usize).map(|top| (top, rows.min(high - top))).collect()
}

/// A picture that goes on beyond its edges as it begins on the other side.
fn wrapped(x: &Tensor) -> Result<Tensor> {
    let once = |x: &Tensor, axis: i64| -> Result<Tensor> {
        let n = x.size()[axis as usize];
        Ok(Tensor::f_cat(&[x.narrow(axis, n - REACH, REACH), x.shallow_clone(), x.narrow(axis, 0, REACH)], axis)?)
    };
    once(&once(x, 2)?, 3)
}

/// The way back: what was felt beyond the edges is felt on the other side.
fn unwrapped(slope: &Tensor) -> Tensor {
    let once = |x: &Tensor, axis: i64| {
        let n = x.size()[axis as usize] - 2 * REACH;
        let inside = x.narrow(axis, REACH, n).copy();
        let _ = inside.narrow(axis, n - REACH, REACH).g_add_(&x.narrow(axis, 0, REACH));
        let _ = inside.narrow(axis, 0, REACH).g_add_(&x.narrow(axis, n + REACH, REACH));
        inside
    };
    once(&once(slope, 3), 2)
}

/// What one scale of the exemplars looks like to the filters.
pub struct Level<'a> {
    bank: &'a Bank,
    /// The filters, so scaled that their answers to the exemplars have deviation 1.
    filters: Vec<Tensor>,
    /// Added to the answers: their mean becomes the threshold.
    shift: Tensor,
    /// (count + 1)²: how the features go together; the last one is 1 everywhere.
    gram: Tensor,
}

impl<'a> Level<'a> {
    /// Learns from whitened exemplars, shrunk `halvings` times.
    pub fn learn(bank: &'a Bank, exemplars: &[Tensor], halvings: usize, watch: &Watch) -> Result<Self> {
        let mut shrunk: Vec<Tensor> = exemplars.iter().map(Tensor::shallow_clone).collect();
        for _ in 0..halvings {
            shrunk = shrunk.iter().map(|x| pyramid::halved(x, false)).collect::<Result<Vec<_>>>()?;
        }
        watch.check()?;
        let drawn = bank.filters(&shrunk, watch)?;
        let (mut sum, mut squares, mut count) = (
            Tensor::zeros([bank.count], (Kind::Double, Device::Cpu)),
            Tensor::zeros([bank.count], (Kind::Double, Device::Cpu)),
            0.0,
        );
        for x in &shrunk {
            for strip in Self::cut(x) {
                watch.check()?;
                let said = Bank::answers(&drawn, &strip)?.to_kind(Kind::Double);
                count += said.size()[1] as f64;
                sum += said.sum_dim_intlist([1i64].as_slice(), false, Kind::Double);
                squares += said.square().sum_dim_intlist([1i64].as_slice(), false, Kind::Double);
            }
        }
        let mean = sum / count;
        let scale = (squares / count - mean.square()).clamp_min(1e-6).sqrt().reciprocal();
        let shift = (-(mean * &scale)).to_kind(Kind::Float) + &bank.thresholds;
        let (mut filters, mut at) = (Vec::new(), 0);
        for filter in &drawn {
            let own = scale.narrow(0, at, filter.size()[0]).to_kind(Kind::Float).view([-1, 1, 1, 1]);
            at += filter.size()[0];
            filters.push(filter * own);
        }
        let gram = Tensor::zeros([bank.count + 1, bank.count + 1], OPTIONS);
        let mut level = Self { bank, filters, shift, gram };
        let mut gram = level.gram.copy();
        for x in &shrunk {
            for strip in Self::cut(x) {
                watch.check()?;
                let features = level.features(&strip)?;
                gram += features.matmul(&features.tr());
            }
        }
        level.gram = gram / count;
        Ok(level)
    }

    /// Strips of a padded picture, each with the margins it needs.
    fn cut(padded: &Tensor) -> Vec<Tensor> {
        let (high, wide) = (padded.size()[2] - 2 * REACH, padded.size()[3] - 2 * REACH);
        strips(high, wide).into_iter().map(|(top, rows)| padded.narrow(2, top, rows + 2 * REACH)).collect()
    }

    /// Rectified features of the inside of a padded strip and a last one that is 1: (count + 1)×n.
    fn features(&self, strip: &Tensor) -> Result<Tensor> {
        let rectified = (Bank::answers(&self.filters, strip)? + self.shift.unsqueeze(1)).relu();
        let ones = Tensor::ones([1, rectified.size()[1]], OPTIONS);
        Ok(Tensor::f_cat(&[rectified, ones], 0)?)
    }

    /// How far a 1×3×H×W picture is from the exemplars, and the slope of that; its edges belong together.
    pub fn slope(&self, x: &Tensor, watch: &Watch) -> Result<(f64, Tensor)> {
        let padded = wrapped(x)?;
        let cut = Self::cut(&padded);
        let count = ((padded.size()[2] - 2 * REACH) * (padded.size()[3] - 2 * REACH)) as f64;
        let mut gram = self.gram.zeros_like();
        let keeps = (self.bank.count + 1) * count as i64 <= KEPT;
        let mut kept = VecDeque::new();
        for strip in &cut {
            watch.check()?;
            let features = self.features(strip)?;
            gram += features.matmul(&features.tr());
            if keeps {
                kept.push_back(features);
            }
        }
        let off = gram / count - &self.gram;
        let size = ((self.bank.count + 1) as f64).powi(2);
        let loss = off.square().sum(Kind::Double).double_value(&[]) / size;
        let pull = off * (4.0 / (size * count));
        let slope = padded.zeros_like();
        let mut top = 0;
        for strip in &cut {
            watch.check()?;
            let features = match kept.pop_front() {
                Some(features) => features,
                None => self.features(strip)?,
            };
            let felt = pull.matmul(&features).where_self(&features.gt(0.0), &Tensor::from(0f32));
            self.felt(&felt, &slope.narrow(2, top, strip.size()[2]))?;
            top += strip.size()[2] - 2 * REACH;
        }
        Ok((loss, unwrapped(&slope)))
    }

    /// Adds to the slope of a strip what its features feel, (count + 1)×n.
    fn felt(&self, features: &Tensor, slope: &Tensor) -> Result<()> {
        let (high, wide) = (slope.size()[2] - 2 * REACH, slope.size()[3] - 2 * REACH);
        let mut at = 0;
        for filter in &self.filters {
            let own = features.narrow(0, at, filter.size()[0]).f_view([1, -1, high, wide])?;
            at += filter.size()[0];
            let back = own.f_conv_transpose2d(filter, None::<Tensor>, [1, 1], [0, 0], [0, 0], 1, [1, 1])?;
            let margin = REACH - filter.size()[2] / 2;
            let inner = slope.narrow(2, margin, back.size()[2]).narrow(3, margin, back.size()[3]);
            let _ = inner.shallow_clone().f_add_(&back)?;
        }
        Ok(())
    }
}
