//! What the engine's tests share: a small run, and patience.

#![allow(clippy::unwrap_used)] // helpers of tests

use latent_studio::{
    engine::{Engine, Options, protocol::*},
    models,
    nn::{self, DeviceChoice},
    run,
    spec::{DataSpec, Knobs, RUN_FORMAT, RunSpec, Value},
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

/// How long something may take on the most crowded machine before it counts as hanging.
pub const PATIENCE: Duration = Duration::from_mins(10);

pub fn engine(home: &Path) -> Engine {
    engine_that_measures(home, None)
}

/// The same, with the pictures' quality measured after so many seconds.
pub fn engine_that_measures(home: &Path, measure_every_s: Option<f32>) -> Engine {
    let runs = home.to_path_buf();
    let options = Options { threads: 1, device: DeviceChoice::Cpu, runs, sample_every_s: 2.0, measure_every_s };
    Engine::start(Arc::new(|| {}), options).unwrap()
}

/// The family's tiny preset on a few drawn shapes.
pub fn spec(steps: u64) -> RunSpec {
    let shape = latent_studio::data::open("shapes:64").unwrap().survey().unwrap();
    let family = models::family("dcgan").unwrap();
    let mut knobs = Knobs::start(&(family.knobs)(&shape));
    knobs.0.extend((family.presets)(&shape).into_iter().find(|p| p.id == "tiny").unwrap().set.0);
    RunSpec {
        format: RUN_FORMAT,
        name: "test".into(),
        family: "dcgan".into(),
        seed: 7,
        steps,
        threads: 1,
        device: "cpu".into(),
        program: "test".into(),
        libtorch: nn::LIBTORCH.into(),
        begun: 0,
        fingerprint: String::new(),
        class_names: Vec::new(),
        recipe: None,
        from: None,
        data: DataSpec { source: "shapes:64".into(), size: 32, channels: 1, seed: 7, ..DataSpec::default() },
        shape,
        knobs,
    }
}

pub fn start(engine: &Engine, run: u64, spec: RunSpec, folder: &Path, resume: bool) {
    send(engine, run, spec, folder, (resume, false));
}

fn send(engine: &Engine, run: u64, spec: RunSpec, folder: &Path, (resume, paused): (bool, bool)) {
    let order =
        Order { run: RunId(run), spec, location: Location::Folder(folder.to_path_buf()), resume, paused, adapt: false };
    engine.send(Command::Start(Box::new(order))).unwrap();
}

/// Begins a new run that is paused before its first step.
pub fn start_paused(engine: &Engine, run: u64, spec: RunSpec, folder: &Path) {
    send(engine, run, spec, folder, (false, true));
    until(engine, |e| matches!(e, Event::Paused { step: 0, .. }));
}

/// Takes a paused run from one step to another, step by step.
pub fn walk(engine: &Engine, from: u64, to: u64) {
    for step in from + 1..=to {
        engine.send(Command::Step).unwrap();
        until(engine, |e| matches!(e, Event::Paused { step: s, .. } if *s == step));
    }
}

/// Where the schedules of runs end whose number of steps is not known beforehand.
pub const HORIZON: i64 = 100;

/// The same with schedules that do not depend on its steps.
pub fn with_horizon(mut spec: RunSpec) -> RunSpec {
    spec.knobs.put("horizon", Value::Int(HORIZON));
    spec
}

/// Begins a run that would go on for long, stops it somewhere past a step, and says where.
pub fn stopped_past(engine: &Engine, run: u64, spec: RunSpec, folder: &Path, past: u64) -> u64 {
    start(engine, run, RunSpec { steps: 1_000_000, ..spec }, folder, false);
    until(engine, |e| matches!(e, Event::Scalars { points, .. } if points.last().unwrap().step > past));
    engine.send(Command::Stop).unwrap();
    let Some(Event::Ended { step, because: Because::Stopped, .. }) = until_end(engine).pop() else { panic!("stopped") };
    step
}

pub fn resume(engine: &Engine, run: u64, folder: &Path, steps: u64) {
    let spec = RunSpec { steps, ..run::read_spec(folder).unwrap() };
    start(engine, run, spec, folder, true);
}

/// Reads events until one is wanted; that one is last.
pub fn until(engine: &Engine, want: impl Fn(&Event) -> bool) -> Vec<Event> {
    let mut seen = Vec::new();
    loop {
        let event = engine
            .events
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| panic!("it never came; the last was {:?}", seen.last()));
        let done = want(&event);
        seen.push(event);
        if done {
            return seen;
        }
    }
}

pub fn until_end(engine: &Engine) -> Vec<Event> {
    let seen = until(engine, |e| matches!(e, Event::Ended { .. } | Event::Failed { .. }));
    assert!(matches!(seen.last(), Some(Event::Ended { .. })), "{:?}", seen.last());
    seen
}

/// Waits until a run's journal tells of a change.
pub fn until_changed(folder: &Path) {
    let begin = Instant::now();
    while run::changes(folder).unwrap().is_empty() {
        assert!(begin.elapsed() < PATIENCE, "no change was noted");
        std::thread::sleep(Duration::from_millis(10));
    }
}

/// The bytes of all weights of a checkpoint, by file.
pub fn weights(folder: &Path, step: u64) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = folder.join(format!("checkpoints/step-{step:06}"));
    let mut files: Vec<_> = std::fs::read_dir(&folder)
        .unwrap_or_else(|e| panic!("{}: {e}", folder.display()))
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.extension().is_some_and(|e| e == "safetensors"))
        .map(|path| (path.file_name().unwrap().into(), std::fs::read(&path).unwrap()))
        .collect();
    files.sort();
    assert!(files.len() >= 5, "generator, discriminator, average and two optimisers");
    files
}
