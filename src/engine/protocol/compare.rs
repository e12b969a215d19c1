//! Runs side by side: the answer to a comparison.

use crate::{
    compare::{Diff, Digest},
    history::History,
    picture::Picture,
    scores::Score,
    spec::RunSpec,
};
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

/// Some runs as they were when they were read.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Comparison {
    /// The runs, in the order that was asked for.
    pub runs: Vec<ComparedRun>,
    /// Where their settings differ.
    pub diff: Diff,
}

/// A run beside others.
#[derive(Clone, Debug, PartialEq)]
pub struct ComparedRun {
    /// The run's folder.
    pub folder: PathBuf,
    /// The run's spec.
    pub spec: RunSpec,
    /// Newest step that its curves or checkpoints know.
    pub step: u64,
    /// What it came to.
    pub digest: Digest,
    /// The run's curves.
    pub history: History,
    /// Steps of its checkpoints and the seconds of training up to each, rising.
    pub marks: Vec<(u64, f32)>,
    /// The newest sample grid.
    pub grid: Option<Picture>,
}

impl Comparison {
    /// The names of all curves, and how many of the runs have each.
    pub fn curves(&self) -> BTreeMap<Arc<str>, usize> {
        let mut names = BTreeMap::new();
        for (name, _) in self.runs.iter().flat_map(|run| run.history.iter()) {
            *names.entry(name.clone()).or_default() += 1;
        }
        names
    }

    /// What was measured, by measure and embedding, with the newest score of each run. Scores of different embeddings can't be
    /// compared, so each has a row of its own.
    pub fn scores(&self) -> Vec<(String, Vec<Option<Score>>)> {
        let mut rows: Vec<(String, Vec<Option<Score>>)> = Vec::new();
        for (i, run) in self.runs.iter().enumerate() {
            for score in run.digest.card.iter().flat_map(|card| &card.scores) {
                let embedding = score.embedding.as_ref().map_or_else(String::new, |e| format!(" ({e})"));
                let name = format!("{}{embedding}", score.metric);
                let at = rows.iter().position(|row| row.0 == name).unwrap_or_else(|| {
                    rows.push((name, vec![None; self.runs.len()]));
                    rows.len() - 1
                });
                rows[at].1[i] = Some(score.clone());
            }
        }
        rows
    }
}
