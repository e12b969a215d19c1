//! Tests of single picture files: every kind that is read, and every kind that is left out.

use super::*;
use image::{Rgb, RgbImage};

/// A picture whose left half is red and right half is blue.
pub(in crate::data) fn halves(width: u32, height: u32) -> DynamicImage {
    RgbImage::from_fn(width, height, |x, _| if x < width / 2 { Rgb([250, 0, 0]) } else { Rgb([0, 0, 250]) }).into()
}

pub(in crate::data) fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

fn checksum(bytes: &[u8]) -> [u8; 4] {
    let mut crc = flate2::Crc::new();
    crc.update(bytes);
    crc.sum().to_be_bytes()
}

fn chunk(kind: &[u8], body: &[u8]) -> Vec<u8> {
    let inner = [kind, body].concat();
    [&(body.len() as u32).to_be_bytes()[..], &inner, &checksum(&inner)].concat()
}

/// A PNG of 65 bytes that says it has these sides.
pub(in crate::data) fn bomb(width: u32, height: u32) -> Vec<u8> {
    let header = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[8, 6, 0, 0, 0]].concat();
    let bytes = [
        b"\x89PNG\r\n\x1a\n".to_vec(),
        chunk(b"IHDR", &header),
        chunk(b"IDAT", &[0x78, 0x9c, 3, 0, 0, 0, 0, 1]),
        chunk(b"IEND", &[]),
    ];
    bytes.concat()
}

/// A one-pixel GIF with so many frames.
pub(in crate::data) fn gif(frames: usize) -> Vec<u8> {
    let mut bytes = b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\xff\xff\xff".to_vec();
    for _ in 0..frames {
        bytes.extend(b"\x21\xf9\x04\0\x0a\0\0\0\x2c\0\0\0\0\x01\0\x01\0\0\x02\x02\x44\x01\0");
    }
    bytes.push(0x3b);
    bytes
}

/// A JPEG whose frame header speaks of four colours.
pub(in crate::data) fn cmyk() -> Vec<u8> {
    let mut bytes = encoded(&halves(8, 8), ImageFormat::Jpeg);
    let at = bytes.windows(2).position(|w| w == [0xff, 0xc0]).unwrap();
    bytes[at + 9] = 4;
    bytes
}

/// The picture with an EXIF segment that says how it is turned.
pub(in crate::data) fn turned(jpeg: &[u8], orientation: u8) -> Vec<u8> {
    let mut exif = b"Exif\0\0II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0".to_vec();
    exif.extend([orientation, 0, 0, 0, 0, 0, 0, 0]);
    let length = (exif.len() as u16 + 2).to_be_bytes();
    [&jpeg[..2], &[0xff, 0xe1], &length, &exif, &jpeg[2..]].concat()
}

fn why(bytes: &[u8]) -> String {
    guarded(|| decode(bytes, [0; 3])).err().unwrap_or_else(|| "read".into())
}

#[test]
fn every_format_is_read() {
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Gif, ImageFormat::WebP, ImageFormat::Bmp] {
        let photo = decode(&encoded(&halves(16, 8), format), [0; 3]).unwrap();
        assert_eq!((photo.width, photo.height, photo.channels, photo.bytes.len()), (16, 8, 3, 384), "{format:?}");
        assert!(photo.bytes[0] > 230 && photo.bytes[2] < 20 && photo.bytes[383] > 230, "{format:?}");
    }
}

#[test]
fn grey_sixteen_bits_and_transparency_are_handled() {
    let grey = image::GrayImage::from_pixel(4, 4, image::Luma([77])).into();
    let photo = decode(&encoded(&grey, ImageFormat::Png), [0; 3]).unwrap();
    assert_eq!((photo.channels, photo.bytes), (1, vec![77; 16]));
    let deep = image::ImageBuffer::from_pixel(2, 2, Rgb([0xffff_u16, 0x8080, 0])).into();
    assert_eq!(decode(&encoded(&deep, ImageFormat::Png), [0; 3]).unwrap().bytes[..3], [255, 128, 0]);
    let clear = image::RgbaImage::from_pixel(1, 1, image::Rgba([255, 255, 255, 51])).into();
    assert_eq!(decode(&encoded(&clear, ImageFormat::Png), [100, 0, 255]).unwrap().bytes, [131, 51, 255]);
    let veil = image::GrayAlphaImage::from_pixel(1, 1, image::LumaA([9, 0])).into();
    assert_eq!(decode(&encoded(&veil, ImageFormat::Png), [1, 2, 3]).unwrap().bytes, [1, 2, 3]);
}

#[test]
fn a_turned_photo_is_set_upright() {
    let jpeg = encoded(&halves(16, 8), ImageFormat::Jpeg);
    let upright = decode(&turned(&jpeg, 6), [0; 3]).unwrap();
    assert_eq!((upright.width, upright.height), (8, 16));
    assert!(upright.bytes[0] > 200, "left became top");
    assert!(upright.bytes[16 * 8 * 3 - 1] > 200, "right became bottom");
    let mirrored = decode(&turned(&jpeg, 2), [0; 3]).unwrap();
    assert!(mirrored.bytes[2] > 200 && mirrored.bytes[0] < 50);
}

#[test]
fn unfit_files_are_told_apart() {
    let (png, jpeg) = (encoded(&halves(40, 40), ImageFormat::Png), encoded(&halves(40, 40), ImageFormat::Jpeg));
    assert_eq!(bomb(1, 1).len(), 65);
    assert_eq!(why(&bomb(65_000, 65_000)), "65,000×65,000 is too large");
    assert_eq!(why(&bomb(7_000, 7_000)), "7,000×7,000 is too large", "256 MB are not exceeded, but 65 bytes hold less");
    assert_eq!(why(&bomb(16_385, 1)), "16,385×1 is too large");
    assert_eq!(why(&gif(1)), "read");
    assert_eq!(why(&gif(3)), "animated");
    assert_eq!(why(&cmyk()), "CMYK");
    assert_eq!(why(b"hello, I am no picture"), "not a picture");
    assert_eq!(why(&png[..png.len() / 2]), "truncated");
    assert!(["corrupt", "no pixels"].contains(&why(&bomb(0, 0)).as_str()));
    let mut broken = png.clone();
    broken[60] ^= 0x55;
    assert_eq!(why(&broken), "corrupt");
    assert_eq!(why(&[jpeg.clone(), vec![0; 9]].concat()), "read", "padding behind the end is no harm");
    for end in 2..jpeg.len() {
        assert_ne!(why(&jpeg[..end]), "read", "{end} of {}", jpeg.len());
    }
    assert_eq!(why(&jpeg[..jpeg.len() - 3]), "truncated");
    let apng = {
        let mut bytes = png.clone();
        let control = chunk(b"acTL", &[0, 0, 0, 2, 0, 0, 0, 0]);
        bytes.splice(33..33, control);
        bytes
    };
    assert_eq!(why(&apng), "animated");
}

#[test]
fn files_that_cannot_be_opened_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("a.png");
    let why = |path: &Path| read(path, [0; 3]).err().unwrap();
    assert_eq!(why(&path), "unreadable");
    assert!(glance(&path).is_none());
    std::fs::write(&path, []).unwrap();
    assert_eq!(why(&path), "empty file");
    assert_eq!(why(folder.path()), "not a file");
    std::fs::write(&path, encoded(&halves(30, 20), ImageFormat::Jpeg)).unwrap();
    assert_eq!(glance(&path).unwrap().sides, [30, 20], "content decides, not the name");
}
