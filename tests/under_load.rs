//! The window under load: what a frame costs does not grow with what there is to show, and an idle window draws nothing.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{data_states, desk, session};
use egui::{Event, Modifiers, Pos2, RawInput, Rect, ViewportId, vec2};
use latent_studio::{
    app::App,
    desk::{Desk, Settings, Window},
    engine::{Engine, Options},
    history::{History, Point},
    picture::{self, Picture},
    session::{Level, Session, Status},
    ui::{
        self,
        action::{Action, Plain},
        panel::Panel,
        theme,
    },
};
use std::cell::Cell;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// One panel in a window of its own, without a screen reader.
struct Bench {
    ctx: egui::Context,
    panel: Box<dyn Panel>,
    asked: Vec<Action>,
}

/// What a frame is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Work {
    shapes: usize,
    vertices: usize,
    widgets: usize,
}

impl Bench {
    fn new(title: &str) -> Self {
        let ctx = egui::Context::default();
        theme::install(&ctx);
        let panel = ui::all().into_iter().find(|p| p.title() == title).unwrap();
        Self { ctx, panel, asked: Vec::new() }
    }

    fn frame(&mut self, session: &Session, desk: &Desk, events: Vec<Event>) -> egui::FullOutput {
        let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, vec2(800.0, 600.0)));
        let input = RawInput { screen_rect, events, ..RawInput::default() };
        let mut output = self.ctx.run_ui(input, |ui| self.panel.ui(ui, session, desk, &mut self.asked));
        output.textures_delta.clear();
        output
    }

    /// What a frame costs once nothing moves any more.
    fn settled(&mut self, session: &Session, desk: &Desk) -> Work {
        for _ in 0..200 {
            let output = self.frame(session, desk, Vec::new());
            if delay(&output) == Duration::MAX {
                let shapes = output.shapes.len();
                let meshes = self.ctx.tessellate(output.shapes, 1.0);
                let vertices = meshes.iter().map(|m| match &m.primitive {
                    egui::epaint::Primitive::Mesh(mesh) => mesh.vertices.len(),
                    egui::epaint::Primitive::Callback(_) => 0,
                });
                let widgets = self.ctx.viewport(|v| v.prev_pass.widgets.layers().map(|(_, all)| all.len()).sum());
                return Work { shapes, vertices: vertices.sum(), widgets };
            }
        }
        panic!("it never came to rest");
    }
}

fn delay(output: &egui::FullOutput) -> Duration {
    output.viewport_output[&ViewportId::ROOT].repaint_delay
}

fn work(title: &str, session: &Session, desk: &Desk) -> Work {
    Bench::new(title).settled(session, desk)
}

/// A run at rest with everything to look at.
fn looked_at() -> Session {
    session(Status::Viewing, data_states().remove(3))
}

fn with_points(count: u64) -> Session {
    let mut session = looked_at();
    session.open_run.history = History::default();
    for name in ["loss_d", "loss_g"].map(Arc::<str>::from) {
        let value = |step: u64| (step * 7_919 % 1_009) as f32 / 1_009.0;
        let points = (1..=count).map(|step| Point { step, name: name.clone(), value: value(step) });
        session.open_run.history.extend(points);
    }
    session
}

#[test]
fn a_million_points_are_drawn_like_ten_thousand() {
    let (some, many) = (with_points(10_000), with_points(1_000_000));
    let (few, all) = (work("Curves", &some, &desk()), work("Curves", &many, &desk()));
    assert_eq!((few.shapes, few.widgets), (all.shapes, all.widgets));
    assert!(all.vertices <= few.vertices * 11 / 10, "{all:?} {few:?}");
    // Two lines of two curves, at most two points for a pixel, and six vertices or less for a point.
    assert!(all.vertices < 4 * 2 * 832 * 6 + 20_000, "{all:?}");
}

fn with_tiles(count: usize) -> Session {
    let mut session = looked_at();
    let samples = session.open_run.samples.as_mut().unwrap();
    samples.grid = picture::grid(&vec![Picture::filled(28, 28, [90; 3]); count]).unwrap();
    samples.seeds = (0..count as u64).collect();
    samples.columns = picture::square_columns(count);
    samples.judged = Some(vec![0.5; count]);
    session
}

#[test]
fn sixteen_by_sixteen_tiles_are_as_few_widgets_as_eight_by_eight() {
    let (few, many) = (work("Samples", &with_tiles(64), &desk()), work("Samples", &with_tiles(256), &desk()));
    assert_eq!((few.shapes, few.widgets), (many.shapes, many.widgets));
    assert!(many.vertices <= few.vertices + 4 * (256 - 64) + 100, "four corners a tile: {few:?} {many:?}");
}

#[test]
fn ten_thousand_saved_grids_runs_and_lines_cost_what_is_in_view() {
    let steps = |count: u64| {
        let mut session = looked_at();
        session.open_run.sample_steps = (0..count).collect();
        work("Samples", &session, &desk())
    };
    assert_eq!((steps(100).shapes, steps(100).widgets), (steps(10_000).shapes, steps(10_000).widgets));
    let runs = |count: usize| {
        let mut session = looked_at();
        let one = session.runs.as_ref().unwrap()[0].clone();
        session.runs = Some(
            (0..count)
                .map(|i| latent_studio::engine::protocol::RunEntry {
                    folder: format!("runs/{i}").into(),
                    ..one.clone()
                })
                .collect(),
        );
        work("Runs", &session, &desk()).widgets
    };
    assert_eq!(runs(50), runs(1_000));
    let lines = |count: usize| {
        let mut session = looked_at();
        (0..count).for_each(|_| session.say(Level::Info, "Something happened."));
        work("Log", &session, &desk()).widgets
    };
    assert_eq!(lines(200), lines(2_000));
}

#[test]
fn a_tile_is_reached_by_the_pointer_without_a_screen_reader() {
    let (session, desk) = (with_tiles(64), desk());
    let mut bench = Bench::new("Samples");
    bench.settled(&session, &desk);
    // The grid is painted after the real pictures; four corners for each of its tiles.
    let output = bench.frame(&session, &desk, Vec::new());
    let grid = output.shapes.iter().rev().find_map(|s| match &s.shape {
        egui::Shape::Mesh(mesh) if mesh.vertices.len() == 4 * 64 => Some(mesh.clone()),
        _ => None,
    });
    let pos = Rect::from_min_max(grid.as_ref().unwrap().vertices[8].pos, grid.unwrap().vertices[11].pos).center();
    let click = |pressed| Event::PointerButton {
        pos,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    // It rests there long enough for the tooltip.
    bench.frame(&session, &desk, vec![Event::PointerMoved(pos)]);
    let before = bench.frame(&session, &desk, Vec::new()).shapes.len();
    let later = (0..90).map(|_| bench.frame(&session, &desk, Vec::new()).shapes.len()).max();
    assert!(later > Some(before), "the tooltip is drawn over the tile");
    bench.frame(&session, &desk, vec![click(true)]);
    bench.frame(&session, &desk, vec![click(false)]);
    assert!(
        matches!(&bench.asked[..], [Action::Set(desk), Action::LoadSeed(2)] if desk.tile == Some(2)),
        "{:?}",
        bench.asked
    );
}

/// The whole window, driven by hand.
struct Studio {
    app: App,
    ctx: egui::Context,
}

impl Studio {
    fn frame(&mut self) -> Duration {
        self.app.listen();
        let screen_rect = Some(Rect::from_min_size(Pos2::ZERO, vec2(1280.0, 800.0)));
        let mut output = self.ctx.run_ui(RawInput { screen_rect, ..RawInput::default() }, |ui| self.app.show(ui));
        output.textures_delta.clear();
        delay(&output)
    }

    /// Frames until this holds.
    fn until(&mut self, what: &str, holds: impl Fn(&Self, Duration) -> bool) {
        let begin = Instant::now();
        loop {
            let delay = self.frame();
            if holds(self, delay) {
                return;
            }
            assert!(begin.elapsed() < Duration::from_mins(10), "waited in vain for {what}; {delay:?}");
            std::thread::sleep(Duration::from_millis(5));
        }
    }
}

#[test]
fn an_idle_window_draws_nothing_and_its_overlay_twice_a_second() {
    let home = tempfile::tempdir().unwrap();
    let options = Options {
        threads: 1,
        device: latent_studio::nn::DeviceChoice::Cpu,
        runs: home.path().to_path_buf(),
        sample_every_s: 2.0,
        measure_every_s: None,
    };
    let engine = Engine::start(Arc::new(|| {}), options).unwrap();
    let mut studio = Studio { app: App::new(engine, Settings::default(), None), ctx: egui::Context::default() };
    studio.until("the starter", |s, _| {
        let open_run = &s.app.session.open_run;
        open_run.preview.is_some() && open_run.samples.is_some() && s.app.session.runs.is_some()
    });
    // Nothing happens, so nothing is to be drawn: twenty frames in a row ask for none after them. Late news of the start may come
    // in between, and begin the row again.
    let row = Cell::new(0);
    studio.until("twenty frames at rest", |_, delay| {
        row.set(if delay == Duration::MAX { row.get() + 1 } else { 0 });
        row.get() == 20
    });
    assert!(studio.app.session.meters.is_none(), "nobody looks");
    let ctx = studio.ctx.clone();
    studio.app.perform(Action::Plain(Plain::TogglePerformance), &ctx, false);
    studio.frame();
    assert!(studio.app.session.meters.is_some() && studio.app.desk.open.contains(&Window::Performance));
    let often = Duration::from_millis(500);
    // Opening it is a change of the settings, which are written a moment later.
    studio.until("rest with the overlay open", |_, delay| delay > often / 2 && delay <= often);
    studio.until("what the process uses", |s, _| {
        cfg!(not(target_os = "linux"))
            || s.app.session.meters.as_ref().is_some_and(|m| m.usage.resident.is_some_and(|bytes| bytes > 10_000_000))
    });
    studio.app.perform(Action::Plain(Plain::TogglePerformance), &ctx, false);
    studio.until("rest again", |_, delay| delay == Duration::MAX);
    assert!(studio.app.session.meters.is_none());
}
