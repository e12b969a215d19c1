//! L-BFGS on a tensor.

use crate::nn::{Kind, Tensor};
use anyhow::Result;
use std::collections::VecDeque;

/// Steps that are remembered.
const MEMORY: usize = 10;
/// How often a step that leads up is shortened before the memory is given up.
const HALVINGS: usize = 10;
/// Root mean square of the first step.
const FIRST: f64 = 0.1;

/// The limited-memory method of Broyden, Fletcher, Goldfarb and Shanno (Liu and Nocedal 1989), with shorter steps until they lead down.
pub struct Descent {
    /// Where it is.
    pub x: Tensor,
    /// Whether the descent has converged.
    pub settled: bool,
    here: Option<(f64, Tensor)>,
    /// Steps, changes of the slope, and one over their product.
    memory: VecDeque<(Tensor, Tensor, f64)>,
}

/// Tells the value and the slope at a place.
pub type Slope<'a> = &'a mut dyn FnMut(&Tensor) -> Result<(f64, Tensor)>;

fn product(a: &Tensor, b: &Tensor) -> f64 {
    (a * b).sum(Kind::Double).double_value(&[])
}

impl Descent {
    /// Begins at a place.
    pub fn new(x: Tensor) -> Self {
        Self { x, settled: false, here: None, memory: VecDeque::new() }
    }

    /// The way to go: the slope as the remembered steps bend it.
    fn way(&self, slope: &Tensor) -> Tensor {
        let (mut way, mut shares) = (slope.copy(), Vec::with_capacity(self.memory.len()));
        for (step, change, inverse) in self.memory.iter().rev() {
            let share = inverse * product(step, &way);
            way -= change * share;
            shares.push(share);
        }
        way = match self.memory.back() {
            Some((_, change, inverse)) => way / (inverse * product(change, change)),
            None => way * (FIRST * (slope.numel() as f64 / product(slope, slope).max(1e-300)).sqrt()),
        };
        for ((step, change, inverse), share) in self.memory.iter().zip(shares.into_iter().rev()) {
            let back = inverse * product(change, &way);
            way += step * (share - back);
        }
        -way
    }

    /// One step; the value there.
    pub fn step(&mut self, of: Slope) -> Result<f64> {
        let (value, slope) = match self.here.take() {
            Some(here) => here,
            None => of(&self.x)?,
        };
        let way = self.way(&slope);
        let down = product(&way, &slope);
        let mut length = 1.0;
        for _ in 0..HALVINGS {
            let there = &self.x + &way * length;
            let (new, ahead) = of(&there)?;
            if new.is_finite() && new <= value + 1e-4 * length * down {
                let (taken, change) = (&there - &self.x, &ahead - &slope);
                let bend = product(&taken, &change);
                if bend > 1e-12 * product(&change, &change).max(1e-300) {
                    self.memory.push_back((taken, change, 1.0 / bend));
                    if self.memory.len() > MEMORY {
                        self.memory.pop_front();
                    }
                }
                (self.x, self.here) = (there, Some((new, ahead)));
                return Ok(new);
            }
            length *= 0.3;
        }
        // Along the slope itself nothing was gained either: this is as low as it gets.
        self.settled = self.memory.is_empty();
        self.memory.clear();
        self.here = Some((value, slope));
        Ok(value)
    }
}
