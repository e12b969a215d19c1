//! Contrast-limited adaptive histogram equalisation: brings out what is there, place by place.

use super::{
    super::{Materials, Outcome, Task, Tool, Watch},
    fitted, knobs, luma, pixels, repainted, subject,
};
use crate::{
    models::Player,
    picture::Picture,
    spec::{Knob, Knobs},
};
use anyhow::Result;
use rayon::prelude::*;

/// Equalises the brightness of each tile, with a bound on how steep its curve may be, and blends the curves of neighbouring tiles (Pizer
/// et al. 1987, Zuiderveld 1994). Colours keep their ratios.
pub const CLAHE: Tool = Tool {
    id: "clahe",
    title: "Local contrast",
    about: "Brings out detail in shadows, haze and skies by raising contrast place by place (CLAHE). Takes no time.",
    task: Task::Enhancement,
    generator: false,
    knobs: table,
    bytes: |materials, _| 8 * pixels(materials) + (1 << 20),
    run,
};

fn table() -> Vec<Knob> {
    vec![
        knobs::ratio(
            "limit",
            "Contrast limit",
            "How many times steeper contrast may become anywhere. 1 changes nothing, 2 is gentle, 4 is strong; more brings out noise.",
            (1.0, 40.0, 2.0),
        ),
        knobs::int(
            "tiles",
            "Tiles",
            "Into how many tiles the longer side is divided. More tiles look at smaller places and flatten large ones; try 4 to 16.",
            (1, 64, 8),
        ),
    ]
}

/// What each level of brightness becomes, 0 to 255.
type Curve = [f32; 256];

/// The tiles: how many across and down, and their sides in pixels (the last of a row or column ends where the picture does).
#[derive(Clone, Copy, Debug)]
struct Tiles {
    count: [usize; 2],
    side: [f32; 2],
}

impl Tiles {
    /// About square ones.
    fn new([width, height]: [usize; 2], along: usize) -> Self {
        let side = width.max(height) as f32 / along as f32;
        // Curves of a handful of pixels would follow noise.
        let count = [width, height].map(|n| ((n as f32 / side.max(8.0)).round() as usize).max(1));
        Self { count, side: [width as f32 / count[0] as f32, height as f32 / count[1] as f32] }
    }

    /// First pixel of tile `index` along an axis, and of the one after it for `index + 1`.
    fn start(&self, axis: usize, index: usize) -> usize {
        (index as f32 * self.side[axis]).round() as usize
    }

    /// The two tiles along an axis between whose centres a pixel lies, and how near it is to the second.
    fn around(&self, axis: usize, at: usize) -> (usize, usize, f32) {
        let place = ((at as f32 + 0.5) / self.side[axis] - 0.5).clamp(0.0, (self.count[axis] - 1) as f32);
        let first = place as usize;
        (first, (first + 1).min(self.count[axis] - 1), place - first as f32)
    }
}

/// Cuts a histogram off and spreads what was cut over all levels evenly, so that in the end none has more than `limit` times the mean.
fn clipped(counts: &[u32; 256], limit: f32) -> Curve {
    let total = counts.iter().map(|&n| f64::from(n)).sum::<f64>();
    let ceiling = f64::from(limit) * total / 256.0;
    // The level to cut at is found by halving: what is cut off grows as it sinks.
    let excess = |cut: f64| counts.iter().map(|&n| (f64::from(n) - cut).max(0.0)).sum::<f64>() / 256.0;
    let (mut low, mut high) = (0.0, ceiling);
    for _ in 0..40 {
        let middle = f64::midpoint(low, high);
        if middle + excess(middle) > ceiling { high = middle } else { low = middle }
    }
    let spread = excess(low);
    counts.map(|n| ((f64::from(n).min(low) + spread) / total) as f32)
}

/// The curve of a tile. A level's own share of the histogram counts with the part of it that the level is of 255: black and white stay,
/// and so does a tile of one brightness, and nowhere is the curve steeper than the limit.
fn curve(picture: &Picture, tiles: Tiles, index: usize, limit: f32) -> Curve {
    let (column, row) = (index % tiles.count[0], index / tiles.count[0]);
    let mut counts = [0; 256];
    for y in tiles.start(1, row)..tiles.start(1, row + 1) {
        let line = picture.row(y);
        for pixel in line[tiles.start(0, column) * 3..tiles.start(0, column + 1) * 3].chunks_exact(3) {
            counts[luma(pixel).round() as usize] += 1;
        }
    }
    let (shares, mut below) = (clipped(&counts, limit), 0.0);
    std::array::from_fn(|level| {
        let value = below + shares[level] * level as f32 / 255.0;
        below += shares[level];
        255.0 * value
    })
}

/// Where a curve takes a brightness between two levels.
fn along(curve: &Curve, y: f32) -> f32 {
    let level = (y as usize).min(254);
    curve[level] + (curve[level + 1] - curve[level]) * (y - level as f32)
}

fn run(materials: &Materials, knobs: &Knobs, _: Option<&dyn Player>, watch: &mut Watch) -> Result<Outcome> {
    let picture = subject(materials)?;
    let tiles = Tiles::new(picture.size(), knobs.int("tiles").max(1));
    let limit = knobs.real("limit").max(1.0) as f32;
    watch.at(0.0)?;
    let stop = watch.stop();
    let curves: Vec<Curve> = (0..tiles.count[0] * tiles.count[1])
        .into_par_iter()
        .map(|i| if stop() { [0.0; 256] } else { curve(picture, tiles, i, limit) })
        .collect();
    watch.at(0.3)?;
    let columns: Vec<_> = (0..picture.width).map(|x| tiles.around(0, x)).collect();
    let made = repainted(picture, watch, |x, y, pixel| {
        let ((left, right, across), (upper, lower, down)) = (columns[x], tiles.around(1, y));
        let old = luma(pixel);
        let at = |row: usize, column: usize| along(&curves[row * tiles.count[0] + column], old);
        let [top, bottom] = [upper, lower].map(|row| {
            let begin = at(row, left);
            begin + across * (at(row, right) - begin)
        });
        let new = top + down * (bottom - top);
        let brighter = if old > 0.0 { new / old } else { 0.0 };
        fitted([0, 1, 2].map(|c| f32::from(pixel[c]) * brighter), new)
    })?;
    watch.at(1.0)?;
    Ok(Outcome::of(made))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_limit_bounds_the_slope_and_a_generous_one_equalises() {
        // 1000 pixels of 100, 24 of 200.
        let mut counts = [0; 256];
        (counts[100], counts[200]) = (1000, 24);
        for limit in [1.0, 2.0, 10.0] {
            let shares = clipped(&counts, limit);
            let most = shares.iter().copied().fold(0.0, f32::max) * 256.0;
            assert!(most <= limit * 1.000_01, "{most} of {limit}");
            assert!((shares.iter().sum::<f32>() - 1.0).abs() < 1e-5);
        }
        assert!((clipped(&counts, 2.0)[100] * 256.0 - 2.0).abs() < 1e-4, "it is reached");
        let free = clipped(&counts, 256.0);
        assert!((free[100] - 1000.0 / 1024.0).abs() < 1e-6 && free[0] < 1e-6, "nothing is cut off");
    }

    #[test]
    fn curves_rise_no_faster_than_the_limit_and_keep_black_and_white() {
        let rgb: Vec<u8> = (0..64 * 64).flat_map(|i| [(90 + i * 7919 % 40) as u8; 3]).collect();
        let picture = Picture { width: 64, height: 64, rgb: rgb.into() };
        let tiles = Tiles::new([64, 64], 1);
        let curve = curve(&picture, tiles, 0, 3.0);
        assert!(curve[0].abs() < 1e-3 && (curve[255] - 255.0).abs() < 1e-2);
        let steps: Vec<f32> = curve.windows(2).map(|w| w[1] - w[0]).collect();
        let (least, most) = steps.iter().fold((f32::MAX, 0.0_f32), |(a, b), &s| (a.min(s), b.max(s)));
        assert!(least >= 0.0 && most <= 3.001 && most > 2.9, "{least} {most}");
    }

    #[test]
    fn tiles_cover_the_picture_and_the_curves_meet_in_the_middle() {
        let tiles = Tiles::new([100, 50], 4);
        assert_eq!(tiles.count, [4, 2]);
        assert_eq!([0, 1, 2, 3, 4].map(|i| tiles.start(0, i)), [0, 25, 50, 75, 100]);
        assert_eq!(tiles.around(0, 0), (0, 1, 0.0), "outside of the centres the nearest curve rules");
        assert!(tiles.around(0, 99).2 < 1e-6);
        let (first, second, share) = tiles.around(1, 25);
        assert!((first, second) == (0, 1) && (share - 0.52).abs() < 1e-5);
        assert_eq!(Tiles::new([1, 1], 64).count, [1, 1]);
    }
}
