//! How the list of runs is sorted.

use serde::{Deserialize, Serialize};

/// What stands first in the list of runs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum RunsBy {
    /// The one that changed last.
    #[default]
    Newest,
    /// The first in the alphabet.
    Name,
    /// The one whose pictures are nearest to the real ones.
    Score,
}

impl RunsBy {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Newest, Self::Name, Self::Score];

    /// What it is called.
    pub fn word(self) -> &'static str {
        match self {
            Self::Newest => "Newest first",
            Self::Name => "By name",
            Self::Score => "Best score first",
        }
    }
}
