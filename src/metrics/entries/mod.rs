//! How each row of the table of measures is taken.

pub mod classes;
pub mod likelihood;
pub mod likeness;
pub mod nearest;
pub mod spread;

/// The mean of some numbers; not a number when there are none.
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}
