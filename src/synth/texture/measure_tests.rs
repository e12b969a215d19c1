//! Measures of textures on maps that can be counted by hand.

use super::*;

fn at(exemplar: u16, x: usize, y: usize) -> Place {
    Place { exemplar, x: x as u16, y: y as u16 }
}

#[test]
fn pieces_are_measured_by_the_pixels_in_them() {
    // Left 4×4 of one exemplar, right 4×4 of another: two pieces of side 4.
    let map: Vec<Place> = (0..32).map(|i| if i % 8 < 4 { at(0, i % 8, i / 8) } else { at(1, i % 8, i / 8) }).collect();
    assert_eq!(verbatim(&map, [8, 4]), Verbatim { mean: 4.0, most: 4.0 });
    // The same exemplar, but the right half begins elsewhere: 16 + 9 pixels in pieces, the rest not copied.
    let map: Vec<Place> = (0..28)
        .map(|i| match (i % 7, i / 7) {
            (x @ 0..4, y) => at(0, x, y),
            (x, y @ 0..3) => at(0, x + 1, y),
            _ => Place::NONE,
        })
        .collect();
    let found = verbatim(&map, [7, 4]);
    assert!((found.mean - (16.0 * 4.0 + 9.0 * 3.0) / 25.0).abs() < 1e-12, "{found:?}");
    assert!(verbatim(&[Place::NONE; 4], [2, 2]).mean < 1e-9);
}

fn noise(width: usize, height: usize) -> Picture {
    let mut rng = crate::latent::rng(1, 0);
    let rgb: Vec<u8> = (0..width * height * 3).map(|_| crate::latent::below(&mut rng, 256) as u8).collect();
    Picture { width, height, rgb: rgb.into() }
}

#[test]
fn recall_counts_what_is_found_again() {
    let whole = noise(40, 40);
    assert_eq!(patch_recall(&whole, None, &whole), Some(1.0));
    assert_eq!(patch_recall(&whole, None, &Picture::filled(40, 40, [128; 3])), Some(0.0));
    // The upper 20 rows hold the 7×7 patches that begin in rows 0 to 13 of 34, which are looked for in steps of 3.
    let half = Picture { width: 40, height: 20, rgb: whole.rgb[..40 * 20 * 3].into() };
    let upper = patch_recall(&whole, None, &half).unwrap();
    assert!((upper - 5.0 / 12.0).abs() < 1e-12, "{upper}");
    let allowed: Vec<bool> = (0..1600).map(|i| i < 20 * 40).collect();
    assert_eq!(patch_recall(&whole, Some(&allowed), &half), Some(1.0));
    assert_eq!(patch_recall(&whole, None, &Picture::filled(6, 40, [0; 3])), None);
}

#[test]
fn the_seam_is_compared_with_the_inside() {
    let ramp = |w: usize, h: usize, v: &dyn Fn(usize) -> u8| {
        let rgb: Vec<u8> = (0..w * h).flat_map(|i| [v(i % w); 3]).collect();
        Picture { width: w, height: h, rgb: rgb.into() }
    };
    // Steps of 10 inside, of 90 across the border.
    assert!((wrap_seam(&ramp(10, 4, &|x| 10 * x as u8)) - 9.0).abs() < 1e-12);
    // Up and down again: one step each, everywhere.
    assert!((wrap_seam(&ramp(8, 4, &|x| [0, 10, 20, 30, 40, 30, 20, 10][x])) - 1.0).abs() < 1e-12);
    assert!(wrap_seam(&Picture::filled(5, 5, [7; 3])) < 1e-9);
    assert!(wrap_seam(&Picture::filled(1, 1, [7; 3])) < 1e-9);
}
