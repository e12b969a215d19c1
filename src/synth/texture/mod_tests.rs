//! What both tools promise: copies, masks, guides, wraps, seeds and threads.

use super::*;
use crate::{
    failure::Failure,
    latent,
    picture::{Mask, Picture},
    spec::{Knobs, Value},
    synth::{Exemplar, Materials, Outcome, Tool, Watch},
};
use anyhow::Result;

const BOTH: [&Tool; 2] = [&QUILTING, &SEARCH];

fn drawn(width: usize, height: usize, pixel: impl Fn(usize, usize) -> [u8; 3]) -> Picture {
    let rgb: Vec<u8> = (0..width * height).flat_map(|i| pixel(i % width, i / width)).collect();
    Picture { width, height, rgb: rgb.into() }
}

/// Blobs that repeat nowhere.
fn blobs(side: usize, seed: u64) -> Picture {
    let mut rng = latent::rng(seed, 0);
    let spots: Vec<[f32; 4]> = (0..side / 2).map(|_| [0; 4].map(|_: u8| latent::uniform(&mut rng))).collect();
    drawn(side, side, |x, y| {
        let at = |s: &[f32; 4]| {
            let (dx, dy) = (s[0] * side as f32 - x as f32, s[1] * side as f32 - y as f32);
            (-(dx * dx + dy * dy) / (4.0 + 20.0 * s[2])).exp()
        };
        let sum =
            |c: f32| spots.iter().map(|s| at(s) * if s[3] > c { 200.0 } else { 60.0 }).sum::<f32>().min(255.0) as u8;
        [sum(0.2), sum(0.5), sum(0.8)]
    })
}

/// Each pixel's colour says where it is: red the column, green the row, blue `which`.
fn compass(of: &Picture, which: u8) -> Picture {
    drawn(of.width, of.height, |x, y| [x as u8, y as u8, which])
}

fn located(picture: Picture, which: u8) -> Exemplar {
    Exemplar { companion: Some(compass(&picture, which)), ..picture.into() }
}

fn job(exemplars: Vec<Exemplar>, size: [usize; 2]) -> Materials {
    Materials { exemplars, size, seed: 5, ..Materials::default() }
}

/// Runs with start values but these.
fn make(tool: &Tool, materials: &Materials, set: &[(&str, Value)]) -> Result<Outcome> {
    let mut knobs = Knobs::start(&(tool.knobs)());
    for (id, value) in set.iter().filter(|(id, _)| (tool.knobs)().iter().any(|k| k.id == *id)) {
        knobs.put(id, value.clone());
    }
    let (stop, mut on_progress) = (|| false, |_: f32, _: Option<Picture>| {});
    (tool.run)(materials, &knobs, None, &mut Watch::new(&stop, &mut on_progress))
}

fn figure(outcome: &Outcome, name: &str) -> f64 {
    outcome.figures.iter().find(|f| f.0 == name).unwrap().1
}

const TILEABLE: (&str, Value) = ("tileable", Value::Flag(true));
const SHARP: (&str, Value) = ("feather", Value::Int(0));

#[test]
fn one_colour_stays_one_colour() {
    for tool in BOTH {
        for tileable in [false, true] {
            let materials = job(vec![Picture::filled(20, 17, [9, 80, 200]).into()], [37, 41]);
            let made = make(tool, &materials, &[("tileable", Value::Flag(tileable))]).unwrap();
            assert_eq!(made.picture, Picture::filled(37, 41, [9, 80, 200]), "{} {tileable}", tool.id);
        }
    }
}

#[test]
fn a_checkerboard_goes_on() {
    let board = |w, h, phase: usize| {
        drawn(w, h, |x, y| [if ((x + phase % 8) / 4 + (y + phase / 8) / 4).is_multiple_of(2) { 250 } else { 10 }; 3])
    };
    let materials = job(vec![board(40, 40, 0).into()], [64, 56]);
    for tool in BOTH {
        let made = make(tool, &materials, &[]).unwrap();
        assert!((0..64).any(|phase| made.picture == board(64, 56, phase)), "{}", tool.id);
        let made = make(tool, &materials, &[TILEABLE]).unwrap();
        assert!((0..64).any(|phase| made.picture == board(64, 56, phase)), "{} tileable", tool.id);
        assert!(figure(&made, "verbatim_px") > 4.0);
    }
}

#[test]
fn every_pixel_is_copied_and_the_companion_from_the_same_place() {
    let [one, other] = [blobs(26, 1), blobs(22, 2)];
    let materials = job(vec![located(one.clone(), 0), located(other.clone(), 1)], [50, 36]);
    for tool in BOTH {
        for tileable in [false, true] {
            let made = make(tool, &materials, &[SHARP, ("tileable", Value::Flag(tileable))]).unwrap();
            let from = made.companion.unwrap();
            for (pixel, place) in made.picture.rgb.chunks_exact(3).zip(from.rgb.chunks_exact(3)) {
                let source = [&one, &other][usize::from(place[2])];
                let at = (usize::from(place[1]) * source.width + usize::from(place[0])) * 3;
                assert_eq!(pixel, &source.rgb[at..at + 3], "{}", tool.id);
            }
        }
    }
}

#[test]
fn the_same_bytes_at_any_thread_count() {
    let materials = job(vec![located(blobs(22, 3), 0), located(blobs(19, 4), 1)], [37, 30]);
    for tool in BOTH {
        for tileable in [false, true] {
            let run = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| make(tool, &materials, &[("tileable", Value::Flag(tileable))]).unwrap())
            };
            let first = run(1);
            assert!([2, 3].into_iter().all(|n| run(n) == first), "{} {tileable}", tool.id);
            let others = Materials { seed: 6, ..materials.clone() };
            assert_ne!(make(tool, &others, &[TILEABLE]).unwrap().picture, first.picture, "the seed counts");
        }
    }
}

#[test]
fn what_is_masked_out_is_never_copied() {
    let picture = blobs(48, 7);
    let sample: Vec<u8> = (0..48 * 48).map(|i| if i % 48 < 30 && i / 48 >= 10 { 255 } else { 0 }).collect();
    let sample = Some(Mask { width: 48, height: 48, grey: sample.into() });
    let materials = job(vec![Exemplar { sample, ..located(picture, 0) }], [60, 60]);
    for tool in BOTH {
        let from = make(tool, &materials, &[SHARP]).unwrap().companion.unwrap();
        assert!(from.rgb.chunks_exact(3).all(|p| p[0] < 30 && p[1] >= 10), "{}", tool.id);
    }
}

#[test]
fn a_tileable_result_has_no_seam_at_its_borders() {
    let materials = job(vec![blobs(40, 8).into()], [48, 40]);
    for tool in BOTH {
        let open = figure(&make(tool, &materials, &[TILEABLE]).unwrap(), "wrap_seam");
        assert!(open < 2.0, "{}: {open}", tool.id);
        let not = wrap_seam(&make(tool, &materials, &[]).unwrap().picture);
        assert!(open < 0.8 * not, "{}: {open} of {not}", tool.id);
    }
}

#[test]
fn a_hole_is_filled_and_the_rest_is_kept() {
    let picture = blobs(56, 9);
    let hole = |x: usize, y: usize| (20..38).contains(&x) && (17..40).contains(&y);
    let grey: Vec<u8> = (0..56 * 56).map(|i| if hole(i % 56, i / 56) { 255 } else { 0 }).collect();
    let damaged =
        drawn(56, 56, |x, y| if hole(x, y) { [255, 0, 255] } else { [0, 1, 2].map(|c| picture.row(y)[x * 3 + c]) });
    let mask = Some(Mask { width: 56, height: 56, grey: grey.into() });
    for exemplars in [vec![], vec![blobs(40, 10).into()]] {
        let materials = Materials { picture: Some(damaged.clone()), mask: mask.clone(), ..job(exemplars, [0, 0]) };
        for tool in BOTH {
            let made = make(tool, &materials, &[]).unwrap().picture;
            for (i, (a, b)) in made.rgb.chunks_exact(3).zip(damaged.rgb.chunks_exact(3)).enumerate() {
                assert_eq!(a == b, !hole(i % 56, i / 56), "{} pixel {i}", tool.id);
            }
        }
    }
}

#[test]
fn a_guide_says_what_goes_where() {
    // The left half of the exemplar is dark and its guide black, the right half light and white.
    let texture = drawn(48, 48, |x, y| [if x < 24 { 40 } else { 180 } + ((x * 7 + y * 13) % 5 * 8) as u8; 3]);
    let guide = drawn(48, 48, |x, _| [if x < 24 { 0 } else { 255 }; 3]);
    let target = drawn(60, 60, |_, y| [if y < 30 { 255 } else { 0 }; 3]);
    let exemplar = Exemplar { guide: Some(guide), ..texture.into() };
    let materials = Materials { guide: Some(target), ..job(vec![exemplar], [60, 60]) };
    for tool in BOTH {
        let made = make(tool, &materials, &[("guide_weight", Value::Real(0.8))]).unwrap().picture;
        let right = (0..3600).filter(|i| (made.rgb[i * 3] > 128) == (i / 60 < 30)).count();
        assert!(right > 3000, "{}: {right} of 3600", tool.id);
    }
}

#[test]
fn any_size_can_be_made() {
    let long = job(vec![drawn(100, 8, |x, y| [(x * 5) as u8, (y * 20) as u8, 0]).into()], [40, 40]);
    for tool in BOTH {
        for size in [[1, 1], [1, 90], [90, 1], [2, 3], [300, 9]] {
            for tileable in [false, true] {
                let materials = job(vec![blobs(18, 11).into()], size);
                let made = make(tool, &materials, &[("tileable", Value::Flag(tileable))]).unwrap();
                assert_eq!(made.picture.size(), size, "{}", tool.id);
            }
        }
        make(tool, &long, &[]).unwrap();
        make(tool, &job(vec![Picture::filled(4, 4, [1, 2, 3]).into()], [9, 9]), &[TILEABLE]).unwrap();
    }
}

#[test]
fn what_cannot_be_made_is_said_in_a_sentence() {
    let good = || Exemplar::from(blobs(24, 12));
    let mask = |n, v| Some(Mask::filled(n, n, v));
    let guide = Some(Picture::filled(24, 24, [0; 3]));
    let guided = || Exemplar { guide: guide.clone(), ..good() };
    let target = |n| Some(Picture::filled(n, n, [0; 3]));
    let filled = |picture, mask| Materials { picture, mask, ..job(vec![], [0, 0]) };
    let cases = [
        (job(vec![], [9, 9]), "no exemplar"),
        (job(vec![Picture::filled(3, 9, [0; 3]).into()], [9, 9]), "3×9"),
        (job(vec![good()], [0, 9]), "0×9"),
        (job(vec![good()], [9, 16385]), "16384"),
        (job(vec![Exemplar { sample: mask(24, 0), ..good() }], [9, 9]), "all black"),
        (job(vec![Exemplar { sample: mask(23, 255), ..good() }], [9, 9]), "23×23"),
        (job(vec![Exemplar { companion: target(7), ..good() }], [9, 9]), "7×7"),
        (job(vec![guided()], [9, 9]), "the result has none"),
        (Materials { guide: target(9), ..job(vec![guided(), good()], [9, 9]) }, "not for every exemplar"),
        (Materials { guide: target(8), ..job(vec![guided()], [9, 9]) }, "8×8"),
        (filled(target(24), mask(24, 0)), "no pixel to fill"),
        (filled(target(24), mask(23, 255)), "23×23"),
        (filled(target(24), mask(24, 255)), "no pixel that may be copied"),
        (filled(None, mask(24, 255)), "no picture"),
    ];
    for tool in BOTH {
        for (materials, words) in &cases {
            let sentence = make(tool, materials, &[]).unwrap_err().to_string();
            assert!(sentence.contains(words), "{}: {sentence}", tool.id);
        }
    }
    let sentence = make(&QUILTING, &job(vec![good()], [9, 9]), &[("block", Value::Int(25))]).unwrap_err().to_string();
    assert!(sentence.contains("at most 24"), "{sentence}");
}

#[test]
fn a_cancel_is_heard() {
    for tool in BOTH {
        let asked = std::sync::atomic::AtomicUsize::new(0);
        let (stop, mut on_progress) =
            (|| asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 40, |_: f32, _: Option<Picture>| {});
        let knobs = Knobs::start(&(tool.knobs)());
        let error = (tool.run)(
            &job(vec![blobs(40, 13).into()], [80, 80]),
            &knobs,
            None,
            &mut Watch::new(&stop, &mut on_progress),
        );
        assert_eq!(Failure::of(&error.unwrap_err()), Failure::Cancelled);
    }
}
