//! Conjugate gradients in 64-bit numbers for the pixels of a hole, with multigrid as the preconditioner; one step for all three colours.

use super::{
    grid::{Rows, dot, for_pairs, for_rows, sums},
    hole::Window,
    multigrid::Multigrid,
};
use crate::synth::Watch;
use anyhow::Result;

/// What is asked of the pixels in the hole.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Equation {
    /// Δu = 0: each pixel is the mean of its neighbours.
    Laplace,
    /// Δ²u = 0.
    Biharmonic,
}

/// How a solve ended.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Solved {
    /// ‖b − A u‖ / ‖b‖ of the worst colour, from `u` itself.
    pub residual: f64,
    /// Steps taken.
    pub iterations: usize,
}

/// An equation in the hole of a window. The picture's border lets nothing through (Neumann), known pixels hold their values (Dirichlet).
pub struct Problem {
    equation: Equation,
    inside: Vec<bool>,
    /// How many neighbours a pixel of the window has: the picture's border cuts some off.
    neighbours: Vec<f64>,
    grid: Multigrid,
    between: Rows<f64>,
    /// What `A u` is to be; nothing where it is 0.
    wanted: Option<Rows<f64>>,
}

impl Problem {
    /// Prepares it. The window must hold all that the equation's stencil reaches: one pixel around the hole, or two.
    pub fn new(equation: Equation, window: Window, hole: Vec<bool>) -> Self {
        let (w, h) = (window.width, window.height);
        let count = |at: usize| {
            let (x, y) = (at % w, at / w);
            [x > 0, x + 1 < w, y > 0, y + 1 < h].iter().filter(|&&i| i).count() as f64
        };
        let neighbours = (0..w * h).map(count).collect();
        let grid = Multigrid::new(w, h, &hole, 0.0);
        let between = if equation == Equation::Biharmonic { Rows::new(w, h) } else { Rows::new(1, 0) };
        Self { equation, grid, inside: hole, neighbours, between, wanted: None }
    }

    /// Laplace's equation with a right-hand side and a pull towards 0: `screen · u − Δu = wanted` in the hole.
    pub fn screened(window: Window, hole: Vec<bool>, screen: f64, wanted: Rows<f64>) -> Self {
        let mut problem = Self::new(Equation::Laplace, window, hole);
        problem.grid = Multigrid::new(window.width, window.height, &problem.inside, screen as f32);
        problem.neighbours.iter_mut().for_each(|n| *n += screen);
        Self { wanted: Some(wanted), ..problem }
    }

    /// Which pixels of the window are to be found.
    pub fn hole(&self) -> &[bool] {
        &self.inside
    }

    /// Fills the hole of `u`, whatever it has there. Ends when the residual is below `tolerance` or after `most` steps.
    #[allow(clippy::many_single_char_names)] // as the method's papers name them
    pub fn solve(&mut self, u: &mut Rows<f64>, tolerance: f64, most: usize, watch: &mut Watch) -> Result<Solved> {
        let (w, h) = (u.width(), u.height());
        let (mut r, mut p, mut q) = (Rows::new(w, h), Rows::new(w, h), Rows::new(w, h));
        u.clear(&self.inside);
        self.apply(u, &mut r);
        self.subtract_from_wanted(&mut r);
        let squares = |r: &Rows<f64>| sums(h, w, |y, c| dot(r.row(y, c), r.row(y, c)));
        // From 0 in the hole the first residual is the right-hand side.
        let scale = squares(&r).map(|s| if s > 0.0 { s } else { 1.0 });
        let worst = |norms: [f64; 3]| (0..3).map(|c| (norms[c] / scale[c]).sqrt()).fold(0.0, f64::max);
        let (mut residual, mut iterations, mut rz) = (worst(squares(&r)), 0, [0.0; 3]);
        let first = residual;
        while residual > tolerance && iterations < most {
            watch.check()?;
            self.precondition(&r, watch)?;
            let z = self.grid.output();
            let now = sums(h, w, |y, c| dot_mixed(r.row(y, c), z.row(y, c)));
            let keep: [f64; 3] = std::array::from_fn(|c| if rz[c] > 0.0 { now[c] / rz[c] } else { 0.0 });
            rz = now;
            for_rows(&mut p, |y, c, out| {
                for (v, &z) in out.iter_mut().zip(z.row(y, c)) {
                    *v = f64::from(z) + keep[c] * *v;
                }
            });
            self.apply(&p, &mut q);
            let energy = sums(h, w, |y, c| dot(p.row(y, c), q.row(y, c)));
            let step: [f64; 3] = std::array::from_fn(|c| if energy[c] > 0.0 { rz[c] / energy[c] } else { 0.0 });
            for_pairs(u, &mut r, |y, c, u, r| {
                u.iter_mut().zip(p.row(y, c)).for_each(|(v, &p)| *v += step[c] * p);
                r.iter_mut().zip(q.row(y, c)).for_each(|(v, &q)| *v -= step[c] * q);
            });
            residual = worst(squares(&r));
            iterations += 1;
            watch.at((residual / first).ln() as f32 / (tolerance / first).ln() as f32)?;
        }
        self.apply(u, &mut r);
        self.subtract_from_wanted(&mut r);
        Ok(Solved { residual: worst(squares(&r)), iterations })
    }

    /// `r = wanted − r` in the hole.
    fn subtract_from_wanted(&self, r: &mut Rows<f64>) {
        let (w, inside, wanted) = (r.width(), &self.inside, &self.wanted);
        for_rows(r, |y, c, out| match wanted {
            None => out.iter_mut().for_each(|v| *v = -*v),
            Some(wanted) => {
                for ((v, &b), &i) in out.iter_mut().zip(wanted.row(y, c)).zip(&inside[y * w..]) {
                    *v = if i { b - *v } else { 0.0 };
                }
            }
        });
    }

    /// `out = A u` in the hole, 0 outside.
    fn apply(&mut self, u: &Rows<f64>, out: &mut Rows<f64>) {
        let inside = &self.inside;
        match self.equation {
            Equation::Laplace => laplace(u, &self.neighbours, out),
            Equation::Biharmonic => {
                laplace(u, &self.neighbours, &mut self.between);
                laplace(&self.between, &self.neighbours, out);
            }
        }
        let w = u.width();
        for_rows(out, |y, _, row| {
            for (v, &i) in row.iter_mut().zip(&inside[y * w..]) {
                *v = if i { *v } else { 0.0 };
            }
        });
    }

    /// Leaves in the grid's output what is nearly `A⁻¹ r`: for the biharmonic equation Laplace's is solved twice.
    fn precondition(&mut self, r: &Rows<f64>, watch: &Watch) -> Result<()> {
        for_rows(self.grid.input(), |y, c, out| {
            out.iter_mut().zip(r.row(y, c)).for_each(|(v, &r)| *v = r as f32);
        });
        self.grid.cycle();
        watch.check()?;
        if self.equation == Equation::Biharmonic {
            let half = self.grid.output().clone();
            *self.grid.input() = half;
            self.grid.cycle();
            watch.check()?;
        }
        Ok(())
    }
}

fn dot_mixed(a: &[f64], b: &[f32]) -> f64 {
    let mut lanes = [0.0; 8];
    for (p, q) in a.chunks(8).zip(b.chunks(8)) {
        for (lane, (p, q)) in lanes.iter_mut().zip(p.iter().zip(q)) {
            *lane += p * f64::from(*q);
        }
    }
    lanes.iter().sum()
}

/// Neighbours' count times the pixel less its neighbours.
fn laplace(u: &Rows<f64>, neighbours: &[f64], out: &mut Rows<f64>) {
    let (w, h) = (u.width(), u.height());
    for_rows(out, |y, c, out| {
        let (own, count) = (u.row(y, c), &neighbours[y * w..(y + 1) * w]);
        let (up, down) = (u.row(y.saturating_sub(1), c), u.row((y + 1).min(h - 1), c));
        // At the upper and lower border the row itself stands in for the one that is missing.
        let beyond = f64::from(u8::from(y == 0)) + f64::from(u8::from(y + 1 == h));
        for i in 0..w {
            out[i] = (count[i] + beyond) * own[i] - up[i] - down[i];
        }
        for i in 1..w {
            out[i] -= own[i - 1];
        }
        for i in 0..w - 1 {
            out[i] -= own[i + 1];
        }
    });
}
