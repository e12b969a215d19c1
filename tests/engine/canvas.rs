//! Jobs of the canvas: a tool's picture arrives, is the same as the command line's, and can be cancelled.

use super::rig::{engine, until};
use latent_studio::{
    engine::protocol::*,
    picture::{Mask, Picture},
    run,
    spec::{Knobs, Task},
    synth::{self, Watch},
};

fn board(side: usize) -> Picture {
    let pixel = |i: usize| if (i % side / 4 + i / side / 4).is_multiple_of(2) { [200, 40, 20] } else { [10, 60, 210] };
    Picture { width: side, height: side, rgb: (0..side * side).flat_map(pixel).collect() }
}

fn order(tool: &str, materials: Materials) -> ToolOrder {
    let knobs = Knobs::default();
    let (run, made, band, draft) = (None, None, None, false);
    ToolOrder { tool: tool.into(), knobs, materials, run, made, band, draft, name: "board".into() }
}

fn hole(side: usize) -> Mask {
    let inside = |i: usize| (10..20).contains(&(i % side)) && (10..20).contains(&(i / side));
    Mask { width: side, height: side, grey: (0..side * side).map(|i| if inside(i) { 255 } else { 0 }).collect() }
}

#[test]
fn a_tool_makes_what_the_command_line_makes_and_says_how() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    let materials = Materials { picture: Some(board(32)), mask: Some(hole(32)), seed: 3, ..Materials::default() };
    let job = engine.job(Job::Tool(Box::new(order("harmonic", materials.clone())))).unwrap();
    let seen = until(&engine, |e| matches!(e, Event::ToolDone(_) | Event::JobFailed { .. }));
    let Some(Event::ToolDone(made)) = seen.last() else { panic!("{:?}", seen.last()) };
    assert_eq!((made.job, made.task, made.draft), (job, Task::Inpainting, false));
    assert!(seen.iter().any(|e| matches!(e, Event::JobProgress { job: at, .. } if *at == job)));
    let tool = synth::tool("harmonic").unwrap();
    let direct =
        synth::perform(tool, &materials, &Knobs::default(), None, &mut Watch::new(&|| false, &mut |_, _| {})).unwrap();
    assert_eq!(made.canvas_picture.picture, direct.picture);
    let note = synth::made::made(tool, &materials, &Knobs::default(), None);
    assert_eq!(made.canvas_picture.made.as_deref(), Some(note.as_str()));

    // Written and read again: the same pixels, and how they were made.
    let to = home.path().join("out.png");
    let over = Backdrop::Nothing;
    let canvas_picture =
        Box::new(CanvasPicture { alpha: Some(Mask::filled(32, 32, 77)), ..made.canvas_picture.clone() });
    engine.job(Job::Compose { canvas_picture: canvas_picture.clone(), over, to: Some(to.clone()) }).unwrap();
    until(&engine, |e| matches!(e, Event::JobDone { .. }));
    assert_eq!(run::made_of(&std::fs::read(&to).unwrap()), Some(note));
    engine.job(Job::ReadPicture { path: to, role: Role::Picture }).unwrap();
    let seen = until(&engine, |e| matches!(e, Event::PictureRead { .. }));
    let Some(Event::PictureRead { canvas_picture: read, .. }) = seen.last() else { unreachable!() };
    assert_eq!((&read.picture, &read.alpha), (&canvas_picture.picture, &canvas_picture.alpha));

    // Over a colour it is opaque: 77/255 of it.
    let over = Backdrop::Colour([0, 0, 0]);
    engine.job(Job::Compose { canvas_picture: canvas_picture.clone(), over, to: None }).unwrap();
    let seen = until(&engine, |e| matches!(e, Event::PictureRead { .. }));
    let Some(Event::PictureRead { canvas_picture: flat, .. }) = seen.last() else { unreachable!() };
    assert_eq!(flat.alpha, None);
    assert_eq!(flat.picture.rgb[0], ((u32::from(canvas_picture.picture.rgb[0]) * 77 + 127) / 255) as u8);
}

#[test]
fn a_rough_mask_gets_its_unknown_band_and_a_bad_order_one_sentence() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    let materials = Materials { picture: Some(board(32)), mask: Some(hole(32)), ..Materials::default() };
    let rough = ToolOrder { band: Some([2, 2]), ..order("closed-form", materials.clone()) };
    engine.job(Job::Tool(Box::new(rough))).unwrap();
    let seen = until(&engine, |e| matches!(e, Event::ToolDone(_) | Event::JobFailed { .. }));
    let Some(Event::ToolDone(made)) = seen.last() else { panic!("{:?}", seen.last()) };
    let alpha = made.canvas_picture.alpha.as_ref().unwrap();
    assert_eq!((alpha.at(15, 15), alpha.at(2, 2)), (255, 0), "beyond the band everything is known");

    // As a trimap it has no unknown pixel.
    engine.job(Job::Tool(Box::new(order("closed-form", materials)))).unwrap();
    let seen = until(&engine, |e| matches!(e, Event::ToolDone(_) | Event::JobFailed { .. }));
    let Some(Event::JobFailed { failure, .. }) = seen.last() else { panic!("{:?}", seen.last()) };
    let why = failure.to_string();
    assert!(why.contains("unknown"), "{why}");
}

#[test]
fn a_cancelled_tool_changes_nothing() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    let exemplars = vec![Exemplar::from(board(64))];
    let materials = Materials { exemplars, size: [900, 900], seed: 1, ..Materials::default() };
    let job = engine.job(Job::Tool(Box::new(order("quilting", materials)))).unwrap();
    until(&engine, |e| matches!(e, Event::JobProgress { .. }));
    engine.cancel(job);
    let seen = until(&engine, |e| matches!(e, Event::ToolDone(_) | Event::JobFailed { .. }));
    assert_eq!(seen.last(), Some(&Event::JobFailed { job, failure: Failure::Cancelled }));
}
