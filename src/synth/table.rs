//! The table of tools, and what each task needs.

use super::{Materials, Outcome, Watch, enhancement, inpainting, matting, texture};
use crate::{
    models::Player,
    spec::{Knob, Knobs, Task},
};
use anyhow::{Context, Result};

/// A way to make a picture of pictures.
pub struct Tool {
    /// Short stable name: `closed-form`.
    pub id: &'static str,
    /// Name for people: `Closed form`.
    pub title: &'static str,
    /// One or two sentences: what it is good for, how long it takes.
    pub about: &'static str,
    /// What it is for.
    pub task: Task,
    /// It asks a generator: the player of the run that a person chose.
    pub generator: bool,
    /// What can be set.
    pub knobs: fn() -> Vec<Knob>,
    /// An upper estimate of the memory it takes, in bytes.
    pub bytes: fn(&Materials, &Knobs) -> u64,
    /// Does it. The player is that of the run a person chose, for tools that ask for one.
    pub run: fn(&Materials, &Knobs, Option<&dyn Player>, &mut Watch) -> Result<Outcome>,
}

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
