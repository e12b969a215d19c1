//! Which checkpoint of a run did best: `best.json`, a plain list of what was measured of its checkpoints.

use super::{
    atomic,
    names::{checkpoint_steps, name},
};
use crate::history::Best;
use anyhow::Result;
use serde::{Deserialize, Serialize};
use std::path::Path;

const LIMIT: u64 = 1 << 20;

/// What stands in `best.json`.
#[derive(Debug, Default, Serialize, Deserialize)]
struct Scores {
    /// The best of those that are kept, for people and other programs.
    best: Option<Best>,
    /// What was measured, steps rising; of checkpoints that are kept.
    measured: Vec<Best>,
}

/// The kept checkpoint with the lowest SWD, the earlier one of two that are equal; `None` when none was measured.
pub fn best(run: &Path) -> Option<Best> {
    lowest(&kept(run))
}

/// Notes what was measured of the checkpoint of a step, if it is still kept; answers which is the best one now.
pub fn note_swd(run: &Path, step: u64, swd: f32) -> Result<Option<Best>> {
    let mut measured = kept(run);
    if swd.is_finite() && checkpoint_steps(run).contains(&step) {
        measured.retain(|known| known.step != step);
        measured.push(Best { step, swd });
        measured.sort_by_key(|known| known.step);
        put(run, measured)
    } else {
        Ok(lowest(&measured))
    }
}

/// Forgets what was measured after a step, from which the run goes on; answers which is the best one now.
pub fn cut_best(run: &Path, after_step: u64) -> Result<Option<Best>> {
    let mut measured = kept(run);
    let before = measured.len();
    measured.retain(|known| known.step <= after_step);
    if measured.len() == before { Ok(lowest(&measured)) } else { put(run, measured) }
}

fn put(run: &Path, measured: Vec<Best>) -> Result<Option<Best>> {
    let scores = Scores { best: lowest(&measured), measured };
    atomic::write(&run.join(name::BEST), (serde_json::to_string_pretty(&scores)? + "\n").as_bytes())?;
    Ok(scores.best)
}

fn lowest(measured: &[Best]) -> Option<Best> {
    measured.iter().copied().min_by(|a, b| a.swd.total_cmp(&b.swd))
}

/// What was measured of checkpoints that are still there.
fn kept(run: &Path) -> Vec<Best> {
    let (mut measured, steps) = (read(run).measured, checkpoint_steps(run));
    measured.retain(|known| steps.contains(&known.step));
    measured
}

/// A file that is not there or cannot be read says nothing: it can be measured again.
fn read(run: &Path) -> Scores {
    let path = run.join(name::BEST);
    atomic::read(&path, LIMIT).ok().and_then(|bytes| serde_json::from_slice(&bytes).ok()).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::{testing, write_checkpoint};
    use crate::spec::RunSpec;

    #[test]
    fn the_best_checkpoint_is_known_and_never_thinned() {
        let home = tempfile::tempdir().unwrap();
        let run = home.path();
        let spec = RunSpec { steps: 1_000, ..testing::spec() };
        let save = |step| write_checkpoint(run, &spec, &testing::checkpoint(step)).unwrap();
        assert_eq!(best(run), None);
        assert_eq!(note_swd(run, 10, 5.0).unwrap(), None, "there is no such checkpoint");
        save(10);
        assert_eq!(note_swd(run, 10, 30.5).unwrap(), Some(Best { step: 10, swd: 30.5 }));
        save(20);
        assert_eq!(note_swd(run, 20, 21.25).unwrap(), Some(Best { step: 20, swd: 21.25 }));
        save(30);
        assert_eq!(note_swd(run, 30, 21.25).unwrap().unwrap().step, 20, "the earlier of two that are equal");
        assert_eq!(note_swd(run, 30, f32::NAN).unwrap().unwrap().step, 20, "no number, no score");
        for step in [40, 50, 60, 70, 80] {
            save(step);
        }
        assert_eq!(checkpoint_steps(run), [20, 60, 70, 80], "all in one tenth: the newest three, and the best");
        assert_eq!(best(run), Some(Best { step: 20, swd: 21.25 }));
        note_swd(run, 70, 3.0).unwrap();
        assert_eq!(
            cut_best(run, 60).unwrap().unwrap().step,
            20,
            "what lay after the step from which it goes on is gone"
        );
        note_swd(run, 80, 3.0).unwrap();
        save(90);
        assert_eq!(checkpoint_steps(run), [70, 80, 90], "another is the best, so the former one may go");
        std::fs::write(run.join("best.json"), "torn {").unwrap();
        assert_eq!(best(run), None);
        assert_eq!(note_swd(run, 90, 4.0).unwrap().unwrap().step, 90);
    }
}
