//! What goes into matting and what becomes of its result: trimaps, and what a cut-out is laid over.

use crate::{
    cli::wrong_use,
    data,
    picture::{Mask, Picture},
    spec,
    synth::{composite, made, trimap as trimaps},
};
use anyhow::{Result, ensure};
use std::path::Path;

/// The trimap in a file, its values that are nearly black or white made so.
pub fn trimap(path: &Path) -> Result<Mask> {
    Ok(trimaps::snap(&data::mask_picture(path)?))
}

/// A trimap made of a rough mask: this many pixels within its border and outside of it are unknown.
pub fn trimap_of(path: &Path, [erode, dilate]: [usize; 2]) -> Result<Mask> {
    Ok(trimaps::from_mask(&data::mask_picture(path)?, erode, dilate))
}

/// What a cut-out is laid over.
pub enum Over {
    /// One colour, as it was written.
    Colour([u8; 3], String),
    /// A picture of the same size.
    Picture(Picture),
}

impl Over {
    /// Reads `#rrggbb` or the path of a picture.
    pub fn read(word: &str) -> Result<Self> {
        match spec::colour(word) {
            Some(colour) => Ok(Self::Colour(colour, word.to_owned())),
            None if word.starts_with('#') && !Path::new(word).exists() => {
                Err(wrong_use(format!("--over is a colour such as #ffffff, or a picture; {word:?} is neither.")))
            }
            None => Ok(Self::Picture(super::opaque(Path::new(word))?)),
        }
    }

    /// The foreground over it, and how that was made.
    pub fn lay(&self, foreground: &Picture, alpha: &Mask, note: &str) -> Result<(Picture, String)> {
        match self {
            Self::Colour(colour, word) => {
                Ok((composite::over_colour(foreground, alpha, *colour), made::with(note, "over", word)))
            }
            Self::Picture(background) => {
                let ([w, h], [bw, bh]) = (foreground.size(), background.size());
                ensure!(
                    [w, h] == [bw, bh],
                    "The picture is {w}×{h} and the background {bw}×{bh}; both must have the same size."
                );
                let note = made::with(note, "over", &made::hash(background));
                Ok((composite::over_picture(foreground, alpha, background), note))
            }
        }
    }
}
