//! Conjugate gradients (Hestenes & Stiefel 1952), made quick by a rough inverse of the matrix.

use super::{
    cholesky::Cholesky,
    sparse::{Csr, add, dot, follow},
};
use crate::{failure::Failure, synth::Stop};
use anyhow::{Result, bail};
use rayon::prelude::*;

/// A rough inverse of the matrix.
pub enum Rough {
    /// One over the diagonal (Jacobi).
    Diagonal(Vec<f64>),
    /// A preconditioner from an incomplete factorisation.
    Factors(Cholesky),
}

impl Rough {
    /// One over the diagonal of a matrix.
    pub fn diagonal(matrix: &Csr) -> Self {
        Self::Diagonal(matrix.diagonal().into_iter().map(|d| if d > 0.0 { 1.0 / d } else { 1.0 }).collect())
    }

    fn apply(&self, r: &[f64], out: &mut [f64], stop: Stop) -> Result<()> {
        match self {
            Self::Diagonal(inverse) => {
                out.par_iter_mut().with_min_len(4096).zip(r).zip(inverse).for_each(|((o, r), d)| *o = r * d);
            }
            Self::Factors(factors) => factors.solve(r, out, stop),
        }
        if stop() {
            bail!(Failure::Cancelled);
        }
        Ok(())
    }
}

/// When to stop.
#[derive(Clone, Copy, Debug)]
pub struct Until {
    /// ‖b − Ax‖ / ‖b‖ that is good enough.
    pub tolerance: f64,
    /// Most iterations.
    pub iterations: usize,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Solved {
    /// The solution, or the best so far.
    pub x: Vec<f64>,
    /// Iterations taken.
    pub iterations: usize,
    /// ‖b − Ax‖ / ‖b‖, as the iteration keeps it.
    pub residual: f64,
    /// Whether it is within the tolerance.
    pub converged: bool,
}

/// Gets the iteration, the residual and x so far; its error ends the search.
pub type Hear<'a> = &'a mut dyn FnMut(usize, f64, &[f64]) -> Result<()>;

/// Solves `matrix`·x = `b` for a symmetric positive definite matrix, from `x` on.
#[allow(clippy::many_single_char_names)] // as they are called in every book
pub fn solve(
    matrix: &Csr,
    b: &[f64],
    mut x: Vec<f64>,
    rough: &Rough,
    until: Until,
    stop: Stop,
    on_progress: Hear,
) -> Result<Solved> {
    let n = b.len();
    let size = dot(b, b).sqrt();
    if size == 0.0 {
        return Ok(Solved { x: vec![0.0; n], iterations: 0, residual: 0.0, converged: true });
    }
    let (mut r, mut z, mut product) = (b.to_vec(), vec![0.0; n], vec![0.0; n]);
    matrix.times(&x, &mut product);
    add(&mut r, -1.0, &product);
    let mut residual = dot(&r, &r).sqrt() / size;
    let mut best = (residual, x.clone());
    rough.apply(&r, &mut z, stop)?;
    let mut p = z.clone();
    let mut rz = dot(&r, &z);
    let mut iterations = 0;
    while residual > until.tolerance && iterations < until.iterations {
        on_progress(iterations, residual, &x)?;
        matrix.times(&p, &mut product);
        let length = rz / dot(&p, &product);
        // Rounding has eaten the direction: nothing better will come.
        if !(length.is_finite() && length > 0.0) {
            break;
        }
        add(&mut x, length, &p);
        add(&mut r, -length, &product);
        residual = dot(&r, &r).sqrt() / size;
        iterations += 1;
        // The residual wanders; a copy now and then is as good as one each time.
        if residual < 0.5 * best.0 {
            best.0 = residual;
            best.1.copy_from_slice(&x);
        }
        rough.apply(&r, &mut z, stop)?;
        let was = std::mem::replace(&mut rz, dot(&r, &z));
        follow(&mut p, rz / was, &z);
    }
    if residual.is_nan() || residual > best.0 {
        (residual, x) = best;
    }
    Ok(Solved { x, iterations, residual, converged: residual <= until.tolerance })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::synth::matting::sparse::tests::dense;

    #[allow(clippy::unnecessary_wraps)] // as it is asked for
    fn quiet(_: usize, _: f64, _: &[f64]) -> Result<()> {
        Ok(())
    }

    #[test]
    fn a_known_system_is_solved_in_as_many_steps_as_it_has_unknowns() {
        let matrix = dense(&[&[4.0, 1.0, 0.0], &[1.0, 3.0, -1.0], &[0.0, -1.0, 2.0]]);
        let mut b = vec![0.0; 3];
        matrix.times(&[1.0, -2.0, 0.5], &mut b);
        let until = Until { tolerance: 1e-12, iterations: 50 };
        let plain = solve(&matrix, &b, vec![0.0; 3], &Rough::diagonal(&matrix), until, &|| false, &mut quiet).unwrap();
        assert!(plain.converged && plain.iterations <= 3, "{plain:?}");
        let factors = Rough::Factors(Cholesky::new(&matrix, &[0..1, 1..1], &|| false).unwrap());
        let quick = solve(&matrix, &b, vec![0.0; 3], &factors, until, &|| false, &mut quiet).unwrap();
        assert!(quick.converged && quick.iterations <= 3, "{quick:?}");
        for x in [plain.x, quick.x] {
            assert!((x[0] - 1.0).abs() + (x[1] + 2.0).abs() + (x[2] - 0.5).abs() < 1e-10, "{x:?}");
        }
    }

    #[test]
    fn too_few_steps_give_the_best_so_far() {
        let n = 60;
        let rows: Vec<Vec<f64>> = (0..n)
            .map(|i: usize| {
                (0..n).map(|j| if i == j { 2.0 } else { -f64::from(u8::from(i.abs_diff(j) == 1)) }).collect()
            })
            .collect();
        let matrix = dense(&rows.iter().map(Vec::as_slice).collect::<Vec<_>>());
        let mut b = vec![0.0; n];
        b[0] = 1.0;
        let (mut heard, until) = (Vec::new(), Until { tolerance: 1e-9, iterations: 5 });
        let mut on_progress = |_: usize, residual: f64, _: &[f64]| {
            heard.push(residual);
            Ok(())
        };
        let solved =
            solve(&matrix, &b, vec![0.0; n], &Rough::diagonal(&matrix), until, &|| false, &mut on_progress).unwrap();
        assert!(!solved.converged && solved.iterations == 5 && solved.residual > 1e-9);
        let mut product = vec![0.0; n];
        matrix.times(&solved.x, &mut product);
        let true_residual = b.iter().zip(&product).map(|(b, p)| (b - p).powi(2)).sum::<f64>().sqrt();
        assert!((true_residual - solved.residual).abs() < 1e-9, "{true_residual} {}", solved.residual);
        assert!(heard.iter().all(|r| *r >= solved.residual * 0.999) && heard.len() == 5);
    }

    #[test]
    fn nothing_asked_for_gives_nothing() {
        let matrix = dense(&[&[1.0]]);
        let until = Until { tolerance: 1e-7, iterations: 9 };
        let solved =
            solve(&matrix, &[0.0], vec![3.0], &Rough::diagonal(&matrix), until, &|| false, &mut quiet).unwrap();
        assert_eq!((solved.x, solved.iterations), (vec![0.0], 0));
    }
}
