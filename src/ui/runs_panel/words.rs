//! What the list of runs and the comparison say of a run, in few words.

use crate::{
    compare::{self, Digest},
    engine::protocol::RunEntry,
    scores::Score,
    session::Session,
    ui::{
        parts,
        widgets::{self, thousands},
    },
};

/// Scores that a row of the list has room for.
const SHOWN: usize = 3;

/// `mnist · DCGAN · 28 px · step 1,240 of 4,000 · trained 10:40 · 3.1 MB · 2 h ago`.
pub fn facts(session: &Session, run: &RunEntry, now: u64) -> String {
    let family = session.catalogue.families.iter().find(|f| f.card.id == run.spec.family);
    let family = family.map_or(run.spec.family.as_str(), |f| &f.card.title);
    let steps = format!("step {} of {}", thousands(run.step), thousands(run.spec.steps));
    let size = format!("{} px", run.spec.data.size);
    let trained = run.digest.trained_s.map(|s| format!("trained {}", widgets::clock(s)));
    let (bytes, ago) = (widgets::bytes(run.bytes), parts::ago(now, run.changed));
    let words = [data(&run.spec.data.source), family, &size, &steps].map(str::to_owned).into_iter();
    words.chain(trained).chain([bytes, ago]).collect::<Vec<_>>().join("  ·  ")
}

/// The last part of a source's path.
pub fn data(source: &str) -> &str {
    let source = source.trim_end_matches(['/', '\\']);
    source.rsplit(['/', '\\']).next().unwrap_or(source)
}

/// `quick, width 48 · SWD 12.3 · recall 0.41`: the settings in short, then the scores.
pub fn settings(session: &Session, run: &RunEntry) -> String {
    let family = session.catalogue.families.iter().find(|f| f.card.id == run.spec.family);
    let short = family.map(|f| compare::in_short(&run.spec, &f.knobs, &f.presets));
    short.into_iter().chain(scores(&run.digest)).collect::<Vec<_>>().join("  ·  ")
}

fn scores(digest: &Digest) -> Vec<String> {
    let found = digest.card.iter().flat_map(|card| &card.scores);
    let mut words: Vec<_> = found.take(SHOWN).map(|s| format!("{} {}", measure(&s.metric), figure(s.value))).collect();
    if let (true, Some(swd)) = (words.is_empty(), digest.live_swd) {
        words.push(format!("{} {} while training", measure("swd"), figure(f64::from(swd))));
    }
    words
}

/// All that is known of a run's scores, a line each, for a tooltip; empty when nothing is.
pub fn all_scores(digest: &Digest) -> String {
    let Some(card) = &digest.card else { return String::new() };
    let line = |s: &Score| format!("{} {}{}", measure(&s.metric), figure(s.value), beside(s));
    let head = format!("Scores of step {}, {} pictures held against them:", thousands(card.step), card.split);
    std::iter::once(head).chain(card.scores.iter().map(line)).collect::<Vec<_>>().join("\n")
}

/// ` (real against real 3.1, 2,048 pictures, strided-64)`.
pub fn beside(score: &Score) -> String {
    let floor = score.floor.map(|f| format!("real against real {}", figure(f)));
    let rest = [Some(widgets::plural(score.count as u64, "picture", "pictures")), score.embedding.clone()];
    format!(" ({})", floor.into_iter().chain(rest.into_iter().flatten()).collect::<Vec<_>>().join(", "))
}

/// The name of a measure for people; what stands in brackets behind it stays.
pub fn measure(name: &str) -> String {
    let (first, rest) = name.split_once(" (").map_or((name, String::new()), |(a, b)| (a, format!(" ({b}")));
    let word = match first {
        "swd" => "SWD".into(),
        "frechet" => "Fréchet".into(),
        "psnr" => "PSNR".into(),
        "ssim" => "SSIM".into(),
        other => other.replace('_', " "),
    };
    word + &rest
}

/// A number with three figures that matter.
pub fn figure(value: f64) -> String {
    match value.abs() {
        v if !v.is_finite() => "–".into(),
        v if v >= 99.95 => thousands(v.round() as u64).replacen("", if value < 0.0 { "-" } else { "" }, 1),
        v if v >= 9.995 => format!("{value:.1}"),
        v if v >= 0.0995 || v == 0.0 => format!("{value:.2}"),
        v if v >= 0.001 => format!("{value:.4}"),
        _ => format!("{value:.1e}"),
    }
}

/// A setting's name for people: the knob's label where a family has one, else its words.
pub fn setting(session: &Session, id: &str) -> String {
    let knobs = session.catalogue.families.iter().flat_map(|f| &f.knobs);
    if let Some(knob) = knobs.into_iter().find(|k| k.id == id) {
        return knob.label.clone();
    }
    let words = id.replace(['.', '_'], " ");
    let mut letters = words.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_and_names_read_well() {
        assert_eq!(
            [1_234.4, -123.0, 12.34, 0.4, 0.0, 0.05, 2e-5, f64::NAN].map(figure),
            ["1,234", "-123", "12.3", "0.40", "0.00", "0.0500", "2.0e-5", "–"]
        );
        assert_eq!(measure("frechet (classifier:abc)"), "Fréchet (classifier:abc)");
        assert_eq!(measure("kernel_distance"), "kernel distance");
        assert_eq!(data("/data/mnist/"), "mnist");
        let score = Score { metric: "swd".into(), value: 9.0, floor: Some(3.0), count: 2_048, embedding: None };
        assert_eq!(beside(&score), " (real against real 3.00, 2,048 pictures)");
    }
}
