//! Whole pictures and masks from files, as they are: neither cut nor scaled.

use super::{photo, preprocess::luma};
use crate::picture::{Mask, Picture};
use anyhow::{Result, anyhow};
use image::DynamicImage;
use std::path::Path;

/// A picture file of any size, upright, in eight bits, and its opacity where not all of it is opaque; its colours stay as they are
/// where it is transparent. The error is one sentence.
pub fn whole_picture(path: &Path) -> Result<(Picture, Option<Mask>)> {
    let upright = photo::upright(path).map_err(|why| unfit(path, &why))?;
    let (width, height) = (upright.width() as usize, upright.height() as usize);
    if !upright.color().has_alpha() {
        return Ok((Picture { width, height, rgb: upright.into_rgb8().into_raw().into() }, None));
    }
    let rgba = upright.into_rgba8().into_raw();
    let rgb = rgba.chunks_exact(4).flat_map(|pixel| [pixel[0], pixel[1], pixel[2]]).collect();
    let opaque = rgba.chunks_exact(4).all(|pixel| pixel[3] == 255);
    let grey = || rgba.chunks_exact(4).map(|pixel| pixel[3]).collect();
    let alpha = (!opaque).then(|| Mask { width, height, grey: grey() });
    Ok((Picture { width, height, rgb }, alpha))
}

/// A picture file as a mask of its size: how light it is after Rec. 601, over black where it is transparent. The error is one sentence.
pub fn mask_picture(path: &Path) -> Result<Mask> {
    let upright = photo::upright(path).map_err(|why| unfit(path, &why))?;
    let (width, height) = (upright.width() as usize, upright.height() as usize);
    let grey = match upright {
        DynamicImage::ImageLuma8(grey) => grey.into_raw().into(),
        other if other.color().has_alpha() => {
            let over_black = |pixel: &[u8]| (u32::from(light(pixel)) * u32::from(pixel[3]) + 127) / 255;
            other.into_rgba8().chunks_exact(4).map(|pixel| over_black(pixel) as u8).collect()
        }
        other => other.into_rgb8().chunks_exact(3).map(light).collect(),
    };
    Ok(Mask { width, height, grey })
}

fn light(pixel: &[u8]) -> u8 {
    luma([pixel[0], pixel[1], pixel[2]])
}

fn unfit(path: &Path, why: &str) -> anyhow::Error {
    if path.exists() {
        anyhow!("{} cannot be used: {why}.", path.display())
    } else {
        anyhow!("There is no picture at {}.", path.display())
    }
}

#[cfg(test)]
mod tests {
    use super::super::photo::tests::{bomb, cmyk, encoded, gif, halves, turned};
    use super::*;
    use image::{GrayImage, ImageBuffer, ImageFormat, Luma, LumaA, Rgb, RgbaImage};
    use std::path::PathBuf;

    /// A file with these bytes, in a folder of its own.
    fn file(bytes: &[u8]) -> (tempfile::TempDir, PathBuf) {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("picture");
        std::fs::write(&path, bytes).unwrap();
        (folder, path)
    }

    fn png(picture: impl Into<DynamicImage>) -> (tempfile::TempDir, PathBuf) {
        file(&encoded(&picture.into(), ImageFormat::Png))
    }

    #[test]
    fn colour_and_opacity_are_kept_apart() {
        let rgba = RgbaImage::from_raw(2, 1, vec![10, 20, 30, 0, 40, 50, 60, 255]).unwrap();
        let (_keep, path) = png(rgba);
        let (picture, alpha) = whole_picture(&path).unwrap();
        assert_eq!(picture, Picture { width: 2, height: 1, rgb: [10, 20, 30, 40, 50, 60].into() });
        assert_eq!(alpha, Some(Mask { width: 2, height: 1, grey: [0, 255].into() }));
        let (_keep, path) = png(RgbaImage::from_pixel(3, 2, image::Rgba([1, 2, 3, 255])));
        assert_eq!(whole_picture(&path).unwrap(), (Picture::filled(3, 2, [1, 2, 3]), None), "all of it is opaque");
    }

    #[test]
    fn sixteen_bits_and_grey_become_eight_bits_of_colour() {
        let deep = ImageBuffer::from_raw(2, 1, vec![65_535_u16, 32_896, 0, 257, 514, 771]).unwrap();
        let (_keep, path) = png(DynamicImage::ImageRgb16(deep));
        assert_eq!(whole_picture(&path).unwrap().0.rgb[..], [255, 128, 0, 1, 2, 3]);
        let (_keep, path) = png(DynamicImage::ImageLuma16(ImageBuffer::from_pixel(1, 1, Luma([65_535]))));
        assert_eq!(whole_picture(&path).unwrap(), (Picture::filled(1, 1, [255; 3]), None));
        assert_eq!(mask_picture(&path).unwrap(), Mask::filled(1, 1, 255));
    }

    #[test]
    fn a_photograph_stands_upright() {
        let lying = encoded(&halves(32, 16), ImageFormat::Jpeg);
        let (_keep, path) = file(&turned(&lying, 6));
        let (picture, _) = whole_picture(&path).unwrap();
        assert_eq!(picture.size(), [16, 32]);
        let [top, bottom] = [4, 28].map(|y| [picture.row(y)[24], picture.row(y)[26]]);
        assert!(top[0] > 200 && top[1] < 60 && bottom[0] < 60 && bottom[1] > 200, "{top:?} {bottom:?}");
    }

    #[test]
    fn a_mask_is_how_light_it_is_over_black() {
        let (_keep, path) = png(GrayImage::from_raw(3, 1, vec![0, 77, 255]).unwrap());
        assert_eq!(mask_picture(&path).unwrap().grey[..], [0, 77, 255]);
        let (_keep, path) = png(image::RgbImage::from_raw(2, 1, vec![77, 77, 77, 255, 0, 0]).unwrap());
        assert_eq!(mask_picture(&path).unwrap().grey[..], [77, 76]);
        let rgba = vec![255, 255, 255, 255, 255, 255, 255, 0, 200, 200, 200, 128];
        let (_keep, path) = png(RgbaImage::from_raw(3, 1, rgba).unwrap());
        assert_eq!(mask_picture(&path).unwrap().grey[..], [255, 0, 100]);
        let (_keep, path) = png(DynamicImage::ImageLumaA8(ImageBuffer::from_pixel(1, 1, LumaA([128, 255]))));
        assert_eq!(mask_picture(&path).unwrap().grey[..], [128]);
    }

    #[test]
    fn what_cannot_be_used_is_told_in_a_sentence() {
        let cut = encoded(&DynamicImage::ImageRgb8(image::RgbImage::from_pixel(64, 64, Rgb([9; 3]))), ImageFormat::Png);
        let cases = [
            (cmyk(), "CMYK"),
            (gif(2), "animated"),
            (bomb(60_000, 60_000), "60,000×60,000 is too large"),
            (b"hello".to_vec(), "not a picture"),
            (Vec::new(), "empty file"),
            (cut[..cut.len() / 2].to_vec(), ""),
        ];
        for (bytes, says) in cases {
            let (_keep, path) = file(&bytes);
            let why = whole_picture(&path).unwrap_err().to_string();
            assert!(why.contains(&format!("cannot be used: {says}")) && why.ends_with('.'), "{why}");
            assert_eq!(mask_picture(&path).unwrap_err().to_string(), why);
        }
        let (keep, _) = file(b"");
        assert!(whole_picture(keep.path()).unwrap_err().to_string().ends_with("not a file."));
        let gone = whole_picture(&keep.path().join("gone")).unwrap_err().to_string();
        assert!(gone.starts_with("There is no picture at"), "{gone}");
    }
}
