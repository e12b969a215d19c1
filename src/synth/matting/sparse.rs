//! Symmetric sparse matrices in rows, and sums that come out the same at any thread count.

use rayon::prelude::*;
use std::ops::Range;

/// Rows and numbers are worked on in pieces of this many, so that a sum has one order.
const PIECE: usize = 4096;

/// A square symmetric matrix, all of it stored, row by row (compressed sparse rows).
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Csr {
    /// Where each row starts in the other two, and the end of the last: one more than there are rows.
    pub start: Vec<usize>,
    /// The column of each number; in any order within a row, none twice.
    pub index: Vec<u32>,
    /// The numbers.
    pub value: Vec<f64>,
}

impl Csr {
    /// Room for rows that hold this many numbers each; all zero.
    pub fn with_counts(counts: impl Iterator<Item = usize>) -> Self {
        let mut start = vec![0];
        let mut end = 0;
        start.extend(counts.map(|count| {
            end += count;
            end
        }));
        Self { start, index: vec![0; end], value: vec![0.0; end] }
    }

    /// How many rows there are.
    pub fn rows(&self) -> usize {
        self.start.len().saturating_sub(1)
    }

    /// The columns and numbers of a row.
    pub fn row(&self, i: usize) -> (&[u32], &[f64]) {
        let at = self.start[i]..self.start[i + 1];
        (&self.index[at.clone()], &self.value[at])
    }

    /// Every row's number on the diagonal; 0 where none is stored.
    pub fn diagonal(&self) -> Vec<f64> {
        let of = |i: usize| {
            let (index, value) = self.row(i);
            index.iter().position(|&j| j as usize == i).map_or(0.0, |at| value[at])
        };
        (0..self.rows()).into_par_iter().map(of).collect()
    }

    /// `out` = this matrix times `x`.
    pub fn times(&self, x: &[f64], out: &mut [f64]) {
        out.par_chunks_mut(PIECE).enumerate().for_each(|(piece, out)| {
            for (k, sum) in out.iter_mut().enumerate() {
                let (index, value) = self.row(piece * PIECE + k);
                *sum = index.iter().zip(value).map(|(&j, v)| v * x[j as usize]).sum();
            }
        });
    }

    /// The rows in pieces that different threads can fill: the rows of a piece, where each starts in the piece, columns and numbers.
    pub fn pieces(&mut self) -> Vec<Piece<'_>> {
        let rows = self.rows();
        let (mut index, mut value) = (self.index.as_mut_slice(), self.value.as_mut_slice());
        let mut pieces = Vec::new();
        for first in (0..rows).step_by(PIECE) {
            let rows = first..(first + PIECE).min(rows);
            let count = self.start[rows.end] - self.start[first];
            let (index_here, index_left) = index.split_at_mut(count);
            let (value_here, value_left) = value.split_at_mut(count);
            (index, value) = (index_left, value_left);
            pieces.push(Piece { start: &self.start[first..=rows.end], rows, index: index_here, value: value_here });
        }
        pieces
    }
}

/// Some rows of a [`Csr`] while it is being filled.
pub struct Piece<'a> {
    /// Which rows.
    pub rows: Range<usize>,
    start: &'a [usize],
    index: &'a mut [u32],
    value: &'a mut [f64],
}

impl Piece<'_> {
    /// The columns and numbers of row `i` of the whole matrix.
    pub fn row(&mut self, i: usize) -> (&mut [u32], &mut [f64]) {
        let k = i - self.rows.start;
        let at = self.start[k] - self.start[0]..self.start[k + 1] - self.start[0];
        (&mut self.index[at.clone()], &mut self.value[at])
    }
}

/// Σ aᵢbᵢ.
pub fn dot(a: &[f64], b: &[f64]) -> f64 {
    let of = |(a, b): (&[f64], &[f64])| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let sums: Vec<f64> = a.par_chunks(PIECE).zip(b.par_chunks(PIECE)).map(of).collect();
    sums.iter().sum()
}

/// `y` += `times`·`x`.
pub fn add(y: &mut [f64], times: f64, x: &[f64]) {
    y.par_chunks_mut(PIECE).zip(x.par_chunks(PIECE)).for_each(|(y, x)| {
        y.iter_mut().zip(x).for_each(|(y, x)| *y += times * x);
    });
}

/// `y` = `x` + `times`·`y`.
pub fn follow(y: &mut [f64], times: f64, x: &[f64]) {
    y.par_chunks_mut(PIECE).zip(x.par_chunks(PIECE)).for_each(|(y, x)| {
        y.iter_mut().zip(x).for_each(|(y, x)| *y = x + times * *y);
    });
}

#[cfg(test)]
pub mod tests {
    use super::*;

    /// A matrix from all its numbers; zeros are left out.
    pub fn dense(rows: &[&[f64]]) -> Csr {
        let filled = |row: &&[f64]| row.iter().filter(|v| **v != 0.0).count();
        let mut matrix = Csr::with_counts(rows.iter().map(filled));
        for mut piece in matrix.pieces() {
            for i in piece.rows.clone() {
                let (index, value) = piece.row(i);
                for (at, (j, v)) in rows[i].iter().enumerate().filter(|(_, v)| **v != 0.0).enumerate() {
                    (index[at], value[at]) = (j as u32, *v);
                }
            }
        }
        matrix
    }

    #[test]
    fn a_matrix_times_a_vector() {
        let matrix = dense(&[&[2.0, 0.0, -1.0], &[0.0, 3.0, 0.0], &[-1.0, 0.0, 4.0]]);
        let mut out = vec![9.0; 3];
        matrix.times(&[1.0, 2.0, 3.0], &mut out);
        assert_eq!(out, [-1.0, 6.0, 11.0]);
        assert_eq!(matrix.diagonal(), [2.0, 3.0, 4.0]);
        assert_eq!(matrix.row(2), (&[0, 2][..], &[-1.0, 4.0][..]));
    }

    #[test]
    fn long_vectors_are_worked_on_in_pieces() {
        let n = 3 * PIECE + 5;
        let a: Vec<f64> = (0..n).map(|i| i as f64).collect();
        let ones = vec![1.0; n];
        assert_eq!(dot(&a, &ones) as usize, n * (n - 1) / 2);
        let mut y = a.clone();
        add(&mut y, 2.0, &a);
        assert_eq!(y[n - 1] as usize, 3 * (n - 1));
        follow(&mut y, -1.0, &ones);
        assert_eq!(y[PIECE] as i64, 1 - 3 * PIECE as i64);
    }
}
