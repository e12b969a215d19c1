//! Where runs lie.

use serde::{Deserialize, Serialize};
use std::path::PathBuf;

/// Where a run lies or will lie.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Location {
    /// The run lies in this folder.
    Folder(PathBuf),
    /// In a new folder of `runs`, called `base` and the first number that is free. A run without a name is called so too.
    Fresh {
        /// The folder that new runs are put in.
        runs: PathBuf,
        /// The beginning of the folder's name.
        base: String,
    },
}

/// Where a run to be opened is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Place {
    /// A starter that ships with the program, by its name.
    Starter(String),
    /// A run folder.
    Folder(PathBuf),
}
