//! A cut-out over a colour, a picture or a texture.

use crate::picture::{Mask, Picture};
use anyhow::{Result, bail};
use rayon::prelude::*;

/// How a background that is not of the cut-out's size is made to fit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fit {
    /// Repeated from the upper left corner on: for textures.
    Tiled,
    /// Resized until it covers all, and cut off evenly: for photos.
    Covering,
}

/// The foreground over one colour. All values are mixed as they are stored, without regard to gamma, and rounded to the nearest.
pub fn over_colour(foreground: &Picture, alpha: &Mask, colour: [u8; 3]) -> Result<Picture> {
    mixed(foreground, alpha, |_, _| colour)
}

/// The foreground over a background picture.
pub fn over_picture(foreground: &Picture, alpha: &Mask, background: &Picture, fit: Fit) -> Result<Picture> {
    if background.width == 0 || background.height == 0 {
        bail!("The background picture is empty; choose another one.");
    }
    let covering = (fit == Fit::Covering).then(|| covering(background, foreground.size()));
    let behind = covering.as_ref().unwrap_or(background);
    mixed(foreground, alpha, |x, y| {
        let at = ((y % behind.height) * behind.width + x % behind.width) * 3;
        [behind.rgb[at], behind.rgb[at + 1], behind.rgb[at + 2]]
    })
}

fn mixed(foreground: &Picture, alpha: &Mask, behind: impl Fn(usize, usize) -> [u8; 3] + Sync) -> Result<Picture> {
    let [[w, h], [aw, ah]] = [foreground.size(), alpha.size()];
    if [w, h] != [aw, ah] {
        bail!("The foreground has {w} × {h} pixels and its alpha {aw} × {ah}; they must be of one size.");
    }
    let rgb: Vec<u8> = (0..w * h)
        .into_par_iter()
        .with_min_len(1024)
        .flat_map_iter(|p| {
            let (a, back) = (u32::from(alpha.grey[p]), behind(p % w, p / w));
            // 255 is odd: there are no halves to be in doubt about.
            let mix =
                move |c: usize| (u32::from(foreground.rgb[3 * p + c]) * a + u32::from(back[c]) * (255 - a) + 127) / 255;
            [0, 1, 2].map(|c| mix(c) as u8)
        })
        .collect();
    Ok(Picture { width: w, height: h, rgb: rgb.into() })
}

/// A picture resized until it covers a size, its middle cut out.
fn covering(picture: &Picture, size: [usize; 2]) -> Picture {
    let [width, height] = size;
    let scale = (width as f64 / picture.width as f64).max(height as f64 / picture.height as f64);
    let taps: [Vec<Vec<(usize, f32)>>; 2] =
        [(width, picture.width), (height, picture.height)].map(|(to, from)| taps(to, from, scale));
    // Rows first, then columns of them.
    let rows: Vec<f32> = (0..picture.height)
        .into_par_iter()
        .flat_map_iter(|y| {
            let row = picture.row(y);
            taps[0].iter().flat_map(move |taps| {
                [0, 1, 2].map(|c| taps.iter().map(|&(x, w)| w * f32::from(row[3 * x + c])).sum::<f32>())
            })
        })
        .collect();
    let rgb: Vec<u8> = (0..height)
        .into_par_iter()
        .flat_map_iter(|y| {
            let (rows, taps) = (&rows, &taps[1][y]);
            (0..3 * width).map(move |at| {
                taps.iter().map(|&(y, w)| w * rows[y * 3 * width + at]).sum::<f32>().round().clamp(0.0, 255.0) as u8
            })
        })
        .collect();
    Picture { width, height, rgb: rgb.into() }
}

/// What each of `to` places takes from `from` places when their middle, `scale` times as large, is shown: a triangle filter, as wide as a
/// place of the smaller of the two.
fn taps(to: usize, from: usize, scale: f64) -> Vec<Vec<(usize, f32)>> {
    let reach = (1.0 / scale).max(1.0);
    let offset = (from as f64 * scale - to as f64) / 2.0;
    (0..to)
        .map(|at| {
            let centre = (at as f64 + 0.5 + offset) / scale - 0.5;
            let range = (centre - reach).ceil() as i64..=(centre + reach).floor() as i64;
            let weights =
                range.map(|i| (i.clamp(0, from as i64 - 1) as usize, 1.0 - (i as f64 - centre).abs() / reach));
            let weights: Vec<(usize, f64)> = weights.filter(|w| w.1 > 0.0).collect();
            let sum: f64 = weights.iter().map(|w| w.1).sum();
            weights.into_iter().map(|(i, w)| (i, (w / sum) as f32)).collect()
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mixing_rounds_to_the_nearest() {
        let front = Picture::filled(256, 1, [200, 7, 255]);
        let alpha = Mask { width: 256, height: 1, grey: (0..=255u8).collect() };
        let over = over_colour(&front, &alpha, [13, 90, 0]).unwrap();
        for (a, p) in over.rgb.chunks(3).enumerate() {
            let exact = |f: f64, b: f64| ((f * a as f64 + b * (255 - a) as f64) / 255.0).round() as u8;
            assert_eq!(p, [exact(200.0, 13.0), exact(7.0, 90.0), exact(255.0, 0.0)]);
        }
        let error = over_colour(&front, &Mask::filled(1, 256, 0), [0; 3]).unwrap_err().to_string();
        assert!(error.contains("256 × 1") && error.contains("1 × 256"), "{error}");
    }

    #[test]
    fn a_texture_is_repeated_and_a_photo_covers() {
        let (front, clear) = (Picture::filled(5, 3, [9; 3]), Mask::filled(5, 3, 0));
        let tile = Picture { width: 2, height: 1, rgb: [1, 1, 1, 2, 2, 2].into() };
        let tiled = over_picture(&front, &clear, &tile, Fit::Tiled).unwrap();
        assert_eq!(tiled.row(2), [1, 1, 1, 2, 2, 2, 1, 1, 1, 2, 2, 2, 1, 1, 1]);
        let grey = |v: &[u8]| v.iter().flat_map(|&v| [v; 3]).collect::<Vec<_>>();
        let wide = Picture { width: 9, height: 3, rgb: grey(&[1, 2, 3, 4, 5, 6, 7, 8, 9]).repeat(3).into() };
        let covered = over_picture(&front, &clear, &wide, Fit::Covering).unwrap();
        assert_eq!(covered.row(1), grey(&[3, 4, 5, 6, 7]), "its middle");
        let large = Picture { width: 10, height: 6, rgb: grey(&[0, 0, 60, 60, 0, 0, 0, 0, 0, 0]).repeat(6).into() };
        let half = over_picture(&front, &clear, &large, Fit::Covering).unwrap();
        assert_eq!(half.row(1), grey(&[8, 45, 8, 0, 0]), "a triangle two wide: 1, 3, 3, 1");
        assert!(over_picture(&front, &clear, &Picture::filled(0, 0, [0; 3]), Fit::Tiled).is_err());
    }

    #[test]
    fn a_foreground_over_its_own_background_is_the_picture_again() {
        let front = Picture::filled(4, 4, [240, 10, 99]);
        let over = over_colour(&front, &Mask::filled(4, 4, 255), [1, 2, 3]).unwrap();
        assert_eq!(over, front);
    }
}
