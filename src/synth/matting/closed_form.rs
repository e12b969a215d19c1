//! Closed-form matting (Levin, Lischinski & Weiss 2008).

use super::windows::{AREA, Colour, Window, spread};

/// The window of nine colours: T holds (covariance + ε/9)⁻¹ / 9 for the colours and 1/9 for the constant.
#[allow(clippy::many_single_char_names)] // the six numbers of a symmetric matrix
pub(super) fn window(colours: &[Colour; AREA], epsilon: f64) -> Window {
    let (mean, scatter) = spread(colours);
    let [[a, b, c], [_, d, e], [_, _, f]] = scatter;
    let (a, d, f) = (a + epsilon, d + epsilon, f + epsilon);
    // The scatter is nine covariances, so its inverse is that of the covariance, divided by nine.
    let (aa, ab, ac) = (d * f - e * e, c * e - b * f, b * e - c * d);
    let by = 1.0 / (a * aa + b * ab + c * ac);
    let (bb, bc, cc) = ((a * f - c * c) * by, (b * c - a * e) * by, (a * d - b * b) * by);
    let (aa, ab, ac) = (aa * by, ab * by, ac * by);
    let form = [[aa, ab, ac, 0.0], [ab, bb, bc, 0.0], [ac, bc, cc, 0.0], [0.0, 0.0, 0.0, 1.0 / AREA as f64]];
    Window { mean, form }
}
