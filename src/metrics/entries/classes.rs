//! What the classifier says of generated pictures: how many classes, how surely, and whether the ones asked for.

use crate::metrics::{case::EvalContext, classifier::Seen, metric::Measured};
use anyhow::{Context, Result};

/// A picture counts as sure from here on.
const SURE: f32 = 0.9;

/// Entropy in nats of the classes that pictures are put in.
pub fn entropy(case: &EvalContext) -> Result<Measured> {
    measured(case, |seen| {
        let classes = seen.classes()?;
        let mut counts = std::collections::BTreeMap::<u32, usize>::new();
        for class in &classes {
            *counts.entry(*class).or_default() += 1;
        }
        Ok(spread(counts.values().copied(), classes.len()))
    })
}

/// Share of pictures that the classifier is more than 0.9 sure of.
pub fn sure(case: &EvalContext) -> Result<Measured> {
    measured(case, |seen| {
        let all = seen.sureness()?;
        Ok(all.iter().filter(|s| **s > SURE).count() as f64 / all.len() as f64)
    })
}

/// Share of pictures that are put in the class they were asked for; of real ones, in their own.
pub fn accuracy(case: &EvalContext) -> Result<Measured> {
    let [_, real, fake] = case.seen()?;
    let asked = case.asked.as_deref().context("Nobody asked for classes.")?;
    let value = agreeing(&fake.classes()?, asked);
    let floor = Some(agreeing(&real.classes()?, &case.reals[1].labels));
    Ok(Measured { value, floor, count: case.count(), embedding: case.feature_extractor().to_owned() })
}

fn measured(case: &EvalContext, of: impl Fn(&Seen) -> Result<f64>) -> Result<Measured> {
    let [_, real, fake] = case.seen()?;
    let (value, floor) = (of(fake)?, Some(of(real)?));
    Ok(Measured { value, floor, count: case.count(), embedding: case.feature_extractor().to_owned() })
}

fn agreeing(guesses: &[u32], wanted: &[u32]) -> f64 {
    let right = guesses.iter().zip(wanted).filter(|(guess, label)| guess == label).count();
    right as f64 / wanted.len().max(1) as f64
}

/// −Σ p ln p of counts that make `all` together.
fn spread(counts: impl Iterator<Item = usize>, all: usize) -> f64 {
    let shares = counts.filter(|n| *n > 0).map(|n| n as f64 / all as f64);
    -shares.map(|p| p * p.ln()).sum::<f64>()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_and_agreement_are_those_of_the_hand() {
        assert!((spread([5, 5].into_iter(), 10) - 2f64.ln()).abs() < 1e-12);
        assert!(spread([10, 0].into_iter(), 10).abs() < 1e-12);
        assert!((agreeing(&[1, 2, 3, 0], &[1, 2, 0, 0]) - 0.75).abs() < 1e-12);
    }
}
