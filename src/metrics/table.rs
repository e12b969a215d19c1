//! The table of all measures of a run: what each needs, and how it is taken.

use super::{
    case::{Able, EvalContext},
    metric::{Measured, Metric},
    rows::{classes, likelihood, likeness, nearest, spread},
};
use anyhow::Result;

const fn metric(
    id: &'static str,
    features: bool,
    fits: fn(&Able) -> Result<(), &'static str>,
    take: fn(&EvalContext) -> Result<Measured>,
) -> Metric {
    Metric { id, fits, take, features }
}

/// All measures, in the order they are shown.
pub static METRICS: &[Metric] = &[
    metric("swd", false, always, spread::swd),
    metric("frechet", true, always, spread::frechet),
    metric("kernel", true, always, spread::kernel),
    metric("precision", true, always, spread::precision),
    metric("recall", true, always, spread::recall),
    metric("density", true, always, spread::density),
    metric("coverage", true, always, spread::coverage),
    metric("class_entropy", true, labelled, classes::entropy),
    metric("class_sure", true, labelled, classes::sure),
    metric("class_accuracy", true, asked, classes::accuracy),
    metric("elbo", false, likely, likelihood::elbo),
    metric("bits_per_dim", false, likely, likelihood::bits_per_dim),
    metric("mse", false, mirrored, likeness::mse),
    metric("psnr", false, mirrored, likeness::psnr),
    metric("ssim", false, mirrored, likeness::ssim),
    metric("nearest", false, always, nearest::nearest),
];

/// The measure of this id.
pub fn metric_of(id: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.id == id)
}

#[allow(clippy::unnecessary_wraps)] // the table's column may say why not
fn always(_: &Able) -> Result<(), &'static str> {
    Ok(())
}

fn labelled(able: &Able) -> Result<(), &'static str> {
    if able.labelled { Ok(()) } else { Err("it needs data with classes") }
}

fn asked(able: &Able) -> Result<(), &'static str> {
    labelled(able)?;
    if able.asked {
        Ok(())
    } else {
        Err("it needs a family that draws the class asked for, and the classes it learned")
    }
}

fn likely(able: &Able) -> Result<(), &'static str> {
    match (able.likelihood, able.held_out) {
        (false, _) => Err("it needs a family with a likelihood, such as a variational autoencoder"),
        (true, 0) => Err("it needs held-out pictures, and these data have too few"),
        _ => Ok(()),
    }
}

fn mirrored(able: &Able) -> Result<(), &'static str> {
    match (able.encoder || able.inputs, able.held_out) {
        (false, _) => Err("it needs a family with an encoder or with input pictures"),
        (true, 0) => Err("it needs held-out pictures, and these data have too few"),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores;

    #[test]
    fn every_metric_stands_in_both_tables_once() {
        let mut ours: Vec<_> = METRICS.iter().map(|m| m.id).collect();
        let mut known: Vec<_> = scores::MEASURES.iter().map(|m| m.id).collect();
        assert!(METRICS.iter().all(|m| m.card().is_some_and(|card| card.id == m.id)));
        ours.sort_unstable();
        known.sort_unstable();
        assert_eq!(ours, known);
        assert!(metric_of("swd").is_some() && metric_of("beauty").is_none());
    }

    #[test]
    fn each_says_what_it_lacks() {
        let fitting = |able: Able| METRICS.iter().filter(|m| (m.fits)(&able).is_ok()).count();
        assert_eq!(fitting(Able::default()), 8, "what any pictures have");
        assert_eq!(fitting(Able { labelled: true, ..Able::default() }), 10);
        assert_eq!(fitting(Able { labelled: true, asked: true, ..Able::default() }), 11);
        assert_eq!(fitting(Able { encoder: true, likelihood: true, ..Able::default() }), 8, "nothing is held out");
        assert_eq!(fitting(Able { encoder: true, likelihood: true, held_out: 9, ..Able::default() }), 13);
        assert_eq!(fitting(Able { inputs: true, held_out: 9, ..Able::default() }), 11);
    }
}
