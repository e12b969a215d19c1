//! How far generated pictures are from what the run learned from.

use super::mean;
use crate::metrics::{case::EvalContext, embed, metric::Measured, nearest::distances};
use anyhow::Result;

/// Pictures whose neighbour is looked for: each is held against the whole training split.
const MOST: usize = 500;

/// Mean distance to the nearest training picture, root mean square on values from 0 to 1; the floor is that of held-out pictures.
pub fn nearest(case: &EvalContext) -> Result<Measured> {
    let first = |count: usize| (0..count.min(MOST) as u32).collect::<Vec<_>>();
    let train = case.targets(case.train, None)?;
    let apart = |pixels: &crate::picture::Pixels| -> Result<f64> {
        let all: Vec<f64> = distances(pixels, &train)?.into_iter().map(|(distance, _)| distance).collect();
        Ok(mean(&all))
    };
    let some = case.fakes.gather(&first(case.fakes.count));
    let held = first(case.test.pixels.count);
    let floor = (!held.is_empty()).then(|| apart(&*case.targets(case.test, Some(&held))?)).transpose()?;
    Ok(Measured { value: apart(&some)?, floor, count: some.count, embedding: embed::PIXELS.into() })
}
