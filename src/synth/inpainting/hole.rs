//! Where a picture is to be filled: checked materials, the hole as a yes or no for each pixel, and the window around it.

use crate::{
    picture::{Mask, Picture},
    synth::Materials,
};
use anyhow::{Result, bail};

/// What every fill starts from: both parts have one size and the hole is neither nothing nor everything.
#[derive(Clone, Copy, Debug)]
pub struct Given<'a> {
    /// The picture with the hole in it.
    pub picture: &'a Picture,
    /// 128 and more is the hole.
    pub mask: &'a Mask,
    /// The picture without the hole, of the same size, where it is known.
    pub original: Option<&'a Picture>,
}

/// The materials of a fill, or one sentence that says what is wrong with them.
pub fn checked(materials: &Materials) -> Result<Given<'_>> {
    let Some(picture) = &materials.picture else { bail!("There is no picture to fill; open one first.") };
    let Some(mask) = &materials.mask else { bail!("There is no mask; paint what is to be filled.") };
    let [w, h] = picture.size();
    if w == 0 || h == 0 {
        bail!("The picture has no pixels; open another one.");
    }
    if mask.size() != [w, h] {
        let [mw, mh] = mask.size();
        bail!("The mask is {mw}×{mh} and the picture {w}×{h}; give a mask of the picture's size.");
    }
    match mask.count(is_hole) {
        0 => bail!("The mask marks nothing, so there is nothing to fill; paint the hole white."),
        n if n == w * h => {
            bail!("The mask covers the whole picture, so there is nothing to fill it from; leave some of it black.")
        }
        _ => {}
    }
    let original = materials.original.as_ref();
    if let Some([ow, oh]) = original.map(Picture::size).filter(|&size| size != [w, h]) {
        bail!("The original is {ow}×{oh} and the picture {w}×{h}; give an original of the picture's size, or none.");
    }
    Ok(Given { picture, mask, original })
}

/// Whether a mask's value says hole.
pub fn is_hole(value: u8) -> bool {
    value >= 128
}

/// Part of a picture: what lies from `x`, `y` on, `width` × `height` pixels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Window {
    /// The left column.
    pub x: usize,
    /// The upper row.
    pub y: usize,
    /// Pixels across.
    pub width: usize,
    /// Pixels down.
    pub height: usize,
}

impl Window {
    /// The smallest window that holds every hole pixel of a mask and this margin of pixels around them, cut at the picture's border; the
    /// whole picture when there is no hole.
    pub fn around(mask: &Mask, margin: usize) -> Self {
        let [w, h] = mask.size();
        let (mut left, mut right, mut top, mut bottom) = (w, 0, h, 0);
        for (y, row) in mask.grey.chunks_exact(w.max(1)).enumerate() {
            let Some(first) = row.iter().position(|&v| is_hole(v)) else { continue };
            let last = row.iter().rposition(|&v| is_hole(v)).unwrap_or(first);
            (left, right) = (left.min(first), right.max(last));
            (top, bottom) = (top.min(y), y);
        }
        if left > right {
            return Self { x: 0, y: 0, width: w, height: h };
        }
        let (x, y) = (left.saturating_sub(margin), top.saturating_sub(margin));
        Self { x, y, width: (right + 1 + margin).min(w) - x, height: (bottom + 1 + margin).min(h) - y }
    }

    /// How many pixels it has.
    pub fn area(&self) -> usize {
        self.width * self.height
    }

    /// Which of its pixels are hole, row by row.
    pub fn holes(&self, mask: &Mask) -> Vec<bool> {
        let row = |y: usize| &mask.grey[y * mask.width + self.x..][..self.width];
        (self.y..self.y + self.height).flat_map(|y| row(y).iter().map(|&v| is_hole(v))).collect()
    }
}
