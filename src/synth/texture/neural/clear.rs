//! The part of an exemplar that may be taken whole.

use crate::picture::{Mask, Picture};
use std::sync::Arc;

/// A picture without what its mask forbids (values below 128): the largest rectangle that is allowed throughout. `None` where nothing is.
pub fn allowed(picture: &Picture, sample: Option<&Mask>) -> Option<Picture> {
    let Some(mask) = sample.filter(|mask| mask.grey.iter().any(|&v| v < 128)) else { return Some(picture.clone()) };
    let [x, y, width, height] = largest(mask)?;
    let rgb: Arc<[u8]> = (y..y + height).flat_map(|y| picture.row(y)[x * 3..(x + width) * 3].iter().copied()).collect();
    Some(Picture { width, height, rgb })
}

/// Left, top, width and height of the largest rectangle of allowed pixels, by the heights of allowed columns above each row.
fn largest(mask: &Mask) -> Option<[usize; 4]> {
    let mut heights = vec![0; mask.width];
    let mut best = None;
    for y in 0..mask.height {
        for (x, height) in heights.iter_mut().enumerate() {
            *height = if mask.at(x, y) >= 128 { *height + 1 } else { 0 };
        }
        // Columns whose rectangle may still grow to the right, each higher than the one before.
        let mut open: Vec<(usize, usize)> = Vec::new();
        for x in 0..=mask.width {
            let height = heights.get(x).copied().unwrap_or(0);
            let mut from = x;
            while let Some((left, tall)) = open.pop_if(|(_, tall)| *tall >= height) {
                let area = tall * (x - left);
                if best.is_none_or(|[_, _, w, h]: [usize; 4]| w * h < area) && area > 0 {
                    best = Some([left, y + 1 - tall, x - left, tall]);
                }
                from = left;
            }
            open.push((from, height));
        }
    }
    best
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_largest_allowed_rectangle_is_found() {
        let rows = ["##.#", "####", "####", ".###"];
        let grey = rows.concat().bytes().map(|b| if b == b'#' { 255 } else { 0 }).collect();
        let mask = Mask { width: 4, height: 4, grey };
        assert_eq!(largest(&mask), Some([1, 1, 3, 3]));
        let picture = Picture { width: 4, height: 4, rgb: (0..48).collect() };
        let part = allowed(&picture, Some(&mask)).unwrap();
        assert_eq!((part.size(), part.row(0)), ([3, 3], &picture.row(1)[3..12]));
        assert_eq!(allowed(&picture, Some(&Mask::filled(4, 4, 200))), Some(picture.clone()));
        assert_eq!(allowed(&picture, Some(&Mask::filled(4, 4, 9))), None);
        let line = Mask { width: 3, height: 1, grey: [0, 255, 255].into() };
        assert_eq!(largest(&line), Some([1, 0, 2, 1]));
    }
}
