//! Arrays as the bytes of a safetensors file, and back.

use crate::weights::{Array, Arrays};
use anyhow::{Result, anyhow, bail};
use safetensors::{Dtype, SafeTensors, View, serialize};
use std::borrow::Cow;

/// Far above what a model of 40,000 arrays needs; keeps a crafted header from taking memory.
pub(super) const HEADER_LIMIT: u64 = 4 << 20;

/// The bytes of a file: 32-bit floats, little-endian; the same arrays always give the same bytes.
pub fn to_bytes(arrays: &Arrays) -> Result<Vec<u8>> {
    for (name, array) in arrays {
        let numbers = array.shape.iter().try_fold(1_usize, |n, &side| n.checked_mul(side));
        if numbers != Some(array.data.len()) {
            bail!("{name} has the shape {:?} but {} numbers.", array.shape, array.data.len());
        }
    }
    serialize(arrays.iter().map(|(name, array)| (name.as_str(), Floats(array))), None)
        .map_err(|e| anyhow!("The weights can't be put in a safetensors file ({e})."))
}

/// The arrays of a file's bytes. `name` is the file's name for the sentence that says what is wrong.
pub fn from_bytes(bytes: &[u8], name: &str) -> Result<Arrays> {
    let header = bytes.first_chunk().map_or(0, |n| u64::from_le_bytes(*n));
    if header > HEADER_LIMIT {
        bail!("{name} is not a safetensors file of this program: its header is too large.");
    }
    let file = SafeTensors::deserialize(bytes).map_err(|e| anyhow!("{name} is not a whole safetensors file ({e})."))?;
    let mut arrays = Arrays::new();
    for (key, view) in file.iter() {
        if view.dtype() != Dtype::F32 {
            bail!("{name} holds {key} as {:?}, where only 32-bit floats (F32) are read.", view.dtype());
        }
        let data = view.data().as_chunks().0.iter().map(|n| f32::from_le_bytes(*n)).collect();
        arrays.insert(key.to_owned(), Array { shape: view.shape().to_vec(), data });
    }
    Ok(arrays)
}

struct Floats<'a>(&'a Array);

impl View for Floats<'_> {
    fn dtype(&self) -> Dtype {
        Dtype::F32
    }

    fn shape(&self) -> &[usize] {
        &self.0.shape
    }

    fn data(&self) -> Cow<'_, [u8]> {
        let mut bytes = vec![0; self.data_len()];
        for (place, number) in bytes.as_chunks_mut().0.iter_mut().zip(&self.0.data) {
            *place = number.to_le_bytes();
        }
        bytes.into()
    }

    fn data_len(&self) -> usize {
        self.0.data.len() * 4
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::testing::{arrays, half_file};
    use proptest::prelude::*;

    #[test]
    fn arrays_survive_bit_for_bit() {
        let mut arrays = arrays(3.0);
        let odd = vec![f32::MIN_POSITIVE, -0.0, f32::MAX, 1e-45, f32::INFINITY, f32::NAN];
        arrays.insert("odd".into(), Array { shape: vec![2, 3], data: odd });
        arrays.insert("none".into(), Array { shape: vec![0, 4], data: vec![] });
        arrays.insert("one".into(), Array { shape: vec![], data: vec![0.1] });
        let bytes = to_bytes(&arrays).unwrap();
        assert_eq!(bytes, to_bytes(&arrays).unwrap());
        let back = from_bytes(&bytes, "a").unwrap();
        assert_eq!(to_bytes(&back).unwrap(), bytes);
        assert!(back["odd"].data[4].is_infinite());
        assert_eq!((back["one"].shape.len(), back["one"].data[0]), (0, 0.1));
        assert!(from_bytes(&to_bytes(&Arrays::new()).unwrap(), "a").unwrap().is_empty());
    }

    #[test]
    fn other_types_and_broken_files_are_refused() {
        let why = |bytes: &[u8]| from_bytes(bytes, "ema.safetensors").unwrap_err().to_string();
        assert_eq!(why(&half_file()), "ema.safetensors holds w as F16, where only 32-bit floats (F32) are read.");
        let bytes = to_bytes(&arrays(1.0)).unwrap();
        for short in [0, 7, 8, 30, bytes.len() - 1] {
            assert!(why(&bytes[..short]).contains("not a whole safetensors file"), "{short}");
        }
        assert!(why(&[0xff; 64]).contains("header is too large"));
        let wrong = Array { shape: vec![2, 2], data: vec![1.0; 3] };
        assert!(to_bytes(&Arrays::from([("w".into(), wrong)])).unwrap_err().to_string().contains("3 numbers"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]
        #[test]
        fn no_bytes_make_the_reader_panic(changes in prop::collection::vec((0_usize..2000, any::<u8>()), 1..8), cut in 0_usize..2000) {
            let mut bytes = to_bytes(&arrays(1.0)).unwrap();
            for (at, byte) in changes {
                let at = at % bytes.len();
                bytes[at] = byte;
            }
            bytes.truncate(cut.max(bytes.len() / 2));
            if let Ok(arrays) = from_bytes(&bytes, "a") {
                prop_assert!(arrays.values().map(|a| a.data.len() * 4).sum::<usize>() <= bytes.len());
            }
        }
    }
}
