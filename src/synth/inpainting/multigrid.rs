//! One multigrid V-cycle for the Laplace equation in a hole of any shape: a preconditioner, symmetric, the same bytes at any thread count.
//!
//! Cells are joined two by two. A coarse cell is in the hole when one of its four is. Its couplings are those of the cells it is made of
//! (half of them, for the doubled distance), the ties to known pixels are summed. Smoothing is Chebyshev's polynomial (Adams et al. 2003),
//! which asks for no order of the pixels.

use super::grid::{Rows, for_pairs, for_rows};

/// Steps of smoothing before and after the coarse correction.
const SMOOTH: usize = 2;
/// Sweeps on the coarsest level, which has few cells.
const COARSEST: usize = 16;
/// The smoother damps the upper part of the spectrum of D⁻¹A: from 2, which no eigenvalue exceeds, down to this.
const DAMPED: f32 = 0.5;
/// And on the coarsest level nearly all of it.
const LOWEST: f32 = 0.05;
/// How much of the ties to known pixels counts on the next level: they are nearer than a coarse cell.
const TIES: f32 = 0.75;

/// The equation on one level.
struct Level {
    width: usize,
    height: usize,
    /// Coupling of a cell with the one to its right, 0 where either is known.
    right: Vec<f32>,
    /// The same with the one below.
    below: Vec<f32>,
    /// 1 / (sum of a cell's couplings and ties), 0 where it is known.
    inverse: Vec<f32>,
    /// Sum of a cell's couplings and ties, 0 where it is known.
    diagonal: Vec<f32>,
}

/// What a V-cycle writes on while it runs, three colours a row.
struct Scratch {
    x: Rows<f32>,
    b: Rows<f32>,
    r: Rows<f32>,
    d: Rows<f32>,
}

/// A V-cycle with all it needs.
pub struct Multigrid {
    levels: Vec<Level>,
    scratch: Vec<Scratch>,
}

impl Level {
    fn finest(width: usize, height: usize, hole: &[bool], screen: f32) -> Self {
        let n = width * height;
        let (mut right, mut below, mut ties) = (vec![0.0; n], vec![0.0; n], vec![0.0; n]);
        ties.iter_mut().zip(hole).filter(|(_, h)| **h).for_each(|(t, _)| *t = screen);
        for y in 0..height {
            for x in 0..width {
                let at = y * width + x;
                for (other, inside, edge) in
                    [(at + 1, x + 1 < width, &mut right), (at + width, y + 1 < height, &mut below)]
                {
                    if inside {
                        match (hole[at], hole[other]) {
                            (true, true) => edge[at] = 1.0,
                            (true, false) => ties[at] += 1.0,
                            (false, true) => ties[other] += 1.0,
                            (false, false) => {}
                        }
                    }
                }
            }
        }
        Self::of(width, height, right, below, &ties)
    }

    fn of(width: usize, height: usize, right: Vec<f32>, below: Vec<f32>, ties: &[f32]) -> Self {
        let mut diagonal = ties.to_vec();
        for y in 0..height {
            for x in 0..width {
                let at = y * width + x;
                if x + 1 < width {
                    diagonal[at] += right[at];
                    diagonal[at + 1] += right[at];
                }
                if y + 1 < height {
                    diagonal[at] += below[at];
                    diagonal[at + width] += below[at];
                }
            }
        }
        let inverse = diagonal.iter().map(|&d| if d > 0.0 { 1.0 / d } else { 0.0 }).collect();
        Self { width, height, right, below, inverse, diagonal }
    }

    /// The level of half the size. A cell's ties are what its diagonal has beyond its couplings.
    fn coarser(&self) -> Self {
        let (w, h) = (self.width.div_ceil(2), self.height.div_ceil(2));
        let (mut right, mut below, mut ties) = (vec![0.0; w * h], vec![0.0; w * h], vec![0.0; w * h]);
        for y in 0..self.height {
            for x in 0..self.width {
                let (at, to) = (y * self.width + x, y / 2 * w + x / 2);
                if x % 2 == 1 {
                    right[to] += 0.5 * self.right[at];
                }
                if y % 2 == 1 {
                    below[to] += 0.5 * self.below[at];
                }
                let mut coupled = self.right[at] + self.below[at];
                if x > 0 {
                    coupled += self.right[at - 1];
                }
                if y > 0 {
                    coupled += self.below[at - self.width];
                }
                ties[to] += TIES * (self.diagonal[at] - coupled).max(0.0);
            }
        }
        Self::of(w, h, right, below, &ties)
    }

    /// `r = b − A x`; `x` is 0 where a pixel is known.
    fn residual(&self, x: &Rows<f32>, b: &Rows<f32>, r: &mut Rows<f32>) {
        let w = self.width;
        for_rows(r, |y, c, out| {
            let (own, at) = (x.row(y, c), y * w);
            let diagonal = &self.diagonal[at..at + w];
            let b = b.row(y, c);
            for i in 0..w {
                out[i] = b[i] - diagonal[i] * own[i];
            }
            let right = &self.right[at..at + w];
            for i in 0..w - 1 {
                out[i] += right[i] * own[i + 1];
            }
            for i in 1..w {
                out[i] += right[i - 1] * own[i - 1];
            }
            if y > 0 {
                let (up, edge) = (x.row(y - 1, c), &self.below[at - w..at]);
                for i in 0..w {
                    out[i] += edge[i] * up[i];
                }
            }
            if y + 1 < self.height {
                let (down, edge) = (x.row(y + 1, c), &self.below[at..at + w]);
                for i in 0..w {
                    out[i] += edge[i] * down[i];
                }
            }
        });
    }

    /// `steps` of Chebyshev's smoother on `A x = b`; with `fresh`, `x` starts at 0.
    fn smooth(&self, s: &mut Scratch, steps: usize, fresh: bool, lowest: f32) {
        let w = self.width;
        let (theta, delta) = (0.5 * (2.0 + lowest), 0.5 * (2.0 - lowest));
        let sigma = theta / delta;
        let mut rho = 1.0 / sigma;
        let Scratch { x, b, r, d } = s;
        for step in 0..steps {
            let start = fresh && step == 0;
            if !start {
                self.residual(x, b, r);
            }
            let from: &Rows<f32> = if start { b } else { r };
            let (keep, gain) = if step == 0 {
                (0.0, 1.0 / theta)
            } else {
                let next = 1.0 / (2.0 * sigma - rho);
                let pair = (next * rho, 2.0 * next / delta);
                rho = next;
                pair
            };
            for_pairs(d, x, |y, c, d, x| {
                let (inverse, from) = (&self.inverse[y * w..(y + 1) * w], from.row(y, c));
                if start {
                    for i in 0..w {
                        d[i] = gain * inverse[i] * from[i];
                        x[i] = d[i];
                    }
                } else {
                    for i in 0..w {
                        d[i] = keep * d[i] + gain * inverse[i] * from[i];
                        x[i] += d[i];
                    }
                }
            });
        }
    }
}

impl Multigrid {
    /// Prepares the levels for the hole in a window; `hole` has `width * height` entries;
    /// `screen` is added to the diagonal.
    pub fn new(width: usize, height: usize, hole: &[bool], screen: f32) -> Self {
        let mut levels = vec![Level::finest(width, height, hole, screen)];
        while let Some(last) = levels.last().filter(|l| l.width.max(l.height) > 4) {
            levels.push(last.coarser());
        }
        let rows = |l: &Level| Rows::new(l.width, l.height);
        let scratch = levels.iter().map(|l| Scratch { x: rows(l), b: rows(l), r: rows(l), d: rows(l) }).collect();
        Self { levels, scratch }
    }

    /// Where the right-hand side of the finest level is put before [`Multigrid::cycle`].
    pub fn input(&mut self) -> &mut Rows<f32> {
        &mut self.scratch[0].b
    }

    /// One V-cycle from 0: nearly the solution of the Laplace equation for [`Multigrid::input`], left in [`Multigrid::output`].
    pub fn cycle(&mut self) {
        let last = self.levels.len() - 1;
        for at in 0..last {
            let (fine, coarse) = self.scratch.split_at_mut(at + 1);
            self.levels[at].smooth(&mut fine[at], SMOOTH, true, DAMPED);
            let Scratch { x, b, r, .. } = &mut fine[at];
            self.levels[at].residual(x, b, r);
            restrict(r, &mut coarse[0].b, &self.levels[at + 1].inverse);
        }
        self.levels[last].smooth(&mut self.scratch[last], COARSEST, true, LOWEST);
        for at in (0..last).rev() {
            let (fine, coarse) = self.scratch.split_at_mut(at + 1);
            prolong(&coarse[0].x, &mut fine[at].x, &self.levels[at].inverse);
            self.levels[at].smooth(&mut fine[at], SMOOTH, false, DAMPED);
        }
    }

    /// What the last cycle found.
    pub fn output(&self) -> &Rows<f32> {
        &self.scratch[0].x
    }
}

/// A fine cell takes ¾ of the coarse cell it is in and ¼ of the nearest other one, along each axis.
fn partner(fine: usize, coarse_len: usize) -> usize {
    let own = fine / 2;
    if fine % 2 == 1 { (own + 1).min(coarse_len - 1) } else { own.saturating_sub(1) }
}

/// Adds the bilinear interpolation of `coarse` to `fine` inside the hole.
fn prolong(coarse: &Rows<f32>, fine: &mut Rows<f32>, inverse: &[f32]) {
    let (w, cw, ch) = (fine.width(), coarse.width(), coarse.height());
    for_rows(fine, |y, c, out| {
        let (own, other) = (coarse.row(y / 2, c), coarse.row(partner(y, ch), c));
        let mixed: Vec<f32> = own.iter().zip(other).map(|(a, b)| 0.75 * a + 0.25 * b).collect();
        let inside = &inverse[y * w..(y + 1) * w];
        for (x, (v, &i)) in out.iter_mut().zip(inside).enumerate() {
            if i > 0.0 {
                *v += 0.75 * mixed[x / 2] + 0.25 * mixed[partner(x, cw)];
            }
        }
    });
}

/// The transpose of [`prolong`]: `fine` is 0 outside the hole, and `coarse` becomes so.
fn restrict(fine: &Rows<f32>, coarse: &mut Rows<f32>, inverse: &[f32]) {
    let (fw, fh, w, h) = (fine.width(), fine.height(), coarse.width(), coarse.height());
    for_rows(coarse, |y, c, out| {
        let mut sum = vec![0.0_f32; fw];
        for fy in (2 * y).saturating_sub(1)..(2 * y + 3).min(fh) {
            let share = share(fy, y, h);
            for (s, v) in sum.iter_mut().zip(fine.row(fy, c)) {
                *s += share * v;
            }
        }
        let inside = &inverse[y * w..(y + 1) * w];
        for (x, v) in out.iter_mut().enumerate() {
            *v = 0.0;
            if inside[x] > 0.0 {
                let first = (2 * x).saturating_sub(1);
                let near = &sum[first..(2 * x + 3).min(fw)];
                *v = near.iter().enumerate().map(|(i, s)| share(first + i, x, w) * s).sum();
            }
        }
    });
}

/// How much of the coarse cell `coarse` a fine cell takes along an axis.
fn share(fine: usize, coarse: usize, coarse_len: usize) -> f32 {
    let own = if fine / 2 == coarse { 0.75 } else { 0.0 };
    own + if partner(fine, coarse_len) == coarse { 0.25 } else { 0.0 }
}
