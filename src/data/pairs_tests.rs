//! Tests of paired data: both forms, mismatches, and that pairs stay together.

use super::super::photo::tests::encoded;
use super::super::{NoWatch, open, preprocess::tests::spec};
use super::*;
use crate::spec::Fit;
use tempfile::TempDir;

/// A PNG of one grey on its left half and another on its right one.
fn png(width: usize, height: usize, [left, right]: [u8; 2]) -> Vec<u8> {
    let value = |x: u32| if (x as usize) < width / 2 { left } else { right };
    let picture = image::RgbImage::from_fn(width as u32, height as u32, |x, _| image::Rgb([value(x); 3]));
    encoded(&picture.into(), image::ImageFormat::Png)
}

fn folder(files: &[(&str, Vec<u8>)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

fn load(folder: &TempDir) -> Result<Loaded> {
    open(&folder.path().to_string_lossy())?.load(&spec(28, 1, Fit::Crop), &mut NoWatch)
}

/// Value of each target and of its input.
fn values(split: &Split) -> Vec<[u8; 2]> {
    let inputs = split.inputs.as_ref().unwrap();
    assert_eq!((inputs.count, inputs.size), (split.pixels.count, split.pixels.size));
    (0..inputs.count).map(|i| [inputs.bytes_of(i)[0], split.pixels.bytes_of(i)[0]]).collect()
}

#[test]
fn two_folders_are_matched_by_name_and_the_lonely_are_listed() {
    for [a, b] in [["A", "B"], ["input", "target"], ["train/A", "train/B"]] {
        let one = |folder: &str, name: &str, value: u8| (format!("{folder}/{name}"), png(40, 40, [value; 2]));
        let files = [
            one(a, "1.png", 10),
            one(b, "1.png", 110),
            one(a, "2.png", 20),
            one(b, "2.PNG", 120),
            one(a, "deep/3.png", 30),
            one(b, "deep/3.png", 130),
            one(a, "only-a.png", 0),
            one(b, "only-b.png", 0),
            (format!("{b}/4.png"), b"no picture".to_vec()),
            one(a, "4.png", 40),
        ];
        let named: Vec<_> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
        let folder = folder(&named);
        let survey = open(&folder.path().to_string_lossy()).unwrap().survey().unwrap();
        assert!(survey.paired && survey.classes == 0, "{survey:?}");
        let loaded = load(&folder).unwrap();
        assert_eq!(values(&loaded.train), [[10, 110], [20, 120], [30, 130]], "{a}");
        assert_eq!((loaded.shape.count, loaded.shape.paired), (3, true));
        let why: Vec<_> = loaded.skipped.iter().map(|s| s.reason.as_str()).collect();
        for folder in [a, b] {
            let wanted = format!("no picture of this name in {}", folder.rsplit('/').next().unwrap());
            assert!(why.len() == 3 && why.contains(&wanted.as_str()), "{why:?}");
        }
        assert!(why.contains(&"not a picture"), "{why:?}");
    }
}

#[test]
fn pictures_side_by_side_are_split() {
    let files: Vec<_> = (0..20).map(|i| (format!("{i:02}.png"), png(80, 40, [i, 200 + i]))).collect();
    let named: Vec<_> = files.iter().map(|(name, bytes)| (name.as_str(), bytes.clone())).collect();
    let loaded = load(&folder(&named)).unwrap();
    assert_eq!((loaded.train.pixels.count, loaded.test.pixels.count), (18, 2));
    let mut all = [values(&loaded.train), values(&loaded.test)].concat();
    assert!(all.iter().all(|[a, b]| b - a == 200), "pairs stay together: {all:?}");
    all.sort_unstable();
    assert_eq!(all.len(), 20);
    // Held-out pairs of their own.
    let files: Vec<_> = (0..4).map(|i| (format!("{}/{i}.png", if i < 2 { "train" } else { "val" }), i)).collect();
    let named: Vec<_> = files.iter().map(|(name, i)| (name.as_str(), png(80, 40, [*i, 100 + i]))).collect();
    let loaded = load(&folder(&named)).unwrap();
    assert_eq!((values(&loaded.train), values(&loaded.test)), (vec![[0, 100], [1, 101]], vec![[2, 102], [3, 103]]));
}

#[test]
fn what_is_no_pair_stays_an_ordinary_folder() {
    let square = || png(40, 40, [5; 2]);
    let two_classes = folder(&[("A/1.png", square()), ("B/2.png", square()), ("A/3.png", square())]);
    let loaded = load(&two_classes).unwrap();
    assert_eq!((loaded.class_names.len(), loaded.shape.paired, loaded.train.inputs), (2, false, None));
    let mixed = folder(&[("1.png", png(80, 40, [1, 2])), ("2.png", square())]);
    assert!(!load(&mixed).unwrap().shape.paired);
    let single = folder(&[("A/1.png", square()), ("B/1.png", square())]);
    let why = load(&single).unwrap_err().to_string();
    assert!(why.contains("at least 2 pairs") && why.contains("only 1 was found"), "{why}");
}

#[test]
fn inputs_are_part_of_what_is_trained_on() {
    let with = |value| {
        let files = [("A/1.png", [value; 2]), ("B/1.png", [9; 2]), ("A/2.png", [3; 2]), ("B/2.png", [4; 2])];
        load(&folder(&files.map(|(name, v)| (name, png(40, 40, v))))).unwrap()
    };
    assert_eq!(with(1).fingerprint, with(1).fingerprint);
    assert_ne!(with(1).fingerprint, with(2).fingerprint);
    let sheet = super::super::sheet(&with(1), 64);
    assert_eq!((sheet.width, sheet.row(0)[0], sheet.row(0)[29 * 3]), (57, 1, 9), "input, then target");
}
