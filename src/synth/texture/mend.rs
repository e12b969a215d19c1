//! Lays blocks over the worst seams of a quilted texture, as long as that makes them better (after Kwatra et al. 2003).

use super::{
    Place,
    canvas::{Block, Canvas},
    cut::Side,
    fit::{self, Choice, Ground, Room},
};
use crate::synth::Watch;
use anyhow::Result;

/// Width of a block in cells; seams are summed in cells.
const CELLS: usize = 4;

/// How seams are mended.
pub(super) struct Mender {
    pub block: usize,
    pub feather: usize,
    /// How many blocks are tried.
    pub tries: usize,
}

/// The seams' errors, by cell.
struct Seams {
    cell: usize,
    size: [usize; 2],
    error: Vec<u64>,
    tried: Vec<bool>,
}

impl Mender {
    /// Tries the places with the worst seams, each once, in blocks of the usual size and of half of it.
    pub fn mend(&self, canvas: &mut Canvas, grounds: &[Ground], guide_weight: f64, watch: &mut Watch) -> Result<()> {
        let sides = [self.block, self.block / 2];
        for (pass, side) in sides.into_iter().enumerate() {
            let [w, h] = canvas.job.size;
            let tries = self.tries * (pass + 1) / sides.len().max(1);
            if side < 2 * CELLS || side > w || side > h {
                continue;
            }
            let rooms: Vec<Room> = grounds.iter().map(|g| Room::of(g.source, [side; 2])).collect();
            let mut seams = Seams::of(canvas, side / CELLS);
            for i in 0..tries {
                watch.at((pass as f32 + i as f32 / tries as f32) / sides.len() as f32)?;
                let Some(block) = seams.worst(canvas, side) else { break };
                self.better(canvas, block, (grounds, &rooms), guide_weight, watch);
                seams.read(canvas, block);
            }
        }
        watch.check()
    }

    /// Lays the best fitting block here, if the seams are less bad with it.
    fn better(
        &self,
        canvas: &mut Canvas,
        block: Block,
        (grounds, rooms): (&[Ground], &[Room]),
        guide_weight: f64,
        watch: &Watch,
    ) {
        let side = block.size[0];
        let (low, high) = (side / 4, side - side / 4);
        let inner = |i: usize| (low..high).contains(&(i % side)) && (low..high).contains(&(i / side));
        let mut wanted = canvas.wanted(block, side, guide_weight);
        wanted.runs = (0..side)
            .flat_map(|y| {
                if (low..high).contains(&y) { vec![[y, 0, low], [y, high, side - high]] } else { vec![[y, 0, side]] }
            })
            .collect();
        let shun = canvas.going_on(block);
        let choice = Choice { tolerance: 0.0, shun: &shun, radius: 2, uses: None, draw: 0 };
        let Some(place) = fit::find(grounds, rooms, &wanted, &choice, watch.stop()) else { return };
        let mut sides = canvas.sides(block);
        for (i, s) in sides.iter_mut().enumerate() {
            let at = canvas.at(block, i % side, i / side);
            if *s == Side::Open && inner(i) && canvas.job.hole[at] {
                *s = Side::New;
            }
        }
        if !sides.contains(&Side::New) {
            return;
        }
        let before = canvas.seams(block);
        let kept = canvas.take(block);
        canvas.lay(block, place, &sides, self.feather.min(side / 6));
        if canvas.seams(block) >= before {
            canvas.put(block, &kept);
        }
    }
}

impl Seams {
    fn of(canvas: &Canvas, cell: usize) -> Self {
        let size = canvas.job.size.map(|s| s.div_ceil(cell));
        let n = size[0] * size[1];
        let mut seams = Self { cell, size, error: vec![0; n], tried: vec![false; n] };
        (0..n).for_each(|i| seams.error[i] = seams.sum(canvas, i % size[0], i / size[0]));
        seams
    }

    fn sum(&self, canvas: &Canvas, x: usize, y: usize) -> u64 {
        let from = [x * self.cell, y * self.cell];
        let [w, h] = canvas.job.size;
        canvas.seams(Block { from, size: [self.cell.min(w - from[0]), self.cell.min(h - from[1])] })
    }

    /// The block with the worst seams that was not tried yet, marked as tried; none if there are no seams.
    fn worst(&mut self, canvas: &Canvas, side: usize) -> Option<Block> {
        let ([across, down], [w, h], ring) = (self.size, canvas.job.size, canvas.job.tileable);
        let sum = |i: usize| -> u64 {
            let cells = (0..CELLS).flat_map(|y| (0..CELLS).map(move |x| (i % across + x, i / across + y)));
            let inside = cells.filter(|&(x, y)| ring || (x < across && y < down));
            inside.map(|(x, y)| self.error[y % down * across + x % across]).sum()
        };
        let (most, i) = (0..across * down)
            .filter(|&i| !self.tried[i])
            .map(|i| (sum(i), i))
            .max_by_key(|&(s, i)| (s, across * down - i))?;
        self.tried[i] = true;
        let from = [i % across * self.cell, i / across * self.cell];
        let from = if ring { from } else { [from[0].min(w - side), from[1].min(h - side)] };
        (most > 0).then_some(Block { from, size: [side; 2] })
    }

    /// Reads the errors around a block again.
    fn read(&mut self, canvas: &Canvas, block: Block) {
        let [across, down] = self.size;
        let [x0, y0] = block.from.map(|f| f / self.cell);
        for y in 0..CELLS + 2 {
            for x in 0..CELLS + 2 {
                let (x, y) = ((x0 + across + x - 1) % across, (y0 + down + y - 1) % down);
                self.error[y * across + x] = self.sum(canvas, x, y);
            }
        }
    }
}

/// What lies in a block.
pub(super) struct Kept {
    layers: Vec<Vec<[u8; 3]>>,
    map: Vec<Place>,
}

impl Canvas<'_> {
    fn pixels(&self, block: Block) -> Vec<usize> {
        let [w, h] = block.size;
        (0..h).flat_map(|y| (0..w).map(move |x| (x, y))).map(|(x, y)| self.at(block, x, y)).collect()
    }

    fn take(&self, block: Block) -> Kept {
        let pixels = self.pixels(block);
        let layer = |l: &Vec<u8>| pixels.iter().map(|&at| [l[at * 3], l[at * 3 + 1], l[at * 3 + 2]]).collect();
        Kept { layers: self.layers.iter().map(layer).collect(), map: pixels.iter().map(|&at| self.map[at]).collect() }
    }

    fn put(&mut self, block: Block, kept: &Kept) {
        for (i, at) in self.pixels(block).into_iter().enumerate() {
            self.map[at] = kept.map[i];
            self.layers.iter_mut().zip(&kept.layers).for_each(|(l, k)| l[at * 3..at * 3 + 3].copy_from_slice(&k[i]));
        }
    }

    /// The error of all seams in a block and at its borders: where neighbours are not neighbours in one exemplar, how much each differs
    /// from what its neighbour's exemplar shows in its place.
    fn seams(&self, block: Block) -> u64 {
        let ([w, h], ring) = (self.job.size, self.job.tileable);
        let mut sum = 0;
        for y in 0..=block.size[1] {
            for x in 0..=block.size[0] {
                // Edges to the left and above of each pixel, and those behind the last ones.
                let (gx, gy) = (block.from[0] + x, block.from[1] + y);
                if !ring && (gx >= w || gy >= h) {
                    continue;
                }
                let at = gy % h * w + gx % w;
                if y < block.size[1] && (ring || gx > 0) {
                    sum += self.seam(gy % h * w + (gx + w - 1) % w, at, [1, 0]);
                }
                if x < block.size[0] && (ring || gy > 0) {
                    sum += self.seam((gy + h - 1) % h * w + gx % w, at, [0, 1]);
                }
            }
        }
        sum
    }

    /// The error between a pixel and the one right of it or below it.
    fn seam(&self, a: usize, b: usize, [dx, dy]: [u16; 2]) -> u64 {
        let (p, q) = (self.map[a], self.map[b]);
        let known = (p.exemplar == Place::KNOWN, q.exemplar == Place::KNOWN);
        if known == (true, true) || (p.exemplar == q.exemplar && (p.x + dx, p.y + dy) == (q.x, q.y)) {
            return 0;
        }
        let seen = |place: Place| -> Option<[u8; 3]> {
            let source = self.job.sources.get(usize::from(place.exemplar))?;
            let [width, height] = source.size();
            let at = (usize::from(place.y) * width + usize::from(place.x)) * 3;
            let inside = usize::from(place.x) < width && usize::from(place.y) < height;
            inside.then(|| [source.picture.rgb[at], source.picture.rgb[at + 1], source.picture.rgb[at + 2]])
        };
        let shown =
            |at: usize, place: Place| seen(place).unwrap_or_else(|| [0, 1, 2].map(|c| self.layers[0][at * 3 + c]));
        let apart = |one: [u8; 3], other: [u8; 3]| (0..3).map(|c| u64::from(one[c].abs_diff(other[c]))).sum::<u64>();
        let beyond = Place { x: p.x.wrapping_add(dx), y: p.y.wrapping_add(dy), ..p };
        let before = Place { x: q.x.wrapping_sub(dx), y: q.y.wrapping_sub(dy), ..q };
        let (colour_p, colour_q) = (shown(a, p), shown(b, q));
        let at_q = seen(beyond).map(|c| apart(c, colour_q));
        let at_p = seen(before).map(|c| apart(c, colour_p));
        match (at_p, at_q) {
            (Some(at_p), Some(at_q)) => at_p + at_q,
            (Some(one), None) | (None, Some(one)) => 2 * one,
            (None, None) => 2 * apart(colour_p, colour_q),
        }
    }
}
