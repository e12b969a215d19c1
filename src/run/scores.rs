//! The score cards of a run: what was measured of it, and when.

use super::{atomic, name};
use crate::scores::ScoreCard;
use anyhow::{Context, Result};
use std::path::Path;

/// Cards that are kept; older ones go.
const MOST: usize = 500;
const FILE_LIMIT: u64 = 16 << 20;

/// All cards of a run, newest last; none when it was never measured. The error is one sentence.
pub fn scores(run: &Path) -> Result<Vec<ScoreCard>> {
    let path = run.join(name::SCORES);
    if !path.exists() {
        return Ok(Vec::new());
    }
    serde_json::from_slice(&atomic::read(&path, FILE_LIMIT)?)
        .with_context(|| format!("{} is no list of scores; move it away to measure anew", path.display()))
}

/// Adds a card as the newest. A file that cannot be read is left alone, and that is the error.
pub fn add_scores(run: &Path, card: &ScoreCard) -> Result<()> {
    let mut all = scores(run)?;
    all.push(card.clone());
    let cut = all.len().saturating_sub(MOST);
    atomic::write(&run.join(name::SCORES), &serde_json::to_vec_pretty(&all[cut..])?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::Score;

    #[test]
    fn cards_come_back_in_order_and_a_broken_file_is_left_alone() {
        let run = tempfile::tempdir().unwrap();
        assert!(scores(run.path()).unwrap().is_empty());
        let card = |step| ScoreCard {
            step,
            weights: "ema".into(),
            data: "glyphs".into(),
            fingerprint: "abc".into(),
            split: "train".into(),
            scores: vec![Score {
                metric: "swd".into(),
                value: 0.1 + step as f64,
                floor: None,
                count: 9,
                embedding: None,
            }],
        };
        for step in 0..=MOST as u64 {
            add_scores(run.path(), &card(step)).unwrap();
            if step == 1 {
                assert_eq!(scores(run.path()).unwrap(), [card(0), card(1)]);
                // A long history, in one go.
                let many: Vec<_> = (0..MOST as u64).map(card).collect();
                std::fs::write(run.path().join("scores.json"), serde_json::to_vec(&many).unwrap()).unwrap();
                break;
            }
        }
        add_scores(run.path(), &card(7_000)).unwrap();
        let all = scores(run.path()).unwrap();
        assert_eq!((all.len(), all[0].step, all[MOST - 1].step), (MOST, 1, 7_000));
        std::fs::write(run.path().join("scores.json"), "[{").unwrap();
        assert!(add_scores(run.path(), &card(1)).unwrap_err().to_string().contains("no list of scores"));
        assert_eq!(std::fs::read(run.path().join("scores.json")).unwrap(), b"[{");
    }
}
