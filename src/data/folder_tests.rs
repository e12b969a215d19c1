//! Tests of the folder reader: what it finds, what it leaves out, and that no file can bring it down.

use super::super::photo::tests::{bomb, cmyk, encoded, gif, halves};
use super::super::{NoWatch, open, preprocess::tests::spec};
use super::*;
use crate::spec::Fit;
use crate::{failure::Failure, picture::Picture};
use image::ImageFormat::{Bmp, Gif, Jpeg, Png, WebP};
use proptest::prelude::*;
use tempfile::TempDir;

fn folder(files: &[(&str, Vec<u8>)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, bytes) in files {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }
    folder
}

fn load(folder: &TempDir, size: usize) -> Result<Loaded> {
    open(&folder.path().to_string_lossy())?.load(&spec(size, 3, Fit::Crop), &mut NoWatch)
}

fn survey(folder: &TempDir) -> DataShape {
    open(&folder.path().to_string_lossy()).unwrap().survey().unwrap()
}

fn png(side: u32) -> Vec<u8> {
    encoded(&halves(side, side), Png)
}

#[test]
fn bad_files_among_good_ones_are_left_out_and_listed() {
    let mut corrupt = png(40);
    corrupt[60] ^= 0x55;
    let jpeg = encoded(&halves(40, 40), Jpeg);
    let folder = folder(&[
        ("good.png", png(40)),
        ("good.JPG", jpeg.clone()),
        ("good.gif", encoded(&halves(40, 40), Gif)),
        ("deep/er/good.webp", encoded(&halves(40, 40), WebP)),
        ("misnamed.png", encoded(&halves(40, 40), Bmp)),
        ("notes.txt", b"not even looked at".to_vec()),
        (".hidden.png", png(40)),
        (".thumbnails/small.png", png(40)),
        ("bad-animated.gif", gif(2)),
        ("bad-bomb.png", bomb(65_000, 65_000)),
        ("bad-cmyk.jpg", cmyk()),
        ("bad-corrupt.png", corrupt),
        ("bad-cut.jpg", jpeg[..jpeg.len() - 40].to_vec()),
        ("bad-empty.png", vec![]),
        ("bad-text.png", b"hello".to_vec()),
    ]);
    #[cfg(unix)]
    {
        std::os::unix::fs::symlink(folder.path(), folder.path().join("loop")).unwrap();
        std::os::unix::fs::symlink("/no/such/file", folder.path().join("bad-link.png")).unwrap();
    }
    let loaded = load(&folder, 32).unwrap();
    assert_eq!((loaded.train.pixels.count, loaded.shape.count, loaded.shape.classes), (5, 5, 0));
    let listed: Vec<_> = loaded
        .skipped
        .iter()
        .map(|s| (s.path.file_name().unwrap().to_string_lossy().into_owned(), s.reason.as_str()))
        .collect();
    let expected = [
        ("bad-animated.gif", "animated"),
        ("bad-bomb.png", "65,000×65,000 is too large"),
        ("bad-cmyk.jpg", "CMYK"),
        ("bad-corrupt.png", "corrupt"),
        ("bad-cut.jpg", "truncated"),
        ("bad-empty.png", "empty file"),
        #[cfg(unix)]
        ("bad-link.png", "unreadable"),
        ("bad-text.png", "not a picture"),
    ];
    assert_eq!(listed, expected.map(|(name, reason)| (name.to_owned(), reason)));
}

#[test]
fn sub_folders_are_classes_in_alphabetical_order() {
    let names = ["cats/1.png", "cats/more/2.png", "birds/1.png", "dogs/1.png", "dogs/2.png"];
    let mut files: Vec<_> = names.iter().map(|&name| (name, png(30))).collect();
    let loaded = load(&folder(&files), 32).unwrap();
    assert_eq!(loaded.class_names, ["birds", "cats", "dogs"]);
    assert_eq!(loaded.train.labels, [0, 1, 1, 2, 2]);
    assert_eq!(survey(&folder(&files)), loaded.shape);
    files.push(("stray.png", png(30)));
    let loaded = load(&folder(&files), 32).unwrap();
    assert!(loaded.class_names.is_empty() && loaded.train.labels.is_empty(), "a picture without class: no classes");
}

#[test]
fn the_survey_says_what_suits_the_pictures() {
    for (side, size) in [(28, 28), (20, 32), (32, 32), (100, 64), (200, 128)] {
        let found = survey(&folder(&[("a.png", png(side)), ("b.png", png(side))]));
        assert_eq!((found.size, found.channels, found.count), (size, 3, 2));
    }
    let grey = encoded(&image::GrayImage::new(40, 40).into(), Png);
    let mut files = vec![("a.png", grey.clone()), ("b.png", grey)];
    assert_eq!(survey(&folder(&files)).channels, 1);
    files.push(("c.png", png(40)));
    assert_eq!(survey(&folder(&files)).channels, 3, "one in colour is enough");
}

#[test]
fn too_few_pictures_are_answered_with_a_count_and_reasons() {
    let empty = folder(&[("readme.txt", vec![])]);
    let sentence = load(&empty, 32).unwrap_err().to_string();
    assert!(sentence.contains("no readable picture was found in"), "{sentence}");
    assert!(open(&empty.path().to_string_lossy()).unwrap().survey().is_err());
    let one = folder(&[
        ("a.png", png(30)),
        ("b.gif", gif(2)),
        ("c.png", vec![]),
        ("d.png", vec![1]),
        ("e.png", vec![1]),
        ("f.png", vec![1]),
    ]);
    let sentence = load(&one, 32).unwrap_err().to_string();
    assert!(sentence.contains("only 1 readable picture was found"), "{sentence}");
    assert!(sentence.contains("b.gif (animated), c.png (empty file), d.png (not a picture), 2 more."), "{sentence}");
    let file = one.path().join("a.png");
    assert!(open(&file.to_string_lossy()).err().unwrap().to_string().contains("one picture"));
}

#[test]
fn reading_can_be_cancelled_and_tells_what_is_new() {
    struct Two(usize, usize);
    impl Watch for Two {
        fn progress(&mut self, done: usize, total: usize, newest: &[Picture]) -> bool {
            self.0 += 1;
            assert!(done > self.1 && done < total && total == 200, "{done} of {total} after {}", self.1);
            self.1 = done;
            assert_eq!((newest.len(), newest[0].width), (8, 8));
            self.0 < 2
        }
    }
    let names: Vec<_> = (0..200).map(|i| format!("{i}.bmp")).collect();
    let bytes = encoded(&halves(4, 4), Bmp);
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), bytes.clone())).collect();
    let folder = folder(&files);
    let mut watch = Two(0, 0);
    let set = open(&folder.path().to_string_lossy()).unwrap();
    // Two threads: how much is read between two looks depends on their number.
    let pool = rayon::ThreadPoolBuilder::new().num_threads(2).build().unwrap();
    let error = pool.install(move || {
        let error = set.load(&spec(8, 1, Fit::Crop), &mut watch).unwrap_err();
        assert_eq!(watch.0, 2);
        error
    });
    assert!(Failure::is_cancelled(&error));
}

#[test]
fn the_watch_is_asked_in_a_steady_rhythm() {
    let after = |ms| paced(64, Duration::from_millis(ms));
    assert_eq!(
        [after(0), after(10), after(50), after(80), after(100)],
        [128, 128, 128, 80, 64],
        "twice as many at most"
    );
    assert_eq!([after(160), after(10_000)], [40, 32], "half as many at least");
    assert_eq!(paced(1, Duration::from_secs(9)), 1);
    assert_eq!(paced(4096, Duration::ZERO), 4096);
}

#[test]
fn the_order_of_files_is_fixed() {
    let bytes = |v: u8| encoded(&image::GrayImage::from_pixel(8, 8, image::Luma([v])).into(), Png);
    let folder = folder(&[("c.png", bytes(3)), ("a.png", bytes(1)), ("b.png", bytes(2))]);
    let loaded = load(&folder, 8).unwrap();
    let firsts: Vec<_> = (0..3).map(|i| loaded.train.pixels.bytes_of(i)[0]).collect();
    assert_eq!(firsts, [1, 2, 3]);
    assert_eq!(loaded.fingerprint, load(&folder, 8).unwrap().fingerprint);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_bytes_make_it_panic(
        kind in 0usize..5,
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let mut bytes = encoded(&halves(24, 16), [Png, Jpeg, Gif, WebP, Bmp][kind]);
        for (at, value) in flips {
            let at = at.index(bytes.len());
            bytes[at] = value;
        }
        if let Some(cut) = cut {
            bytes.truncate(cut.index(bytes.len()));
        }
        let folder = folder(&[("a.png", bytes), ("b.png", png(8)), ("c.png", png(9))]);
        let loaded = load(&folder, 8).unwrap();
        prop_assert_eq!(loaded.train.pixels.count + loaded.skipped.len(), 3);
        let _ = survey(&folder);
    }
}
