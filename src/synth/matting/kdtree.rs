//! An exact k-d tree over five numbers a point: nearest neighbours, ties broken by index.

use rayon::prelude::*;

/// Numbers of a point.
pub const DIMENSIONS: usize = 5;
/// Most points in a leaf.
const LEAF: usize = 16;
/// Points of a leaf and of a query are handled together.
const PADDING: f32 = f32::INFINITY;

/// A point: colours and place.
pub type Point = [f32; DIMENSIONS];

#[derive(Clone, Copy)]
struct Bounds {
    low: Point,
    high: Point,
}

impl Bounds {
    /// Square of the distance from a point to the nearest place inside.
    fn distance(&self, p: &Point) -> f32 {
        let mut sum = 0.0;
        for ((low, high), p) in self.low.iter().zip(&self.high).zip(p) {
            let off = (low - p).max(p - high).max(0.0);
            sum += off * off;
        }
        sum
    }
}

/// A balanced tree: nodes at a depth hold equally many points, but for one; all leaves are at the same depth.
pub struct Tree {
    depth: u32,
    /// Node m of depth l is 2ˡ − 1 + m.
    bounds: Vec<Bounds>,
    /// Points of a leaf by dimension, padded.
    leaves: Vec<[[f32; LEAF]; DIMENSIONS]>,
    /// Index of each point, leaf by leaf.
    order: Vec<u32>,
}

/// The points of node m of `nodes` at a depth.
fn range(count: usize, m: usize, nodes: usize) -> std::ops::Range<usize> {
    count * m / nodes..count * (m + 1) / nodes
}

/// Puts the smaller half, along the widest dimension, first; and so on.
fn arrange(points: &[Point], order: &mut [u32], base: usize, count: usize, m: usize, level: u32, depth: u32) {
    if level == depth {
        return;
    }
    let all = order.iter().map(|&i| &points[i as usize]);
    let Bounds { low, high } = bounds(all);
    let wide = (0..DIMENSIONS).max_by(|&a, &b| (high[a] - low[a]).total_cmp(&(high[b] - low[b]))).unwrap_or(0);
    let middle = range(count, 2 * m, 2 << level).end - base;
    if middle < order.len() {
        let key = |i: &u32| (points[*i as usize][wide], *i);
        order.select_nth_unstable_by(middle, |a, b| {
            let (a, b) = (key(a), key(b));
            a.0.total_cmp(&b.0).then(a.1.cmp(&b.1))
        });
    }
    let (less, more) = order.split_at_mut(middle);
    rayon::join(
        || arrange(points, less, base, count, 2 * m, level + 1, depth),
        || arrange(points, more, base + middle, count, 2 * m + 1, level + 1, depth),
    );
}

fn bounds<'a>(points: impl Iterator<Item = &'a Point>) -> Bounds {
    let start = Bounds { low: [f32::INFINITY; DIMENSIONS], high: [f32::NEG_INFINITY; DIMENSIONS] };
    points.fold(start, |Bounds { low, high }, p| Bounds {
        low: std::array::from_fn(|d| low[d].min(p[d])),
        high: std::array::from_fn(|d| high[d].max(p[d])),
    })
}

impl Tree {
    /// A tree of at least one point; every number is finite.
    pub fn new(points: &[Point]) -> Self {
        let count = points.len();
        let depth = count.div_ceil(LEAF).next_power_of_two().trailing_zeros();
        let mut order: Vec<u32> = (0..count as u32).collect();
        arrange(points, &mut order, 0, count, 0, 0, depth);
        let nodes = (0..=depth).flat_map(|level| (0..1usize << level).map(move |m| (m, 1usize << level)));
        let nodes: Vec<_> = nodes.collect();
        let bounds = nodes
            .into_par_iter()
            .map(|(m, nodes)| bounds(order[range(count, m, nodes)].iter().map(|&i| &points[i as usize])))
            .collect();
        let leaves = (0..1usize << depth)
            .into_par_iter()
            .map(|m| {
                let mut leaf = [[PADDING; LEAF]; DIMENSIONS];
                for (at, &i) in order[range(count, m, 1 << depth)].iter().enumerate() {
                    for d in 0..DIMENSIONS {
                        leaf[d][at] = points[i as usize][d];
                    }
                }
                leaf
            })
            .collect();
        Self { depth, bounds, leaves, order }
    }

    /// The order of the points in the tree: neighbours in it are near each other.
    pub fn order(&self) -> &[u32] {
        &self.order
    }

    /// The nearest points to `p`, nearest first, at most as many as `found` has room for, as (square of distance bits, index) in one
    /// number; says how many there are.
    pub fn nearest(&self, p: &Point, found: &mut [u64]) -> usize {
        let (mut count, room) = (0, found.len());
        // A path down the tree leaves at most one node a level behind.
        let mut stack = [(0u32, 0.0f32); 64];
        let (mut height, first_leaf) = (1, (1u32 << self.depth) - 1);
        while height > 0 {
            height -= 1;
            let (node, away) = stack[height];
            if count == room && u64::from(away.to_bits()) > found[room - 1] >> 32 {
                continue;
            }
            if node >= first_leaf {
                count = self.visit((node - first_leaf) as usize, p, found, count);
                continue;
            }
            let [less, more] = [2 * node + 1, 2 * node + 2].map(|n| (n, self.bounds[n as usize].distance(p)));
            let (near, far) = if more.1 < less.1 { (more, less) } else { (less, more) };
            stack[height] = far;
            stack[height + 1] = near;
            height += 2;
        }
        count
    }

    fn visit(&self, leaf: usize, p: &Point, found: &mut [u64], mut count: usize) -> usize {
        let place = range(self.order.len(), leaf, self.leaves.len());
        let mut away = [0.0f32; LEAF];
        for (values, p) in self.leaves[leaf].iter().zip(p) {
            for (sum, v) in away.iter_mut().zip(values) {
                *sum += (v - p) * (v - p);
            }
        }
        for (&i, away) in self.order[place].iter().zip(away) {
            let key = u64::from(away.to_bits()) << 32 | u64::from(i);
            if count == found.len() {
                if key >= found[count - 1] {
                    continue;
                }
                count -= 1;
            }
            let mut at = count;
            while at > 0 && found[at - 1] > key {
                found[at] = found[at - 1];
                at -= 1;
            }
            found[at] = key;
            count += 1;
        }
        count
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::{below, rng, uniform};

    #[test]
    fn neighbours_are_those_of_a_search_through_all_points() {
        for (count, room, coarse) in [(1, 3, false), (16, 4, false), (17, 20, false), (700, 20, false), (700, 9, true)]
        {
            let mut rng = rng(count as u64, 0);
            let mut number = || if coarse { below(&mut rng, 4) as f32 } else { uniform(&mut rng) };
            let points: Vec<Point> = (0..count).map(|_| std::array::from_fn(|_| number())).collect();
            let tree = Tree::new(&points);
            let mut order = tree.order().to_vec();
            order.sort_unstable();
            assert!(order.iter().copied().eq(0..count as u32));
            for p in points.iter().step_by(7) {
                let mut found = vec![0; room];
                let got = tree.nearest(p, &mut found);
                let away = |q: &Point| (0..DIMENSIONS).fold(0.0f32, |sum, d| sum + (q[d] - p[d]) * (q[d] - p[d]));
                let mut all: Vec<(f32, u32)> = points.iter().map(away).zip(0..).collect();
                all.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1)));
                let want: Vec<u32> = all.iter().take(room).map(|a| a.1).collect();
                assert_eq!(found[..got].iter().map(|f| *f as u32).collect::<Vec<_>>(), want, "{count} {room}");
            }
        }
    }
}
