//! What the tests of the window's program share: a program without a window, on a real engine or on one without threads.

use super::App;
use crate::{
    desk::Settings,
    engine::{
        Engine, Options, Unattended,
        protocol::{Catalogue, DataFacts, DatasetEntry, Event, FamilyEntry, Job, OpenedRun, Place, RunEntry, RunId},
    },
    picture::Picture,
    spec::{Capabilities, Card, DataShape, DataSpec, Effect, Group, Kind, Knob, Knobs, RunSpec},
    ui::action::{Action, Plain},
};
use std::{path::Path, sync::Arc, time::Duration};

/// A program with an engine of its own that keeps its runs in `home/runs`.
pub fn app(home: &Path) -> App {
    let runs = home.join("runs");
    let options =
        Options { threads: 1, device: "cpu".parse().unwrap(), runs, sample_every_s: 2.0, measure_every_s: None };
    App::new(Engine::start(Arc::new(|| {}), options).unwrap(), Settings::default(), None)
}

/// Reads events until something is there; panics when it does not come within ten minutes.
pub fn until(app: &mut App, what: &str, there: impl Fn(&App) -> bool) {
    for _ in 0..60_000 {
        app.listen();
        if there(app) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{what} never came: {:?}", app.session.log);
}

/// A program whose engine has no threads and takes `capacity` orders and jobs, with a [`catalogue`]. The lanes are empty.
pub fn unattended(capacity: usize) -> (App, Unattended) {
    let (engine, far_ends) = Engine::unattended(capacity);
    let mut app = App::new(engine, Settings::default(), None);
    app.on_event(Event::Catalogue(Box::new(catalogue())));
    far_ends.jobs();
    (app, far_ends)
}

/// The families `dcgan` and `vae`, the built-in data `glyphs` and `shapes`, no starters.
pub fn catalogue() -> Catalogue {
    let dataset = |id: &str| DatasetEntry { id: id.into(), title: id.into(), about: String::new(), built_in: true };
    Catalogue {
        families: ["dcgan", "vae"].map(family).into(),
        datasets: ["glyphs", "shapes"].map(dataset).into(),
        threads: 2,
        home: "/studio/runs".into(),
        libtorch: "2".into(),
        ..Catalogue::default()
    }
}

fn family(id: &str) -> FamilyEntry {
    let (title, about) = (id.to_uppercase(), String::new());
    let card = Card { id: id.into(), title, about, can: Capabilities::default(), dials: Vec::new() };
    FamilyEntry { card, knobs: knobs(64), presets: Vec::new(), unfit: None }
}

/// Knobs of a family: size, channels, a batch that starts here, and a learning rate that is live.
pub fn knobs(batch: i64) -> Vec<Knob> {
    let knob = |id: &str, group, kind, effect| {
        let (label, help) = (id.to_owned(), String::new());
        Knob { id: id.into(), label, help, group, kind, effect }
    };
    let choice = |options: &[&str]| Kind::Choice {
        options: options.iter().map(|&option| option.into()).collect(),
        start: options[0].into(),
    };
    let rate = Kind::Real { min: 0.0, max: 0.1, start: 1e-3, log: false };
    vec![
        knob("size", Group::Data, choice(&["32", "28", "64"]), Effect::NextRun),
        knob("channels", Group::Data, choice(&["1", "3"]), Effect::NextRun),
        knob("batch", Group::Training, Kind::Int { min: 1, max: 256, start: batch }, Effect::NextRun),
        knob("lr", Group::Training, rate, Effect::Now),
    ]
}

/// What is known of a source once it was read.
pub fn facts(spec: DataSpec) -> DataFacts {
    let shape = DataShape { count: 60, size: spec.size, channels: spec.channels, ..DataShape::default() };
    DataFacts {
        spec,
        shape,
        test_count: 4,
        class_names: Vec::new(),
        sheet: Picture::filled(8, 8, [0; 3]),
        tile: 8,
        skipped_count: 0,
        skipped: Vec::new(),
        fingerprint: "f00d".into(),
        bytes: 1,
    }
}

/// The event that a source was read as 28×28 grey pictures.
pub fn loaded(source: &str) -> Event {
    let spec = DataSpec { source: source.into(), size: 28, channels: 1, ..DataSpec::default() };
    Event::Loaded(Box::new(facts(spec)))
}

/// A spec of 100 steps of `dcgan`.
pub fn spec(name: &str) -> RunSpec {
    let data = DataSpec { source: "glyphs".into(), size: 28, ..DataSpec::default() };
    let knobs = Knobs::start(&knobs(64));
    RunSpec { name: name.into(), family: "dcgan".into(), steps: 100, threads: 2, data, knobs, ..RunSpec::default() }
}

/// A run in the list of runs, at rest at step 100.
pub fn entry(folder: &str) -> RunEntry {
    RunEntry {
        folder: folder.into(),
        spec: spec(folder),
        step: 100,
        bytes: 10,
        changed: 0,
        crashed: false,
        busy: false,
        digest: crate::compare::Digest::default(),
        thumbnail: None,
    }
}

/// What the engine answers when a run folder is opened: a finished run with a latent of four numbers.
pub fn opened(run: RunId, folder: &str) -> Event {
    Event::Opened(Box::new(OpenedRun {
        run,
        place: Place::Folder(folder.into()),
        spec: spec("cats"),
        z_dim: 4,
        step: 100,
        points: Vec::new(),
        sample_steps: vec![50, 100],
        checkpoints: vec![100],
        writable: true,
    }))
}

/// Opens a run folder; the lanes are empty then.
pub fn open(app: &mut App, far_ends: &Unattended, folder: &str) -> RunId {
    app.open(Place::Folder(folder.into()));
    let run = app.session.open_run.run;
    app.on_event(opened(run, folder));
    far_ends.jobs();
    run
}

/// Starts a run on `glyphs`; the lanes are empty then.
pub fn train(app: &mut App, far_ends: &Unattended) -> RunId {
    app.choose("glyphs");
    app.on_event(loaded("glyphs"));
    app.perform(Action::Plain(Plain::Start), &egui::Context::default(), false);
    let run = app.session.open_run.run;
    let (spec, folder) = (Box::new(spec("glyphs-dcgan-1")), "/studio/runs/glyphs-dcgan-1".into());
    app.on_event(Event::Started { run, spec, folder, step: 0, z_dim: 4, points: Vec::new() });
    far_ends.jobs();
    assert_eq!(far_ends.orders.try_iter().count(), 1, "the order to start");
    run
}

/// The sentence that was said last.
pub fn said(app: &App) -> &str {
    app.session.log.back().map_or("", |line| &line.text)
}

/// The jobs that were given since the last call, without their numbers.
pub fn jobs(far_ends: &Unattended) -> Vec<Job> {
    far_ends.jobs().into_iter().map(|(_, job)| job).collect()
}
