//! The resolutions of the networks of Karras et al. (2018, 2020), from a small map to the full size by doublings.

use crate::models::common::Shape;

/// Sides of the levels, from 4 (7 for 28) to the full size.
pub fn sides(shape: &Shape) -> Vec<i64> {
    let full = shape.size as i64;
    let mut side = if shape.size == 28 { 7 } else { 4 };
    let mut sides = vec![side];
    while side < full {
        side *= 2;
        sides.push(side);
    }
    sides
}

/// Filters at a side: twice as many for each halving, at most four times the width.
pub fn filters(shape: &Shape, side: i64) -> i64 {
    shape.width * (shape.size as i64 / side).clamp(1, 4)
}
