//! Figures of a texture: how much is copied in one piece, how much of the exemplar is there, and whether it tiles.

use super::Place;
use crate::{picture::Picture, synth::Stop};
use rayon::prelude::*;

/// How long the pieces are that were copied as they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Verbatim {
    /// The side that a pixel's piece has on average, in pixels: the mean over all copied pixels of √area of the piece it lies in.
    pub mean: f64,
    /// 95 of 100 copied pixels lie in a piece whose √area is at most this.
    pub most: f64,
}

/// Measures a source map of this width and height. A piece is a 4-connected region in which each step right or down in the result is the
/// same step in the same exemplar. Pixels that were not copied count for nothing.
pub fn verbatim(map: &[Place], [w, h]: [usize; 2]) -> Verbatim {
    let follows = |a: Place, b: Place, dx: u16, dy: u16| {
        a.exemplar == b.exemplar
            && a.exemplar != Place::KNOWN
            && a.x.checked_add(dx) == Some(b.x)
            && a.y.checked_add(dy) == Some(b.y)
    };
    let mut root: Vec<u32> = (0..(w * h) as u32).collect();
    for y in 0..h {
        for x in 0..w {
            let at = y * w + x;
            if x + 1 < w && follows(map[at], map[at + 1], 1, 0) {
                join(&mut root, at, at + 1);
            }
            if y + 1 < h && follows(map[at], map[at + w], 0, 1) {
                join(&mut root, at, at + w);
            }
        }
    }
    let mut area = vec![0u32; w * h];
    for at in 0..w * h {
        if map[at].exemplar != Place::KNOWN {
            area[find(&mut root, at)] += 1;
        }
    }
    let mut areas: Vec<u32> = area.into_iter().filter(|&a| a > 0).collect();
    areas.sort_unstable();
    let all: f64 = areas.iter().map(|&a| f64::from(a)).sum();
    if all == 0.0 {
        return Verbatim { mean: 0.0, most: 0.0 };
    }
    let mean = areas.iter().map(|&a| f64::from(a) * f64::from(a).sqrt()).sum::<f64>() / all;
    let mut below = 0.0;
    let most = areas.iter().find(|&&a| {
        below += f64::from(a);
        below >= 0.95 * all
    });
    Verbatim { mean, most: most.map_or(0.0, |&a| f64::from(a).sqrt()) }
}

fn find(root: &mut [u32], mut at: usize) -> usize {
    while root[at] as usize != at {
        root[at] = root[root[at] as usize];
        at = root[at] as usize;
    }
    at
}

fn join(root: &mut [u32], a: usize, b: usize) {
    let (a, b) = (find(root, a), find(root, b));
    root[a.max(b)] = a.min(b) as u32;
}

/// Side of the patches that are looked for again.
const PATCH: usize = 7;
/// Number of the exemplar's patches that are looked for, on an even grid.
const ASKED: usize = 144;
/// Most places of the result that are compared: beyond that, in evenly spread rows only.
const LOOKED: usize = 1 << 18;
/// A patch is near another one if their colours differ by at most this, as the root mean square over its 7×7×3 bytes.
pub const NEAR: f64 = 12.0;

/// The share of an exemplar's 7×7 patches that have a near neighbour ([`NEAR`]) in the result, in [0, 1]: of the patches on an even grid
/// of about 12×12 places that lie where `allowed` (each pixel of the exemplar) says yes. `None` if either is smaller than a patch or
/// nothing is allowed.
pub fn patch_recall(exemplar: &Picture, allowed: Option<&[bool]>, result: &Picture) -> Option<f64> {
    recall_until(exemplar, allowed, result, &|| false)
}

/// The same; of no use once `stop` said yes.
pub(super) fn recall_until(exemplar: &Picture, allowed: Option<&[bool]>, result: &Picture, stop: Stop) -> Option<f64> {
    let ([w, h], [rw, rh]) = (exemplar.size(), result.size());
    if w.min(h).min(rw).min(rh) < PATCH {
        return None;
    }
    let (across, down) = (w - PATCH + 1, h - PATCH + 1);
    let stride = ((across * down) as f64 / ASKED as f64).sqrt().ceil().max(1.0) as usize;
    let free = |x: usize, y: usize| {
        allowed.is_none_or(|a| (y..y + PATCH).all(|v| a[v * w + x..v * w + x + PATCH].iter().all(|&yes| yes)))
    };
    let asked: Vec<[usize; 2]> = (0..down)
        .step_by(stride)
        .flat_map(|y| (0..across).step_by(stride).map(move |x| [x, y]))
        .filter(|&[x, y]| free(x, y))
        .collect();
    let skip = ((rw - PATCH + 1) * (rh - PATCH + 1)).div_ceil(LOOKED);
    let found = asked.par_iter().filter(|&&[x, y]| is_there(exemplar, x, y, result, skip, stop)).count();
    (!asked.is_empty()).then(|| found as f64 / asked.len() as f64)
}

fn is_there(exemplar: &Picture, x: usize, y: usize, result: &Picture, skip: usize, stop: Stop) -> bool {
    let most = (NEAR * NEAR * (PATCH * PATCH * 3) as f64) as u32;
    // The middle row first: it tells most.
    let rows = [3, 0, 6, 1, 5, 2, 4].map(|v| (v, &exemplar.row(y + v)[x * 3..(x + PATCH) * 3]));
    (0..=result.height - PATCH).step_by(skip).any(|ry| {
        !stop()
            && (0..=result.width - PATCH).any(|rx| {
                let mut sum = 0;
                rows.iter().all(|(v, row)| {
                    sum += squares(row, &result.row(ry + v)[rx * 3..(rx + PATCH) * 3]);
                    sum <= most
                })
            })
    })
}

/// The sum of squared differences of equally long bytes, up to 66,051 of them.
pub(super) fn squares(a: &[u8], b: &[u8]) -> u32 {
    a.iter().zip(b).map(|(&a, &b)| i32::from(i16::from(a) - i16::from(b)).pow(2) as u32).sum()
}

/// How much worse the wrap-around is than the inside: the mean absolute difference of bytes across the border between last and first
/// column, over that of horizontally neighbouring pixels inside; the same for rows; the larger of the two. About 1 means that no seam is
/// there; 0 for a picture of one colour or of one pixel.
pub fn wrap_seam(picture: &Picture) -> f64 {
    let [w, h] = picture.size();
    let apart = |x: usize, y: usize, u: usize, v: usize| -> u64 {
        let (a, b) = ((y * w + x) * 3, (v * w + u) * 3);
        (0..3).map(|c| u64::from(picture.rgb[a + c].abs_diff(picture.rgb[b + c]))).sum()
    };
    let ratio = |across: u64, places: usize, inside: u64, pairs: usize| {
        if across == 0 || places == 0 {
            return 0.0;
        }
        (across as f64 / places as f64) / (inside as f64 / pairs.max(1) as f64).max(0.5)
    };
    let columns: u64 = (0..h).map(|y| apart(w - 1, y, 0, y)).sum();
    let rows: u64 = (0..w).map(|x| apart(x, h - 1, x, 0)).sum();
    let right: u64 = (0..h).map(|y| (1..w).map(|x| apart(x - 1, y, x, y)).sum::<u64>()).sum();
    let down: u64 = (1..h).map(|y| (0..w).map(|x| apart(x, y - 1, x, y)).sum::<u64>()).sum();
    ratio(columns, h, right, (w - 1) * h).max(ratio(rows, w, down, w * (h - 1)))
}

#[cfg(test)]
#[path = "measure_tests.rs"]
mod tests;
