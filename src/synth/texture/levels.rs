//! The exemplars at several scales, each scale in one table of pixels, so that a place is a number and a step is an addition.

use super::{
    Place,
    job::{Job, Source},
};
use crate::picture::Picture;

/// Rows and columns around each exemplar in a table, which repeat its border and may not be copied.
pub(super) const PAD: usize = 8;
/// No place.
pub(super) const NOWHERE: u32 = u32::MAX;

/// One picture at one scale. Colours have a fourth byte, 0, because four are compared faster than three.
#[derive(Clone)]
pub(super) struct Layer {
    pub size: [usize; 2],
    pub colour: Vec<[u8; 4]>,
    pub guide: Option<Vec<[u8; 4]>>,
    pub ok: Vec<bool>,
}

/// The pixels of a picture with a fourth byte.
pub(super) fn fours(picture: &Picture) -> Vec<[u8; 4]> {
    picture.rgb.chunks_exact(3).map(|p| [p[0], p[1], p[2], 0]).collect()
}

/// The four pixels, of a picture of this size, that make pixel `i` of half of it.
fn children([w, h]: [usize; 2], i: usize) -> [usize; 4] {
    let half = w.div_ceil(2);
    let (left, top) = (i % half * 2, i / half * 2);
    let (right, below) = ((left + 1).min(w - 1), (top + 1).min(h - 1));
    [top * w + left, top * w + right, below * w + left, below * w + right]
}

impl Layer {
    /// A source at its full size.
    pub fn of(source: &Source) -> Self {
        let guide = source.guide.as_ref().map(fours);
        Self { size: source.size(), colour: fours(&source.picture), guide, ok: source.allowed.clone() }
    }

    /// Half as wide and high: means of two by two pixels, of those that are `ok` if any is; then the mean is too.
    pub fn halved(&self) -> Self {
        let [w, h] = self.size;
        let [hw, hh] = [w.div_ceil(2), h.div_ceil(2)];
        let four = |i: usize| children([w, h], i);
        let mean = |of: &[[u8; 4]]| -> Vec<[u8; 4]> {
            (0..hw * hh)
                .map(|i| {
                    let (four, any) = (four(i), four(i).iter().any(|&j| self.ok[j]));
                    let (mut sum, mut count) = ([0u32; 4], 0);
                    for j in four.into_iter().filter(|&j| self.ok[j] || !any) {
                        (0..4).for_each(|c| sum[c] += u32::from(of[j][c]));
                        count += 1;
                    }
                    sum.map(|s| ((s + count / 2) / count) as u8)
                })
                .collect()
        };
        let ok = (0..hw * hh).map(|i| four(i).iter().any(|&j| self.ok[j])).collect();
        Self { size: [hw, hh], colour: mean(&self.colour), guide: self.guide.as_deref().map(mean), ok }
    }

    /// The level as a source for quilting.
    pub fn source(&self) -> Source {
        let [width, height] = self.size;
        let picture = |of: &Vec<[u8; 4]>| {
            let rgb: Vec<u8> = of.iter().flat_map(|p| [p[0], p[1], p[2]]).collect();
            Picture { width, height, rgb: rgb.into() }
        };
        let guide = self.guide.as_ref().map(picture);
        Source { picture: picture(&self.colour), guide, companion: None, allowed: self.ok.clone() }
    }
}

/// All exemplars at one scale, below each other in rows of `stride` pixels.
pub(super) struct Atlas {
    pub stride: usize,
    pub colour: Vec<[u8; 4]>,
    pub guide: Option<Vec<[u8; 4]>>,
    pub ok: Vec<bool>,
    tops: Vec<usize>,
    sizes: Vec<[usize; 2]>,
}

impl Atlas {
    /// Of one layer for each exemplar.
    pub fn of(layers: &[Layer]) -> Self {
        let stride = layers.iter().map(|l| l.size[0]).max().unwrap_or(0) + 2 * PAD;
        let mut tops = Vec::new();
        let mut rows = 0;
        for layer in layers {
            tops.push(rows + PAD);
            rows += layer.size[1] + 2 * PAD;
        }
        let mut atlas = Self {
            stride,
            colour: vec![[0; 4]; stride * rows],
            guide: layers.first().is_some_and(|l| l.guide.is_some()).then(|| vec![[0; 4]; stride * rows]),
            ok: vec![false; stride * rows],
            sizes: layers.iter().map(|l| l.size).collect(),
            tops,
        };
        for (e, layer) in layers.iter().enumerate() {
            let [w, h] = layer.size;
            for y in 0..h + 2 * PAD {
                for x in 0..w + 2 * PAD {
                    let (u, v) = (x.saturating_sub(PAD).min(w - 1), y.saturating_sub(PAD).min(h - 1));
                    let (to, from) = ((atlas.tops[e] + y - PAD) * stride + x, v * w + u);
                    atlas.colour[to] = layer.colour[from];
                    if let (Some(to_guide), Some(guide)) = (&mut atlas.guide, &layer.guide) {
                        to_guide[to] = guide[from];
                    }
                    atlas.ok[to] = layer.ok[from] && u + PAD == x && v + PAD == y;
                }
            }
        }
        atlas
    }

    /// The place of a pixel of an exemplar; beyond its border the nearest one inside.
    pub fn at(&self, exemplar: usize, x: usize, y: usize) -> u32 {
        let [w, h] = self.sizes[exemplar];
        ((self.tops[exemplar] + y.min(h - 1)) * self.stride + PAD + x.min(w - 1)) as u32
    }

    /// Which pixel of which exemplar a place is.
    pub fn place(&self, at: u32) -> Place {
        if at == NOWHERE {
            return Place::NONE;
        }
        let (row, column) = (at as usize / self.stride, at as usize % self.stride);
        let e = self.tops.iter().rposition(|&t| t <= row).unwrap_or(0);
        Place { exemplar: e as u16, x: (column - PAD) as u16, y: (row - self.tops[e]) as u16 }
    }

    /// All places that may be copied.
    pub fn places(&self) -> Vec<u32> {
        (0..self.ok.len() as u32).filter(|&i| self.ok[i as usize]).collect()
    }
}

/// The place in the next finer table that belongs to one in the coarser table: its child at this column and row (0 or 1), or another
/// child if that one may not be copied.
pub(super) fn child(coarse: &Atlas, fine: &Atlas, at: u32, [x, y]: [usize; 2]) -> u32 {
    if at == NOWHERE {
        return NOWHERE;
    }
    let p = coarse.place(at);
    let (e, px, py) = (usize::from(p.exemplar), 2 * usize::from(p.x), 2 * usize::from(p.y));
    let children = [[x, y], [1 - x, y], [x, 1 - y], [1 - x, 1 - y]].map(|[x, y]| fine.at(e, px + x, py + y));
    children.into_iter().find(|&c| fine.ok[c as usize]).unwrap_or(NOWHERE)
}

/// What is to be made, at one scale: `map` and `hole` row by row; `colour` and `guide` with a border of [`PAD`] around.
pub(super) struct Field {
    pub size: [usize; 2],
    pub ring: bool,
    pub map: Vec<u32>,
    pub hole: Vec<bool>,
    pub colour: Vec<[u8; 4]>,
    pub guide: Option<Vec<[u8; 4]>>,
}

impl Field {
    /// Pixels in a row of `colour`.
    pub fn stride(&self) -> usize {
        self.size[0] + 2 * PAD
    }

    /// Where a pixel is in `colour`.
    pub fn padded(&self, x: usize, y: usize) -> usize {
        (y + PAD) * self.stride() + x + PAD
    }

    /// With the known colours of `ground` and the pixels of `atlas` that `map` names.
    pub fn of(ground: &Layer, ring: bool, map: Vec<u32>, atlas: &Atlas) -> Self {
        let [w, h] = ground.size;
        let hole = ground.ok.iter().map(|ok| !ok).collect();
        let colour = vec![[0; 4]; (w + 2 * PAD) * (h + 2 * PAD)];
        let mut field = Self { size: ground.size, ring, map, hole, colour, guide: ground.guide.clone() };
        for y in 0..h {
            for x in 0..w {
                let (to, at) = (field.padded(x, y), y * w + x);
                field.colour[to] = if field.map[at] == NOWHERE || !field.hole[at] {
                    ground.colour[at]
                } else {
                    atlas.colour[field.map[at] as usize]
                };
            }
        }
        field.close();
        field
    }

    /// Fills the border: with the other side if it is a ring, else with the nearest pixels.
    pub fn close(&mut self) {
        let [w, h] = self.size;
        let (ring, stride) = (self.ring, self.stride());
        let inner = move |i: usize, n: usize| {
            PAD + if ring { (i + n * PAD - PAD) % n } else { i.saturating_sub(PAD).min(n - 1) }
        };
        for y in PAD..h + PAD {
            for x in (0..PAD).chain(w + PAD..stride) {
                self.colour[y * stride + x] = self.colour[y * stride + inner(x, w)];
            }
        }
        for y in (0..PAD).chain(h + PAD..h + 2 * PAD) {
            self.colour.copy_within(inner(y, h) * stride..(inner(y, h) + 1) * stride, y * stride);
        }
    }

    /// The pixel that lies this far from one, if it is inside or the field is a ring.
    pub fn near(&self, x: usize, y: usize, dx: isize, dy: isize) -> Option<usize> {
        let ([w, h], (x, y)) = (self.size.map(|s| s as isize), (x as isize + dx, y as isize + dy));
        if self.ring {
            return Some((y.rem_euclid(h) * w + x.rem_euclid(w)) as usize);
        }
        (x >= 0 && y >= 0 && x < w && y < h).then(|| (y * w + x) as usize)
    }
}

/// The canvas of a job as a layer, `margin` pixels wider on each side: `ok` where it is known.
pub(super) fn ground(job: &Job, margin: usize) -> Layer {
    let [w, h] = job.size;
    let size = [w + 2 * margin, h + 2 * margin];
    let all = (0..size[1]).flat_map(|y| (0..size[0]).map(move |x| (x, y)));
    let inner: Vec<usize> =
        all.map(|(x, y)| y.saturating_sub(margin).min(h - 1) * w + x.saturating_sub(margin).min(w - 1)).collect();
    let spread = |of: &Picture| -> Vec<[u8; 4]> {
        let of = fours(of);
        inner.iter().map(|&i| of[i]).collect()
    };
    let colour = job.known.as_ref().map_or_else(|| vec![[0; 4]; inner.len()], spread);
    Layer { size, colour, guide: job.guide.as_ref().map(spread), ok: inner.iter().map(|&i| !job.hole[i]).collect() }
}

/// Half as large as [`Layer::halved`] makes it, but known only where all four pixels are.
pub(super) fn ground_halved(ground: &Layer) -> Layer {
    let mut half = ground.halved();
    for (i, ok) in half.ok.iter_mut().enumerate() {
        *ok = children(ground.size, i).into_iter().all(|j| ground.ok[j]);
    }
    half
}
