//! The cheapest seam between what is there and what is laid over it: a minimum cut on the pixel grid (Kwatra et al. 2003).
//!
//! The flow is found with layers of shortest paths (Dinic 1970); in an overlap with one side kept and the other new it is the same seam as
//! the dynamic programme of Efros and Freeman (2001), but it also turns corners and closes rings.

use crate::synth::Stop;
use std::collections::VecDeque;

/// What is certain about a pixel before the cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// Stays as it is.
    Old,
    /// Is taken from the new block.
    New,
    /// Either; the cut decides.
    Open,
}

/// The four neighbours: right, left, down, up; `d ^ 1` is the way back.
const STEPS: [(isize, isize); 4] = [(1, 0), (-1, 0), (0, 1), (0, -1)];
const FAR: u32 = u32::MAX;

struct Grid<'a> {
    width: usize,
    height: usize,
    side: &'a [Side],
    left: [Vec<u32>; 4],
    level: Vec<u32>,
    tried: Vec<u8>,
}

/// For each pixel of a `width` × `height` block whether the new block covers it, such that the `cost` of pixels along the border between
/// old and new is least: an edge between two pixels costs both their costs and one more. Any
/// cut once `stop` says so.
pub(super) fn cut(side: &[Side], cost: &[u32], [width, height]: [usize; 2], stop: Stop) -> Vec<bool> {
    if !side.contains(&Side::Old) {
        return vec![true; side.len()];
    }
    // Where there is only the new, the seam costs what its other side costs.
    let edge = |a: usize, b: usize| match (side[a], side[b]) {
        (Side::New, _) => 2 * cost[b] + 1,
        (_, Side::New) => 2 * cost[a] + 1,
        _ => cost[a] + cost[b] + 1,
    };
    let mut left = [(); 4].map(|()| vec![0; side.len()]);
    for y in 0..height {
        for x in 0..width {
            let at = y * width + x;
            if x + 1 < width {
                (left[0][at], left[1][at + 1]) = (edge(at, at + 1), edge(at, at + 1));
            }
            if y + 1 < height {
                (left[2][at], left[3][at + width]) = (edge(at, at + width), edge(at, at + width));
            }
        }
    }
    let n = side.len();
    let mut grid = Grid { width, height, side, left, level: vec![FAR; n], tried: vec![0; n] };
    while grid.layer() && !stop() {
        grid.tried.fill(0);
        for start in (0..n).filter(|&at| side[at] == Side::Old) {
            grid.push_from(start);
        }
    }
    grid.level.iter().map(|&l| l == FAR).collect()
}

impl Grid<'_> {
    fn step(&self, at: usize, way: usize) -> Option<usize> {
        let (x, y) = ((at % self.width) as isize + STEPS[way].0, (at / self.width) as isize + STEPS[way].1);
        let inside = x >= 0 && y >= 0 && x < self.width as isize && y < self.height as isize;
        inside.then(|| y as usize * self.width + x as usize)
    }

    /// Distances from what is old along edges that can still carry; whether something new is reached.
    fn layer(&mut self) -> bool {
        self.level.fill(FAR);
        let mut queue: VecDeque<usize> = (0..self.side.len()).filter(|&at| self.side[at] == Side::Old).collect();
        for &at in &queue {
            self.level[at] = 0;
        }
        let mut reached = false;
        while let Some(at) = queue.pop_front() {
            if self.side[at] == Side::New {
                reached = true;
                continue;
            }
            for way in 0..4 {
                let Some(next) = self.step(at, way) else { continue };
                if self.left[way][at] > 0 && self.level[next] == FAR {
                    self.level[next] = self.level[at] + 1;
                    queue.push_back(next);
                }
            }
        }
        reached
    }

    /// Sends as much as goes from one old pixel to new ones along the layers.
    fn push_from(&mut self, start: usize) {
        let (mut path, mut at): (Vec<(usize, usize)>, usize) = (Vec::new(), start);
        loop {
            if self.side[at] == Side::New {
                let flow = path.iter().map(|&(p, way)| self.left[way][p]).min().unwrap_or(0);
                let mut back_to = 0;
                for (i, &(p, way)) in path.iter().enumerate().rev() {
                    self.left[way][p] -= flow;
                    if self.left[way][p] == 0 {
                        back_to = i;
                    }
                    if let Some(next) = self.step(p, way) {
                        self.left[way ^ 1][next] += flow;
                    }
                }
                at = path[back_to].0;
                path.truncate(back_to);
                continue;
            }
            let way = usize::from(self.tried[at]);
            if way < 4 {
                match self.step(at, way) {
                    Some(next) if self.left[way][at] > 0 && self.level[next] == self.level[at] + 1 => {
                        path.push((at, way));
                        at = next;
                    }
                    _ => self.tried[at] += 1,
                }
            } else if let Some((before, _)) = path.pop() {
                self.tried[before] += 1;
                at = before;
            } else {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_seam_follows_the_cheap_pixels() {
        // Columns 0 old, 4 new; the cheapest way down is through the zeros.
        let cost = [9, 0, 9, 9, 9, 9, 9, 0, 9, 9, 9, 9, 0, 9, 9, 9, 9, 9, 0, 9];
        let side: Vec<Side> =
            (0..20).map(|i| [Side::Old, Side::Open, Side::Open, Side::Open, Side::New][i % 5]).collect();
        let new = cut(&side, &cost, [5, 4], &|| false);
        for (y, zero) in [1usize, 2, 2, 3].into_iter().enumerate() {
            let first = (0..5).find(|x| new[y * 5 + x]).unwrap();
            assert!(first == zero || first == zero + 1, "row {y} begins at {first}");
            assert!((first..5).all(|x| new[y * 5 + x]), "row {y} is cut once");
        }
    }

    #[test]
    fn its_value_is_the_least_of_all_labellings() {
        let mut state = 7u32;
        let mut draw = |n: u32| {
            state = state.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
            (state >> 16) % n
        };
        for _ in 0..20 {
            let cost: Vec<u32> = (0..12).map(|_| draw(6)).collect();
            let side: Vec<Side> = (0..12)
                .map(|i| {
                    if i == 0 {
                        Side::Old
                    } else if i == 11 {
                        Side::New
                    } else {
                        Side::Open
                    }
                })
                .collect();
            let price = |new: &dyn Fn(usize) -> bool| {
                let cost = |a: usize, b: usize| if b == 11 { 2 * cost[a] + 1 } else { cost[a] + cost[b] + 1 };
                let edge = |a: usize, b: usize| if new(a) == new(b) { 0 } else { cost(a, b) };
                let right: u32 = (0..12).filter(|i| i % 4 < 3).map(|i| edge(i, i + 1)).sum();
                right + (0..8).map(|i| edge(i, i + 4)).sum::<u32>()
            };
            let best =
                (0..1024u32).map(|bits| price(&|i| i == 11 || (i > 0 && bits >> (i - 1) & 1 == 1))).min().unwrap();
            let found = cut(&side, &cost, [4, 3], &|| false);
            assert!(!found[0] && found[11]);
            assert_eq!(price(&|i| found[i]), best);
        }
    }
}
