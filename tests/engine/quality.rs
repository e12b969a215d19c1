//! Measuring while training: it changes nothing of the run, and the best checkpoint is known.

use crate::rig::{engine, engine_that_measures, resume, spec, start, until, until_end, weights};
use latent_studio::{
    engine::{Engine, protocol::*},
    history::{Best, Point},
    run,
    spec::RunSpec,
};
use std::path::Path;

const QUALITY: [&str; 4] = ["swd", "coverage", "recall", "variance"];

fn is_quality(point: &Point) -> bool {
    QUALITY.contains(&&*point.name) || &*point.name == "nearest" || point.name.starts_with("floor_")
}

fn swd(folder: &Path) -> Vec<(u64, f32)> {
    run::points(folder).unwrap().iter().filter(|p| &*p.name == "swd").map(|p| (p.step, p.value)).collect()
}

/// The best checkpoint that is told next.
fn best(engine: &Engine) -> Best {
    let seen = until(engine, |e| matches!(e, Event::Best { best: Some(_), .. }));
    let Some(Event::Best { best: Some(best), .. }) = seen.last() else { unreachable!() };
    *best
}

#[test]
fn measuring_changes_no_byte_of_a_run_also_across_save_and_resume() {
    let home = tempfile::tempdir().unwrap();
    let [plain, measured] = ["plain", "measured"].map(|name| home.path().join(name));
    let quiet = engine(home.path());
    start(&quiet, 1, spec(150), &plain, false);
    until_end(&quiet);
    drop(quiet);
    let busy = engine_that_measures(home.path(), Some(0.0));
    start(&busy, 1, spec(150), &measured, false);
    // The first one is due at once, and training goes on beside it.
    let first = until(&busy, |e| matches!(e, Event::Rated { .. }));
    let Some(Event::Rated { run: RunId(1), points }) = first.last() else { panic!("{first:?}") };
    assert_eq!(points.iter().map(|p| &*p.name).collect::<Vec<_>>(), QUALITY, "64 pictures have no floor");
    assert!(points.iter().all(|p| p.value.is_finite() && p.step == points[0].step), "{points:?}");
    busy.send(Command::Stop).unwrap();
    if !first.iter().any(|e| matches!(e, Event::Ended { .. })) {
        until_end(&busy);
    }
    drop(busy);
    let stopped = *run::checkpoint_steps(&measured).last().unwrap();
    assert_eq!(swd(&measured).last().unwrap().0, stopped, "the last checkpoint is measured, also after the end");
    assert_eq!(run::best(&measured).unwrap().step, stopped);
    let busy = engine_that_measures(home.path(), Some(0.0));
    resume(&busy, 2, &measured, 150);
    let begun = until(&busy, |e| matches!(e, Event::Best { .. } | Event::Ended { .. }));
    assert!(matches!(begun.last(), Some(Event::Best { best: Some(Best { step, .. }), .. }) if *step == stopped));
    until_end(&busy);
    drop(busy);
    assert!(weights(&plain, 150) == weights(&measured, 150), "the weights differ");
    let rest = |folder: &Path| run::points(folder).unwrap().into_iter().filter(|p| !is_quality(p)).collect::<Vec<_>>();
    assert_eq!(rest(&plain), rest(&measured), "the other curves differ");
    assert!(run::points(&plain).unwrap().iter().all(|p| !is_quality(p)) && run::best(&plain).is_none());
    let steps: Vec<u64> = swd(&measured).iter().map(|p| p.0).collect();
    assert!(steps.is_sorted_by(|a, b| a < b) && steps.last() == Some(&150), "{steps:?}");
}

#[test]
fn the_best_checkpoint_is_told_kept_and_shown_when_the_run_is_opened() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("run");
    // Never by itself in this test's life: only checkpoints are measured.
    let engine = engine_that_measures(home.path(), Some(50.0));
    let mut big = spec(6);
    big.data.source = "shapes:700".into();
    let shape = latent_studio::data::open("shapes:700").unwrap().survey().unwrap();
    start(&engine, 1, RunSpec { shape, ..big }, &folder, false);
    let ended = until_end(&engine);
    assert!(ended.iter().all(|e| !matches!(e, Event::Rated { .. })));
    let scored = until(&engine, |e| matches!(e, Event::Rated { .. }));
    let Some(Event::Rated { points, .. }) = scored.last() else { unreachable!() };
    let value = |name: &str| points.iter().find(|p| &*p.name == name).unwrap_or_else(|| panic!("{name}")).value;
    assert!(points.len() == 10 && points.iter().all(|p| p.step == 6), "five curves and their floors: {points:?}");
    assert!(value("swd") > value("floor_swd") && value("coverage") < value("floor_coverage"), "six steps are noise");
    let told = best(&engine);
    assert_eq!((told.step, told.swd), (6, value("swd")));
    engine.job(Job::Open { run: RunId(3), place: Place::Folder(folder.clone()) }).unwrap();
    until(&engine, |e| matches!(e, Event::Opened(_)));
    assert_eq!(best(&engine), told);
    until(&engine, |e| matches!(e, Event::Sampled { run: RunId(3), step: 6 }));
    assert_eq!(run::best(&folder), Some(told));
}

#[test]
fn jobs_are_done_between_measurements_and_one_follows_another() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("run");
    let engine = engine_that_measures(home.path(), Some(0.0));
    start(&engine, 1, spec(1_000_000), &folder, false);
    until(&engine, |e| matches!(e, Event::Started { .. }));
    for to in ["one.txt", "two.txt", "three.txt"] {
        engine.job(Job::SaveText { text: to.into(), to: home.path().join(to) }).unwrap();
    }
    let seen = until(&engine, |e| matches!(e, Event::JobDone { wrote: Some(to), .. } if to.ends_with("three.txt")));
    assert_eq!(seen.iter().filter(|e| matches!(e, Event::JobDone { .. })).count(), 3);
    until(&engine, |e| matches!(e, Event::Rated { .. }));
    until(&engine, |e| matches!(e, Event::Rated { .. }));
    engine.send(Command::Close).unwrap();
    until_end(&engine);
}
