//! Pictures to train on, and questions to pictures.

use image::{Rgb, RgbImage};
use std::{collections::HashSet, fs, path::Path};

/// Writes 96 small pictures in two classes: discs and bars in many colours.
pub fn write_some(folder: &Path) {
    for i in 0..96_u32 {
        let class = folder.join(if i % 2 == 0 { "discs" } else { "bars" });
        fs::create_dir_all(&class).expect("a folder");
        let colour = Rgb([60 + (i * 37 % 190) as u8, 60 + (i * 91 % 190) as u8, 60 + (i * 53 % 190) as u8]);
        let (cx, cy, r) = (10 + i % 12, 10 + i / 8, 4 + i % 6);
        let picture = RgbImage::from_fn(32, 32, |x, y| {
            let inside =
                if i % 2 == 0 { x.abs_diff(cx).pow(2) + y.abs_diff(cy).pow(2) <= r * r } else { x.abs_diff(cx) <= r };
            if inside { colour } else { Rgb([20, 20, 30]) }
        });
        picture.save(class.join(format!("{i:02}.png"))).expect("a picture");
    }
}

/// How many colours a picture has.
pub fn colours(picture: &RgbImage) -> usize {
    picture.pixels().collect::<HashSet<_>>().len()
}

/// Whether two pictures differ by more than a blinking cursor or a pointer: in one pixel of a hundred, visibly.
pub fn differ(a: &RgbImage, b: &RgbImage) -> bool {
    if a.dimensions() != b.dimensions() {
        return true;
    }
    let far = |(p, q): &(&Rgb<u8>, &Rgb<u8>)| p.0.iter().zip(q.0).any(|(x, y)| x.abs_diff(y) > 6);
    let changed = a.pixels().zip(b.pixels()).filter(far).count();
    changed * 100 > (a.width() * a.height()) as usize
}

/// Whether every pixel of some picture became a block of `scale` × `scale`.
pub fn enlarged_by(picture: &RgbImage, scale: u32) -> bool {
    let (width, height) = picture.dimensions();
    let whole = width >= scale && height >= scale && width % scale == 0 && height % scale == 0;
    whole && picture.enumerate_pixels().all(|(x, y, p)| p == picture.get_pixel(x / scale * scale, y / scale * scale))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn questions_to_pictures_are_answered_rightly() {
        let dark = RgbImage::new(20, 10);
        let mut dot = dark.clone();
        dot.put_pixel(3, 3, Rgb([255, 0, 0]));
        assert!(!differ(&dark, &dot) && differ(&dark, &RgbImage::from_pixel(20, 10, Rgb([9, 0, 0]))));
        assert_eq!((colours(&dark), colours(&dot)), (1, 2));
        let block = RgbImage::from_fn(6, 3, |x, _| if x < 3 { Rgb([1, 2, 3]) } else { Rgb([4, 5, 6]) });
        assert!(enlarged_by(&block, 3) && !enlarged_by(&block, 2) && !enlarged_by(&dot, 5));
    }
}
