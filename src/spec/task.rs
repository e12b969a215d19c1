//! What a tool is for.

use serde::{Deserialize, Serialize};

/// What a tool is for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Task {
    /// Cuts a foreground out: a picture and a trimap.
    #[default]
    Matting,
    /// Fills a hole: a picture and where its hole is.
    Inpainting,
    /// Makes a larger picture like its exemplars, or fills a hole with their texture.
    Texture,
    /// Betters a picture.
    Enhancement,
}

impl Task {
    /// All, in the order in which they are offered.
    pub const ALL: [Self; 4] = [Self::Matting, Self::Inpainting, Self::Texture, Self::Enhancement];

    /// One word for a tab.
    pub fn title(self) -> &'static str {
        match self {
            Self::Matting => "Cut out",
            Self::Inpainting => "Repair",
            Self::Texture => "Texture",
            Self::Enhancement => "Enhance",
        }
    }
}
