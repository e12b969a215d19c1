//! STUB.
use crate::picture::Mask;
/// STUB
pub fn from_mask(mask: &Mask, _erode: usize, _dilate: usize) -> Mask {
    snap(mask)
}
/// STUB
pub fn snap(mask: &Mask) -> Mask {
    Mask {
        grey: mask
            .grey
            .iter()
            .map(|&v| {
                if v < 26 {
                    0
                } else if v > 229 {
                    255
                } else {
                    v
                }
            })
            .collect(),
        ..mask.clone()
    }
}
