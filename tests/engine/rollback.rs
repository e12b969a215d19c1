//! Numbers that run away: back to a good checkpoint at half the rate, a few times, and the same bytes again when resumed.

use crate::rig::{engine, resume, spec, start, until, until_end, weights};
use latent_studio::{
    doctor::Rollback,
    engine::{Engine, protocol::*},
    models, run,
    spec::{Knobs, RunSpec, Value},
};
use std::path::Path;

/// Of pictures that are centred and scaled by their own mean and deviation: whoever builds the model again must know.
fn normalised(steps: u64) -> RunSpec {
    let mut spec = spec(steps);
    spec.knobs.put("normalise", Value::Text("measured".into()));
    spec
}

/// Ten steps, and a checkpoint of an eleventh from which the next step leaves the numbers.
fn poisoned(engine: &Engine, folder: &Path) {
    start(engine, 1, normalised(10), folder, false);
    until_end(engine);
    let spec = run::read_spec(folder).unwrap();
    let mut checkpoint = run::read_checkpoint(folder, "dcgan", 10).unwrap();
    checkpoint.step = 11;
    for array in checkpoint.files.get_mut("discriminator").unwrap().values_mut() {
        array.data.fill(1e30);
    }
    run::write_checkpoint(folder, &spec, &checkpoint).unwrap();
}

fn rollbacks(seen: &[Event]) -> Vec<Rollback> {
    seen.iter()
        .filter_map(|e| if let Event::RolledBack { rollback, .. } = e { Some(*rollback) } else { None })
        .collect()
}

#[test]
fn a_run_that_breaks_goes_back_further_and_slower_and_repeats_bit_for_bit() {
    let home = tempfile::tempdir().unwrap();
    let (straight, halves) = (home.path().join("straight"), home.path().join("halves"));
    let first = engine(home.path());
    poisoned(&first, &straight);
    poisoned(&first, &halves);
    // One is stopped somewhere after it went back, and goes on in another engine.
    resume(&first, 2, &halves, 1_000_000);
    until(&first, |e| matches!(e, Event::RolledBack { rollback, .. } if rollback.to == 10));
    until(&first, |e| matches!(e, Event::Scalars { points, .. } if points.last().unwrap().step > 60));
    first.send(Command::Stop).unwrap();
    let Some(Event::Ended { step, .. }) = until_end(&first).pop() else { unreachable!() };
    let total = step + 60;
    drop(first);
    let second = engine(home.path());
    resume(&second, 3, &halves, total);
    assert!(rollbacks(&until_end(&second)).is_empty());
    // The other goes straight on to the same step.
    resume(&second, 4, &straight, total);
    let seen = until_end(&second);
    let back = |to| Rollback { from: 12, to, broke: true };
    assert_eq!(rollbacks(&seen), [back(11), back(10)], "the checkpoint that broke twice is given up");
    let Some(Event::RolledBack { spec, why, .. }) = seen.iter().rfind(|e| matches!(e, Event::RolledBack { .. })) else {
        unreachable!()
    };
    let rate = run::read_spec(&straight).unwrap().knobs.real("lr");
    assert!((spec.knobs.real("lr") - rate / 4.0).abs() < 1e-12, "halved twice");
    assert!(why.contains("no longer a number") && why.contains("step 10") && why.contains("learning rate"), "{why}");
    let steps: Vec<u64> = run::points(&straight).unwrap().iter().map(|p| p.step).collect();
    assert!(steps.is_sorted(), "the curves have one past");
    assert!(weights(&straight, total) == weights(&halves, total), "the weights differ");
    assert_eq!(run::points(&straight).unwrap(), run::points(&halves).unwrap(), "the curves differ");
    assert_eq!(run::changes(&straight).unwrap(), run::changes(&halves).unwrap(), "the journals differ");
    assert_eq!(run::rollbacks(&straight).unwrap(), [Rollback { from: 12, to: 10, broke: true }; 2]);
}

/// Plain descent on a loss that is thousands of times too steep for it.
fn steep(steps: u64) -> RunSpec {
    let family = models::family("vae").unwrap();
    let mut spec = spec(steps);
    let table = (family.knobs)(&spec.shape);
    let mut knobs = Knobs::start(&table);
    knobs.0.extend((family.presets)(&spec.shape).into_iter().find(|p| p.id == "tiny").unwrap().set.0);
    for (id, word) in [("optimiser", "sgd"), ("likelihood", "gaussian")] {
        knobs.put(id, Value::Text(word.into()));
    }
    for (id, value) in [("lr", 0.1), ("sigma", 0.02)] {
        knobs.put(id, Value::Real(value));
    }
    (spec.family, spec.knobs) = ("vae".into(), knobs);
    spec
}

#[test]
fn a_run_that_keeps_breaking_ends_after_three_returns_and_its_beginning_is_whole() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    let folder = home.path().join("run");
    start(&engine, 1, steep(500), &folder, false);
    let seen = until(&engine, |e| matches!(e, Event::Failed { .. } | Event::Ended { .. }));
    let Some(Event::Failed { failure, kept: None, .. }) = seen.last() else { panic!("{:?}", seen.last()) };
    let why = failure.to_string();
    assert!(why.contains("no longer a number") && why.contains("below 0.0125"), "{why}");
    let back = rollbacks(&seen);
    assert!(back.len() == 3 && back.iter().all(|s| s.to == 0 && s.broke && s.from > 0), "{back:?}");
    let rates: Vec<_> = run::changes(&folder).unwrap().into_iter().filter(|c| c.id == "lr").map(|c| c.value).collect();
    assert_eq!(rates, [0.05, 0.025, 0.0125].map(Value::Real));
    drop(engine);
    assert_eq!(run::checkpoint_steps(&folder), [0], "nothing that is no number was kept");
    assert!(run::read_checkpoint(&folder, "vae", 0).is_ok());
}

#[test]
fn a_person_can_go_back_and_what_cannot_be_done_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    let folder = home.path().join("run");
    start(&engine, 1, spec(20), &folder, false);
    until_end(&engine);
    resume(&engine, 2, &folder, 1_000_000);
    until(&engine, |e| matches!(e, Event::Scalars { .. }));
    engine.send(Command::Pause).unwrap();
    let paused = until(&engine, |e| matches!(e, Event::Paused { .. }));
    let Some(Event::Paused { step: paused, .. }) = paused.last() else { unreachable!() };
    engine.send(Command::Save).unwrap();
    until(&engine, |e| matches!(e, Event::Saved { step, .. } if step == paused));
    engine.send(Command::RollBack(7)).unwrap();
    let seen = until(&engine, |e| matches!(e, Event::Warning { .. }));
    assert!(
        matches!(seen.last(), Some(Event::Warning { why, .. }) if why.contains("step 7") && why.contains("goes on"))
    );
    engine.send(Command::RollBack(20)).unwrap();
    let seen = until(&engine, |e| matches!(e, Event::RolledBack { .. }));
    assert_eq!(rollbacks(&seen), [Rollback { from: *paused, to: 20, broke: false }]);
    assert!(!run::checkpoint_steps(&folder).contains(paused), "its steps are given up");
    engine.send(Command::Step).unwrap();
    let next = until(&engine, |e| matches!(e, Event::Paused { .. }));
    assert!(matches!(next.last(), Some(Event::Paused { step: 21, .. })), "{next:?}");
    engine.send(Command::Stop).unwrap();
    until_end(&engine);
    let rate = run::read_spec(&folder).unwrap().knobs.real("lr");
    let turned = run::turned(Knobs::default(), &run::changes(&folder).unwrap());
    assert_eq!((turned.0.len(), turned.get("lr")), (1, Some(&Value::Real(rate / 2.0))));
}
