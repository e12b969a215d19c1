//! What the canvas takes, what its tools need first, and what is said when it is missing.

use super::*;
use crate::{
    app::testing::{jobs, said, unattended},
    canvas::Layer,
    engine::protocol::Event,
    picture::Picture,
    ui::action::Action,
};

fn canvas_picture(value: u8, side: usize) -> CanvasPicture {
    CanvasPicture { name: "cat".into(), picture: Picture::filled(side, side, [value; 3]), alpha: None, made: None }
}

fn perform(app: &mut App, action: CanvasAction) {
    app.perform(Action::Canvas(action), &egui::Context::default(), false);
}

fn read(app: &mut App, role: Role, side: usize) {
    app.on_event(Event::PictureRead { role, canvas_picture: Box::new(canvas_picture(255, side)) });
}

#[test]
fn a_tool_says_what_it_needs_works_once_at_a_time_and_can_be_cancelled() {
    let (mut app, far_ends) = unattended(8);
    let tool = ToolEntry {
        id: "harmonic".into(),
        title: "Harmonic fill".into(),
        about: String::new(),
        task: Task::Inpainting,
        generator: false,
        knobs: Vec::new(),
    };
    let mut new = app.session.catalogue.clone();
    new.tools = vec![tool];
    app.on_event(Event::Catalogue(Box::new(new)));
    perform(&mut app, CanvasAction::Make);
    assert_eq!(said(&app), "There is no such tool.", "none that cuts out");
    app.desk.canvas.task = Task::Inpainting;
    perform(&mut app, CanvasAction::Make);
    assert_eq!(said(&app), "Open a picture on the canvas first.");
    app.lay(canvas_picture(1, 4));
    perform(&mut app, CanvasAction::Make);
    assert_eq!(said(&app), "Draw over what is to be repaired.");
    read(&mut app, Role::Layer(Layer::Mask), 4);
    assert!(jobs(&far_ends).is_empty());
    perform(&mut app, CanvasAction::Make);
    let [(job, Job::Tool(order))] = &far_ends.jobs()[..] else { panic!("one job") };
    assert_eq!((order.tool.as_str(), order.name.as_str(), order.draft), ("harmonic", "cat", false));
    assert_eq!(order.materials.picture, Some(Picture::filled(4, 4, [1; 3])));
    assert_eq!(order.materials.mask, Some(Mask::filled(4, 4, 255)));
    assert_eq!(app.session.canvas.work, Some((*job, "Harmonic fill".into())));
    perform(&mut app, CanvasAction::Make);
    assert!(said(&app).starts_with("A tool is at work") && jobs(&far_ends).is_empty());
    perform(&mut app, CanvasAction::Cancel);
    assert!(far_ends.is_cancelled(*job));
}

#[test]
fn a_mask_belongs_to_a_picture_of_its_size() {
    let (mut app, _far_ends) = unattended(8);
    let drawn = |app: &App| app.desk.canvas.document.drawn(Layer::Mask).cloned();
    read(&mut app, Role::Layer(Layer::Mask), 4);
    assert_eq!(said(&app), "Open a picture first; a mask belongs to one.");
    read(&mut app, Role::Picture, 4);
    assert_eq!((app.desk.tab, drawn(&app)), (Tab::Canvas, None));
    read(&mut app, Role::Layer(Layer::Mask), 5);
    assert_eq!(said(&app), "The mask is 5×5 pixels and the picture 4×4; choose one of the picture's size.");
    assert_eq!(drawn(&app), None);
    read(&mut app, Role::Layer(Layer::Mask), 4);
    assert_eq!(drawn(&app), Some(Mask::filled(4, 4, 255)));
    read(&mut app, Role::Backdrop, 9);
    assert_eq!(app.desk.canvas.document.backdrop, Backdrop::Picture(Picture::filled(9, 9, [255; 3])));
}

#[test]
fn parts_that_are_not_there_are_not_written() {
    let (mut app, far_ends) = unattended(8);
    let write = |app: &mut App, part| perform(app, CanvasAction::ExportTo(part, "/out/a".into()));
    write(&mut app, CanvasPart::Picture);
    assert_eq!(said(&app), "There is no picture on the canvas.");
    app.lay(canvas_picture(1, 4));
    write(&mut app, CanvasPart::Alpha);
    assert_eq!(said(&app), "The picture is opaque.");
    write(&mut app, CanvasPart::Layer);
    assert_eq!(said(&app), "Nothing is drawn yet.");
    assert!(jobs(&far_ends).is_empty());
    write(&mut app, CanvasPart::Picture);
    let [Job::Compose { over, to, .. }] = &jobs(&far_ends)[..] else { panic!("one job") };
    assert_eq!((over, to.as_deref()), (&Backdrop::Nothing, Some(std::path::Path::new("/out/a.png"))));
}
