//! Makes many JPEGs of 500×375 pixels for `bench load`, once: smooth random pictures, the same ones every time.

use crate::{
    data::{Source, preprocess::Preparer},
    latent,
    spec::{DataSpec, Fit},
};
use anyhow::{Context, Result};
use image::{ExtendedColorType, codecs::jpeg::JpegEncoder};
use rayon::prelude::*;
use std::path::{Path, PathBuf};

/// Width of the pictures in pixels.
pub const WIDTH: usize = 500;
/// Height of the pictures in pixels.
pub const HEIGHT: usize = 375;
/// Number of sub-folders; each is read in one round.
const PARTS: usize = 10;
const QUALITY: u8 = 85;
const SEED: u64 = 0x004a_5045_4753;
/// Cells across and strength of each layer of noise. As in photographs, finer detail is fainter.
const LAYERS: [(usize, i32); 6] = [(4, 160), (8, 100), (16, 60), (32, 36), (64, 22), (128, 13)];

/// The sub-folders of a folder with this number of pictures among the temporary files, made if it is not there yet.
pub fn folders(files: usize) -> Result<Vec<PathBuf>> {
    let place = std::env::temp_dir().join(format!("latent-studio-bench-1-{files}"));
    if !place.is_dir() {
        let making = || format!("The pictures could not be made in {}.", place.display());
        let making_of = tempfile::Builder::new().prefix("latent-studio-bench-").tempdir().with_context(making)?;
        fill(making_of.path(), files).with_context(making)?;
        // The folder gets its name only when it is complete.
        std::fs::rename(making_of.keep(), &place).with_context(making)?;
    }
    Ok((0..PARTS).map(|part| place.join(name_of(part))).collect())
}

fn name_of(part: usize) -> String {
    format!("part-{part}")
}

fn fill(folder: &Path, files: usize) -> Result<()> {
    (0..PARTS).try_for_each(|part| std::fs::create_dir(folder.join(name_of(part))))?;
    (0..files).into_par_iter().try_for_each_init(Preparer::default, |preparer, i| {
        let name = folder.join(name_of(i % PARTS)).join(format!("{i:06}.jpg"));
        std::fs::write(&name, jpeg(i as u64, preparer)?).with_context(|| format!("{} was not written.", name.display()))
    })
}

/// Draws picture `i`.
fn jpeg(i: u64, preparer: &mut Preparer) -> Result<Vec<u8>> {
    let mut rng = latent::rng(SEED, i);
    let spec = DataSpec {
        source: String::new(),
        size: WIDTH,
        channels: 3,
        fit: Fit::Stretch,
        background: [0; 3],
        seed: 0,
        ..DataSpec::default()
    };
    let mut sums = vec![128 << 8; WIDTH * HEIGHT * 3];
    let mut layer = vec![0; WIDTH * WIDTH * 3];
    for (cells, strength) in LAYERS {
        let noise: Vec<u8> = (0..cells * cells * 3).map(|_| latent::below(&mut rng, 256) as u8).collect();
        preparer.prepare(Source { width: cells, height: cells, channels: 3, bytes: &noise }, &spec, &mut layer)?;
        sums.iter_mut().zip(&layer).for_each(|(sum, &value)| *sum += (i32::from(value) - 128) * strength);
    }
    let rgb: Vec<u8> = sums.into_iter().map(|sum: i32| (sum >> 8).clamp(0, 255) as u8).collect();
    let mut file = Vec::new();
    JpegEncoder::new_with_quality(&mut file, QUALITY).encode(
        &rgb,
        WIDTH as u32,
        HEIGHT as u32,
        ExtendedColorType::Rgb8,
    )?;
    Ok(file)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_picture_is_the_same_every_time_and_has_its_size() {
        let mut preparer = Preparer::default();
        let first = jpeg(3, &mut preparer).unwrap();
        assert_eq!(first, jpeg(3, &mut Preparer::default()).unwrap());
        assert_ne!(first, jpeg(4, &mut preparer).unwrap());
        let picture = image::load_from_memory(&first).unwrap().to_rgb8();
        assert_eq!(picture.dimensions(), (500, 375));
        assert!((10_000..80_000).contains(&first.len()), "as large as a photograph: {}", first.len());
        let (low, high) = picture.iter().fold((255, 0), |(low, high), &v| (v.min(low), v.max(high)));
        assert!(low < 80 && high > 176, "it has contrast: {low}–{high}");
    }

    #[test]
    fn the_pictures_are_dealt_out() {
        let home = tempfile::tempdir().unwrap();
        fill(home.path(), 21).unwrap();
        let count = |part: usize| std::fs::read_dir(home.path().join(name_of(part))).unwrap().count();
        assert_eq!((count(0), count(1), count(9)), (3, 2, 2));
    }
}
