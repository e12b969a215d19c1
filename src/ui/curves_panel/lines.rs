//! Curves made ready for a plot: smoothed and thinned as they grow, so that a frame costs the same for a million points.

use crate::history::{Average, Series, thinned};
use egui_plot::PlotPoint;

/// Points of a level that become one pair, the lowest and the highest, of the next.
const BLOCK: usize = 32;
/// A level is fine enough when it has this many points for a pixel.
const FINE: usize = 4;

/// One curve, kept ready.
#[derive(Default)]
pub struct Curve {
    raw: Pyramid,
    smooth: Pyramid,
    average: Option<Average>,
    weight: f64,
    log: bool,
    /// How many points of the series went in, and the last of them.
    taken: usize,
    last: Option<[f64; 2]>,
    drawn: Option<Drawn>,
    work: u64,
}

/// What a plot shows of a curve, and what it was made for.
struct Drawn {
    key: (usize, f64, f64, usize),
    raw: Vec<PlotPoint>,
    smooth: Vec<PlotPoint>,
}

impl Curve {
    /// Takes over what is new in the series; everything again when it was cut back or is drawn in another way. `weight` is the
    /// share of the past, `log` asks for log₁₀ of the values and drops those that are not above 0.
    pub fn update(&mut self, series: &Series, weight: f64, log: bool) {
        let points = series.points();
        let grown =
            self.taken <= points.len() && self.last == self.taken.checked_sub(1).map(|at| points[at]).map(comparable);
        if !grown || self.log != log || (self.weight - weight).abs() > f64::EPSILON || self.average.is_none() {
            let work = self.work;
            *self = Self { average: Some(Average::new(weight)), weight, log, work, ..Self::default() };
        }
        let Some(average) = &mut self.average else { return };
        for &[step, value] in points[self.taken..].iter().filter(|p| p[1].is_finite()) {
            let smooth = average.next(value);
            for (pyramid, v) in [(&mut self.raw, value), (&mut self.smooth, smooth)] {
                if !log {
                    pyramid.push(0, [step, v]);
                } else if v > 0.0 {
                    pyramid.push(0, [step, v.log10()]);
                }
            }
        }
        self.work += (points.len() - self.taken) as u64;
        self.taken = points.len();
        self.last = points.last().copied().map(comparable);
    }

    /// The raw and the smoothed line between two steps, at most two points a bucket and a few more.
    pub fn between(&mut self, low: f64, high: f64, buckets: usize) -> (&[PlotPoint], &[PlotPoint]) {
        let key = (self.taken, low, high, buckets);
        if self.drawn.as_ref().is_none_or(|d| d.key != key) {
            let work = &mut self.work;
            let mut line = |pyramid: &Pyramid| -> Vec<PlotPoint> {
                let source = pyramid.source(low, high, buckets);
                *work += source.len() as u64;
                thinned(&source, low, high, buckets).into_iter().map(PlotPoint::from).collect()
            };
            let (raw, smooth) = (line(&self.raw), line(&self.smooth));
            self.drawn = Some(Drawn { key, raw, smooth });
        }
        self.drawn.as_ref().map_or((&[], &[]), |d| (&d.raw, &d.smooth))
    }

    /// The point of the smoothed line that is nearest to a step.
    pub fn nearest(&self, step: f64) -> Option<[f64; 2]> {
        let points = self.smooth.levels.first()?;
        let after = points.partition_point(|p| p[0] < step);
        let around = points[after.saturating_sub(1)..points.len().min(after + 1)].iter();
        around.copied().min_by(|a, b| (a[0] - step).abs().total_cmp(&(b[0] - step).abs()))
    }

    /// Points looked at so far.
    #[cfg(test)]
    pub fn work(&self) -> u64 {
        self.work
    }
}

/// NaN is unlike itself; here it is like any other value.
fn comparable([step, value]: [f64; 2]) -> [f64; 2] {
    [step, if value.is_nan() { f64::MAX } else { value }]
}

/// A line, and above it ever coarser copies that keep each block's lowest and highest point.
#[derive(Default)]
struct Pyramid {
    levels: Vec<Vec<[f64; 2]>>,
}

impl Pyramid {
    fn push(&mut self, level: usize, point: [f64; 2]) {
        if self.levels.len() == level {
            self.levels.push(Vec::new());
        }
        let points = &mut self.levels[level];
        points.push(point);
        if !points.len().is_multiple_of(BLOCK) {
            return;
        }
        let block = &points[points.len() - BLOCK..];
        let (mut low, mut high) = (block[0], block[0]);
        for &p in block {
            if p[1] < low[1] {
                low = p;
            }
            if p[1] > high[1] {
                high = p;
            }
        }
        let pair = if low[0] <= high[0] { [low, high] } else { [high, low] };
        for p in pair {
            self.push(level + 1, p);
        }
    }

    /// The coarsest points that still say all a plot of `buckets` pixels can show, steps rising.
    fn source(&self, low: f64, high: f64, buckets: usize) -> Vec<[f64; 2]> {
        let seen = |points: &[[f64; 2]]| {
            let first = points.partition_point(|p| p[0] < low);
            first..first.max(points.partition_point(|p| p[0] <= high))
        };
        let enough = |points: &Vec<[f64; 2]>| seen(points).len() >= FINE * buckets;
        let level = self.levels.iter().rposition(enough).unwrap_or(0);
        let Some(points) = self.levels.get(level) else { return Vec::new() };
        let range = seen(points);
        let mut out = points[range.start.saturating_sub(1)..(range.end + 1).min(points.len())].to_vec();
        // What has not yet filled a block of the coarser level.
        for finer in self.levels[..level].iter().rev() {
            let tail = &finer[finer.len() / BLOCK * BLOCK..];
            out.extend(tail.iter().filter(|p| p[0] <= high));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::history::{History, Point};

    fn extend(history: &mut History, steps: std::ops::Range<u64>, value: impl Fn(u64) -> f32) {
        history.extend(steps.map(|step| Point { step, name: "a".into(), value: value(step) }));
    }

    #[test]
    fn a_million_points_are_looked_at_once() {
        let mut history = History::default();
        extend(&mut history, 0..1_000_000, |s| if s == 654_321 { 99.0 } else { (s % 17) as f32 });
        let mut curve = Curve::default();
        curve.update(history.get("a").unwrap(), 0.9, false);
        let (raw, smooth) = curve.between(0.0, f64::INFINITY, 800);
        assert!(raw.len() <= 1_700 && smooth.len() <= 1_700, "{} {}", raw.len(), smooth.len());
        assert!(raw.iter().any(|p| p.y > 98.0), "the peak is drawn");
        assert!(raw.windows(2).all(|w| w[0].x <= w[1].x) && raw.last().unwrap().x > 998_000.0);
        let first = curve.work();
        assert!(first < 1_250_000, "{first}");
        // The same frame again costs nothing; a hundred new points cost little.
        curve.update(history.get("a").unwrap(), 0.9, false);
        curve.between(0.0, f64::INFINITY, 800);
        assert_eq!(curve.work(), first);
        extend(&mut history, 1_000_000..1_000_100, |_| 3.0);
        curve.update(history.get("a").unwrap(), 0.9, false);
        assert_eq!(curve.between(0.0, f64::INFINITY, 800).0.last().map(|p| p.x), Some(1_000_099.0));
        assert!(curve.work() - first < 220_000, "{}", curve.work() - first);
    }

    #[test]
    fn a_cut_curve_starts_anew_and_a_log_axis_drops_what_is_not_positive() {
        let mut history = History::default();
        extend(&mut history, 1..11, |s| s as f32);
        let mut curve = Curve::default();
        curve.update(history.get("a").unwrap(), 0.0, false);
        extend(&mut history, 5..6, |_| f32::NAN);
        extend(&mut history, 6..7, |_| -2.0);
        extend(&mut history, 7..8, |_| 100.0);
        curve.update(history.get("a").unwrap(), 0.0, false);
        let ys = |curve: &mut Curve| curve.between(0.0, 99.0, 100).1.iter().map(|p| p.y).collect::<Vec<_>>();
        assert_eq!(ys(&mut curve), [1.0, 2.0, 3.0, 4.0, -2.0, 100.0]);
        assert_eq!(curve.nearest(6.4), Some([6.0, -2.0]));
        curve.update(history.get("a").unwrap(), 0.0, true);
        assert_eq!(ys(&mut curve).last(), Some(&2.0));
        assert_eq!(ys(&mut curve).len(), 5);
    }
}
