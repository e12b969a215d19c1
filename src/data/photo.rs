//! One picture file, decoded with care: what is animated, too large, cut short or otherwise unfit is refused before it is decoded.

use super::dataset::Source;
use crate::spec::thousands;
use anyhow::Result;
use image::codecs::webp::WebPDecoder;
use image::metadata::Orientation;
use image::{ColorType, DynamicImage, ExtendedColorType, ImageDecoder, ImageError, ImageFormat, ImageReader, Limits};
use std::fs::File;
use std::io::{BufReader, Cursor, ErrorKind, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::Path;
use std::sync::{Mutex, PoisonError};

/// No side of a picture is longer than this.
const MOST_A_SIDE: u32 = 16_384;
/// No decoded picture has more bytes than this.
const MOST_DECODED: u64 = 256 << 20;
/// No picture file is larger than this.
const MOST_STORED: u64 = 512 << 20;
/// Up to here a header is believed; beyond, a file must have a size that can hold so much ([`MOST_PACKED`]).
const BELIEVED: u64 = 16 << 20;
/// How many bytes one byte of a file may stand for: a little more than PNG's and JPEG's best.
const MOST_PACKED: u64 = 1100;

/// What a file may unpack beside its pixels (colour profiles, texts).
const BESIDE: u64 = 32 << 20;

/// Decoded pictures above this many bytes are decoded one at a time.
const CROWDING: u64 = 96 << 20;

/// Held while a large picture is decoded, so that not every core decodes one at once.
static LARGE: Mutex<()> = Mutex::new(());

/// A decoded picture: grey or RGB, upright, without transparency.
pub(super) struct Photo {
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
    /// 1 or 3.
    pub channels: usize,
    /// `width * height * channels` bytes.
    pub bytes: Vec<u8>,
}

impl Photo {
    /// The decoded picture, borrowed.
    pub fn source(&self) -> Source<'_> {
        Source { width: self.width, height: self.height, channels: self.channels, bytes: &self.bytes }
    }
}

/// What a header says.
pub(super) struct Glance {
    /// Width and height, turned upright.
    pub sides: [usize; 2],
    /// Whether it has no colour.
    pub grey: bool,
}

/// Reads a file; the error is one short clause.
pub(super) fn read(path: &Path, background: [u8; 3]) -> Result<Photo, String> {
    guarded(|| decode(&bytes_of(path)?, background))
}

/// Reads a file as it is but upright: its depth, its colours and its transparency are kept. The error is one short clause.
pub(super) fn upright(path: &Path) -> Result<DynamicImage, String> {
    guarded(|| Ok(open(&bytes_of(path)?)?.0))
}

/// Reads the size from a file's header; `None` where the header does not say it.
pub(super) fn glance(path: &Path) -> Option<Glance> {
    guarded(|| {
        let file = File::open(path).map_err(|_| "unreadable")?;
        // Some decoders take in the whole file before they look at its header.
        if file.metadata().is_ok_and(|about| about.len() > MOST_STORED) {
            return Err("too large".into());
        }
        let mut reader = ImageReader::new(BufReader::new(file)).with_guessed_format().map_err(|_| "unreadable")?;
        reader.limits(at_most(BESIDE));
        let mut decoder = reader.into_decoder().map_err(|e| clause(&e))?;
        let (width, height) = decoder.dimensions();
        let (mut sides, grey) = ([width as usize, height as usize], is_grey(&decoder));
        if decoder.orientation().is_ok_and(lies) {
            sides.reverse();
        }
        Ok(Glance { sides, grey })
    })
    .ok()
}

/// Whether a picture is stored lying on its side.
fn lies(stored: Orientation) -> bool {
    use Orientation::{Rotate90, Rotate90FlipH, Rotate270, Rotate270FlipH};
    matches!(stored, Rotate90 | Rotate270 | Rotate90FlipH | Rotate270FlipH)
}

/// Decoders of foreign files may panic; that is the file's fault and no reason to stop.
fn guarded<T>(work: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|_| Err("corrupt".into()))
}

fn bytes_of(path: &Path) -> Result<Vec<u8>, String> {
    // Opening a pipe would wait for its writer, so the kind of file is asked for first.
    let about = path.metadata().map_err(|_| "unreadable")?;
    if !about.is_file() {
        return Err("not a file".into());
    }
    if about.len() > MOST_STORED {
        return Err(format!("{} MB are too large a file", about.len() >> 20));
    }
    let mut bytes = Vec::with_capacity(about.len() as usize + 1);
    let file = File::open(path).map_err(|_| "unreadable")?;
    file.take(MOST_STORED).read_to_end(&mut bytes).map_err(|_| "unreadable")?;
    if bytes.is_empty() { Err("empty file".into()) } else { Ok(bytes) }
}

fn decode(bytes: &[u8], background: [u8; 3]) -> Result<Photo, String> {
    let (picture, grey) = open(bytes)?;
    Ok(flat(picture, grey, background))
}

/// The picture as it is stored, upright, and whether it has no colour.
fn open(bytes: &[u8]) -> Result<(DynamicImage, bool), String> {
    let mut reader = ImageReader::new(Cursor::new(bytes)).with_guessed_format().map_err(|_| "unreadable")?;
    match reader.format() {
        None => return Err("not a picture".into()),
        Some(format) => check_content(format, bytes)?,
    }
    reader.limits(at_most(BESIDE));
    let mut decoder = reader.into_decoder().map_err(|e| clause(&e))?;
    let (width, height) = decoder.dimensions();
    if width == 0 || height == 0 {
        return Err("no pixels".into());
    }
    let weight = decoder.total_bytes();
    let unlikely = weight > BELIEVED && weight / MOST_PACKED > bytes.len() as u64;
    if width.max(height) > MOST_A_SIDE || weight > MOST_DECODED || unlikely {
        return Err(format!("{}×{} is too large", thousands(width.into()), thousands(height.into())));
    }
    let mut limits = at_most(2 * MOST_DECODED);
    limits.max_image_width = Some(MOST_A_SIDE);
    limits.max_image_height = Some(MOST_A_SIDE);
    decoder.set_limits(limits).map_err(|e| clause(&e))?;
    let grey = is_grey(&decoder);
    let upright = decoder.orientation().unwrap_or(Orientation::NoTransforms);
    let _one_at_a_time = (weight > CROWDING).then(|| LARGE.lock().unwrap_or_else(PoisonError::into_inner));
    let mut picture = DynamicImage::from_decoder(decoder).map_err(|e| clause(&e))?;
    picture.apply_orientation(upright);
    Ok((picture, grey))
}

fn at_most(bytes: u64) -> Limits {
    let mut limits = Limits::default();
    limits.max_alloc = Some(bytes);
    limits
}

/// Eight bits, no transparency.
fn flat(picture: DynamicImage, grey: bool, background: [u8; 3]) -> Photo {
    let (width, height) = (picture.width() as usize, picture.height() as usize);
    let (channels, bytes) = if picture.color().has_alpha() {
        let mut rgb = Vec::with_capacity(width * height * 3);
        for pixel in picture.into_rgba8().chunks_exact(4) {
            let alpha = u32::from(pixel[3]);
            let over = |i: usize| (u32::from(pixel[i]) * alpha + u32::from(background[i]) * (255 - alpha) + 127) / 255;
            rgb.extend([over(0) as u8, over(1) as u8, over(2) as u8]);
        }
        (3, rgb)
    } else if grey {
        (1, picture.into_luma8().into_raw())
    } else {
        (3, picture.into_rgb8().into_raw())
    };
    Photo { width, height, channels, bytes }
}

fn is_grey(decoder: &impl ImageDecoder) -> bool {
    use ExtendedColorType as X;
    let original = matches!(decoder.original_color_type(), X::L1 | X::L2 | X::L4 | X::La1 | X::La2 | X::La4);
    original || matches!(decoder.color_type(), ColorType::L8 | ColorType::L16 | ColorType::La8 | ColorType::La16)
}

/// Finds what the decoders would pass over in silence.
fn check_content(format: ImageFormat, bytes: &[u8]) -> Result<(), String> {
    let animated = match format {
        ImageFormat::Png => is_apng(bytes),
        ImageFormat::WebP => WebPDecoder::new(Cursor::new(bytes)).is_ok_and(|d| d.has_animation()),
        ImageFormat::Gif => gif_frames(bytes) > 1,
        ImageFormat::Jpeg => return check_jpeg(bytes),
        _ => false,
    };
    if animated { Err("animated".into()) } else { Ok(()) }
}

/// Whether a PNG's chunks before its pixels speak of an animation.
fn is_apng(bytes: &[u8]) -> bool {
    let mut at = 8;
    while let Some((length, rest)) = bytes.get(at..).and_then(<[u8]>::split_first_chunk) {
        match rest.get(..4) {
            Some(b"acTL") => return true,
            None | Some(b"IDAT") => return false,
            Some(_) => at = at.saturating_add(12).saturating_add(u32::from_be_bytes(*length) as usize),
        }
    }
    false
}

/// Frames of a GIF, counted by walking its blocks; 2 stands for any larger number.
fn gif_frames(bytes: &[u8]) -> usize {
    let table = |flags: u8| if flags & 0x80 == 0 { 0 } else { 3usize << ((flags & 7) + 1) };
    let Some(&flags) = bytes.get(10) else { return 0 };
    let (mut at, mut frames) = (13 + table(flags), 0);
    while let Some(&kind) = bytes.get(at) {
        match kind {
            0x21 => at += 2,
            0x2c => {
                frames += 1;
                let Some(&flags) = bytes.get(at + 9) else { break };
                at += 10 + table(flags) + 1;
            }
            _ => break,
        }
        while let Some(&length) = bytes.get(at) {
            at += 1 + usize::from(length);
            if length == 0 {
                break;
            }
        }
        if frames > 1 {
            break;
        }
    }
    frames
}

/// Walks the segments of a JPEG: refuses four colours (their decoder inverts them) and a stream without its end marker (its
/// decoder fills what is missing with grey).
fn check_jpeg(bytes: &[u8]) -> Result<(), String> {
    let mut at = 2;
    loop {
        // Entropy-coded data, where there is any, ends at the first marker that is neither stuffing nor a restart.
        while !matches!(bytes.get(at..at + 2), None | Some([0xff, 0x01 | 0x02..=0xcf | 0xd8..=0xfe])) {
            at += 1;
        }
        let Some(&marker) = bytes.get(at + 1) else { return Err("truncated".into()) };
        if marker == 0xd9 {
            return Ok(());
        }
        let length = match bytes.get(at + 2..at + 4) {
            Some(&[high, low]) if marker != 0x01 && marker != 0xd8 => usize::from(u16::from_be_bytes([high, low])),
            _ => 0,
        };
        let frame = matches!(marker, 0xc0..=0xcf) && !matches!(marker, 0xc4 | 0xc8 | 0xcc);
        if frame && bytes.get(at + 9) == Some(&4) {
            return Err("CMYK".into());
        }
        at += 2 + length;
    }
}

fn clause(error: &ImageError) -> String {
    match error {
        ImageError::Limits(_) => "too large",
        ImageError::Unsupported(_) => "a kind of picture this program does not read",
        // The bytes lie in memory: what cannot be read is not there.
        ImageError::IoError(error) if error.kind() == ErrorKind::UnexpectedEof => "truncated",
        _ => "corrupt",
    }
    .into()
}

#[cfg(test)]
#[path = "photo_tests.rs"]
pub(super) mod tests;
