//! Which runs of the list are shown, and in which order.

use super::words;
use crate::{desk::RunsBy, engine::protocol::RunEntry, session::Session};

/// The runs that hold every word of the filter, in the order asked for. Runs come sorted by their last change.
pub fn shown<'a>(session: &Session, runs: &'a [RunEntry], by: RunsBy, filter: &str) -> Vec<&'a RunEntry> {
    let wanted: Vec<String> = filter.split_whitespace().map(str::to_lowercase).collect();
    let all = |run: &&RunEntry| {
        wanted.is_empty() || {
            let hay = hay(session, run);
            wanted.iter().all(|word| hay.contains(word))
        }
    };
    let mut shown: Vec<&RunEntry> = runs.iter().filter(all).collect();
    match by {
        RunsBy::Newest => {}
        RunsBy::Name => shown.sort_by_key(|run| run.spec.name.to_lowercase()),
        // Those that nobody measured come last.
        RunsBy::Score => {
            shown.sort_by(|a, b| {
                let [a, b] = [a, b].map(|run| run.digest.swd().unwrap_or(f64::INFINITY));
                a.total_cmp(&b)
            });
        }
    }
    shown
}

/// What the filter looks through: name, data, family and settings.
fn hay(session: &Session, run: &RunEntry) -> String {
    let spec = &run.spec;
    let parts = [&spec.name, &spec.data.source, &spec.family, &words::settings(session, run)];
    parts.map(|part| part.to_lowercase()).join(" ")
}
