//! Pictures with opacity as files, and a note in them that says how they were made.

use crate::picture::{Mask, Picture};
use anyhow::{Result, anyhow, bail, ensure};
use png::{BitDepth, ColorType, Compression, Encoder, Filter};
use std::io::Read;
use std::path::Path;

/// What our note in a PNG is called.
const KEYWORD: &str = "latent-studio";
/// No longer note is read.
const LONGEST: usize = 64 << 10;
const SIGNATURE: &[u8] = b"\x89PNG\r\n\x1a\n";

/// A picture as the bytes of a file: PNG with its opacity, if it has one, and the note; or, by the path's extension, JPEG, which holds
/// neither. A cut-out as JPEG and any other extension are refused with a sentence.
pub fn encode_with(picture: &Picture, alpha: Option<&Mask>, note: Option<&str>, path: &Path) -> Result<Vec<u8>> {
    suits(path, alpha.is_some())?;
    if !is_png(path) {
        return super::encode(picture, path);
    }
    let Some(alpha) = alpha else { return png((picture.size(), ColorType::Rgb), &picture.rgb, note) };
    ensure!(alpha.size() == picture.size(), "The picture and its opacity differ in size, so neither was written.");
    let pixels = picture.rgb.chunks_exact(3).zip(alpha.grey.iter());
    let rgba: Vec<u8> = pixels.flat_map(|(rgb, &a)| [rgb[0], rgb[1], rgb[2], a]).collect();
    png((picture.size(), ColorType::Rgba), &rgba, note)
}

/// A mask as the bytes of an 8-bit grey file, PNG with the note or JPEG without.
pub fn encode_mask(mask: &Mask, note: Option<&str>, path: &Path) -> Result<Vec<u8>> {
    suits(path, false)?;
    if is_png(path) {
        return png((mask.size(), ColorType::Grayscale), &mask.grey, note);
    }
    let rgb = mask.grey.iter().flat_map(|&v| [v; 3]).collect();
    super::encode(&Picture { width: mask.width, height: mask.height, rgb }, path)
}

/// Whether a picture, with opacity or without, can be written under a name; the error is one sentence.
pub fn suits(path: &Path, alpha: bool) -> Result<()> {
    let extension = path.extension().unwrap_or_default().to_ascii_lowercase();
    match extension.to_str() {
        Some("jpg" | "jpeg") if alpha => {
            bail!("{} was not written: a JPEG holds no transparency; name a .png.", path.display())
        }
        Some("png" | "jpg" | "jpeg") => Ok(()),
        _ => bail!("{} was not written: its name should end in .png, .jpg or .jpeg.", path.display()),
    }
}

/// Our note in the bytes of a PNG, if there is one. Walks the chunks and reads no other keyword, nothing compressed, and at most
/// 64 KiB; checksums are not looked at, so whoever reads it must not trust it.
pub fn made_of(bytes: &[u8]) -> Option<String> {
    let mut rest = bytes.strip_prefix(SIGNATURE)?;
    loop {
        let (length, after) = rest.split_first_chunk()?;
        let length = u32::from_be_bytes(*length) as usize;
        let (kind, after) = after.split_first_chunk::<4>()?;
        if kind == b"IEND" {
            return None;
        }
        let body = after.get(..length)?;
        if kind == b"iTXt"
            && let Some(text) = text_of(body)
        {
            return Some(text);
        }
        rest = after.get(length.checked_add(4)?..)?;
    }
}

/// Our note in a file, which stands before its pixels.
pub fn made_of_file(path: &Path) -> Option<String> {
    let mut bytes = Vec::new();
    std::fs::File::open(path).ok()?.take(128 << 10).read_to_end(&mut bytes).ok()?;
    made_of(&bytes)
}

/// The text of an `iTXt` chunk that is ours and not compressed.
fn text_of(body: &[u8]) -> Option<String> {
    // Keyword, 0, compressed or not, method, language, 0, translated keyword, 0, text.
    let rest = body.strip_prefix(KEYWORD.as_bytes())?.strip_prefix(&[0, 0, 0])?;
    let mut parts = rest.splitn(3, |byte| *byte == 0).skip(2);
    let text = parts.next().filter(|text| text.len() <= LONGEST)?;
    String::from_utf8(text.to_vec()).ok()
}

fn is_png(path: &Path) -> bool {
    path.extension().is_some_and(|end| end.eq_ignore_ascii_case("png"))
}

fn png(([width, height], colour): ([usize; 2], ColorType), pixels: &[u8], note: Option<&str>) -> Result<Vec<u8>> {
    let sides = u32::try_from(width).ok().zip(u32::try_from(height).ok());
    let expected = width.checked_mul(height).and_then(|n| n.checked_mul(colour.samples()));
    let (Some((w, h)), true) = (sides.filter(|(w, h)| *w > 0 && *h > 0), expected == Some(pixels.len())) else {
        bail!("A picture of {width}×{height} pixels can't be written.");
    };
    let written = |mut bytes: Vec<u8>| -> std::result::Result<Vec<u8>, png::EncodingError> {
        let mut encoder = Encoder::new(&mut bytes, w, h);
        encoder.set_color(colour);
        encoder.set_depth(BitDepth::Eight);
        encoder.set_compression(Compression::Balanced);
        encoder.set_filter(Filter::Adaptive);
        if let Some(note) = note {
            encoder.add_itxt_chunk(KEYWORD.to_owned(), note.to_owned())?;
        }
        let mut writer = encoder.write_header()?;
        writer.write_image_data(pixels)?;
        writer.finish()?;
        Ok(bytes)
    };
    written(Vec::new()).map_err(|e| anyhow!("A picture of {width}×{height} pixels can't be written as a PNG ({e})."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const NOTE: &str = "{\"tool\":\"näh\"}";

    fn cut_out() -> (Picture, Mask) {
        let rgb = (0..6 * 4).flat_map(|i| [i as u8 * 9, 255 - i as u8, 7]).collect();
        let grey = (0..6 * 4).map(|i| i as u8 * 11).collect();
        (Picture { width: 6, height: 4, rgb }, Mask { width: 6, height: 4, grey })
    }

    fn read(bytes: &[u8]) -> image::DynamicImage {
        image::load_from_memory(bytes).unwrap()
    }

    #[test]
    fn pixels_opacity_and_note_come_back() {
        let (picture, alpha) = cut_out();
        let bytes = encode_with(&picture, Some(&alpha), Some(NOTE), Path::new("a.PNG")).unwrap();
        let image::DynamicImage::ImageRgba8(back) = read(&bytes) else { panic!("eight bits with alpha") };
        assert!(back.pixels().zip(picture.rgb.chunks(3)).all(|(pixel, rgb)| pixel.0[..3] == *rgb), "not premultiplied");
        assert!(back.pixels().zip(alpha.grey.iter()).all(|(pixel, a)| pixel.0[3] == *a));
        assert_eq!(made_of(&bytes).as_deref(), Some(NOTE));
        let plain = encode_with(&picture, None, Some(NOTE), Path::new("a.png")).unwrap();
        assert_eq!(read(&plain).color(), image::ColorType::Rgb8);
        assert_eq!(*read(&plain).into_rgb8().as_raw(), picture.rgb.to_vec());
        let grey = encode_mask(&alpha, Some(NOTE), Path::new("a.png")).unwrap();
        assert_eq!(read(&grey).color(), image::ColorType::L8);
        assert_eq!(*read(&grey).into_luma8().as_raw(), alpha.grey.to_vec());
        assert_eq!((made_of(&plain), made_of(&grey)), (Some(NOTE.into()), Some(NOTE.into())));
        assert_eq!(made_of(&encode_with(&picture, None, None, Path::new("a.png")).unwrap()), None);
        assert_eq!(made_of(&super::super::encode(&picture, Path::new("a.png")).unwrap()), None);
    }

    #[test]
    fn a_jpeg_holds_no_cut_out() {
        let (picture, alpha) = cut_out();
        let why = encode_with(&picture, Some(&alpha), None, Path::new("a.jpg")).unwrap_err().to_string();
        assert!(why.contains("no transparency; name a .png"), "{why}");
        assert!(encode_with(&picture, None, Some(NOTE), Path::new("a.jpeg")).unwrap().starts_with(b"\xff\xd8"));
        assert!(encode_mask(&alpha, None, Path::new("a.jpg")).unwrap().starts_with(b"\xff\xd8"));
        assert!(encode_mask(&alpha, None, Path::new("a")).unwrap_err().to_string().contains("end in .png"));
        let small = Mask::filled(1, 1, 0);
        assert!(encode_with(&picture, Some(&small), None, Path::new("a.png")).is_err());
        let none = Picture::filled(0, 3, [0; 3]);
        assert!(encode_with(&none, None, None, Path::new("a.png")).unwrap_err().to_string().contains("0×3"));
    }

    /// A PNG's beginning, then chunks of these kinds and bodies, with wrong checksums.
    fn chunks(all: &[(&[u8; 4], &[u8])]) -> Vec<u8> {
        let mut bytes = SIGNATURE.to_vec();
        for (kind, body) in all {
            bytes.extend((body.len() as u32).to_be_bytes());
            bytes.extend([&kind[..], body, &[0; 4]].concat());
        }
        bytes
    }

    #[test]
    fn only_our_own_short_plain_note_is_read() {
        let note = |head: &[u8], text: &[u8]| [head, text].concat();
        let ours = note(b"latent-studio\0\0\0en\0\0", b"x\0y");
        assert_eq!(made_of(&chunks(&[(b"IHDR", b"13"), (b"iTXt", &ours)])).as_deref(), Some("x\0y"));
        let long = note(b"latent-studio\0\0\0\0\0", &vec![b'x'; LONGEST + 1]);
        for other in [
            &note(b"parameters\0\0\0\0\0", b"x")[..],
            &note(b"latent-studio\0\x01\0\0\0", b"x"),
            &note(b"latent-studio-2\0\0\0\0\0", b"x"),
            &note(b"latent-studio\0\0\0\0\0", b"\xff"),
            &note(b"latent-studio\0\0\0\0", b""),
            &long,
        ] {
            assert_eq!(made_of(&chunks(&[(b"iTXt", other)])), None);
        }
        assert_eq!(
            made_of(&chunks(&[(b"IEND", b""), (b"iTXt", &ours)])),
            None,
            "what follows the end is no part of it"
        );
        assert_eq!(made_of(&note(SIGNATURE, b"\xff\xff\xff\xffiTXt")), None);
        assert_eq!((made_of(b""), made_of(b"\xff\xd8\xff")), (None, None));
    }

    proptest! {
        #[test]
        fn no_bytes_make_the_reader_panic(changes in prop::collection::vec((0_usize..400, any::<u8>()), 0..6), cut in 0_usize..400) {
            let (picture, alpha) = cut_out();
            let mut bytes = encode_with(&picture, Some(&alpha), Some(NOTE), Path::new("a.png")).unwrap();
            for (at, byte) in changes {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            bytes.truncate(cut);
            let _ = made_of(&bytes);
        }
    }
}
