//! Learning-based matting (Zheng & Kambhamettu 2009), with the linear model.

use super::windows::{AREA, Colour, Form, Window, spread};

/// The window of nine colours.
///
/// With rows x = (colour, 1) in X, the regression predicts α by `F = X(XᵀX + ε)⁻¹Xᵀ` and the window is charged `(I − F)(I − F)ᵀ`, which
/// is `I − X(S + εS²)Xᵀ` for `S = (XᵀX + ε)⁻¹`. Here x is about the mean colour, which turns the ε of the ridge into εE.
pub(super) fn window(colours: &[Colour; AREA], epsilon: f64) -> Window {
    let (mean, scatter) = spread(colours);
    let mut ridge: Form = [[0.0; 4]; 4];
    for i in 0..3 {
        for j in 0..3 {
            ridge[i][j] = mean[i] * mean[j] + f64::from(u8::from(i == j));
        }
        (ridge[i][3], ridge[3][i]) = (-mean[i], -mean[i]);
    }
    ridge[3][3] = 1.0;
    let normal: Form = std::array::from_fn(|i| {
        std::array::from_fn(|j| {
            let plain = if i < 3 && j < 3 { scatter[i][j] } else { f64::from(u8::from(i == j)) * AREA as f64 };
            plain + epsilon * ridge[i][j]
        })
    });
    let inverse = inverse(normal);
    let twice = times(&inverse, &times(&ridge, &inverse));
    let form = std::array::from_fn(|i| std::array::from_fn(|j| inverse[i][j] + epsilon * twice[i][j]));
    Window { mean, form }
}

fn times(a: &Form, b: &Form) -> Form {
    std::array::from_fn(|i| std::array::from_fn(|j| (0..4).map(|k| a[i][k] * b[k][j]).sum()))
}

/// The inverse of a symmetric positive definite matrix (Gauss–Jordan; no pivoting is needed).
fn inverse(mut a: Form) -> Form {
    let mut out: Form = std::array::from_fn(|i| std::array::from_fn(|j| f64::from(u8::from(i == j))));
    for k in 0..4 {
        let by = 1.0 / a[k][k];
        for j in 0..4 {
            a[k][j] *= by;
            out[k][j] *= by;
        }
        for i in (0..4).filter(|&i| i != k) {
            let by = a[i][k];
            for j in 0..4 {
                a[i][j] -= by * a[k][j];
                out[i][j] -= by * out[k][j];
            }
        }
    }
    out
}
