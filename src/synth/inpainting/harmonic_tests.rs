//! Smooth fills against what is known of them.

use super::*;
use crate::synth::inpainting::testing::{mask, picture, run};

/// Red of the hole's pixels, row by row.
fn red_in(picture: &Picture, mask: &Mask) -> Vec<u8> {
    let pixels = picture.rgb.chunks_exact(3).zip(mask.grey.iter());
    pixels.filter(|(_, m)| is_hole(**m)).map(|(p, _)| p[0]).collect()
}

#[test]
fn a_ramp_comes_back_exactly() {
    let ramp = picture(60, 40, |x, y, c| 2 * x + 3 * y + c * 5);
    let hole = mask(60, 40, |x, y| (5..50).contains(&x) && (4..36).contains(&y));
    let outcome = run(&HARMONIC, &ramp, &hole, &["tolerance=1e-7"]).unwrap();
    assert_eq!(outcome.picture, ramp);
    assert!(outcome.warnings.is_empty());
    assert!(outcome.figures[0].1 < 2e-7, "{:?}", outcome.figures);
    assert!(outcome.figures[1].1 < 20.0, "multigrid takes few steps: {:?}", outcome.figures);
}

#[test]
fn one_pixel_is_the_mean_of_its_neighbours() {
    let around = picture(3, 3, |x, y, c| [0, 10, 0, 20, 255, 40, 0, 50, 0][y * 3 + x] + c);
    let outcome = run(&HARMONIC, &around, &mask(3, 3, |x, y| (x, y) == (1, 1)), &[]).unwrap();
    assert_eq!(&outcome.picture.row(1)[3..6], [30, 31, 32]);
    // In a corner there are two.
    let outcome = run(&HARMONIC, &around, &mask(3, 3, |x, y| (x, y) == (0, 0)), &[]).unwrap();
    assert_eq!(&outcome.picture.row(0)[..3], [15, 16, 17]);
}

#[test]
fn a_hole_up_to_the_border_takes_the_nearest_colour() {
    let stripes = picture(20, 6, |x, _, c| x * 10 + c);
    let outcome = run(&HARMONIC, &stripes, &mask(20, 6, |x, _| x >= 12), &[]).unwrap();
    assert_eq!(outcome.picture, picture(20, 6, |x, _, c| x.min(11) * 10 + c));
}

#[test]
fn a_slope_goes_on_across_rows_that_are_missing() {
    let ramp = picture(30, 30, |x, y, _| 6 * y + x);
    let outcome = run(&BIHARMONIC, &ramp, &mask(30, 30, |_, y| (12..17).contains(&y)), &["tolerance=1e-8"]).unwrap();
    // The picture's sides are held level, so the slope along x bends near them.
    for x in 8..22 {
        for y in 12..17 {
            assert!(outcome.picture.row(y)[x * 3].abs_diff(ramp.row(y)[x * 3]) <= 1);
        }
    }
}

#[test]
fn the_biharmonic_fill_brings_quadratics_and_cubics_back() {
    let quadratic = picture(31, 24, |x, y, c| x.abs_diff(15).pow(2) + y + c);
    let hole = mask(31, 24, |x, y| (5..26).contains(&x) && (4..20).contains(&y));
    assert_eq!(run(&BIHARMONIC, &quadratic, &hole, &["tolerance=1e-9"]).unwrap().picture, quadratic);
    assert_ne!(run(&HARMONIC, &quadratic, &hole, &[]).unwrap().picture, quadratic);
    let cubic = picture(7, 24, |x, _, c| 4 * x * x * x + 20 + 108 * x - 36 * x * x + c);
    let hole = mask(7, 24, |x, y| (2..5).contains(&x) && (4..20).contains(&y));
    assert_eq!(run(&BIHARMONIC, &cubic, &hole, &["tolerance=1e-9"]).unwrap().picture, cubic);
    assert_ne!(run(&HARMONIC, &cubic, &hole, &[]).unwrap().picture, cubic);
}

/// Printed by `tests/references/inpainting.py`: a direct solve, and scikit-image's biharmonic fill.
#[test]
fn fills_are_those_of_other_programs() {
    let smooth = picture(24, 20, |x, y, c| x * x * y / 60 + 3 * x + 2 * c);
    let near = |x: usize, y: usize| x.abs_diff(9) <= 2 && y.abs_diff(8) <= 2;
    let hole = mask(24, 20, |x, y| near(x, y) || x >= 19 && y >= 15);
    let filled = run(&HARMONIC, &smooth, &hole, &["tolerance=1e-7"]).unwrap().picture;
    let reference = [
        26, 30, 35, 40, 45, 27, 32, 37, 42, 47, 27, 33, 38, 44, 49, 28, 34, 39, 45, 51, 29, 34, 40, 47, 53, 144, 153,
        162, 171, 177, 147, 154, 160, 166, 169, 150, 154, 159, 162, 165, 153, 155, 158, 161, 162, 155, 156, 158, 160,
        161,
    ];
    assert_eq!(red_in(&filled, &hole), reference);
    let hole = mask(24, 20, near);
    let filled = run(&BIHARMONIC, &smooth, &hole, &["tolerance=1e-8"]).unwrap().picture;
    let reference =
        [26, 30, 34, 40, 45, 26, 31, 36, 41, 47, 27, 32, 37, 43, 49, 28, 33, 38, 44, 51, 29, 34, 40, 46, 53];
    assert_eq!(red_in(&filled, &hole), reference);
}

#[test]
fn a_blend_keeps_the_steps_and_meets_the_border() {
    let hole = mask(30, 30, |x, y| (8..22).contains(&x) && (8..22).contains(&y));
    let base = picture(30, 30, |x, y, c| 3 * x + y + c);
    // The same picture 60 brighter: what remains of it is nothing.
    let brighter = picture(30, 30, |x, y, c| 3 * x + y + c + 60);
    assert_eq!(membrane(&base, &brighter, &hole), base);
    // Something in it stays as it is.
    let dot = |x: usize, y: usize| if (14..16).contains(&x) && (14..16).contains(&y) { 80 } else { 0 };
    let dotted = picture(30, 30, |x, y, c| 3 * x + y + c + 20 + dot(x, y));
    assert_eq!(membrane(&base, &dotted, &hole), picture(30, 30, |x, y, c| 3 * x + y + c + dot(x, y)));
    assert_eq!(membrane(&base, &dotted, &Mask::filled(30, 30, 0)), base);
    assert_eq!(membrane(&base, &dotted, &Mask::filled(30, 30, 255)), dotted);
}

#[test]
fn a_solve_that_is_cut_short_says_so() {
    let wavy = picture(64, 64, |x, y, _| (x * 37 + y * 11) % 256);
    let hole = mask(64, 64, |x, y| (4..60).contains(&x) && (4..60).contains(&y));
    let mut on_progress = |_: f32, _: Option<Picture>| {};
    let (_, solved) =
        fill(Equation::Biharmonic, &wavy, &hole, 1e-9, 2, &mut Watch::new(&|| false, &mut on_progress)).unwrap();
    assert_eq!(solved.iterations, 2);
    assert!(solved.residual > 1e-9);
    assert!(unfinished(solved, 1e-9).unwrap().contains("after 2 steps"));
    assert!(unfinished(Solved { residual: 1e-6, iterations: 9 }, 1e-6).is_none());
}
