//! What holds for every fill: materials that are refused, odd sizes, threads, cancels, and pixels that must stay.

use super::{
    BIHARMONIC, HARMONIC, PATCHMATCH, checked, is_hole,
    testing::{mask, picture, run, scattered},
};
use crate::{
    failure::Failure,
    picture::{Mask, Picture},
    spec::Knobs,
    synth::{Materials, Tool, Watch},
};
use std::sync::atomic::{AtomicUsize, Ordering};

const FILLS: [&Tool; 3] = [&HARMONIC, &BIHARMONIC, &PATCHMATCH];

#[test]
fn materials_that_cannot_be_filled_are_refused_with_a_sentence() {
    let whole = Materials {
        picture: Some(Picture::filled(4, 3, [9; 3])),
        mask: Some(mask(4, 3, |x, _| x == 0)),
        ..Materials::default()
    };
    assert!(checked(&whole).is_ok());
    for (materials, words) in [
        (Materials { picture: None, ..whole.clone() }, "no picture"),
        (Materials { mask: None, ..whole.clone() }, "no mask"),
        (Materials { mask: Some(Mask::filled(3, 4, 255)), ..whole.clone() }, "The mask is 3×4 and the picture 4×3"),
        (Materials { mask: Some(Mask::filled(4, 3, 128)), ..whole.clone() }, "covers the whole picture"),
        (Materials { mask: Some(Mask::filled(4, 3, 127)), ..whole.clone() }, "marks nothing"),
        (Materials { picture: Some(Picture::filled(0, 0, [0; 3])), ..whole.clone() }, "no pixels"),
        (Materials { original: Some(Picture::filled(4, 4, [0; 3])), ..whole }, "The original is 4×4"),
    ] {
        for tool in FILLS {
            let knobs = Knobs::start(&(tool.knobs)());
            let result = (tool.run)(&materials, &knobs, None, &mut Watch::new(&|| false, &mut |_, _| {}));
            let sentence = result.unwrap_err().to_string();
            assert!(sentence.contains(words) && sentence.ends_with('.'), "{}: {sentence}", tool.id);
        }
    }
}

#[test]
fn odd_sizes_are_filled_or_refused_and_known_pixels_stay() {
    for (w, h) in [(1, 1), (1, 2), (2, 1), (1, 40), (40, 1), (2, 2), (3, 3), (7, 7), (8, 60), (1024, 16)] {
        let all = picture(w, h, |x, y, c| x * 3 + y * 5 + c * 70);
        for percent in [10, 50, 90] {
            let hole = mask(w, h, |x, y| scattered(x, y, percent));
            for tool in FILLS {
                let Ok(outcome) = run(tool, &all, &hole, &[]) else { continue };
                assert_eq!(outcome.picture.size(), [w, h]);
                let pixels = all.rgb.chunks_exact(3).zip(outcome.picture.rgb.chunks_exact(3));
                for ((before, after), &m) in pixels.zip(hole.grey.iter()) {
                    assert!(is_hole(m) || before == after, "{} changed a known pixel of {w}×{h}", tool.id);
                }
            }
        }
    }
}

#[test]
fn smooth_fills_take_any_mask_that_leaves_a_pixel() {
    for (w, h) in [(1, 2), (5, 1), (1, 40), (300, 4)] {
        let grey = Picture::filled(w, h, [40, 90, 200]);
        let hole = mask(w, h, |x, y| (x, y) != (0, 0));
        for tool in [&HARMONIC, &BIHARMONIC] {
            let outcome = run(tool, &grey, &hole, &[]).unwrap();
            assert_eq!(outcome.picture, grey, "{}", tool.id);
            assert!(outcome.warnings.is_empty(), "{:?}", outcome.warnings);
        }
    }
}

#[test]
fn what_the_hole_hides_does_not_matter() {
    let all = picture(40, 30, |x, y, c| x * 5 + y * 2 + c * 9);
    let hole = mask(40, 30, |x, y| (10..20).contains(&x) && (8..19).contains(&y));
    let spoiled = picture(40, 30, |x, y, c| if is_hole(hole.at(x, y)) { x * 91 + c } else { x * 5 + y * 2 + c * 9 });
    for tool in FILLS {
        let [a, b] = [&all, &spoiled].map(|p| run(tool, p, &hole, &[]).unwrap().picture);
        assert_eq!(a, b, "{}", tool.id);
    }
}

#[test]
fn the_number_of_threads_changes_no_byte() {
    let (w, h) = (150, 130);
    let all = picture(w, h, |x, y, c| (x * x / 7 + y * 3 + (x * y) % 31 + c * 20) % 256);
    let hole = mask(w, h, |x, y| (40..90).contains(&x) && (30..70).contains(&y) || scattered(x / 9, y / 9, 8));
    for tool in FILLS {
        let fill = |threads: usize| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| run(tool, &all, &hole, &["effort=1"][..usize::from(tool.id == "patchmatch")]).unwrap())
        };
        let one = fill(1);
        assert_eq!(one, fill(2), "{}", tool.id);
        assert_eq!(one, fill(3), "{}", tool.id);
    }
}

#[test]
fn a_cancel_is_heard_wherever_it_comes() {
    let all = picture(96, 64, |x, y, c| (x * 7 + y * 11 + c) % 256);
    let hole = mask(96, 64, |x, y| (30..60).contains(&x) && (20..44).contains(&y));
    let materials =
        Materials { picture: Some(all.clone()), mask: Some(hole), original: Some(all), ..Materials::default() };
    for tool in FILLS {
        let knobs = Knobs::start(&(tool.knobs)());
        let asked = AtomicUsize::new(0);
        let until = |most: usize| {
            asked.store(0, Ordering::Relaxed);
            let stop = || asked.fetch_add(1, Ordering::Relaxed) >= most;
            (tool.run)(&materials, &knobs, None, &mut Watch::new(&stop, &mut |_, _| {}))
        };
        assert!(until(usize::MAX).is_ok());
        let times = asked.load(Ordering::Relaxed);
        assert!(times > 10, "{} asks only {times} times", tool.id);
        for share in 0..8 {
            let error = until(times * share / 8).unwrap_err();
            assert!(Failure::is_cancelled(&error), "{}: {error:#}", tool.id);
        }
    }
}
