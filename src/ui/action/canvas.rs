//! What a person can ask of the canvas.

use crate::{
    canvas::{CanvasDocument, CanvasPicture},
    engine::protocol::Role,
    picture::Picture,
};
use std::path::PathBuf;

/// Something asked of the canvas.
#[derive(Clone, Debug, PartialEq)]
pub enum CanvasAction {
    /// Put a picture on it, and show it.
    Lay(CanvasPicture),
    /// Put a small picture on it, enlarged so that it can be drawn on, under this name.
    LaySmall(Picture, String),
    /// Put the picture of the sliders on it; `texture`: and make a texture of it at once.
    LaySample {
        /// Make a texture at once.
        texture: bool,
    },
    /// Read a picture from a file.
    Open(PathBuf, Role),
    /// Choose the file in a dialog.
    Choose(Role),
    /// What lies on it is this from now on; can be undone.
    Put(Box<CanvasDocument>),
    /// Lay the picture over its backdrop, as one opaque picture.
    Flatten,
    /// Run the chosen tool.
    Make,
    /// End the tool that is at work.
    Cancel,
    /// Write what is named, through the dialog.
    Export(CanvasPart),
    /// Write it to this path.
    ExportTo(CanvasPart, PathBuf),
}

/// A part of what lies on the canvas.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CanvasPart {
    /// The picture with its opacity.
    Picture,
    /// The picture over its backdrop.
    Composite,
    /// The opacity alone, grey.
    Alpha,
    /// The layer that is drawn on, grey.
    Layer,
}
