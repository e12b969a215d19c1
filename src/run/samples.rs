//! Sample grids of a run, and pictures as PNG and JPEG bytes.

use super::{KEPT_SAMPLES, atomic, keep_samples, name, step_name, step_of, tensorboard};
use crate::picture::Picture;
use anyhow::{Result, anyhow, bail};
use image::codecs::{jpeg::JpegEncoder, png::PngEncoder};
use image::{ExtendedColorType, ImageEncoder, ImageFormat, ImageReader, Limits};
use std::fs;
use std::io::Cursor;
use std::path::{Path, PathBuf};

const JPEG_QUALITY: u8 = 95;
const FILE_LIMIT: u64 = 64 << 20;
const SIDE_LIMIT: u32 = 16_384;
const MEMORY_LIMIT: u64 = 256 << 20;

/// Writes the sample grid of a step, and thins the older ones to [`KEPT_SAMPLES`].
pub fn write_sample(run: &Path, step: u64, grid: &Picture) -> Result<()> {
    let folder = run.join(name::SAMPLES);
    atomic::make_folder(&folder).map_err(|e| atomic::sentence(&folder, &e))?;
    let file = png(grid)?;
    atomic::write(&path_of(run, step), &file)?;
    if let Err(why) = tensorboard::add_picture(run, step, grid, &file) {
        tracing::warn!("{why}");
    }
    let steps = sample_steps(run);
    if steps.len() > KEPT_SAMPLES {
        let keep = keep_samples(&steps, KEPT_SAMPLES);
        for old in steps.into_iter().filter(|s| !keep.contains(s) && *s != step) {
            let _ = atomic::remove_file(&path_of(run, old));
        }
    }
    Ok(())
}

/// Reads the sample grid of a step; the error is one sentence.
pub fn read_sample(run: &Path, step: u64) -> Result<Picture> {
    let path = path_of(run, step);
    if !path.exists() {
        bail!("There is no sample of step {step} in {}.", run.display());
    }
    decode(&atomic::read(&path, FILE_LIMIT)?).map_err(|e| anyhow!("{} can't be shown ({e}).", path.display()))
}

/// The steps of which a sample grid exists, rising.
pub fn sample_steps(run: &Path) -> Vec<u64> {
    let entries = fs::read_dir(run.join(name::SAMPLES)).into_iter().flatten().flatten();
    let mut steps: Vec<u64> = entries.filter_map(|e| step_of(e.file_name().to_str()?.strip_suffix(".png")?)).collect();
    steps.sort_unstable();
    steps
}

/// A picture as the bytes of a file: PNG or, by the path's extension, JPEG of quality 95. Any other extension is refused
/// with a sentence.
pub fn encode(picture: &Picture, path: &Path) -> Result<Vec<u8>> {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    match extension.to_str() {
        Some("png") => png(picture),
        Some("jpg" | "jpeg") => {
            let mut bytes = Vec::new();
            let encoder = JpegEncoder::new_with_quality(&mut bytes, JPEG_QUALITY);
            write(picture, encoder, "a JPEG")?;
            Ok(bytes)
        }
        _ => bail!("{} was not written: its name should end in .png, .jpg or .jpeg.", path.display()),
    }
}

fn png(picture: &Picture) -> Result<Vec<u8>> {
    let mut bytes = Vec::new();
    write(picture, PngEncoder::new(&mut bytes), "a PNG")?;
    Ok(bytes)
}

fn write(picture: &Picture, encoder: impl ImageEncoder, what: &str) -> Result<()> {
    let (width, height) = (picture.width, picture.height);
    let sides = u32::try_from(width).ok().zip(u32::try_from(height).ok());
    let bytes = width.checked_mul(height).and_then(|n| n.checked_mul(3));
    match sides {
        Some((w, h)) if w > 0 && h > 0 && bytes == Some(picture.rgb.len()) => encoder
            .write_image(&picture.rgb, w, h, ExtendedColorType::Rgb8)
            .map_err(|e| anyhow!("A picture of {width}×{height} pixels can't be written as {what} ({e}).")),
        _ => bail!("A picture of {width}×{height} pixels can't be written."),
    }
}

/// Reads the bytes of a PNG.
pub(super) fn decode(bytes: &[u8]) -> image::ImageResult<Picture> {
    let mut limits = Limits::default();
    (limits.max_image_width, limits.max_image_height) = (Some(SIDE_LIMIT), Some(SIDE_LIMIT));
    limits.max_alloc = Some(MEMORY_LIMIT);
    let mut reader = ImageReader::with_format(Cursor::new(bytes), ImageFormat::Png);
    reader.limits(limits);
    let picture = reader.decode()?.into_rgb8();
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    Ok(Picture { width, height, rgb: picture.into_raw().into() })
}

fn path_of(run: &Path, step: u64) -> PathBuf {
    run.join(name::SAMPLES).join(format!("{}.png", step_name(step)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gradient() -> Picture {
        let rgb = (0..20 * 10).flat_map(|i| [i as u8, 255 - i as u8, 7]).collect();
        Picture { width: 20, height: 10, rgb }
    }

    #[test]
    fn a_sample_comes_back_pixel_for_pixel() {
        let run = tempfile::tempdir().unwrap();
        assert!(sample_steps(run.path()).is_empty());
        for step in [1500, 0, 20] {
            write_sample(run.path(), step, &gradient()).unwrap();
        }
        assert_eq!(sample_steps(run.path()), [0, 20, 1500]);
        assert_eq!(read_sample(run.path(), 1500).unwrap(), gradient());
        assert!(run.path().join("samples/step-000020.png").is_file());
        assert!(read_sample(run.path(), 7).unwrap_err().to_string().contains("no sample of step 7"));
        fs::write(run.path().join("samples/step-000020.png"), "no picture").unwrap();
        assert!(read_sample(run.path(), 20).unwrap_err().to_string().contains("can't be shown"));
    }

    #[test]
    fn a_long_run_keeps_its_first_and_newest_samples() {
        let run = tempfile::tempdir().unwrap();
        write_sample(run.path(), 10, &gradient()).unwrap();
        let bytes = fs::read(path_of(run.path(), 10)).unwrap();
        for step in 2..=520 {
            fs::write(path_of(run.path(), step * 10), &bytes).unwrap();
        }
        write_sample(run.path(), 5210, &gradient()).unwrap();
        let steps = sample_steps(run.path());
        assert_eq!((steps.len(), steps[0], steps[499]), (KEPT_SAMPLES, 10, 5210));
    }

    #[test]
    fn the_extension_chooses_the_format() {
        let magic = |name: &str| encode(&gradient(), Path::new(name)).unwrap()[..3].to_vec();
        assert_eq!(magic("a.png"), b"\x89PN");
        assert_eq!(magic("a.PNG"), b"\x89PN");
        assert_eq!(magic("写.jpg"), b"\xff\xd8\xff");
        assert_eq!(magic("a.b.Jpeg"), b"\xff\xd8\xff");
        for name in ["a", "a.gif", "png"] {
            let why = encode(&gradient(), Path::new(name)).unwrap_err().to_string();
            assert!(why.contains("end in .png, .jpg or .jpeg"), "{why}");
        }
        let jpeg = image::load_from_memory(&encode(&gradient(), Path::new("a.jpg")).unwrap()).unwrap().into_rgb8();
        let off = jpeg.as_raw().iter().zip(gradient().rgb.iter()).map(|(a, b)| a.abs_diff(*b)).max();
        assert!(off < Some(24), "quality 95 stays close: {off:?}");
        let none = Picture { width: 0, height: 0, rgb: Vec::new().into() };
        assert!(encode(&none, Path::new("a.png")).unwrap_err().to_string().contains("0×0"));
        let wrong = Picture { width: 2, height: 2, rgb: vec![0; 3].into() };
        assert!(encode(&wrong, Path::new("a.jpg")).is_err());
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(changes in prop::collection::vec((0_usize..600, any::<u8>()), 0..6), cut in 0_usize..600) {
            let mut bytes = png(&gradient()).unwrap();
            for (at, byte) in changes {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            bytes.truncate(cut);
            let _ = decode(&bytes);
        }
    }
}
