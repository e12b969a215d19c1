//! Passes of neighbourhood search over one scale: each pixel takes the candidate whose surroundings fit its own best.
//!
//! Candidates are what the neighbours' places suggest (Ashikhmin 2001) and the places that look like those (Tong et al. 2002). A pass goes
//! over nine interleaved sets of pixels, each of them at once, so that the result does not depend on threads (Lefebvre and Hoppe 2005).

use super::{
    levels::{Atlas, Field, NOWHERE},
    similar::{Similar, squares_around},
};
use rayon::prelude::*;

/// Sets of pixels are interleaved with this period in both directions.
const PERIOD: usize = 3;

/// What a pass works with.
pub(super) struct Correction<'a> {
    pub atlas: &'a Atlas,
    pub similar: &'a Similar,
    /// The guide's part of the cost against the colours', at least 0.
    pub guide: f32,
    /// Candidates that are only similar must be better by this share.
    pub reluctance: f32,
}

/// How far neighbours are asked for candidates.
const ASKED: [(isize, isize); 13] =
    [(0, 0), (-1, 0), (1, 0), (0, -1), (0, 1), (-1, -1), (1, -1), (-1, 1), (1, 1), (-4, 0), (4, 0), (0, -4), (0, 4)];

impl Correction<'_> {
    /// One pass with squares of N×N pixels; the share of pixels that changed. Ends early if `stop` says so.
    pub fn pass<const N: usize>(&self, field: &mut Field, stop: &(dyn Fn() -> bool + Sync)) -> f64 {
        let [w, h] = field.size;
        let mut changed = 0;
        for set in 0..PERIOD * PERIOD {
            // The sets that are farthest apart follow each other.
            let set = set * 4 % (PERIOD * PERIOD);
            let (x0, y0) = (set % PERIOD, set / PERIOD);
            let rows: Vec<usize> = (y0..h).step_by(PERIOD).collect();
            let read = &*field;
            let picks: Vec<Vec<(usize, u32)>> = rows
                .par_iter()
                .map(|&y| {
                    if stop() {
                        return Vec::new();
                    }
                    let picks = (x0..w).step_by(PERIOD).filter(|x| read.hole[y * w + x]);
                    let picks = picks.map(|x| (x, self.pick::<N>(read, x, y)));
                    picks.filter(|&(x, at)| at != read.map[y * w + x]).collect()
                })
                .collect();
            for (y, picks) in rows.into_iter().zip(picks) {
                changed += picks.len();
                for (x, at) in picks {
                    let to = field.padded(x, y);
                    field.map[y * w + x] = at;
                    field.colour[to] = self.atlas.colour[at as usize];
                }
            }
            field.close();
        }
        changed as f64 / (w * h) as f64
    }

    /// The best candidate for a pixel; what it has already, if none is better.
    fn pick<const N: usize>(&self, field: &Field, x: usize, y: usize) -> u32 {
        let [w, _] = field.size;
        let own = field.map[y * w + x];
        let cost = |at: u32, limit: u32| self.cost::<N>(field, x, y, at, limit);
        let (mut best, mut least) = if own == NOWHERE { (own, u32::MAX) } else { (own, cost(own, u32::MAX)) };
        let mut seen = Seen::default();
        seen.is_new(own);
        for similar in [false, true] {
            for (dx, dy) in ASKED {
                if least == 0 {
                    return best;
                }
                let Some(next) = field.near(x, y, dx, dy).map(|i| field.map[i]).filter(|&n| n != NOWHERE) else {
                    continue;
                };
                let step = dy * self.atlas.stride as isize + dx;
                let mut offer = |from: u32| {
                    let at = (from as isize - step) as u32;
                    if from == NOWHERE || !self.atlas.ok[at as usize] || !seen.is_new(at) {
                        return;
                    }
                    let limit = if similar { (least as f32 * (1.0 - self.reluctance)) as u32 } else { least };
                    let found = cost(at, limit);
                    if found < limit {
                        (best, least) = (at, found);
                    }
                };
                if similar {
                    self.similar.of(next).iter().for_each(|&s| offer(s));
                } else {
                    offer(next);
                }
            }
        }
        best
    }

    fn cost<const N: usize>(&self, field: &Field, x: usize, y: usize, at: u32, limit: u32) -> u32 {
        let (stride, here) = (field.stride(), field.padded(x, y));
        let guide = match (&field.guide, &self.atlas.guide) {
            (Some(target), Some(guide)) => {
                let (a, b) = (target[y * field.size[0] + x], guide[at as usize]);
                let squares: u32 = (0..3).map(|c| u32::from(a[c].abs_diff(b[c])).pow(2)).sum();
                (squares as f32 * self.guide * (N * N) as f32) as u32
            }
            _ => 0,
        };
        if guide > limit {
            return guide;
        }
        let here = here - N / 2 * (stride + 1);
        let there = at as usize - N / 2 * (self.atlas.stride + 1);
        guide
            + squares_around::<N>(
                (&field.colour, stride, here),
                (&self.atlas.colour, self.atlas.stride, there),
                limit - guide,
            )
    }
}

/// The last few candidates, not to be looked at twice.
struct Seen {
    places: [u32; 64],
    next: usize,
}

impl Default for Seen {
    fn default() -> Self {
        Self { places: [NOWHERE; 64], next: 0 }
    }
}

impl Seen {
    fn is_new(&mut self, at: u32) -> bool {
        let new = !self.places.contains(&at);
        if new {
            self.places[self.next % 64] = at;
            self.next += 1;
        }
        new
    }
}
