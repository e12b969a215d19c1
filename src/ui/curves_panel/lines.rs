//! Curves made ready for a plot: smoothed and thinned as they grow, so that a frame costs the same for a million points.

use crate::history::{Average, Series, thinned};
use egui_plot::PlotPoint;

/// Points of a level that become one pair, the lowest and the highest, of the next: small, so that a level just too coarse for a
/// plot leaves little to thin in the next finer one.
const BLOCK: usize = 8;
/// A level is fine enough when it has this many points for a pixel.
const FINE: usize = 4;

/// One curve, kept ready.
pub struct Curve {
    raw: Pyramid,
    smooth: Smooth,
    /// The smoothed line for another weight, while it is being made; the old one stays on show.
    coming: Option<Smooth>,
    log: bool,
    /// The last point of the series that went in.
    last: Option<[f64; 2]>,
    drawn: Option<Drawn>,
    work: u64,
}

/// A smoothed line as far as it is made.
struct Smooth {
    line: Pyramid,
    average: Average,
    weight: f64,
    /// How many points of the series went in.
    taken: usize,
}

/// What a plot shows of a curve, and what it was made for.
struct Drawn {
    key: (usize, f64, f64, usize),
    raw: Vec<PlotPoint>,
    smooth: Vec<PlotPoint>,
}

impl Curve {
    /// An empty curve. `weight` is the share of the past, `log` asks for log₁₀ of the values and drops those that are not above 0.
    pub fn new(weight: f64, log: bool) -> Self {
        let smooth = Smooth::new(weight);
        Self { raw: Pyramid::default(), smooth, coming: None, log, last: None, drawn: None, work: 0 }
    }

    /// Takes over what is new in the series; everything again when it was cut back or is drawn in another way. Looks at `most`
    /// points, so that no frame waits for a long history; true when nothing is left for the next call.
    pub fn update(&mut self, series: &Series, weight: f64, log: bool, most: usize) -> bool {
        let points = series.points();
        let taken = self.smooth.taken;
        let grown = taken <= points.len() && self.last == taken.checked_sub(1).map(|at| points[at]).map(comparable);
        if !grown || self.log != log {
            *self = Self { work: self.work, ..Self::new(weight, log) };
        }
        let first = self.smooth.taken;
        let new = &points[first..first.saturating_add(most).min(points.len())];
        for point in new {
            push(&mut self.raw, *point, log);
        }
        self.smooth.take(new, log);
        self.last = points[..self.smooth.taken].last().copied().map(comparable);
        let left = most - new.len();
        self.work += new.len() as u64;
        if same(self.smooth.weight, weight) {
            self.coming = None;
            return self.smooth.taken == points.len();
        }
        // One that is under way is finished first, or a slider that moves would never show anything.
        let coming = self.coming.get_or_insert_with(|| Smooth::new(weight));
        let new = &points[coming.taken..coming.taken.saturating_add(left).min(self.smooth.taken)];
        coming.take(new, log);
        self.work += new.len() as u64;
        if coming.taken == self.smooth.taken
            && let Some(coming) = self.coming.take()
        {
            (self.smooth, self.drawn) = (coming, None);
        }
        same(self.smooth.weight, weight) && self.smooth.taken == points.len()
    }

    /// The raw and the smoothed line between two steps, at most two points a bucket and a few more.
    pub fn between(&mut self, low: f64, high: f64, buckets: usize) -> (&[PlotPoint], &[PlotPoint]) {
        let key = (self.smooth.taken, low, high, buckets);
        if self.drawn.as_ref().is_none_or(|d| d.key != key) {
            let work = &mut self.work;
            let mut line = |pyramid: &Pyramid| -> Vec<PlotPoint> {
                let source = pyramid.source(low, high, buckets);
                *work += source.len() as u64;
                thinned(&source, low, high, buckets).into_iter().map(PlotPoint::from).collect()
            };
            let (raw, smooth) = (line(&self.raw), line(&self.smooth.line));
            self.drawn = Some(Drawn { key, raw, smooth });
        }
        self.drawn.as_ref().map_or((&[], &[]), |d| (&d.raw, &d.smooth))
    }

    /// The point of the smoothed line that is nearest to a step.
    pub fn nearest(&self, step: f64) -> Option<[f64; 2]> {
        let points = self.smooth.line.levels.first()?;
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

impl Smooth {
    fn new(weight: f64) -> Self {
        Self { line: Pyramid::default(), average: Average::new(weight), weight, taken: 0 }
    }

    fn take(&mut self, points: &[[f64; 2]], log: bool) {
        for [step, value] in points.iter().filter(|p| p[1].is_finite()) {
            push(&mut self.line, [*step, self.average.next(*value)], log);
        }
        self.taken += points.len();
    }
}

fn push(line: &mut Pyramid, [step, value]: [f64; 2], log: bool) {
    match log {
        _ if !value.is_finite() => {}
        false => line.push(0, [step, value]),
        true if value > 0.0 => line.push(0, [step, value.log10()]),
        true => {}
    }
}

fn same(a: f64, b: f64) -> bool {
    (a - b).abs() <= f64::EPSILON
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
        let mut curve = Curve::new(0.9, false);
        assert!(curve.update(history.get("a").unwrap(), 0.9, false, usize::MAX));
        let (raw, smooth) = curve.between(0.0, f64::INFINITY, 800);
        assert!(raw.len() <= 1_700 && smooth.len() <= 1_700, "{} {}", raw.len(), smooth.len());
        assert!(raw.iter().any(|p| p.y > 98.0), "the peak is drawn");
        assert!(raw.windows(2).all(|w| w[0].x <= w[1].x) && raw.last().unwrap().x > 998_000.0);
        let first = curve.work();
        assert!(first < 1_040_000, "{first}");
        // The same frame again costs nothing; a hundred new points cost little.
        curve.update(history.get("a").unwrap(), 0.9, false, usize::MAX);
        curve.between(0.0, f64::INFINITY, 800);
        assert_eq!(curve.work(), first);
        extend(&mut history, 1_000_000..1_000_100, |_| 3.0);
        curve.update(history.get("a").unwrap(), 0.9, false, usize::MAX);
        assert_eq!(curve.between(0.0, f64::INFINITY, 800).0.last().map(|p| p.x), Some(1_000_099.0));
        assert!(curve.work() - first < 30_000, "{}", curve.work() - first);
    }

    #[test]
    fn a_cut_curve_starts_anew_and_a_log_axis_drops_what_is_not_positive() {
        let mut history = History::default();
        extend(&mut history, 1..11, |s| s as f32);
        let mut curve = Curve::new(0.0, false);
        curve.update(history.get("a").unwrap(), 0.0, false, usize::MAX);
        extend(&mut history, 5..6, |_| f32::NAN);
        extend(&mut history, 6..7, |_| -2.0);
        extend(&mut history, 7..8, |_| 100.0);
        curve.update(history.get("a").unwrap(), 0.0, false, usize::MAX);
        let ys = |curve: &mut Curve| curve.between(0.0, 99.0, 100).1.iter().map(|p| p.y).collect::<Vec<_>>();
        assert_eq!(ys(&mut curve), [1.0, 2.0, 3.0, 4.0, -2.0, 100.0]);
        assert_eq!(curve.nearest(6.4), Some([6.0, -2.0]));
        curve.update(history.get("a").unwrap(), 0.0, true, usize::MAX);
        assert_eq!(ys(&mut curve).last(), Some(&2.0));
        assert_eq!(ys(&mut curve).len(), 5);
    }

    #[test]
    fn another_smoothing_of_a_long_curve_comes_in_pieces() {
        let mut history = History::default();
        extend(&mut history, 0..1_000, |s| s as f32);
        let series = history.get("a").unwrap();
        let mut curve = Curve::new(0.5, false);
        let calls =
            |curve: &mut Curve, weight: f64| (1..99).find(|_| curve.update(series, weight, false, 300)).unwrap();
        let end = |curve: &mut Curve| curve.between(0.0, 2e3, 2_000).1.last().unwrap().y;
        // 1,000 points are taken in by 300, and the last call has 200 left.
        assert_eq!(calls(&mut curve, 0.5), 4);
        // Far from its beginning a rising line is followed at a distance of weight / (1 - weight).
        assert!((end(&mut curve) - 998.0).abs() < 1e-6, "{}", end(&mut curve));
        assert!(!curve.update(series, 0.9, false, 300));
        assert!((end(&mut curve) - 998.0).abs() < 1e-6, "the old line stays until the new one is whole");
        // The one under way is finished in three more calls; the fourth begins that of the newest weight.
        assert_eq!(calls(&mut curve, 0.8), 3 + 4);
        assert!((end(&mut curve) - 995.0).abs() < 1e-6, "{}", end(&mut curve));
    }
}
