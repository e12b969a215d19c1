//! Non-local means: each pixel becomes the mean of those whose surroundings look alike.

use super::{
    super::{Materials, Outcome, Stop, Task, Tool, Watch},
    knobs, noise, pixels, subject,
};
use crate::{
    models::Player,
    picture::Picture,
    spec::{Knob, Knobs},
};
use anyhow::Result;
use rayon::prelude::*;

/// Non-local means (Buades, Coll and Morel 2005) with sums over patches that cost the same at any size of patch (Darbon et al. 2008).
pub const DENOISE: Tool = Tool {
    id: "denoise",
    title: "Denoise",
    about: "Takes grain away and keeps edges and repeated texture (non-local means). A second for a photograph of a megapixel.",
    task: Task::Enhancement,
    generator: false,
    knobs: table,
    bytes: |materials, knobs| {
        let (wide, high) = materials.picture.as_ref().map_or((0, 0), |p| (p.width, p.height));
        let margin = 2 * (knobs.int("search") + knobs.int("patch"));
        let padded = (wide + margin) as u64 * (high + margin) as u64;
        // Three padded planes, the result, and the working rows of the bands in flight.
        6 * padded + 8 * pixels(materials) + (64 << 20)
    },
    run,
};

fn table() -> Vec<Knob> {
    vec![
        knobs::real(
            "sigma",
            "Noise",
            "Standard deviation of the noise in levels of 255. 0 measures it; pictures that are all fine texture then pass for noisier than they are.",
            (0.0, 100.0, 0.0),
        ),
        knobs::real(
            "strength",
            "Strength",
            "How different patches may be, in units of the noise. 0.5 keeps more grain and detail, 1 and more is smoother.",
            (0.1, 2.0, STRENGTH),
        ),
        knobs::int(
            "patch",
            "Patch radius",
            "Patches of this many pixels around a place are compared: 1 for most photographs, 2 or 3 for grey pictures and very strong noise.",
            (1, 5, 1),
        ),
        knobs::int(
            "search",
            "Search radius",
            "How far like places are looked for, in pixels. Time grows with its square.",
            (2, 15, 8),
        ),
    ]
}

/// Best in mean squared error on a photograph with noise of 5 to 25 levels.
const STRENGTH: f64 = 0.75;
/// Rows that are worked on together.
const BAND: usize = 16;
/// Bands between two words about progress.
const AT_ONCE: usize = 8;
/// Below this, in levels, rounding to bytes is all the noise there is.
const LEAST_NOISE: f64 = 0.3;

/// The channels, with a margin in which the picture is mirrored.
struct Padded {
    planes: [Vec<u8>; 3],
    stride: usize,
}

/// Where a place outside of 0..n comes from when the picture is mirrored at its outermost pixels.
fn mirrored(at: isize, n: usize) -> usize {
    let period = 2 * (n as isize - 1).max(1);
    let at = at.rem_euclid(period);
    (at.min(period - at) as usize).min(n - 1)
}

impl Padded {
    fn new(picture: &Picture, margin: usize) -> Self {
        let stride = picture.width + 2 * margin;
        let from = |i: usize, n: usize| mirrored(i as isize - margin as isize, n);
        let columns: Vec<usize> = (0..stride).map(|x| 3 * from(x, picture.width)).collect();
        let plane = |channel: usize| {
            let mut plane = Vec::with_capacity(stride * (picture.height + 2 * margin));
            for y in 0..picture.height + 2 * margin {
                let row = picture.row(from(y, picture.height));
                plane.extend(columns.iter().map(|x| row[x + channel]));
            }
            plane
        };
        Self { planes: [0, 1, 2].map(plane), stride }
    }

    /// `n` values of a channel from a place on.
    fn at(&self, channel: usize, x: usize, y: usize, n: usize) -> &[u8] {
        &self.planes[channel][y * self.stride + x..][..n]
    }
}

/// What the knobs say, ready to be used.
#[derive(Clone, Copy, Debug)]
struct Plan {
    patch: usize,
    search: usize,
    /// Sums of squares over a patch up to this are all noise.
    noise: f32,
    /// What a sum of squares above it is multiplied by, for the exponent of e.
    scale: f32,
}

impl Plan {
    fn new(knobs: &Knobs, sigma: f64) -> Self {
        let (patch, search) = (knobs.int("patch").clamp(1, 5), knobs.int("search").clamp(1, 15));
        let terms = (3 * (2 * patch + 1).pow(2)) as f64;
        let h = knobs.real("strength").max(0.01) * sigma;
        Self { patch, search, noise: (2.0 * sigma * sigma * terms) as f32, scale: (-1.0 / (h * h * terms)) as f32 }
    }
}

/// e to the power of a number not above 0, within 1e-5 of the result (and 0 below −80): a polynomial that compiles to vector code.
fn exp(x: f32) -> f32 {
    let y = (x * std::f32::consts::LOG2_E).max(-115.0);
    // y = −n + f with f in (−½, ½]: 2ᶠ by its series, 2⁻ⁿ by the exponent's bits.
    let n = (0.5 - y) as i32;
    let f = (y + n as f32) * std::f32::consts::LN_2;
    let series = 1.0 + f * (1.0 + f * (0.5 + f * (1.0 / 6.0 + f * (1.0 / 24.0 + f * (1.0 / 120.0)))));
    series * f32::from_bits(((127 - n) << 23) as u32)
}

/// Squared distances of the pixels of one padded row to those of the same row, shifted; summed over the channels.
fn distances(padded: &Padded, (x, y): (usize, usize), (to_x, to_y): (usize, usize), out: &mut [u32]) {
    let length = out.len();
    let rows = |x: usize, y: usize| [0, 1, 2].map(|channel| padded.at(channel, x, y, length));
    let (here, there) = (rows(x, y), rows(to_x, to_y));
    for (i, out) in out.iter_mut().enumerate() {
        let square = |channel: usize| {
            let off = i32::from(here[channel][i]) - i32::from(there[channel][i]);
            (off * off) as u32
        };
        *out = square(0) + square(1) + square(2);
    }
}

/// What a band of rows needs while it is worked on.
struct Band {
    /// Width of the picture.
    width: usize,
    /// Distances of the rows that the patches of the present row reach, in a ring.
    rows: Vec<Vec<u32>>,
    /// Their sums, column by column.
    columns: Vec<u32>,
    /// Running sums of those, with a 0 before. They wrap around; the difference of two is exact all the same.
    sums: Vec<u32>,
    /// Weighted sums of the three channels and of the weights, row by row.
    found: [Vec<f32>; 4],
}

impl Band {
    fn new(width: usize, height: usize, patch: usize) -> Self {
        let wide = width + 2 * patch;
        let found = std::array::from_fn(|_| vec![0.0; width * height]);
        Self { width, rows: vec![vec![0; wide]; 2 * patch + 1], columns: vec![0; wide], sums: vec![0; wide + 1], found }
    }

    /// Adds what lies `dx`, `dy` away from the pixels of the rows from `top` on.
    fn add(&mut self, padded: &Padded, plan: &Plan, (top, height): (usize, usize), (dx, dy): (isize, isize)) {
        let (patch, across) = (plan.patch, self.rows.len());
        self.columns.fill(0);
        self.rows.iter_mut().for_each(|row| row.fill(0));
        let shifted = |at: usize, by: isize| (at as isize + by) as usize;
        // Row `line` of the distances is row `line − patch` of the band.
        for line in 0..height + 2 * patch {
            let y = top + plan.search + line;
            let ring = &mut self.rows[line % across];
            for (column, old) in self.columns.iter_mut().zip(&*ring) {
                *column -= old;
            }
            distances(padded, (plan.search, y), (shifted(plan.search, dx), shifted(y, dy)), ring);
            for (column, new) in self.columns.iter_mut().zip(&*ring) {
                *column += new;
            }
            if line >= 2 * patch {
                let place = (line - 2 * patch, shifted(y - patch, dy), shifted(plan.search + patch, dx));
                self.weigh(padded, plan, place);
            }
        }
    }

    /// Weighs the pixels `from_x`, `from_y` and so on of the padded picture in, for row `row` of the band.
    fn weigh(&mut self, padded: &Padded, plan: &Plan, (row, from_y, from_x): (usize, usize, usize)) {
        let mut sum = 0_u32;
        for (to, column) in self.sums[1..].iter_mut().zip(&self.columns) {
            sum = sum.wrapping_add(*column);
            *to = sum;
        }
        let (width, across) = (self.width, 2 * plan.patch + 1);
        let (begins, ends) = (&self.sums[..width], &self.sums[across..][..width]);
        let [reds, greens, blues] = [0, 1, 2].map(|c| padded.at(c, from_x, from_y, width));
        let [red, green, blue, weights] = self.found.each_mut().map(|plane| &mut plane[row * width..][..width]);
        for x in 0..width {
            let distance = ends[x].wrapping_sub(begins[x]) as i32 as f32;
            let weight = exp((distance - plan.noise).max(0.0) * plan.scale);
            red[x] += weight * f32::from(reds[x]);
            green[x] += weight * f32::from(greens[x]);
            blue[x] += weight * f32::from(blues[x]);
            weights[x] += weight;
        }
    }

    fn write(&self, rgb: &mut [u8]) {
        let [red, green, blue, weights] = &self.found;
        for (i, pixel) in rgb.chunks_exact_mut(3).enumerate() {
            // The pixel itself has weight 1, so the sum is never 0.
            pixel.copy_from_slice(&[red, green, blue].map(|plane| (plane[i] / weights[i]).round() as u8));
        }
    }
}

/// The rows from `top` on, into `rgb`.
fn band(padded: &Padded, plan: &Plan, width: usize, top: usize, stop: Stop, rgb: &mut [u8]) {
    let height = rgb.len() / (3 * width);
    let mut band = Band::new(width, height, plan.patch);
    let reach = plan.search as isize;
    for dy in -reach..=reach {
        for dx in -reach..=reach {
            if stop() {
                return;
            }
            band.add(padded, plan, (top, height), (dx, dy));
        }
    }
    band.write(rgb);
}

fn run(materials: &Materials, knobs: &Knobs, _: Option<&dyn Player>, watch: &mut Watch) -> Result<Outcome> {
    let picture = subject(materials)?;
    let asked = knobs.real("sigma");
    watch.at(0.0)?;
    let sigma = if asked > 0.0 { asked } else { noise::estimate(picture) };
    if sigma < LEAST_NOISE && asked <= 0.0 {
        let sentence =
            "There is next to no noise in the picture, so it stays as it is; set the noise by hand to smooth it.";
        let (figures, warnings) = (vec![("sigma", sigma)], vec![sentence.into()]);
        return Ok(Outcome { figures, warnings, ..Outcome::of(picture.clone()) });
    }
    let plan = Plan::new(knobs, sigma);
    let padded = Padded::new(picture, plan.patch + plan.search);
    let (width, stop) = (picture.width, watch.stop());
    let mut rgb = vec![0; picture.rgb.len()];
    let group = AT_ONCE * BAND * width * 3;
    for (part, rgb) in rgb.chunks_mut(group).enumerate() {
        watch.at((part * group) as f32 / picture.rgb.len() as f32)?;
        rgb.par_chunks_mut(BAND * width * 3)
            .enumerate()
            .for_each(|(i, rgb)| band(&padded, &plan, width, (part * AT_ONCE + i) * BAND, stop, rgb));
    }
    watch.at(1.0)?;
    let made = Picture { width, height: picture.height, rgb: rgb.into() };
    Ok(Outcome { figures: vec![("sigma", sigma)], ..Outcome::of(made) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_within_a_hundred_thousandth() {
        for i in 0..7900 {
            let x = i as f32 * -0.01;
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-5, "{x}");
        }
        assert!(exp(-1e9) < 1e-30 && (exp(0.0) - 1.0).abs() < 1e-7);
    }

    #[test]
    fn a_margin_mirrors_without_repeating_the_edge() {
        let places: Vec<usize> = (-4..9).map(|i| mirrored(i, 4)).collect();
        assert_eq!(places, [2, 3, 2, 1, 0, 1, 2, 3, 2, 1, 0, 1, 2]);
        assert!((-5..9).all(|i| mirrored(i, 1) == 0));
    }
}
