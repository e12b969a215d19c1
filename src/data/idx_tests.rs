//! Tests of the IDX reader: good files, and every way to be a bad one.

use super::super::packed::tests::gzip;
use super::super::{NoWatch, open, preprocess::tests::spec};
use crate::data::Loaded;
use crate::spec::Fit;
use anyhow::Result;
use proptest::prelude::*;
use std::path::Path;

fn header(magic: u32, numbers: &[u32]) -> Vec<u8> {
    std::iter::once(&magic).chain(numbers).flat_map(|n| n.to_be_bytes()).collect()
}

fn images(count: u32, side: u32) -> Vec<u8> {
    let body = (0..count * side * side).map(|i| (i % 251) as u8);
    header(0x0803, &[count, side, side]).into_iter().chain(body).collect()
}

fn labels(count: u32) -> Vec<u8> {
    header(0x0801, &[count]).into_iter().chain((0..count).map(|i| (i % 4) as u8)).collect()
}

fn read(path: &Path, size: usize) -> Result<Loaded> {
    open(&path.to_string_lossy())?.load(&spec(size, 1, Fit::Crop), &mut NoWatch)
}

fn survey_and_read(path: &Path) -> (crate::spec::DataShape, Loaded) {
    (open(&path.to_string_lossy()).unwrap().survey().unwrap(), read(path, 28).unwrap())
}

#[test]
fn a_folder_with_the_usual_names_is_read_whole() {
    for zipped in [false, true] {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: Vec<u8>| {
            let (name, bytes) = if zipped { (format!("{name}.gz"), gzip(&bytes)) } else { (name.into(), bytes) };
            std::fs::write(folder.path().join(name), bytes).unwrap();
        };
        put("train-images-idx3-ubyte", images(30, 28));
        put("train-labels-idx1-ubyte", labels(30));
        put("t10k-images-idx3-ubyte", images(6, 28));
        put("t10k-labels-idx1-ubyte", labels(6));
        let (shape, loaded) = survey_and_read(folder.path());
        assert_eq!(shape, loaded.shape);
        assert_eq!((shape.count, shape.classes, shape.size, shape.channels), (30, 4, 28, 1));
        assert_eq!((loaded.train.pixels.count, loaded.test.pixels.count), (30, 6));
        assert_eq!(loaded.train.pixels.bytes, images(30, 28)[16..], "28×28 passes untouched");
        assert_eq!(loaded.test.labels, [0, 1, 2, 3, 0, 1]);
        assert_eq!(loaded.class_names, ["0", "1", "2", "3"]);
        assert_eq!(read(folder.path(), 32).unwrap().train.pixels.size, 32);
    }
}

#[test]
fn one_images_file_finds_its_labels_and_is_split_by_seed() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("things-images-idx3-ubyte");
    std::fs::write(&path, images(40, 8)).unwrap();
    let (shape, loaded) = survey_and_read(&path);
    assert_eq!((shape.classes, shape.count, shape.size), (0, 36, 32));
    assert!(loaded.train.labels.is_empty() && loaded.class_names.is_empty());
    std::fs::write(folder.path().join("things-labels-idx1-ubyte.gz"), gzip(&labels(40))).unwrap();
    let (shape, loaded) = survey_and_read(&path);
    assert_eq!(shape, loaded.shape);
    assert_eq!((shape.classes, loaded.train.labels.len(), loaded.test.labels.len()), (4, 36, 4));
}

#[test]
fn every_broken_file_has_its_sentence() {
    let long = |mut bytes: Vec<u8>| {
        bytes.push(0);
        bytes
    };
    let short = |mut bytes: Vec<u8>| {
        bytes.pop();
        bytes
    };
    let promise = |count, rows, columns| header(0x0803, &[count, rows, columns]);
    let cases: Vec<(Vec<u8>, &str)> = vec![
        (vec![], "too short to be an IDX file"),
        (vec![0, 0, 8], "too short to be an IDX file"),
        (images(4, 8)[..12].into(), "too short to be an IDX file"),
        (header(0x0d03, &[2, 1, 1]), "magic number"),
        (labels(5), "holds labels, not pictures"),
        (short(images(4, 8)), "too short: its header promises"),
        (long(images(4, 8)), "too long"),
        (images(1, 8), "at least 2"),
        (promise(0, 8, 8), "at least 2"),
        (promise(5, 0, 8), "8×0"),
        (promise(u32::MAX, u32::MAX, u32::MAX), "header speaks of"),
        (promise(u32::MAX, 16_384, 16_384), "nothing was read"),
        (promise(1000, 28, 28), "more than the file can hold"),
    ];
    for (bytes, words) in cases {
        let folder = tempfile::tempdir().unwrap();
        for zipped in [false, true] {
            let path = folder.path().join("x-images-idx3-ubyte");
            std::fs::write(&path, if zipped { gzip(&bytes) } else { bytes.clone() }).unwrap();
            let sentence = read(&path, 28).unwrap_err().to_string();
            assert!(sentence.contains(words) || (zipped && sentence.contains("too short")), "{words}: {sentence}");
        }
    }
}

#[test]
fn labels_that_do_not_match_have_their_sentence() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("x-images-idx3-ubyte"), images(12, 8)).unwrap();
    let beside = folder.path().join("x-labels-idx1-ubyte");
    let mut short = labels(12);
    short.pop();
    for (bytes, words) in [
        (labels(11), "11 labels for the 12 pictures"),
        (short, "too short"),
        ([labels(12), vec![1]].concat(), "too long"),
        (images(12, 8), "not an IDX file of labels"),
        (vec![0, 0], "not an IDX file of labels"),
    ] {
        std::fs::write(&beside, bytes).unwrap();
        let path = folder.path().join("x-images-idx3-ubyte");
        let sentence = read(&path, 28).unwrap_err().to_string();
        assert!(sentence.contains(words), "{words}: {sentence}");
        assert!(open(&path.to_string_lossy()).unwrap().survey().is_err());
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 128, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(
        mut bytes in prop::collection::vec(any::<u8>(), 0..80),
        good_magic in any::<bool>(),
        small in any::<bool>(),
        zipped in any::<bool>(),
    ) {
        if good_magic && bytes.len() > 16 {
            bytes[..4].copy_from_slice(&[0, 0, 8, 3]);
            if small {
                for at in [4, 5, 6, 8, 9, 10, 12, 13, 14] {
                    bytes[at] = 0;
                }
            }
        }
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x-images-idx3-ubyte");
        std::fs::write(&path, if zipped { gzip(&bytes) } else { bytes.clone() }).unwrap();
        std::fs::write(folder.path().join("x-labels-idx1-ubyte"), &bytes).unwrap();
        if let Ok(loaded) = read(&path, 8) {
            prop_assert!(loaded.train.pixels.count >= 2);
        }
        let _ = open(&path.to_string_lossy()).and_then(|set| set.survey());
    }

    #[test]
    fn a_flipped_byte_is_an_error_or_a_picture(at in 0usize..144, value in any::<u8>()) {
        let mut bytes = images(8, 4);
        bytes[at] = value;
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("x-images-idx3-ubyte");
        std::fs::write(&path, &bytes).unwrap();
        if let Ok(loaded) = read(&path, 4) {
            prop_assert!(at >= 16 || bytes == images(8, 4));
            prop_assert_eq!(loaded.train.pixels.bytes, &bytes[16..]);
        }
    }
}
