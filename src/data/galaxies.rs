//! The built-in set `galaxies`: spirals, ellipticals and edge-on discs over fields of stars.

use super::Format;
use super::drawn::{self, Drawing};
use super::sky::{Light, Sky, blend, noise};
use crate::latent::{below, between, uniform};
use rand_chacha::{ChaCha8Rng, rand_core::RngCore};
use std::f32::consts::TAU;

/// The table line.
pub(super) const FORMAT: Format = Format {
    id: "galaxies",
    title: "Galaxies",
    about: "Spirals, ellipticals and edge-on discs in colour over fields of stars. The prettiest of the built-in sets.",
    built_in: true,
    claims: |_| false,
    open: |source| drawn::open(&DRAWING, source),
};

static DRAWING: Drawing =
    Drawing { id: "galaxies", stream: 0x4741_4c41, classes: &CLASSES, size: 64, channels: 3, draw };

const CLASSES: [&str; 3] = ["spiral", "elliptical", "edge-on"];

/// Samples across and down a pixel.
const SAMPLES: usize = 2;

const GOLD: Light = [1.0, 0.76, 0.44];
const CREAM: Light = [1.0, 0.86, 0.66];
const BLUE: Light = [0.42, 0.66, 1.25];
const PINK: Light = [1.25, 0.32, 0.55];

fn draw(rng: &mut ChaCha8Rng, size: usize, out: &mut [u8]) -> u32 {
    let class = below(rng, CLASSES.len());
    let pose = Pose::draw_from(rng);
    let mut sky = Sky::new(rng, size);
    sky.add_stars(rng);
    match class {
        0 => {
            let spiral = Spiral::draw_from(rng);
            sky.add(SAMPLES, |x, y| spiral.shine(pose.turn(x, y)));
        }
        1 => {
            let elliptical = Elliptical::draw_from(rng);
            sky.add(SAMPLES, |x, y| elliptical.shine(pose.turn(x, y)));
        }
        _ => {
            let disc = EdgeOn::draw_from(rng);
            sky.add(SAMPLES, |x, y| disc.shine(pose.turn(x, y)));
        }
    }
    sky.show(out);
    class as u32
}

/// Where a galaxy lies and how it is turned in the plane of the sky.
struct Pose {
    centre: [f32; 2],
    sin: f32,
    cos: f32,
}

impl Pose {
    fn draw_from(rng: &mut ChaCha8Rng) -> Self {
        let (sin, cos) = between(rng, 0.0, TAU).sin_cos();
        Self { centre: [between(rng, -0.07, 0.07), between(rng, -0.07, 0.07)], sin, cos }
    }

    /// A point of the picture along the galaxy's long and short axis.
    fn turn(&self, x: f32, y: f32) -> [f32; 2] {
        let (x, y) = (x - self.centre[0], y - self.centre[1]);
        [x * self.cos + y * self.sin, y * self.cos - x * self.sin]
    }
}

/// A smooth ball of old stars.
struct Elliptical {
    axes: f32,
    radius: f32,
    bright: f32,
    core: Light,
    rim: Light,
}

impl Elliptical {
    fn draw_from(rng: &mut ChaCha8Rng) -> Self {
        let warmth = uniform(rng);
        Self {
            axes: between(rng, 0.5, 1.0),
            radius: between(rng, 0.17, 0.32),
            bright: between(rng, 4.5, 8.5),
            core: blend([1.0, 0.92, 0.76], [1.0, 0.80, 0.50], warmth),
            rim: blend([0.95, 0.78, 0.62], [1.0, 0.62, 0.36], warmth),
        }
    }

    fn shine(&self, [x, y]: [f32; 2]) -> Light {
        let r = (x.hypot(y / self.axes) + 0.006) / self.radius;
        let light = self.bright * (-3.1 * r.sqrt()).exp();
        // The halo would glow for ever; let it end.
        let light = light * (1.0 - smooth(1.6, 4.2, r) * 0.85);
        blend(self.core, self.rim, r * 0.6).map(|c| c * light)
    }
}

/// A disc with arms, seen more or less from above.
struct Spiral {
    /// Cosine of the inclination.
    tilt: f32,
    scale: f32,
    arms: f32,
    /// Turns of an arm per e-fold of the radius, in radians; its sign is the sense.
    winding: f32,
    start: f32,
    sharp: f32,
    bulge: f32,
    /// Half the length of the bar; 0 for none.
    bar: f32,
    dust: f32,
    pink: f32,
    young: f32,
    lumps: u32,
}

impl Spiral {
    fn draw_from(rng: &mut ChaCha8Rng) -> Self {
        let sense = if uniform(rng) < 0.5 { -1.0 } else { 1.0 };
        let barred = uniform(rng) < 0.4;
        let arms = match (barred, uniform(rng)) {
            (true, _) | (_, ..0.62) => 2.0,
            (_, ..0.85) => 3.0,
            _ => 4.0,
        };
        Self {
            tilt: between(rng, 0.36, 1.0),
            scale: between(rng, 0.24, 0.33),
            arms,
            winding: sense * between(rng, 1.9, 3.9),
            start: between(rng, 0.0, TAU),
            sharp: between(rng, 1.6, 3.6),
            bulge: between(rng, 0.06, 0.12),
            bar: if barred { between(rng, 0.16, 0.28) } else { 0.0 },
            dust: between(rng, 0.5, 1.5),
            pink: between(rng, 0.2, 1.0),
            young: between(rng, 1.0, 1.9),
            lumps: rng.next_u32(),
        }
    }

    #[allow(clippy::many_single_char_names)] // coordinates
    fn shine(&self, [x, y]: [f32; 2]) -> Light {
        let (u, v) = (x, y / self.tilt);
        let r = u.hypot(v);
        let disc = (-r / self.scale).exp() * (1.0 - smooth(0.72, 1.05, r));
        let mut light = self.core(x, y, u, v);
        if disc < 0.004 {
            return light;
        }
        let coarse = noise(self.lumps, u * 6.0 + 40.0, v * 6.0 + 40.0);
        let fine = noise(self.lumps ^ 0x5bd1, u * 17.0 + 90.0, v * 17.0 + 90.0);
        let from = self.bar.max(0.05);
        let phase =
            self.arms * (v.atan2(u) - self.start - self.winding * (r.max(0.02) / from).ln()) + 1.5 * (coarse - 0.5);
        let crest = |phase: f32, sharp: f32| (0.5 + 0.5 * phase.cos()).powf(sharp);
        let arm = crest(phase, self.sharp) * smooth(from * 0.6, from * 1.5, r);
        let lumpy = 0.35 + 0.75 * coarse + 0.6 * fine * fine;
        let old = 0.42 * disc * (0.55 + 0.45 * arm);
        let young = self.young * disc * arm * lumpy;
        let knots = self.pink * 2.6 * disc * arm * smooth(0.66, 0.95, fine);
        (0..3).for_each(|k| light[k] += CREAM[k] * old + BLUE[k] * young + PINK[k] * knots);
        // Dust lies along the inner edge of the arms and reddens what shines through.
        let inner = phase - self.winding.signum() * 1.25;
        let lane = self.dust * crest(inner, 4.0) * smooth(0.05, 0.16, r) * (0.5 + coarse);
        dim(light, lane)
    }

    /// The bulge, rounder than the disc, and the bar.
    fn core(&self, x: f32, y: f32, u: f32, v: f32) -> Light {
        let round = x.hypot(y / (0.45 + 0.55 * self.tilt));
        let mut bright = 3.4 * (-(round + 0.004) / self.bulge * 1.3).exp();
        if self.bar > 0.0 {
            let (sin, cos) = self.start.sin_cos();
            let (along, across) = ((u * cos + v * sin) / self.bar, (v * cos - u * sin) / (0.3 * self.bar));
            bright += 0.75 * (-(along.powi(4) + across * across)).exp();
        }
        GOLD.map(|c| c * bright)
    }
}

/// A disc seen from its side, with its band of dust.
struct EdgeOn {
    length: f32,
    thick: f32,
    bulge: f32,
    /// How far the dust lies off the middle, as part of the thickness.
    lean: f32,
    dust: f32,
    warp: f32,
    blue: f32,
    lumps: u32,
}

impl EdgeOn {
    fn draw_from(rng: &mut ChaCha8Rng) -> Self {
        Self {
            length: between(rng, 0.24, 0.36),
            thick: between(rng, 0.045, 0.085),
            bulge: between(rng, 0.05, 0.12),
            lean: between(rng, -0.5, 0.5),
            dust: between(rng, 0.6, 3.0),
            warp: between(rng, -0.12, 0.12),
            blue: between(rng, 0.3, 1.0),
            lumps: rng.next_u32(),
        }
    }

    fn shine(&self, [x, y]: [f32; 2]) -> Light {
        let y = y - self.warp * x * x * x;
        let away = x.hypot(0.05);
        let height = 1.0 / (y / self.thick).cosh();
        let disc = 1.5 * (-away / self.length).exp() * height * height * (1.0 - smooth(0.7, 1.0, away));
        let bulge = 2.8 * (-x.hypot(y / 0.72) / self.bulge).exp();
        if disc + bulge < 0.002 {
            return [0.0; 3];
        }
        let lumps = noise(self.lumps, x * 11.0 + 50.0, y * 30.0 + 50.0);
        let colour = blend(CREAM, BLUE, self.blue * smooth(0.1, 0.6, away) * (0.5 + lumps));
        let light = [0, 1, 2].map(|k| colour[k] * disc * (0.75 + 0.5 * lumps) + GOLD[k] * bulge);
        let off = (y - self.lean * self.thick) / (0.42 * self.thick);
        let lane = self.dust * (-0.5 * off * off - away / (1.6 * self.length)).exp() * (0.6 + 0.8 * lumps);
        dim(light, lane)
    }
}

/// Light behind dust: blue suffers most.
fn dim(light: Light, dust: f32) -> Light {
    [light[0] * (-0.9 * dust).exp(), light[1] * (-1.1 * dust).exp(), light[2] * (-1.25 * dust).exp()]
}

/// 0 below `from`, 1 above `to`, smooth between.
fn smooth(from: f32, to: f32, x: f32) -> f32 {
    let t = ((x - from) / (to - from)).clamp(0.0, 1.0);
    t * t * (3.0 - 2.0 * t)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::rng;

    fn drawn(seed: u64, size: usize) -> (u32, Vec<u8>) {
        let mut out = vec![0; size * size * 3];
        (draw(&mut rng(seed, 0), size, &mut out), out)
    }

    #[test]
    fn cores_are_bright_and_warm_and_corners_are_dark() {
        for seed in 0..60 {
            let (class, out) = drawn(seed, 64);
            let mean = |x0: usize, y0: usize, side: usize, k: usize| {
                let sum: u32 =
                    (0..side * side).map(|i| u32::from(out[((y0 + i / side) * 64 + x0 + i % side) * 3 + k])).sum();
                sum / (side * side) as u32
            };
            let (red, blue) = (mean(28, 28, 8, 0), mean(28, 28, 8, 2));
            assert!(red > 60 && red > blue, "{seed} ({class}): core {red} {blue}");
            let corners = [(0, 0), (58, 0), (0, 58), (58, 58)].map(|(x, y)| mean(x, y, 6, 1));
            assert!(corners.iter().min() < Some(&50), "{seed} ({class}): {corners:?}");
        }
    }

    #[test]
    fn the_same_galaxy_is_drawn_at_every_size() {
        for seed in 0..6 {
            let ((_, small), (_, large)) = (drawn(seed, 32), drawn(seed, 64));
            let mut apart = 0;
            for y in 0..32 {
                for x in 0..32 {
                    let sum: u32 = [(0, 0), (0, 1), (1, 0), (1, 1)]
                        .iter()
                        .map(|(i, j)| u32::from(large[((2 * y + j) * 64 + 2 * x + i) * 3 + 1]))
                        .sum();
                    apart += (sum / 4).abs_diff(u32::from(small[(y * 32 + x) * 3 + 1]));
                }
            }
            assert!(apart / 1024 < 12, "{seed}: {}", apart / 1024);
        }
    }
}
