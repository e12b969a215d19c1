//! Sizes, depths and sources against their definitions.

use super::*;
use crate::synth::inpainting::testing::{mask, picture, scattered};

#[test]
fn depth_counts_kings_moves() {
    let level = Level::finest(&Picture::filled(7, 5, [0; 3]), &mask(7, 5, |x, y| x >= 1 && y >= 1));
    let expected = (0..35).map(|i| (i % 7).min(i / 7) as u16).collect::<Vec<_>>();
    assert_eq!(level.depth, expected);
}

#[test]
fn sources_are_the_patches_without_a_hole() {
    let (w, h) = (23, 17);
    let level = Level::finest(&Picture::filled(w, h, [0; 3]), &mask(w, h, |x, y| scattered(x, y, 4)));
    for radius in 1..=3 {
        let sources = level.sources(radius);
        let whole = |x: usize, y: usize| {
            let inside = x >= radius && y >= radius && x + radius < w && y + radius < h;
            inside && (y - radius..=y + radius).all(|y| (x - radius..=x + radius).all(|x| !level.hole[y * w + x]))
        };
        let expected: Vec<bool> = (0..w * h).map(|i| whole(i % w, i / w)).collect();
        assert_eq!(sources.valid, expected);
        assert_eq!(sources.places.len(), expected.iter().filter(|&&v| v).count());
        assert!(!sources.places.is_empty());
    }
}

#[test]
fn half_the_size_means_what_is_known() {
    // A 3×2 picture: the first four pixels have one hole, the last two are both holes.
    let level =
        Level::finest(&picture(3, 2, |x, y, c| 10 * (y * 3 + x) + c), &mask(3, 2, |x, y| x == 2 || (x, y) == (1, 1)));
    let half = level.halved();
    assert_eq!((half.width, half.height, half.hole.as_slice()), (2, 1, [false, true].as_slice()));
    assert_eq!(half.rgb[..3], [13, 14, 15], "(0 + 10 + 30) / 3, rounded");
}
