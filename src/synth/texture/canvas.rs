//! The picture that quilting works on: blocks are laid over it, and each pixel knows where it comes from.

use super::{
    Place,
    blend::{Overlay, blend, distances},
    cut::{Side, cut},
    fit::Wanted,
    job::Job,
};
use crate::{picture::Picture, synth::Stop};

/// The result so far. `layers` are the picture and, if there are companions, the companion.
pub(super) struct Canvas<'a> {
    pub job: &'a Job,
    stop: Stop<'a>,
    pub layers: Vec<Vec<u8>>,
    pub map: Vec<Place>,
    pub filled: Vec<bool>,
}

/// A part of the canvas; it goes on at the other side if the result is tileable.
#[derive(Clone, Copy)]
pub(super) struct Block {
    pub from: [usize; 2],
    pub size: [usize; 2],
}

impl<'a> Canvas<'a> {
    /// An empty canvas for a job, or one with what is known of a picture.
    pub fn of(job: &'a Job, stop: Stop<'a>) -> Self {
        let n = job.size[0] * job.size[1];
        let picture = job.known.as_ref().map_or_else(|| vec![0; n * 3], |p| p.rgb.to_vec());
        let mut layers = vec![picture];
        if job.has_companions() {
            layers.push(vec![0; n * 3]);
        }
        Self { job, stop, layers, map: vec![Place::NONE; n], filled: job.hole.iter().map(|h| !h).collect() }
    }

    /// The pixel at a place of a block.
    pub fn at(&self, block: Block, x: usize, y: usize) -> usize {
        let [w, h] = self.job.size;
        (block.from[1] + y) % h * w + (block.from[0] + x) % w
    }

    /// Whether a block has no pixel left to fill.
    pub fn is_full(&self, block: Block) -> bool {
        (0..block.size[1]).all(|y| (0..block.size[0]).all(|x| self.filled[self.at(block, x, y)]))
    }

    /// What the block looks like now. Pixels that are known count if one to be filled is no farther than `reach`.
    pub fn wanted(&self, block: Block, reach: usize, guide_weight: f64) -> Wanted {
        let [bw, bh] = block.size;
        let gather = |bytes: &[u8]| -> Vec<u8> {
            let pixels = (0..bh).flat_map(|y| (0..bw).map(move |x| (x, y)));
            pixels.flat_map(|(x, y)| bytes[self.at(block, x, y) * 3..][..3].to_vec()).collect()
        };
        let pixels = (0..bh).flat_map(|y| (0..bw).map(move |x| (x, y)));
        let filled: Vec<bool> = pixels.map(|(x, y)| self.filled[self.at(block, x, y)]).collect();
        let to_fill = distances(block.size, filled.iter().map(|f| !f), f32::INFINITY);
        let counts = |x: usize, y: usize| filled[y * bw + x] && to_fill[y * bw + x] <= 1.5 * reach as f32;
        let mut runs = Vec::new();
        for y in 0..bh {
            let mut x = 0;
            while x < bw {
                let n = (x..bw).take_while(|&x| counts(x, y)).count();
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
    pub fn going_on(&self, block: Block) -> Vec<Place> {
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
    pub fn sides(&self, block: Block) -> Vec<Side> {
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
    pub fn lay(&mut self, block: Block, place: Place, sides: &[Side], feather: usize) {
        let [bw, bh] = block.size;
        let source = &self.job.sources[usize::from(place.exemplar)];
        let from =
            |x: usize, y: usize| ((usize::from(place.y) + y) * source.picture.width + usize::from(place.x) + x) * 3;
        let places: Vec<(usize, usize)> =
            (0..bw * bh).map(|i| (self.at(block, i % bw, i / bw), from(i % bw, i / bw))).collect();
        let gather = |bytes: &[u8], at: usize| [bytes[at], bytes[at + 1], bytes[at + 2]];
        let of_layer = |layer: &[u8], picture: &Picture| -> (Vec<[u8; 3]>, Vec<[u8; 3]>) {
            places.iter().map(|&(at, there)| (gather(layer, at * 3), gather(&picture.rgb, there))).unzip()
        };
        let (old, new) = of_layer(&self.layers[0], &source.picture);
        let covers = cut(sides, &seam_cost(block.size, sides, &old, &new), block.size, self.stop);
        for (layer, picture) in
            self.layers.iter_mut().zip([Some(&source.picture), source.companion.as_ref()].into_iter().flatten())
        {
            let (old, new) = of_layer(layer, picture);
            let blended = blend(&Overlay { size: block.size, old: &old, new: &new, sides, covers: &covers }, feather);
            places
                .iter()
                .zip(blended)
                .for_each(|(&(at, _), colour)| layer[at * 3..at * 3 + 3].copy_from_slice(&colour));
        }
        for (i, &(at, _)) in places.iter().enumerate() {
            if covers[i] {
                let (x, y) = ((i % bw) as u16, (i / bw) as u16);
                self.map[at] = Place { exemplar: place.exemplar, x: place.x + x, y: place.y + y };
            }
            self.filled[at] = true;
        }
    }

    /// What it looks like so far; black where nothing lies yet.
    pub fn picture(&self) -> Picture {
        Picture { width: self.job.size[0], height: self.job.size[1], rgb: self.layers[0].clone().into() }
    }
}

/// What a seam at a pixel costs: the difference of old and new, less where the picture is busy (Kwatra et al. 2003).
fn seam_cost([w, h]: [usize; 2], sides: &[Side], old: &[[u8; 3]], new: &[[u8; 3]]) -> Vec<u32> {
    let apart = |a: [u8; 3], b: [u8; 3]| (0..3).map(|c| u32::from(a[c].abs_diff(b[c]))).sum::<u32>();
    let busy = |of: &[[u8; 3]], i: usize, j: usize| {
        if sides[i] == Side::New || sides[j] == Side::New { 0 } else { apart(of[i], of[j]) }
    };
    (0..w * h)
        .map(|i| {
            let (x, y) = (i % w, i / w);
            let near = [
                i.saturating_sub(usize::from(x > 0)),
                (i + usize::from(x + 1 < w)),
                i.saturating_sub(if y > 0 { w } else { 0 }),
            ];
            let busy: u32 = near.into_iter().map(|j| busy(old, i, j) + busy(new, i, j)).sum();
            if sides[i] == Side::New { 0 } else { 64 * apart(old[i], new[i]) / (24 + busy / 3) }
        })
        .collect()
}
