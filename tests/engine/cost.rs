//! What training would cost is measured beside no run, and changes none.

use crate::rig::{engine, spec, start, until, until_end, weights};
use latent_studio::{
    engine::{Engine, protocol::*},
    spec::{Knobs, RunSpec},
};

fn trial(spec: &RunSpec, knobs: Knobs) -> Trial {
    Trial { family: spec.family.clone(), knobs, data: spec.data.clone(), device: "cpu".into() }
}

fn measured(engine: &Engine) -> Result<Cost, Failure> {
    let seen = until(engine, |e| matches!(e, Event::Measured { .. }));
    let Some(Event::Measured { cost, .. }) = seen.into_iter().last() else { unreachable!() };
    cost
}

/// Has the engine read the data of a run.
fn read(engine: &Engine, spec: &RunSpec) {
    let load = Job::Load { source: spec.data.source.clone(), prepare: Some(spec.data.clone()), seed: spec.data.seed };
    engine.job(load).unwrap();
    until(engine, |e| matches!(e, Event::Loaded(_)));
}

#[test]
fn a_measurement_changes_no_byte_of_a_run_and_gives_way_to_it() {
    let home = tempfile::tempdir().unwrap();
    let (plain, beside) = (home.path().join("plain"), home.path().join("beside"));
    let run = spec(30);
    {
        let engine = engine(home.path());
        start(&engine, 1, run.clone(), &plain, false);
        until_end(&engine);
    }
    let engine = engine(home.path());
    let ask = |knobs: Knobs| engine.send(Command::Measure(Box::new(trial(&run, knobs)))).unwrap();
    ask(run.knobs.clone());
    assert!(measured(&engine).unwrap_err().to_string().contains("not read yet"), "no data are read for a measurement");

    // A start overtakes it: the measurement ends at once, and the run is as if it had never been. On a crowded machine the order
    // may come when the measurement has just ended; then again.
    read(&engine, &run);
    let overtaken = (0..20).any(|attempt| {
        let after = home.path().join(format!("after-{attempt}"));
        ask(run.knobs.clone());
        start(&engine, 2, run.clone(), &after, false);
        let cost = measured(&engine);
        until_end(&engine);
        assert!(weights(&plain, 30) == weights(&after, 30), "a measurement before a run changes it");
        cost == Err(Failure::Cancelled)
    });
    assert!(overtaken, "no start ended a measurement");

    // While a run is open it is refused.
    let mut long = run.clone();
    long.steps = 30;
    start(&engine, 3, long, &beside, false);
    ask(run.knobs.clone());
    let seen = until(&engine, |e| matches!(e, Event::Measured { .. } | Event::Ended { .. }));
    if let Some(Event::Measured { cost, .. }) = seen.last() {
        assert!(cost.as_ref().is_err_and(|why| why.to_string().contains("A run is open")), "{cost:?}");
        until_end(&engine);
    }
    assert!(weights(&plain, 30) == weights(&beside, 30), "a question beside a run changes it");
}

#[test]
fn a_measurement_tells_what_an_epoch_takes() {
    let home = tempfile::tempdir().unwrap();
    let (engine, run) = (engine(home.path()), spec(1));
    read(&engine, &run);
    engine.send(Command::Measure(Box::new(trial(&run, run.knobs.clone())))).unwrap();
    let cost = measured(&engine).unwrap();
    assert!(cost.steps >= 1 && cost.step_s > 0.0 && cost.steps_per_epoch == 64 / 8, "{cost:?}");
    assert!((cost.epoch_s() - cost.step_s * cost.steps_per_epoch as f32).abs() < 1e-6);
    assert!(cost.bytes.is_none_or(|n| n > 10_000_000), "{cost:?}");
    let mut wrong = run.knobs.clone();
    wrong.put("batch", latent_studio::spec::Value::Int(-1));
    engine.send(Command::Measure(Box::new(trial(&run, wrong)))).unwrap();
    assert!(measured(&engine).is_err());
}
