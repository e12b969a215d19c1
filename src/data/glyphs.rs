//! The built-in set `glyphs`: the ten digits, written by a pen that is never quite the same.

use super::Format;
use super::drawn::{self, Drawing};
use super::glyph_forms::{
    FORMS,
    Stroke::{self, Curve, Line},
};
use crate::latent::{below, between, normals, uniform};
use rand_chacha::ChaCha8Rng;
use std::f32::consts::TAU;

/// The table line.
pub(super) const FORMAT: Format = Format {
    id: "glyphs",
    title: "Glyphs",
    about: "The ten digits as a pen writes them: several forms each, slanted, thick or thin. Learnt within minutes.",
    built_in: true,
    claims: |_| false,
    open: |source| drawn::open(&DRAWING, source),
};

static DRAWING: Drawing = Drawing { id: "glyphs", stream: 0x474c_5950, classes: &CLASSES, size: 28, channels: 1, draw };

const CLASSES: [&str; 10] = ["0", "1", "2", "3", "4", "5", "6", "7", "8", "9"];

/// Pieces of a curve between two of its points.
const PIECES: usize = 7;

/// How a hand writes this time: an affine map and a pen.
struct Hand {
    /// Picture coordinates (0 to 1) from those of the form, both relative to the middle.
    map: [[f32; 2]; 2],
    shift: [f32; 2],
    /// Half the stroke's width, as part of the picture's side.
    pen: f32,
    /// How the pressure swings along a stroke.
    swing: f32,
    phase: f32,
}

impl Hand {
    fn draw_from(rng: &mut ChaCha8Rng) -> Self {
        let height = between(rng, 0.62, 0.76);
        let width = height * between(rng, 0.72, 1.08);
        let (sin, cos) = between(rng, -0.16, 0.16).sin_cos();
        let slant = between(rng, -0.12, 0.36);
        Self {
            map: [[cos * width, -(sin + slant * cos) * height], [sin * width, (cos - slant * sin) * height]],
            shift: [0.5 + between(rng, -0.035, 0.035), 0.5 + between(rng, -0.035, 0.035)],
            pen: between(rng, 0.026, 0.058),
            swing: between(rng, 0.0, 0.22),
            phase: between(rng, 0.0, TAU),
        }
    }

    #[allow(clippy::many_single_char_names)] // a matrix
    fn place(&self, [x, y]: [f32; 2]) -> [f32; 2] {
        let [[a, b], [c, d]] = self.map;
        let (x, y) = (x - 0.5, y - 0.5);
        [self.shift[0] + a * x + b * y, self.shift[1] + c * x + d * y]
    }
}

fn draw(rng: &mut ChaCha8Rng, size: usize, out: &mut [u8]) -> u32 {
    let digit = below(rng, FORMS.len());
    let form = FORMS[digit][below(rng, FORMS[digit].len())];
    let hand = Hand::draw_from(rng);
    let (ink, grain) = (between(rng, 225.0, 255.0), between(rng, 0.0, 0.12));
    // How far each pixel lies inside the ink, in pixels; negative outside.
    let mut depth = vec![f32::NEG_INFINITY; size * size];
    for stroke in form {
        let path = path(stroke, rng);
        let last = (path.len() - 1) as f32;
        for (i, pair) in path.windows(2).enumerate() {
            let along = i as f32 / last;
            let lift = 1.0 - 0.25 * (2.0 * along - 1.0).powi(8);
            let pressure = lift * (1.0 + hand.swing * (TAU * along + hand.phase).sin());
            let ends = [hand.place(pair[0]), hand.place(pair[1])].map(|p| p.map(|v| v * size as f32));
            press(&mut depth, size, ends, hand.pen * pressure * size as f32);
        }
    }
    for (pixel, depth) in out.iter_mut().zip(depth) {
        let cover = (0.5 + depth / 1.2).clamp(0.0, 1.0);
        if cover > 0.0 {
            *pixel = (ink * cover * (1.0 - grain * uniform(rng))) as u8;
        }
    }
    digit as u32
}

/// The points of a stroke as a hand hits them, joined by short lines.
fn path(stroke: &Stroke, rng: &mut ChaCha8Rng) -> Vec<[f32; 2]> {
    let (Line(points) | Curve(points)) = stroke;
    let off = normals(rng, points.len() * 2);
    let hit = |i: usize| [points[i][0] + 0.018 * off[2 * i], points[i][1] + 0.018 * off[2 * i + 1]];
    let last = points.len() - 1;
    let bow = if matches!(stroke, Line(_)) { 0.03 * (off[0] + off[1]) } else { 0.0 };
    let mut path = Vec::with_capacity(last * PIECES + 1);
    for i in 0..last {
        let near = [hit(i.saturating_sub(1)), hit(i), hit(i + 1), hit((i + 2).min(last))];
        let [_, from, to, _] = near;
        for piece in 0..PIECES {
            let t = piece as f32 / PIECES as f32;
            path.push(match stroke {
                Curve(_) => [0, 1].map(|k| catmull_rom(near.map(|point| point[k]), t)),
                // A line drawn by hand is slightly bent.
                Line(_) => {
                    let (run, bend) = ([to[0] - from[0], to[1] - from[1]], bow * t * (1.0 - t) * 4.0);
                    [from[0] + run[0] * t + bend * run[1], from[1] + run[1] * t - bend * run[0]]
                }
            });
        }
    }
    path.push(hit(last));
    path
}

/// The cubic through `p[1]` (t = 0) and `p[2]` (t = 1) whose slopes follow their neighbours.
fn catmull_rom(p: [f32; 4], t: f32) -> f32 {
    let slope = [(p[2] - p[0]) / 2.0, (p[3] - p[1]) / 2.0];
    let rise = p[2] - p[1];
    p[1] + t * (slope[0] + t * (3.0 * rise - 2.0 * slope[0] - slope[1] + t * (slope[0] + slope[1] - 2.0 * rise)))
}

/// Presses a round pen from one point to another, all in pixels.
fn press(depth: &mut [f32], size: usize, [from, to]: [[f32; 2]; 2], radius: f32) {
    let reach = radius + 1.0;
    let range = |k: usize| {
        let low = (from[k].min(to[k]) - reach).floor().clamp(0.0, size as f32);
        let high = (from[k].max(to[k]) + reach).ceil().clamp(0.0, size as f32);
        low as usize..high as usize
    };
    let run = [to[0] - from[0], to[1] - from[1]];
    let length = (run[0] * run[0] + run[1] * run[1]).max(1e-9);
    for row in range(1) {
        for column in range(0) {
            let p = [column as f32 + 0.5 - from[0], row as f32 + 0.5 - from[1]];
            let along = ((p[0] * run[0] + p[1] * run[1]) / length).clamp(0.0, 1.0);
            let inside = radius - (p[0] - along * run[0]).hypot(p[1] - along * run[1]);
            let best = &mut depth[row * size + column];
            *best = best.max(inside);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::latent::rng;

    #[test]
    fn digits_have_a_middling_amount_of_ink_and_keep_off_the_edge() {
        for i in 0..500 {
            let mut out = vec![0; 28 * 28];
            draw(&mut rng(i, 0), 28, &mut out);
            let ink = out.iter().filter(|&&v| v > 100).count();
            assert!((25..=330).contains(&ink), "{i}: {ink} of 784");
            let edge = (0..28).flat_map(|k| [k, 27 * 28 + k, k * 28, k * 28 + 27]).filter(|&at| out[at] > 60).count();
            assert!(edge < 8, "{i}: {edge} bright pixels at the edge");
        }
    }

    #[test]
    fn a_curve_passes_through_its_points() {
        let p = [0.3, 0.1, 0.9, 0.4];
        assert!((catmull_rom(p, 0.0) - 0.1).abs() < 1e-6 && (catmull_rom(p, 1.0) - 0.9).abs() < 1e-6);
        assert!((catmull_rom([0.0, 1.0, 2.0, 3.0], 0.25) - 1.25).abs() < 1e-6, "straight stays straight");
    }
}
