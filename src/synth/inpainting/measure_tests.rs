//! The measures against hand and against scikit-image.

use super::*;
use crate::synth::inpainting::testing::{mask, picture};

#[test]
fn psnr_counts_the_holes_pixels_only() {
    let a = picture(2, 1, |_, _, _| 100);
    let b = picture(2, 1, |x, _, c| 100 + x * 50 + if x == 0 && c == 0 { 10 } else { 0 });
    let hole = mask(2, 1, |x, _| x == 0);
    // One of three colours is 10 off: a mean squared error of 100 / 3.
    let psnr = hole_psnr(&a, &b, &hole);
    assert!((psnr - 10.0 * (65025.0_f64 * 3.0 / 100.0).log10()).abs() < 1e-12, "{psnr}");
    assert!(hole_psnr(&a, &a, &hole).is_infinite());
}

/// Printed by `tests/references/inpainting.py`, which asks scikit-image.
#[test]
fn measures_are_those_of_scikit_image() {
    let of = |x: usize, y: usize, c: usize| (31 * x + 17 * y + x * y + 50 * c) % 256;
    let a = picture(24, 20, of);
    let b = picture(24, 20, |x, y, c| (of(x, y, c) + (x * x + 3 * y + 5 * c) % 23).min(255));
    let hole = mask(24, 20, |x, y| x.abs_diff(9).pow(2) + y.abs_diff(8).pow(2) < 20);
    assert!((hole_psnr(&a, &b, &hole) - 26.262_382_252_974_795).abs() < 1e-9);
    assert!((ssim(&a, &b) - 0.992_834_794_885_755_5).abs() < 1e-9, "{}", ssim(&a, &b));
    assert!((hole_ssim(&a, &b, &hole) - 0.992_874_614_497_751_9).abs() < 1e-9, "{}", hole_ssim(&a, &b, &hole));
    assert!((ssim(&a, &a) - 1.0).abs() < 1e-12);
}

#[test]
fn small_pictures_have_a_similarity_too() {
    for (w, h) in [(1, 1), (1, 9), (6, 3)] {
        let (a, b) = (picture(w, h, |x, y, _| x * 20 + y * 7), picture(w, h, |x, y, _| 200 - x * 20 + y));
        assert!((ssim(&a, &a) - 1.0).abs() < 1e-12);
        assert!(ssim(&a, &b) < 0.9);
    }
}
