//! KNN matting (Chen, Li & Tang 2013): pixels of like colour have like alpha, wherever they are.

use super::{
    kdtree::{Point, Tree},
    sparse::Csr,
    unknowns::{KNOWN, Unknowns},
    windows::Equations,
};
use crate::{failure::Failure, picture::Picture, synth::Stop};
use anyhow::{Result, bail};
use rayon::prelude::*;

/// Two searches: how many neighbours (each pixel is its own first one), and how much a picture's width or height counts against the whole
/// range of a colour.
pub const SEARCHES: [(usize, f32); 2] = [(20, 2.0), (10, 0.1)];

/// Rows that are sorted together.
const SHEAF: usize = 2048;

/// Colour and weighted place of every pixel.
fn points(picture: &Picture, weight: f32) -> Vec<Point> {
    let [width, height] = picture.size();
    let along = |at: usize, of: usize| weight * at as f32 / (of.max(2) - 1) as f32;
    let point = |p: usize| {
        let [r, g, b] = std::array::from_fn(|c| f32::from(picture.rgb[3 * p + c]) / 255.0);
        [r, g, b, along(p % width, width), along(p / width, height)]
    };
    (0..width * height).into_par_iter().map(point).collect()
}

/// Sets the equations up: (D − W)α = 0, where W counts how often one of two pixels is among the neighbours of the other.
pub fn equations(
    picture: &Picture,
    unknowns: &Unknowns,
    foreground: impl Fn(usize) -> bool + Sync,
    stop: Stop,
) -> Result<Equations> {
    // An unknown pixel and what it is tied to, one number for each tie: sorted, they are the rows. They are sorted in sheaves of rows.
    let mut sheaves: Vec<Vec<u64>> = vec![Vec::new(); unknowns.pixels.len().div_ceil(SHEAF)];
    for (room, weight) in SEARCHES {
        let points = points(picture, weight);
        let tree = Tree::new(&points);
        let some: Vec<Vec<u64>> = tree
            .order()
            .par_chunks(256)
            .map(|chunk| if stop() { Vec::new() } else { ties_of(chunk, &tree, &points, room, unknowns) })
            .collect();
        for ties in some {
            if stop() {
                bail!(Failure::Cancelled);
            }
            for tie in ties {
                sheaves[(tie >> 32) as usize / SHEAF].push(tie);
            }
        }
    }
    sheaves.par_iter_mut().filter(|_| !stop()).for_each(|sheaf| sheaf.sort_unstable());
    if stop() {
        bail!(Failure::Cancelled);
    }
    let mut ties = Vec::with_capacity(sheaves.iter().map(Vec::len).sum());
    for sheaf in sheaves {
        ties.extend(sheaf);
    }
    Ok(rows(&ties, unknowns, foreground))
}

/// The ties of these pixels to their neighbours, seen from each end that is unknown.
fn ties_of(pixels: &[u32], tree: &Tree, points: &[Point], room: usize, unknowns: &Unknowns) -> Vec<u64> {
    let mut ties = Vec::new();
    let mut found = vec![0; room];
    for &p in pixels {
        let count = tree.nearest(&points[p as usize], &mut found);
        for q in found[..count].iter().map(|&key| key as u32).filter(|&q| q != p) {
            for (from, to) in [(p, q), (q, p)] {
                let row = unknowns.place[from as usize];
                if row != KNOWN {
                    ties.push(u64::from(row) << 32 | u64::from(to));
                }
            }
        }
    }
    ties
}

/// Equations of sorted ties.
fn rows(ties: &[u64], unknowns: &Unknowns, foreground: impl Fn(usize) -> bool + Sync) -> Equations {
    let count = unknowns.pixels.len();
    let start: Vec<usize> = (0..=count as u64).map(|row| ties.partition_point(|&tie| tie >> 32 < row)).collect();
    let of = |row: usize| {
        ties[start[row]..start[row + 1]].chunk_by(|a, b| a == b).map(|same| (same[0] as u32 as usize, same.len()))
    };
    let counts: Vec<usize> = (0..count)
        .into_par_iter()
        .map(|row| 1 + of(row).filter(|&(p, _)| unknowns.place[p] != KNOWN).count())
        .collect();
    let mut matrix = Csr::with_counts(counts.into_iter());
    matrix.pieces().into_par_iter().for_each(|mut piece| {
        for i in piece.rows.clone() {
            let (index, value) = piece.row(i);
            (index[0], value[0]) = (i as u32, (start[i + 1] - start[i]) as f64);
            let others = of(i).filter(|&(p, _)| unknowns.place[p] != KNOWN);
            for (at, (p, times)) in others.enumerate() {
                (index[at + 1], value[at + 1]) = (unknowns.place[p], -(times as f64));
            }
        }
    });
    let known = (0..count)
        .into_par_iter()
        .map(|row| of(row).filter(|&(p, _)| unknowns.place[p] == KNOWN && foreground(p)).map(|(_, n)| n as f64).sum())
        .collect();
    Equations { matrix, known }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::picture::Mask;

    #[test]
    fn ties_count_both_ways_and_known_foreground_goes_to_the_other_side() {
        // Two unknown pixels, one tied to foreground twice and to the other once; the other to background once.
        let trimap = Mask { width: 4, height: 1, grey: [255, 9, 9, 0].into() };
        let unknowns = Unknowns::of(&trimap);
        let tie = |row: u64, to: u64| row << 32 | to;
        let mut ties = vec![tie(0, 0), tie(0, 0), tie(0, 2), tie(1, 1), tie(1, 3)];
        ties.sort_unstable();
        let Equations { matrix, known } = rows(&ties, &unknowns, |p| trimap.grey[p] == 255);
        assert_eq!(matrix.row(0), (&[0, 1][..], &[3.0, -1.0][..]));
        assert_eq!(matrix.row(1), (&[1, 0][..], &[2.0, -1.0][..]));
        assert_eq!(known, [2.0, 0.0]);
    }

    #[test]
    fn rows_and_what_is_known_add_up_to_nothing_where_all_is_foreground() {
        let (width, height) = (12, 9);
        let rgb: Vec<u8> = (0..width * height * 3).map(|i| (i * 37 % 251) as u8).collect();
        let picture = Picture { width, height, rgb: rgb.into() };
        let grey: Vec<u8> = (0..width * height).map(|p| if p % 3 == 0 { 255 } else { 128 }).collect();
        let unknowns = Unknowns::of(&Mask { width, height, grey: grey.into() });
        let Equations { matrix, known } = equations(&picture, &unknowns, |_| true, &|| false).unwrap();
        let ones = vec![1.0; known.len()];
        let mut sums = vec![0.0; known.len()];
        matrix.times(&ones, &mut sums);
        assert_eq!(sums, known);
        for i in 0..matrix.rows() {
            let (index, value) = matrix.row(i);
            assert!(value[0] >= 19.0, "19 other neighbours at least");
            for (&j, v) in index.iter().zip(value) {
                let (back, values) = matrix.row(j as usize);
                let other = values[back.iter().position(|&b| b as usize == i).unwrap()];
                assert!((other - v).abs() < 1e-12, "symmetric");
            }
        }
    }
}
