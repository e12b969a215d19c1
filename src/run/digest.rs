//! What a run came to, read from its folder: how long it trained, its newest scores.

use super::{atomic, checkpoint_steps, name, step_name};
use crate::{compare::Digest, scores::ScoreCard};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::path::Path;

/// Bytes at the end of the curves that are searched for the newest live score.
const TAIL: u64 = 64 << 10;
const SCORES_LIMIT: u64 = 16 << 20;
const MANIFEST_LIMIT: u64 = 1 << 20;

/// What a run came to. What can't be read is missing.
pub fn digest(run: &Path) -> Digest {
    let newest = checkpoint_steps(run).last().copied();
    Digest {
        trained_s: newest.and_then(|step| trained(run, step)),
        card: newest_card(run),
        live_swd: newest_value(run, "swd"),
    }
}

/// Steps of which a checkpoint exists, and the seconds of training up to each, rising.
pub fn trained_marks(run: &Path) -> Vec<(u64, f32)> {
    checkpoint_steps(run).into_iter().filter_map(|step| Some((step, trained(run, step)?))).collect()
}

fn trained(run: &Path, step: u64) -> Option<f32> {
    #[derive(Deserialize)]
    struct Facts {
        facts: BTreeMap<String, i64>,
    }
    let path = run.join(name::CHECKPOINTS).join(step_name(step)).join(name::MANIFEST);
    let facts: Facts = serde_json::from_slice(&atomic::read(&path, MANIFEST_LIMIT).ok()?).ok()?;
    facts.facts.get("elapsed_ms").map(|ms| *ms as f32 / 1e3)
}

fn newest_card(run: &Path) -> Option<ScoreCard> {
    let path = run.join("scores.json");
    let cards: Vec<ScoreCard> = serde_json::from_slice(&atomic::read(&path, SCORES_LIMIT).ok()?).ok()?;
    cards.into_iter().last()
}

/// The newest value of a curve that is measured now and then, if it stands near the end of the log.
fn newest_value(run: &Path, curve: &str) -> Option<f32> {
    #[derive(Deserialize)]
    struct Line {
        name: String,
        value: Option<f32>,
    }
    let mut file = File::open(run.join(name::METRICS)).ok()?;
    let end = file.seek(SeekFrom::End(0)).ok()?;
    file.seek(SeekFrom::Start(end.saturating_sub(TAIL))).ok()?;
    let mut bytes = Vec::new();
    file.take(TAIL).read_to_end(&mut bytes).ok()?;
    let key = format!("\"name\":\"{curve}\"");
    let found = bytes.rsplit(|b| *b == b'\n').filter(|line| line.windows(key.len()).any(|w| w == key.as_bytes()));
    found.filter_map(|line| serde_json::from_slice::<Line>(line).ok()).find(|l| l.name == curve)?.value
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::testing::{checkpoint, run, spec};
    use crate::run::{MetricLog, write_checkpoint};
    use crate::{history::Point, scores::Score};

    #[test]
    fn a_run_is_digested() {
        let (_home, path, _folder) = run();
        assert_eq!(digest(&path), Digest::default());
        for (step, ms) in [(10, 2_500), (30, 9_000)] {
            let mut done = checkpoint(step);
            done.facts.insert("elapsed_ms".into(), ms);
            write_checkpoint(&path, &spec(), &done).unwrap();
        }
        let mut log = MetricLog::open(&path, 0).unwrap();
        let point = |step: u64, name: &str, value: f32| Point { step, name: name.into(), value };
        log.append(&[point(10, "swd", 30.0), point(20, "swd", 20.0), point(30, "loss", 1.0)]).unwrap();
        log.append(&(0..500).map(|i| point(30 + i, "loss", 1.0)).collect::<Vec<_>>()).unwrap();
        log.flush().unwrap();
        let score = Score { metric: "swd".into(), value: 12.5, floor: Some(3.0), count: 256, embedding: None };
        let card = |step| ScoreCard {
            step,
            weights: "ema".into(),
            data: "glyphs".into(),
            fingerprint: String::new(),
            split: "test".into(),
            scores: vec![score.clone()],
        };
        std::fs::write(path.join("scores.json"), serde_json::to_vec(&[card(10), card(30)]).unwrap()).unwrap();
        let found = digest(&path);
        assert_eq!(found, Digest { trained_s: Some(9.0), card: Some(card(30)), live_swd: Some(20.0) });
        assert_eq!(trained_marks(&path), [(10, 2.5), (30, 9.0)]);
        std::fs::write(path.join("scores.json"), "[{").unwrap();
        assert_eq!(digest(&path).card, None, "what is broken is missing");
    }
}
