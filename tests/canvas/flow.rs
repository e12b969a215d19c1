//! The canvas in the app without its window, with a real engine: draw, cut out, repair, undo, and what comes too late.

use latent_studio::{
    app::App,
    canvas::{Backdrop, CanvasPicture, Layer, Pen, Stroke},
    desk::{Settings, Tab},
    engine::{Engine, Options},
    nn::DeviceChoice,
    picture::Picture,
    spec::Task,
    ui::action::{Action, CanvasAction, CanvasPart, Plain},
};
use std::{
    path::Path,
    sync::Arc,
    time::{Duration, Instant},
};

fn app(home: &Path) -> App {
    let (runs, sample_every_s, measure_every_s) = (home.to_path_buf(), 60.0, None);
    let options = Options { threads: 1, device: DeviceChoice::Cpu, runs, sample_every_s, measure_every_s };
    let mut app = App::new(Engine::start(Arc::new(|| {}), options).unwrap(), Settings::default(), None);
    until(&mut app, "the tools", |app| !app.session.catalogue.tools.is_empty());
    app
}

fn until(app: &mut App, what: &str, holds: impl Fn(&App) -> bool) {
    let begin = Instant::now();
    loop {
        app.listen();
        if holds(app) {
            return;
        }
        assert!(begin.elapsed() < Duration::from_mins(10), "{what} never came; {:?}", app.session.log.back());
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn ask(app: &mut App, action: Action) {
    app.perform(action, &egui::Context::default(), false);
}

fn canvas(app: &mut App, action: CanvasAction) {
    ask(app, Action::Canvas(action));
}

/// A light disc on a dark ground.
fn disc(side: usize) -> CanvasPicture {
    let inside = |i: usize| {
        let off = |v: usize| v as f32 - side as f32 / 2.0;
        off(i % side).hypot(off(i / side)) < side as f32 / 4.0
    };
    let rgb = (0..side * side).flat_map(|i| if inside(i) { [230, 200, 90] } else { [20, 30, 60] });
    CanvasPicture {
        name: "disc".into(),
        picture: Picture { width: side, height: side, rgb: rgb.collect() },
        alpha: None,
        made: None,
    }
}

fn draw(app: &mut App, layer: Layer, value: u8, points: &[[f32; 2]]) {
    let mut document = app.desk.canvas.document.clone();
    document.draw(layer, &Stroke { pen: Pen::Brush, value, radius: 3.0, points: points.to_vec() });
    canvas(app, CanvasAction::Put(Box::new(document)));
}

fn set(app: &mut App, change: impl FnOnce(&mut latent_studio::desk::Desk)) {
    let mut desk = app.desk.clone();
    change(&mut desk);
    ask(app, Action::Set(Box::new(desk)));
}

#[test]
fn a_picture_is_cut_out_repaired_undone_and_exported() {
    let home = tempfile::tempdir().unwrap();
    let mut app = app(home.path());
    let whole = disc(48);
    canvas(&mut app, CanvasAction::Lay(whole.clone()));
    assert_eq!(app.desk.tab, Tab::Canvas);
    draw(&mut app, Layer::Scribbles, 255, &[[20.0, 24.0], [28.0, 24.0]]);
    draw(&mut app, Layer::Scribbles, 0, &[[2.0, 2.0], [46.0, 2.0], [46.0, 46.0]]);
    until(&mut app, "a draft", |app| app.session.canvas.draft.is_some());
    canvas(&mut app, CanvasAction::Make);
    until(&mut app, "a cut-out", |app| {
        app.desk.canvas.document.canvas_picture.as_ref().is_some_and(|canvas_picture| canvas_picture.alpha.is_some())
    });
    let cut = app.desk.canvas.document.canvas_picture.clone().unwrap();
    let alpha = cut.alpha.clone().unwrap();
    assert_eq!((alpha.at(24, 24), alpha.at(45, 30)), (255, 0));
    assert_eq!(app.desk.canvas.document.before.as_ref(), Some(&whole));
    assert!(app.session.canvas.draft.is_none() && app.session.canvas.work.is_none());

    // A repair leaves the opacity alone, and says all that was done.
    set(&mut app, |desk| desk.canvas.task = Task::Inpainting);
    draw(&mut app, Layer::Mask, 255, &[[24.0, 22.0]]);
    canvas(&mut app, CanvasAction::Make);
    until(&mut app, "a repair", |app| app.desk.canvas.document.canvas_picture.as_ref() != Some(&cut));
    let repaired = app.desk.canvas.document.canvas_picture.clone().unwrap();
    assert_eq!((&repaired.alpha, app.desk.canvas.document.mask.as_ref()), (&cut.alpha, None));
    let made: Vec<serde_json::Value> = serde_json::from_str(repaired.made.as_ref().unwrap()).unwrap();
    assert_eq!([&made[0]["tool"], &made[1]["tool"]], ["closed-form", "patchmatch"]);

    let to = home.path().join("cut.png");
    canvas(&mut app, CanvasAction::ExportTo(CanvasPart::Picture, to.clone()));
    until(&mut app, "the file", |_| to.exists());
    let decoded = image::open(&to).unwrap();
    assert!(decoded.color().has_alpha() && decoded.width() == 48);

    // Taken apart step by step, and put together again.
    set(&mut app, |desk| desk.tab = Tab::Samples);
    ask(&mut app, Action::Plain(Plain::Undo));
    assert_eq!(app.desk.canvas.document.canvas_picture.as_ref(), Some(&cut));
    assert_eq!(app.desk.tab, Tab::Canvas, "undo shows what it changed");
    for _ in 0..2 {
        ask(&mut app, Action::Plain(Plain::Undo));
    }
    assert_eq!(app.desk.canvas.document.canvas_picture.as_ref(), Some(&whole), "before the cut");
    for _ in 0..3 {
        ask(&mut app, Action::Plain(Plain::Redo));
    }
    assert_eq!(app.desk.canvas.document.canvas_picture.as_ref(), Some(&repaired));

    let mut document = app.desk.canvas.document.clone();
    document.backdrop = Backdrop::Colour([255, 0, 0]);
    canvas(&mut app, CanvasAction::Put(Box::new(document)));
    canvas(&mut app, CanvasAction::Flatten);
    until(&mut app, "one picture", |app| {
        app.desk.canvas.document.canvas_picture.as_ref().is_some_and(|canvas_picture| canvas_picture.alpha.is_none())
    });
    let flat = app.desk.canvas.document.canvas_picture.clone().unwrap();
    assert_eq!(flat.picture.rgb[..3], [255, 0, 0]);
    assert!(flat.made.unwrap().contains("\"over\":\"#ff0000\""));
}

#[test]
fn what_comes_too_late_goes_to_the_shelf_and_texture_fills_what_is_drawn_over() {
    let home = tempfile::tempdir().unwrap();
    let mut app = app(home.path());
    canvas(&mut app, CanvasAction::Lay(disc(64)));
    set(&mut app, |desk| desk.canvas.task = Task::Texture);
    draw(&mut app, Layer::Mask, 255, &[[32.0, 30.0], [40.0, 34.0]]);
    canvas(&mut app, CanvasAction::Make);
    let other = disc(40);
    canvas(&mut app, CanvasAction::Lay(other.clone()));
    until(&mut app, "the texture", |app| app.session.canvas.work.is_none());
    let document = &app.desk.canvas.document;
    assert_eq!(document.canvas_picture.as_ref(), Some(&other), "the new picture stays");
    let late = document.shelf.last().unwrap();
    assert!(late.picture.size() == [64, 64] && late.made.as_ref().is_some_and(|made| made.contains("quilting")));
}

#[test]
fn an_enhancement_is_previewed_and_closing_ends_a_tool_at_once() {
    let home = tempfile::tempdir().unwrap();
    let mut app = app(home.path());
    canvas(&mut app, CanvasAction::Lay(disc(64)));
    set(&mut app, |desk| desk.canvas.task = Task::Enhancement);
    until(&mut app, "a preview", |app| app.session.canvas.draft.is_some());
    assert_eq!(app.desk.canvas.document.canvas_picture.as_ref(), Some(&disc(64)), "nothing is changed yet");
    set(&mut app, |desk| {
        desk.canvas.task = Task::Texture;
        desk.canvas.tools.insert(Task::Texture, "neural".into());
        desk.canvas.size = [2_000, 2_000];
    });
    canvas(&mut app, CanvasAction::Make);
    until(&mut app, "the tool at work", |app| app.session.jobs.values().any(|(_, done, _)| *done > 0));
    // It would take many minutes; the test ends only if it does not.
    drop(app);
}
