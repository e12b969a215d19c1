//! The pixels whose alpha is asked for, in an order in which several threads can factor their equations.

use crate::picture::Mask;
use std::ops::Range;

/// The place of a pixel that is known.
pub const KNOWN: u32 = u32::MAX;
/// Most parts: borders make the factors denser, so more parts are more work in all.
const PARTS: usize = 4;
/// About the least number of pixels in a part.
const PART: usize = 3000;
/// Pixels farther apart than this along a line or across lines are in no common 3×3 window.
const REACH: usize = 2;

/// Which pixels of a trimap are unknown, and in which order they stand in the equations.
pub struct Unknowns {
    /// Width and height of the picture.
    pub size: [usize; 2],
    /// Row-by-row index of each unknown pixel, in the order of the equations.
    pub pixels: Vec<u32>,
    /// Where each pixel of the picture stands in that order; [`KNOWN`] if it does not.
    pub place: Vec<u32>,
    /// Bands that are more than [`REACH`] lines apart; what is left of the order is the border between them.
    pub parts: Vec<Range<usize>>,
}

impl Unknowns {
    /// The unknown pixels of a trimap: all but 0 and 255.
    pub fn of(trimap: &Mask) -> Self {
        let [width, height] = trimap.size();
        let unknown: Vec<bool> = trimap.grey.iter().map(|&v| v != 0 && v != 255).collect();
        // Lines run across the shorter side, so that borders are short.
        let down = height >= width;
        let (lines, length) = if down { (height, width) } else { (width, height) };
        let pixel = |line: usize, at: usize| if down { line * width + at } else { at * width + line };
        let counts: Vec<usize> =
            (0..lines).map(|line| (0..length).filter(|&at| unknown[pixel(line, at)]).count()).collect();
        let (bands, between) = banded(&counts);
        let (mut pixels, mut place, mut parts) = (Vec::new(), vec![KNOWN; width * height], Vec::new());
        let mut take = |line: usize| {
            for p in (0..length).map(|at| pixel(line, at)).filter(|&p| unknown[p]) {
                place[p] = pixels.len() as u32;
                pixels.push(p as u32);
            }
            pixels.len()
        };
        let mut end = 0;
        for band in bands {
            let first = end;
            band.for_each(|line| end = take(line));
            parts.push(first..end);
        }
        for line in between {
            take(line);
        }
        Self { size: trimap.size(), pixels, place, parts }
    }
}

/// Lines with these counts in bands of about as many each, and the lines between the bands.
fn banded(counts: &[usize]) -> (Vec<Range<usize>>, Vec<usize>) {
    let total: usize = counts.iter().sum();
    let share = total.div_ceil((total / PART).clamp(1, PARTS));
    let (mut bands, mut between, mut first, mut sum) = (Vec::new(), Vec::new(), 0, 0);
    let mut line = 0;
    while line < counts.len() {
        sum += counts[line];
        line += 1;
        if sum >= share && line + REACH < counts.len() {
            bands.push(first..line);
            between.extend(line..line + REACH);
            line += REACH;
            (first, sum) = (line, 0);
        }
    }
    bands.push(first..counts.len());
    (bands, between)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_unknown_pixel_stands_once_and_bands_do_not_touch() {
        let (width, height) = (90, 120);
        let grey: Vec<u8> = (0..width * height).map(|p| [0, 128, 77, 128, 255, 200, 1][p % 7]).collect();
        let trimap = Mask { width, height, grey: grey.into() };
        let unknowns = Unknowns::of(&trimap);
        assert_eq!(unknowns.pixels.len(), trimap.count(|v| v != 0 && v != 255));
        assert!(unknowns.parts.len() > 1, "{:?}", unknowns.parts);
        for (at, &p) in unknowns.pixels.iter().enumerate() {
            assert_eq!(unknowns.place[p as usize], at as u32);
        }
        let rows = |part: &Range<usize>| {
            let rows = unknowns.pixels[part.clone()].iter().map(|&p| p as usize / width);
            (rows.clone().min().unwrap(), rows.max().unwrap())
        };
        for pair in unknowns.parts.windows(2) {
            assert!(rows(&pair[1]).0 > rows(&pair[0]).1 + REACH);
        }
        assert_eq!(unknowns.place[0], KNOWN);
    }

    #[test]
    fn one_line_is_one_band() {
        assert_eq!(banded(&[9]).0.first(), Some(&(0..1)));
        let (bands, between) = banded(&[0, 0]);
        assert!(bands.len() == 1 && bands[0] == (0..2) && between.is_empty());
    }
}
