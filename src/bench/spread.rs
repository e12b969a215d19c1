//! The spread of timings.

/// Returns the median and the 95th percentile; NaN without values.
pub fn spread(mut values: Vec<f64>) -> (f64, f64) {
    values.sort_by(f64::total_cmp);
    let at = |q: f64| values.get(((values.len() as f64 - 1.0) * q).round() as usize).copied().unwrap_or(f64::NAN);
    (at(0.5), at(0.95))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_spread_of_a_hundred_and_one_numbers() {
        assert_eq!(spread((0..=100).rev().map(f64::from).collect()), (50.0, 95.0));
        assert!(spread(vec![]).0.is_nan());
    }
}
