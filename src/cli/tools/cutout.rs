//! What goes into matting and what becomes of its result: trimaps, and what a cut-out is laid over.

use crate::{
    cli::wrong_use,
    data,
    picture::{Mask, Picture},
    spec,
    synth::{
        made,
        matting::{
            composite::{self, Fit},
            trimap,
        },
    },
};
use anyhow::Result;
use std::path::Path;

/// What a file says about a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// A trimap; its values that are nearly black or white are made so.
    Trimap,
    /// A rough mask: this many pixels within its border and outside of it are unknown.
    Mask([usize; 2]),
    /// The photograph with white strokes on the foreground and black ones on the background.
    Scribbles,
}

/// The trimap that a file makes of a photograph.
pub fn trimap_of(photo: &Picture, path: &Path, marks: Marks) -> Result<Mask> {
    match marks {
        Marks::Trimap => Ok(trimap::snap(&data::mask_picture(path)?)),
        Marks::Mask([erode, dilate]) => Ok(trimap::from_mask(&data::mask_picture(path)?, erode, dilate)),
        Marks::Scribbles => trimap::from_painted_copy(photo, &super::opaque(path)?),
    }
}

/// What a cut-out is laid over.
pub enum Over {
    /// One colour, as it was written.
    Colour([u8; 3], String),
    /// A picture, made to fit.
    Picture(Picture, Fit),
}

impl Over {
    /// Reads `#rrggbb` or the path of a picture, which is repeated if it is `tiled` and resized otherwise.
    pub fn read(word: &str, tiled: bool) -> Result<Self> {
        match spec::colour(word) {
            Some(colour) => Ok(Self::Colour(colour, word.to_lowercase())),
            None if word.starts_with('#') && !Path::new(word).exists() => {
                Err(wrong_use(format!("--over is a colour such as #ffffff, or a picture; {word:?} is neither.")))
            }
            None => {
                let fit = if tiled { Fit::Tiled } else { Fit::Covering };
                Ok(Self::Picture(super::opaque(Path::new(word))?, fit))
            }
        }
    }

    /// The foreground over it, and how that was made.
    pub fn lay(&self, foreground: &Picture, alpha: &Mask, note: &str) -> Result<(Picture, String)> {
        match self {
            Self::Colour(colour, word) => {
                Ok((composite::over_colour(foreground, alpha, *colour)?, made::with(note, "over", word)))
            }
            Self::Picture(background, fit) => {
                let how = if *fit == Fit::Tiled { "tiled" } else { "covering" };
                let note = made::with(note, "over", &format!("{} {how}", made::hash(background)));
                Ok((composite::over_picture(foreground, alpha, background, *fit)?, note))
            }
        }
    }
}
