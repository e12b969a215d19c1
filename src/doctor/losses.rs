//! Rules about losses: no longer numbers, jumping, or falling on training pictures alone.

use super::{Chart, Finding, Severity, chart::WINDOW, remedies};
use crate::spec::Value;

/// Steps for which a return to a checkpoint is worth a line.
const FRESH: u64 = 500;
/// Looks at held-out pictures that make a mean.
const LOOKS: usize = 3;
/// Steps from one look at held-out pictures to the next.
const EACH: f64 = 50.0;

/// Training broke down and went back, or a curve has just left the numbers.
pub fn not_finite(chart: &Chart, _held: bool) -> Option<Finding> {
    let finding =
        |sentence: String, remedy| Finding { rule: "not_finite", severity: Severity::Grave, sentence, remedy };
    let broken = chart.history.iter().find(|(name, _)| chart.points(name).last().is_some_and(|p| !p[1].is_finite()));
    if let Some((name, _)) = broken {
        let sentence = format!("The curve {name} is no longer a number: training is about to break down.");
        return Some(finding(sentence, remedies::halve_rates(chart)));
    }
    let lately = |s: &&super::Rollback| s.broke && (s.to..s.from + FRESH).contains(&chart.step);
    let last = chart.rollbacks.iter().rfind(lately)?;
    let sentence = format!(
        "Training broke down at step {} and went on from step {} with half the learning rate.",
        last.from, last.to
    );
    // When it breaks again the rate is halved again by itself; clipping may spare that.
    let clip = if chart.real("clip") > 0.0 { None } else { remedies::turn(chart, &[("clip", Value::Real(1.0))]) };
    Some(finding(sentence, clip))
}

/// A loss jumps back to where it was long ago, or stays where no game ever is.
pub fn rate_too_high(chart: &Chart, held: bool) -> Option<Finding> {
    let found = jumps(chart, held).unwrap_or(false) || wild(chart, held).unwrap_or(false);
    found.then(|| Finding {
        rule: "rate_too_high",
        severity: Severity::Warning,
        sentence: "The loss jumps instead of falling: the learning rate is too high for this run.".into(),
        remedy: remedies::halve_rates(chart),
    })
}

/// A single loss has lost much of what it had won.
fn jumps(chart: &Chart, held: bool) -> Option<bool> {
    let rising = chart.step < chart.real("kl_warmup") as u64 + 2 * WINDOW
        || (chart.real("capacity") > 0.0 && (chart.step as f64) < chart.real("capacity_steps"));
    if rising {
        // The loss itself grows by plan.
        return None;
    }
    let begin = chart.real("kl_warmup") as u64;
    let first = chart.around("loss", begin + WINDOW / 2)?;
    let now = chart.now("loss")?;
    let stride = (chart.step / 100).max(WINDOW / 2);
    let mut best = first;
    let mut step = begin + WINDOW;
    while step + WINDOW < chart.step {
        best = chart.around("loss", step).map_or(best, |mean| mean.min(best));
        step += stride;
    }
    let lost = if held { 0.3 } else { 0.5 };
    let never_fell = first - best < 0.02 * first.abs() && now > first + 0.2 * first.abs();
    let fell_back = first - best >= 0.02 * first.abs() && now > best + lost * (first - best);
    // From far above a good end the first hundred steps win nearly all: a little noise then is no jump.
    Some(never_fell || (fell_back && now > best + 0.2 * best.abs()))
}

/// A discriminator that is worse than tossing coins cannot follow its own steps.
fn wild(chart: &Chart, held: bool) -> Option<bool> {
    if chart.text("loss") == "wasserstein" {
        return None;
    }
    Some(chart.now("loss_d")? > if held { 3.0 } else { 4.0 })
}

/// The held-out loss rises while the training loss falls.
pub fn overfitting(chart: &Chart, held: bool) -> Option<Finding> {
    let (seen, unseen) = [("loss", "test_loss"), ("l1", "test_l1"), ("reconstruction", "test_reconstruction")]
        .into_iter()
        .find(|(_, test)| chart.has(test))?;
    let means = chart.means(unseen, LOOKS);
    let (first, last) = (means.first()?, means.last()?);
    let best = means.iter().min_by(|a, b| a[1].total_cmp(&b[1]))?;
    let rise = last[1] - best[1];
    let share = if held { 0.05 } else { 0.12 };
    let rises = rise > share * (first[1] - best[1]) && rise > share * 0.4 * best[1].abs();
    let (then, now) = (chart.around(seen, best[0] as u64)?, chart.now(seen)?);
    let torn = rises && now < 0.95 * then && last[0] - best[0] >= 3.0 * EACH;
    // Or it has stood still for long while the other came down to a small part of it.
    let part = if held { 0.6 } else { 0.45 };
    let left_behind = now > 0.0 && now < then * part && now < last[1] * part && last[0] - best[0] >= 6.0 * EACH;
    if !torn && !left_behind {
        return None;
    }
    Some(Finding {
        rule: "overfitting",
        severity: Severity::Warning,
        sentence: format!(
            "Since step {} the run gets better on its training pictures only, not on others: it learns them by heart.",
            best[0]
        ),
        remedy: remedies::roll_back_to(chart, best[0] as u64).or_else(|| {
            let decay = ("weight_decay", Value::Real(0.05));
            remedies::anew(chart, &[("optimiser", Value::Text("adamw".into())), decay])
        }),
    })
}
