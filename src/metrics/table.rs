//! The table of all metrics of a run: what a person should know of each, what it needs, and how it is calculated.

use super::{
    case::Able,
    entries::{classes, likelihood, likeness, nearest, spread},
    metric::Metric,
};
use crate::scores::{Better, MetricCard};

/// All metrics, in the order they are shown.
pub static METRICS: &[Metric] = &[
    Metric {
        card: MetricCard {
            id: "swd",
            title: "Sliced Wasserstein ×1000",
            better: Better::Lower,
            about: "How far small patches of generated pictures are spread differently from those of real ones, at each size of detail.",
        },
        features: false,
        fits: always,
        take: spread::swd,
    },
    Metric {
        card: MetricCard {
            id: "frechet",
            title: "Fréchet distance",
            better: Better::Lower,
            about: "How far apart real and generated pictures are as two Gaussian clouds in the embedding.",
        },
        features: true,
        fits: always,
        take: spread::frechet,
    },
    Metric {
        card: MetricCard {
            id: "kernel",
            title: "Kernel distance",
            better: Better::Lower,
            about: "How far apart the two clouds are by a cubic kernel; without bias also with few pictures.",
        },
        features: true,
        fits: always,
        take: spread::kernel,
    },
    Metric {
        card: MetricCard {
            id: "precision",
            title: "Precision",
            better: Better::Higher,
            about: "Share of generated pictures that lie among real ones.",
        },
        features: true,
        fits: always,
        take: spread::precision,
    },
    Metric {
        card: MetricCard {
            id: "recall",
            title: "Recall",
            better: Better::Higher,
            about: "Share of real pictures that lie among generated ones.",
        },
        features: true,
        fits: always,
        take: spread::recall,
    },
    Metric {
        card: MetricCard {
            id: "density",
            title: "Density",
            better: Better::Higher,
            about: "How many real neighbourhoods a generated picture lies in, relative to the expected number; about 1 for real pictures.",
        },
        features: true,
        fits: always,
        take: spread::density,
    },
    Metric {
        card: MetricCard {
            id: "coverage",
            title: "Coverage",
            better: Better::Higher,
            about: "Share of real pictures with a generated one in their neighbourhood; a generator that repeats itself covers few.",
        },
        features: true,
        fits: always,
        take: spread::coverage,
    },
    Metric {
        card: MetricCard {
            id: "class_entropy",
            title: "Class entropy",
            better: Better::Higher,
            about: "How evenly the classifier finds all classes among the pictures, in nats; the floor is that of real ones, and a generator that forgot classes is below it.",
        },
        features: true,
        fits: labelled,
        take: classes::entropy,
    },
    Metric {
        card: MetricCard {
            id: "class_sure",
            title: "Sure of the class",
            better: Better::Higher,
            about: "Share of pictures that a classifier trained on the same data is more than 0.9 sure of.",
        },
        features: true,
        fits: labelled,
        take: classes::sure,
    },
    Metric {
        card: MetricCard {
            id: "class_accuracy",
            title: "Class asked for",
            better: Better::Higher,
            about: "Share of pictures that the classifier puts in the class they were asked for; of real ones, in their own.",
        },
        features: true,
        fits: asked,
        take: classes::accuracy,
    },
    Metric {
        card: MetricCard {
            id: "elbo",
            title: "Negative ELBO",
            better: Better::Lower,
            about: "Nats that a held-out picture costs under the model, KL and all pixels summed, at beta 1; the floor is that of pictures it learned from.",
        },
        features: false,
        fits: likely,
        take: likelihood::elbo,
    },
    Metric {
        card: MetricCard {
            id: "bits_per_dim",
            title: "Bits per number",
            better: Better::Lower,
            about: "The same in bits for each pixel and colour, so that sizes can be compared.",
        },
        features: false,
        fits: likely,
        take: likelihood::bits_per_dim,
    },
    Metric {
        card: MetricCard {
            id: "mse",
            title: "Mean squared error",
            better: Better::Lower,
            about: "How far reconstructions are from their originals, on values from 0 to 1.",
        },
        features: false,
        fits: mirrored,
        take: likeness::mse,
    },
    Metric {
        card: MetricCard {
            id: "psnr",
            title: "Peak signal to noise",
            better: Better::Higher,
            about: "The same in decibels, averaged over pictures.",
        },
        features: false,
        fits: mirrored,
        take: likeness::psnr,
    },
    Metric {
        card: MetricCard {
            id: "ssim",
            title: "Structural similarity",
            better: Better::Higher,
            about: "How alike reconstructions and originals are in local brightness, contrast and structure; 1 is the same picture.",
        },
        features: false,
        fits: mirrored,
        take: likeness::ssim,
    },
    Metric {
        card: MetricCard {
            id: "nearest",
            title: "Nearest training picture",
            better: Better::Near,
            about: "How far generated pictures are from the nearest training picture; far nearer than held-out ones means learnt by heart.",
        },
        features: false,
        fits: always,
        take: nearest::nearest,
    },
];

/// The metric of this id.
pub fn metric_of(id: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.card.id == id)
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

    #[test]
    fn every_metric_stands_once_and_is_explained() {
        for (i, metric) in METRICS.iter().enumerate() {
            let card = metric.card;
            assert!(METRICS[..i].iter().all(|other| other.card.id != card.id), "{} stands twice", card.id);
            assert!(card.about.ends_with('.') && !card.title.is_empty(), "{}", card.id);
            assert!(metric_of(card.id).is_some_and(|found| found.card == card));
        }
        assert!(metric_of("beauty").is_none());
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
