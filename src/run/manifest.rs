//! The manifest of a checkpoint: what it belongs to, and the size and SHA-256 of each of its files.

use super::{atomic, name};
use anyhow::{Result, anyhow, bail};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::path::Path;

/// The newest version of the checkpoint format this program reads and writes.
pub const CHECKPOINT_FORMAT: u32 = 1;

const LIMIT: u64 = 1 << 20;

/// What stands in `manifest.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Manifest {
    /// Version of this format.
    pub format: u32,
    /// Version of the program that wrote it.
    pub program: String,
    /// Id of the family of models.
    pub family: String,
    /// Step it was taken after.
    pub step: u64,
    /// Counters that are not arrays.
    pub facts: BTreeMap<String, i64>,
    /// Where the run's randomness stands.
    pub random: Random,
    /// The files beside it.
    pub files: Vec<Entry>,
    /// SHA-256 of this manifest with an empty seal, so that a flipped counter is noticed too.
    pub seal: String,
}

/// The whole random state: each step draws from a generator seeded with these two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Random {
    /// Seed of the run.
    pub seed: u64,
    /// Steps done.
    pub step: u64,
}

/// A file of a checkpoint.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// `generator.safetensors`.
    pub name: String,
    /// The file's length in bytes.
    pub bytes: u64,
    /// The file's SHA-256 as 64 hex digits.
    pub sha256: String,
}

impl Manifest {
    /// The manifest as JSON with its own checksum.
    pub fn sealed(mut self) -> Result<Vec<u8>> {
        self.seal = self.expected_seal()?;
        Ok(self.text()?.into_bytes())
    }

    /// Reads the manifest of a checkpoint of this family and step. The sentence begins with `what`, the checkpoint.
    pub fn read(folder: &Path, what: &str, family: &str, step: u64) -> Result<Self> {
        let path = folder.join(name::MANIFEST);
        if !path.exists() {
            bail!("{what} lacks manifest.json; use another checkpoint.");
        }
        Self::parse(&atomic::read(&path, LIMIT)?, what, family, step)
    }

    /// Reads and checks the bytes of a manifest.
    pub fn parse(bytes: &[u8], what: &str, family: &str, step: u64) -> Result<Self> {
        #[derive(Deserialize)]
        struct Version {
            format: u32,
        }
        let broken = |e| anyhow!("{what} has a manifest.json that can't be read ({e}); use another checkpoint.");
        let version: Version = serde_json::from_slice(bytes).map_err(broken)?;
        if version.format > CHECKPOINT_FORMAT {
            bail!("{what} was written by a newer Latent Studio (format {}); update to use it.", version.format);
        }
        let manifest: Self = serde_json::from_slice(bytes).map_err(broken)?;
        if manifest.family != family {
            bail!("{what} belongs to the family {:?}, not {family:?}; open it with its own run.", manifest.family);
        }
        if manifest.step != step {
            bail!("{what} says in its manifest.json that it is of step {}; use another checkpoint.", manifest.step);
        }
        if manifest.seal != manifest.expected_seal()? {
            bail!("{what} has a manifest.json that was changed or damaged (bad checksum); use another checkpoint.");
        }
        let mut seen = std::collections::BTreeSet::new();
        for entry in &manifest.files {
            if stem(&entry.name).is_none() || !seen.insert(&entry.name) {
                bail!("{what} has a manifest.json with a wrong file name, {:?}; use another checkpoint.", entry.name);
            }
        }
        Ok(manifest)
    }

    fn expected_seal(&self) -> Result<String> {
        Ok(sha256(Self { seal: String::new(), ..self.clone() }.text()?.as_bytes()))
    }

    fn text(&self) -> Result<String> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

/// The stem of a checkpoint's file: small letters, digits, `_` and `-`, so that no name leads out of the folder.
pub fn stem(file: &str) -> Option<&str> {
    let stem = file.strip_suffix(".safetensors")?;
    let plain = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_' || b == b'-';
    (!stem.is_empty() && stem.len() <= 64 && stem.bytes().all(plain)).then_some(stem)
}

/// 64 hex digits.
pub fn sha256(bytes: &[u8]) -> String {
    Sha256::digest(bytes).iter().fold(String::with_capacity(64), |mut hex, byte| {
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn manifest() -> Manifest {
        let entry = Entry { name: "ema.safetensors".into(), bytes: 3, sha256: sha256(b"abc") };
        Manifest {
            format: CHECKPOINT_FORMAT,
            program: "0.1.0".into(),
            family: "dcgan".into(),
            step: 5,
            facts: [("adam_step".to_owned(), 5)].into(),
            random: Random { seed: u64::MAX, step: 5 },
            files: vec![entry],
            seal: String::new(),
        }
    }

    #[test]
    fn sha256_is_the_known_one() {
        assert_eq!(sha256(b"abc"), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
    }

    #[test]
    fn file_names_stay_inside() {
        assert_eq!(stem("optimiser_g.safetensors"), Some("optimiser_g"));
        for wrong in
            ["../ema.safetensors", "a/b.safetensors", ".safetensors", "ema", "EMA.safetensors", "é.safetensors"]
        {
            assert_eq!(stem(wrong), None, "{wrong}");
        }
    }

    #[test]
    fn each_wrong_manifest_has_its_sentence() {
        let good = String::from_utf8(manifest().sealed().unwrap()).unwrap();
        let parse = |text: &str| Manifest::parse(text.as_bytes(), "It", "dcgan", 5);
        assert!(parse(&good).is_ok());
        let changed = |from: &str, to: &str| {
            assert!(good.contains(from));
            parse(&good.replacen(from, to, 1)).unwrap_err().to_string()
        };
        assert!(changed("\"format\": 1", "\"format\": 2").contains("newer Latent Studio (format 2)"));
        assert!(changed("\"format\": 1", "\"format\": 2, \"colour\": 1").contains("newer Latent Studio"));
        assert!(changed("\"format\": 1", "\"format\": 1, \"colour\": 1").contains("unknown field `colour`"));
        assert!(changed("\"dcgan\"", "\"vae\"").contains("belongs to the family \"vae\", not \"dcgan\""));
        assert!(changed("\"step\": 5", "\"step\": 6").contains("of step 6"));
        assert!(changed("\"adam_step\": 5", "\"adam_step\": 6").contains("bad checksum"));
        assert!(changed("}", "").contains("can't be read"));
        let mut outside = manifest();
        outside.files[0].name = "../ema.safetensors".into();
        let text = String::from_utf8(outside.sealed().unwrap()).unwrap();
        assert!(parse(&text).unwrap_err().to_string().contains("wrong file name"));
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn no_change_of_a_byte_goes_unnoticed(at in 0_usize..2000, byte: u8) {
            let good = manifest().sealed().unwrap();
            let mut bytes = good.clone();
            let at = at % bytes.len();
            bytes[at] = byte;
            // White space may change; what is read is then the same.
            if let Ok(read) = Manifest::parse(&bytes, "It", "dcgan", 5) {
                prop_assert_eq!(read.sealed().unwrap(), good);
            }
        }
    }
}
