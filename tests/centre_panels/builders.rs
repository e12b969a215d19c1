//! Sessions, desks and a harness for the panels around the pictures.

use egui_kittest::Harness;
use latent_studio::{
    desk::Desk,
    engine::protocol::{Because, DataFacts, Event, Pace, Preview, RunEntry, RunId, Samples},
    history::Point,
    picture::{self, Picture},
    session::{DataState, Level, Session, Status},
    spec::{DataShape, DataSpec, RunSpec},
    ui::{
        action::Action, curves_panel::CurvesPanel, latent_panel::LatentPanel, log_panel::LogPanel, panel::Panel,
        runs_panel::RunsPanel, samples_panel::SamplesPanel, theme,
    },
};
use std::path::PathBuf;

pub const RUN: RunId = RunId(1);

/// Applies what a panel asks for as the app does, as far as the desk goes, and keeps it.
pub struct Seen {
    pub session: Session,
    pub desk: Desk,
    pub asked: Vec<Action>,
}

pub fn harness(
    mut panel: impl Panel + 'static,
    session: Session,
    desk: Desk,
    size: [f32; 2],
) -> Harness<'static, Seen> {
    Harness::builder().with_size(size).with_max_steps(16).with_context_setup(theme::install).build_ui_state(
        move |ui, seen: &mut Seen| {
            let mut asked = Vec::new();
            panel.ui(ui, &seen.session, &seen.desk, &mut asked);
            for action in &asked {
                match action {
                    Action::Set(desk) => seen.desk = (**desk).clone(),
                    Action::LoadSeed(seed) => seen.desk.latent.load_seed(*seed, seen.session.open_run.z_dim),
                    Action::ShowStep(step) => seen.desk.history_step = *step,
                    _ => {}
                }
            }
            seen.asked.extend(asked);
        },
        Seen { session, desk, asked: Vec::new() },
    )
}

pub fn spec(name: &str) -> RunSpec {
    RunSpec {
        name: name.into(),
        family: "dcgan".into(),
        steps: 4_000,
        threads: 2,
        data: DataSpec { source: "/pictures/digits".into(), size: 8, channels: 1, seed: 1, ..DataSpec::default() },
        ..RunSpec::default()
    }
}

pub fn grid(tiles: usize, shade: u8) -> Picture {
    picture::grid(&vec![Picture::filled(8, 8, [shade; 3]); tiles]).expect("there is a tile")
}

pub fn entry(name: &str) -> RunEntry {
    RunEntry {
        folder: PathBuf::from(format!("/runs/{name}")),
        spec: spec(name),
        step: 1_000,
        bytes: 3_100_000,
        changed: 1,
        crashed: false,
        busy: false,
        digest: latent_studio::compare::Digest::default(),
        thumbnail: Some(grid(4, 90)),
    }
}

/// A session in which everything is there.
pub fn full() -> Session {
    let mut session = Session::default();
    session.present(RUN, None);
    let points = (1..=200).flat_map(|step| {
        ["loss_g", "loss_d", "d_real", "d_fake", "grad_d", "grad_g", "test_loss_d"].map(|name| Point {
            step,
            name: name.into(),
            value: 1.0 + (step % 7) as f32 / 7.0,
        })
    });
    session.apply(Event::Started {
        run: RUN,
        spec: Box::new(spec("digits-1")),
        folder: "/runs/digits-1".into(),
        step: 0,
        z_dim: 20,
        points: points.collect(),
    });
    let pace = Pace { steps_per_s: 1.9, images_per_s: 121.0, step_ms: 515.0, elapsed_s: 9.0, eta_s: 130.0 };
    session.apply(Event::Scalars { run: RUN, points: Vec::new(), pace });
    for step in [0, 100, 200] {
        session.apply(Event::Sampled { run: RUN, step });
    }
    session.apply(Event::Past { run: RUN, step: 100, grid: grid(16, 40) });
    session.show_samples(Samples {
        run: RUN,
        step: 200,
        ema: true,
        grid: grid(16, 200),
        columns: 4,
        tile: 8,
        seeds: (1_000..1_016).collect(),
        classes: Vec::new().into(),
        judged: Some(vec![0.63; 16]),
    });
    session.show_preview(Preview {
        ticket: 1,
        run: RUN,
        step: 200,
        posted: std::time::Instant::now(),
        delay: std::time::Duration::ZERO,
        decode: std::time::Duration::ZERO,
        pictures: Ok(vec![Picture::filled(8, 8, [150; 3])]),
        judged: Some(vec![0.5]),
        importance: None,
    });
    session.data = DataState::Ready(Box::new(DataFacts {
        spec: spec("").data,
        shape: DataShape::default(),
        test_count: 10,
        class_names: Vec::new(),
        sheet: grid(64, 120),
        tile: 8,
        skipped_count: 0,
        skipped: Vec::new(),
        fingerprint: String::new(),
        bytes: 1,
    }));
    let (crashed, busy) =
        (RunEntry { crashed: true, ..entry("broken") }, RunEntry { busy: true, thumbnail: None, ..entry("taken") });
    session.runs = Some(vec![entry("digits-1"), crashed, busy]);
    for level in [Level::Info, Level::Done, Level::Warning, Level::Failed] {
        session.say(level, "Something happened that takes a whole sentence to tell.");
    }
    session
}

pub fn sessions() -> Vec<Session> {
    let mut no_picture = full();
    no_picture.open_run.preview.as_mut().expect("a full session has a preview").pictures =
        Err("The generator gave no picture.".into());
    let mut no_samples = full();
    no_samples.open_run.samples = None;
    let mut no_runs = Session::default();
    no_runs.runs = Some(Vec::new());
    vec![Session::default(), no_runs, full(), no_picture, no_samples]
}

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
        Status::Failed("The loss is not a number any more.".into(), Some(100)),
        Status::Failed("The run could not be opened.".into(), None),
    ]
}

pub fn panels() -> Vec<Box<dyn Panel>> {
    vec![
        Box::<SamplesPanel>::default(),
        Box::<LatentPanel>::default(),
        Box::<CurvesPanel>::default(),
        Box::<RunsPanel>::default(),
        Box::<LogPanel>::default(),
    ]
}
