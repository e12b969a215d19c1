//! Mattes whose answer is known.

use super::{CLOSED_FORM, KNN, LEARNING_BASED, closed_form, learning, unknowns, windows};
use crate::{
    failure::Failure,
    picture::{Mask, Picture},
    spec::{Knobs, Value},
    synth::{Materials, Outcome, Tool, Watch},
};
use anyhow::Result;

const TOOLS: [&Tool; 3] = [&CLOSED_FORM, &LEARNING_BASED, &KNN];

fn perform(tool: &Tool, materials: &Materials, set: &[(&str, Value)]) -> Result<Outcome> {
    let mut knobs = Knobs::start(&(tool.knobs)());
    for (id, value) in set {
        knobs.put(id, value.clone());
    }
    let mut on_progress = |_: f32, _: Option<Picture>| {};
    (tool.run)(materials, &knobs, None, &mut Watch::new(&|| false, &mut on_progress))
}

/// Red before blue, half of one over the other in the middle; the middle unknown.
fn composite(width: usize, height: usize) -> (Materials, Vec<f64>) {
    let truth = |x: usize| ((x as f64 - width as f64 / 4.0) / (width as f64 / 2.0)).clamp(0.0, 1.0);
    let (front, back) = ([230.0, 40.0, 20.0], [10.0, 60.0, 200.0]);
    let alphas: Vec<f64> = (0..width * height).map(|p| truth(p % width)).collect();
    let mixed = |&a: &f64| [0, 1, 2].map(|c| (a * front[c] + (1.0 - a) * back[c]).round() as u8);
    let rgb: Vec<u8> = alphas.iter().flat_map(mixed).collect();
    let kind = |&a: &f64| {
        if a <= 0.0 {
            0
        } else if a >= 1.0 {
            255
        } else {
            128
        }
    };
    let grey = alphas.iter().map(kind).collect();
    let picture = Some(Picture { width, height, rgb: rgb.into() });
    (Materials { picture, mask: Some(Mask { width, height, grey }), ..Materials::default() }, alphas)
}

/// Noise with a trimap whose columns go from background over unknown to foreground.
fn noise(width: usize, height: usize, seed: u64) -> Materials {
    let mut rng = crate::latent::rng(seed, 0);
    let rgb: Vec<u8> = (0..3 * width * height).map(|_| crate::latent::below(&mut rng, 256) as u8).collect();
    let kind = |p: usize| [0, 7, 128, 255][4 * (p % width) / width];
    let grey = (0..width * height).map(kind).collect();
    let picture = Some(Picture { width, height, rgb: rgb.into() });
    Materials { picture, mask: Some(Mask { width, height, grey }), ..Materials::default() }
}

#[test]
fn a_mix_of_two_colours_is_recovered() {
    let (materials, truth) = composite(48, 9);
    for tool in [&CLOSED_FORM, &LEARNING_BASED] {
        let outcome = perform(tool, &materials, &[]).unwrap();
        let alpha = outcome.alpha.unwrap();
        for (got, want) in alpha.grey.iter().zip(&truth) {
            // Colours are rounded to bytes: half a step of 220 in each.
            assert!((f64::from(*got) - 255.0 * want).abs() <= 2.0, "{}: {got} is not {}", tool.id, 255.0 * want);
        }
        assert!(outcome.warnings.is_empty(), "{:?}", outcome.warnings);
        assert!(
            outcome.figures[0].1 <= 1e-7 && outcome.figures[2] == ("unknown", 23.0 / 48.0),
            "{:?}",
            outcome.figures
        );
        let [r, _, b] = [0, 1, 2].map(|c| i32::from(outcome.picture.row(4)[30 * 3 + c]));
        assert!((r - 230).abs() < 8 && (b - 20).abs() < 8, "{}: the foreground's own red, not {r} {b}", tool.id);
        let plain = perform(tool, &materials, &[("foreground", Value::Flag(false))]).unwrap();
        assert_eq!(Some(plain.picture), materials.picture);
    }
}

#[test]
fn like_colours_get_like_alpha() {
    // Two colours only; a disc of the foreground's colour far from known foreground.
    let (width, height) = (40, 30);
    let front = |p: usize| p % width < 8 || ((p % width).abs_diff(28).pow(2) + (p / width).abs_diff(15).pow(2) < 30);
    let rgb: Vec<u8> = (0..width * height).flat_map(|p| if front(p) { [220, 30, 30] } else { [20, 90, 180] }).collect();
    let kind = |p: usize| match p % width {
        0..6 => 255,
        36.. => 0,
        _ => 100,
    };
    let materials = Materials {
        picture: Some(Picture { width, height, rgb: rgb.into() }),
        mask: Some(Mask { width, height, grey: (0..width * height).map(kind).collect() }),
        ..Materials::default()
    };
    let alpha = perform(&KNN, &materials, &[]).unwrap().alpha.unwrap();
    let [near, back] = [7, 12].map(|x| alpha.at(x, 4));
    assert!(near > 200 && back < 55, "{near} {back}");
}

type Make = fn(&[windows::Colour; windows::AREA], f64) -> windows::Window;

#[test]
fn rows_of_the_laplacian_sum_to_nothing() {
    let materials = noise(16, 12, 3);
    let (picture, trimap) = (materials.picture.unwrap(), materials.mask.unwrap());
    let unknowns = unknowns::Unknowns::of(&trimap);
    for make in [closed_form::window as Make, learning::window as Make] {
        let made = windows::equations(&picture, &unknowns, |_| true, |c| make(c, 1e-7), &|| false).unwrap();
        let ones = vec![1.0; made.known.len()];
        let mut sums = vec![0.0; made.known.len()];
        made.matrix.times(&ones, &mut sums);
        for (sum, known) in sums.iter().zip(&made.known) {
            assert!((sum - known).abs() < 1e-9, "a matte of all ones costs nothing: {sum} {known}");
        }
        for i in 0..made.matrix.rows() {
            let (index, value) = made.matrix.row(i);
            for (&j, v) in index.iter().zip(value) {
                let (back, values) = made.matrix.row(j as usize);
                let other = values[back.iter().position(|&b| b as usize == i).unwrap()];
                assert!((other - v).abs() < 1e-9, "symmetric");
            }
        }
    }
}

#[test]
fn a_window_of_one_colour_asks_for_nothing_but_smoothness() {
    // Without colours to tell pixels apart a window charges the variance of alpha: δ − 1/9.
    for make in [closed_form::window, learning::window] {
        let window = make(&[[0.25, 0.5, 0.75]; windows::AREA], 1e-7);
        assert!((window.form[3][3] - 1.0 / 9.0).abs() < 1e-6, "{:?}", window.form);
        assert!((0..3).all(|k| (window.mean[k] - [0.25, 0.5, 0.75][k]).abs() < 1e-15));
    }
}

#[test]
fn the_same_bytes_come_at_any_thread_count() {
    let materials = noise(61, 87, 5);
    for tool in TOOLS {
        for preview in [false, true] {
            let run = |threads: usize| {
                let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
                pool.install(|| perform(tool, &materials, &[("preview", Value::Flag(preview))]).unwrap())
            };
            let one = run(1);
            assert_eq!(one, run(3), "{}", tool.id);
            assert!(one.warnings.is_empty(), "{:?}", one.warnings);
        }
    }
}

#[test]
fn any_size_gives_a_matte_or_one_sentence() {
    for (width, height) in [(1, 1), (2, 2), (4, 1), (3, 3), (4, 4), (5, 40), (300, 8)] {
        for tool in TOOLS {
            for (flat, preview) in [(false, false), (true, false), (false, true)] {
                let mut materials = noise(width, height, 9);
                if flat {
                    materials.picture = Some(Picture::filled(width, height, [77; 3]));
                }
                match perform(tool, &materials, &[("preview", Value::Flag(preview))]) {
                    Ok(outcome) => assert_eq!(outcome.alpha.unwrap().size(), [width, height]),
                    Err(e) => {
                        assert!(e.to_string().ends_with('.') && (width < 4 || height < 3), "{width}×{height}: {e}");
                    }
                }
            }
        }
    }
}

#[test]
fn an_unfinished_search_says_so() {
    let materials = noise(40, 30, 2);
    let few = [("iterations", Value::Int(1)), ("tolerance", Value::Real(1e-8))];
    let outcome = perform(&KNN, &materials, &few).unwrap();
    assert!(
        outcome.warnings.len() == 1 && outcome.warnings[0].contains("after 1 iterations"),
        "{:?}",
        outcome.warnings
    );
    assert!(outcome.figures[0].1 > 1e-8 && outcome.alpha.is_some());
}

#[test]
fn bad_materials_are_refused_and_a_cancel_is_heard() {
    let good = noise(20, 20, 1);
    for tool in TOOLS {
        let bare = Materials { picture: None, ..good.clone() };
        assert!(perform(tool, &bare, &[]).unwrap_err().to_string().contains("needs a picture"));
        let bare = Materials { mask: None, ..good.clone() };
        assert!(perform(tool, &bare, &[]).unwrap_err().to_string().contains("needs a trimap"));
        let small = Materials { mask: Some(Mask::filled(3, 4, 9)), ..good.clone() };
        assert!(perform(tool, &small, &[]).unwrap_err().to_string().contains("3 × 4"));
        let mut on_progress = |_: f32, _: Option<Picture>| {};
        let knobs = Knobs::start(&(tool.knobs)());
        let cancelled = (tool.run)(&good, &knobs, None, &mut Watch::new(&|| true, &mut on_progress));
        assert_eq!(Failure::of(&cancelled.unwrap_err()), Failure::Cancelled);
        assert!((tool.bytes)(&good, &knobs) > 400 * 100);
    }
}
