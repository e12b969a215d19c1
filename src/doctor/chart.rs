//! What the doctor reads: curves up to a step, the run's knobs, and means and medians of them.

use crate::{
    history::History,
    spec::{Effect, Knob, Preset, RunSpec, Value},
};

/// A return to an earlier checkpoint.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rollback {
    /// The step that broke, or the one that was left.
    pub from: u64,
    /// Step of the checkpoint that training went on from.
    pub to: u64,
    /// Numbers had run away; otherwise a person asked for it.
    pub broke: bool,
}

/// Steps that count as now.
pub const WINDOW: u64 = 100;
/// Fewer points than this say nothing about a window of a curve that has one at nearly every step.
const FEW: usize = 10;
/// Number of evenly spread points that a median is calculated from.
const SAMPLED: usize = 200;

/// A run as the doctor sees it.
#[derive(Clone, Copy)]
pub struct Chart<'a> {
    /// The curves of the run.
    pub history: &'a History,
    /// Its spec, with the knobs as they stand.
    pub spec: &'a RunSpec,
    /// The family's knobs.
    pub knobs: &'a [Knob],
    /// The family's named settings.
    pub presets: &'a [Preset],
    /// Steps of which a checkpoint exists, rising.
    pub checkpoints: &'a [u64],
    /// Its returns to earlier checkpoints, in order.
    pub rollbacks: &'a [Rollback],
    /// The step it is looked at; later points do not count.
    pub step: u64,
}

impl Chart<'_> {
    /// The points of a curve with `after < step ≤ to`.
    pub fn between(&self, name: &str, after: u64, to: u64) -> &[[f64; 2]] {
        let points = self.history.get(name).map_or(&[][..], |series| series.points());
        let (after, to) = (after as f64, to.min(self.step) as f64);
        let first = points.partition_point(|p| p[0] <= after);
        &points[first..points.partition_point(|p| p[0] <= to).max(first)]
    }

    /// All points of a curve so far.
    pub fn points(&self, name: &str) -> &[[f64; 2]] {
        let points = self.history.get(name).map_or(&[][..], |series| series.points());
        &points[..points.partition_point(|p| p[0] <= self.step as f64)]
    }

    /// Whether a curve has points.
    pub fn has(&self, name: &str) -> bool {
        !self.points(name).is_empty()
    }

    /// Mean of a dense curve over the last `WINDOW` steps.
    pub fn now(&self, name: &str) -> Option<f64> {
        mean(self.between(name, self.step.saturating_sub(WINDOW), self.step), FEW)
    }

    /// Mean of a dense curve around a step, as wide as [`Chart::now`].
    pub fn around(&self, name: &str, step: u64) -> Option<f64> {
        mean(self.between(name, step.saturating_sub(WINDOW / 2), step + WINDOW / 2), FEW)
    }

    /// Median of a dense curve over the last `WINDOW` steps.
    pub fn median_now(&self, name: &str) -> Option<f64> {
        median(self.between(name, self.step.saturating_sub(WINDOW), self.step))
    }

    /// Median of a dense curve over everything between its first steps and the last `WINDOW` ones.
    pub fn median_before(&self, name: &str) -> Option<f64> {
        median(self.between(name, WINDOW / 4, self.step.saturating_sub(WINDOW)))
    }

    /// Means of `count` neighbours each of a sparse curve, with the step of the last of them, in order; finite ones only.
    pub fn means(&self, name: &str, count: usize) -> Vec<[f64; 2]> {
        let finite: Vec<[f64; 2]> = self.points(name).iter().filter(|p| p[1].is_finite()).copied().collect();
        let mean = |w: &[[f64; 2]]| [w[count - 1][0], w.iter().map(|p| p[1]).sum::<f64>() / count as f64];
        finite.windows(count.max(1)).map(mean).collect()
    }

    /// The knob of this id.
    pub fn knob(&self, id: &str) -> Option<&Knob> {
        self.knobs.iter().find(|knob| knob.id == id)
    }

    /// A number among the knobs, or 0.
    pub fn real(&self, id: &str) -> f64 {
        self.spec.knobs.get_real(id).unwrap_or(0.0)
    }

    /// A word among the knobs, or nothing.
    pub fn text(&self, id: &str) -> &str {
        self.spec.knobs.get_text(id).unwrap_or("")
    }

    /// Whether a knob exists, takes this value, and stands at another.
    pub fn could_be(&self, id: &str, value: &Value) -> bool {
        self.knob(id).is_some_and(|knob| knob.accepts(value)) && self.spec.knobs.get(id) != Some(value)
    }

    /// Whether a knob can be turned while the run trains.
    pub fn is_live(&self, id: &str) -> bool {
        self.knob(id).is_some_and(|knob| knob.effect == Effect::Now)
    }
}

/// Mean of the finite values; `None` when there are fewer than `few`.
fn mean(points: &[[f64; 2]], few: usize) -> Option<f64> {
    let finite = points.iter().map(|p| p[1]).filter(|v| v.is_finite());
    let (count, sum) = finite.fold((0usize, 0.0), |(n, sum), v| (n + 1, sum + v));
    (count >= few).then(|| sum / count as f64)
}

/// Median of the finite values, of a spread-out choice of them where there are many.
fn median(points: &[[f64; 2]]) -> Option<f64> {
    let stride = points.len().div_ceil(SAMPLED).max(1);
    let mut values: Vec<f64> = points.iter().step_by(stride).map(|p| p[1]).filter(|v| v.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    (values.len() >= FEW).then(|| values[values.len() / 2])
}
