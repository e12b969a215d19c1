//! How generated pictures lie among real ones: patches, clouds and neighbourhoods.

use crate::metrics::{
    case::EvalContext,
    embed, frechet as clouds,
    metric::Measured,
    prdc::Prdc,
    swd::{Plan, sliced_wasserstein},
};
use anyhow::Result;

/// Random subsets of the kernel distance, and points in each.
const SUBSETS: (usize, usize) = (50, 500);

/// Sliced Wasserstein distance of patches, ×1000.
pub fn swd(case: &EvalContext) -> Result<Measured> {
    let plan = Plan::full(case.seed);
    let [real, other] = &case.reals;
    let value = sliced_wasserstein(&real.pixels, &case.fakes, &plan)?;
    let floor = Some(sliced_wasserstein(&real.pixels, &other.pixels, &plan)?);
    Ok(Measured { value, floor, count: case.count(), embedding: embed::PIXELS.into() })
}

/// Fréchet distance of the embeddings.
pub fn frechet(case: &EvalContext) -> Result<Measured> {
    let [real, other, fake] = case.embedded()?;
    let (value, floor) = (clouds::frechet(real, fake)?, clouds::frechet(real, other)?);
    Ok(through(case, value, floor))
}

/// Kernel distance of the embeddings: the mean over subsets.
pub fn kernel(case: &EvalContext) -> Result<Measured> {
    let [real, other, fake] = case.embedded()?;
    let to = |cloud| clouds::kernel(real, cloud, SUBSETS.0, SUBSETS.1, case.seed);
    Ok(through(case, to(fake)?.0, to(other)?.0))
}

/// Share of generated pictures among real ones.
pub fn precision(case: &EvalContext) -> Result<Measured> {
    neighbours(case, |found| found.precision)
}

/// Share of real pictures among generated ones.
pub fn recall(case: &EvalContext) -> Result<Measured> {
    neighbours(case, |found| found.recall)
}

/// Real neighbourhoods that a generated picture lies in.
pub fn density(case: &EvalContext) -> Result<Measured> {
    neighbours(case, |found| found.density)
}

/// Share of real pictures with a generated one nearby.
pub fn coverage(case: &EvalContext) -> Result<Measured> {
    neighbours(case, |found| found.coverage)
}

fn neighbours(case: &EvalContext, one: fn(&Prdc) -> f64) -> Result<Measured> {
    let [value, floor] = case.neighbours()?;
    Ok(through(case, one(value), one(floor)))
}

fn through(case: &EvalContext, value: f64, floor: f64) -> Measured {
    Measured { value, floor: Some(floor), count: case.count(), embedding: case.feature_extractor().to_owned() }
}
