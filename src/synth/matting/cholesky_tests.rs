//! Incomplete factors on systems that can be checked by hand.

use super::*;
use crate::{
    failure::Failure,
    synth::matting::sparse::{dot, tests::dense},
};

const GO: Stop = &|| false;

/// One part of so many rows.
fn whole(rows: usize) -> Vec<Range<usize>> {
    std::iter::once(0..rows).collect()
}

fn assert_close(a: &[f64], b: &[f64], tolerance: f64) {
    assert!(a.iter().zip(b).all(|(a, b)| (a - b).abs() < tolerance), "{a:?} is not {b:?}");
}

#[test]
fn a_small_dense_matrix_is_factored_whole() {
    let matrix = dense(&[&[2.0, 3.0], &[3.0, 5.0]]);
    let mut x = [0.0; 2];
    let factors = Cholesky::new(&matrix, &whole(2), GO).unwrap();
    factors.solve(&[1.0, 2.0], &mut x, GO);
    assert_close(&x, &[-1.0, 1.0], 1e-5);
    assert_eq!((factors.count(), factors.shift), (3, 0.0));
}

#[test]
fn parts_and_border_give_what_the_whole_gives() {
    // 0, 1 and 2, 3 do not touch; 4, 5 touch everything.
    let matrix = dense(&[
        &[5.0, 1.0, 0.0, 0.0, 1.0, 0.0],
        &[1.0, 4.0, 0.0, 0.0, 0.0, -1.0],
        &[0.0, 0.0, 6.0, 2.0, 1.0, 1.0],
        &[0.0, 0.0, 2.0, 5.0, 0.0, -1.0],
        &[1.0, 0.0, 1.0, 0.0, 7.0, 2.0],
        &[0.0, -1.0, 1.0, -1.0, 2.0, 8.0],
    ]);
    let truth = [1.0, -2.0, 3.0, 0.5, -1.5, 2.5];
    let mut b = [0.0; 6];
    matrix.times(&truth, &mut b);
    for parts in [vec![0..2, 2..4], whole(6), whole(4)] {
        let mut x = [0.0; 6];
        Cholesky::new(&matrix, &parts, GO).unwrap().solve(&b, &mut x, GO);
        assert_close(&x, &truth, 1e-5);
    }
}

#[test]
fn a_matrix_that_is_not_definite_is_shifted_until_it_is() {
    // Eigenvalues -1 and 3: the shift must be more than 1.
    let matrix = dense(&[&[1.0, 2.0], &[2.0, 1.0]]);
    let factors = Cholesky::new(&matrix, &whole(2), GO).unwrap();
    assert!((factors.shift - 10.0).abs() < 1e-9);
    let mut x = [0.0; 2];
    factors.solve(&[13.0, 13.0], &mut x, GO);
    assert_close(&x, &[1.0, 1.0], 1e-5);
    // A part alone is shifted alone: the one beside it needs nothing.
    let mixed = dense(&[&[4.0, 0.0, 0.0], &[0.0, 1.0, 2.0], &[0.0, 2.0, 1.0]]);
    let factors = Cholesky::new(&mixed, &[0..1, 1..3], GO).unwrap();
    let mut x = [0.0; 3];
    factors.solve(&[4.0, 13.0, 13.0], &mut x, GO);
    assert_close(&x, &[1.0, 1.0, 1.0], 1e-5);
    // A border that needs much is taken together with its parts.
    let factors = Cholesky::new(&mixed, &whole(1), GO).unwrap();
    factors.solve(&[14.0, 13.0, 13.0], &mut x, GO);
    assert_eq!((factors.border.len(), factors.shift), (0, 10.0));
    assert_close(&x, &[1.0, 1.0, 1.0], 1e-5);
}

#[test]
fn dropping_small_numbers_keeps_the_rough_inverse_symmetric_and_positive() {
    let n = 40usize;
    let value = |i: usize, j: usize| match i.abs_diff(j) {
        0 => 4.0,
        1 => -1.0,
        7 => -0.9,
        _ => 0.0,
    };
    let rows: Vec<Vec<f64>> = (0..n).map(|i| (0..n).map(|j| value(i, j)).collect()).collect();
    let matrix = dense(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>());
    let factors = Cholesky::new(&matrix, &whole(n), GO).unwrap();
    assert!(factors.count() < n * (n + 1) / 2, "something was dropped");
    let [a, b] = [3, 5].map(|k| (0..n).map(|i| f64::from((i * k % 11) as u8) - 4.0).collect::<Vec<_>>());
    let (mut of_a, mut of_b) = (vec![0.0; n], vec![0.0; n]);
    factors.solve(&a, &mut of_a, GO);
    factors.solve(&b, &mut of_b, GO);
    assert!((dot(&b, &of_a) - dot(&a, &of_b)).abs() < 1e-9 && dot(&a, &of_a) > 0.0);
    let mut back = vec![0.0; n];
    matrix.times(&of_a, &mut back);
    assert_close(&back, &a, 1e-2);
}

#[test]
fn a_cancel_is_heard() {
    let matrix = dense(&[&[1.0]]);
    assert_eq!(
        Cholesky::new(&matrix, &whole(1), &|| true).err().map(|why| Failure::of(&why)),
        Some(Failure::Cancelled)
    );
}
