//! Real files in the formats people have, read from the folder that `LATENT_STUDIO_DATA` names; without it these tests pass.

#![allow(clippy::unwrap_used)] // a test fails by panicking

use latent_studio::data::{Loaded, NoWatch, open, sheet};
use latent_studio::spec::{Adjust, DataShape, DataSpec, Fit};
use std::path::PathBuf;

fn path(name: &str) -> Option<PathBuf> {
    let path = std::env::var_os("LATENT_STUDIO_DATA").map(|root| PathBuf::from(root).join(name));
    let found = path.filter(|path| path.exists());
    if found.is_none() {
        eprintln!("{name} is not there; set LATENT_STUDIO_DATA to the folder that holds it.");
    }
    found
}

fn read(source: &str, size: usize, channels: usize) -> (DataShape, Loaded) {
    let spec = DataSpec {
        source: source.into(),
        size,
        channels,
        fit: Fit::Crop,
        background: [0; 3],
        seed: 1,
        ..DataSpec::default()
    };
    let set = open(source).unwrap();
    (set.survey().unwrap(), set.load(&spec, &mut NoWatch).unwrap())
}

#[test]
fn mnist_is_read_byte_for_byte() {
    let Some(path) = path("mnist") else { return };
    let (shape, loaded) = read(&path.to_string_lossy(), 28, 1);
    assert_eq!(shape, DataShape { count: 60_000, classes: 10, size: 28, channels: 1, paired: false, sides: None });
    assert_eq!((loaded.shape, loaded.test.pixels.count), (shape, 10_000));
    // The first labels of both files, as everybody knows them.
    assert_eq!(loaded.train.labels[..8], [5, 0, 4, 1, 9, 2, 1, 3]);
    assert_eq!(loaded.test.labels[..4], [7, 2, 1, 0]);
    let mean = loaded.train.pixels.bytes.iter().map(|&v| f64::from(v)).sum::<f64>()
        / loaded.train.pixels.bytes.len() as f64
        / 255.0;
    assert!((mean - 0.1307).abs() < 1e-4, "{mean}");
    let images = path.join("t10k-images-idx3-ubyte.gz");
    let (shape, loaded) = read(&images.to_string_lossy(), 32, 3);
    assert_eq!((shape.count, loaded.test.pixels.count, loaded.train.labels.len()), (9_000, 1_000, 9_000));
}

#[test]
fn cifar10_is_read_with_its_test_file() {
    let Some(path) = path("cifar10") else { return };
    let (shape, loaded) = read(&path.to_string_lossy(), 32, 3);
    assert_eq!(shape, DataShape { count: 3_000, classes: 10, size: 32, channels: 3, paired: false, sides: None });
    assert_eq!((loaded.shape, loaded.test.pixels.count), (shape, 1_000));
    // A frog, a truck, a truck, a deer; a cat, a ship, a ship, an airplane.
    assert_eq!((&loaded.train.labels[..4], &loaded.test.labels[..4]), (&[6, 9, 9, 4][..], &[3, 8, 8, 0][..]));
    assert_eq!(loaded.train.pixels.bytes_of(0)[..3], [59, 62, 63], "the frog's first pixel");
    assert_eq!(loaded.class_names[6], "frog");
}

#[test]
fn palette_sprites_are_read_without_loss() {
    let Some(path) = path("monsters32") else { return };
    let (shape, loaded) = read(&path.to_string_lossy(), 32, 3);
    let files = std::fs::read_dir(&path).unwrap().count();
    assert_eq!((shape.classes, shape.size, shape.channels), (0, 32, 3));
    assert_eq!(loaded.train.pixels.count + loaded.test.pixels.count + loaded.skipped.len(), files);
    assert!(loaded.skipped.is_empty(), "{:?}", loaded.skipped);
    assert_eq!(loaded.shape, shape);
    let overview = sheet(&loaded, 64);
    assert_eq!((overview.width, overview.height), (8 * 32 + 7, 8 * 32 + 7));
    let black = loaded.train.pixels.bytes.chunks(3).filter(|p| p == &[0, 0, 0]).count();
    let clear = black as f64 / (loaded.train.pixels.bytes.len() / 3) as f64;
    assert!((0.2..0.9).contains(&clear), "transparent pixels show the background: {clear}");
}

/// Means over the bytes of each of the first eight pictures of the built-in sets at 28 px and seed 1.
const FIRST_EIGHT: &[(&str, usize, [f64; 8])] = &[
    ("shapes:30", 1, [7.874, 5.235, 16.727, 4.245, 13.659, 20.742, 5.689, 7.810]),
    ("shapes:30", 3, [7.874, 5.235, 16.727, 4.245, 13.659, 20.742, 5.689, 7.810]),
    ("glyphs:30", 1, [19.504, 34.111, 15.611, 26.092, 26.064, 22.221, 25.242, 26.051]),
    ("glyphs:30", 3, [19.504, 34.111, 15.611, 26.092, 26.064, 22.221, 25.242, 26.051]),
    ("galaxies:30", 1, [16.886, 20.666, 15.960, 25.468, 23.564, 16.847, 24.515, 29.699]),
    ("galaxies:30", 3, [17.132, 20.670, 16.003, 25.262, 25.119, 17.022, 26.124, 31.405]),
];

/// Runs, recipes and starters name these sets and mean these pictures, so what is drawn may not drift. Not to the byte: the last
/// bits of a sine or an exponential differ from one processor to another, and with them, rarely, a level of a pixel.
#[test]
fn the_built_in_sets_are_those_of_the_first_day() {
    for (source, channels, wanted) in FIRST_EIGHT {
        let (_, loaded) = read(source, 28, *channels);
        let mean = |i: usize| {
            let bytes = loaded.train.pixels.bytes_of(i);
            bytes.iter().map(|&v| f64::from(v)).sum::<f64>() / bytes.len() as f64
        };
        let got: Vec<f64> = (0..8).map(mean).collect();
        assert!(got.iter().zip(wanted).all(|(a, b)| (a - b).abs() < 0.01), "{source} {channels}: {got:.3?}");
        let data = DataSpec { source: (*source).into(), size: 28, channels: *channels, seed: 1, ..DataSpec::default() };
        let adjust = Adjust { gamma: 1.1, ..data.adjust };
        let brighter = open(source).unwrap().load(&DataSpec { adjust, ..data }, &mut NoWatch).unwrap();
        assert_ne!(brighter.fingerprint, loaded.fingerprint, "{source} {channels}");
    }
}
