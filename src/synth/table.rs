//! The table of tools, and what each task needs.

use super::{Tool, enhancement, inpainting, matting, texture};
use anyhow::{Context, Result};

/// All tools. A new one is one file, one `mod` line and one line here.
pub const TOOLS: &[Tool] = &[
    matting::CLOSED_FORM,
    matting::KNN,
    matting::LEARNING_BASED,
    inpainting::HARMONIC,
    inpainting::BIHARMONIC,
    inpainting::PATCHMATCH,
    inpainting::PRIOR,
    texture::QUILTING,
    texture::SEARCH,
    texture::NEURAL,
    enhancement::AUTO_LEVELS,
    enhancement::WHITE_BALANCE,
    enhancement::CLAHE,
    enhancement::SHARPEN,
    enhancement::DENOISE,
];

/// The tool of this name; the error is one sentence with those there are.
pub fn tool(id: &str) -> Result<&'static Tool> {
    TOOLS.iter().find(|t| t.id == id).with_context(|| {
        let known: Vec<_> = TOOLS.iter().map(|t| t.id).collect();
        format!("There is no tool called {id:?}; there are {}.", known.join(", "))
    })
}
