//! Pictures for people at other sizes: small ones of large files, and stretched ones with their aspect restored.

use crate::picture::{Mask, Picture, restored_size};
use anyhow::{Context, Result, ensure};
use fast_image_resize::images::{Image, ImageRef};
use fast_image_resize::{FilterType, PixelType, ResizeAlg, ResizeOptions, Resizer};

/// A picture at another size, both sides at least 1: averaged where it gets smaller, smooth where it gets larger.
pub fn resized(picture: &Picture, width: usize, height: usize) -> Result<Picture> {
    ensure!(width > 0 && height > 0 && picture.width > 0 && picture.height > 0, "A picture has at least one pixel.");
    if (width, height) == (picture.width, picture.height) {
        return Ok(picture.clone());
    }
    let rgb = scaled(&picture.rgb, picture.size(), [width, height], PixelType::U8x3)?;
    Ok(Picture { width, height, rgb: rgb.into() })
}

/// Resizes a mask.
pub fn resized_mask(mask: &Mask, width: usize, height: usize) -> Result<Mask> {
    ensure!(width > 0 && height > 0 && mask.width > 0 && mask.height > 0, "A mask has at least one pixel.");
    if (width, height) == (mask.width, mask.height) {
        return Ok(mask.clone());
    }
    Ok(Mask { width, height, grey: scaled(&mask.grey, mask.size(), [width, height], PixelType::U8)?.into() })
}

fn scaled(bytes: &[u8], [w, h]: [usize; 2], [width, height]: [usize; 2], kind: PixelType) -> Result<Vec<u8>> {
    let mut out = vec![0; width * height * kind.size()];
    let from = ImageRef::new(w as u32, h as u32, bytes, kind)?;
    let mut to = Image::from_slice_u8(width as u32, height as u32, &mut out, kind)?;
    let options = ResizeOptions::new().resize_alg(ResizeAlg::Convolution(FilterType::CatmullRom));
    Resizer::new().resize(&from, &mut to, &options).context("The picture could not be scaled.")?;
    Ok(out)
}

/// A square picture with the aspect of `sides` (width, height) again: the shorter side stays, the longer one grows, to at most eight times.
pub fn restored(square: &Picture, [width, height]: [usize; 2]) -> Result<Picture> {
    let [w, h] = restored_size([square.width, square.height], [width, height]);
    resized(square, w, h)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shorter_side_stays_and_the_longer_one_grows() {
        for (sides, size) in [([3, 2], [48, 32]), ([600, 800], [32, 43]), ([7, 7], [32, 32]), ([100, 1], [256, 32])] {
            let restored = restored(&Picture::filled(32, 32, [9, 80, 7]), sides).unwrap();
            assert_eq!([restored.width, restored.height], size);
            assert_eq!(restored, Picture::filled(size[0], size[1], [9, 80, 7]));
        }
        assert_eq!(restored_size([32, 32], [0, 5]), [32, 32]);
        let board = Picture { width: 2, height: 1, rgb: [0, 0, 0, 200, 200, 200].into() };
        assert_eq!(resized(&board, 1, 1).unwrap(), Picture::filled(1, 1, [100; 3]));
        assert!(resized(&board, 0, 1).is_err());
        let mask = Mask { width: 2, height: 1, grey: [0, 200].into() };
        assert_eq!(resized_mask(&mask, 1, 1).unwrap(), Mask::filled(1, 1, 100));
        assert_eq!(resized_mask(&mask, 2, 3).unwrap().grey[..], [0, 200, 0, 200, 0, 200]);
        assert!(resized_mask(&mask, 1, 0).is_err());
    }
}
