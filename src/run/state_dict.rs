//! `PyTorch` state dictionaries as safetensors files: 32-bit floats, and the 64-bit counters of norms.

use super::{arrays::HEADER_LIMIT, atomic};
use crate::weights::{Array, Arrays, pytorch::StateDict};
use anyhow::{Result, anyhow, bail};
use safetensors::{Dtype, SafeTensors, View, serialize};
use std::borrow::Cow;
use std::path::Path;

/// Far above any network of these families.
const LIMIT: u64 = 4 << 30;

/// Reads a file that somebody else may have written; the error is one sentence. The second value is its SHA-256.
pub fn read_state_dict(path: &Path) -> Result<(StateDict, String)> {
    let bytes = atomic::read(path, LIMIT)?;
    Ok((parse(&bytes, &path.display().to_string())?, super::sha256(&bytes)))
}

/// Writes a file that `safetensors.torch.load_file` reads; the same dictionary always gives the same bytes.
pub fn write_state_dict(path: &Path, dict: &StateDict) -> Result<()> {
    atomic::write(path, &bytes_of(dict)?)
}

fn parse(bytes: &[u8], name: &str) -> Result<StateDict> {
    let header = bytes.first_chunk().map_or(0, |n| u64::from_le_bytes(*n));
    let file = (header <= HEADER_LIMIT).then(|| SafeTensors::deserialize(bytes).ok()).flatten().ok_or_else(|| {
        anyhow!(
            "{name} is not a whole safetensors file; in Python, write one with safetensors.torch.save_file(net.state_dict(), …)."
        )
    })?;
    let mut dict = StateDict::default();
    for (key, view) in file.iter() {
        match (view.dtype(), view.shape()) {
            (Dtype::F32, shape) => {
                let data = view.data().as_chunks().0.iter().map(|n| f32::from_le_bytes(*n)).collect();
                dict.floats.insert(key.to_owned(), Array { shape: shape.to_vec(), data });
            }
            (Dtype::I64, []) => {
                let count = view.data().first_chunk().map_or(0, |n| i64::from_le_bytes(*n));
                dict.counts.insert(key.to_owned(), count);
            }
            (other, _) => {
                bail!("{name} holds {key} as {other:?}, where 32-bit floats are read; save net.float().state_dict().")
            }
        }
    }
    Ok(dict)
}

fn bytes_of(dict: &StateDict) -> Result<Vec<u8>> {
    let floats = dict.floats.iter().map(|(name, array)| (name.as_str(), Entry::Floats(array)));
    let counts = dict.counts.iter().map(|(name, count)| (name.as_str(), Entry::Count(*count)));
    serialize(floats.chain(counts), None).map_err(|e| anyhow!("The weights can't be put in a safetensors file ({e})."))
}

/// A tensor of the file.
enum Entry<'a> {
    Floats(&'a Array),
    Count(i64),
}

impl View for Entry<'_> {
    fn dtype(&self) -> Dtype {
        match self {
            Self::Floats(_) => Dtype::F32,
            Self::Count(_) => Dtype::I64,
        }
    }

    fn shape(&self) -> &[usize] {
        match self {
            Self::Floats(array) => &array.shape,
            Self::Count(_) => &[],
        }
    }

    fn data(&self) -> Cow<'_, [u8]> {
        match self {
            Self::Floats(array) => array.data.iter().flat_map(|n| n.to_le_bytes()).collect::<Vec<u8>>().into(),
            Self::Count(count) => count.to_le_bytes().to_vec().into(),
        }
    }

    fn data_len(&self) -> usize {
        match self {
            Self::Floats(array) => array.data.len() * 4,
            Self::Count(_) => 8,
        }
    }
}

/// Writes plain arrays by name as a safetensors file.
pub fn write_arrays(path: &Path, arrays: &Arrays) -> Result<()> {
    atomic::write(path, &super::arrays_to_bytes(arrays)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::testing::{arrays, half_file};
    use proptest::prelude::*;

    fn dict() -> StateDict {
        StateDict { floats: arrays(2.0), counts: [("main.1.num_batches_tracked".to_owned(), i64::MAX - 3)].into() }
    }

    #[test]
    fn a_dictionary_comes_back_as_it_went() {
        let home = tempfile::tempdir().unwrap();
        let path = home.path().join("net.safetensors");
        write_state_dict(&path, &dict()).unwrap();
        let (back, sha) = read_state_dict(&path).unwrap();
        assert_eq!(back, dict());
        assert_eq!(sha, crate::run::sha256(&std::fs::read(&path).unwrap()));
        assert!(read_state_dict(&home.path().join("none")).is_err());
    }

    #[test]
    fn each_wrong_file_has_its_sentence() {
        let why = |bytes: &[u8]| parse(bytes, "net.pt").unwrap_err().to_string();
        assert!(why(b"PK\x03\x04 a pickle in a zip").contains("net.pt is not a whole safetensors file; in Python"));
        assert!(why(&[0xff; 64]).contains("not a whole"));
        assert!(why(&half_file()).contains("holds w as F16, where 32-bit floats are read"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn no_bytes_make_the_reader_panic(changes in prop::collection::vec((0_usize..2000, any::<u8>()), 1..8), cut in 0_usize..2000) {
            let mut bytes = bytes_of(&dict()).unwrap();
            for (at, byte) in changes {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            bytes.truncate(cut.max(bytes.len() / 2));
            if let Err(why) = parse(&bytes, "a") {
                prop_assert!(!why.to_string().contains('\n'));
            }
        }
    }
}
