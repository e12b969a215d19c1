//! What a tool is: a way to make a picture of pictures.

use super::{Materials, Outcome, Watch};
use crate::{
    models::Player,
    spec::{Knob, Knobs, Task},
};
use anyhow::Result;

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
