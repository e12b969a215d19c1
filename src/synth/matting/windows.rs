//! Equations from 3×3 windows in each of which alpha is taken to be a linear function of the colours.
//!
//! Both closed-form matting (Levin, Lischinski & Weiss 2008) and learning-based matting (Zheng & Kambhamettu 2009) charge a window for what
//! such a function leaves over: pixels i and j of it share δᵢⱼ − xᵢᵀTxⱼ with x = (colour − mean colour, 1). They differ in T alone.

use super::{
    sparse::Csr,
    unknowns::{KNOWN, Unknowns},
};
use crate::{failure::Failure, picture::Picture, synth::Stop};
use anyhow::{Result, bail};
use rayon::prelude::*;

/// Pixels of a window.
pub const AREA: usize = 9;

/// A colour in [0, 1].
pub type Colour = [f64; 3];

/// A symmetric 4×4 matrix over (r, g, b, 1).
pub type Form = [[f64; 4]; 4];

/// A window: its mean colour and its T.
#[derive(Clone, Copy, Debug)]
pub struct Window {
    /// Mean of its nine colours.
    pub mean: Colour,
    /// What a linear function takes away.
    pub form: Form,
}

/// The equations `matrix`·α = `known` of the unknown pixels.
pub struct Equations {
    /// One row for each unknown pixel, in the order of [`Unknowns`].
    pub matrix: Csr,
    /// What known foreground adds.
    pub known: Vec<f64>,
}

/// The colour of a pixel.
pub fn colour(picture: &Picture, pixel: usize) -> Colour {
    std::array::from_fn(|c| f64::from(picture.rgb[3 * pixel + c]) / 255.0)
}

/// Mean of nine colours, and their scatter Σ(c − mean)(c − mean)ᵀ.
pub fn spread(colours: &[Colour; AREA]) -> (Colour, [[f64; 3]; 3]) {
    let mean: Colour = std::array::from_fn(|c| colours.iter().map(|p| p[c]).sum::<f64>() / AREA as f64);
    let mut scatter = [[0.0; 3]; 3];
    for p in colours {
        let d: Colour = std::array::from_fn(|c| p[c] - mean[c]);
        for i in 0..3 {
            for j in i..3 {
                scatter[i][j] += d[i] * d[j];
            }
        }
    }
    let [[_, rg, rb], [_, _, gb], _] = scatter;
    (scatter[1][0], scatter[2][0], scatter[2][1]) = (rg, rb, gb);
    (mean, scatter)
}

/// The windows that hold an unknown pixel, by their centre.
struct Windows {
    /// Where a pixel's window stands; [`KNOWN`] if it has none.
    place: Vec<u32>,
    all: Vec<Window>,
}

impl Windows {
    fn new(
        picture: &Picture,
        unknowns: &Unknowns,
        form: impl Fn(&[Colour; AREA]) -> Window + Sync,
        stop: Stop,
    ) -> Result<Self> {
        let [width, height] = unknowns.size;
        let around = |p: usize| -> [usize; AREA] { std::array::from_fn(|k| p + (k / 3) * width + k % 3 - width - 1) };
        let holds = |p: usize| around(p).iter().any(|&q| unknowns.place[q] != KNOWN);
        let rows: Vec<Vec<(u32, Window)>> = (1..height - 1)
            .into_par_iter()
            .map(|y| {
                if stop() {
                    return Vec::new();
                }
                let inside = (y * width + 1..(y + 1) * width - 1).filter(|&p| holds(p));
                inside.map(|p| (p as u32, form(&around(p).map(|q| colour(picture, q))))).collect()
            })
            .collect();
        if stop() {
            bail!(Failure::Cancelled);
        }
        let mut place = vec![KNOWN; width * height];
        let mut all = Vec::with_capacity(rows.iter().map(Vec::len).sum());
        for (p, window) in rows.into_iter().flatten() {
            place[p as usize] = all.len() as u32;
            all.push(window);
        }
        Ok(Self { place, all })
    }
}

/// Sets the equations up. `form` makes a window of its nine colours, row by row. `foreground` says which of the known pixels are 1.
pub fn equations(
    picture: &Picture,
    unknowns: &Unknowns,
    foreground: impl Fn(usize) -> bool + Sync,
    form: impl Fn(&[Colour; AREA]) -> Window + Sync,
    stop: Stop,
) -> Result<Equations> {
    let [width, height] = unknowns.size;
    if width < 3 || height < 3 {
        bail!("The picture has {width} × {height} pixels; this way of matting needs at least 3 × 3.");
    }
    let windows = Windows::new(picture, unknowns, form, stop)?;
    let near = |p: usize| Near::new(p, unknowns.size);
    let counts: Vec<usize> = unknowns
        .pixels
        .par_iter()
        .map(|&p| near(p as usize).pixels().filter(|&(_, q)| unknowns.place[q] != KNOWN).count())
        .collect();
    let mut matrix = Csr::with_counts(counts.into_iter());
    let mut known = vec![0.0; unknowns.pixels.len()];
    let mut rest = known.as_mut_slice();
    let pieces: Vec<_> = matrix
        .pieces()
        .into_iter()
        .map(|piece| {
            let (here, left) = std::mem::take(&mut rest).split_at_mut(piece.rows.len());
            rest = left;
            (piece, here)
        })
        .collect();
    pieces.into_par_iter().for_each(|(mut piece, known)| {
        for (i, known) in piece.rows.clone().zip(known) {
            if i % 256 == 0 && stop() {
                return;
            }
            let near = near(unknowns.pixels[i] as usize);
            let shares = near.shares(picture, &windows);
            let (index, value) = piece.row(i);
            let mut at = 0;
            for (k, q) in near.pixels() {
                if unknowns.place[q] != KNOWN {
                    (index[at], value[at]) = (unknowns.place[q], shares[k]);
                    at += 1;
                } else if foreground(q) {
                    *known -= shares[k];
                }
            }
        }
    });
    if stop() {
        bail!(Failure::Cancelled);
    }
    Ok(Equations { matrix, known })
}

/// The 5×5 pixels that share a window with the one in their middle.
struct Near {
    x: usize,
    y: usize,
    size: [usize; 2],
}

impl Near {
    fn new(pixel: usize, size: [usize; 2]) -> Self {
        Self { x: pixel % size[0], y: pixel / size[0], size }
    }

    /// Those inside the picture: their place among the 25, and their index.
    fn pixels(&self) -> impl Iterator<Item = (usize, usize)> {
        let (x, y, [width, height]) = (self.x, self.y, self.size);
        let rows = y.saturating_sub(2)..(y + 3).min(height);
        rows.flat_map(move |v| {
            let columns = x.saturating_sub(2)..(x + 3).min(width);
            columns.map(move |u| ((v + 2 - y) * 5 + (u + 2 - x), v * width + u))
        })
    }

    /// The row of the Laplacian of the one in the middle, by place among the 25.
    fn shares(&self, picture: &Picture, windows: &Windows) -> [f64; 25] {
        let (mut colours, mut shares) = ([[0.0; 3]; 25], [0.0; 25]);
        for (k, q) in self.pixels() {
            colours[k] = colour(picture, q);
        }
        let own = colours[12];
        let width = self.size[0];
        for k in [6, 7, 8, 11, 12, 13, 16, 17, 18] {
            let (u, v) = ((self.x + k % 5).wrapping_sub(2), (self.y + k / 5).wrapping_sub(2));
            if u >= width || v >= self.size[1] || windows.place[v * width + u] == KNOWN {
                continue;
            }
            let Window { mean, form } = &windows.all[windows.place[v * width + u] as usize];
            let x = [own[0] - mean[0], own[1] - mean[1], own[2] - mean[2], 1.0];
            let by: [f64; 4] = std::array::from_fn(|r| (0..4).map(|c| form[r][c] * x[c]).sum());
            for row in [k - 6, k - 1, k + 4] {
                for j in row..row + 3 {
                    let c = &colours[j];
                    let taken = by[0] * (c[0] - mean[0]) + by[1] * (c[1] - mean[1]) + by[2] * (c[2] - mean[2]) + by[3];
                    shares[j] -= taken;
                }
            }
            shares[12] += 1.0;
        }
        shares
    }
}
