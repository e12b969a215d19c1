//! Rules of the game between generator and discriminator.

use super::{Chart, Finding, Severity, remedies};
use crate::spec::Value;

/// Held-out looks that make a mean.
const LOOKS: usize = 4;

/// The discriminator is sure of everything, so it tells the generator nothing.
pub fn d_wins(chart: &Chart, held: bool) -> Option<Finding> {
    let loss = chart.text("loss");
    // Scores of Wasserstein are no chances; and where the distance to a target teaches as well, a winner does no harm.
    if loss == "wasserstein" || chart.has("l1") {
        return None;
    }
    let (real, fake) = (chart.now("d_real")?, chart.now("d_fake")?);
    let won = match loss {
        // They stop at a margin: nothing is left to win when the loss is gone.
        "hinge" | "least-squares" => chart.now("loss_d")? < if held { 0.04 } else { 0.02 },
        _ => {
            let gap = real - fake + chart.real("smoothing");
            gap > if held { 0.93 } else { 0.97 } && fake < if held { 0.06 } else { 0.03 }
        }
    };
    won.then(|| Finding {
        rule: "d_wins",
        severity: Severity::Warning,
        sentence: "The discriminator tells nearly every generated picture from a real one, so the generator learns \
                   next to nothing from it."
            .into(),
        remedy: remedies::slow_discriminator(chart),
    })
}

/// The discriminator knows the training pictures themselves: it doubts real ones that it has not seen.
pub fn d_by_heart(chart: &Chart, held: bool) -> Option<Finding> {
    if chart.text("loss") == "wasserstein" || chart.has("l1") {
        return None;
    }
    // A batch norm judges a batch by its own statistics while it trains and by others afterwards: the two can't be compared.
    let normed = chart.knob("spectral_norm").is_some() && chart.spec.knobs.get_flag("spectral_norm") != Some(true);
    if normed && chart.real("gradient_penalty") <= 0.0 {
        return None;
    }
    let unseen = chart.points("test_d_real");
    let lately = &unseen[unseen.len().checked_sub(LOOKS)?..];
    let gaps =
        lately.iter().map(|p| Some(chart.around("d_real", p[0] as u64)? - p[1])).collect::<Option<Vec<f64>>>()?;
    let gap = gaps.iter().sum::<f64>() / LOOKS as f64;
    (gap > if held { 0.35 } else { 0.5 }).then(|| Finding {
        rule: "d_by_heart",
        severity: Severity::Warning,
        sentence:
            "The discriminator knows its training pictures by heart: real ones that it never saw look false to it."
                .into(),
        remedy: remedies::turn(chart, &[("diffaugment", Value::Text("all".into()))])
            .or_else(|| remedies::preset(chart, "few"))
            .or_else(|| remedies::turn(chart, &[("r1", Value::Real((chart.real("r1") * 4.0).clamp(0.1, 100.0)))])),
    })
}
