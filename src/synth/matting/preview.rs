//! A quick matte to paint by: a smaller picture is solved, and its local linear functions are applied to the large one's colours.
//!
//! In every small window alpha ≈ a·colour + b (the model of Levin et al. 2008, fitted as in the guided filter of He, Sun & Tang 2010); a and
//! b are smooth, so they can be enlarged.

use super::{
    closed_form,
    unknowns::{KNOWN, Unknowns},
    windows::{AREA, Colour, colour},
};
use crate::picture::{Mask, Picture};
use rayon::prelude::*;

/// Ridge of the fit; more than the matte's own, since it must not follow noise.
const RIDGE: f64 = 1e-4;

/// A picture and its trimap, smaller by a whole number.
pub struct Small {
    /// Its pixels, each the mean of a square.
    pub picture: Picture,
    /// Its trimap: a square that holds known pixels of one kind is of that kind.
    pub trimap: Mask,
    times: usize,
}

/// The squares of a side that a picture of a size is cut into: for each, the range of pixels along both axes.
fn squares([width, height]: [usize; 2], side: usize) -> impl IndexedParallelIterator<Item = Vec<usize>> {
    let (across, down) = (width.div_ceil(side), height.div_ceil(side));
    (0..across * down).into_par_iter().map(move |s| {
        let (x, y) = (s % across * side, s / across * side);
        let rows = y..(y + side).min(height);
        rows.flat_map(|y| (x..(x + side).min(width)).map(move |x| y * width + x)).collect()
    })
}

impl Small {
    /// The picture `times` smaller.
    pub fn new(picture: &Picture, trimap: &Mask, times: usize) -> Self {
        let [width, height] = picture.size().map(|side| side.div_ceil(times));
        let mean = |pixels: &[usize], c: usize| {
            let sum: usize = pixels.iter().map(|p| usize::from(picture.rgb[3 * p + c])).sum();
            ((sum + pixels.len() / 2) / pixels.len()) as u8
        };
        let kind = |pixels: &[usize]| {
            let any = |value: u8| pixels.iter().any(|&p| trimap.grey[p] == value);
            match (any(0), any(255)) {
                (true, false) => 0,
                (false, true) => 255,
                _ => super::trimap::UNKNOWN,
            }
        };
        let (rgb, grey): (Vec<[u8; 3]>, Vec<u8>) =
            squares(picture.size(), times).map(|s| ([0, 1, 2].map(|c| mean(&s, c)), kind(&s))).unzip();
        let picture = Picture { width, height, rgb: rgb.as_flattened().into() };
        Self { picture, trimap: Mask { width, height, grey: grey.into() }, times }
    }

    /// The matte of the large picture, at its unknown pixels, from that of this one.
    pub fn enlarged(&self, alpha: &[f32], picture: &Picture, unknowns: &Unknowns) -> Vec<f64> {
        let [width, height] = self.picture.size();
        // Only where some pixel will ask.
        let mut asked = vec![false; width * height];
        for &p in &unknowns.pixels {
            self.around(p as usize, picture.width).iter().for_each(|&(q, _)| asked[q] = true);
        }
        let fits: Vec<[f64; 4]> = (0..width * height)
            .into_par_iter()
            .with_min_len(256)
            .map(|p| if asked[p] { self.fit(p, alpha) } else { [0.0; 4] })
            .collect();
        let value = |&p: &u32| {
            let p = p as usize;
            let mut mixed = [0.0; 4];
            for (q, weight) in self.around(p, picture.width) {
                (0..4).for_each(|k| mixed[k] += weight * fits[q][k]);
            }
            let c = colour(picture, p);
            (mixed[0] * c[0] + mixed[1] * c[1] + mixed[2] * c[2] + mixed[3]).clamp(0.0, 1.0)
        };
        debug_assert!(unknowns.place.len() < KNOWN as usize);
        unknowns.pixels.par_iter().with_min_len(1024).map(value).collect()
    }

    /// The four small pixels around a large one, and how much each counts.
    fn around(&self, pixel: usize, wide: usize) -> [(usize, f64); 4] {
        let [width, height] = self.picture.size();
        let along = |at: usize, end: usize| {
            let at = ((at as f64 + 0.5) / self.times as f64 - 0.5).clamp(0.0, (end - 1) as f64);
            let low = at as usize;
            (low, (low + 1).min(end - 1), at - low as f64)
        };
        let (left, right, across) = along(pixel % wide, width);
        let (up, down, below) = along(pixel / wide, height);
        [
            (up * width + left, (1.0 - across) * (1.0 - below)),
            (up * width + right, across * (1.0 - below)),
            (down * width + left, (1.0 - across) * below),
            (down * width + right, across * below),
        ]
    }

    /// a and b of the window around a small pixel; at the border the window reaches inward.
    fn fit(&self, pixel: usize, alpha: &[f32]) -> [f64; 4] {
        let [width, height] = self.picture.size();
        let inward = |at: usize, end: usize| at.max(1).min(end.saturating_sub(2).max(1)) - 1;
        let (x, y) = (inward(pixel % width, width), inward(pixel / width, height));
        let pixels: [usize; AREA] =
            std::array::from_fn(|k| (y + k / 3).min(height - 1) * width + (x + k % 3).min(width - 1));
        let colours: [Colour; AREA] = pixels.map(|p| colour(&self.picture, p));
        let window = closed_form::window(&colours, AREA as f64 * RIDGE);
        let mean = pixels.iter().map(|&p| f64::from(alpha[p])).sum::<f64>() / AREA as f64;
        let mut joint: Colour = [0.0; 3];
        for (c, &p) in colours.iter().zip(&pixels) {
            (0..3).for_each(|k| joint[k] += (c[k] - window.mean[k]) * (f64::from(alpha[p]) - mean));
        }
        let slope: Colour = std::array::from_fn(|i| (0..3).map(|j| window.form[i][j] * joint[j]).sum());
        let rest = mean - (0..3).map(|k| slope[k] * window.mean[k]).sum::<f64>();
        [slope[0], slope[1], slope[2], rest]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matte_that_is_linear_in_the_colours_is_enlarged_exactly() {
        let (width, height) = (42, 30);
        let level = |p: usize| ((p % width) * 5 + (p / width)) as u8;
        let rgb: Vec<u8> = (0..width * height).flat_map(|p| [level(p); 3]).collect();
        let picture = Picture { width, height, rgb: rgb.into() };
        let trimap = Mask { width, height, grey: (0..width * height).map(|p| if p == 0 { 0 } else { 9 }).collect() };
        let small = Small::new(&picture, &trimap, 3);
        assert_eq!((small.picture.size(), small.trimap.at(0, 0), small.trimap.at(1, 0)), ([14, 10], 0, 128));
        assert_eq!(small.picture.rgb[0], 6, "the mean of 0, 5, 10, 1, 6, 11, 2, 7, 12");
        let alpha: Vec<f32> = small.picture.rgb.chunks(3).map(|p| f32::from(p[0]) / 255.0).collect();
        let unknowns = Unknowns::of(&trimap);
        let large = small.enlarged(&alpha, &picture, &unknowns);
        for (&p, a) in unknowns.pixels.iter().zip(large) {
            let want = f64::from(level(p as usize)) / 255.0;
            assert!((a - want).abs() < 0.01, "{p}: {a} is not {want}");
        }
    }
}
