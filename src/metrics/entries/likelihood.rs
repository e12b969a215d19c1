//! The evidence lower bound of held-out pictures, in nats and in bits.

use super::mean;
use crate::metrics::{case::EvalContext, metric::Measured};
use anyhow::Result;

/// Mean −ELBO of a picture in nats, with β = 1 and one draw of the code.
pub fn elbo(case: &EvalContext) -> Result<Measured> {
    let [held, seen] = case.bounds()?;
    let (value, floor) = (mean(&held.nats), Some(mean(&seen.nats)));
    Ok(Measured { value, floor, count: held.nats.len(), embedding: held.pixels.into() })
}

/// The same in bits for each of a picture's numbers.
pub fn bits_per_dim(case: &EvalContext) -> Result<Measured> {
    let whole = elbo(case)?;
    let bits = |nats: f64| nats / (case.test.pixels.stride() as f64 * std::f64::consts::LN_2);
    Ok(Measured { value: bits(whole.value), floor: whole.floor.map(bits), ..whole })
}
