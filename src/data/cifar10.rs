//! CIFAR-10 binary files: records of one label byte and 3,072 bytes of a 32×32 picture, plane by plane.

use super::dataset::Source;
use super::packed::Packed;
use super::preprocess::{self, Progress};
use super::{Dataset, Format, Loaded, Show, Split, Watch, split};
use crate::picture::Pixels;
use crate::spec::thousands;
use crate::spec::{DataShape, DataSpec};
use anyhow::{Result, bail};
use std::path::{Path, PathBuf};

/// The table line.
pub(super) const FORMAT: Format = Format {
    id: "cifar10",
    title: "CIFAR-10 binary files",
    about: "Small colour photographs of ten kinds of things: a folder with data_batch_*.bin and test_batch.bin, or one such file.",
    built_in: false,
    claims: |path| if path.is_dir() { usual(path).is_some() } else { is_bin(path) },
    open,
};

const SIDE: usize = 32;
const PLANE: usize = SIDE * SIDE;
const RECORD: usize = 1 + 3 * PLANE;
const CLASSES: [&str; 10] = ["airplane", "automobile", "bird", "cat", "deer", "dog", "frog", "horse", "ship", "truck"];

/// The files of each split; without a test file the split is made by seed.
struct Cifar10 {
    train: Vec<PathBuf>,
    test: Vec<PathBuf>,
}

fn open(source: &str) -> Result<Box<dyn Dataset>> {
    let path = Path::new(source);
    let found = if path.is_dir() { usual(path) } else { Some(Cifar10 { train: vec![path.to_owned()], test: vec![] }) };
    match found {
        Some(set) => Ok(Box::new(set)),
        None => bail!("There are no CIFAR-10 files (data_batch_1.bin) in {source}."),
    }
}

fn is_bin(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_lowercase();
    let plain = name.strip_suffix(".gz").unwrap_or(&name);
    Path::new(plain).extension().is_some_and(|end| end == "bin")
}

/// The files with the usual names in a folder, or in the folder that the archive unpacks to.
fn usual(folder: &Path) -> Option<Cifar10> {
    [folder.to_owned(), folder.join("cifar-10-batches-bin")].iter().find_map(|home| {
        let mut files: Vec<_> = std::fs::read_dir(home).ok()?.filter_map(|entry| Some(entry.ok()?.path())).collect();
        files.sort();
        let named = |start: &str| -> Vec<PathBuf> {
            let starts = |path: &Path| path.file_name().is_some_and(|n| n.to_string_lossy().starts_with(start));
            let mut found: Vec<_> = files.iter().filter(|path| is_bin(path) && starts(path)).cloned().collect();
            // Both data_batch_1.bin and data_batch_1.bin.gz: one of them is enough.
            found.dedup_by(|zipped, plain| zipped.file_stem() == plain.file_name());
            found
        };
        let (train, test) = (named("data_batch"), named("test_batch"));
        match (train.is_empty(), test.is_empty()) {
            (true, true) => None,
            (true, false) => Some(Cifar10 { train: test, test: train }),
            _ => Some(Cifar10 { train, test }),
        }
    })
}

/// Records in a file; a broken last one is an error.
fn records(path: &Path) -> Result<usize> {
    let file = Packed::open(path)?;
    let length = file.length(u64::MAX)?;
    let over = length % RECORD as u64;
    if over != 0 {
        bail!(
            "{} is no whole number of CIFAR-10 records: {} bytes remain after {} records of 3,073 bytes.",
            path.display(),
            thousands(over),
            thousands(length / RECORD as u64)
        );
    }
    Ok(usize::try_from(length)? / RECORD)
}

impl Cifar10 {
    fn counts(&self) -> Result<[usize; 2]> {
        let sum = |paths: &[PathBuf]| paths.iter().map(|path| records(path)).sum::<Result<usize>>();
        let counts = [sum(&self.train)?, sum(&self.test)?];
        if counts[0] < 2 {
            let path = self.train[0].display();
            bail!("{path} holds too few pictures ({}); training needs at least 2.", counts[0]);
        }
        Ok(counts)
    }

    fn shape(&self, counts: [usize; 2]) -> DataShape {
        let held_out = if self.test.is_empty() { split::held_out(counts[0]) } else { 0 };
        DataShape {
            count: counts[0] - held_out,
            classes: CLASSES.len(),
            size: SIDE,
            channels: 3,
            paired: false,
            sides: None,
        }
    }
}

impl Dataset for Cifar10 {
    fn survey(&self) -> Result<DataShape> {
        Ok(self.shape(self.counts()?))
    }

    fn glimpse(&self, _: &DataSpec, most: usize, show: Show<'_>) -> Result<()> {
        let head = Packed::open(&self.train[0])?.head((most * RECORD) as u64)?;
        head.chunks_exact(RECORD).try_for_each(|record| {
            show(Source { width: SIDE, height: SIDE, channels: 3, bytes: &interleaved(&record[1..]) })
        })
    }

    fn load(&self, spec: &DataSpec, watch: &mut dyn Watch) -> Result<Loaded> {
        let counts = self.counts()?;
        preprocess::afford(counts[0] + counts[1], spec, (counts[0].max(counts[1]) * RECORD) as u64)?;
        let mut progress = Progress::new(watch, counts[0] + counts[1]);
        let train = read(&self.train, spec, &mut progress)?;
        let splits = if self.test.is_empty() {
            split::cut(train.pixels, &train.labels, spec.seed)
        } else {
            (train, read(&self.test, spec, &mut progress)?)
        };
        let names = CLASSES.map(str::to_owned).into();
        Ok(preprocess::finish(spec, &self.shape(counts), names, splits, Vec::new()))
    }
}

/// Three planes as pixels of three values.
fn interleaved(planes: &[u8]) -> [u8; 3 * PLANE] {
    let mut rgb = [0; 3 * PLANE];
    for (at, pixel) in rgb.chunks_exact_mut(3).enumerate() {
        pixel.copy_from_slice(&[planes[at], planes[PLANE + at], planes[2 * PLANE + at]]);
    }
    rgb
}

/// Reads and prepares the files of one split, one after the other.
fn read(paths: &[PathBuf], spec: &DataSpec, progress: &mut Progress<'_>) -> Result<Split> {
    let mut split = Split { pixels: Pixels::new(spec.size, spec.channels), labels: Vec::new(), inputs: None };
    for path in paths {
        let count = records(path)?;
        let bytes = Packed::open(path)?.read(0, count * RECORD)?;
        for (i, record) in bytes.chunks_exact(RECORD).enumerate() {
            if usize::from(record[0]) >= CLASSES.len() {
                bail!(
                    "{} is broken: record {} has the label {}, and labels go from 0 to 9.",
                    path.display(),
                    i + 1,
                    record[0]
                );
            }
            split.labels.push(u32::from(record[0]));
        }
        let pixels = preprocess::each(count, spec, progress, |i, preparer, out| {
            let rgb = interleaved(&bytes[i * RECORD + 1..(i + 1) * RECORD]);
            preparer.prepare(Source { width: SIDE, height: SIDE, channels: 3, bytes: &rgb }, spec, out)
        })?;
        if split.pixels.count == 0 {
            split.pixels = pixels;
        } else {
            split.pixels.bytes.extend_from_slice(&pixels.bytes);
            split.pixels.count += pixels.count;
        }
    }
    Ok(split)
}

#[cfg(test)]
mod tests {
    use super::super::packed::tests::gzip;
    use super::super::{NoWatch, open, preprocess::tests::spec};
    use super::*;
    use crate::spec::Fit;
    use proptest::prelude::*;

    fn record(label: u8) -> Vec<u8> {
        let plane = |offset: usize| (0..PLANE).map(move |i| ((i + offset) % 256) as u8);
        std::iter::once(label).chain(plane(0)).chain(plane(1)).chain(plane(2)).collect()
    }

    fn load(path: &Path) -> Result<Loaded> {
        open(&path.to_string_lossy())?.load(&spec(32, 3, Fit::Crop), &mut NoWatch)
    }

    #[test]
    fn a_folder_is_read_with_its_own_test_file_and_planes_become_pixels() {
        let folder = tempfile::tempdir().unwrap();
        let put = |name: &str, bytes: &[u8]| std::fs::write(folder.path().join(name), bytes).unwrap();
        put("data_batch_1.bin", &[record(3), record(9)].concat());
        put("data_batch_2.bin.gz", &gzip(&record(0)));
        put("data_batch_2.bin", &record(0));
        put("test_batch.bin.gz", &gzip(&record(5)));
        let loaded = load(folder.path()).unwrap();
        assert_eq!(loaded.train.labels, [3, 9, 0]);
        assert_eq!(loaded.test.labels, [5]);
        assert_eq!(loaded.train.pixels.bytes_of(1)[..9], [0, 1, 2, 1, 2, 3, 2, 3, 4]);
        assert_eq!(loaded.class_names[9], "truck");
        assert_eq!(open(&folder.path().to_string_lossy()).unwrap().survey().unwrap(), loaded.shape);
        assert_eq!(loaded.shape.count, 3);
    }

    #[test]
    fn one_file_is_split_by_seed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("some.bin");
        let bytes: Vec<u8> = (0..20).flat_map(|i| record(i % 10)).collect();
        std::fs::write(&path, bytes).unwrap();
        let loaded = load(&path).unwrap();
        assert_eq!((loaded.train.pixels.count, loaded.test.pixels.count, loaded.shape.classes), (18, 2, 10));
        assert_eq!(open(&path.to_string_lossy()).unwrap().survey().unwrap(), loaded.shape);
    }

    #[test]
    fn broken_records_have_their_sentence() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data_batch_1.bin");
        let two = [record(1), record(2)].concat();
        for (bytes, words) in [
            ([two.clone(), vec![1, 2]].concat(), "2 bytes remain after 2 records"),
            (two[..two.len() - 1].to_vec(), "3,072 bytes remain after 1 records"),
            ([two, record(10)].concat(), "record 3 has the label 10"),
            (record(1), "at least 2"),
            (vec![], "at least 2"),
        ] {
            for stored in [gzip(&bytes), bytes] {
                std::fs::write(&path, stored).unwrap();
                let sentence = load(&path).unwrap_err().to_string();
                assert!(sentence.contains(words), "{words}: {sentence}");
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn no_bytes_make_it_panic(count in 0usize..4, tail in prop::collection::vec(any::<u8>(), 0..9), at in any::<prop::sample::Index>(),
            value in any::<u8>(), zipped in any::<bool>()) {
            let mut bytes: Vec<u8> = (0..count).flat_map(|i| record(i as u8)).collect();
            bytes.extend(&tail);
            let mut stored = if zipped { gzip(&bytes) } else { bytes };
            if !stored.is_empty() {
                let at = at.index(stored.len());
                stored[at] = value;
            }
            let folder = tempfile::tempdir().unwrap();
            let path = folder.path().join("x.bin");
            std::fs::write(&path, stored).unwrap();
            if let Ok(loaded) = load(&path) {
                prop_assert!(loaded.train.pixels.count >= 2 && loaded.train.labels.iter().all(|&l| l < 10));
            }
        }
    }
}
