//! The canvas and its tools, by their accessible names and by a hand that draws.

#![allow(clippy::unwrap_used)] // helpers of tests

#[path = "canvas/flow.rs"]
mod flow;

use egui::{Event, Key, Modifiers, PointerButton, Pos2, Theme, vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use latent_studio::{
    canvas::{Pen, trimap::UNKNOWN},
    desk::{
        Desk, Tab,
        canvas::{Paint, TrimapFrom},
    },
    engine::{protocol::*, tools},
    picture::{Mask, Picture},
    session::Session,
    spec::Task,
    ui::{
        self,
        action::{Action, CanvasAction, CanvasPart},
        panel::Region,
        theme,
    },
};

const SIZE: [f32; 2] = [640.0, 520.0];

struct Seen {
    session: Session,
    desk: Desk,
    asked: Vec<Action>,
}

fn session() -> Session {
    let mut session = Session::default();
    session.catalogue.tools = tools::entries();
    session
}

fn canvas_picture(side: usize) -> CanvasPicture {
    CanvasPicture { name: "cat".into(), picture: Picture::filled(side, side, [120, 90, 60]), alpha: None, made: None }
}

fn desk() -> Desk {
    let mut desk = Desk { tab: Tab::Canvas, ..Desk::default() };
    desk.canvas.document.lay(canvas_picture(40));
    desk
}

fn harness(region: Region, session: Session, desk: Desk) -> Harness<'static, Seen> {
    let mut panel = ui::all().into_iter().find(|panel| panel.region() == region).expect("the panel is there");
    let size = if region == Region::Beside(Tab::Canvas) { [270.0, 900.0] } else { SIZE };
    Harness::builder().with_size(size).with_max_steps(16).with_context_setup(theme::install).build_ui_state(
        move |ui, seen: &mut Seen| {
            let mut asked = Vec::new();
            panel.ui(ui, &seen.session, &seen.desk, &mut asked);
            for action in &asked {
                match action {
                    Action::Set(desk) => seen.desk = (**desk).clone(),
                    Action::Canvas(CanvasAction::Put(document)) => seen.desk.canvas.document = (**document).clone(),
                    _ => {}
                }
            }
            seen.asked.extend(asked);
        },
        Seen { session, desk, asked: Vec::new() },
    )
}

fn canvas(session: Session, desk: Desk) -> Harness<'static, Seen> {
    harness(Region::Centre(Tab::Canvas), session, desk)
}

fn beside(session: Session, desk: Desk) -> Harness<'static, Seen> {
    harness(Region::Beside(Tab::Canvas), session, desk)
}

/// Where the picture's pixel (20, 20) is: the middle of the canvas.
fn middle(harness: &Harness<'_, Seen>) -> Pos2 {
    harness.get_by_label_contains("Canvas with cat").rect().center()
}

fn drag(harness: &mut Harness<'_, Seen>, from: Pos2, to: Pos2) {
    let button = |pos, pressed| Event::PointerButton {
        pos,
        button: PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    harness.event(Event::PointerMoved(from));
    harness.run();
    harness.event(button(from, true));
    harness.step();
    for share in [0.5, 1.0] {
        harness.event(Event::PointerMoved(from + (to - from) * share));
        harness.step();
    }
    harness.event(button(to, false));
    harness.run();
}

fn count(mask: Option<&Mask>, value: u8) -> usize {
    mask.map_or(0, |mask| mask.count(|v| v == value))
}

#[test]
fn both_panels_draw_every_state_and_everything_has_a_name() {
    let working = || {
        let mut working = session();
        working.canvas.work = Some((JobId(3), "Closed form".into()));
        working.canvas.so_far = Some(Picture::filled(80, 80, [9; 3]));
        working.jobs.insert(JobId(3), ("Closed form".into(), 400, 1_000));
        working
    };
    let alpha = Some(Mask::filled(40, 40, 100));
    let drafted = || {
        let mut drafted = session();
        drafted.canvas.draft = Some(CanvasPicture { alpha: alpha.clone(), ..canvas_picture(40) });
        drafted.canvas.no_draft = Some("The trimap has no background.".into());
        drafted
    };
    let mut cut = desk();
    cut.canvas.document.canvas_picture = Some(CanvasPicture { alpha: alpha.clone(), ..canvas_picture(40) });
    cut.canvas.document.before = Some(canvas_picture(40));
    cut.canvas.document.scribbles = Some(Mask::filled(40, 40, 255));
    cut.canvas.wipe = Some(0.3);
    cut.canvas.document.backdrop = Backdrop::Picture(Picture::filled(10, 90, [1, 2, 3]));
    for at in 1..20 {
        cut.canvas.document.keep(canvas_picture(at));
    }
    let sessions: [&dyn Fn() -> Session; 4] = [&Session::default, &session, &working, &drafted];
    for session in sessions {
        for desk in [Desk::default(), desk(), cut.clone()] {
            for task in Task::ALL {
                for (region, look) in
                    [(Region::Centre(Tab::Canvas), Theme::Dark), (Region::Beside(Tab::Canvas), Theme::Light)]
                {
                    let (session, mut desk) = (session(), desk.clone());
                    desk.canvas.task = task;
                    let mut harness = harness(region, session, desk);
                    harness.ctx.set_theme(look);
                    harness.run_ok();
                    harness.check_accessibility();
                    assert!(harness.root().children_recursive().count() > 1, "{region:?} is blank for {task:?}");
                }
            }
        }
    }
}

#[test]
fn a_drag_leaves_a_stroke_of_the_chosen_paint() {
    let mut harness = canvas(session(), desk());
    harness.run();
    let at = middle(&harness);
    drag(&mut harness, at - vec2(60.0, 0.0), at + vec2(60.0, 0.0));
    let asked: Vec<_> = harness.state().asked.iter().filter(|a| matches!(a, Action::Canvas(_))).collect();
    assert_eq!(asked.len(), 1, "one stroke is one change");
    let scribbles = harness.state().desk.canvas.document.scribbles.clone();
    let drawn = count(scribbles.as_ref(), 255);
    assert!(drawn > 100, "{drawn} pixels");
    assert_eq!(scribbles.as_ref().map(|s| s.at(20, 20)), Some(255));
    assert_eq!(scribbles.as_ref().map(|s| s.at(20, 2)), Some(UNKNOWN));

    harness.state_mut().desk.canvas.paint = Paint::Background;
    drag(&mut harness, at, at);
    let scribbles = harness.state().desk.canvas.document.scribbles.clone();
    assert_eq!(scribbles.as_ref().map(|s| s.at(20, 20)), Some(0));
    harness.state_mut().desk.canvas.pen = Pen::Eraser;
    drag(&mut harness, at, at);
    let scribbles = harness.state().desk.canvas.document.scribbles.clone();
    assert_eq!(scribbles.as_ref().map(|s| s.at(20, 20)), Some(UNKNOWN));
}

#[test]
fn a_polygon_is_closed_by_enter_and_given_up_by_escape() {
    let mut desk = desk();
    (desk.canvas.task, desk.canvas.pen) = (Task::Inpainting, Pen::Polygon);
    let mut harness = canvas(session(), desk);
    harness.run();
    let at = middle(&harness);
    let corners = [vec2(-80.0, -80.0), vec2(80.0, -80.0), vec2(0.0, 90.0)];
    for corner in corners {
        drag(&mut harness, at + corner, at + corner);
    }
    assert_eq!(harness.state().desk.canvas.document.mask, None, "it is not closed yet");
    harness.key_press(Key::Escape);
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().desk.canvas.document.mask, None, "it was given up");
    for corner in corners {
        drag(&mut harness, at + corner, at + corner);
    }
    harness.key_press(Key::Enter);
    harness.run();
    let mask = harness.state().desk.canvas.document.mask.clone();
    assert_eq!(mask.as_ref().map(|m| (m.at(20, 20), m.at(1, 38))), Some((255, 0)));
}

#[test]
fn nothing_is_drawn_while_a_tool_is_at_work_or_on_the_wipe() {
    let mut busy = session();
    busy.canvas.work = Some((JobId(1), "Harmonic".into()));
    let mut harness = canvas(busy, desk());
    harness.run();
    let at = middle(&harness);
    drag(&mut harness, at - vec2(20.0, 0.0), at);
    assert_eq!(harness.state().desk.canvas.document.scribbles, None);

    let mut wiped = desk();
    wiped.canvas.document.before = Some(canvas_picture(40));
    wiped.canvas.wipe = Some(0.5);
    let mut harness = canvas(session(), wiped);
    harness.run();
    let at = middle(&harness);
    drag(&mut harness, at, at + vec2(100.0, 0.0));
    let seen = harness.state();
    assert_eq!(seen.desk.canvas.document.scribbles, None, "the line was dragged, not the brush");
    assert!(seen.desk.canvas.wipe > Some(0.6), "{:?}", seen.desk.canvas.wipe);
}

#[test]
fn the_wheel_zooms_about_the_pointer_and_fit_goes_back() {
    let mut harness = canvas(session(), desk());
    harness.run();
    let at = middle(&harness);
    harness.event(Event::PointerMoved(at + vec2(50.0, 20.0)));
    harness.event(Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: vec2(0.0, 200.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Wheel,
        modifiers: Modifiers::NONE,
    });
    harness.run_ok();
    let zoom = harness.state().desk.canvas.zoom;
    assert!(zoom > Some(10.0), "{zoom:?}");
    harness.get_by_label("Fit").click();
    harness.run_ok();
    assert_eq!(harness.state().desk.canvas.zoom, None);
}

#[test]
fn the_button_says_what_is_missing_and_then_runs_the_tool() {
    let mut harness = beside(session(), Desk { tab: Tab::Canvas, ..Desk::default() });
    harness.run();
    assert!(harness.query_by_label("Open a picture first.").is_some());
    harness.state_mut().desk = desk();
    harness.run();
    assert!(harness.query_by_label_contains("Draw on the picture first").is_some());
    harness.state_mut().desk.canvas.document.scribbles = Some(Mask::filled(40, 40, 255));
    harness.run();
    assert!(harness.query_by_label("Draw some of the background too.").is_some());
    let both: Vec<u8> = (0..1_600).map(|i| if i < 800 { 255 } else { 0 }).collect();
    harness.state_mut().desk.canvas.document.scribbles = Some(Mask { width: 40, height: 40, grey: both.into() });
    harness.run();
    harness.get_all_by_label("Cut out").last().expect("the button").click();
    harness.run();
    assert!(harness.state().asked.contains(&Action::Canvas(CanvasAction::Make)));

    harness.state_mut().session.canvas.work = Some((JobId(5), "Closed form".into()));
    harness.run();
    harness.get_by_label("Cancel").click();
    harness.run();
    assert!(harness.state().asked.contains(&Action::Canvas(CanvasAction::Cancel)));
}

#[test]
fn a_task_brings_its_tools_and_a_tool_its_knobs() {
    let mut harness = beside(session(), desk());
    harness.run();
    for (task, tool) in [("Repair", "PatchMatch"), ("Texture", "Quilting"), ("Enhance", "Auto levels")] {
        harness.get_all_by_label(task).next().expect("its tab").click();
        harness.run();
        let shown = harness.get_by_label("Tool").accesskit_node().value().unwrap_or_default();
        assert!(shown.to_lowercase().contains(&tool.to_lowercase()), "{task}: {shown}");
    }
    assert!(harness.query_by_label("Brush").is_none(), "nothing is drawn to enhance a picture");
    let first = tools::entries().into_iter().find(|t| t.task == Task::Enhancement).expect("a tool").knobs;
    for knob in first {
        assert!(harness.query_all_by_label(&knob.label).next().is_some(), "{}", knob.label);
    }
}

#[test]
fn a_rough_mask_has_its_bands_and_a_cut_out_its_exports() {
    let mut desk = desk();
    desk.canvas.trimap = TrimapFrom::RoughMask;
    desk.canvas.document.canvas_picture =
        Some(CanvasPicture { alpha: Some(Mask::filled(40, 40, 9)), ..canvas_picture(40) });
    desk.canvas.document.backdrop = Backdrop::Colour([1, 2, 3]);
    let mut harness = beside(session(), desk);
    harness.run();
    assert!(harness.query_all_by_label("Inside band").next().is_some());
    for (name, part) in [
        ("Export with alpha…", CanvasPart::Picture),
        ("Export alpha…", CanvasPart::Alpha),
        ("Export composite…", CanvasPart::Composite),
    ] {
        harness.get_by_label(name).click();
        harness.run();
        assert!(harness.state().asked.contains(&Action::Canvas(CanvasAction::Export(part))), "{name}");
    }
    harness.get_by_label("Flatten").click();
    harness.run();
    assert!(harness.state().asked.contains(&Action::Canvas(CanvasAction::Flatten)));
}
