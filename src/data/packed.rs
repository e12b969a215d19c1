//! Binary files, plain or gzipped, read without ever believing a length that was not counted.

use anyhow::{Context, Result};
use flate2::bufread::MultiGzDecoder;
use std::fs::File;
use std::io::{self, BufReader, Read};
use std::path::{Path, PathBuf};

/// No gzip file unpacks to more than this many times its size.
const MOST_PACKED: u64 = 1032;

/// A file whose content may be gzipped, as its first bytes say (not its name).
pub(super) struct Packed {
    path: PathBuf,
    gzipped: bool,
    /// Bytes on disk.
    stored: u64,
}

impl Packed {
    /// Looks at the first bytes of a file.
    pub fn open(path: &Path) -> Result<Self> {
        let unreadable = || format!("{} cannot be read.", path.display());
        // Opening a pipe would wait for its writer.
        let about = path.metadata().with_context(unreadable)?;
        if !about.is_file() {
            anyhow::bail!("{} is not a file.", path.display());
        }
        let mut first = Vec::new();
        File::open(path).and_then(|file| file.take(2).read_to_end(&mut first)).with_context(unreadable)?;
        Ok(Self { path: path.to_owned(), gzipped: first == [0x1f, 0x8b], stored: about.len() })
    }

    /// The file.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// The most bytes its content can have, judged by its size alone.
    pub fn ceiling(&self) -> u64 {
        if self.gzipped { self.stored.saturating_mul(MOST_PACKED) } else { self.stored }
    }

    /// The first `most` bytes of the content, or fewer where it ends sooner.
    pub fn head(&self, most: u64) -> Result<Vec<u8>> {
        let mut bytes = Vec::new();
        self.reader()?.take(most).read_to_end(&mut bytes).with_context(|| self.damaged())?;
        Ok(bytes)
    }

    /// Counts the bytes of the content, up to `most`, without keeping them.
    pub fn length(&self, most: u64) -> Result<u64> {
        if !self.gzipped {
            return Ok(self.stored.min(most));
        }
        io::copy(&mut self.reader()?.take(most), &mut io::sink()).with_context(|| self.damaged())
    }

    /// Exactly `length` bytes from `skip` on. Call it with lengths that [`Self::length`] has counted.
    pub fn read(&self, skip: u64, length: usize) -> Result<Vec<u8>> {
        let mut reader = self.reader()?;
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(length)
            .with_context(|| format!("There is not enough memory for {}.", self.path.display()))?;
        bytes.resize(length, 0);
        io::copy(&mut reader.by_ref().take(skip), &mut io::sink())
            .and_then(|_| reader.read_exact(&mut bytes))
            .with_context(|| self.damaged())?;
        Ok(bytes)
    }

    fn reader(&self) -> Result<Box<dyn Read>> {
        let file = File::open(&self.path).with_context(|| format!("{} cannot be read.", self.path.display()))?;
        let file = BufReader::with_capacity(1 << 16, file);
        Ok(if self.gzipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) })
    }

    fn damaged(&self) -> String {
        format!("{} is damaged or cut short: it cannot be read to its end.", self.path.display())
    }
}

/// The path itself, or with `.gz` behind its name, whichever is a file.
pub(super) fn existing(path: &Path) -> Option<PathBuf> {
    let mut zipped = path.as_os_str().to_owned();
    zipped.push(".gz");
    [path.to_owned(), PathBuf::from(zipped)].into_iter().find(|path| path.is_file())
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;
    use flate2::{Compression, write::GzEncoder};
    use std::io::Write;

    pub(in crate::data) fn gzip(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    #[test]
    fn plain_and_gzipped_files_read_alike() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data");
        let bytes: Vec<u8> = (0..10_000u32).map(|i| (i * i % 251) as u8).collect();
        for stored in [bytes.clone(), gzip(&bytes), [gzip(&bytes[..4000]), gzip(&bytes[4000..])].concat()] {
            std::fs::write(&path, stored).unwrap();
            let packed = Packed::open(&path).unwrap();
            assert_eq!(packed.length(u64::MAX).unwrap(), 10_000);
            assert_eq!(packed.length(7).unwrap(), 7);
            assert_eq!(packed.head(5).unwrap(), bytes[..5]);
            assert_eq!(packed.read(9_000, 1000).unwrap(), bytes[9_000..]);
            assert!(packed.read(9_001, 1000).is_err());
            assert!(packed.ceiling() >= 10_000);
        }
    }

    #[test]
    fn a_damaged_gzip_file_is_named() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("data.gz");
        let mut stored = gzip(&[9; 5000]);
        stored.truncate(stored.len() - 6);
        std::fs::write(&path, stored).unwrap();
        let sentence = Packed::open(&path).unwrap().length(u64::MAX).unwrap_err().to_string();
        assert!(sentence.contains("data.gz is damaged"), "{sentence}");
        assert!(Packed::open(folder.path()).is_err(), "a folder is no file");
        assert_eq!(existing(&folder.path().join("data")).unwrap(), path);
    }
}
