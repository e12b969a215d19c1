//! For every place of the exemplars the places that look most like it: the candidates of k-coherence (Tong et al. 2002).

use super::levels::{Atlas, NOWHERE, child};
use crate::latent;
use rayon::prelude::*;

/// Most places that are compared with every other one at the coarsest scale; of more, this number drawn at random.
const MOST: usize = 4096;

/// `k` places for each place of a table, best first; [`NOWHERE`] where there are fewer.
pub(super) struct Similar {
    pub k: usize,
    table: Vec<u32>,
}

/// The best few places so far, none nearer to each other than `apart`.
struct Best {
    apart: usize,
    stride: usize,
    found: Vec<(u32, u32)>,
    k: usize,
}

impl Best {
    fn limit(&self) -> u32 {
        if self.found.len() < self.k { u32::MAX } else { self.found.last().map_or(u32::MAX, |f| f.0) }
    }

    fn offer(&mut self, cost: u32, at: u32) {
        if cost >= self.limit() {
            return;
        }
        let (stride, apart) = (self.stride, self.apart);
        let near = |a: u32, b: u32| {
            let (a, b) = (a as usize, b as usize);
            (a / stride).abs_diff(b / stride) < apart && (a % stride).abs_diff(b % stride) < apart
        };
        // A neighbour that is no worse stands for this one, too.
        if self.found.iter().any(|&(c, f)| c <= cost && near(f, at)) {
            return;
        }
        self.found.retain(|&(_, f)| !near(f, at));
        let to = self.found.partition_point(|&f| f <= (cost, at));
        self.found.insert(to, (cost, at));
        self.found.truncate(self.k);
    }

    fn write(&self, row: &mut [u32]) {
        row.iter_mut().zip(&self.found).for_each(|(to, f)| *to = f.1);
    }
}

impl Similar {
    /// The places that look like one.
    pub fn of(&self, at: u32) -> &[u32] {
        &self.table[at as usize * self.k..(at as usize + 1) * self.k]
    }

    /// By comparing squares of 7×7 pixels at the coarsest scale, each place with all others.
    pub fn all(atlas: &Atlas, k: usize, seed: u64, stop: &(dyn Fn() -> bool + Sync)) -> Self {
        let mut others = atlas.places();
        let mut rng = latent::rng(seed, 2);
        for i in 0..others.len().min(MOST) {
            let j = i + latent::below(&mut rng, others.len() - i);
            others.swap(i, j);
        }
        others.truncate(MOST);
        Self::filled(atlas, k, stop, |at, best| {
            for &other in &others {
                best.offer(apart::<7>(atlas, at, other, best.limit()), other);
            }
        })
    }

    /// From those of the next coarser scale and their neighbours.
    pub fn finer(&self, coarse: &Atlas, atlas: &Atlas, stop: &(dyn Fn() -> bool + Sync)) -> Self {
        Self::filled(atlas, self.k, stop, |at, best| {
            let p = atlas.place(at);
            let (x, y) = (usize::from(p.x), usize::from(p.y));
            let parent = coarse.at(usize::from(p.exemplar), x / 2, y / 2);
            for &other in self.of(parent) {
                let near = child(coarse, atlas, other, [x % 2, y % 2]);
                if near == NOWHERE {
                    continue;
                }
                for step in [0, 1, -1, atlas.stride as isize, -(atlas.stride as isize)] {
                    let other = (near as isize + step) as u32;
                    if atlas.ok[other as usize] {
                        best.offer(apart::<7>(atlas, at, other, best.limit()), other);
                    }
                }
            }
        })
    }

    fn filled(atlas: &Atlas, k: usize, stop: &(dyn Fn() -> bool + Sync), find: impl Fn(u32, &mut Best) + Sync) -> Self {
        let mut table = vec![NOWHERE; atlas.ok.len() * k];
        if k == 0 {
            return Self { k, table };
        }
        table.par_chunks_mut(k * 64).enumerate().for_each(|(chunk, rows)| {
            if stop() {
                return;
            }
            for (i, row) in rows.chunks_mut(k).enumerate() {
                let at = chunk * 64 + i;
                if atlas.ok[at] {
                    // The place itself is the first one, and none near it is another.
                    let mut best = Best { apart: 4, stride: atlas.stride, found: vec![(0, at as u32)], k: k + 1 };
                    find(at as u32, &mut best);
                    best.found.remove(0);
                    best.write(row);
                }
            }
        });
        Self { k, table }
    }
}

/// The sum of squared differences of the N×N pixels around two places; some number above `limit` if it is above.
fn apart<const N: usize>(atlas: &Atlas, a: u32, b: u32, limit: u32) -> u32 {
    let (a, b) = (a as usize - N / 2 * (atlas.stride + 1), b as usize - N / 2 * (atlas.stride + 1));
    squares_around::<N>((&atlas.colour, atlas.stride, a), (&atlas.colour, atlas.stride, b), limit)
}

/// The same between any two tables: pixels, row length, upper left corner.
pub(super) fn squares_around<const N: usize>(
    (here, here_row, mut i): (&[[u8; 4]], usize, usize),
    (there, there_row, mut j): (&[[u8; 4]], usize, usize),
    limit: u32,
) -> u32 {
    let mut sum = 0;
    for _ in 0..N {
        let bytes = here[i..i + N].as_flattened().iter().zip(there[j..j + N].as_flattened());
        sum += bytes.map(|(&a, &b)| i32::from(i16::from(a) - i16::from(b)).pow(2)).sum::<i32>() as u32;
        if sum > limit {
            break;
        }
        (i, j) = (i + here_row, j + there_row);
    }
    sum
}
