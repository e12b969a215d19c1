//! Reads the trimaps that matting needs, and lays cut-outs over backgrounds.

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

/// How a file says what is foreground in a photograph.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Marks {
    /// The file is a trimap. Values that are nearly black or white become black or white.
    Trimap,
    /// The file is a rough mask: this many pixels inside its border and outside of it are unknown.
    Mask([usize; 2]),
    /// The file is the photograph with white strokes on the foreground and black ones on the background.
    Scribbles,
}

/// Makes the trimap of a photograph from a file.
pub fn trimap_of(photo: &Picture, path: &Path, marks: Marks) -> Result<Mask> {
    match marks {
        Marks::Trimap => Ok(trimap::snap(&data::mask_picture(path)?)),
        Marks::Mask([erode, dilate]) => Ok(trimap::from_mask(&data::mask_picture(path)?, erode, dilate)),
        Marks::Scribbles => trimap::from_painted_copy(photo, &super::opaque(path)?),
    }
}

/// What a cut-out is laid over.
pub enum Over {
    /// One colour, and how it was written.
    Colour([u8; 3], String),
    /// A picture, and how it is made to fit.
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

    /// Lays a foreground over it. Returns the picture, and the note on how it was made.
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
