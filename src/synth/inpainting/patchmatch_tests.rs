//! Completion of patterns, edges and noise.

use super::*;
use crate::synth::inpainting::testing::{mask, picture, run, scattered};

/// Mean difference of the bytes in the hole.
fn error(a: &Picture, b: &Picture, mask: &Mask) -> f64 {
    let pixels = a.rgb.chunks_exact(3).zip(b.rgb.chunks_exact(3)).zip(mask.grey.iter());
    let inside = pixels.filter(|(_, m)| super::super::is_hole(**m));
    let (mut sum, mut count) = (0.0, 0.0);
    for ((p, q), _) in inside {
        sum += p.iter().zip(q).map(|(p, q)| f64::from(p.abs_diff(*q))).sum::<f64>();
        count += 3.0;
    }
    sum / count
}

#[test]
fn a_pattern_is_carried_on() {
    let pattern = picture(96, 80, |x, y, c| [20, 60, 200, 110, 160, 240][(x / 2 + y / 4 * 3) % 6] - c * 10);
    let hole = mask(96, 80, |x, y| (36..60).contains(&x) && (30..52).contains(&y));
    let filled = run(&PATCHMATCH, &pattern, &hole, &[]).unwrap();
    assert!(error(&filled.picture, &pattern, &hole) < 1.0, "{}", error(&filled.picture, &pattern, &hole));
    let smooth = run(&super::super::HARMONIC, &pattern, &hole, &[]).unwrap();
    assert!(error(&smooth.picture, &pattern, &hole) > 30.0);
    assert!(filled.warnings.is_empty());
}

#[test]
fn an_edge_is_carried_on_sharply() {
    let edge = picture(80, 60, |x, y, _| if x + y / 3 < 48 { 30 } else { 220 });
    let hole = mask(80, 60, |x, y| (30..52).contains(&x) && (20..40).contains(&y));
    let filled = run(&PATCHMATCH, &edge, &hole, &["blend=off"]).unwrap().picture;
    let between = filled.rgb.iter().filter(|&&v| (60..190).contains(&v)).count();
    assert!(between <= 3 * 20, "{between} bytes are neither dark nor bright");
    assert!(error(&filled, &edge, &hole) < 6.0, "{}", error(&filled, &edge, &hole));
}

#[test]
fn a_blend_takes_a_seam_out() {
    // A slow ramp: no patch has quite the right colours.
    let ramp = picture(90, 60, |x, y, _| 20 + 2 * x + (x * 7 + y * 5) % 4);
    let hole = mask(90, 60, |x, y| (30..60).contains(&x) && (15..45).contains(&y));
    let jumps = |p: &Picture| {
        let row = |y: usize| p.row(y).chunks_exact(3).map(|p| i32::from(p[0])).collect::<Vec<_>>();
        (15..45).map(|y| row(y).windows(2).map(|w| (w[1] - w[0] - 2).pow(2)).sum::<i32>()).sum::<i32>()
    };
    let [on, off] =
        ["blend=on", "blend=off"].map(|b| jumps(&run(&PATCHMATCH, &ramp, &hole, &["effort=1", b]).unwrap().picture));
    assert!(on <= off, "{on} with, {off} without");
}

#[test]
fn the_seed_is_all_that_chance_depends_on() {
    let noise = picture(64, 64, |x, y, c| (super::super::field::hash(x as u64, (y * 3 + c) as u64) % 256) as usize);
    let hole = mask(64, 64, |x, y| (20..40).contains(&x) && (20..40).contains(&y));
    let with = |seed: u64| {
        let materials =
            Materials { picture: Some(noise.clone()), mask: Some(hole.clone()), seed, ..Materials::default() };
        let table = (PATCHMATCH.knobs)();
        let knobs = Knobs::start(&table);
        run_with(&materials, &knobs)
    };
    assert_eq!(with(1), with(1));
    assert_ne!(with(1), with(2));
}

fn run_with(materials: &Materials, knobs: &Knobs) -> Picture {
    (PATCHMATCH.run)(materials, knobs, None, &mut Watch::new(&|| false, &mut |_, _| {})).unwrap().picture
}

#[test]
fn patches_shrink_where_no_larger_one_is_known() {
    let all = picture(60, 60, |x, y, _| x + y);
    // Known stripes four pixels wide.
    let hole = mask(60, 60, |x, _| x % 8 >= 4);
    let outcome = run(&PATCHMATCH, &all, &hole, &["patch=9"]).unwrap();
    assert_eq!(outcome.warnings, ["No 9×9 patch is fully known, so patches of 3×3 were copied."]);
    let dust = mask(60, 60, |x, y| x % 2 == 1 || scattered(x, y, 50));
    let sentence = run(&PATCHMATCH, &all, &dust, &[]).unwrap_err().to_string();
    assert!(sentence.contains("harmonic fill"), "{sentence}");
}

#[test]
fn what_is_shown_on_the_way_grows_clearer() {
    let pattern = picture(200, 160, |x, y, _| (x / 4 + y / 4) % 2 * 200);
    let hole = mask(200, 160, |x, y| (60..130).contains(&x) && (40..110).contains(&y));
    let materials = Materials { picture: Some(pattern.clone()), mask: Some(hole), ..Materials::default() };
    let mut shown = Vec::new();
    let mut on_progress = |share: f32, so_far: Option<Picture>| shown.extend(so_far.map(|p| (share, p.size())));
    let knobs = Knobs::start(&(PATCHMATCH.knobs)());
    (PATCHMATCH.run)(&materials, &knobs, None, &mut Watch::new(&|| false, &mut on_progress)).unwrap();
    assert!((1..=8).contains(&shown.len()), "{}", shown.len());
    assert!(shown.iter().all(|&(_, size)| size == pattern.size()));
    assert!(shown.is_sorted_by(|a, b| a.0 < b.0));
}
