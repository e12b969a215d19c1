//! Why something did not come to its end: a kind that code decides by, and one sentence that people read.

use std::{fmt, io};

/// Why a job, a step or a reading failed. It travels inside an [`anyhow::Error`] to the thread's border, where [`Failure::of`] finds
/// it again whatever context was added on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// A person cancelled it, or a newer request replaced it. Nothing was written.
    Cancelled,
    /// The device has no memory left for a tensor.
    OutOfMemory,
    /// The named curve became NaN or infinite in the step of this number.
    NotFinite {
        /// Id of the curve: `loss`.
        curve: &'static str,
        /// Number of the step, from 1.
        step: u64,
    },
    /// The disk is full; the sentence names the file.
    DiskFull(String),
    /// Anything else, as one sentence.
    Said(String),
}

impl Failure {
    /// The failure inside an error. What is no `Failure` itself is `DiskFull` where the operating system says so, else `Said`, with
    /// all context joined by colons.
    pub fn of(error: &anyhow::Error) -> Self {
        let sentence = format!("{error:#}");
        let full = |io: &io::Error| matches!(io.kind(), io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded);
        match error.downcast_ref() {
            Some(Self::DiskFull(_)) => Self::DiskFull(sentence),
            None if error.chain().filter_map(|cause| cause.downcast_ref()).any(full) => Self::DiskFull(sentence),
            None | Some(Self::Said(_)) => Self::Said(sentence),
            Some(kind) => kind.clone(),
        }
    }

    /// Whether an error says that somebody cancelled.
    pub fn is_cancelled(error: &anyhow::Error) -> bool {
        matches!(error.downcast_ref(), Some(Self::Cancelled))
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Cancelled => f.write_str("It was cancelled; nothing was changed."),
            Self::OutOfMemory => f.write_str(
                "The device has not enough memory for this; close other programs that use it, or lower the batch, the width or the \
                 size.",
            ),
            Self::NotFinite { curve, step } => {
                write!(f, "Training broke down at step {step}: {curve} is no longer a number.")
            }
            Self::DiskFull(sentence) | Self::Said(sentence) => f.write_str(sentence),
        }
    }
}

impl std::error::Error for Failure {}

impl From<String> for Failure {
    fn from(sentence: String) -> Self {
        Self::Said(sentence)
    }
}

impl From<&str> for Failure {
    fn from(sentence: &str) -> Self {
        Self::Said(sentence.to_owned())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anyhow::{Context, anyhow};

    #[test]
    fn the_kind_survives_context_and_a_word_in_a_path_is_no_kind() {
        let failed = |failure: Failure| Err::<(), _>(anyhow::Error::from(failure)).context("Outside").unwrap_err();
        for failure in [Failure::Cancelled, Failure::OutOfMemory, Failure::NotFinite { curve: "loss", step: 3 }] {
            assert_eq!(Failure::of(&failed(failure.clone())), failure);
        }
        assert!(Failure::is_cancelled(&failed(Failure::Cancelled)));
        assert_eq!(Failure::of(&failed("inside".into())), Failure::Said("Outside: inside".into()));
        let named = anyhow!("/data/cancelled can't be read.");
        assert_eq!(Failure::of(&named), Failure::Said("/data/cancelled can't be read.".into()));
        assert!(!Failure::is_cancelled(&named));
    }

    #[test]
    fn a_full_disk_is_told_by_its_code_and_keeps_its_sentence() {
        let full = io::Error::from(io::ErrorKind::StorageFull);
        let error = Err::<(), _>(full).context("run.toml can't be written").unwrap_err();
        assert!(matches!(Failure::of(&error), Failure::DiskFull(sentence) if sentence.starts_with("run.toml can't")));
        let other = anyhow::Error::from(io::Error::from(io::ErrorKind::NotFound));
        assert!(matches!(Failure::of(&other), Failure::Said(_)));
    }

    #[test]
    fn each_kind_has_its_one_sentence() {
        let sentences: Vec<_> = [
            Failure::Cancelled,
            Failure::OutOfMemory,
            Failure::NotFinite { curve: "loss_g", step: 12 },
            Failure::DiskFull("The disk is full.".into()),
            "Anything.".into(),
        ]
        .iter()
        .map(ToString::to_string)
        .collect();
        let words = ["cancelled", "memory", "step 12: loss_g", "The disk is full.", "Anything."];
        assert!(sentences.iter().zip(words).all(|(sentence, word)| sentence.contains(word) && sentence.ends_with('.')));
    }
}
