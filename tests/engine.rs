//! The engine without a window: orders, exact resume, failures, requests.

#![allow(clippy::unwrap_used)] // helpers of tests

#[path = "engine/canvas.rs"]
mod canvas;
#[path = "engine/cost.rs"]
mod cost;
#[path = "engine/device.rs"]
mod device;
#[path = "engine/inputs.rs"]
mod inputs;
#[path = "engine/quality.rs"]
mod quality;
#[path = "engine/rig.rs"]
mod rig;
#[path = "engine/rollback.rs"]
mod rollback;
#[path = "engine/transfer.rs"]
mod transfer;
#[path = "engine/varied.rs"]
mod varied;

use latent_studio::{
    engine::{Engine, protocol::*},
    latent::Code,
    run,
    spec::{Knobs, Value},
};
use rig::{
    PATIENCE, engine, resume, spec, start, start_paused, stopped_past, until, until_changed, until_end, walk, weights,
    with_horizon,
};
use std::{
    path::{Path, PathBuf},
    time::Duration,
};

#[test]
fn start_pause_step_resume_stop_in_order_with_whole_curves() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    let folder = home.path().join("run");
    start(&engine, 1, spec(1_000_000), &folder, false);
    let seen = until(&engine, |e| matches!(e, Event::Scalars { .. }));
    let place = |want: fn(&Event) -> bool| seen.iter().position(want).unwrap();
    assert!(place(|e| matches!(e, Event::Preparing { .. })) < place(|e| matches!(e, Event::Started { .. })));
    engine.send(Command::Pause).unwrap();
    let seen_pausing = until(&engine, |e| matches!(e, Event::Paused { .. }));
    let Some(Event::Paused { step: paused, .. }) = seen_pausing.last() else { unreachable!() };
    engine.send(Command::Step).unwrap();
    let stepping = until(&engine, |e| matches!(e, Event::Paused { .. }));
    assert!(matches!(stepping.last(), Some(Event::Paused { step, .. }) if *step == paused + 1));
    engine.send(Command::Resume).unwrap();
    let going =
        until(&engine, |e| matches!(e, Event::Scalars { points, .. } if points.last().unwrap().step > paused + 3));
    engine.send(Command::Stop).unwrap();
    let ending = until_end(&engine);
    let Some(Event::Ended { step: last, because: Because::Stopped, .. }) = ending.last() else { panic!("{ending:?}") };
    let steps: Vec<u64> = [seen, seen_pausing, stepping, going, ending.clone()]
        .iter()
        .flatten()
        .filter_map(|e| if let Event::Scalars { points, .. } = e { Some(points) } else { None })
        .flatten()
        .filter(|p| &*p.name == "loss_d")
        .map(|p| p.step)
        .collect();
    assert_eq!(steps, (1..=*last).collect::<Vec<_>>(), "no point is lost or comes twice");
    assert_eq!(run::checkpoint_steps(&folder).last(), Some(last));
    assert_eq!(run::sample_steps(&folder).last(), Some(last));
    assert_eq!(run::points(&folder).unwrap().iter().filter(|p| &*p.name == "loss_d").count() as u64, *last);
}

#[test]
fn a_resumed_run_equals_the_straight_one_byte_for_byte() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    let (straight, halves) = (home.path().join("straight"), home.path().join("halves"));
    let total = stopped_past(&engine, 1, with_horizon(spec(0)), &halves, 60) + 60;
    drop(engine);
    let engine = rig::engine(home.path());
    resume(&engine, 2, &halves, total);
    until_end(&engine);
    start(&engine, 3, with_horizon(spec(total)), &straight, false);
    until_end(&engine);
    assert!(weights(&straight, total) == weights(&halves, total), "the weights differ");
    let curve = |folder: &Path| run::points(folder).unwrap();
    assert_eq!(curve(&straight), curve(&halves), "the curves differ");
}

/// Trains to 20 steps by single steps, turns the learning rate, goes on to 60; stops at `stop_at` in between when asked.
fn with_a_turn(home: &Path, folder: &Path, stop_at: Option<u64>) {
    let mut first = engine(home);
    start_paused(&first, 1, spec(60), folder);
    walk(&first, 0, 20);
    let mut live = Knobs::default();
    live.put("lr", Value::Real(2e-3));
    first.set_live(Live { run: RunId(1), knobs: live });
    // The live lane is read before the next step; a paused trainer reads it at once, and the journal tells when.
    until_changed(folder);
    let changes = run::changes(folder).unwrap();
    assert_eq!((changes.len(), changes[0].step, changes[0].id.as_str()), (1, 20, "lr"));
    if let Some(stop) = stop_at {
        walk(&first, 20, stop);
        first.send(Command::Stop).unwrap();
        until_end(&first);
        drop(first);
        first = engine(home);
        resume(&first, 2, folder, 60);
    } else {
        first.send(Command::Resume).unwrap();
    }
    until_end(&first);
}

#[test]
fn a_live_change_of_the_learning_rate_is_part_of_the_run() {
    let home = tempfile::tempdir().unwrap();
    let (straight, halves, plain) = (home.path().join("a"), home.path().join("b"), home.path().join("c"));
    with_a_turn(home.path(), &straight, None);
    with_a_turn(home.path(), &halves, Some(33));
    assert!(weights(&straight, 60) == weights(&halves, 60), "the weights differ");
    let engine = engine(home.path());
    start(&engine, 1, spec(60), &plain, false);
    until_end(&engine);
    assert!(weights(&straight, 60) != weights(&plain, 60), "the change did nothing");
}

#[test]
fn raising_the_steps_changes_nothing_before() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    let (short, raised) = (home.path().join("short"), home.path().join("raised"));
    for folder in [&short, &raised] {
        let mut spec = spec(20);
        spec.knobs.put("schedule", Value::Text("cosine".into()));
        start(&engine, 1, spec, folder, false);
        until_end(&engine);
    }
    resume(&engine, 2, &raised, 40);
    until_end(&engine);
    assert_eq!(run::read_spec(&raised).unwrap().knobs.int("horizon"), 20);
    let steps = run::checkpoint_steps(&raised);
    assert_eq!(steps[steps.len() - 2..], [20, 40]);
    assert!(weights(&short, 20) == weights(&raised, 20));
}

#[test]
fn a_step_that_breaks_ends_its_run_with_a_sentence_and_the_engine_lives_on() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    let mut broken = spec(100);
    // Networks for colour on grey pictures: libtorch refuses in the middle of the step.
    broken.knobs.put("channels", Value::Text("3".into()));
    start(&engine, 1, broken, &home.path().join("broken"), false);
    let seen = until(&engine, |e| matches!(e, Event::Failed { .. }));
    let Some(Event::Failed { failure, kept: None, .. }) = seen.last() else { panic!("{seen:?}") };
    let why = failure.to_string();
    assert!(!why.contains('\n') && why.len() < 400 && why.contains("channels"), "{why}");
    start(&engine, 2, spec(5), &home.path().join("whole"), false);
    until_end(&engine);
}

#[test]
fn a_full_disk_costs_a_warning_and_training_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    let folder = home.path().join("run");
    start(&engine, 1, spec(1_000_000), &folder, false);
    until(&engine, |e| matches!(e, Event::Scalars { .. }));
    engine.send(Command::Save).unwrap();
    until(&engine, |e| matches!(e, Event::Saved { .. }));
    let good = run::checkpoint_steps(&folder);
    let fault = run::fault::inject(&folder.join("checkpoints"), 1, run::fault::After::Dies);
    engine.send(Command::Save).unwrap();
    let seen = until(&engine, |e| matches!(e, Event::Warning { .. }));
    assert!(matches!(seen.last(), Some(Event::Warning { why, .. }) if why.contains("earlier ones are kept")));
    until(&engine, |e| matches!(e, Event::Scalars { .. }));
    drop(fault);
    assert!(good.iter().all(|s| run::read_checkpoint(&folder, "dcgan", *s).is_ok()));
    engine.send(Command::Stop).unwrap();
    until_end(&engine);
}

#[test]
fn a_run_that_somebody_holds_is_not_trained_twice() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    let folder = home.path().join("run");
    start(&engine, 1, spec(5), &folder, false);
    until_end(&engine);
    let held = run::RunFolder::open(&folder).unwrap();
    resume(&engine, 2, &folder, 10);
    let seen = until(&engine, |e| matches!(e, Event::Failed { .. }));
    assert!(
        matches!(seen.last(), Some(Event::Failed { failure, .. }) if failure.to_string().contains("Another program"))
    );
    engine.job(Job::Open { run: RunId(3), place: Place::Folder(folder.clone()) }).unwrap();
    let seen = until(&engine, |e| matches!(e, Event::Opened(_)));
    assert!(matches!(seen.last(), Some(Event::Opened(opened)) if !opened.writable && opened.step == 5));
    drop(held);
    start(&engine, 4, spec(5), &folder, false);
    let seen = until(&engine, |e| matches!(e, Event::Failed { .. }));
    assert!(
        matches!(seen.last(), Some(Event::Failed { failure, .. }) if failure.to_string().contains("already holds a run"))
    );
}

#[test]
fn other_pictures_than_the_runs_own_are_refused() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    let folder = home.path().join("run");
    start(&engine, 1, spec(5), &folder, false);
    until_end(&engine);
    let mut other = run::read_spec(&folder).unwrap();
    (other.data.source, other.steps) = ("shapes:65".into(), 10);
    start(&engine, 2, other, &folder, true);
    let seen = until(&engine, |e| matches!(e, Event::Failed { .. }));
    assert!(matches!(seen.last(), Some(Event::Failed { failure, .. }) if failure.to_string().contains("--data")));
    assert_eq!(run::read_spec(&folder).unwrap().data.source, "shapes:64", "the run is as it was");
}

#[test]
fn less_effort_gives_the_same_bytes_and_still_hears_orders() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    let (full, gentle) = (home.path().join("full"), home.path().join("gentle"));
    start(&engine, 1, spec(12), &full, false);
    until_end(&engine);
    engine.set_throttle(10);
    engine.dragging(true);
    start_paused(&engine, 2, spec(12), &gentle);
    engine.send(Command::Step).unwrap();
    until(&engine, |e| matches!(e, Event::Paused { .. }));
    engine.send(Command::Resume).unwrap();
    let pace = until(&engine, |e| matches!(e, Event::Scalars { .. }));
    assert!(matches!(pace.last(), Some(Event::Scalars { pace, .. }) if pace.step_ms > 0.0), "{pace:?}");
    until_end(&engine);
    assert!(weights(&full, 12) == weights(&gentle, 12), "the weights differ");
}

fn scene(run: u64, z: f32) -> Scene {
    let code = Code { z: vec![z; 8], psi: 1.0, ..Code::default() };
    Scene { run: RunId(run), moment: Moment::Live, ema: true, code }
}

fn request(engine: &Engine, ticket: u64, z: f32) {
    let grid = None;
    engine.request(PreviewRequest {
        ticket,
        posted: std::time::Instant::now(),
        scenes: vec![scene(1, z)],
        grid,
        encode: None,
    });
}

#[test]
fn a_thousand_wishes_end_on_the_last_while_training_goes_on() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    start(&engine, 1, spec(1_000_000), &home.path().join("run"), false);
    until(&engine, |e| matches!(e, Event::Scalars { .. }));
    for ticket in 1..=1_000 {
        request(&engine, ticket, ticket as f32 / 1_000.0);
    }
    let mut answers = 0;
    let last = loop {
        let answer = engine.previews.recv_timeout(PATIENCE).unwrap();
        answers += 1;
        if answer.ticket == 1_000 {
            break answer;
        }
    };
    assert!(answers < 1_000, "only the newest requests are drawn");
    assert_eq!(last.pictures.unwrap()[0].width, 32);
    assert_eq!(last.judged.unwrap().len(), 1);
    until(&engine, |e| matches!(e, Event::Scalars { .. }));
    // A request for a run that is not open is answered with a sentence.
    engine.request(PreviewRequest {
        ticket: 2_000,
        posted: std::time::Instant::now(),
        scenes: vec![scene(9, 0.0)],
        grid: None,
        encode: None,
    });
    let answer =
        std::iter::from_fn(|| engine.previews.recv_timeout(PATIENCE).ok()).find(|a| a.ticket == 2_000).unwrap();
    assert!(answer.pictures.unwrap_err().to_string().contains("not open"));
}

#[test]
fn a_paused_run_plays_and_its_grid_can_be_asked_for() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    start(&engine, 1, spec(1_000_000), &home.path().join("run"), false);
    engine.send(Command::Pause).unwrap();
    until(&engine, |e| matches!(e, Event::Paused { .. }));
    let trained = engine.samples.recv_timeout(PATIENCE).unwrap();
    let grid = Some(GridRequest { run: RunId(1), moment: Moment::Live, ema: false });
    engine.request(PreviewRequest {
        ticket: 1,
        posted: std::time::Instant::now(),
        scenes: vec![scene(1, 0.3)],
        grid,
        encode: None,
    });
    assert!(engine.previews.recv_timeout(PATIENCE).unwrap().pictures.is_ok());
    let raw = std::iter::from_fn(|| engine.samples.recv_timeout(PATIENCE).ok()).find(|s| !s.ema).unwrap();
    assert_eq!((raw.seeds.len(), &raw.seeds), (FIXED_SEEDS, &trained.seeds));
    assert_eq!((raw.grid.width, raw.tile), (trained.grid.width, 32));
}

#[test]
fn an_engine_nobody_reads_can_be_dropped() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    start(&engine, 1, spec(1_000_000), &home.path().join("run"), false);
    for _ in 0..2_000 {
        let _ = engine.send(Command::Pause);
        let _ = engine.send(Command::Resume);
        std::thread::sleep(Duration::from_micros(200));
        if engine.events.is_full() {
            break;
        }
    }
    let (done, ended) = crossbeam_channel::bounded(1);
    std::thread::Builder::new()
        .spawn(move || {
            drop(engine);
            let _ = done.send(());
        })
        .unwrap();
    ended.recv_timeout(PATIENCE).expect("dropping the engine hung");
    // Its run was saved on the way out.
    assert!(!run::checkpoint_steps(&home.path().join("run")).is_empty());
}

#[test]
fn exports_are_pictures_of_the_codes_at_the_asked_size() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    start(&engine, 1, spec(3), &home.path().join("run"), false);
    until_end(&engine);
    let best = |best_of, scenes, as_grid, to: PathBuf| {
        Job::Export(Box::new(Export { scenes, as_grid, columns: 0, scale: 3, best_of, sides: None, to }))
    };
    let export = |scenes, as_grid, to| best(1, scenes, as_grid, to);
    let several: Vec<_> = (0..5u8).map(|i| scene(1, f32::from(i))).collect();
    engine.job(export(vec![scene(1, 0.5)], false, home.path().join("one.png"))).unwrap();
    engine.job(export(several.clone(), true, home.path().join("grid.jpg"))).unwrap();
    engine.job(export(several.clone(), false, home.path().join("many"))).unwrap();
    engine.job(best(8, several, false, home.path().join("picked"))).unwrap();
    engine.job(export(vec![scene(1, 0.5)], false, home.path().join("one.tiff"))).unwrap();
    for _ in 0..4 {
        until(&engine, |e| matches!(e, Event::JobDone { wrote: Some(_), .. }));
    }
    let seen = until(&engine, |e| matches!(e, Event::JobFailed { .. }));
    assert!(
        matches!(seen.last(), Some(Event::JobFailed { failure, .. }) if failure.to_string().contains("png")),
        "{seen:?}"
    );
    let size = |name: &str| image::image_dimensions(home.path().join(name)).unwrap();
    assert_eq!(size("one.png"), (96, 96));
    assert_eq!(size("grid.jpg"), (3 * 98, 3 * 65));
    assert_eq!(size("many/picture-0004.png"), (96, 96));
    let differs = |i: usize| {
        let bytes = |folder: &str| std::fs::read(home.path().join(format!("{folder}/picture-{i:04}.png"))).unwrap();
        bytes("many") != bytes("picked")
    };
    assert!((0..5).any(differs), "the discriminator picked others");
}
