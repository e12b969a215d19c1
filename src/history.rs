//! Loss curves: points by name, smoothed, and thinned to what a screen can show.

use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

/// One measured number.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Point {
    /// Steps done when it was measured.
    pub step: u64,
    /// Name of the curve: `loss_g`.
    pub name: Arc<str>,
    /// The value of the curve at this step.
    pub value: f32,
}

/// A checkpoint and how far its pictures are from real ones.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Best {
    /// Steps done when it was taken.
    pub step: u64,
    /// Its sliced Wasserstein distance ×1000 from pictures it learned from; lower is better.
    pub swd: f32,
}

/// One curve, its steps rising.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Series {
    points: Vec<[f64; 2]>,
}

/// The curves of a run by name.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct History {
    series: BTreeMap<Arc<str>, Series>,
}

impl History {
    /// Adds points. A point at or before the curve's last step cuts the curve back to before it, as happens when a run
    /// goes on from an earlier checkpoint.
    pub fn extend(&mut self, points: impl IntoIterator<Item = Point>) {
        for p in points {
            let series = self.series.entry(p.name).or_default();
            let step = p.step as f64;
            while series.points.last().is_some_and(|last| last[0] >= step) {
                series.points.pop();
            }
            series.points.push([step, f64::from(p.value)]);
        }
    }

    /// Drops all points after a step, for a run that goes on from there.
    pub fn cut(&mut self, after_step: u64) {
        for series in self.series.values_mut() {
            let kept = series.points.partition_point(|p| p[0] <= after_step as f64);
            series.points.truncate(kept);
        }
        self.series.retain(|_, series| !series.points.is_empty());
    }

    /// Curves by name, in the order of the alphabet.
    pub fn iter(&self) -> impl Iterator<Item = (&Arc<str>, &Series)> {
        self.series.iter()
    }

    /// One curve.
    pub fn get(&self, name: &str) -> Option<&Series> {
        self.series.get(name)
    }

    /// Whether there is no point at all.
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// All curves as CSV: a `step` column and one for each name; empty where a curve has no point.
    pub fn csv(&self) -> String {
        let mut rows: BTreeMap<u64, Vec<Option<f64>>> = BTreeMap::new();
        for (column, series) in self.series.values().enumerate() {
            for [step, value] in &series.points {
                let row = rows.entry(*step as u64).or_insert_with(|| vec![None; self.series.len()]);
                row[column] = Some(*value);
            }
        }
        let mut out = String::from("step");
        for name in self.series.keys() {
            out.push(',');
            out.push_str(name);
        }
        out.push('\n');
        for (step, values) in rows {
            out.push_str(&step.to_string());
            for value in values {
                out.push(',');
                if let Some(v) = value {
                    out.push_str(&v.to_string());
                }
            }
            out.push('\n');
        }
        out
    }
}

impl Series {
    /// The points, steps rising.
    pub fn points(&self) -> &[[f64; 2]] {
        &self.points
    }

    /// The same curve over something else than steps; points that `x` has no place for are left out. `x` must not fall.
    #[must_use]
    pub fn over(&self, x: impl Fn(f64) -> Option<f64>) -> Self {
        Self { points: self.points.iter().filter_map(|&[step, value]| Some([x(step)?, value])).collect() }
    }

    /// The newest value.
    pub fn last(&self) -> Option<f64> {
        self.points.last().map(|p| p[1])
    }

    /// The curve as an exponential moving average, see [`Average`]. Values that are not finite are passed over.
    pub fn smoothed(&self, weight: f64) -> Vec<[f64; 2]> {
        let mut average = Average::new(weight);
        self.points.iter().filter(|p| p[1].is_finite()).map(|&[step, value]| [step, average.next(value)]).collect()
    }
}

/// An exponential moving average with bias correction (Kingma & Ba 2015, section 3), a value at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Average {
    weight: f64,
    sum: f64,
    scale: f64,
}

impl Average {
    /// `weight` in [0, 1) is how much of the past stays; 0 gives the values themselves.
    pub fn new(weight: f64) -> Self {
        Self { weight: weight.clamp(0.0, 0.9999), sum: 0.0, scale: 0.0 }
    }

    /// The average after one more value, which must be finite.
    pub fn next(&mut self, value: f64) -> f64 {
        self.sum = self.weight * self.sum + (1.0 - self.weight) * value;
        self.scale = self.weight * self.scale + (1.0 - self.weight);
        self.sum / self.scale
    }
}

/// Thins points to at most two a bucket, the lowest and the highest, so that no peak is lost. `points` have rising x; only
/// those from `low` to `high` count, with one neighbour on each side so that lines run to the edge.
pub fn thinned(points: &[[f64; 2]], low: f64, high: f64, buckets: usize) -> Vec<[f64; 2]> {
    let first = points.partition_point(|p| p[0] < low).saturating_sub(1);
    let last = (points.partition_point(|p| p[0] <= high) + 1).min(points.len());
    let seen = &points[first.min(last)..last];
    if seen.len() <= buckets.max(1) * 2 {
        return seen.to_vec();
    }
    let mut out = Vec::with_capacity(buckets * 2);
    for bucket in seen.chunks(seen.len().div_ceil(buckets.max(1))) {
        let lowest = bucket.iter().copied().min_by(|a, b| a[1].total_cmp(&b[1]));
        let highest = bucket.iter().copied().max_by(|a, b| a[1].total_cmp(&b[1]));
        if let (Some(a), Some(b)) = (lowest, highest) {
            out.extend(if a[0] <= b[0] { [a, b] } else { [b, a] });
        }
    }
    out.dedup();
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn point(step: u64, name: &str, value: f32) -> Point {
        Point { step, name: name.into(), value }
    }

    #[test]
    fn smoothing_starts_at_the_first_value_and_forgets_slowly() {
        let mut h = History::default();
        h.extend([point(1, "a", 4.0), point(2, "a", 0.0), point(3, "a", f32::NAN), point(4, "a", 0.0)]);
        let s = h.get("a").unwrap().smoothed(0.5);
        // By hand: 4; (0.5·2 + 0)/0.75 = 4/3; 0.5/0.875 = 4/7.
        let wanted = [4.0, 4.0 / 3.0, 4.0 / 7.0];
        assert_eq!(s.len(), 3);
        assert!(s.iter().zip(wanted).all(|(p, w)| (p[1] - w).abs() < 1e-12), "{s:?}");
    }

    #[test]
    fn thinning_keeps_every_peak() {
        let mut points: Vec<_> = (0..100_000).map(|i| [f64::from(i), f64::from(i % 7)]).collect();
        points[54_321][1] = 1e6;
        points[99_000][1] = -1e6;
        let thin = thinned(&points, 0.0, 1e9, 500);
        assert!(thin.len() <= 1000);
        assert!(thin.iter().any(|p| p[1] >= 1e6) && thin.iter().any(|p| p[1] <= -1e6));
        assert!(thin.windows(2).all(|w| w[0][0] <= w[1][0]));
        assert_eq!(thinned(&points, 10.0, 12.0, 500).len(), 5, "the visible ones and a neighbour on each side");
    }

    #[test]
    fn going_back_to_a_checkpoint_cuts_the_curve() {
        let mut h = History::default();
        h.extend((1..=10).map(|s| point(s, "a", s as f32)));
        h.extend([point(6, "a", 0.5)]);
        assert_eq!(h.get("a").unwrap().points().len(), 6);
        assert_eq!(h.csv().lines().last(), Some("6,0.5"));
        h.extend([point(5, "rare", 1.0)]);
        h.cut(4);
        assert_eq!(h.get("a").unwrap().last(), Some(4.0));
        assert!(h.get("rare").is_none(), "a curve without points is none");
    }
}
