//! What is set about the canvas, and what lies on it.

// What scribbles are before anybody drew.
pub use crate::canvas::trimap::UNKNOWN;

use crate::{
    canvas::{Pen, Stroke, painted},
    picture::{Mask, Picture},
    spec::{Knobs, Task},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};

/// Pictures that are kept beside the canvas; the oldest go first.
const SHELF: usize = 12;

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
    /// Of everything that is drawn at random.
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
    pub sheet: Sheet,
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
            sheet: Sheet::default(),
        }
    }
}

/// What a stroke on scribbles says of the pixels under it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Paint {
    /// They belong to what is cut out.
    #[default]
    Foreground,
    /// They do not.
    Background,
}

impl Paint {
    /// All, with a word for each.
    pub const ALL: [(Self, &'static str); 2] = [(Self::Foreground, "Foreground"), (Self::Background, "Background")];

    /// Its value in a trimap.
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

/// A layer that can be drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The hole, or the rough foreground: 0 or 255.
    Mask,
    /// 0 background, 255 foreground, 128 neither.
    Scribbles,
}

impl Layer {
    /// Its value where nobody drew.
    pub fn blank(self) -> u8 {
        match self {
            Self::Mask => 0,
            Self::Scribbles => UNKNOWN,
        }
    }
}

/// A picture with its opacity and how it was made.
#[derive(Clone, Debug, PartialEq)]
pub struct Leaf {
    /// Name for people, also of the exported file.
    pub name: String,
    /// Its pixels.
    pub picture: Picture,
    /// Its opacity; none where it is opaque.
    pub alpha: Option<Mask>,
    /// How it was made, as it is written into an exported file; nothing for a picture that was opened.
    pub made: Option<String>,
}

/// What stands behind a cut-out.
#[derive(Clone, Debug, Default, PartialEq)]
pub enum Backdrop {
    /// Nothing: it is transparent.
    #[default]
    Nothing,
    /// A colour.
    Colour([u8; 3]),
    /// A picture, enlarged or cut to cover it.
    Picture(Picture),
}

/// What lies on the canvas.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Sheet {
    /// The picture that is worked on.
    pub leaf: Option<Leaf>,
    /// What it was before the last tool.
    pub before: Option<Leaf>,
    /// What it was cut out of, so that it can be cut out again.
    pub uncut: Option<Leaf>,
    /// Of its size.
    pub mask: Option<Mask>,
    /// Of its size.
    pub scribbles: Option<Mask>,
    /// Behind it.
    pub backdrop: Backdrop,
    /// Beside it, newest last.
    pub shelf: Vec<Leaf>,
    /// Places on the shelf from which a new texture is taken too, beside the picture of the canvas.
    pub sources: BTreeSet<usize>,
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

impl Sheet {
    /// A layer, if anybody drew on it.
    pub fn drawn(&self, layer: Layer) -> Option<&Mask> {
        match layer {
            Layer::Mask => self.mask.as_ref(),
            Layer::Scribbles => self.scribbles.as_ref(),
        }
    }

    /// A layer as it is, blank where nobody drew; none without a picture.
    pub fn layer(&self, layer: Layer) -> Option<Mask> {
        let [width, height] = self.leaf.as_ref()?.picture.size();
        let drawn = self.drawn(layer).filter(|mask| mask.size() == [width, height]);
        Some(drawn.cloned().unwrap_or_else(|| Mask::filled(width, height, layer.blank())))
    }

    /// Puts a layer; a blank one is none.
    pub fn put_layer(&mut self, layer: Layer, mask: Option<Mask>) {
        let mask = mask.filter(|mask| mask.grey.iter().any(|&v| v != layer.blank()));
        match layer {
            Layer::Mask => self.mask = mask,
            Layer::Scribbles => self.scribbles = mask,
        }
    }

    /// Draws on a layer.
    pub fn draw(&mut self, layer: Layer, stroke: &Stroke) {
        if let Some(mask) = self.layer(layer) {
            self.put_layer(layer, Some(painted(&mask, stroke)));
        }
    }

    /// Puts another picture on the canvas: what was drawn on the former one is let go, and it goes to the shelf itself.
    pub fn lay(&mut self, leaf: Leaf) {
        if let Some(former) = self.leaf.take() {
            self.keep(former);
        }
        (self.mask, self.scribbles, self.before, self.uncut) = (None, None, None, None);
        self.leaf = Some(leaf);
    }

    /// Puts what a tool made in the place of the picture. What was drawn on it stays only where it can still be meant: nowhere
    /// after a repair, and never on a picture of another size.
    pub fn replace(&mut self, leaf: Leaf, task: Task) {
        let same = self.leaf.as_ref().is_some_and(|former| former.picture.size() == leaf.picture.size());
        if task == Task::Texture && !same {
            // The exemplar is not what the texture was before.
            self.lay(leaf);
            return;
        }
        if !same || task == Task::Inpainting || task == Task::Texture {
            self.mask = None;
        }
        if !same {
            self.scribbles = None;
        }
        let former = self.leaf.replace(leaf).filter(|_| same);
        self.uncut = if task == Task::Matting { self.uncut.take().or_else(|| former.clone()) } else { None };
        self.before = former;
    }

    /// What is to be cut out: the picture of the canvas, or what it was cut out of.
    pub fn whole(&self) -> Option<&Leaf> {
        self.uncut.as_ref().or(self.leaf.as_ref())
    }

    /// Puts a picture on the shelf, unless it lies there already.
    pub fn keep(&mut self, leaf: Leaf) {
        if self.shelf.iter().any(|other| other.picture == leaf.picture && other.alpha == leaf.alpha) {
            return;
        }
        self.shelf.push(leaf);
        if self.shelf.len() > SHELF {
            self.put_away(0);
        }
    }

    /// Takes a picture from the shelf.
    pub fn put_away(&mut self, at: usize) -> Option<Leaf> {
        let leaf = (at < self.shelf.len()).then(|| self.shelf.remove(at))?;
        let moved = |&place: &usize| if place > at { place - 1 } else { place };
        self.sources = self.sources.iter().filter(|&&place| place != at).map(moved).collect();
        Some(leaf)
    }

    /// Whether texture is taken from a picture of the shelf too; or, if it is, no longer.
    pub fn toggle_source(&mut self, at: usize) {
        if !self.sources.remove(&at) && at < self.shelf.len() {
            self.sources.insert(at);
        }
    }

    /// All bytes of its pictures and layers, some perhaps twice.
    pub fn buffers(&self) -> impl Iterator<Item = &[u8]> {
        let leaves = [&self.leaf, &self.before, &self.uncut].into_iter().flatten().chain(&self.shelf);
        let leaves = leaves.flat_map(|leaf| [Some(&*leaf.picture.rgb), leaf.alpha.as_ref().map(|alpha| &*alpha.grey)]);
        let layers = [&self.mask, &self.scribbles].map(|layer| layer.as_ref().map(|mask| &*mask.grey));
        let behind = if let Backdrop::Picture(picture) = &self.backdrop { Some(&*picture.rgb) } else { None };
        leaves.chain(layers).chain([behind]).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn leaf(value: u8, side: usize) -> Leaf {
        Leaf { name: "a".into(), picture: Picture::filled(side, side, [value; 3]), alpha: None, made: None }
    }

    fn dot() -> Stroke {
        Stroke { pen: Pen::Brush, value: 255, radius: 1.0, points: vec![[1.5, 1.5]] }
    }

    #[test]
    fn a_stroke_lands_on_the_layer_of_the_task_and_an_eraser_takes_it_back() {
        let mut canvas = Canvas::default();
        canvas.sheet.draw(Layer::Mask, &dot());
        assert_eq!(canvas.sheet, Sheet::default(), "there is nothing to draw on");
        canvas.sheet.lay(leaf(1, 4));
        assert_eq!(canvas.layer(), Some(Layer::Scribbles));
        canvas.paint = Paint::Background;
        let value = canvas.value(Layer::Scribbles);
        canvas.sheet.draw(Layer::Scribbles, &Stroke { value, ..dot() });
        assert_eq!(canvas.sheet.scribbles.as_ref().unwrap().at(1, 1), 0);
        assert_eq!(canvas.sheet.scribbles.as_ref().unwrap().at(3, 3), UNKNOWN);
        canvas.pen = Pen::Eraser;
        let value = canvas.value(Layer::Scribbles);
        canvas.sheet.draw(Layer::Scribbles, &Stroke { value, ..dot() });
        assert_eq!(canvas.sheet.scribbles, None, "a layer that is blank again is none");
        canvas.task = Task::Enhancement;
        assert_eq!(canvas.layer(), None);
    }

    #[test]
    fn a_repair_takes_the_mask_away_and_keeps_what_was_there_before() {
        let mut sheet = Sheet::default();
        sheet.lay(leaf(1, 4));
        sheet.draw(Layer::Mask, &dot());
        sheet.draw(Layer::Scribbles, &dot());
        sheet.replace(leaf(2, 4), Task::Inpainting);
        assert_eq!((sheet.before.as_ref(), sheet.mask.as_ref()), (Some(&leaf(1, 4)), None));
        assert!(sheet.scribbles.is_some());
        sheet.replace(leaf(4, 4), Task::Matting);
        sheet.replace(leaf(5, 4), Task::Matting);
        assert_eq!(sheet.whole(), Some(&leaf(2, 4)), "cut out again, it is cut out of the whole");
        sheet.replace(leaf(2, 4), Task::Enhancement);
        assert_eq!(sheet.whole(), Some(&leaf(2, 4)), "what was bettered is a whole of its own");
        sheet.replace(leaf(3, 8), Task::Texture);
        assert_eq!((sheet.before.as_ref(), sheet.scribbles.as_ref()), (None, None));
        assert_eq!(sheet.shelf, [leaf(2, 4)], "the exemplar is at hand still");
        sheet.lay(leaf(2, 4));
        sheet.lay(leaf(3, 8));
        assert_eq!(sheet.shelf.len(), 2, "nothing lies on the shelf twice");
        for value in 0..40 {
            sheet.keep(leaf(value, 2));
        }
        assert_eq!((sheet.shelf.len(), sheet.shelf[11].picture.rgb[0]), (12, 39));
        for at in [2, 5, 7, 99] {
            sheet.toggle_source(at);
        }
        assert_eq!(sheet.put_away(5).map(|leaf| leaf.picture.rgb[0]), Some(33));
        assert!(sheet.sources.iter().eq(&[2, 6]), "what lies behind it moves up: {:?}", sheet.sources);
        sheet.toggle_source(2);
        assert!(sheet.sources.iter().eq(&[6]) && sheet.put_away(99).is_none());
    }
}
