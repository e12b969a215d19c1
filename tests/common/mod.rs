//! Sessions and desks in every state, for tests of the window.

#![allow(dead_code)]

use latent_studio::{
    desk::Desk,
    engine::protocol::{
        Because, Catalogue, DataFacts, DatasetEntry, FamilyEntry, Pace, Place, Preview, RunEntry, RunId, Samples,
    },
    history::Point,
    latent::normal,
    picture::{Picture, grid},
    session::{DataState, Level, OpenRun, Session, Status},
    spec::{Capabilities, Card, DataShape, DataSpec, Effect, Group, Kind, Knob, Knobs, Preset, RunSpec, Value},
};
use std::path::PathBuf;
use std::time::Duration;

/// Length of the latent vector of the open run.
pub const Z_DIM: usize = 20;

fn knob(id: &str, label: &str, group: Group, effect: Effect, kind: Kind) -> Knob {
    let help = format!("What {label} does, and what to try.");
    Knob { id: id.into(), label: label.into(), help, group, kind, effect }
}

/// A table with a knob of every kind, in every group, with both effects.
pub fn knobs() -> Vec<Knob> {
    use {
        Effect::{NextRun, Now},
        Group::{Data, Model, Training},
    };
    let words = |words: &[&str]| words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
    vec![
        knob("size", "Size", Data, NextRun, Kind::Int { min: 28, max: 128, start: 28 }),
        knob("channels", "Colour", Data, NextRun, Kind::Int { min: 1, max: 3, start: 1 }),
        knob(
            "fit",
            "Fit",
            Data,
            NextRun,
            Kind::Choice { options: words(&["crop", "pad", "stretch"]), start: "crop".into() },
        ),
        knob("background", "Background", Data, NextRun, Kind::Colour { start: "#000000".into() }),
        knob("z_dim", "Latent length", Model, NextRun, Kind::Int { min: 2, max: 512, start: 100 }),
        knob("width", "Width", Model, NextRun, Kind::Int { min: 4, max: 128, start: 32 }),
        knob("lr", "Learning rate", Training, Now, Kind::Real { min: 1e-6, max: 0.1, start: 5e-4, log: true }),
        knob("smoothing", "Label smoothing", Training, Now, Kind::Real { min: 0.0, max: 0.5, start: 0.0, log: false }),
        knob("ema", "Average weights", Training, NextRun, Kind::Switch { start: true }),
        knob("batch", "Batch", Training, NextRun, Kind::Int { min: 2, max: 512, start: 64 }),
    ]
}

/// What can be chosen.
pub fn catalogue() -> Catalogue {
    let card = Card {
        id: "dcgan".into(),
        title: "DCGAN".into(),
        about: "A generator and a discriminator that learn from each other. Good pictures after minutes.".into(),
        can: Capabilities { discriminator: true, ..Capabilities::default() },
        dials: Vec::new(),
    };
    let mut textbook = Knobs::default();
    textbook.put("width", Value::Int(64));
    let presets = vec![
        Preset { id: "quick".into(), title: "quick".into(), about: "Small and fast.".into(), set: Knobs::default() },
        Preset { id: "textbook".into(), title: "textbook".into(), about: "As published.".into(), set: textbook },
    ];
    let built_in = |id: &str, title: &str| DatasetEntry {
        id: id.into(),
        title: title.into(),
        about: format!("{title}, drawn."),
        built_in: true,
    };
    Catalogue {
        families: vec![FamilyEntry { card, knobs: knobs(), presets, unfit: None }, able(), unfit()],
        datasets: vec![
            built_in("shapes", "Shapes"),
            built_in("glyphs", "Glyphs"),
            built_in("galaxies", "Galaxies"),
            DatasetEntry { id: "folder".into(), title: "Folder".into(), about: "Pictures.".into(), built_in: false },
        ],
        starters: vec!["glyphs".into()],
        threads: 2,
        home: PathBuf::from("runs"),
        libtorch: "2.11.0".into(),
        devices: vec!["cpu".into(), "cuda:0".into()],
        shape: DataShape::default(),
        tools: Vec::new(),
        metrics: latent_studio::metrics::METRICS.iter().map(|metric| metric.card).collect(),
    }
}

/// A family that can all a card can promise, with two dials.
fn able() -> FamilyEntry {
    use {Effect::Now, Group::Model};
    let solver = Kind::Choice { options: vec!["euler".into(), "heun".into()], start: "euler".into() };
    let card = Card {
        id: "able".into(),
        title: "Able".into(),
        about: "Draws what it is asked for. Expect digits after a minute.".into(),
        can: Capabilities { labels: true, encoder: true, drafts: true, ..Capabilities::default() },
        dials: vec![
            knob("guidance", "Guidance", Model, Now, Kind::Real { min: 0.0, max: 8.0, start: 1.5, log: false }),
            knob("solver", "Solver", Model, Now, solver),
        ],
    };
    let mut knobs = knobs();
    knobs.retain(|knob| knob.id != "smoothing");
    FamilyEntry { card, knobs, presets: Vec::new(), unfit: None }
}

/// A family that the data do not suit.
fn unfit() -> FamilyEntry {
    let card = Card {
        id: "picky".into(),
        title: "Picky".into(),
        about: "Turns pictures into pictures. Expect sketches to become photographs.".into(),
        can: Capabilities { inputs: true, ..Capabilities::default() },
        dials: Vec::new(),
    };
    let unfit = Some("It needs pairs of pictures.".into());
    FamilyEntry { card, knobs: knobs(), presets: Vec::new(), unfit }
}

/// A grid of 64 tiles of 28 pixels that differ.
pub fn sheet() -> Picture {
    let tile = |i: usize| {
        let rgb: Vec<u8> =
            (0..28 * 28).flat_map(|p| [((p % 28) * 9 * (i % 5 + 1) / 3) as u8 ^ ((p / 28) * i) as u8; 3]).collect();
        Picture { width: 28, height: 28, rgb: rgb.into() }
    };
    grid(&(0..64).map(tile).collect::<Vec<_>>()).expect("64 tiles")
}

/// Data that are ready.
pub fn facts() -> DataFacts {
    DataFacts {
        spec: data_spec(),
        shape: DataShape { count: 60_000, classes: 10, size: 28, channels: 1, paired: false, sides: None },
        test_count: 10_000,
        class_names: (0..10).map(|d| d.to_string()).collect(),
        sheet: sheet(),
        tile: 28,
        skipped_count: 2,
        skipped: vec![
            ("pictures/broken.png".into(), "not a picture".into()),
            ("pictures/huge.png".into(), "too large".into()),
        ],
        fingerprint: "0".repeat(64),
        bytes: 47_040_000,
    }
}

fn data_spec() -> DataSpec {
    DataSpec { source: "glyphs".into(), size: 28, channels: 1, seed: 1, ..DataSpec::default() }
}

/// A run's spec.
pub fn spec() -> RunSpec {
    RunSpec {
        name: "mnist-dcgan-3".into(),
        family: "dcgan".into(),
        steps: 4_000,
        threads: 2,
        program: "0.1.0".into(),
        libtorch: "2.11.0".into(),
        begun: 1_800_000_000,
        data: data_spec(),
        shape: facts().shape,
        knobs: Knobs::start(&knobs()),
        ..RunSpec::default()
    }
}

/// Data in each of their states.
pub fn data_states() -> Vec<DataState> {
    vec![
        DataState::None,
        DataState::Loading("glyphs".into(), 0, 0, None),
        DataState::Loading("glyphs".into(), 1_200, 60_000, Some(sheet())),
        DataState::Ready(Box::new(facts())),
        DataState::Failed("/nowhere".into(), "/nowhere is not there; choose another folder or file.".into()),
    ]
}

/// A run in each of its states.
pub fn statuses() -> Vec<Status> {
    vec![
        Status::Empty,
        Status::Viewing,
        Status::Preparing,
        Status::Training,
        Status::Pausing,
        Status::Paused,
        Status::Stopping,
        Status::Ended(Because::Finished),
        Status::Ended(Because::Stopped),
        Status::Failed("The loss became NaN at step 1,240; the checkpoint of step 1,000 is kept.".into(), Some(1_000)),
        Status::Failed("The disk is full.".into(), None),
    ]
}

/// A session in this state.
pub fn session(status: Status, data: DataState) -> Session {
    let mut session = Session::default();
    (session.catalogue, session.data) = (catalogue(), data);
    session.recent = vec!["glyphs".into(), "/data/cats".into()];
    if status != Status::Empty {
        session.open_run = open_run(status);
    }
    session.runs = Some(vec![RunEntry {
        folder: "runs/mnist-dcgan-3".into(),
        spec: spec(),
        step: 1_240,
        bytes: 12_000_000,
        changed: 1_800_000_000,
        crashed: true,
        busy: false,
        digest: latent_studio::compare::Digest::default(),
        thumbnail: Some(sheet()),
    }]);
    session.say(Level::Info, "Training started.");
    session
}

fn open_run(status: Status) -> OpenRun {
    let run = RunId(1);
    let preparing = status == Status::Preparing;
    let mut open_run = OpenRun {
        run,
        place: Some(Place::Folder("runs/mnist-dcgan-3".into())),
        spec: Some(spec()),
        z_dim: if preparing { 0 } else { Z_DIM },
        playable: !preparing,
        status,
        step: if preparing { 0 } else { 1_240 },
        pace: Pace { steps_per_s: 1.94, images_per_s: 124.0, step_ms: 515.0, elapsed_s: 640.0, eta_s: 1_422.0 },
        sample_steps: vec![0, 500, 1_000],
        checkpoints: vec![500, 1_000],
        writable: true,
        ..OpenRun::default()
    };
    if !preparing {
        let name = |n: &str, s: u64, v: f32| Point { step: s, name: n.into(), value: v };
        open_run.history.extend((1..=620).flat_map(|s| {
            let (step, wave) = (s * 2, (s as f32 / 20.0).sin());
            [
                name("loss_d", step, 1.0 + 0.2 * wave),
                name("loss_g", step, 2.0 - 0.3 * wave),
                name("d_real", step, 0.7),
                name("d_fake", step, 0.3),
            ]
        }));
        let seeds: Vec<u64> = (0..64).collect();
        let judged = Some(seeds.iter().map(|s| *s as f32 / 64.0).collect());
        open_run.samples = Some(Samples {
            run,
            step: 1_240,
            ema: true,
            grid: sheet(),
            columns: 8,
            tile: 28,
            seeds: seeds.into(),
            classes: Vec::new().into(),
            judged,
        });
        let pictures = Ok(vec![Picture::filled(28, 28, [200, 40, 90])]);
        open_run.preview = Some(Preview {
            ticket: 1,
            run,
            step: 1_240,
            posted: std::time::Instant::now(),
            delay: Duration::from_millis(9),
            decode: Duration::from_millis(2),
            pictures,
            judged: Some(vec![0.4]),
            importance: None,
        });
    }
    open_run
}

/// A desk that fits [`session`].
pub fn desk() -> Desk {
    let mut desk = Desk { source: "glyphs".into(), knobs: Knobs::start(&knobs()), ..Desk::default() };
    desk.latent.z = normal(42, Z_DIM);
    desk
}
