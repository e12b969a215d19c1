//! Trimaps: 0 background, 255 foreground, anything else unknown; from rough masks, scribbles and painted copies.

use crate::picture::{Mask, Picture};
use anyhow::{Result, bail};
use rayon::prelude::*;

/// What an unknown pixel of a made trimap is.
pub const UNKNOWN: u8 = 128;
/// Up to here background and from here on foreground, where a lossy file may have blurred the values.
const SNAP: [u8; 2] = [10, 245];
/// A stroke is background up to the first brightness and foreground from the second.
const STROKE: [u32; 2] = [85, 170];

/// A trimap from a rough mask (128 and more is foreground): surely foreground more than `erode` pixels inside, surely background more than
/// `dilate` pixels outside, by Euclidean distance. What is beyond the border counts as neither.
pub fn from_mask(rough: &Mask, erode: usize, dilate: usize) -> Mask {
    let to_back = squares(rough, |v| v < 128);
    let to_front = squares(rough, |v| v >= 128);
    let [erode, dilate] = [erode, dilate].map(|r| (r * r) as f64);
    let value = |(&back, &front): (&f64, &f64)| match (back > 0.0 && back > erode, front > 0.0 && front > dilate) {
        (true, _) => 255,
        (_, true) => 0,
        _ => UNKNOWN,
    };
    with(rough, to_back.iter().zip(&to_front).map(value).collect())
}

/// A trimap from a picture and a copy of it that was painted on (as in Levin et al. 2008): where they differ, dark strokes are background
/// and bright ones foreground.
pub fn from_painted_copy(original: &Picture, painted: &Picture) -> Result<Mask> {
    let [[w, h], [pw, ph]] = [original.size(), painted.size()];
    if [w, h] != [pw, ph] {
        bail!("The picture has {w} × {h} pixels and its painted copy {pw} × {ph}; paint on a copy of the same size.");
    }
    let value = |(o, p): (&[u8], &[u8])| {
        let brightness = p.iter().map(|&v| u32::from(v)).sum::<u32>() / 3;
        match brightness {
            _ if o == p => UNKNOWN,
            b if b <= STROKE[0] => 0,
            b if b >= STROKE[1] => 255,
            _ => UNKNOWN,
        }
    };
    let grey = original.rgb.chunks_exact(3).zip(painted.rgb.chunks_exact(3)).map(value).collect();
    Ok(Mask { width: w, height: h, grey })
}

/// Nearly black is background, nearly white is foreground, and all else unknown: for trimaps from files that blur values, such as JPEG.
pub fn snap(mask: &Mask) -> Mask {
    let value = |&v: &u8| match v {
        v if v <= SNAP[0] => 0,
        v if v >= SNAP[1] => 255,
        _ => UNKNOWN,
    };
    with(mask, mask.grey.iter().map(value).collect())
}

/// Whether a picture can be cut out with a trimap; the error is one sentence that says what is missing.
pub fn checked(picture: &Picture, trimap: &Mask) -> Result<()> {
    let [[w, h], [tw, th]] = [picture.size(), trimap.size()];
    if [w, h] != [tw, th] {
        bail!("The picture has {w} × {h} pixels and the trimap {tw} × {th}; they must be of one size.");
    }
    if trimap.count(|v| v != 0 && v != 255) == 0 {
        bail!(
            "The trimap has no unknown pixels, so there is nothing to compute; leave some grey between foreground and background."
        );
    }
    if trimap.count(|v| v == 255) == 0 {
        bail!("The trimap has no foreground; mark some pixels that surely belong to it in white.");
    }
    if trimap.count(|v| v == 0) == 0 {
        bail!("The trimap has no background; mark some pixels that surely belong to it in black.");
    }
    Ok(())
}

fn with(mask: &Mask, grey: Vec<u8>) -> Mask {
    Mask { width: mask.width, height: mask.height, grey: grey.into() }
}

/// Square of the distance from each pixel to the nearest one that `to` says yes to (Felzenszwalb & Huttenlocher 2012); ∞ if there is none.
fn squares(mask: &Mask, to: impl Fn(u8) -> bool + Sync) -> Vec<f64> {
    let [width, height] = mask.size();
    // Columns first, then rows of what the columns say.
    let columns: Vec<Vec<f64>> = (0..width)
        .into_par_iter()
        .map(|x| {
            parabolas(&(0..height).map(|y| if to(mask.at(x, y)) { 0.0 } else { f64::INFINITY }).collect::<Vec<_>>())
        })
        .collect();
    (0..height)
        .into_par_iter()
        .flat_map_iter(|y| parabolas(&columns.iter().map(|column| column[y]).collect::<Vec<_>>()))
        .collect()
}

/// The lower envelope of parabolas: minⱼ (i − j)² + `height`ⱼ for every i.
fn parabolas(heights: &[f64]) -> Vec<f64> {
    // Each parabola of the envelope, and from where on it is the lowest.
    let mut lowest: Vec<(usize, f64)> = Vec::new();
    for (j, &height) in heights.iter().enumerate().filter(|(_, h)| h.is_finite()) {
        let mut from = f64::NEG_INFINITY;
        while let Some(&(k, start)) = lowest.last() {
            let (a, b) = (j as f64, k as f64);
            from = ((height + a * a) - (heights[k] + b * b)) / (2.0 * (a - b));
            if from > start {
                break;
            }
            lowest.pop();
            from = f64::NEG_INFINITY;
        }
        lowest.push((j, from));
    }
    let mut at = 0;
    (0..heights.len())
        .map(|i| {
            while at + 1 < lowest.len() && lowest[at + 1].1 <= i as f64 {
                at += 1;
            }
            lowest.get(at).map_or(f64::INFINITY, |&(j, _)| (i as f64 - j as f64).powi(2) + heights[j])
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn mask(width: usize, rows: &str) -> Mask {
        let value = |c: char| [(' ', 0), ('#', 255), ('.', UNKNOWN)].iter().find(|v| v.0 == c).map(|v| v.1).unwrap();
        let grey: Vec<u8> = rows.split('|').flat_map(|row| row.chars().map(value).collect::<Vec<_>>()).collect();
        Mask { width, height: grey.len() / width, grey: grey.into() }
    }

    #[test]
    fn a_rough_mask_becomes_a_band() {
        let rough = mask(9, "   ######");
        assert_eq!(from_mask(&rough, 0, 0), rough, "no band");
        assert_eq!(from_mask(&rough, 2, 1), mask(9, "  ...####"), "the border of the picture is not an edge");
        let mut square = vec![0; 49];
        square[24] = 255;
        let dot = Mask { width: 7, height: 7, grey: square.into() };
        let round = mask(7, "       |   .   |  ...  | ..#.. |  ...  |   .   |       ");
        assert_eq!(from_mask(&dot, 0, 2), round, "by Euclidean distance");
        let all = Mask::filled(3, 2, 255);
        assert_eq!(from_mask(&all, 5, 5), all);
        assert_eq!(from_mask(&Mask::filled(3, 2, 0), 5, 5), Mask::filled(3, 2, 0));
    }

    #[test]
    fn distances_are_those_of_a_search_through_all_pixels() {
        let (width, height) = (13, 9);
        let grey: Vec<u8> = (0..width * height).map(|p| if p * p % 23 == 3 { 255 } else { 0 }).collect();
        let mask = Mask { width, height, grey: grey.into() };
        let squares = squares(&mask, |v| v == 255);
        for (p, square) in squares.into_iter().enumerate() {
            let away = |q: &usize| (p % width).abs_diff(q % width).pow(2) + (p / width).abs_diff(q / width).pow(2);
            let near = (0..width * height).filter(|&q| mask.grey[q] == 255).map(|q| away(&q)).min().unwrap();
            assert_eq!(square as usize, near, "{p}");
        }
    }

    #[test]
    fn strokes_on_a_copy_count_where_it_differs() {
        let original = Picture { width: 4, height: 1, rgb: [0, 0, 0, 255, 255, 255, 9, 9, 9, 70, 80, 90].into() };
        let painted = Picture { rgb: [0, 0, 0, 0, 0, 0, 255, 255, 255, 130, 130, 130].into(), ..original.clone() };
        assert_eq!(*from_painted_copy(&original, &painted).unwrap().grey, [UNKNOWN, 0, 255, UNKNOWN]);
        let large = Picture::filled(5, 1, [0; 3]);
        let error = from_painted_copy(&original, &large).unwrap_err().to_string();
        assert!(error.contains("4 × 1") && error.contains("5 × 1"), "{error}");
    }

    #[test]
    fn blurred_values_snap() {
        let blurred = Mask { width: 6, height: 1, grey: [0, 10, 11, 244, 245, 255].into() };
        assert_eq!(*snap(&blurred).grey, [0, 0, UNKNOWN, UNKNOWN, 255, 255]);
        assert_eq!(snap(&mask(3, " .#")), mask(3, " .#"));
    }

    #[test]
    fn what_is_missing_is_said() {
        let picture = Picture::filled(3, 1, [0; 3]);
        let says = |trimap: &Mask| checked(&picture, trimap).map_err(|e| e.to_string());
        assert_eq!(says(&mask(3, " .#")), Ok(()));
        for (trimap, word) in
            [(mask(3, "  #"), "unknown"), (mask(3, " . "), "foreground"), (mask(3, "#.#"), "no background")]
        {
            assert!(says(&trimap).unwrap_err().contains(word));
        }
        let error = says(&mask(2, " .")).unwrap_err();
        assert!(error.contains("3 × 1") && error.contains("2 × 1"), "{error}");
    }
}
