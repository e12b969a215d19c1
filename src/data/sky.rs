//! A night sky: light is added up in linear colour, then shown as telescopes' pictures are.

use crate::latent::{between, uniform};
use rand_chacha::ChaCha8Rng;
use std::f32::consts::PI;

/// Linear red, green and blue.
pub(super) type Light = [f32; 3];

/// A square sky of `size` × `size` pixels that runs from -1 to 1 both ways.
pub(super) struct Sky {
    size: usize,
    light: Vec<Light>,
}

impl Sky {
    /// A dark sky with a faint glow.
    pub fn new(rng: &mut ChaCha8Rng, size: usize) -> Self {
        let glow = between(rng, 0.7, 1.3);
        Self { size, light: vec![[0.006 * glow, 0.007 * glow, 0.013 * glow]; size * size] }
    }

    /// Adds what `shine` says of points (x, y), averaged over `samples` × `samples` points of every pixel.
    pub fn add(&mut self, samples: usize, shine: impl Fn(f32, f32) -> Light) {
        let (pixel, each) = (2.0 / self.size as f32, 1.0 / (samples * samples) as f32);
        for (at, light) in self.light.iter_mut().enumerate() {
            let (column, row) = ((at % self.size) as f32, (at / self.size) as f32);
            for sample in 0..samples * samples {
                let part = |n: usize| (n as f32 + 0.5) / samples as f32;
                let (x, y) = (column + part(sample % samples), row + part(sample / samples));
                let more = shine(x * pixel - 1.0, y * pixel - 1.0);
                (0..3).for_each(|k| light[k] += more[k] * each);
            }
        }
    }

    /// Scatters stars of all colours, most of them faint, and a few far galaxies.
    pub fn add_stars(&mut self, rng: &mut ChaCha8Rng) {
        let stars = (14.0 * uniform(rng) * uniform(rng)) as usize + 3;
        for _ in 0..stars {
            // Few are bright: the usual law of counts, cut off at both ends.
            let bright = 0.05 * (uniform(rng) + 0.012).powf(-0.85);
            let place = [between(rng, -1.0, 1.0), between(rng, -1.0, 1.0)];
            let warmth = uniform(rng);
            let colour = blend([0.62, 0.78, 1.25], [1.25, 0.86, 0.5], warmth);
            self.blot(place, [0.018, 0.018], 0.0, colour.map(|c| c * bright));
            if bright > 0.9 {
                self.blot(place, [0.06, 0.06], 0.0, colour.map(|c| c * bright * 0.06));
            }
        }
        for _ in 0..(3.0 * uniform(rng)) as usize {
            let place = [between(rng, -0.95, 0.95), between(rng, -0.95, 0.95)];
            let wide = between(rng, 0.03, 0.06);
            let colour = blend([0.10, 0.12, 0.19], [0.22, 0.14, 0.08], uniform(rng));
            self.blot(place, [wide, wide * between(rng, 0.35, 0.9)], between(rng, 0.0, PI), colour);
        }
    }

    /// A Gaussian spot with two standard deviations, turned by `angle`. Never sharper than the pixels can show; its light is kept.
    fn blot(&mut self, place: [f32; 2], wide: [f32; 2], angle: f32, light: Light) {
        let pixel = 2.0 / self.size as f32;
        let shown = wide.map(|w| w.hypot(0.45 * pixel));
        // A star keeps its light when it is spread, but would drown on small pictures: half way between both.
        let thinner = (wide[0] * wide[1] / (shown[0] * shown[1])).powf(0.35);
        let (sin, cos) = angle.sin_cos();
        let reach = 3.5 * shown[0].max(shown[1]);
        let range = |k: usize| {
            let at = |v: f32| ((v + 1.0) / pixel).clamp(0.0, self.size as f32) as usize;
            at(place[k] - reach)..(at(place[k] + reach) + 1).min(self.size)
        };
        let (rows, columns) = (range(1), range(0));
        for row in rows {
            for column in columns.clone() {
                let x = (column as f32 + 0.5) * pixel - 1.0 - place[0];
                let y = (row as f32 + 0.5) * pixel - 1.0 - place[1];
                let (u, v) = ((x * cos + y * sin) / shown[0], (y * cos - x * sin) / shown[1]);
                let part = thinner * (-0.5 * (u * u + v * v)).exp();
                let at = &mut self.light[row * self.size + column];
                (0..3).for_each(|k| at[k] += light[k] * part);
            }
        }
    }

    /// Shows the light as RGB8: an inverse hyperbolic sine keeps faint arms and bright cores visible together, and colour is
    /// kept where it is bright (Lupton et al. 2004).
    pub fn show(&self, out: &mut [u8]) {
        const SOFT: f32 = 9.0;
        let white = (SOFT * 2.0_f32).asinh();
        for (pixel, light) in out.chunks_exact_mut(3).zip(&self.light) {
            let mean = (light[0] + light[1] + light[2]) / 3.0 + 1e-6;
            let scale = (SOFT * mean).asinh() / white / mean;
            let most = light.iter().fold(1.0_f32, |most, &v| most.max(v * scale));
            (0..3).for_each(|k| pixel[k] = (light[k] * scale / most * 255.0 + 0.5) as u8);
        }
    }
}

/// `a` at 0, `b` at 1.
pub(super) fn blend(a: Light, b: Light, t: f32) -> Light {
    let t = t.clamp(0.0, 1.0);
    [0, 1, 2].map(|k| a[k] + (b[k] - a[k]) * t)
}

/// Smooth noise from 0 to 1 whose lumps are about 1 wide.
#[allow(clippy::many_single_char_names)] // coordinates
pub(super) fn noise(seed: u32, x: f32, y: f32) -> f32 {
    let (left, top) = (x.floor(), y.floor());
    let ease = |t: f32| t * t * (3.0 - 2.0 * t);
    let (u, v) = (ease(x - left), ease(y - top));
    let corner = |i: i32, j: i32| {
        let mut h = seed ^ (left as i32 + i).cast_unsigned().wrapping_mul(0x9e37_79b1);
        h = (h ^ (top as i32 + j).cast_unsigned().wrapping_mul(0x85eb_ca77)).wrapping_mul(0xc2b2_ae3d);
        h = (h ^ (h >> 15)).wrapping_mul(0x27d4_eb2f);
        ((h ^ (h >> 13)) >> 8) as f32 / 16_777_216.0
    };
    let across = |j| corner(0, j) * (1.0 - u) + corner(1, j) * u;
    across(0) * (1.0 - v) + across(1) * v
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn noise_is_smooth_and_fills_its_range() {
        let (mut low, mut high) = (1.0_f32, 0.0_f32);
        for i in 0..4000 {
            let (x, y) = (i as f32 * 0.137 - 200.0, i as f32 * 0.071);
            let here = noise(5, x, y);
            assert!((0.0..=1.0).contains(&here));
            assert!((noise(5, x + 0.01, y) - here).abs() < 0.03);
            (low, high) = (low.min(here), high.max(here));
        }
        assert!(low < 0.1 && high > 0.9);
        assert!((noise(5, 0.3, 0.3) - noise(6, 0.3, 0.3)).abs() > 1e-3, "another seed, other noise");
    }

    #[test]
    fn bright_light_keeps_its_colour() {
        let mut sky = Sky { size: 1, light: vec![[0.0; 3]] };
        sky.add(2, |_, _| [40.0, 20.0, 10.0]);
        let mut out = [0; 3];
        sky.show(&mut out);
        assert_eq!(out[0], 255);
        assert!((126..=129).contains(&out[1]) && (62..=65).contains(&out[2]), "{out:?}");
    }
}
