//! What the tools promise, on pictures small enough to work out by hand.

use super::*;
use crate::{
    failure::Failure,
    latent,
    spec::Knobs,
    synth::{Outcome, Tool, tool},
};

const ALL: [&Tool; 5] = [&AUTO_LEVELS, &WHITE_BALANCE, &CLAHE, &SHARPEN, &DENOISE];

fn done(tool: &Tool, picture: &Picture, set: &[&str]) -> Outcome {
    let table = (tool.knobs)();
    let mut knobs = Knobs::start(&table);
    for assignment in set {
        knobs.set(&table, assignment).unwrap();
    }
    let materials = Materials { picture: Some(picture.clone()), ..Materials::default() };
    let (mut shares, stop) = (Vec::new(), || false);
    let mut on_progress = |share: f32, _: Option<Picture>| shares.push(share);
    let outcome = (tool.run)(&materials, &knobs, None, &mut Watch::new(&stop, &mut on_progress)).unwrap();
    assert_eq!(outcome.picture.size(), picture.size());
    assert!((tool.bytes)(&materials, &knobs) > picture.rgb.len() as u64);
    outcome
}

/// What a tool makes with these settings.
pub fn made(tool: &Tool, picture: &Picture, set: &[&str]) -> Picture {
    done(tool, picture, set).picture
}

fn drawn(width: usize, height: usize, at: impl Fn(usize, usize) -> [u8; 3]) -> Picture {
    let rgb = (0..width * height).flat_map(|i| at(i % width, i / width)).collect::<Vec<_>>();
    Picture { width, height, rgb: rgb.into() }
}

/// A grey picture with normal noise.
fn noisy(width: usize, height: usize, sigma: f32, at: impl Fn(usize, usize) -> f32) -> Picture {
    let noise = latent::normals(&mut latent::rng(8, 1), width * height * 3);
    let rgb: Vec<u8> = (0..width * height * 3)
        .map(|i| (at(i / 3 % width, i / 3 / width) + sigma * noise[i]).round().clamp(0.0, 255.0) as u8)
        .collect();
    Picture { width, height, rgb: rgb.into() }
}

/// Mean and variance of some bytes.
fn moments(values: impl Iterator<Item = u8>) -> (f64, f64) {
    let values: Vec<f64> = values.map(f64::from).collect();
    let mean = values.iter().sum::<f64>() / values.len() as f64;
    (mean, values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / values.len() as f64)
}

#[test]
fn they_are_in_the_table() {
    for mine in ALL {
        assert_eq!(tool(mine.id).unwrap().title, mine.title);
    }
}

#[test]
fn any_size_and_pictures_of_one_colour_pass() {
    for mine in ALL {
        for (width, height) in [(1, 1), (2, 1), (1, 5), (3, 3), (300, 2), (9, 130)] {
            for colour in [[0; 3], [255; 3], [255, 0, 0], [7, 99, 200]] {
                let flat = Picture::filled(width, height, colour);
                let set: &[&str] = if mine.id == "denoise" { &["sigma=20", "search=3"] } else { &[] };
                let after = made(mine, &flat, set);
                let same = after.rgb.iter().zip(&*flat.rgb).all(|(a, b)| a.abs_diff(*b) <= 1);
                assert!(same || mine.id == "white-balance", "{} of {flat:?} {colour:?}", mine.id);
            }
        }
        let sentence = (mine.run)(
            &Materials::default(),
            &Knobs::start(&(mine.knobs)()),
            None,
            &mut Watch::new(&|| false, &mut |_, _| ()),
        );
        assert!(sentence.unwrap_err().to_string().contains("no picture"));
    }
}

#[test]
fn the_bytes_are_the_same_on_one_thread_and_on_three() {
    let picture = noisy(70, 50, 12.0, |x, _| 60.0 + x as f32);
    for mine in ALL {
        let on = |threads| {
            let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
            pool.install(|| made(mine, &picture, &[]))
        };
        assert_eq!(on(1), on(3), "{}", mine.id);
        assert_ne!(on(1), picture, "{} does something", mine.id);
    }
}

#[test]
fn a_cancel_is_an_error() {
    for mine in ALL {
        let materials =
            Materials { picture: Some(noisy(61, 47, 9.0, |x, y| (x + 2 * y) as f32)), ..Materials::default() };
        let asked = std::sync::atomic::AtomicUsize::new(0);
        // Somebody cancels in the middle.
        let stop = || asked.fetch_add(1, std::sync::atomic::Ordering::Relaxed) > 3;
        let mut on_progress = |_: f32, _: Option<Picture>| ();
        let error =
            (mine.run)(&materials, &Knobs::start(&(mine.knobs)()), None, &mut Watch::new(&stop, &mut on_progress));
        assert_eq!(Failure::of(&error.unwrap_err()), Failure::Cancelled, "{}", mine.id);
    }
}

#[test]
fn a_ramp_from_50_to_200_becomes_one_from_0_to_255() {
    let ramp = drawn(151, 2, |x, _| [50 + x as u8; 3]);
    for set in ["stretch=brightness", "stretch=channels"] {
        let after = made(&AUTO_LEVELS, &ramp, &[set, "clip=0"]);
        let wanted = |x: usize| (x as f64 * 255.0 / 150.0).round() as u8;
        assert!((0..151).all(|x| after.row(1)[3 * x..][..3].iter().all(|&v| v.abs_diff(wanted(x)) <= 1)));
        assert_eq!((after.rgb[0], after.row(0)[450]), (0, 255));
    }
    // 2 % of 151 pixels are 3.02: three may be cut off at either end, so 53 becomes 0 and 197 becomes 255.
    let cut = made(&AUTO_LEVELS, &ramp, &["stretch=channels", "clip=2"]);
    let value = |x: usize| cut.rgb[3 * x];
    assert!(value(3) == 0 && value(4) > 0 && value(147) == 255 && value(146) < 255);
}

#[test]
fn levels_of_brightness_keep_hues_and_those_of_channels_remove_a_cast() {
    let cast = drawn(100, 1, |x, _| [100 + x as u8, 60 + (x / 2) as u8, 20 + (x / 4) as u8]);
    let each = made(&AUTO_LEVELS, &cast, &["stretch=channels", "clip=0"]);
    assert_eq!((&each.rgb[..3], &each.rgb[297..]), (&[0, 0, 0][..], &[255, 255, 255][..]));
    let both = made(&AUTO_LEVELS, &cast, &["stretch=brightness", "clip=0"]);
    assert!(both.rgb.chunks_exact(3).all(|p| p[0] >= p[1] && p[1] >= p[2]), "red stays the strongest");
    let middle = &both.rgb[150..153];
    assert!(middle[0] - middle[2] > 80, "{middle:?}");
    let sentence = &done(&AUTO_LEVELS, &Picture::filled(4, 4, [9, 9, 9]), &[]).warnings[0];
    assert!(sentence.contains("nothing to stretch"));
}

#[test]
fn what_lies_outside_loses_colour_and_not_brightness() {
    let y = 0.2126 * 300.0 + 0.7152 * 100.0 + 0.0722 * 50.0;
    let [r, g, b] = fitted([300.0, 100.0, 50.0], y);
    assert_eq!(r, 255);
    assert!((luma(&[r, g, b]) - y).abs() < 1.0);
    let ratio = (f32::from(r) - f32::from(g)) / (f32::from(g) - f32::from(b));
    assert!((ratio - 200.0 / 50.0).abs() < 0.15, "the hue is the same: {ratio}");
    assert_eq!(fitted([-5.0, -5.0, -5.0], -5.0), [0; 3]);
    assert_eq!(fitted([10.2, 20.6, 30.0], 19.0), [10, 21, 30], "inside nothing changes");
}

#[test]
fn a_grey_world_has_equal_means_of_light() {
    let cast = drawn(64, 64, |x, y| [120 + (x / 2) as u8, 80 + (y / 2) as u8, 40 + ((x + y) / 4) as u8]);
    let light = |p: &Picture| {
        [0, 1, 2].map(|c| {
            let decoded = p.rgb.chunks_exact(3).map(|p| (f64::from(p[c]) / 255.0 + 0.055) / 1.055);
            decoded.map(|v| v.powf(2.4)).sum::<f64>() / 4096.0
        })
    };
    let apart = |[r, g, b]: [f64; 3]| (r - g).abs().max((g - b).abs()) / g;
    assert!(apart(light(&cast)) > 0.3);
    let after = light(&made(&WHITE_BALANCE, &cast, &["method=grey-world"]));
    assert!(apart(after) < 0.005, "{after:?}");
    let luminance = |[r, g, b]: [f64; 3]| 0.2126 * r + 0.7152 * g + 0.0722 * b;
    assert!((luminance(after) / luminance(light(&cast)) - 1.0).abs() < 0.005, "as bright as before");
    assert_eq!(made(&WHITE_BALANCE, &cast, &["strength=0"]), cast);
    let half = light(&made(&WHITE_BALANCE, &cast, &["method=grey-world", "strength=0.5"]));
    assert!(apart(half) > 0.1 && apart(half) < apart(light(&cast)));
}

#[test]
fn a_white_patch_becomes_grey_and_shades_of_grey_lie_between() {
    let scene = drawn(50, 50, |x, y| if x < 10 && y < 10 { [150, 130, 90] } else { [30, 90, 40] });
    let patch = |method: &str| made(&WHITE_BALANCE, &scene, &[method]).rgb[..3].to_vec();
    let white = patch("method=white-patch");
    assert!(white.iter().all(|v| v.abs_diff(white[0]) <= 1), "{white:?}");
    let spread = |p: &[u8]| i32::from(p[2]) - i32::from(p[0]);
    let [grey, shades] = ["method=grey-world", "method=shades-of-grey"].map(|m| spread(&patch(m)));
    assert!(shades.abs() < grey.abs() && shades.abs() < 20, "{grey} {shades}");
    let red = done(&WHITE_BALANCE, &Picture::filled(3, 3, [200, 0, 0]), &[]);
    assert!(red.warnings.len() == 2 && red.warnings[0].contains("green"), "{:?}", red.warnings);
}

#[test]
fn local_contrast_of_one_colour_is_that_colour_and_of_a_dull_half_is_more() {
    for v in [0, 1, 77, 128, 254, 255] {
        let flat = Picture::filled(40, 30, [v; 3]);
        assert_eq!(made(&CLAHE, &flat, &["limit=10"]), flat);
    }
    let grey = drawn(64, 64, |x, y| [if x < 32 { 40 + (y % 16) as u8 } else { (y * 4) as u8 }; 3]);
    assert_eq!(made(&CLAHE, &grey, &["limit=1"]), grey, "1 changes nothing");
    let after = made(&CLAHE, &grey, &["limit=4", "tiles=4"]);
    let dull = |p: &Picture| moments(p.rgb.chunks_exact(192).flat_map(|row| row[..24].to_vec())).1;
    assert!(dull(&after) > 8.0 * dull(&grey), "{} {}", dull(&grey), dull(&after));
    let colours = made(&CLAHE, &drawn(64, 64, |x, y| [x as u8, (x / 2) as u8, (y / 8 + x / 4) as u8]), &[]);
    let kept = colours.rgb.chunks_exact(3).filter(|p| p[0] > 40).all(|p| (p[0] / 2).abs_diff(p[1]) <= 1);
    assert!(kept, "red stays twice green");
}

#[test]
fn sharpening_steepens_an_edge_within_the_halo_limit() {
    let step = drawn(20, 3, |x, _| [if x < 10 { 100 } else { 150 }; 3]);
    let row = |set: &[&str]| made(&SHARPEN, &step, set).row(1).iter().step_by(3).copied().collect::<Vec<u8>>();
    let free = row(&["amount=2", "halo=255"]);
    assert!(free[9] < 80 && free[10] > 170, "{free:?}");
    assert_eq!((free[0], free[19]), (100, 150));
    let bound = row(&["amount=2", "halo=5"]);
    assert_eq!((bound[9], bound[10]), (95, 155));
    assert!(row(&["amount=0"]).iter().all(|v| [100, 150].contains(v)));
    let faint = drawn(20, 3, |x, _| [if x < 10 { 100 } else { 104 }; 3]);
    assert_eq!(made(&SHARPEN, &faint, &["threshold=3", "amount=5"]), faint, "below the threshold");
    assert_ne!(made(&SHARPEN, &faint, &["threshold=0", "amount=5"]), faint);
}

#[test]
fn denoising_a_flat_area_takes_its_variance_down_and_an_edge_stays() {
    let flat = noisy(64, 64, 10.0, |_, _| 120.0);
    let outcome = done(&DENOISE, &flat, &[]);
    let [before, after] = [&flat, &outcome.picture].map(|p| moments(p.rgb.iter().copied()).1);
    assert!(after < before / 20.0, "{before} {after}");
    assert!((outcome.figures[0].1 - 10.0).abs() < 0.5, "{:?}", outcome.figures);
    let edge = made(&DENOISE, &noisy(64, 64, 10.0, |x, _| if x < 32 { 80.0 } else { 160.0 }), &["sigma=10"]);
    let column = |x: usize| moments(edge.rgb.chunks_exact(192).map(move |row| row[3 * x])).0;
    assert!((column(31) - 80.0).abs() < 4.0 && (column(32) - 160.0).abs() < 4.0, "{} {}", column(31), column(32));
    let clean = done(&DENOISE, &drawn(32, 32, |x, _| [x as u8 * 4; 3]), &[]);
    assert!(clean.warnings.len() == 1 && clean.picture.rgb[3] == 4, "nothing to do");
}

#[test]
fn non_local_means_are_those_of_the_definition() {
    let picture = noisy(15, 11, 9.0, |x, y| (20 * (x / 4) + 8 * y) as f32);
    let after = made(&DENOISE, &picture, &["sigma=9", "strength=0.7", "patch=1", "search=3"]);
    let fold = |at: i32, n: i32| if at < 0 { -at } else { at.min(2 * (n - 1) - at) };
    let value = |x: i32, y: i32, c: usize| f64::from(picture.rgb[((fold(y, 11) * 15 + fold(x, 15)) * 3) as usize + c]);
    for (y, x) in [(0, 0), (5, 7), (10, 14), (2, 13)] {
        let (mut sums, mut total) = ([0.0; 3], 0.0);
        for (dy, dx) in (-3..=3).flat_map(|dy| (-3..=3).map(move |dx| (dy, dx))) {
            let patch = (-1..=1).flat_map(|v| (-1..=1).map(move |u| (u, v)));
            let terms = patch.flat_map(|(u, v)| [0, 1, 2].map(|c| (u, v, c)));
            let distance: f64 =
                terms.map(|(u, v, c)| (value(x + u, y + v, c) - value(x + dx + u, y + dy + v, c)).powi(2)).sum();
            let weight = (-(distance / 27.0 - 2.0 * 81.0).max(0.0) / (0.7_f64 * 9.0).powi(2)).exp();
            total += weight;
            sums.iter_mut().enumerate().for_each(|(c, sum)| *sum += weight * value(x + dx, y + dy, c));
        }
        for (c, sum) in sums.into_iter().enumerate() {
            let found = f64::from(after.rgb[((y * 15 + x) * 3) as usize + c]);
            assert!((found - sum / total).abs() < 0.51, "{x} {y}: {found} for {}", sum / total);
        }
    }
}
