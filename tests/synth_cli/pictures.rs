//! Small pictures for the tools, and files that are no good.

use image::{GrayImage, Luma, Rgb, RgbImage};
use std::path::Path;

/// Pixels across and down of what [`materials`] writes.
pub const SIZE: [u32; 2] = [48, 40];

/// How light a ripple is at a place: structure for all tools, without noise.
fn ripple(x: u32, y: u32) -> u8 {
    (128.0 + 60.0 * (x as f32 / 3.0).sin() + 40.0 * (y as f32 / 4.0).cos()) as u8
}

/// A disc of one colour over ripples of others.
pub fn photo(width: u32, height: u32) -> RgbImage {
    RgbImage::from_fn(width, height, |x, y| match from_centre(x, y, [width, height]) {
        near if near < 0.5 => Rgb([230, 60 + ripple(x, y) / 8, 40]),
        _ => Rgb([ripple(x, y) / 3, ripple(y, x) / 2, 150 + ripple(x, y) / 4]),
    })
}

/// White inside the disc, black outside, grey between.
pub fn trimap(width: u32, height: u32) -> GrayImage {
    GrayImage::from_fn(width, height, |x, y| match from_centre(x, y, [width, height]) {
        near if near < 0.4 => Luma([255]),
        near if near < 0.6 => Luma([128]),
        _ => Luma([0]),
    })
}

/// The photograph with a white stroke on the disc and a black one above it.
pub fn scribbles(width: u32, height: u32) -> RgbImage {
    let mut painted = photo(width, height);
    for x in width / 3..width * 2 / 3 {
        painted.put_pixel(x, height / 2, Rgb([255; 3]));
        painted.put_pixel(x, 0, Rgb([0; 3]));
    }
    painted
}

/// A white block in black.
pub fn hole(width: u32, height: u32) -> GrayImage {
    let inside = |at: u32, side: u32| (side * 2 / 5..side * 3 / 5).contains(&at);
    GrayImage::from_fn(width, height, |x, y| Luma([if inside(x, width) && inside(y, height) { 255 } else { 0 }]))
}

/// 0 in the middle, 1 where the nearer border is.
fn from_centre(x: u32, y: u32, [width, height]: [u32; 2]) -> f32 {
    let along = |at: u32, side: u32| (at as f32 + 0.5) * 2.0 / side as f32 - 1.0;
    along(x, width).hypot(along(y, height))
}

/// `photo.png`, `trimap.png`, `hole.png`, the smaller photograph `patch.png`, and grey ones: `black.png`, `white.png`, `small.png` of another size.
pub fn materials(home: &Path) {
    let [width, height] = SIZE;
    photo(width, height).save(home.join("photo.png")).unwrap();
    photo(24, 20).save(home.join("patch.png")).unwrap();
    trimap(width, height).save(home.join("trimap.png")).unwrap();
    hole(width, height).save(home.join("hole.png")).unwrap();
    for (name, value) in [("black.png", 0), ("white.png", 255)] {
        GrayImage::from_pixel(width, height, Luma([value])).save(home.join(name)).unwrap();
    }
    trimap(20, 10).save(home.join("small.png")).unwrap();
}

/// A JPEG whose frame header speaks of four colours.
pub fn cmyk(path: &Path) {
    photo(8, 8).save(path.with_extension("jpg")).unwrap();
    let mut bytes = std::fs::read(path.with_extension("jpg")).unwrap();
    let at = bytes.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    bytes[at + 9] = 4;
    std::fs::write(path, bytes).unwrap();
}

/// A PNG of a few bytes that says it has these sides.
pub fn bomb(path: &Path, side: u32) {
    let mut bytes = Vec::new();
    let mut encoder = png::Encoder::new(&mut bytes, side, side);
    encoder.set_color(png::ColorType::Rgb);
    let mut writer = encoder.write_header().unwrap();
    writer.write_chunk(png::chunk::IDAT, &[0x78, 0x9c, 3, 0, 0, 0, 0, 1]).unwrap();
    drop(writer);
    std::fs::write(path, bytes).unwrap();
}

/// The same picture in sixteen bits a channel.
pub fn deep(path: &Path) {
    let [width, height] = SIZE;
    image::DynamicImage::from(photo(width, height)).into_rgb16().save(path).unwrap();
}
