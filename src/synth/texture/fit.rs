//! Finds where in the exemplars a block fits best what is there already: a first look at means, then a close one at the best of those.

use super::{
    Place,
    coarse::{CELL, Coarse, mean},
    job::Source,
    measure::squares,
};
use crate::latent;
use rayon::prelude::*;

/// About the most places that are compared, evenly spread; then those around the best of them.
const MOST_PLACES: usize = 1 << 16;
/// One place in this number is compared in full, but at least [`AT_LEAST`].
const CLOSELY: usize = 40;
const AT_LEAST: usize = 512;
/// Number of best places around which all others are compared, where not all were at first.
const AROUND: usize = 32;
/// Of larger blocks only some rows are compared, in squares at the first look and in pixels at the close one.
const MOST_SQUARES: usize = 700;
const MOST_PIXELS: usize = 6000;

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
    /// What was taken often costs more.
    pub uses: Option<&'a Uses>,
    /// Draws one of the good ones.
    pub draw: u64,
}

/// Squared grey levels that a use of a place costs beyond its error.
const FLOOR: f32 = 25.0;
/// Each use raises the cost by this share.
const PER_USE: f32 = 0.25;

/// How often places were taken, in cells of a quarter of a block.
pub(super) struct Uses {
    cell: usize,
    counts: Vec<(usize, Vec<f32>)>,
}

impl Uses {
    /// None yet, of blocks of this side.
    pub fn of(sources: &[Source], block: usize) -> Self {
        let cell = block.div_ceil(4).max(1);
        let grid = |s: &Source| {
            let [across, down] = s.size().map(|side| side / cell + 1);
            (across, vec![0.0; across * down])
        };
        Self { cell, counts: sources.iter().map(grid).collect() }
    }

    /// Counts a block taken from this corner: whole for corners in its cell, less for those around.
    pub fn count(&mut self, place: Place) {
        let (across, counts) = &mut self.counts[usize::from(place.exemplar)];
        let [x, y] = [usize::from(place.x) / self.cell, usize::from(place.y) / self.cell];
        let down = counts.len() / *across;
        for v in y.saturating_sub(1)..(y + 2).min(down) {
            for u in x.saturating_sub(1)..(x + 2).min(*across) {
                counts[v * *across + u] += if (u, v) == (x, y) { 1.0 } else { 0.5 };
            }
        }
    }

    fn raise(&self, place: Place, cost: f32) -> f32 {
        let (across, counts) = &self.counts[usize::from(place.exemplar)];
        let uses = counts[usize::from(place.y) / self.cell * across + usize::from(place.x) / self.cell];
        (cost + FLOOR) * (1.0 + PER_USE * uses)
    }
}

/// A source made ready for the first look.
pub(super) struct Ground<'a> {
    pub source: &'a Source,
    colour: Coarse,
    guide: Option<Coarse>,
}

impl<'a> Ground<'a> {
    /// Of a source.
    pub fn of(source: &'a Source) -> Self {
        Self { source, colour: Coarse::of(&source.picture), guide: source.guide.as_ref().map(Coarse::of) }
    }
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
        if !source.allowed.contains(&false) {
            return Self { across: w - bw + 1, free: vec![true; (w - bw + 1) * (h - bh + 1)] };
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

    /// One of `grain` corners, in rows that are shifted against each other.
    fn corners(&self, exemplar: usize, grain: usize) -> impl Iterator<Item = Place> {
        let shift = (grain as f64 * 0.618).round() as usize;
        let all = (0..self.free.len()).map(|i| (i % self.across, i / self.across));
        let some = all.filter(move |&(x, y)| grain == 1 || (x + y * shift).is_multiple_of(grain));
        let free = some.filter(|&(x, y)| self.free[y * self.across + x]);
        free.map(move |(x, y)| Place { exemplar: exemplar as u16, x: x as u16, y: y as u16 })
    }

    /// The corners no farther than `radius` from one.
    fn around(&self, place: Place, radius: usize) -> impl Iterator<Item = Place> {
        let down = self.free.len() / self.across;
        let (x, y) = (usize::from(place.x), usize::from(place.y));
        let rows = y.saturating_sub(radius)..(y + radius + 1).min(down);
        let columns = x.saturating_sub(radius)..(x + radius + 1).min(self.across);
        let free = rows
            .flat_map(move |y| columns.clone().map(move |x| (x, y)))
            .filter(|&(x, y)| self.free[y * self.across + x]);
        free.map(move |(x, y)| Place { x: x as u16, y: y as u16, ..place })
    }
}

/// One line of bytes to be compared, at a column and row of the block: of the colour or of the guide.
struct Line {
    of_guide: bool,
    at: [usize; 2],
    bytes: Vec<u8>,
    weight: f64,
}

/// The upper left corner of a block that fits, or none if no block fits in anywhere, or somebody cancelled. The same at any thread count.
pub(super) fn find(
    grounds: &[Ground],
    rooms: &[Room],
    wanted: &Wanted,
    choice: &Choice,
    stop: &(dyn Fn() -> bool + Sync),
) -> Option<Place> {
    let shunned = |p: Place| {
        let near =
            |s: &Place| s.exemplar == p.exemplar && s.x.abs_diff(p.x).max(s.y.abs_diff(p.y)) < choice.radius as u16;
        choice.shun.iter().any(near)
    };
    let grain = rooms.iter().map(Room::places).sum::<usize>().div_ceil(MOST_PLACES).max(1);
    let all = |grain| rooms.iter().enumerate().flat_map(move |(e, room)| room.corners(e, grain));
    let mut places: Vec<Place> = all(grain).filter(|&p| !shunned(p)).collect();
    let shunning = !places.is_empty();
    if !shunning {
        places = all(1).collect();
    }
    let raised = |p: Place, cost: f32| choice.uses.map_or(cost, |u| u.raise(p, cost));
    let first = first_look(wanted);
    if !first.is_empty() {
        let costs = costs(&places, stop, |p| {
            let ground = &grounds[usize::from(p.exemplar)];
            let (colour, at) = ground.colour.at(usize::from(p.x), usize::from(p.y));
            let guide = ground.guide.as_ref().map_or(colour, |g| g.at(usize::from(p.x), usize::from(p.y)).0);
            raised(p, cost([colour, guide], ground.colour.across, at, &first))
        });
        places = best(&places, &costs, (places.len() / CLOSELY).max(AT_LEAST));
    }
    let lines = close_look(wanted);
    let close = |places: &[Place]| {
        costs(places, stop, |p| {
            let source = grounds[usize::from(p.exemplar)].source;
            let colour = &source.picture.rgb[..];
            let guide = source.guide.as_ref().map_or(colour, |g| &g.rgb[..]);
            raised(p, cost([colour, guide], source.picture.width, [usize::from(p.x), usize::from(p.y)], &lines))
        })
    };
    let mut costs = close(&places);
    if grain > 1 && !lines.is_empty() {
        let around = best(&places, &costs, AROUND).into_iter().take(4 * AROUND);
        places = around.flat_map(|p| rooms[usize::from(p.exemplar)].around(p, grain.isqrt())).collect();
        places.retain(|&p| !shunning || !shunned(p));
        places.sort_unstable_by_key(|p| (p.exemplar, p.y, p.x));
        places.dedup();
        costs = close(&places);
    }
    let least = costs.iter().copied().fold(f32::INFINITY, f32::min);
    let limit = least * (1.0 + choice.tolerance as f32);
    let good: Vec<Place> = places.iter().zip(&costs).filter(|(_, c)| **c <= limit).map(|(p, _)| *p).collect();
    let draw = latent::below(&mut latent::rng(choice.draw, 0), good.len());
    good.get(draw).copied().filter(|_| !stop())
}

fn costs(places: &[Place], stop: &(dyn Fn() -> bool + Sync), cost: impl Fn(Place) -> f32 + Sync) -> Vec<f32> {
    let mut costs = vec![f32::INFINITY; places.len()];
    costs.par_chunks_mut(256).zip(places.par_chunks(256)).for_each(|(costs, places)| {
        if !stop() {
            costs.iter_mut().zip(places).for_each(|(c, p)| *c = cost(*p));
        }
    });
    costs
}

/// The places whose cost is at most that of the `count` best ones, in their order.
fn best(places: &[Place], costs: &[f32], count: usize) -> Vec<Place> {
    if places.len() <= count {
        return places.to_vec();
    }
    let mut sorted = costs.to_vec();
    let (_, &mut limit, _) = sorted.select_nth_unstable_by(count, f32::total_cmp);
    places.iter().zip(costs).filter(|(_, c)| **c <= limit).map(|(p, _)| *p).collect()
}

/// The weighted sum of squared differences between lines and what lies at a corner in rows of `width` pixels.
fn cost(planes: [&[u8]; 2], width: usize, [x, y]: [usize; 2], lines: &[Line]) -> f32 {
    let line = |line: &Line| {
        let at = ((y + line.at[1]) * width + x + line.at[0]) * 3;
        let there = &planes[usize::from(line.of_guide)][at..at + line.bytes.len()];
        line.weight * f64::from(squares(&line.bytes, there))
    };
    lines.iter().map(line).sum::<f64>() as f32
}

/// Weights of a byte of colour and of the guide.
fn weights(wanted: &Wanted, known: usize, all: usize) -> [f64; 2] {
    let guide = if wanted.guide.is_none() { 0.0 } else { wanted.guide_weight };
    [(1.0 - guide) / (known.max(1) * 3) as f64, guide / (all.max(1) * 3) as f64]
}

/// The known pixels, and those of the guide; of large blocks some rows of them.
fn close_look(wanted: &Wanted) -> Vec<Line> {
    let [width, height] = wanted.size;
    let step = wanted.runs.iter().map(|r| r[2]).sum::<usize>().div_ceil(MOST_PIXELS).max(1);
    let compared = || wanted.runs.iter().filter(move |r| r[0].is_multiple_of(step));
    let known = compared().map(|r| r[2]).sum();
    let [of_colour, of_guide] = weights(wanted, known, width * height.div_ceil(CELL));
    let colour = compared().map(|&[y, x, n]| {
        let bytes = wanted.colour[(y * width + x) * 3..(y * width + x + n) * 3].to_vec();
        Line { of_guide: false, at: [x, y], bytes, weight: of_colour }
    });
    // Guides are smooth: every fourth row tells enough.
    let guide = wanted.guide.iter().flat_map(|g| g.chunks_exact(width * 3)).enumerate().step_by(CELL);
    let guide = guide.map(|(y, row)| Line { of_guide: true, at: [0, y], bytes: row.to_vec(), weight: of_guide });
    colour.chain(guide).filter(|l| l.weight > 0.0).collect()
}

/// Means of the squares of the block that are known as a whole, and of the guide's. No lines if there are no such squares.
fn first_look(wanted: &Wanted) -> Vec<Line> {
    let [width, height] = wanted.size;
    let mut known = vec![false; width * height];
    wanted.runs.iter().for_each(|&[y, x, n]| known[y * width + x..y * width + x + n].fill(true));
    let whole = |i: usize, j: usize| {
        (j * CELL..(j + 1) * CELL).all(|y| known[y * width + i * CELL..][..CELL].iter().all(|&k| k))
    };
    let (across, down) = (width / CELL, height / CELL);
    let (mut lines, mut count): (Vec<Line>, usize) = (Vec::new(), 0);
    for j in (0..down).step_by((across * down).div_ceil(MOST_SQUARES).max(1)) {
        let mut i = 0;
        while i < across {
            let n = (i..across).take_while(|&i| whole(i, j)).count();
            if n > 0 {
                let bytes = (i..i + n).flat_map(|i| mean(&wanted.colour, width, [i * CELL, j * CELL])).collect();
                lines.push(Line { of_guide: false, at: [i, j], bytes, weight: 0.0 });
            }
            (i, count) = (i + n + 1, count + n);
        }
    }
    if lines.is_empty() && !wanted.runs.is_empty() {
        return lines;
    }
    let [of_colour, of_guide] = weights(wanted, count, across * down.div_ceil(2));
    for line in &mut lines {
        line.weight = of_colour;
    }
    for (j, guide) in wanted.guide.iter().flat_map(|g| (0..down).step_by(2).map(move |j| (j, g))) {
        let bytes = (0..across).flat_map(|i| mean(guide, width, [i * CELL, j * CELL])).collect();
        lines.push(Line { of_guide: true, at: [0, j], bytes, weight: of_guide });
    }
    lines.retain(|l| l.weight > 0.0);
    lines
}
