//! A search without gradients: CMA-ES with a diagonal covariance.

use crate::latent::{self, Code};
use rand_chacha::ChaCha8Rng;

/// The covariance matrix adaptation evolution strategy (Hansen and Ostermeier 2001) that learns one deviation for each dimension (Ros and
/// Hansen 2008): its cost is linear, and latents of a hundred dimensions are within its reach.
pub struct Evolution {
    rng: ChaCha8Rng,
    like: Code,
    mean: Vec<f64>,
    /// Variance of each dimension, beside the common step.
    spread: Vec<f64>,
    step: f64,
    /// The ways gone: of the common step and of the spread.
    paths: [Vec<f64>; 2],
    generation: i32,
    rates: Rates,
    /// The least loss so far and where it was.
    pub best: (f64, Vec<f32>),
}

/// How fast everything is learned; the names are the papers'.
struct Rates {
    weights: Vec<f64>,
    mu: f64,
    sigma: f64,
    damping: f64,
    path: f64,
    one: f64,
    many: f64,
    /// Expected length of a standard normal vector.
    length: f64,
}

impl Rates {
    fn new(n: f64) -> Self {
        let parents = (4 + (3.0 * n.ln()) as usize).max(4) / 2;
        let raw: Vec<f64> = (1..=parents).map(|i| (parents as f64 + 0.5).ln() - (i as f64).ln()).collect();
        let total: f64 = raw.iter().sum();
        let weights: Vec<f64> = raw.into_iter().map(|w| w / total).collect();
        let mu = 1.0 / weights.iter().map(|w| w * w).sum::<f64>();
        let sigma = (mu + 2.0) / (n + mu + 5.0);
        let damping = 1.0 + sigma + 2.0 * (((mu - 1.0) / (n + 1.0)).sqrt() - 1.0).max(0.0);
        // A diagonal has fewer numbers to learn than a matrix: its rates are larger.
        let one = 2.0 / ((n + 1.3).powi(2) + mu) * (n + 2.0) / 3.0;
        let many = 2.0 * (mu - 2.0 + 1.0 / mu) / ((n + 2.0).powi(2) + mu) * (n + 2.0) / 3.0;
        let (one, many) = (one.min(0.5), many.clamp(0.0, 0.5));
        let length = n.sqrt() * (1.0 - 1.0 / (4.0 * n) + 1.0 / (21.0 * n * n));
        Self { weights, mu, sigma, damping, path: 4.0 / (n + 4.0), one, many, length }
    }
}

impl Evolution {
    /// Begins at a code; what is drawn comes from its noise seed.
    pub fn new(like: &Code) -> Self {
        let n = like.z.len();
        Self {
            rng: latent::rng(latent::mix(&[like.noise_seed]), 7),
            mean: like.z.iter().map(|&v| f64::from(v)).collect(),
            like: Code { draft: true, ..like.clone() },
            spread: vec![1.0; n],
            step: 0.5,
            paths: [vec![0.0; n], vec![0.0; n]],
            generation: 0,
            rates: Rates::new(n as f64),
            best: (f64::MAX, like.z.clone()),
        }
    }

    /// The code of a latent; a quick picture will do while it is searched.
    pub fn code_of(&self, z: &[f32]) -> Code {
        Code { z: z.to_vec(), ..self.like.clone() }
    }

    /// The latents of the next generation.
    pub fn candidates(&mut self) -> Vec<Vec<f32>> {
        (0..2 * self.rates.weights.len())
            .map(|_| {
                let drawn = latent::normals(&mut self.rng, self.mean.len());
                let along = self.mean.iter().zip(&self.spread).zip(drawn);
                along.map(|((mean, spread), v)| (mean + self.step * spread.sqrt() * f64::from(v)) as f32).collect()
            })
            .collect()
    }

    /// Moves towards the better half.
    pub fn learn(&mut self, candidates: &[Vec<f32>], losses: &[f64]) {
        let mut order: Vec<usize> = (0..candidates.len().min(losses.len())).collect();
        order.sort_by(|&a, &b| losses[a].total_cmp(&losses[b]));
        let Some(&first) = order.first() else { return };
        if losses[first] < self.best.0 {
            self.best = (losses[first], candidates[first].clone());
        }
        self.generation += 1;
        let Rates { weights, mu, sigma, damping, path, one, many, length } = &self.rates;
        let parents: Vec<(&f64, &Vec<f32>)> = weights.iter().zip(order.iter().map(|&i| &candidates[i])).collect();
        let n = self.mean.len();
        let old = self.mean.clone();
        let moved: Vec<f64> = (0..n)
            .map(|i| parents.iter().map(|(w, z)| **w * (f64::from(z[i]) - old[i])).sum::<f64>() / self.step)
            .collect();
        let [straight, bent] = &mut self.paths;
        for i in 0..n {
            let pull = (sigma * (2.0 - sigma) * mu).sqrt() * moved[i] / self.spread[i].sqrt();
            straight[i] = (1.0 - sigma) * straight[i] + pull;
        }
        let gone = straight.iter().map(|v| v * v).sum::<f64>().sqrt();
        let usual = (1.0 - (1.0 - sigma).powi(2 * self.generation)).sqrt() * (1.4 + 2.0 / (n as f64 + 1.0)) * length;
        let goes_on = if gone < usual { 1.0 } else { 0.0 };
        for i in 0..n {
            bent[i] = (1.0 - path) * bent[i] + goes_on * (path * (2.0 - path) * mu).sqrt() * moved[i];
            let apart = |z: &Vec<f32>| ((f64::from(z[i]) - old[i]) / self.step).powi(2);
            let of_parents: f64 = parents.iter().map(|(w, z)| **w * apart(z)).sum();
            let kept = (1.0 - one - many) * self.spread[i];
            self.spread[i] = (kept + one * bent[i] * bent[i] + many * of_parents).clamp(1e-12, 1e6);
            self.mean[i] += self.step * moved[i];
        }
        self.step = (self.step * ((sigma / damping) * (gone / length - 1.0)).exp()).clamp(1e-6, 4.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_finds_the_bottom_of_a_crooked_bowl() {
        let mut search = Evolution::new(&Code { z: vec![2.0; 12], noise_seed: 3, ..Code::default() });
        let loss =
            |z: &Vec<f32>| z.iter().enumerate().map(|(i, v)| (1.0 + 9.0 * i as f64) * f64::from(v - 0.5).powi(2)).sum();
        for _ in 0..300 {
            let all = search.candidates();
            let losses: Vec<f64> = all.iter().map(loss).collect();
            search.learn(&all, &losses);
        }
        assert!(search.best.0 < 1e-4, "{}", search.best.0);
        assert!(search.best.1.iter().all(|v| (v - 0.5).abs() < 0.01));
    }
}
