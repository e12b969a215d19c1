//! STUB.
use crate::picture::{Mask, Picture};
/// STUB
pub fn over_colour(picture: &Picture, alpha: &Mask, c: [u8; 3]) -> Picture {
    over_picture(picture, alpha, &Picture::filled(picture.width, picture.height, c))
}
/// STUB
pub fn over_picture(fg: &Picture, alpha: &Mask, bg: &Picture) -> Picture {
    let rgb = fg
        .rgb
        .iter()
        .zip(bg.rgb.iter())
        .enumerate()
        .map(|(i, (&f, &b))| {
            let a = u32::from(alpha.grey[i / 3]);
            ((u32::from(f) * a + u32::from(b) * (255 - a) + 127) / 255) as u8
        })
        .collect();
    Picture { rgb, ..fg.clone() }
}
