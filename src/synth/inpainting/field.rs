//! For each patch that touches the hole the most similar known patch: `PatchMatch` (Barnes et al. 2009), in bands of rows whose bytes do
//! not depend on who works on them.

use super::pyramid::{Level, Sources};
use crate::synth::Stop;
use rayon::prelude::*;

/// Rows of a band: inside it a good find spreads at once, across it with the next iteration.
const BAND: usize = 16;

/// A patch found for another one: the place of its centre, and the sum of squared differences.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Match {
    /// Place of the source patch's centre in the level; [`NONE`] where no patch is looked for.
    pub source: u32,
    /// Sum over the patch's bytes of the squared difference.
    pub error: u32,
}

/// No patch is looked for here.
pub const NONE: u32 = u32::MAX;

/// The matches of one level, one for each of its pixels as a patch's centre.
pub struct Field {
    /// Half a patch's side, less a half.
    pub radius: usize,
    /// Row by row, as many as the level has pixels.
    pub matches: Vec<Match>,
}

impl Field {
    /// No matches, yet a place for each patch inside the picture that touches the hole.
    pub fn new(level: &Level, radius: usize, sources: &Sources) -> (Self, Vec<u32>) {
        let (w, h) = (level.width, level.height);
        let mut matches = vec![Match { source: NONE, error: 0 }; w * h];
        let mut targets = Vec::new();
        for y in radius..h - radius {
            for x in radius..w - radius {
                let at = y * w + x;
                if !sources.valid[at] {
                    matches[at].source = sources.places[0];
                    targets.push(at as u32);
                }
            }
        }
        (Self { radius, matches }, targets)
    }

    /// A random source for each target; the same ones for the same `noise`.
    pub fn scatter(&mut self, targets: &[u32], sources: &Sources, noise: u64) {
        for &at in targets {
            let draw = hash(noise, u64::from(at));
            self.matches[at as usize].source = sources.places[(draw % sources.places.len() as u64) as usize];
        }
    }

    /// Takes over the matches of the level of half the size; where they lead to a patch that is not whole, the nearest one that is, or a
    /// random one.
    pub fn refine(
        &mut self,
        coarse: &Self,
        coarse_width: usize,
        level: &Level,
        targets: &[u32],
        sources: &Sources,
        noise: u64,
    ) {
        let (w, h, radius) = (level.width, level.height, self.radius);
        let ch = coarse.matches.len() / coarse_width;
        for &at in targets {
            let (x, y) = (at as usize % w, at as usize / w);
            let [cx, cy] = [(x / 2).clamp(radius, coarse_width - radius - 1), (y / 2).clamp(radius, ch - radius - 1)];
            let from = coarse.matches[cy * coarse_width + cx].source;
            let found = (from != NONE).then(|| {
                let (sx, sy) = (from as usize % coarse_width, from as usize / coarse_width);
                let [sx, sy] = [2 * sx + x, 2 * sy + y].map(|v| v as isize);
                [sx - 2 * cx as isize, sy - 2 * cy as isize]
            });
            let near = found.and_then(|[sx, sy]| {
                let inside = |x: isize, y: isize| x >= 0 && y >= 0 && x < w as isize && y < h as isize;
                let around = [(0, 0), (1, 0), (-1, 0), (0, 1), (0, -1), (1, 1), (-1, -1), (1, -1), (-1, 1)];
                let spots = (1..=3).flat_map(|step| around.map(|(dx, dy)| (sx + step * dx, sy + step * dy)));
                let mut places = spots.filter(|&(x, y)| inside(x, y)).map(|(x, y)| y as usize * w + x as usize);
                places.find(|&place| sources.valid[place])
            });
            let random = || sources.places[(hash(noise, u64::from(at)) % sources.places.len() as u64) as usize];
            self.matches[at as usize].source = near.map_or_else(random, |place| place as u32);
        }
    }

    /// Calculates the distances of all matches again, because the hole has changed.
    pub fn measure(&mut self, level: &Level, stop: Stop) {
        let (w, r) = (level.width, self.radius);
        self.matches.par_chunks_mut(w * BAND).enumerate().for_each(|(band, rows)| {
            if stop() {
                return;
            }
            for (i, m) in rows.iter_mut().enumerate().filter(|(_, m)| m.source != NONE) {
                m.error = difference(level, r, band * BAND * w + i, m.source as usize, u32::MAX);
            }
        });
    }

    /// One iteration: what the neighbours found, moved along, then random places ever nearer to the best one. `backwards` goes from the
    /// lower right to the upper left.
    pub fn search(&mut self, level: &Level, sources: &Sources, noise: u64, backwards: bool, stop: Stop) {
        let w = level.width;
        let before = self.matches.clone();
        // Every other iteration the bands lie half a band further up.
        let first = if backwards { BAND / 2 } else { BAND };
        let (head, tail) = self.matches.split_at_mut((first * w).min(before.len()));
        let bands = std::iter::once((0, head))
            .chain(tail.chunks_mut(BAND * w).enumerate().map(|(i, band)| (first + i * BAND, band)));
        let bands: Vec<(usize, &mut [Match])> = bands.filter(|(_, b)| b.iter().any(|m| m.source != NONE)).collect();
        let radius = self.radius;
        bands.into_par_iter().with_max_len(1).for_each(|(top, rows)| {
            if !stop() {
                Band { level, sources, before: &before, top, rows, radius, noise, backwards }.search();
            }
        });
    }
}

struct Band<'a> {
    level: &'a Level,
    sources: &'a Sources,
    before: &'a [Match],
    top: usize,
    rows: &'a mut [Match],
    radius: usize,
    noise: u64,
    backwards: bool,
}

impl Band<'_> {
    fn search(&mut self) {
        let n = self.rows.len();
        for step in 0..n {
            let i = if self.backwards { n - 1 - step } else { step };
            if self.rows[i].source != NONE {
                self.one(i);
            }
        }
    }

    /// Betters the match of one pixel of the band.
    fn one(&mut self, i: usize) {
        let w = self.level.width;
        let at = self.top * w + i;
        let mut best = self.rows[i];
        let (x, y) = (at % w, at / w);
        let (back, ahead) = if self.backwards { (1, -1) } else { (-1, 1) };
        for (dx, dy) in [(back, 0), (0, back), (ahead, 0), (0, ahead)] {
            let (nx, ny) = (x as isize + dx, y as isize + dy);
            if nx < 0 || ny < 0 || nx >= w as isize || ny >= self.level.height as isize {
                continue;
            }
            let near = ny as usize * w + nx as usize;
            let own = near.checked_sub(self.top * w).and_then(|i| self.rows.get(i));
            let found = own.unwrap_or(&self.before[near]).source;
            if found != NONE {
                let place = found as isize - dy * w as isize - dx;
                if place >= 0 && (place as usize) < self.sources.valid.len() {
                    self.attempt(at, place as usize, &mut best);
                }
            }
        }
        let mut draw = hash(self.noise, at as u64);
        let mut reach = self.level.width.max(self.level.height);
        while reach >= 1 {
            draw = hash(draw, reach as u64);
            let (sx, sy) = (best.source as usize % w, best.source as usize / w);
            let px = near(sx, reach, self.radius, w, draw as u32);
            let py = near(sy, reach, self.radius, self.level.height, (draw >> 32) as u32);
            self.attempt(at, py * w + px, &mut best);
            reach /= 2;
        }
        self.rows[i] = best;
    }

    fn attempt(&self, at: usize, place: usize, best: &mut Match) {
        if place as u32 != best.source && self.sources.valid[place] {
            let error = difference(self.level, self.radius, at, place, best.error);
            if error < best.error {
                *best = Match { source: place as u32, error };
            }
        }
    }
}

/// A place at most `reach` from `own`, where a patch is whole in `len` pixels.
fn near(own: usize, reach: usize, radius: usize, len: usize, draw: u32) -> usize {
    let low = own.saturating_sub(reach).max(radius);
    let high = (own + reach).min(len - radius - 1);
    low + ((u64::from(draw) * (high - low + 1) as u64) >> 32) as usize
}

/// Weighted sum of squared differences of two patches; may stop early above `limit`.
fn difference(level: &Level, radius: usize, a: usize, b: usize, limit: u32) -> u32 {
    match radius {
        1 => sized::<9>(level, radius, a, b, limit),
        2 => sized::<15>(level, radius, a, b, limit),
        3 => sized::<21>(level, radius, a, b, limit),
        4 => sized::<27>(level, radius, a, b, limit),
        _ => sized::<33>(level, radius, a, b, limit),
    }
}

#[allow(clippy::many_single_char_names)] // two patches and a difference
fn sized<const ROW: usize>(level: &Level, radius: usize, a: usize, b: usize, limit: u32) -> u32 {
    let w = level.width;
    let start = |at: usize| (at - radius * w - radius) * 3;
    let (a, b, known) = (&level.rgb[start(a)..], &level.rgb[start(b)..], &level.weight[start(a)..]);
    let mut sum = 0_i32;
    for y in 0..ROW / 3 {
        let (p, q, k) = (&a[y * w * 3..][..ROW], &b[y * w * 3..][..ROW], &known[y * w * 3..][..ROW]);
        for i in 0..ROW {
            let d = i16::from(p[i]) - i16::from(q[i]);
            sum += i32::from(d * i16::from(k[i])) * i32::from(d);
        }
        if sum as u32 >= limit {
            return sum as u32;
        }
    }
    sum as u32
}

/// A number as good as random for each pair of numbers (the finisher of `SplitMix64`, Steele et al. 2014).
pub fn hash(a: u64, b: u64) -> u64 {
    let mut z = a ^ b.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
