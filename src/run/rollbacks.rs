//! Returns to earlier checkpoints, as the journal notes them between the changes of knobs.

use super::{Change, changes};
use crate::{
    doctor::Rollback,
    spec::{Knobs, Value},
};
use anyhow::Result;
use std::path::Path;

/// The journal's word for a return because numbers had run away.
const BROKE: &str = "went_back_broken";
/// And for one that a person asked for.
const ASKED: &str = "went_back_asked";

/// The journal's entry of a return: its step is where the run goes on.
pub fn rollback_entry(rollback: Rollback) -> Change {
    let id = if rollback.broke { BROKE } else { ASKED };
    Change { step: rollback.to, id: id.into(), value: Value::Int(rollback.from as i64) }
}

/// The return that an entry of the journal notes; `None` for the change of a knob.
pub fn as_rollback(change: &Change) -> Option<Rollback> {
    let broke = change.id == BROKE;
    let Value::Int(from) = change.value else { return None };
    (broke || change.id == ASKED).then_some(Rollback { from: from as u64, to: change.step, broke })
}

/// All returns of a run, in order.
pub fn rollbacks(run: &Path) -> Result<Vec<Rollback>> {
    Ok(changes(run)?.iter().filter_map(as_rollback).collect())
}

/// A run's knobs after all changes of its journal, from those it began with.
pub fn turned(mut knobs: Knobs, changes: &[Change]) -> Knobs {
    for change in changes.iter().filter(|change| as_rollback(change).is_none()) {
        knobs.put(&change.id, change.value.clone());
    }
    knobs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn returns_stand_in_the_journal_and_are_no_knobs() {
        let run = tempfile::tempdir().unwrap();
        let back = [(40, 20, true), (90, 60, false)].map(|(from, to, broke)| Rollback { from, to, broke });
        let lr = Change { step: 20, id: "lr".into(), value: Value::Real(0.1) };
        let journal = [rollback_entry(back[0]), lr, rollback_entry(back[1])];
        super::super::set_changes(run.path(), &journal).unwrap();
        assert_eq!(changes(run.path()).unwrap(), journal);
        assert_eq!(rollbacks(run.path()).unwrap(), back);
        let knobs = turned(Knobs::default(), &journal);
        assert_eq!((knobs.0.len(), knobs.get("lr")), (1, Some(&Value::Real(0.1))));
    }
}
