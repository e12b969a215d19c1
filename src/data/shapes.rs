//! The built-in set `shapes`: one white figure on black, drawn from known factors (after dSprites, Matthey et al. 2017).

use super::Format;
use super::drawn::{self, Drawing};
use crate::latent::{below, between};
use rand_chacha::ChaCha8Rng;
use std::f32::consts::{PI, TAU};

/// The table line.
pub(super) const FORMAT: Format = Format {
    id: "shapes",
    title: "Shapes",
    about: "Squares, ellipses, hearts, triangles and stars of any scale, rotation and place. Best to see what a latent learns.",
    built_in: true,
    claims: |_| false,
    open: |source| drawn::open(&DRAWING, source),
};

static DRAWING: Drawing = Drawing { id: "shapes", stream: 0x5348_4150, classes: &CLASSES, size: 32, channels: 1, draw };

const CLASSES: [&str; 5] = ["square", "ellipse", "heart", "triangle", "star"];

/// Samples across and down a pixel.
const SAMPLES: usize = 5;

/// What a picture of `shapes` was drawn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Factors {
    /// Which shape: an index of the class names.
    pub shape: u32,
    /// Radius of the circle around it, from 0.1 to 0.25 of the picture's side.
    pub scale: f32,
    /// Turned clockwise by this angle, from 0 to 2π.
    pub rotation: f32,
    /// Its centre's place across, from 0.26 to 0.74 of the side.
    pub x: f32,
    /// Its centre's place down, from 0.26 to 0.74 of the side.
    pub y: f32,
}

impl Factors {
    fn draw_from(rng: &mut ChaCha8Rng) -> Self {
        Self {
            shape: below(rng, CLASSES.len()) as u32,
            scale: between(rng, 0.1, 0.25),
            rotation: between(rng, 0.0, TAU),
            x: between(rng, 0.26, 0.74),
            y: between(rng, 0.26, 0.74),
        }
    }
}

/// The factors of training picture `index` of `shapes` at a seed.
pub fn factors(seed: u64, index: usize) -> Factors {
    Factors::draw_from(&mut drawn::picture_rng(&DRAWING, seed, 0, index))
}

fn draw(rng: &mut ChaCha8Rng, size: usize, out: &mut [u8]) -> u32 {
    let f = Factors::draw_from(rng);
    let (sin, cos) = f.rotation.sin_cos();
    let (width, step) = (size as f32, 1.0 / SAMPLES as f32);
    for (at, pixel) in out.iter_mut().enumerate() {
        let (column, row) = ((at % size) as f32, (at / size) as f32);
        let away = ((column + 0.5) / width - f.x).hypot((row + 0.5) / width - f.y);
        if away > f.scale + 1.0 / width {
            continue;
        }
        let mut hits = 0;
        for sample in 0..SAMPLES * SAMPLES {
            let across = column + ((sample % SAMPLES) as f32 + 0.5) * step;
            let down = row + ((sample / SAMPLES) as f32 + 0.5) * step;
            let (u, v) = ((across / width - f.x) / f.scale, (down / width - f.y) / f.scale);
            hits += usize::from(inside(f.shape, u * cos + v * sin, v * cos - u * sin));
        }
        *pixel = (hits * 255 / (SAMPLES * SAMPLES)) as u8;
    }
    f.shape
}

/// Whether a point lies in a shape whose surrounding circle has radius 1; `y` points down.
fn inside(shape: u32, x: f32, y: f32) -> bool {
    match shape {
        0 => x.abs().max(y.abs()) < std::f32::consts::FRAC_1_SQRT_2,
        1 => x * x + (y / 0.55).powi(2) < 1.0,
        2 => {
            let (u, v) = (1.3 * x, 0.4 - 1.3 * y);
            u * u + (1.2 * v - u.abs().sqrt()).powi(2) < 1.0
        }
        3 => y < 0.5 && 0.866 * x.abs() - 0.5 * y < 0.5,
        _ => {
            // Folded into one tenth: between a tip at radius 1 and a notch at radius 0.42.
            let angle = (x.atan2(-y).rem_euclid(TAU / 5.0) - PI / 5.0).abs();
            let (from_notch, radius) = (angle, x.hypot(y));
            let notch = 0.42;
            let (tip_x, tip_y) = ((PI / 5.0).cos() - notch, (PI / 5.0).sin());
            let (px, py) = (radius * from_notch.cos() - notch, radius * from_notch.sin());
            px * tip_y < py * tip_x
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::data::{NoWatch, open};
    use crate::spec::{DataSpec, Fit};

    #[test]
    fn a_picture_is_where_its_factors_say() {
        let spec = DataSpec {
            source: "shapes:50".into(),
            size: 64,
            channels: 1,
            fit: Fit::Crop,
            background: [0; 3],
            seed: 9,
            ..DataSpec::default()
        };
        let loaded = open("shapes:50").unwrap().load(&spec, &mut NoWatch).unwrap();
        for i in 0..50 {
            let f = factors(9, i);
            assert_eq!(loaded.train.labels[i], f.shape);
            let (mut ink, mut x, mut y) = (0.0, 0.0, 0.0);
            for (at, &v) in loaded.train.pixels.bytes_of(i).iter().enumerate() {
                ink += f32::from(v);
                x += f32::from(v) * ((at % 64) as f32 + 0.5) / 64.0;
                y += f32::from(v) * ((at / 64) as f32 + 0.5) / 64.0;
            }
            assert!((x / ink - f.x).abs() < 0.04 && (y / ink - f.y).abs() < 0.04, "{f:?} {} {}", x / ink, y / ink);
            let covered = ink / 255.0 / 4096.0 / (PI * f.scale * f.scale);
            assert!((0.25..0.75).contains(&covered), "{f:?} covers {covered} of its circle");
        }
    }

    #[test]
    fn every_shape_holds_its_centre_and_stays_in_its_circle() {
        for shape in 0..CLASSES.len() as u32 {
            assert!(inside(shape, 0.0, 0.0), "{shape}");
            for i in 0..64 {
                let (sin, cos) = (TAU * i as f32 / 64.0).sin_cos();
                assert!(!inside(shape, 1.02 * cos, 1.02 * sin), "{shape} at {i}");
            }
        }
    }
}
