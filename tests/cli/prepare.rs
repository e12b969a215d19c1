//! Pictures prepared, varied and given their aspect back, from the command line.

use super::{refused, run, train, well, words};
use std::path::Path;

/// Twelve grey pictures, 48 × 32.
fn pictures(folder: &Path) {
    std::fs::create_dir_all(folder).unwrap();
    for i in 0..12u8 {
        let picture =
            image::GrayImage::from_fn(48, 32, |x, y| image::Luma([(x * 3) as u8 ^ (y as u8).wrapping_mul(i + 1)]));
        picture.save(folder.join(format!("{i}.png"))).unwrap();
    }
}

fn fingerprint(home: &Path, run: &str) -> String {
    let text = std::fs::read_to_string(home.join(run).join("run.toml")).unwrap();
    text.lines().find(|line| line.starts_with("fingerprint")).unwrap().to_owned()
}

#[test]
fn what_is_done_to_pictures_is_kept_warned_of_and_undone_where_it_can_be() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    pictures(&home.join("wide"));
    let one = |out: &str, more: &[&str]| {
        let args = [&["train", "--out", out, "--preset", "tiny", "--threads", "1", "--steps", "1"], more].concat();
        let output = run(home, &args);
        assert!(output.status.success(), "{}", words(&output.stderr));
        words(&output.stderr)
    };
    let said = one("plain", &["--data", "wide", "--set", "fit=stretch"]);
    assert!(!said.contains("Drawn pictures"), "{said}");
    let sets = ["fit=stretch", "gamma=1.5", "levels=on", "normalise=measured", "aug_rotate=15"];
    let sets: Vec<&str> = sets.iter().flat_map(|set| ["--set", set]).collect();
    let said = one("adjusted", &[&["--data", "wide"], &sets[..]].concat());
    assert!(said.contains("Drawn pictures will be rotated too. DiffAugment does not leak."), "{said}");
    assert_ne!(fingerprint(home, "plain"), fingerprint(home, "adjusted"));
    let kept = std::fs::read_to_string(home.join("adjusted/run.toml")).unwrap();
    assert!(
        kept.contains("[data.adjust]") && kept.contains("gamma = 1.5") && kept.contains("sides = [48, 32]"),
        "{kept}"
    );
    assert!(!std::fs::read_to_string(home.join("plain/run.toml")).unwrap().contains("[data.adjust]"));
    let size = |aspect: &[&str]| {
        well(home, &[&["sample", "adjusted", "--count", "2", "--out", "two.png"], aspect].concat());
        image::image_dimensions(home.join("two.png")).unwrap()
    };
    assert_eq!(size(&[]), (2 * 48 + 1, 32), "as the data had it");
    assert_eq!(size(&["--aspect", "square"]), (2 * 32 + 1, 32));
    assert_eq!(size(&["--aspect", "1:2"]), (2 * 32 + 1, 64));
    refused(home, &["sample", "adjusted", "--out", "two.png", "--aspect", "wide"], 2, "WIDTH:HEIGHT");
    refused(home, &train("x", &["--set", "aug_rotate=999"]), 2, "a number from 0 to 180");
    well(home, &["data", "wide", "--out", "sheet.png", "--set", "contrast=2", "--set", "filter=nearest"]);
}
