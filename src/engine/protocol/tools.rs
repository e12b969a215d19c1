//! Pictures made of pictures: what is ordered, and what comes back.

pub use crate::canvas::{Backdrop, CanvasPicture, Layer};

use super::ids::{JobId, RunId};
use crate::synth::{Materials, Outcome};
use crate::{
    picture::Picture,
    spec::{Knob, Knobs, Task},
};

/// A tool as the window knows it.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolEntry {
    /// Short stable name.
    pub id: String,
    /// Name for people.
    pub title: String,
    /// One or two sentences.
    pub about: String,
    /// What it is for.
    pub task: Task,
    /// It asks the generator of an open run.
    pub generator: bool,
    /// What can be set.
    pub knobs: Vec<Knob>,
}

/// A picture to be made of pictures.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolOrder {
    /// Id of the tool.
    pub tool: String,
    /// Its settings; what is missing is at its start value.
    pub knobs: Knobs,
    /// What it works on.
    pub materials: Materials,
    /// The generator that helps.
    pub run: Option<Helper>,
    /// How the picture that it works on was made.
    pub made: Option<String>,
    /// The mask is a rough one of the foreground: the trimap gets this number of unknown pixels inside and outside its edge.
    pub band: Option<[usize; 2]>,
    /// Only to be looked at while a hand still draws.
    pub draft: bool,
    /// What the result is called.
    pub name: String,
}

/// The generator of an open run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Helper {
    /// The run.
    pub run: RunId,
    /// Averaged weights instead of the raw ones.
    pub ema: bool,
    /// The generator's name, as it is noted in the result.
    pub name: String,
}

/// What a tool made.
#[derive(Clone, Debug, PartialEq)]
pub struct ToolOutput {
    /// The job that it was.
    pub job: JobId,
    /// Id of the tool.
    pub tool: String,
    /// What the tool is for.
    pub task: Task,
    /// Whether it is a draft, which is shown and not kept.
    pub draft: bool,
    /// The picture, its opacity and how it was made.
    pub canvas_picture: CanvasPicture,
    /// What else came of it: figures, warnings.
    pub outcome: Outcome,
    /// Seconds it took.
    pub secs: f32,
}

/// What a tool has so far.
#[derive(Clone, Debug)]
pub struct Shown {
    /// The job.
    pub job: JobId,
    /// What it looks like.
    pub picture: Picture,
}

/// What a picture is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// To be worked on.
    Picture,
    /// To be drawn on further.
    Layer(Layer),
    /// To stand behind a cut-out.
    Backdrop,
}
