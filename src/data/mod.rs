//! Pictures to train on: one format a file, joined in the table [`DATASETS`].

use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

pub mod adjust;
mod augment;
pub mod batches;
mod cifar10;
mod dataset;
mod drawn;
mod folder;
mod galaxies;
mod glyph_forms;
mod glyphs;
mod idx;
mod input;
mod packed;
mod pairs;
mod photo;
pub mod preprocess;
mod shapes;
pub mod sheet;
mod sky;
pub mod split;
pub mod stretch;
mod strip;
mod whole;

pub use adjust::moments;
pub use augment::augment;
pub use batches::{Batches, gather, inputs_of, labels_of};
pub use dataset::{Dataset, Format, Loaded, NoWatch, Show, Skipped, Source, Split, Watch};
pub use folder::is_picture_name;
pub use input::{input_files, input_picture};
pub use shapes::{Factors, factors};
pub use sheet::sheet;
pub use stretch::{resized, resized_mask, restored};
pub use strip::Strip;
pub use whole::{mask_picture, whole_picture};

/// All kinds of data, in the order they are offered. Of the file formats, the first that claims a path opens it, so `folder`,
/// which claims every directory, stands last.
pub static DATASETS: &[Format] =
    &[galaxies::FORMAT, glyphs::FORMAT, shapes::FORMAT, idx::FORMAT, cifar10::FORMAT, pairs::FORMAT, folder::FORMAT];

/// Opens a built-in set (`galaxies`, or `galaxies:5000` for 5,000 pictures) or a path. The error is one sentence.
pub fn open(source: &str) -> Result<Box<dyn Dataset>> {
    let source = source.trim();
    if source.is_empty() {
        bail!("No data was named: give one of the built-in sets ({}) or the path of a folder or file.", built_ins());
    }
    let id = source.split_once(':').map_or(source, |(id, _)| id);
    if let Some(format) = DATASETS.iter().find(|f| f.built_in && f.id == id) {
        return (format.open)(source);
    }
    let path = expanded(source);
    if !path.exists() {
        bail!(
            "There is nothing at {}: give the path of a folder or file that exists, or one of the built-in sets ({}).",
            path.display(),
            built_ins()
        );
    }
    match DATASETS.iter().find(|f| !f.built_in && (f.claims)(&path)) {
        Some(format) => (format.open)(&path.to_string_lossy()),
        None => bail!(
            "{} is no data this program reads: give a folder of pictures, IDX files (MNIST) or CIFAR-10 binary files.",
            path.display()
        ),
    }
}

fn built_ins() -> String {
    let ids: Vec<_> = DATASETS.iter().filter(|f| f.built_in).map(|f| f.id).collect();
    ids.join(", ")
}

/// A typed path may begin with `~/`, which no shell has replaced.
fn expanded(source: &str) -> PathBuf {
    match (source.strip_prefix("~/"), std::env::var_os("HOME")) {
        (Some(rest), Some(home)) if !Path::new(source).exists() => PathBuf::from(home).join(rest),
        _ => PathBuf::from(source),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        picture::Picture,
        spec::{DataSpec, Fit},
    };

    fn spec(source: &str, size: usize, channels: usize, seed: u64) -> DataSpec {
        DataSpec {
            source: source.into(),
            size,
            channels,
            fit: Fit::Crop,
            background: [0; 3],
            seed,
            ..DataSpec::default()
        }
    }

    fn load(spec: &DataSpec) -> Loaded {
        open(&spec.source).unwrap().load(spec, &mut NoWatch).unwrap()
    }

    #[test]
    fn every_built_in_set_is_deterministic_and_as_surveyed() {
        for format in DATASETS.iter().filter(|f| f.built_in) {
            let source = format!("{}:40", format.id);
            let shape = open(&source).unwrap().survey().unwrap();
            for size in [28, 32, 64, 128] {
                for channels in [1, 3] {
                    let spec = spec(&source, size, channels, 5);
                    let a = load(&spec);
                    assert_eq!(a, load(&spec), "{source} {size}");
                    assert_eq!(a.shape, shape, "{source}: survey and load agree");
                    assert_eq!((a.train.pixels.size, a.train.pixels.channels), (size, channels));
                    for (split, count) in [(&a.train, 40), (&a.test, 4)] {
                        assert_eq!((split.pixels.count, split.labels.len()), (count, count), "{source}");
                        assert_eq!(split.pixels.bytes.len(), count * size * size * channels);
                        assert!(split.labels.iter().all(|&l| (l as usize) < shape.classes));
                    }
                    assert_eq!(a.class_names.len(), shape.classes);
                    assert_eq!(a.fingerprint.len(), 64);
                    assert!((0..40).all(|i| a.train.pixels.bytes_of(i).iter().any(|&v| v > 90)), "{source}: no black");
                }
            }
        }
    }

    #[test]
    fn a_built_in_picture_depends_on_seed_and_place_only() {
        for format in DATASETS.iter().filter(|f| f.built_in) {
            let few = load(&spec(&format!("{}:20", format.id), 28, 1, 5));
            let more = load(&spec(&format!("{}:30", format.id), 28, 1, 5));
            let other = load(&spec(&format!("{}:20", format.id), 28, 1, 6));
            assert_eq!(few.train.pixels.bytes[..], more.train.pixels.bytes[..few.train.pixels.bytes.len()]);
            assert_ne!(few.train.pixels, other.train.pixels);
            assert_ne!(few.fingerprint, other.fingerprint);
            assert_ne!(few.train.pixels.bytes_of(0), few.test.pixels.bytes_of(0), "another stream");
            assert_ne!(few.train.pixels.bytes_of(0), few.train.pixels.bytes_of(1));
        }
    }

    #[test]
    fn every_class_of_a_built_in_set_occurs() {
        for format in DATASETS.iter().filter(|f| f.built_in) {
            let loaded = load(&spec(&format!("{}:200", format.id), 28, 1, 1));
            for class in 0..loaded.shape.classes as u32 {
                assert!(loaded.train.labels.contains(&class), "{} {class}", format.id);
            }
        }
    }

    #[test]
    fn a_count_out_of_range_is_answered_with_what_is_allowed() {
        for wrong in ["galaxies:1", "galaxies:0", "glyphs:1000001", "shapes:many", "shapes:", "shapes:-3"] {
            let sentence = open(wrong).err().unwrap().to_string();
            assert!(sentence.contains("2 to 1,000,000"), "{wrong}: {sentence}");
        }
        assert_eq!(open("glyphs").unwrap().survey().unwrap().count, 10_000);
        assert_eq!(open(" glyphs:2 ").unwrap().survey().unwrap().count, 2);
    }

    #[test]
    fn a_path_that_does_not_exist_is_answered_with_the_built_in_sets() {
        for wrong in ["/no/such/folder", "galaxy", ""] {
            let sentence = open(wrong).err().unwrap().to_string();
            assert!(sentence.contains("galaxies, glyphs, shapes"), "{sentence}");
        }
    }

    #[test]
    fn cancelling_ends_the_reading() {
        struct Impatient;
        impl Watch for Impatient {
            fn progress(&mut self, done: usize, total: usize, newest: &[Picture]) -> bool {
                assert!(done < total && !newest.is_empty());
                false
            }
        }
        let error = open("shapes:5000").unwrap().load(&spec("shapes:5000", 28, 1, 0), &mut Impatient).unwrap_err();
        assert!(crate::failure::Failure::is_cancelled(&error));
    }

    #[test]
    fn ids_are_different_and_a_file_that_is_no_data_is_refused() {
        let mut ids: Vec<_> = DATASETS.iter().map(|f| f.id).collect();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), DATASETS.len());
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("notes.txt");
        std::fs::write(&file, "hello").unwrap();
        assert!(open(&file.to_string_lossy()).err().unwrap().to_string().contains("no data this program reads"));
    }
}
