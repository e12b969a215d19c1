//! Single pictures from files, to be turned into others.

use super::folder::Listing;
use super::photo;
use super::preprocess::Preparer;
use crate::picture::{Picture, Pixels};
use crate::spec::DataSpec;
use anyhow::{Result, anyhow, bail};
use std::path::{Path, PathBuf};

/// A picture file, prepared as these data are; in colour, whatever they have. The error is one sentence.
pub fn input_picture(path: &Path, prepare: &DataSpec) -> Result<Picture> {
    let unfit = |why: String| anyhow!("{} cannot be used: {why}.", path.display());
    let photo = photo::read(path, prepare.background).map_err(unfit)?;
    let spec = DataSpec { channels: 3, ..prepare.clone() };
    let mut pixels = Pixels::new(spec.size, spec.channels);
    let mut bytes = vec![0; pixels.stride()];
    Preparer::default().prepare(photo.source(), &spec, &mut bytes).map_err(|_| unfit("it is corrupt".into()))?;
    pixels.push(&bytes);
    Ok(pixels.picture(0))
}

/// The picture files that these paths name, the content of folders sorted by name; one sentence where there are none.
pub fn input_files(paths: &[PathBuf]) -> Result<Vec<PathBuf>> {
    let mut all = Vec::new();
    for path in paths {
        if path.is_dir() {
            all.extend(Listing::new(path).files);
        } else if path.exists() {
            all.push(path.clone());
        } else {
            bail!("There is no picture or folder at {}.", path.display());
        }
    }
    if all.is_empty() {
        bail!("No picture (png, jpeg, gif, webp, bmp) was found to draw from.");
    }
    Ok(all)
}

#[cfg(test)]
mod tests {
    use super::super::{photo::tests::encoded, preprocess::tests::spec};
    use super::*;
    use crate::spec::Fit;

    #[test]
    fn a_file_becomes_a_square_in_colour() {
        let folder = tempfile::tempdir().unwrap();
        let (b, a) = (folder.path().join("b.png"), folder.path().join("a.png"));
        for path in [&b, &a] {
            let grey = image::GrayImage::from_pixel(60, 30, image::Luma([77]));
            std::fs::write(path, encoded(&grey.into(), image::ImageFormat::Png)).unwrap();
        }
        let picture = input_picture(&a, &spec(28, 1, Fit::Crop)).unwrap();
        assert_eq!(picture, Picture::filled(28, 28, [77; 3]));
        assert_eq!(input_files(&[folder.path().to_path_buf(), b.clone()]).unwrap(), [a, b.clone(), b]);
        let text = folder.path().join("c.png");
        std::fs::write(&text, "hello").unwrap();
        let why = input_picture(&text, &spec(28, 1, Fit::Crop)).unwrap_err().to_string();
        assert!(why.ends_with("not a picture."), "{why}");
        assert!(input_files(&[folder.path().join("gone")]).is_err());
        assert!(input_files(&[]).is_err());
    }
}
