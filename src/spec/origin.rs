//! Where a run's networks began, when it was not at random numbers.

use super::{Group, Knob, Knobs};
use serde::{Deserialize, Serialize};
use std::fmt;

/// Weights that a run begins with. It is a request until the run begins, and a record from then on: the run never looks there again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Origin {
    /// Name of the run, starter or file.
    pub name: String,
    /// Where it was: a run folder, `starter:NAME`, or `file:PATH` for weights that were read from a file.
    pub place: String,
    /// After which of its steps; `None` for a file, and for the newest checkpoint while it is a request.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub step: Option<u64>,
    /// SHA-256 of the generator's weights, or of the file; empty while it is a request for any.
    #[serde(default)]
    pub sha256: String,
}

/// What [`Origin::place`] of a file begins with.
const FILE: &str = "file:";

impl Origin {
    /// The origin of weights read from a file with this SHA-256 checksum.
    pub fn of_file(path: &std::path::Path, sha256: String) -> Self {
        let name = path.file_name().map_or_else(|| "a file".into(), |n| n.to_string_lossy().into_owned());
        Self { name, place: format!("{FILE}{}", path.display()), step: None, sha256 }
    }

    /// Whether it is a file rather than a run.
    pub fn is_file(&self) -> bool {
        self.place.starts_with(FILE)
    }
}

impl fmt::Display for Origin {
    /// `galaxies-2, step 5,000`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Some(step) = self.step else { return f.write_str(&self.name) };
        write!(f, "{}, step {}", self.name, super::thousands(step))
    }
}

impl Knobs {
    /// These knobs with model and training as in another run, where the table takes its values; how pictures are prepared stays,
    /// and the horizon, which belongs to a run's own length.
    #[must_use]
    pub fn like(mut self, table: &[Knob], other: &Self) -> Self {
        for knob in table.iter().filter(|k| k.group != Group::Data && k.id != "horizon") {
            if let Some(value) = other.get(&knob.id).filter(|v| knob.accepts(v)) {
                self.put(&knob.id, value.clone());
            }
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_reads_well() {
        let origin = |step| Origin { name: "galaxies-2".into(), place: "x".into(), step, sha256: String::new() };
        for (step, words) in [(0, "0"), (999, "999"), (5_000, "5,000"), (1_234_567, "1,234,567")] {
            assert_eq!(origin(Some(step)).to_string(), format!("galaxies-2, step {words}"));
        }
        assert_eq!(origin(None).to_string(), "galaxies-2");
        let file = Origin::of_file(std::path::Path::new("/a/net.safetensors"), "ab".into());
        assert!(file.is_file() && !origin(None).is_file() && file.to_string() == "net.safetensors");
        let text = toml::to_string(&file).unwrap();
        assert_eq!(toml::from_str::<Origin>(&text).unwrap(), file);
    }
}
