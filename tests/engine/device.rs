//! Devices: what is not there, runs that move, and a device whose memory is full.

use crate::rig::{engine, resume, spec, start, until, until_end, weights, with_horizon};
use latent_studio::{
    engine::protocol::*,
    run::{
        self, Change,
        fault::{After, DEVICE_MEMORY, inject},
    },
    spec::Value,
};
use std::path::Path;

#[test]
fn a_device_that_is_not_there_is_said_before_anything_is_made() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    assert!(engine.use_device("gpu").unwrap_err().contains("is no device"));
    engine.use_device("cuda:999").unwrap();
    let folder = home.path().join("run");
    start(&engine, 1, spec(5), &folder, false);
    let seen = until(&engine, |e| matches!(e, Event::Failed { .. }));
    let Some(Event::Failed { failure, .. }) = seen.last() else { unreachable!() };
    let why = failure.to_string();
    assert!(why.starts_with("There is no device cuda:999 here; this machine offers cpu"), "{why}");
    assert!(!folder.exists());
    engine.use_device("cpu").unwrap();
    start(&engine, 2, spec(5), &folder, false);
    until_end(&engine);
    assert_eq!(run::read_spec(&folder).unwrap().device, "cpu");
}

#[test]
fn a_run_goes_on_on_another_device_and_an_old_one_counts_as_the_processors() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    let folder = home.path().join("run");
    start(&engine, 1, spec(5), &folder, false);
    until_end(&engine);
    let toml = folder.join("run.toml");
    let text = std::fs::read_to_string(&toml).unwrap();
    let line = "device = \"cpu\"\n";
    assert!(text.contains(line), "{text}");
    std::fs::write(&toml, text.replace(line, "")).unwrap();
    assert_eq!(run::read_spec(&folder).unwrap().device, "cpu");
    std::fs::write(&toml, text.replace(line, "device = \"cuda:0\"\n")).unwrap();
    resume(&engine, 2, &folder, 10);
    let seen = until_end(&engine);
    let moved =
        |e: &Event| matches!(e, Event::Warning { why, .. } if why.contains("begun on cuda:0 and goes on on cpu"));
    assert!(seen.iter().any(moved), "{seen:?}");
    assert_eq!(run::read_spec(&folder).unwrap().device, "cuda:0", "where it was begun");
}

/// A run whose device is full at its 11th step: straight on to a number of steps, or stopped somewhere past the 60th.
/// Answers its last step.
fn full_at_the_eleventh(home: &Path, folder: &Path, steps: Option<u64>) -> u64 {
    let engine = engine(home);
    let fault = inject(&folder.join(DEVICE_MEMORY), 11, After::Recovers);
    start(&engine, 1, with_horizon(spec(steps.unwrap_or(1_000_000))), folder, false);
    let seen = until(&engine, |e| matches!(e, Event::Scalars { points, .. } if points.last().unwrap().step > 60));
    let line = "The memory of cpu is full: from step 11 on each batch has 4 pictures instead of 8. Training goes on.";
    assert!(seen.iter().any(|e| matches!(e, Event::Warning { why, .. } if why == line)), "{seen:?}");
    assert!(seen.iter().any(|e| matches!(e, Event::Saved { step: 10, .. })), "a checkpoint that knows of it");
    drop(fault);
    if steps.is_none() {
        engine.send(Command::Stop).unwrap();
    }
    let Some(Event::Ended { step, .. }) = until_end(&engine).pop() else { unreachable!() };
    step
}

#[test]
fn a_full_device_halves_the_batch_once_and_a_resumed_run_does_the_same() {
    let home = tempfile::tempdir().unwrap();
    let (straight, halves) = (home.path().join("straight"), home.path().join("halves"));
    let total = full_at_the_eleventh(home.path(), &halves, None) + 60;
    let engine = engine(home.path());
    resume(&engine, 2, &halves, total);
    until_end(&engine);
    full_at_the_eleventh(home.path(), &straight, Some(total));
    let change = Change { step: 10, id: "batch".into(), value: Value::Int(4) };
    assert_eq!(run::changes(&straight).unwrap(), [change]);
    assert!(weights(&straight, total) == weights(&halves, total), "the weights differ");
    assert_eq!(run::points(&straight).unwrap(), run::points(&halves).unwrap(), "the curves differ");
    let plain = home.path().join("plain");
    start(&engine, 3, with_horizon(spec(total)), &plain, false);
    until_end(&engine);
    assert!(weights(&straight, total) != weights(&plain, total), "the change did nothing");
    let curve = |folder: &Path, until: u64| {
        run::points(folder).unwrap().into_iter().filter(|p| p.step <= until).collect::<Vec<_>>()
    };
    assert_eq!(curve(&straight, 10), curve(&plain, 10), "nothing before it changed");
}

#[test]
fn a_device_that_is_full_a_second_time_ends_the_run_with_a_sentence() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    let folder = home.path().join("run");
    let fault = inject(&folder.join(DEVICE_MEMORY), 11, After::Dies);
    start(&engine, 1, spec(200), &folder, false);
    let seen = until(&engine, |e| matches!(e, Event::Failed { .. } | Event::Ended { .. }));
    let says = "The memory of cpu does not suffice for batches of 4 pictures either; begin a run with a lower batch, width or size.";
    let Some(Event::Failed { failure, kept: Some(10), .. }) = seen.last() else { panic!("{:?}", seen.last()) };
    let why = failure.to_string();
    assert_eq!(why, says);
    drop(fault);
    // Once in a run's life: the journal remembers.
    let fault = inject(&folder.join(DEVICE_MEMORY), 3, After::Recovers);
    resume(&engine, 2, &folder, 200);
    let seen = until(&engine, |e| matches!(e, Event::Failed { .. } | Event::Ended { .. }));
    assert!(
        matches!(seen.last(), Some(Event::Failed { failure, .. }) if failure.to_string() == says),
        "{:?}",
        seen.last()
    );
    drop(fault);
    resume(&engine, 3, &folder, 30);
    until_end(&engine);
}
