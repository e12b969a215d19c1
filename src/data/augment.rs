//! Varies training pictures at random, differently at each step: a function of (seed, step, picture) alone, so that a resumed run sees the same.

use super::adjust::adjust;
use crate::latent::{mix, normals, rng, uniform};
use crate::picture::Pixels;
use crate::spec::{Adjust, Augment};
use rand_chacha::ChaCha8Rng;

/// Separates what is drawn here from other uses of the same seed.
const STREAM: u64 = 0x4155_474d;
/// How far brightness goes at full colour variation, as a share of the whole range.
const MOST_LIGHT: f64 = 0.5;

/// Varies the pictures of a batch; `index` has the place of each in the training split. The inputs of pairs move as their pictures do, and
/// take on the colours and the noise in their stead: what is to be drawn stays clean.
pub fn augment(
    pictures: &mut Pixels,
    mut inputs: Option<&mut Pixels>,
    index: &[u32],
    how: &Augment,
    (seed, step): (u64, u64),
) {
    if !how.is_active() {
        return;
    }
    for (i, &place) in index.iter().enumerate().take(pictures.count) {
        let mut rng = rng(mix(&[seed, STREAM, step, u64::from(place)]), 0);
        let draw = Draw::new(&mut rng, how);
        draw.shift(pictures, i);
        let stained = match &mut inputs {
            Some(inputs) => {
                draw.shift(inputs, i);
                &mut **inputs
            }
            None => &mut *pictures,
        };
        let (stride, channels) = (stained.stride(), stained.channels);
        draw.stain(&mut stained.bytes[i * stride..(i + 1) * stride], channels, how, &mut rng);
    }
}

/// What happens to one picture.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Draw {
    /// Mirrored left to right, and top to bottom.
    flips: [bool; 2],
    /// Turned by so much, in radians.
    angle: f32,
    /// The share of each side that is kept.
    side: f32,
    /// Where the kept part is: −0.5 to 0.5 of the way from its leftmost (topmost) place to its rightmost.
    at: [f32; 2],
    /// Brightness, contrast, saturation, each −1 to 1.
    light: [f32; 3],
}

impl Draw {
    /// Always the same count of numbers, so that what one control draws does not depend on the others.
    fn new(rng: &mut ChaCha8Rng, how: &Augment) -> Self {
        let mut next = || uniform(rng);
        let flips = [f64::from(next()) < how.flip_h, f64::from(next()) < how.flip_v];
        let angle = (how.rotate.to_radians() as f32) * (2.0 * next() - 1.0);
        let side = 1.0 - how.zoom as f32 * next();
        let at = [next() - 0.5, next() - 0.5];
        Self { flips, angle, side, at, light: [0; 3].map(|_: u8| 2.0 * next() - 1.0) }
    }

    /// Mirrors, turns and cuts picture `i`. What comes into view from outside mirrors what is inside.
    fn shift(&self, pixels: &mut Pixels, i: usize) {
        let still = self.angle == 0.0 && (self.side - 1.0).abs() < f32::EPSILON;
        if still && self.flips == [false; 2] {
            return;
        }
        let (size, channels, stride) = (pixels.size, pixels.channels, pixels.stride());
        let from = pixels.bytes_of(i).to_vec();
        let to = &mut pixels.bytes[i * stride..(i + 1) * stride];
        let middle = (size as f32 - 1.0) / 2.0;
        let (sin, cos) = self.angle.sin_cos();
        let turned = |flip: bool, at: usize| if flip { size - 1 - at } else { at };
        for (place, pixel) in to.chunks_exact_mut(channels).enumerate() {
            let (x, y) = (turned(self.flips[0], place % size), turned(self.flips[1], place / size));
            if still {
                let at = (y * size + x) * channels;
                pixel.copy_from_slice(&from[at..at + channels]);
                continue;
            }
            let [across, down] = [x, y].map(|at| (at as f32 - middle) * self.side);
            let slack = (1.0 - self.side) * size as f32;
            let from_x = cos * across + sin * down + middle + self.at[0] * slack;
            let from_y = cos * down - sin * across + middle + self.at[1] * slack;
            sample(&from, size, [from_x, from_y], pixel);
        }
    }

    /// Changes light and colours, adds noise.
    fn stain(&self, bytes: &mut [u8], channels: usize, how: &Augment, rng: &mut ChaCha8Rng) {
        if how.colour > 0.0 {
            let [brightness, contrast, saturation] = self.light.map(|v| how.colour * f64::from(v));
            let light = Adjust {
                brightness: MOST_LIGHT * brightness,
                contrast: 1.0 + contrast,
                saturation: 1.0 + saturation,
                ..Adjust::default()
            };
            adjust(bytes, channels, &light);
        }
        if how.noise > 0.0 {
            let strength = how.noise as f32 * 255.0;
            let noise = normals(rng, bytes.len());
            bytes.iter_mut().zip(noise).for_each(|(v, n)| {
                *v = (f32::from(*v) + strength * n).round().clamp(0.0, 255.0) as u8;
            });
        }
    }
}

/// The value between pixels, bilinear; beyond the border the picture is mirrored.
fn sample(from: &[u8], size: usize, [x, y]: [f32; 2], to: &mut [u8]) {
    let (left, top) = (x.floor(), y.floor());
    let (across, down) = (x - left, y - top);
    let columns = [0, 1].map(|i| inside(left as i64 + i, size));
    let rows = [0, 1].map(|i| inside(top as i64 + i, size));
    let channels = to.len();
    for (c, value) in to.iter_mut().enumerate() {
        let at = |row: usize, column: usize| f32::from(from[(row * size + column) * channels + c]);
        let line = |row: usize| at(row, columns[0]) * (1.0 - across) + at(row, columns[1]) * across;
        *value = (line(rows[0]) * (1.0 - down) + line(rows[1]) * down).round() as u8;
    }
}

/// The place in 0..size that a place outside mirrors.
fn inside(at: i64, size: usize) -> usize {
    let size = size as i64;
    let around = at.rem_euclid(2 * size);
    (if around < size { around } else { 2 * size - 1 - around }) as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const STILL: Draw = Draw { flips: [false; 2], angle: 0.0, side: 1.0, at: [0.0; 2], light: [0.0; 3] };

    fn shifted(draw: Draw, size: usize, bytes: &[u8]) -> Vec<u8> {
        let mut pixels = Pixels { count: 1, size, channels: 1, bytes: bytes.to_vec() };
        draw.shift(&mut pixels, 0);
        pixels.bytes
    }

    fn drawn(count: usize, channels: usize) -> Pixels {
        let bytes = (0..count * 64 * channels).map(|i| (i * 37 % 251) as u8).collect();
        Pixels { count, size: 8, channels, bytes }
    }

    #[test]
    fn mirrors_and_quarter_turns_move_pixels_and_change_none() {
        let four = [1, 2, 3, 4];
        assert_eq!(shifted(Draw { flips: [true, false], ..STILL }, 2, &four), [2, 1, 4, 3]);
        assert_eq!(shifted(Draw { flips: [false, true], ..STILL }, 2, &four), [3, 4, 1, 2]);
        assert_eq!(shifted(STILL, 2, &four), four);
        let quarter = std::f32::consts::FRAC_PI_2;
        assert_eq!(shifted(Draw { angle: quarter, ..STILL }, 2, &four), [3, 1, 4, 2], "clockwise");
        assert_eq!(shifted(Draw { angle: -quarter, ..STILL }, 2, &four), [2, 4, 1, 3]);
        assert_eq!(shifted(Draw { angle: quarter, flips: [true, false], ..STILL }, 2, &four), [1, 3, 2, 4]);
    }

    #[test]
    fn a_zoom_enlarges_the_part_it_keeps() {
        // Half of four columns, the leftmost: pixels lie at −0.25, 0.25, 0.75, 1.25.
        let row = [0, 100, 200, 240].repeat(4);
        let left = shifted(Draw { side: 0.5, at: [-0.5, 0.0], ..STILL }, 4, &row);
        assert_eq!(left[..4], [0, 25, 75, 125]);
        // The middle: 0.75, 1.25, 1.75, 2.25.
        assert_eq!(shifted(Draw { side: 0.5, ..STILL }, 4, &row)[4..8], [75, 125, 175, 210]);
        assert_eq!([-1, -3, 0, 3, 4, 7, 8].map(|at| inside(at, 4)), [0, 2, 0, 3, 3, 0, 0]);
    }

    #[test]
    fn chances_angles_and_shares_stay_in_their_ranges() {
        let how = Augment { flip_h: 0.25, rotate: 30.0, zoom: 0.5, colour: 1.0, ..Augment::default() };
        let draws: Vec<_> = (0..2000).map(|i| Draw::new(&mut rng(i, 0), &how)).collect();
        let mirrored = draws.iter().filter(|d| d.flips[0]).count();
        assert!((430..570).contains(&mirrored), "{mirrored} of 2000 at a chance of a quarter");
        assert!(draws.iter().all(|d| !d.flips[1] && d.angle.abs() <= 30f32.to_radians() && d.side > 0.499));
        assert!(draws.iter().any(|d| d.angle > 0.5) && draws.iter().any(|d| d.angle < -0.5));
        assert!(draws.iter().all(|d| d.light.iter().all(|v| v.abs() <= 1.0)));
    }

    #[test]
    fn seed_step_and_picture_decide_and_nothing_else() {
        let how = Augment { flip_h: 0.5, flip_v: 0.5, rotate: 20.0, zoom: 0.3, colour: 0.4, noise: 0.1 };
        let varied = |index: &[u32], seed, step| {
            let mut pixels = drawn(9, 3).gather(index);
            augment(&mut pixels, None, index, &how, (seed, step));
            pixels
        };
        let all = varied(&[4, 2, 7], 5, 11);
        assert_eq!(all, varied(&[4, 2, 7], 5, 11));
        assert_eq!(all.bytes_of(1), varied(&[2], 5, 11).bytes_of(0), "not its company");
        for other in [varied(&[4, 2, 7], 6, 11), varied(&[4, 2, 7], 5, 12)] {
            assert!((0..3).all(|i| all.bytes_of(i) != other.bytes_of(i)));
        }
        let mut still = drawn(2, 1);
        augment(&mut still, None, &[0, 1], &Augment::default(), (5, 11));
        assert_eq!(still, drawn(2, 1));
    }

    #[test]
    fn a_pair_moves_together_and_only_its_input_is_stained() {
        let how = Augment { flip_h: 0.5, rotate: 40.0, ..Augment::default() };
        let (mut targets, mut inputs) = (drawn(6, 1), drawn(6, 1));
        let index = [0, 1, 2, 3, 4, 5];
        augment(&mut targets, Some(&mut inputs), &index, &how, (1, 2));
        assert!(targets == inputs && targets != drawn(6, 1));
        let stains = Augment { colour: 0.5, noise: 0.2, ..how };
        let (mut clean, mut stained) = (drawn(6, 1), drawn(6, 1));
        augment(&mut clean, Some(&mut stained), &index, &stains, (1, 2));
        assert_eq!(clean, targets);
        assert!((0..6).all(|i| stained.bytes_of(i) != clean.bytes_of(i)));
    }

    #[test]
    fn noise_has_the_strength_it_is_given() {
        let mut flat = Pixels { count: 1, size: 64, channels: 1, bytes: vec![128; 4096] };
        augment(&mut flat, None, &[3], &Augment { noise: 0.1, ..Augment::default() }, (1, 0));
        let [mean, std] = crate::data::moments(&flat)[0];
        assert!((mean - 128.0).abs() < 1.5 && (std - 25.5).abs() < 1.0, "{mean} ± {std}");
    }
}
