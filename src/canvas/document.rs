//! What lies on the canvas: a picture, what is drawn over it, what stands behind it, and a shelf of others.

use super::{Stroke, painted, trimap::UNKNOWN};
use crate::{
    picture::{Mask, Picture},
    spec::Task,
};
use std::collections::BTreeSet;

/// Most pictures on the shelf; the oldest is removed first.
const SHELF: usize = 12;

/// A layer that can be drawn on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// The hole, or the rough foreground: 0 or 255.
    Mask,
    /// 0 background, 255 foreground, 128 neither.
    Scribbles,
}

impl Layer {
    /// The value of pixels that nobody drew on.
    pub fn blank(self) -> u8 {
        match self {
            Self::Mask => 0,
            Self::Scribbles => UNKNOWN,
        }
    }
}

/// A picture with its opacity and how it was made.
#[derive(Clone, Debug, PartialEq)]
pub struct CanvasPicture {
    /// Name for people, also of the exported file.
    pub name: String,
    /// The pixels, RGB.
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
pub struct CanvasDocument {
    /// The picture that is worked on.
    pub canvas_picture: Option<CanvasPicture>,
    /// What it was before the last tool.
    pub before: Option<CanvasPicture>,
    /// What it was cut out of, so that it can be cut out again.
    pub uncut: Option<CanvasPicture>,
    /// The hole or the rough foreground, of the picture's size; `None` where nothing is drawn.
    pub mask: Option<Mask>,
    /// Foreground and background by hand, of the picture's size; `None` where nothing is drawn.
    pub scribbles: Option<Mask>,
    /// What stands behind the picture where it is transparent.
    pub backdrop: Backdrop,
    /// Other pictures, newest last.
    pub shelf: Vec<CanvasPicture>,
    /// Indices into `shelf` of further exemplars for a new texture; the picture of the canvas is always one.
    pub sources: BTreeSet<usize>,
}

impl CanvasDocument {
    /// A layer, if anybody drew on it.
    pub fn drawn(&self, layer: Layer) -> Option<&Mask> {
        match layer {
            Layer::Mask => self.mask.as_ref(),
            Layer::Scribbles => self.scribbles.as_ref(),
        }
    }

    /// A layer as it is, blank where nobody drew; none without a picture.
    pub fn layer(&self, layer: Layer) -> Option<Mask> {
        let [width, height] = self.canvas_picture.as_ref()?.picture.size();
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
    pub fn lay(&mut self, canvas_picture: CanvasPicture) {
        if let Some(former) = self.canvas_picture.take() {
            self.keep(former);
        }
        (self.mask, self.scribbles, self.before, self.uncut) = (None, None, None, None);
        self.canvas_picture = Some(canvas_picture);
    }

    /// Puts what a tool made in the place of the picture. What was drawn on it stays only where it can still be meant: nowhere
    /// after a repair, and never on a picture of another size.
    pub fn replace(&mut self, canvas_picture: CanvasPicture, task: Task) {
        let same =
            self.canvas_picture.as_ref().is_some_and(|former| former.picture.size() == canvas_picture.picture.size());
        if task == Task::Texture && !same {
            // The exemplar is not what the texture was before.
            self.lay(canvas_picture);
            return;
        }
        if !same || task == Task::Inpainting || task == Task::Texture {
            self.mask = None;
        }
        if !same {
            self.scribbles = None;
        }
        let former = self.canvas_picture.replace(canvas_picture).filter(|_| same);
        self.uncut = if task == Task::Matting { self.uncut.take().or_else(|| former.clone()) } else { None };
        self.before = former;
    }

    /// What is to be cut out: the picture of the canvas, or what it was cut out of.
    pub fn whole(&self) -> Option<&CanvasPicture> {
        self.uncut.as_ref().or(self.canvas_picture.as_ref())
    }

    /// Puts a picture on the shelf, unless it lies there already.
    pub fn keep(&mut self, canvas_picture: CanvasPicture) {
        if self.shelf.iter().any(|other| other.picture == canvas_picture.picture && other.alpha == canvas_picture.alpha)
        {
            return;
        }
        self.shelf.push(canvas_picture);
        if self.shelf.len() > SHELF {
            self.put_away(0);
        }
    }

    /// Takes a picture from the shelf.
    pub fn put_away(&mut self, at: usize) -> Option<CanvasPicture> {
        let canvas_picture = (at < self.shelf.len()).then(|| self.shelf.remove(at))?;
        let moved = |&place: &usize| if place > at { place - 1 } else { place };
        self.sources = self.sources.iter().filter(|&&place| place != at).map(moved).collect();
        Some(canvas_picture)
    }

    /// Whether texture is taken from a picture of the shelf too; or, if it is, no longer.
    pub fn toggle_source(&mut self, at: usize) {
        if !self.sources.remove(&at) && at < self.shelf.len() {
            self.sources.insert(at);
        }
    }

    /// All bytes of its pictures and layers, some perhaps twice.
    pub fn buffers(&self) -> impl Iterator<Item = &[u8]> {
        let leaves = [&self.canvas_picture, &self.before, &self.uncut].into_iter().flatten().chain(&self.shelf);
        let leaves = leaves.flat_map(|canvas_picture| {
            [Some(&*canvas_picture.picture.rgb), canvas_picture.alpha.as_ref().map(|alpha| &*alpha.grey)]
        });
        let layers = [&self.mask, &self.scribbles].map(|layer| layer.as_ref().map(|mask| &*mask.grey));
        let behind = if let Backdrop::Picture(picture) = &self.backdrop { Some(&*picture.rgb) } else { None };
        leaves.chain(layers).chain([behind]).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::canvas::Pen;

    fn canvas_picture(value: u8, side: usize) -> CanvasPicture {
        CanvasPicture { name: "a".into(), picture: Picture::filled(side, side, [value; 3]), alpha: None, made: None }
    }

    fn dot() -> Stroke {
        Stroke { pen: Pen::Brush, value: 255, radius: 1.0, points: vec![[1.5, 1.5]] }
    }

    #[test]
    fn a_repair_takes_the_mask_away_and_keeps_what_was_there_before() {
        let mut document = CanvasDocument::default();
        document.lay(canvas_picture(1, 4));
        document.draw(Layer::Mask, &dot());
        document.draw(Layer::Scribbles, &dot());
        document.replace(canvas_picture(2, 4), Task::Inpainting);
        assert_eq!((document.before.as_ref(), document.mask.as_ref()), (Some(&canvas_picture(1, 4)), None));
        assert!(document.scribbles.is_some());
        document.replace(canvas_picture(4, 4), Task::Matting);
        document.replace(canvas_picture(5, 4), Task::Matting);
        assert_eq!(document.whole(), Some(&canvas_picture(2, 4)), "cut out again, it is cut out of the whole");
        document.replace(canvas_picture(2, 4), Task::Enhancement);
        assert_eq!(document.whole(), Some(&canvas_picture(2, 4)), "what was bettered is a whole of its own");
        document.replace(canvas_picture(3, 8), Task::Texture);
        assert_eq!((document.before.as_ref(), document.scribbles.as_ref()), (None, None));
        assert_eq!(document.shelf, [canvas_picture(2, 4)], "the exemplar is at hand still");
        document.lay(canvas_picture(2, 4));
        document.lay(canvas_picture(3, 8));
        assert_eq!(document.shelf.len(), 2, "nothing lies on the shelf twice");
        for value in 0..40 {
            document.keep(canvas_picture(value, 2));
        }
        assert_eq!((document.shelf.len(), document.shelf[11].picture.rgb[0]), (12, 39));
        for at in [2, 5, 7, 99] {
            document.toggle_source(at);
        }
        assert_eq!(document.put_away(5).map(|canvas_picture| canvas_picture.picture.rgb[0]), Some(33));
        assert!(document.sources.iter().eq(&[2, 6]), "what lies behind it moves up: {:?}", document.sources);
        document.toggle_source(2);
        assert!(document.sources.iter().eq(&[6]) && document.put_away(99).is_none());
    }
}
