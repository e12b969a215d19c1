//! What a run does about a step that broke: smaller batches on a device that is full, back to a checkpoint when numbers ran away.

use super::{BATCH, Run, STREAM_BUILD};
use crate::{
    doctor::Rollback,
    latent::mix,
    models, nn,
    run::{self, Change},
    spec::{Effect, Kind, Knob, Knobs, Value},
    weights::Checkpoint,
};
use anyhow::{Context, Result};
use std::sync::Arc;
use std::time::Instant;

/// How often a run goes back by itself before it gives up.
const MOST: usize = 3;
/// Steps after which a break has nothing to do with the one before it.
const NEAR: u64 = 2_000;

/// A run went back.
#[derive(Debug)]
pub struct Return {
    /// The steps it went from and to.
    pub rollback: Rollback,
    /// One sentence for the log.
    pub why: String,
}

impl Run {
    /// Halves the batch because the device is full, and journals it; the line for the log. Once in a run's life: `None` when it was
    /// done before or nothing is left to halve. The step that broke is tried again; one network may have learned from it already.
    pub fn halve(&mut self) -> Result<Option<String>> {
        let (batch, half) = (self.batch(), self.batch() / 2);
        if self.halved || half < 2 {
            return Ok(None);
        }
        let value = Value::Int(half as i64);
        run::add_change(self.folder.path(), &Change { step: self.step, id: BATCH.into(), value: value.clone() })?;
        self.knobs.put(BATCH, value);
        self.halved = true;
        // Before the smaller one takes its place.
        self.held_out = None;
        self.batches.resize(half, self.step)?;
        self.held_out = self.batches.held_out(half, self.device)?;
        Ok(Some(format!(
            "The memory of {} is full: from step {} on each batch has {half} pictures instead of {batch}. Training goes on.",
            nn::device_word(self.device),
            self.step + 1
        )))
    }

    /// What a person can do when halving did not help.
    pub fn has_no_room(&self) -> String {
        format!(
            "The memory of {} does not suffice for batches of {} pictures either; begin a run with a lower batch, width or size.",
            nn::device_word(self.device),
            self.batch()
        )
    }

    /// The step of the newest checkpoint that holds more than initial weights.
    pub fn last_trained_checkpoint(&self) -> Option<u64> {
        run::checkpoint_steps(self.folder.path()).last().copied().filter(|step| *step > 0)
    }

    /// A checkpoint that is on its way to the disk.
    pub fn await_checkpoint(&mut self, checkpoint: &Arc<Checkpoint>) {
        self.unsaved = Arc::downgrade(checkpoint);
    }

    /// Goes back to the newest good checkpoint with half the learning rates, because this curve is no longer a number; to an older one
    /// when the newest has led here before. `Err` holds the sentence when that was tried often enough.
    pub fn roll_back(&mut self, name: &str) -> Result<Result<Return, String>> {
        let from = self.step + 1;
        let mut before = run::rollbacks(self.folder.path())?;
        before.retain(|s| s.broke && s.from + NEAR > from);
        if before.len() >= MOST {
            return Ok(Err(format!(
                "Training broke down at step {from} again: {name} is no longer a number, though the learning rate was halved {MOST} \
                 times. Begin a new run with a learning rate below {}, or with gradient clipping.",
                self.knobs.real("lr")
            )));
        }
        let checkpoint = self.last_good(before.last().map(|s| s.to))?;
        let to = checkpoint.step;
        self.return_to(&checkpoint, Rollback { from, to, broke: true })?;
        let why = format!(
            "Training broke down at step {from}: {name} was no longer a number. It goes on from the checkpoint of step {to} with half \
             the learning rate, {}.",
            self.knobs.real("lr")
        );
        Ok(Ok(Return { rollback: Rollback { from, to, broke: true }, why }))
    }

    /// Goes back to the checkpoint of a step with half the learning rates, because a person asked for it.
    pub fn roll_back_to(&mut self, to: u64) -> Result<Return> {
        let checkpoint = run::read_checkpoint(self.folder.path(), &self.spec.family, to)?;
        let rollback = Rollback { from: self.step, to, broke: false };
        self.return_to(&checkpoint, rollback)?;
        let why = format!(
            "Went back from step {} to the checkpoint of step {to}; training goes on with half the learning rate, {}.",
            rollback.from,
            self.knobs.real("lr")
        );
        Ok(Return { rollback, why })
    }

    /// The newest checkpoint that is whole and finite, but not the one `tried` before where there is an older one.
    fn last_good(&self, tried: Option<u64>) -> Result<Checkpoint> {
        if let Some(waiting) = self.unsaved.upgrade().filter(|waiting| is_finite(waiting)) {
            return Ok(Checkpoint::clone(&waiting));
        }
        let folder = self.folder.path();
        let mut steps = run::checkpoint_steps(folder);
        if steps.len() > 1 && steps.last().copied() == tried {
            steps.pop();
        }
        let good = |step: &u64| run::read_checkpoint(folder, &self.spec.family, *step).ok();
        steps.iter().rev().find_map(good).context("There is no good checkpoint to go back to.")
    }

    /// Takes over a checkpoint of this run: journal, curves, checkpoints, batches and model are then as if it had just come there,
    /// with the knobs as they stand now but for the learning rates.
    fn return_to(&mut self, checkpoint: &Checkpoint, rollback: Rollback) -> Result<()> {
        let (folder, to) = (self.folder.path().to_path_buf(), rollback.to);
        let family = models::family(&self.spec.family)?;
        let (mut journal, later): (Vec<Change>, Vec<Change>) =
            run::changes(&folder)?.into_iter().partition(|change| change.step <= to);
        let then = run::turned(self.spec.knobs.clone(), &journal);
        let knobs = slower(&self.knobs, &then, &(family.knobs)(&self.spec.shape));
        // How often it went back must not be forgotten with the steps that are given up.
        let moved = later.into_iter().filter(|change| run::as_rollback(change).is_some());
        journal.extend(moved.map(|change| Change { step: to, ..change }));
        journal.push(run::rollback_entry(rollback));
        let turned = knobs.0.iter().filter(|(id, value)| then.get(id) != Some(value));
        journal.extend(turned.map(|(id, value)| Change { step: to, id: id.clone(), value: value.clone() }));
        // As a resumed run does it: built from its seed, then loaded.
        nn::seed_global(mix(&[self.spec.seed, STREAM_BUILD]));
        let mut model = (family.build)(&self.spec.knobs, &self.spec.shape, self.device)?;
        model.load(checkpoint)?;
        model.set_live(&knobs)?;
        self.log.flush()?;
        run::set_changes(&folder, &journal)?;
        run::cut_checkpoints(&folder, to)?;
        run::cut_best(&folder, to)?;
        self.log.reopen(&folder, to)?;
        self.batches.resize(knobs.int(BATCH), to)?;
        (self.model, self.knobs, self.step) = (model, knobs, to);
        (self.sampled, self.saved) = (None, (Instant::now(), to));
        self.clock.rest();
        Ok(())
    }
}

/// The knobs with every learning rate at half of what it is or was, whichever is less; one that follows another (0) stays.
fn slower(now: &Knobs, then: &Knobs, table: &[Knob]) -> Knobs {
    let mut knobs = now.clone();
    let rates = table.iter().filter(|k| (k.id == "lr" || k.id.starts_with("lr_")) && k.effect == Effect::Now);
    for knob in rates {
        let Kind::Real { min, .. } = knob.kind else { continue };
        let (is, was) = (now.real(&knob.id), then.real(&knob.id));
        let rate = if was > 0.0 { is.min(was) } else { is };
        if rate > 0.0 {
            knobs.put(&knob.id, Value::Real((rate / 2.0).max(min)));
        }
    }
    knobs
}

fn is_finite(checkpoint: &Checkpoint) -> bool {
    checkpoint.files.values().flat_map(|arrays| arrays.values()).all(|a| a.data.iter().all(|n| n.is_finite()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_halved_from_the_lower_of_two_and_others_stay() {
        let family = models::family("dcgan").unwrap();
        let table = (family.knobs)(&crate::spec::DataShape::default());
        let mut then = Knobs::start(&table);
        then.put("lr", Value::Real(4e-4));
        let mut now = then.clone();
        for (id, value) in [("lr", 0.1), ("r1", 0.5)] {
            now.put(id, Value::Real(value));
        }
        let knobs = slower(&now, &then, &table);
        assert_eq!(["lr", "lr_d", "r1"].map(|id| Value::Real(knobs.real(id))), [2e-4, 0.0, 0.5].map(Value::Real));
        (now.0, then.0) = (knobs.0.clone(), knobs.0);
        then.put("lr", Value::Real(1.0));
        now.put("lr_d", Value::Real(1e-3));
        let knobs = slower(&now, &then, &table);
        assert_eq!(["lr", "lr_d"].map(|id| Value::Real(knobs.real(id))), [1e-4, 5e-4].map(Value::Real));
        now.put("lr", Value::Real(1e-6));
        assert!((slower(&now, &then, &table).real("lr") - 1e-6).abs() < 1e-12, "the least there is");
    }
}
