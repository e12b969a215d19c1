//! What is set about the canvas.

use crate::{
    canvas::{CanvasDocument, Layer, Pen},
    spec::{Knobs, Task},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything set about the canvas.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Canvas {
    /// What is to be done.
    pub task: Task,
    /// The chosen tool of each task, by id; what is missing is the first there is.
    pub tools: BTreeMap<Task, String>,
    /// Settings of each tool; what is missing is at its start value.
    pub knobs: BTreeMap<String, Knobs>,
    /// What the hand draws with.
    pub pen: Pen,
    /// What it draws on scribbles.
    pub paint: Paint,
    /// Half the width of the tip, in pixels of the picture.
    pub radius: f32,
    /// Which layer a trimap is made of.
    pub trimap: TrimapFrom,
    /// Pixels that the inside of a rough mask loses to the unknown band.
    pub erode: usize,
    /// Pixels that the outside of a rough mask loses to it.
    pub dilate: usize,
    /// A rough cut-out follows every stroke.
    pub follow: bool,
    /// Seed of everything that a tool draws at random.
    pub seed: u64,
    /// Width and height of a new texture in pixels; 0 for twice those of its exemplar.
    pub size: [usize; 2],
    /// Layers are shown over the picture.
    pub layers: bool,
    /// Share of the picture's width that shows what was there before the last tool, 0 to 1; `None` for none of it.
    #[serde(skip)]
    pub wipe: Option<f32>,
    /// Pixels of the screen for one of the picture; `None` fits it in the room.
    #[serde(skip)]
    pub zoom: Option<f32>,
    /// The place on the picture, in shares of its sides, that stands in the middle of the room.
    #[serde(skip)]
    pub centre: [f32; 2],
    /// What stands in the path field.
    pub path: String,
    /// What lies on the canvas.
    #[serde(skip)]
    pub document: CanvasDocument,
}

impl Default for Canvas {
    fn default() -> Self {
        Self {
            task: Task::default(),
            // Most flaws have texture around them.
            tools: [(Task::Inpainting, "patchmatch".to_owned())].into(),
            knobs: BTreeMap::new(),
            pen: Pen::default(),
            paint: Paint::default(),
            radius: 6.0,
            trimap: TrimapFrom::default(),
            erode: 6,
            dilate: 6,
            follow: true,
            seed: 0,
            size: [0, 0],
            layers: true,
            wipe: None,
            zoom: None,
            centre: [0.5, 0.5],
            path: String::new(),
            document: CanvasDocument::default(),
        }
    }
}

/// What a stroke on scribbles says of the pixels under it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Paint {
    /// Foreground: belongs to what is cut out.
    #[default]
    Foreground,
    /// Background.
    Background,
}

impl Paint {
    /// All, with a word for each.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Foreground, "Foreground"), (Self::Background, "Background")];

    /// The value in a trimap: 0 for background, 128 for unknown, 255 for foreground.
    pub fn value(self) -> u8 {
        match self {
            Self::Foreground => 255,
            Self::Background => 0,
        }
    }
}

/// What a trimap is made of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum TrimapFrom {
    /// Scribbles: what is not drawn on is unknown.
    #[default]
    Scribbles,
    /// A rough mask of the foreground, with an unknown band along its edge.
    RoughMask,
}

impl Canvas {
    /// The layer that the hand draws on; none where the task asks for nothing drawn.
    pub fn layer(&self) -> Option<Layer> {
        match (self.task, self.trimap) {
            (Task::Matting, TrimapFrom::Scribbles) => Some(Layer::Scribbles),
            (Task::Matting, TrimapFrom::RoughMask) | (Task::Inpainting | Task::Texture, _) => Some(Layer::Mask),
            (Task::Enhancement, _) => None,
        }
    }

    /// The value that the hand leaves on that layer.
    pub fn value(&self, layer: Layer) -> u8 {
        match layer {
            _ if self.pen == Pen::Eraser => layer.blank(),
            Layer::Mask => 255,
            Layer::Scribbles => self.paint.value(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        canvas::{CanvasPicture, Stroke, trimap::UNKNOWN},
        picture::Picture,
    };

    fn canvas_picture(value: u8, side: usize) -> CanvasPicture {
        CanvasPicture { name: "a".into(), picture: Picture::filled(side, side, [value; 3]), alpha: None, made: None }
    }

    fn dot() -> Stroke {
        Stroke { pen: Pen::Brush, value: 255, radius: 1.0, points: vec![[1.5, 1.5]] }
    }

    #[test]
    fn a_stroke_lands_on_the_layer_of_the_task_and_an_eraser_takes_it_back() {
        let mut canvas = Canvas::default();
        canvas.document.draw(Layer::Mask, &dot());
        assert_eq!(canvas.document, CanvasDocument::default(), "there is nothing to draw on");
        canvas.document.lay(canvas_picture(1, 4));
        assert_eq!(canvas.layer(), Some(Layer::Scribbles));
        canvas.paint = Paint::Background;
        let value = canvas.value(Layer::Scribbles);
        canvas.document.draw(Layer::Scribbles, &Stroke { value, ..dot() });
        assert_eq!(canvas.document.scribbles.as_ref().unwrap().at(1, 1), 0);
        assert_eq!(canvas.document.scribbles.as_ref().unwrap().at(3, 3), UNKNOWN);
        canvas.pen = Pen::Eraser;
        let value = canvas.value(Layer::Scribbles);
        canvas.document.draw(Layer::Scribbles, &Stroke { value, ..dot() });
        assert_eq!(canvas.document.scribbles, None, "a layer that is blank again is none");
        canvas.task = Task::Enhancement;
        assert_eq!(canvas.layer(), None);
    }
}
