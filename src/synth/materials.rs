//! What a tool works on and what comes of it: plain values.

use crate::picture::{Mask, Picture};

/// A picture to take texture from, and what belongs to it. All parts have its size.
#[derive(Clone, Debug, PartialEq)]
pub struct Exemplar {
    /// The exemplar's pixels.
    pub picture: Picture,
    /// What its places mean; compared with [`Materials::guide`].
    pub guide: Option<Picture>,
    /// Where it may be copied from: 255 yes, 0 no.
    pub sample: Option<Mask>,
    /// Another map of the same places (a normal map, say), on which what was found is repeated: see [`Outcome::companion`].
    pub companion: Option<Picture>,
}

impl From<Picture> for Exemplar {
    fn from(picture: Picture) -> Self {
        Self { picture, guide: None, sample: None, companion: None }
    }
}

/// What a tool works on. Each task reads the parts that its sentence in [`super::Task`] names.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Materials {
    /// The picture to be worked on.
    pub picture: Option<Picture>,
    /// Matting: the trimap (0 background, 255 foreground, all else unknown). Inpainting: the hole (128 and more). Texture: where
    /// [`Materials::picture`] is to be filled.
    pub mask: Option<Mask>,
    /// Textures to take from.
    pub exemplars: Vec<Exemplar>,
    /// What the result's places mean, to be compared with the exemplars' guides; of the result's size.
    pub guide: Option<Picture>,
    /// Width and height of a new texture in pixels.
    pub size: [usize; 2],
    /// The picture without its flaw, where it is known: the error in the hole is measured against it.
    pub original: Option<Picture>,
    /// Everything drawn at random comes from it.
    pub seed: u64,
}

/// What a tool made.
#[derive(Clone, Debug, PartialEq)]
pub struct Outcome {
    /// The picture; for matting the foreground's own colours, without those of the background that shone through.
    pub picture: Picture,
    /// The opacity of the result, from matting.
    pub alpha: Option<Mask>,
    /// The same transform on the exemplars' companions.
    pub companion: Option<Picture>,
    /// What was measured, by name: `residual`, `iterations`, `hole_psnr`, …
    pub figures: Vec<(&'static str, f64)>,
    /// A sentence each.
    pub warnings: Vec<String>,
}

impl Outcome {
    /// A picture and nothing else.
    pub fn of(picture: Picture) -> Self {
        Self { picture, alpha: None, companion: None, figures: Vec::new(), warnings: Vec::new() }
    }
}
