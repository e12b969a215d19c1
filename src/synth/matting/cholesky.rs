//! Incomplete Cholesky factors: triangles that make conjugate gradients quick.
//!
//! Small numbers are dropped as each column is made (threshold dropping, as in Jones & Plassmann 1995, with dropped squares still taken from
//! the diagonal). The unknowns come in parts that do not touch each other and a border that all of them may touch, so that the parts are
//! made and solved at the same time; how many parts there are does not depend on the threads.

use super::sparse::Csr;
use crate::{failure::Failure, synth::Stop};
use anyhow::{Result, bail};
use rayon::prelude::*;
use std::ops::Range;

/// Numbers of the factor below it are dropped.
const DROP: f64 = 1e-4;
/// Added to the diagonal, in turn, until every pivot is positive: dropping may have cost the matrix its definiteness.
const SHIFTS: [f64; 14] = [0.0, 1e-5, 1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 0.1, 0.5, 1.0, 10.0, 100.0, 1e3, 1e4];
/// A border that needs more than this suffers from what its parts dropped; all in one piece is better then.
const BROKEN: f64 = 3e-3;
/// A pivot below this share of the largest number on the diagonal is what dropping left over (sound ones are a hundred times as large), and
/// would make numbers so large that all after it are lost.
const LEAST: f64 = 2e-5;
/// Columns between two looks at whether somebody cancelled.
const LOOK: usize = 512;
/// The factors, read only.
const SOLVED: usize = 8192;
const NONE: u32 = u32::MAX;

/// Columns of a lower triangle below its diagonal, and the diagonal.
#[derive(Debug, Default)]
struct Columns {
    start: Vec<usize>,
    /// Row and number; rows rise within a column.
    below: Vec<(u32, f32)>,
    /// 1 over the diagonal.
    inverse: Vec<f64>,
}

impl Columns {
    fn column(&self, j: usize) -> &[(u32, f32)] {
        &self.below[self.start[j]..self.start[j + 1]]
    }

    /// Solves Lx = b in place; rows beyond the columns get what is left of them. Both ways stop short once somebody cancelled.
    fn forward(&self, x: &mut [f64], stop: Stop) {
        for j in 0..self.inverse.len() {
            if j % SOLVED == 0 && stop() {
                return;
            }
            let solved = x[j] * self.inverse[j];
            x[j] = solved;
            for &(i, v) in self.column(j) {
                x[i as usize] -= f64::from(v) * solved;
            }
        }
    }

    /// Solves Lᵀx = b in place; rows beyond the columns are known.
    fn backward(&self, x: &mut [f64], stop: Stop) {
        for j in (0..self.inverse.len()).rev() {
            if j % SOLVED == 0 && stop() {
                return;
            }
            let known: f64 = self.column(j).iter().map(|&(i, v)| f64::from(v) * x[i as usize]).sum();
            x[j] = (x[j] - known) * self.inverse[j];
        }
    }
}

/// A column while it is being made.
struct Column {
    value: Vec<f64>,
    /// Rows that are not 0; one that cancelled out on the way may stand twice.
    rows: Vec<u32>,
}

impl Column {
    fn new(rows: usize) -> Self {
        Self { value: vec![0.0; rows], rows: Vec::new() }
    }

    #[inline]
    fn add(&mut self, row: u32, value: f64) {
        let sum = &mut self.value[row as usize];
        if *sum == 0.0 {
            self.rows.push(row);
        }
        *sum += value;
    }

    /// Takes the numbers out, rows in any order, and is empty again.
    fn drain(&mut self, mut each: impl FnMut(u32, f64)) {
        for row in self.rows.drain(..) {
            let value = std::mem::take(&mut self.value[row as usize]);
            if value != 0.0 {
                each(row, value);
            }
        }
    }
}

/// Why there are no columns.
enum Failed {
    Pivot,
    Cancelled,
}

/// Makes the columns, left-looking. `source` gives a column's numbers below the diagonal; `diagonal`, of every row, is taken from as
/// columns are made. `None` where a pivot is not positive.
fn columns(
    count: usize,
    diagonal: &mut [f64],
    stop: Stop,
    source: impl Fn(usize, &mut Column),
) -> Result<Columns, Failed> {
    let mut column = Column::new(diagonal.len());
    let least = LEAST * diagonal.iter().copied().fold(0.0, f64::max);
    let mut made = Columns { start: vec![0], below: Vec::new(), inverse: Vec::with_capacity(count) };
    // Which made columns have their next number in a row: a list for each row.
    let (mut head, mut link, mut at) = (vec![NONE; count], vec![NONE; count], vec![0usize; count]);
    for j in 0..count {
        if j % LOOK == 0 && stop() {
            return Err(Failed::Cancelled);
        }
        source(j, &mut column);
        let mut k = head[j];
        while k != NONE {
            let (here, end) = (at[k as usize], made.start[k as usize + 1]);
            let next = link[k as usize];
            let times = f64::from(made.below[here].1);
            for &(i, v) in &made.below[here + 1..end] {
                column.add(i, -f64::from(v) * times);
            }
            enlist(&made, k, here + 1, &mut at, &mut head, &mut link);
            k = next;
        }
        let pivot = diagonal[j];
        if !(pivot > least && pivot.is_finite()) {
            return Err(Failed::Pivot);
        }
        let inverse = 1.0 / pivot.sqrt();
        let first = made.below.len();
        column.drain(|i, v| {
            let v = v * inverse;
            diagonal[i as usize] -= v * v;
            if v.abs() > DROP {
                made.below.push((i, v as f32));
            }
        });
        made.below[first..].sort_unstable_by_key(|b| b.0);
        made.inverse.push(inverse);
        made.start.push(made.below.len());
        enlist(&made, j as u32, made.start[j], &mut at, &mut head, &mut link);
    }
    Ok(made)
}

/// Puts column `k` on the list of the row of its number at `here`.
fn enlist(made: &Columns, k: u32, here: usize, at: &mut [usize], head: &mut [u32], link: &mut [u32]) {
    at[k as usize] = here;
    if here < made.start[k as usize + 1] {
        let row = made.below[here].0 as usize;
        if row < head.len() {
            link[k as usize] = head[row];
            head[row] = k;
        }
    }
}

/// The columns of a part, and what they take from the border.
struct Part {
    range: Range<usize>,
    columns: Columns,
    /// Taken from the border's diagonal (negative).
    diagonal: Vec<f64>,
    /// Taken from the border's columns, below the diagonal.
    border: Vec<Vec<(u32, f64)>>,
    shift: f64,
}

/// L of a matrix that is about L times its transpose.
pub struct Cholesky {
    parts: Vec<(Range<usize>, Columns)>,
    border: Range<usize>,
    last: Columns,
    /// The largest number that had to be added to the diagonal of a part.
    pub shift: f64,
}

impl Cholesky {
    /// Factors a matrix whose rows are those of the `parts`, which follow each other from row 0, and then the border.
    pub fn new(matrix: &Csr, parts: &[Range<usize>], stop: Stop) -> Result<Self> {
        let border = parts.last().map_or(0, |p| p.end)..matrix.rows();
        let diagonal = matrix.diagonal();
        let made: Result<Vec<Part>> =
            parts.par_iter().map(|range| Part::new(matrix, range.clone(), &border, &diagonal, stop)).collect();
        let made = made?;
        let mut start = diagonal[border.clone()].to_vec();
        for part in &made {
            start.iter_mut().zip(&part.diagonal).for_each(|(d, taken)| *d += taken);
        }
        let source = |j: usize, column: &mut Column| {
            for (i, v) in below(matrix, border.start + j) {
                column.add((i - border.start) as u32, v);
            }
            for part in &made {
                part.border[j].iter().for_each(|&(i, v)| column.add(i, v));
            }
        };
        let (last, _, shift) = shifted(border.len(), &start, border.len(), stop, source)?;
        if shift > BROKEN && !border.is_empty() {
            return Self::new(matrix, std::slice::from_ref(&(0..matrix.rows())), stop);
        }
        let shift = made.iter().map(|p| p.shift).fold(shift, f64::max);
        let parts = made.into_iter().map(|p| (p.range, p.columns)).collect();
        Ok(Self { parts, border, last, shift })
    }

    /// `out` = the inverse of L times its transpose, times `b`; anything at all once somebody cancelled.
    pub fn solve(&self, b: &[f64], out: &mut [f64], stop: Stop) {
        let parts = self.parts.par_iter();
        let mut work: Vec<Vec<f64>> = parts
            .map(|(range, columns)| {
                let mut x = b[range.clone()].to_vec();
                x.resize(range.len() + self.border.len(), 0.0);
                columns.forward(&mut x, stop);
                x
            })
            .collect();
        let mut last = b[self.border.clone()].to_vec();
        for ((range, _), x) in self.parts.iter().zip(&work) {
            last.iter_mut().zip(&x[range.len()..]).for_each(|(l, v)| *l += v);
        }
        self.last.forward(&mut last, stop);
        self.last.backward(&mut last, stop);
        self.parts.par_iter().zip(&mut work).for_each(|((range, columns), x)| {
            x[range.len()..].copy_from_slice(&last);
            columns.backward(x, stop);
        });
        for ((range, _), x) in self.parts.iter().zip(&work) {
            out[range.clone()].copy_from_slice(&x[..range.len()]);
        }
        out[self.border.clone()].copy_from_slice(&last);
    }

    /// Numbers stored.
    #[cfg(test)]
    fn count(&self) -> usize {
        self.parts.iter().map(|(_, c)| c).chain([&self.last]).map(|c| c.below.len() + c.inverse.len()).sum()
    }
}

/// The numbers of a row behind the diagonal, which are those of the column below it.
fn below(matrix: &Csr, row: usize) -> impl Iterator<Item = (usize, f64)> {
    let (index, value) = matrix.row(row);
    index.iter().zip(value).map(|(&i, &v)| (i as usize, v)).filter(move |(i, _)| *i > row)
}

/// The columns at the smallest shift that lets them be made, the diagonal behind them, and the shift.
fn shifted(
    count: usize,
    start: &[f64],
    rows: usize,
    stop: Stop,
    source: impl Fn(usize, &mut Column),
) -> Result<(Columns, Vec<f64>, f64)> {
    for shift in SHIFTS {
        let mut diagonal: Vec<f64> = start[..count].iter().map(|d| d + shift).collect();
        diagonal.resize(rows, 0.0);
        match columns(count, &mut diagonal, stop, &source) {
            Ok(columns) => return Ok((columns, diagonal.split_off(count), shift)),
            Err(Failed::Cancelled) => bail!(Failure::Cancelled),
            Err(Failed::Pivot) => {}
        }
    }
    bail!("The equations of this matte are not definite enough to be solved; mark more foreground and background.")
}

impl Part {
    fn new(matrix: &Csr, range: Range<usize>, border: &Range<usize>, diagonal: &[f64], stop: Stop) -> Result<Self> {
        let (first, count) = (range.start, range.len());
        let local = |i: usize| if i < border.start { i - first } else { i - border.start + count };
        let source = |j: usize, column: &mut Column| {
            below(matrix, first + j).for_each(|(i, v)| column.add(local(i) as u32, v));
        };
        let (columns, diagonal, shift) = shifted(count, &diagonal[range.clone()], count + border.len(), stop, source)?;
        let border = taken(&columns, border.len(), stop)?;
        Ok(Self { range, columns, diagonal, border, shift })
    }
}

/// What a part's columns take from each column of the border, below the diagonal.
fn taken(columns: &Columns, border: usize, stop: Stop) -> Result<Vec<Vec<(u32, f64)>>> {
    let count = columns.inverse.len();
    let mut touching = vec![Vec::new(); border];
    for j in 0..count {
        let column = columns.column(j);
        let inside = column.partition_point(|(i, _)| (*i as usize) < count);
        for at in inside..column.len() {
            touching[column[at].0 as usize - count].push((j, at));
        }
    }
    let mut work = Column::new(border);
    let mut all = Vec::with_capacity(border);
    for (at, list) in touching.iter().enumerate() {
        if at % LOOK == 0 && stop() {
            bail!(Failure::Cancelled);
        }
        for &(j, at) in list {
            let column = columns.column(j);
            let times = f64::from(column[at].1);
            column[at + 1..].iter().for_each(|&(i, v)| work.add(i - count as u32, -f64::from(v) * times));
        }
        let mut one = Vec::new();
        work.drain(|i, v| one.push((i, v)));
        one.sort_unstable_by_key(|o| o.0);
        all.push(one);
    }
    Ok(all)
}

#[cfg(test)]
#[path = "cholesky_tests.rs"]
mod tests;
