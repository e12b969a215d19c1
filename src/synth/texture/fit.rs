//! Finds where in the exemplars a block fits best what is there already.

use super::{Place, job::Source, measure::squares};
use crate::latent;
use rayon::prelude::*;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// At most so many places of an exemplar are looked at; larger exemplars on a coarser grid.
const MOST_PLACES: usize = 1 << 21;

/// What a block should look like: bytes of colour where it is known, and of the guide.
pub(super) struct Wanted {
    pub size: [usize; 2],
    /// The block's present colours, row by row; those outside the runs count for nothing.
    pub colour: Vec<u8>,
    /// The block's guide, row by row, if it is guided.
    pub guide: Option<Vec<u8>>,
    /// Known pixels: row, first column, how many.
    pub runs: Vec<[usize; 3]>,
    /// How much the guide counts, 0 to 1.
    pub guide_weight: f64,
}

/// How to choose among what fits.
pub(super) struct Choice<'a> {
    /// Places this much worse than the best one are as good: 0.1 is a tenth.
    pub tolerance: f64,
    /// Upper left corners that would go on with what is there already.
    pub shun: &'a [Place],
    /// No corner nearer than this to one of `shun` is taken, if there are others.
    pub radius: usize,
    /// Draws one of the good ones.
    pub draw: u64,
}

/// For each upper left corner of a block in a source whether all of the block may be copied.
pub(super) struct Room {
    across: usize,
    free: Vec<bool>,
}

impl Room {
    /// Of blocks of this size; no place if the source is smaller.
    pub fn of(source: &Source, [bw, bh]: [usize; 2]) -> Self {
        let [w, h] = source.size();
        if bw > w || bh > h {
            return Self { across: 0, free: Vec::new() };
        }
        // Sums of what is not allowed, over rows and columns before.
        let mut sum = vec![0u32; (w + 1) * (h + 1)];
        for y in 0..h {
            let mut row = 0;
            for x in 0..w {
                row += u32::from(!source.allowed[y * w + x]);
                sum[(y + 1) * (w + 1) + x + 1] = sum[y * (w + 1) + x + 1] + row;
            }
        }
        let at = |x: usize, y: usize| sum[y * (w + 1) + x];
        let (across, down) = (w - bw + 1, h - bh + 1);
        let free = (0..across * down).map(|i| {
            let (x, y) = (i % across, i / across);
            at(x + bw, y + bh) + at(x, y) == at(x + bw, y) + at(x, y + bh)
        });
        Self { across, free: free.collect() }
    }

    /// How many corners there are.
    pub fn places(&self) -> usize {
        self.free.iter().filter(|&&f| f).count()
    }

    fn rows(&self) -> usize {
        self.free.len().checked_div(self.across).unwrap_or(0)
    }
}

/// One line of bytes to be compared: of the colour or of the guide.
struct Line<'a> {
    of_guide: bool,
    at: [usize; 2],
    bytes: &'a [u8],
    weight: f64,
}

/// The upper left corner of a block that fits, or none if no block fits in anywhere, or somebody cancelled. The same at any thread count.
pub(super) fn find(
    sources: &[Source],
    rooms: &[Room],
    wanted: &Wanted,
    choice: &Choice,
    stop: &(dyn Fn() -> bool + Sync),
) -> Option<Place> {
    let lines = lines(wanted);
    let best = AtomicU64::new(f64::INFINITY.to_bits());
    let rows: Vec<(usize, usize)> = rooms
        .iter()
        .enumerate()
        .flat_map(|(e, room)| (0..room.rows()).step_by(grain(room)).map(move |y| (e, y)))
        .collect();
    let good: Vec<Vec<(f64, Place)>> = rows
        .par_iter()
        .map(|&(e, y)| if stop() { Vec::new() } else { row(&sources[e], &rooms[e], [e, y], &lines, choice, &best) })
        .collect();
    let best = f64::from_bits(best.into_inner());
    let limit = best * (1.0 + choice.tolerance);
    let good: Vec<Place> = good.into_iter().flatten().filter(|(cost, _)| *cost <= limit).map(|(_, p)| p).collect();
    if good.is_empty() && !choice.shun.is_empty() && !stop() {
        return find(sources, rooms, wanted, &Choice { shun: &[], ..*choice }, stop);
    }
    (!good.is_empty()).then(|| good[latent::below(&mut latent::rng(choice.draw, 0), good.len())])
}

/// Only each so many-th row and column of corners is looked at.
fn grain(room: &Room) -> usize {
    ((room.free.len() as f64 / MOST_PLACES as f64).sqrt().ceil() as usize).max(1)
}

/// What is compared, in an order in which the first lines tell most: spread over the block.
fn lines(wanted: &Wanted) -> Vec<Line<'_>> {
    let [width, height] = wanted.size;
    let known: usize = wanted.runs.iter().map(|r| r[2]).sum();
    let guide_weight = if wanted.guide.is_none() { 0.0 } else { wanted.guide_weight };
    let share = |weight: f64, pixels: usize| weight / (pixels.max(1) * 3) as f64;
    let mut lines: Vec<Line> = wanted
        .runs
        .iter()
        .map(|&[y, x, n]| {
            let from = (y * width + x) * 3;
            let bytes = &wanted.colour[from..from + n * 3];
            Line { of_guide: false, at: [x, y], bytes, weight: share(1.0 - guide_weight, known) }
        })
        .collect();
    if let Some(guide) = wanted.guide.as_ref().filter(|_| guide_weight > 0.0) {
        lines.extend(guide.chunks_exact(width * 3).enumerate().map(|(y, bytes)| {
            let weight = share(guide_weight, width * height);
            Line { of_guide: true, at: [0, y], bytes, weight }
        }));
    }
    // A stride that shares no factor with the count visits each line once.
    let n = lines.len();
    let apart =
        |a: usize, b: usize| (1..=a.min(b)).rev().find(|d| a.is_multiple_of(*d) && b.is_multiple_of(*d)) == Some(1);
    let stride = (n * 5 / 13..n).find(|&s| s > 0 && apart(s, n)).unwrap_or(1);
    let mut slots: Vec<Option<Line>> = lines.into_iter().map(Some).collect();
    (0..n).filter_map(|i| slots[i * stride % n].take()).collect()
}

/// The corners of one row that are about as good as the best one known by now.
fn row(
    source: &Source,
    room: &Room,
    [e, y]: [usize; 2],
    lines: &[Line],
    choice: &Choice,
    best: &AtomicU64,
) -> Vec<(f64, Place)> {
    let width = source.picture.width;
    let colour = &source.picture.rgb[..];
    let guide = source.guide.as_ref().map_or(colour, |g| &g.rgb[..]);
    let shunned: Vec<usize> = choice
        .shun
        .iter()
        .filter(|p| usize::from(p.exemplar) == e && usize::from(p.y).abs_diff(y) < choice.radius)
        .map(|p| usize::from(p.x))
        .collect();
    let mut good = Vec::new();
    let mut least = f64::from_bits(best.load(Relaxed));
    'corners: for x in (0..room.across).step_by(grain(room)) {
        if !room.free[y * room.across + x] || shunned.iter().any(|s| s.abs_diff(x) < choice.radius) {
            continue;
        }
        // What another thread knows only spares work: all corners within the tolerance of the very best one pass.
        let limit = least * (1.0 + choice.tolerance);
        let mut cost = 0.0;
        for line in lines {
            let at = ((y + line.at[1]) * width + x + line.at[0]) * 3;
            let there = if line.of_guide { guide } else { colour };
            cost += line.weight * f64::from(squares(line.bytes, &there[at..at + line.bytes.len()]));
            if cost > limit {
                continue 'corners;
            }
        }
        good.push((cost, Place { exemplar: e as u16, x: x as u16, y: y as u16 }));
        // Bits of numbers that are not negative are in the numbers' order.
        least = f64::from_bits(best.fetch_min(cost.to_bits(), Relaxed)).min(cost);
    }
    let limit = least * (1.0 + choice.tolerance);
    good.retain(|(cost, _)| *cost <= limit);
    good
}
