//! A small reader of event files, written against the formats' descriptions and nothing of ours.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

/// What one record says.
#[derive(Debug, Default, PartialEq)]
pub struct Event {
    pub wall: f64,
    pub step: u64,
    pub version: Option<String>,
    pub starts: bool,
    pub scalars: Vec<(String, f32)>,
    /// Tag, width, height, file.
    pub pictures: Vec<(String, u64, u64, Vec<u8>)>,
    pub texts: Vec<(String, String)>,
}

/// What TensorBoard would show of a folder: later files make void what earlier ones say from their first step on.
#[derive(Debug, Default)]
pub struct Page {
    pub scalars: BTreeMap<String, Vec<(u64, f32)>>,
    pub pictures: Vec<(u64, u64, u64, Vec<u8>)>,
    pub settings: Vec<String>,
}

/// CRC-32C, a bit at a time.
fn checksum(bytes: &[u8]) -> u32 {
    let mut crc = u32::MAX;
    for byte in bytes {
        crc ^= u32::from(*byte);
        for _ in 0..8 {
            crc = if crc % 2 == 1 { (crc / 2) ^ 0x82f6_3b78 } else { crc / 2 };
        }
    }
    let crc = crc ^ u32::MAX;
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

fn four(bytes: &[u8]) -> u32 {
    u32::from_le_bytes(bytes[..4].try_into().expect("four bytes"))
}

/// All records of a file; panics where a length or checksum is wrong.
pub fn events(bytes: &[u8]) -> Vec<Event> {
    let (mut rest, mut events) = (bytes, Vec::new());
    while !rest.is_empty() {
        let length = u64::from_le_bytes(rest[..8].try_into().expect("eight bytes")) as usize;
        assert_eq!(four(&rest[8..]), checksum(&rest[..8]), "checksum of a length");
        let body = &rest[12..12 + length];
        assert_eq!(four(&rest[12 + length..]), checksum(body), "checksum of a record");
        events.push(event(body));
        rest = &rest[16 + length..];
    }
    events
}

/// The event files of a run, in the order TensorBoard reads them.
pub fn files(run: &Path) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(run).expect("a folder").map(|e| e.expect("an entry").path());
    let mut files: Vec<_> = entries.filter(|p| p.to_string_lossy().contains("tfevents")).collect();
    files.sort();
    files
}

pub fn page(run: &Path) -> Page {
    let mut page = Page::default();
    for file in files(run) {
        for event in events(&std::fs::read(file).expect("an event file")) {
            if event.starts {
                page.scalars.values_mut().for_each(|points| points.retain(|p| p.0 < event.step));
                page.pictures.retain(|p| p.0 < event.step);
            }
            for (tag, value) in event.scalars {
                page.scalars.entry(tag).or_default().push((event.step, value));
            }
            page.pictures.extend(event.pictures.into_iter().map(|(_, w, h, png)| (event.step, w, h, png)));
            page.settings.extend(event.texts.into_iter().map(|(_, text)| text));
        }
    }
    page
}

/// A field of a protobuf message.
enum Field<'a> {
    Number(u64),
    Eight([u8; 8]),
    Bytes(&'a [u8]),
    Four([u8; 4]),
}

fn varint(bytes: &mut &[u8]) -> u64 {
    let (mut n, mut shift) = (0, 0);
    loop {
        let byte = bytes[0];
        *bytes = &bytes[1..];
        n |= u64::from(byte & 127) << shift;
        if byte < 128 {
            return n;
        }
        shift += 7;
    }
}

fn fields(mut bytes: &[u8]) -> Vec<(u64, Field<'_>)> {
    let mut out = Vec::new();
    while !bytes.is_empty() {
        let key = varint(&mut bytes);
        let length = match key % 8 {
            0 => {
                out.push((key / 8, Field::Number(varint(&mut bytes))));
                continue;
            }
            1 => 8,
            2 => varint(&mut bytes) as usize,
            5 => 4,
            other => panic!("wire type {other}"),
        };
        let (field, rest) = bytes.split_at(length);
        bytes = rest;
        out.push((
            key / 8,
            match key % 8 {
                1 => Field::Eight(field.try_into().expect("eight bytes")),
                5 => Field::Four(field.try_into().expect("four bytes")),
                _ => Field::Bytes(field),
            },
        ));
    }
    out
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).expect("UTF-8")
}

fn event(bytes: &[u8]) -> Event {
    let mut event = Event::default();
    for field in fields(bytes) {
        match field {
            (1, Field::Eight(wall)) => event.wall = f64::from_le_bytes(wall),
            (2, Field::Number(step)) => event.step = step,
            (3, Field::Bytes(version)) => event.version = Some(text(version)),
            (5, Field::Bytes(summary)) => {
                for (_, value) in fields(summary) {
                    let Field::Bytes(value) = value else { panic!("a value is a message") };
                    take_value(&mut event, value);
                }
            }
            (7, Field::Bytes(log)) => {
                event.starts = fields(log).iter().any(|f| matches!(f, (1, Field::Number(1))));
            }
            (number, _) => panic!("field {number} of an event"),
        }
    }
    event
}

fn take_value(event: &mut Event, bytes: &[u8]) {
    let all = fields(bytes);
    let message = |wanted: u64| {
        all.iter().find_map(|(n, f)| match f {
            Field::Bytes(b) if *n == wanted => Some(*b),
            _ => None,
        })
    };
    let tag = text(message(1).expect("a tag"));
    if let Some((_, Field::Four(value))) = all.iter().find(|f| f.0 == 2) {
        event.scalars.push((tag.clone(), f32::from_le_bytes(*value)));
    }
    if let Some(image) = message(4) {
        let image = fields(image);
        let number = |wanted: u64| {
            image.iter().find_map(|(n, f)| match f {
                Field::Number(v) if *n == wanted => Some(*v),
                _ => None,
            })
        };
        assert_eq!(number(3), Some(3), "red, green, blue");
        let Some((_, Field::Bytes(png))) = image.iter().find(|f| f.0 == 4) else { panic!("a picture has a file") };
        let (width, height) = (number(2).expect("a width"), number(1).expect("a height"));
        event.pictures.push((tag.clone(), width, height, png.to_vec()));
    }
    if let Some(tensor) = message(8) {
        let Some((_, Field::Bytes(words))) = fields(tensor).into_iter().find(|f| f.0 == 8) else { panic!("a string") };
        event.texts.push((tag, text(words)));
    }
}
