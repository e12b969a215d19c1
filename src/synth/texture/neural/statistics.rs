//! Random filters, what they say of a picture on the whole, and how a picture has to change for them to say something else.

use super::super::super::Watch;
use crate::{
    latent,
    nn::{Device, Kind, Tensor},
};
use anyhow::Result;

/// Sides of the filters. Those of one pixel see colours; all others see differences only.
const SIDES: [usize; 5] = [1, 3, 5, 7, 11];
/// Half the largest side.
const REACH: i64 = 5;
/// Pixels whose features are held at a time, about: a cancel is heard between two such strips.
pub const STRIP: i64 = 1 << 15;
/// Spread of the filters' thresholds, in deviations of what they answer.
const THRESHOLD: f32 = 0.7;

const OPTIONS: (Kind, Device) = (Kind::Float, Device::Cpu);

/// Filters of each side, k×3×side×side, drawn once for all levels.
pub struct Bank {
    filters: Vec<Tensor>,
    thresholds: Tensor,
    count: i64,
}

impl Bank {
    /// About `count` filters that belong to a seed.
    pub fn new(count: usize, seed: u64) -> Result<Self> {
        let mut rng = latent::rng(seed, 31);
        let (colour, each) = ((count / 8).max(2), (count - (count / 8).max(2)).div_ceil(4).max(1));
        let filters = SIDES.iter().enumerate().map(|(i, &side)| {
            let (own, area) = (if i == 0 { colour } else { each }, side * side);
            let mut all = latent::normals(&mut rng, own * 3 * area);
            if side > 1 {
                for plane in all.chunks_exact_mut(area) {
                    let mean = plane.iter().sum::<f32>() / area as f32;
                    plane.iter_mut().for_each(|v| *v -= mean);
                }
            }
            let side = side as i64;
            Ok(Tensor::f_from_slice(&all)?.f_view([own as i64, 3, side, side])?)
        });
        let filters = filters.collect::<Result<Vec<_>>>()?;
        let count = filters.iter().map(|f| f.size()[0]).sum();
        let thresholds: Vec<f32> = latent::normals(&mut rng, count as usize).into_iter().map(|v| v * THRESHOLD).collect();
        Ok(Self { filters, thresholds: Tensor::f_from_slice(&thresholds)?, count })
    }

    /// What the filters answer inside of a padded 1×3×H×W picture: count×n.
    fn answers(filters: &[Tensor], padded: &Tensor) -> Result<Tensor> {
        let all = filters.iter().map(|filter| {
            let margin = REACH - filter.size()[2] / 2;
            let inner = padded
                .narrow(2, margin, padded.size()[2] - 2 * margin)
                .narrow(3, margin, padded.size()[3] - 2 * margin);
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
        let shrunk = exemplars.iter().map(|x| {
            let [high, wide] = [x.size()[2], x.size()[3]].map(|n| (n + (1 << halvings) - 1) >> halvings);
            Ok(if halvings == 0 { x.shallow_clone() } else { x.f_adaptive_avg_pool2d([high, wide])? })
        });
        let shrunk = shrunk.collect::<Result<Vec<_>>>()?;
        let (mut sum, mut squares, mut count) =
            (Tensor::zeros([bank.count], (Kind::Double, Device::Cpu)), Tensor::zeros([bank.count], (Kind::Double, Device::Cpu)), 0.0);
        for x in &shrunk {
            for strip in Self::cut(x) {
                watch.check()?;
                let said = Bank::answers(&bank.filters, &strip)?.to_kind(Kind::Double);
                count += said.size()[1] as f64;
                sum += said.sum_dim_intlist([1i64].as_slice(), false, Kind::Double);
                squares += said.square().sum_dim_intlist([1i64].as_slice(), false, Kind::Double);
            }
        }
        let mean = sum / count;
        let scale = (squares / count - mean.square()).clamp_min(1e-6).sqrt().reciprocal();
        let shift = (-(mean * &scale)).to_kind(Kind::Float) + &bank.thresholds;
        let (mut filters, mut at) = (Vec::new(), 0);
        for filter in &bank.filters {
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

    /// How far a 1×3×H×W picture is from the exemplars, and the slope of that. `wraps`: its edges belong together.
    pub fn slope(&self, x: &Tensor, wraps: bool, watch: &Watch) -> Result<(f64, Tensor)> {
        let padded = if wraps { wrapped(x)? } else { x.shallow_clone() };
        let cut = Self::cut(&padded);
        let count = ((padded.size()[2] - 2 * REACH) * (padded.size()[3] - 2 * REACH)) as f64;
        let mut gram = self.gram.zeros_like();
        let mut kept = None;
        for strip in &cut {
            watch.check()?;
            let features = self.features(strip)?;
            gram += features.matmul(&features.tr());
            kept = (cut.len() == 1).then_some(features);
        }
        let off = gram / count - &self.gram;
        let size = ((self.bank.count + 1) as f64).powi(2);
        let loss = off.square().sum(Kind::Double).double_value(&[]) / size;
        let pull = off * (4.0 / (size * count));
        let slope = padded.zeros_like();
        let mut top = 0;
        for strip in &cut {
            watch.check()?;
            let features = match kept.take() {
                Some(features) => features,
                None => self.features(strip)?,
            };
            let felt = pull.matmul(&features).where_self(&features.gt(0.0), &Tensor::from(0f32));
            self.felt(&felt, &slope.narrow(2, top, strip.size()[2]))?;
            top += strip.size()[2] - 2 * REACH;
        }
        Ok((loss, if wraps { unwrapped(&slope) } else { slope }))
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
            let inner =
                slope.narrow(2, margin, back.size()[2]).narrow(3, margin, back.size()[3]);
            let _ = inner.shallow_clone().f_add_(&back)?;
        }
        Ok(())
    }
}
