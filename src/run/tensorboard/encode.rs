//! Records of a TensorBoard event file: protobuf messages in the framing of TFRecord, written by hand.

/// What one record says.
#[derive(Clone, Debug, PartialEq)]
pub enum Record<'a> {
    /// The first record of each file: which version of the format follows.
    Version,
    /// The run went back to this step: what older files say of this step and later ones no longer counts.
    Start,
    /// Values of curves by tag, all of one step.
    Scalars(&'a [(String, f32)]),
    /// A picture as the bytes of a PNG, with its sides in pixels.
    Picture {
        /// The tag, such as `samples`.
        tag: &'a str,
        /// Pixels in a row.
        width: usize,
        /// Rows.
        height: usize,
        /// The file.
        png: &'a [u8],
    },
    /// Text in Markdown.
    Text {
        /// The tag, such as `settings`.
        tag: &'a str,
        /// The Markdown.
        text: &'a str,
    },
}

/// The bytes of one record. `wall` is seconds since 1970.
pub fn record(wall: f64, step: u64, says: &Record<'_>) -> Vec<u8> {
    let mut event = Message::default();
    event.double(1, wall);
    event.number(2, step);
    match says {
        Record::Version => event.bytes(3, b"brain.Event:2"),
        Record::Start => event.message(7, |log| log.number(1, 1)),
        Record::Scalars(values) => event.message(5, |summary| {
            for (tag, value) in *values {
                summary.message(1, |v| {
                    v.bytes(1, tag.as_bytes());
                    v.float(2, *value);
                });
            }
        }),
        Record::Picture { tag, width, height, png } => event.message(5, |summary| {
            summary.message(1, |value| {
                value.bytes(1, tag.as_bytes());
                value.message(4, |image| {
                    image.number(1, *height as u64);
                    image.number(2, *width as u64);
                    // Red, green, blue.
                    image.number(3, 3);
                    image.bytes(4, png);
                });
            });
        }),
        Record::Text { tag, text } => event.message(5, |summary| {
            summary.message(1, |value| {
                value.bytes(1, tag.as_bytes());
                // A tensor of one string, as the plugin that shows text wants it.
                value.message(8, |tensor| {
                    tensor.number(1, 7);
                    tensor.message(2, |shape| shape.message(2, |side| side.number(1, 1)));
                    tensor.bytes(8, text.as_bytes());
                });
                value.message(9, |about| about.message(1, |plugin| plugin.bytes(1, b"text")));
            });
        }),
    }
    framed(&event.0)
}

/// Length, its checksum, the bytes, their checksum; all little-endian.
fn framed(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    let mut out = Vec::with_capacity(bytes.len() + 16);
    out.extend_from_slice(&length);
    out.extend_from_slice(&masked(crc32c(&length)).to_le_bytes());
    out.extend_from_slice(bytes);
    out.extend_from_slice(&masked(crc32c(bytes)).to_le_bytes());
    out
}

/// A checksum as TFRecord keeps it: a checksum over bytes that hold their own checksum would say little.
fn masked(crc: u32) -> u32 {
    crc.rotate_right(15).wrapping_add(0xa282_ead8)
}

/// CRC-32C (Castagnoli), a byte at a time.
fn crc32c(bytes: &[u8]) -> u32 {
    !bytes.iter().fold(!0, |crc, byte| TABLE[usize::from(crc as u8 ^ byte)] ^ (crc >> 8))
}

const TABLE: [u32; 256] = table();

const fn table() -> [u32; 256] {
    let mut table = [0; 256];
    let mut at = 0;
    while at < 256 {
        let (mut crc, mut bit) = (at as u32, 0);
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0x82f6_3b78 } else { crc >> 1 };
            bit += 1;
        }
        table[at] = crc;
        at += 1;
    }
    table
}

/// A protobuf message while it is written: fields by number.
#[derive(Default)]
struct Message(Vec<u8>);

impl Message {
    fn varint(&mut self, mut n: u64) {
        while n >= 0x80 {
            self.0.push(n as u8 | 0x80);
            n >>= 7;
        }
        self.0.push(n as u8);
    }

    fn number(&mut self, field: u64, n: u64) {
        self.varint(field << 3);
        self.varint(n);
    }

    fn double(&mut self, field: u64, value: f64) {
        self.varint(field << 3 | 1);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn float(&mut self, field: u64, value: f32) {
        self.varint(field << 3 | 5);
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn bytes(&mut self, field: u64, bytes: &[u8]) {
        self.varint(field << 3 | 2);
        self.varint(bytes.len() as u64);
        self.0.extend_from_slice(bytes);
    }

    fn message(&mut self, field: u64, fill: impl FnOnce(&mut Self)) {
        let mut inner = Self::default();
        fill(&mut inner);
        self.bytes(field, &inner.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_castagnolis() {
        // The check value of CRC-32C, and 32 zeros as RFC 3720 gives them.
        assert_eq!(crc32c(b"123456789"), 0xe306_9283);
        assert_eq!(crc32c(&[0; 32]), 0x8a91_36aa);
        // Bit 0 goes to bit 17.
        assert_eq!([masked(0), masked(1)], [0xa282_ead8, 0xa284_ead8]);
    }

    #[test]
    fn the_first_record_is_known_byte_for_byte() {
        let record = record(0.0, 0, &Record::Version);
        // By hand: a double of eight zeros, step 0, and 13 letters; 9 + 2 + 2 + 13 bytes.
        let body = [&[0x09][..], &[0; 8], &[0x10, 0, 0x1a, 13], b"brain.Event:2"].concat();
        assert_eq!(record[..8], 26_u64.to_le_bytes());
        assert_eq!(record[12..38], body);
        assert_eq!(record.len(), 26 + 16);
    }
}
