//! Image quilting: blocks of the exemplar laid over each other and joined along the cheapest seam (Efros and Freeman 2001).

use super::{
    Place,
    cut::{Side, cut},
    fit::{self, Choice, Room, Wanted},
    job::Job,
    knobs,
};
use crate::{
    latent,
    picture::Picture,
    spec::{Knob, Knobs},
    synth::{CANCELLED, Materials, Outcome, Task, Tool, Watch},
};
use anyhow::{Result, bail, ensure};

/// Image quilting.
pub const QUILTING: Tool = Tool {
    id: "quilting",
    title: "Quilting",
    about: "Lays blocks of the exemplar side by side and joins them along seams that nobody sees. Best for regular textures such as walls \
            and fabric; takes seconds.",
    task: Task::Texture,
    generator: false,
    knobs: knob_table,
    bytes,
    run,
};

/// Smallest side of an exemplar.
const LEAST: usize = 4;

fn knob_table() -> Vec<Knob> {
    let block = "Side of a block in pixels; 0 takes a sixth of the exemplar's smaller side. Larger than what repeats in the texture, \
                 smaller than the exemplar.";
    let overlap = "How much of a block lies over its neighbours: more hides seams better and takes longer.";
    let tolerance = "How much worse than the best fitting block one may be and still be drawn: more gives more variety, less better seams.";
    let feather = "Pixels on both sides of a seam that are blended; 0 copies every pixel as it is.";
    vec![
        knobs::int("block", "Block size", block, [0, 512, 0]),
        knobs::real("overlap", "Overlap", overlap, [0.1, 0.5, 0.25]),
        knobs::real("tolerance", "Tolerance", tolerance, [0.0, 1.0, 0.1]),
        knobs::int("feather", "Feather", feather, [0, 4, 1]),
        knobs::guide_weight(),
        knobs::tileable(),
    ]
}

fn bytes(materials: &Materials, _: &Knobs) -> u64 {
    let [w, h] = materials.picture.as_ref().map_or(materials.size, Picture::size);
    let exemplars: u64 = materials.exemplars.iter().map(|e| (e.picture.width * e.picture.height) as u64).sum();
    // Canvases of two layers, map, flags and what measuring takes; sums and corners of each source.
    40 * (w * h) as u64 + 48 * exemplars.max((w * h) as u64) + (64 << 20)
}

/// The knobs, read once.
struct Settings {
    block: usize,
    overlap: usize,
    tolerance: f64,
    feather: usize,
    guide_weight: f64,
}

impl Settings {
    fn of(knobs: &Knobs, job: &Job) -> Result<Self> {
        let smaller = job.sources.iter().map(|s| s.size()[0].min(s.size()[1])).min().unwrap_or(LEAST);
        let asked = knobs.int("block");
        ensure!(
            asked <= smaller,
            "The block is {asked} pixels a side and the smallest exemplar {smaller}; choose a block of at most {smaller}, or 0."
        );
        let mut block = if asked > 0 { asked.max(3) } else { (smaller / 6).clamp(LEAST.max(smaller.min(16)), 128) };
        let places = |block: usize| job.sources.iter().map(|s| Room::of(s, [block; 2]).places()).sum::<usize>();
        while asked == 0 && block > LEAST && places(block) < 64 && places(block / 2) > places(block) {
            block /= 2;
        }
        ensure!(
            places(block) > 0,
            "No block of {block}×{block} pixels may be copied from the exemplars; allow more in the sample mask or choose a smaller block."
        );
        let overlap = ((block as f64 * knobs.real("overlap")).round() as usize).clamp(1, block / 2);
        let (tolerance, guide_weight) = (knobs.real("tolerance"), knobs.real("guide_weight"));
        Ok(Self { block, overlap, tolerance, feather: knobs.int("feather"), guide_weight })
    }
}

/// Begins of blocks along a side: evenly apart if they close a ring, and never farther than they may overlap.
fn begins(length: usize, block: usize, overlap: usize, ring: bool) -> Vec<usize> {
    let step = (block - overlap).max(1);
    if ring {
        let count = length.div_ceil(step);
        return (0..count).map(|i| i * length / count).collect();
    }
    let count = length.saturating_sub(overlap).div_ceil(step).max(1);
    (0..count).map(|i| i * step).collect()
}

/// The result so far. `layers` are the picture and, if there are companions, the companion.
struct Canvas<'a> {
    job: &'a Job,
    layers: Vec<Vec<u8>>,
    map: Vec<Place>,
    filled: Vec<bool>,
}

/// A part of the canvas: `at` wraps around if the result is tileable.
#[derive(Clone, Copy)]
struct Block {
    from: [usize; 2],
    size: [usize; 2],
}

impl<'a> Canvas<'a> {
    fn of(job: &'a Job) -> Self {
        let n = job.size[0] * job.size[1];
        let picture = job.known.as_ref().map_or_else(|| vec![0; n * 3], |p| p.rgb.to_vec());
        let mut layers = vec![picture];
        if job.has_companions() {
            layers.push(vec![0; n * 3]);
        }
        Self { job, layers, map: vec![Place::NONE; n], filled: job.hole.iter().map(|h| !h).collect() }
    }

    /// The pixel at a place of a block.
    fn at(&self, block: Block, x: usize, y: usize) -> usize {
        let [w, h] = self.job.size;
        (block.from[1] + y) % h * w + (block.from[0] + x) % w
    }

    /// What the block looks like now.
    fn wanted(&self, block: Block, guide_weight: f64) -> Wanted {
        let [bw, bh] = block.size;
        let gather = |bytes: &[u8]| -> Vec<u8> {
            let pixels = (0..bh).flat_map(|y| (0..bw).map(move |x| (x, y)));
            pixels.flat_map(|(x, y)| bytes[self.at(block, x, y) * 3..][..3].to_vec()).collect()
        };
        let mut runs = Vec::new();
        for y in 0..bh {
            let mut x = 0;
            while x < bw {
                let n = (x..bw).take_while(|&x| self.filled[self.at(block, x, y)]).count();
                if n > 0 {
                    runs.push([y, x, n]);
                }
                x += n + 1;
            }
        }
        let guide = self.job.guide.as_ref().map(|g| gather(&g.rgb));
        Wanted { size: block.size, colour: gather(&self.layers[0]), guide, runs, guide_weight }
    }

    /// Where blocks would begin in the sources that go on with what lies in this block already.
    fn going_on(&self, block: Block) -> Vec<Place> {
        let mut places: Vec<Place> = Vec::new();
        for y in (0..block.size[1]).step_by(2) {
            for x in (0..block.size[0]).step_by(2) {
                let p = self.map[self.at(block, x, y)];
                let corner = (usize::from(p.x).checked_sub(x), usize::from(p.y).checked_sub(y));
                let (Some(x), Some(y)) = corner else { continue };
                let place = Place { exemplar: p.exemplar, x: x as u16, y: y as u16 };
                if p.exemplar != Place::KNOWN && places.last() != Some(&place) && !places.contains(&place) {
                    places.push(place);
                }
            }
        }
        places
    }

    /// What is certain about each pixel of a block: what is known from the start and what borders on the rest of the canvas stays.
    fn sides(&self, block: Block) -> Vec<Side> {
        let ([bw, bh], [w, h]) = (block.size, self.job.size);
        let ring = self.job.tileable;
        let outside = |x: usize, y: usize, dx: isize, dy: isize| {
            let (gx, gy) = ((block.from[0] + x) as isize + dx, (block.from[1] + y) as isize + dy);
            if !ring && (gx < 0 || gy < 0 || gx >= w as isize || gy >= h as isize) {
                return false;
            }
            self.filled[gy.rem_euclid(h as isize) as usize * w + gx.rem_euclid(w as isize) as usize]
        };
        let pixels = (0..bh).flat_map(|y| (0..bw).map(move |x| (x, y)));
        pixels
            .map(|(x, y)| {
                let at = self.at(block, x, y);
                let meets = (x == 0 && outside(x, y, -1, 0) && bw < w)
                    || (x + 1 == bw && outside(x, y, 1, 0) && bw < w)
                    || (y == 0 && outside(x, y, 0, -1) && bh < h)
                    || (y + 1 == bh && outside(x, y, 0, 1) && bh < h);
                match self.filled[at] {
                    false => Side::New,
                    true if !self.job.hole[at] || meets => Side::Old,
                    true => Side::Open,
                }
            })
            .collect()
    }

    /// Lays the block of the source at `place` over the canvas.
    fn lay(&mut self, block: Block, place: Place, feather: usize) {
        let [bw, bh] = block.size;
        let source = &self.job.sources[usize::from(place.exemplar)];
        let from =
            |x: usize, y: usize| ((usize::from(place.y) + y) * source.picture.width + usize::from(place.x) + x) * 3;
        let sides = self.sides(block);
        let cost: Vec<u32> = (0..bw * bh)
            .map(|i| {
                let (at, there) = (self.at(block, i % bw, i / bw), from(i % bw, i / bw));
                if !self.filled[at] {
                    return 0;
                }
                let apart = |c: usize| u32::from(self.layers[0][at * 3 + c].abs_diff(source.picture.rgb[there + c]));
                (0..3).map(apart).sum()
            })
            .collect();
        let new = cut(&sides, &cost, block.size);
        let share = softened(&new, block.size, feather);
        for i in 0..bw * bh {
            let (x, y) = (i % bw, i / bw);
            let at = self.at(block, x, y);
            let (part, whole) = match sides[i] {
                Side::Old => continue,
                Side::New => (1, 1),
                Side::Open => share[i],
            };
            let companions = source.companion.as_ref();
            for (layer, picture) in
                self.layers.iter_mut().zip([Some(&source.picture), companions].into_iter().flatten())
            {
                for c in 0..3 {
                    let (old, new) = (u32::from(layer[at * 3 + c]), u32::from(picture.rgb[from(x, y) + c]));
                    layer[at * 3 + c] = ((old * (whole - part) + new * part + whole / 2) / whole) as u8;
                }
            }
            if new[i] {
                self.map[at] = Place { exemplar: place.exemplar, x: place.x + x as u16, y: place.y + y as u16 };
            }
            self.filled[at] = true;
        }
    }

    fn picture(&self) -> Picture {
        Picture { width: self.job.size[0], height: self.job.size[1], rgb: self.layers[0].clone().into() }
    }
}

/// The share of the new block in each pixel as a fraction: the part of new pixels in the square of this radius around it.
fn softened(new: &[bool], [bw, bh]: [usize; 2], radius: usize) -> Vec<(u32, u32)> {
    (0..bw * bh)
        .map(|i| {
            let (x, y) = (i % bw, i / bw);
            let (xs, ys) = (
                x.saturating_sub(radius)..(x + radius + 1).min(bw),
                y.saturating_sub(radius)..(y + radius + 1).min(bh),
            );
            let whole = (xs.len() * ys.len()) as u32;
            (ys.flat_map(|y| xs.clone().map(move |x| y * bw + x)).map(|i| u32::from(new[i])).sum(), whole)
        })
        .collect()
}

fn run(
    materials: &Materials,
    knobs: &Knobs,
    _: Option<&dyn crate::models::Player>,
    watch: &mut Watch,
) -> Result<Outcome> {
    let job = Job::of(materials, knobs.flag("tileable"), LEAST)?;
    let settings = Settings::of(knobs, &job)?;
    let mut canvas = Canvas::of(&job);
    let [w, h] = job.size;
    let along = |length| begins(length, settings.block.min(length), settings.overlap.min(length / 2), job.tileable);
    let (xs, ys) = (along(w), along(h));
    let mut left: Vec<[usize; 2]> = ys.iter().flat_map(|&y| xs.iter().map(move |&x| [x, y])).collect();
    let size = |[x, y]: [usize; 2]| {
        let b = settings.block;
        if job.tileable { [b.min(w), b.min(h)] } else { [b.min(w - x), b.min(h - y)] }
    };
    left.reverse();
    let (count, mut rooms): (usize, Vec<([usize; 2], Vec<Room>)>) = (left.len(), Vec::new());
    watch.part(0.0, 0.9);
    for done in 0..count {
        let Some(from) = next(&mut left, &canvas, size) else { break };
        let block = Block { from, size: size(from) };
        let all = (0..block.size[1]).flat_map(|y| (0..block.size[0]).map(move |x| (x, y)));
        if all.clone().all(|(x, y)| canvas.filled[canvas.at(block, x, y)]) {
            continue;
        }
        if !rooms.iter().any(|(s, _)| *s == block.size) {
            rooms.push((block.size, job.sources.iter().map(|s| Room::of(s, block.size)).collect()));
        }
        let Some((_, room)) = rooms.iter().find(|(s, _)| *s == block.size) else { bail!(CANCELLED) };
        let wanted = canvas.wanted(block, settings.guide_weight);
        let shun = canvas.going_on(block);
        let draw = latent::mix(&[job.seed, done as u64]);
        let choice = Choice { tolerance: settings.tolerance, shun: &shun, radius: settings.block.div_ceil(4), draw };
        let found = fit::find(&job.sources, room, &wanted, &choice, watch.stop());
        watch.check()?;
        let Some(place) = found else { bail!("No block of the exemplars could be laid; choose a smaller block.") };
        canvas.lay(block, place, settings.feather);
        let share = (done + 1) as f32 / count as f32;
        if (done + 1) % count.div_ceil(8) == 0 { watch.show(share, canvas.picture())? } else { watch.at(share)? }
    }
    watch.part(0.9, 1.0);
    watch.at(0.0)?;
    let mut layers = std::mem::take(&mut canvas.layers).into_iter();
    let (picture, companion) = (layers.next().unwrap_or_default(), layers.next());
    Ok(job.outcome(picture, companion, &canvas.map))
}

/// The next block: in a new texture row by row, in a hole the one of which most is known.
fn next(left: &mut Vec<[usize; 2]>, canvas: &Canvas, size: impl Fn([usize; 2]) -> [usize; 2]) -> Option<[usize; 2]> {
    if canvas.job.known.is_none() {
        return left.pop();
    }
    let known = |&from: &[usize; 2]| {
        let block = Block { from, size: size(from) };
        let all = (0..block.size[1]).flat_map(|y| (0..block.size[0]).map(move |x| (x, y)));
        let filled = all.filter(|&(x, y)| canvas.filled[canvas.at(block, x, y)]).count();
        filled * 1024 / (block.size[0] * block.size[1])
    };
    let best = (0..left.len()).max_by_key(|&i| known(&left[i]))?;
    Some(left.swap_remove(best))
}
