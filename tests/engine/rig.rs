//! What the engine's tests share: a small run, and patience.

#![allow(clippy::unwrap_used)] // helpers of tests

use latent_studio::{
    engine::{Engine, Options, protocol::*},
    models,
    nn::{self, DeviceChoice},
    run,
    spec::{DataSpec, Knobs, RUN_FORMAT, RunSpec},
};
use std::{
    path::{Path, PathBuf},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

/// Training draws from torch's global generator: one run at a time in this process.
pub fn alone() -> MutexGuard<'static, ()> {
    static ALONE: Mutex<()> = Mutex::new(());
    ALONE.lock().unwrap_or_else(PoisonError::into_inner)
}

pub const PATIENCE: Duration = Duration::from_mins(1);

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
    let order = Order { run: RunId(run), spec, folder: folder.to_path_buf(), resume, adapt: false };
    engine.send(Command::Start(Box::new(order))).unwrap();
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
