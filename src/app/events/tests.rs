//! What the window does about events, beyond what the session keeps of them.

use super::*;
use crate::{
    app::testing::{catalogue, entry, facts, jobs, knobs, loaded, open, opened, said, spec, train, unattended},
    engine::{
        Engine,
        protocol::{Because, Job, RunId, ToolOutput},
    },
    picture::Picture,
    session::{Intent, Status},
    spec::Value,
};

fn canvas_picture(value: u8) -> CanvasPicture {
    CanvasPicture { name: "a".into(), picture: Picture::filled(4, 4, [value; 3]), alpha: None, made: None }
}

#[test]
fn the_first_catalogue_opens_a_starter_and_lists_the_runs() {
    let (engine, far_ends) = Engine::unattended(8);
    let mut app = App::new(engine, crate::desk::Settings::default(), None);
    let new = Catalogue { starters: vec!["glyphs".into(), "galaxies".into()], ..catalogue() };
    app.on_event(Event::Catalogue(Box::new(new.clone())));
    let place = Place::Starter("glyphs".into());
    let run = app.session.open_run.run;
    assert_eq!(jobs(&far_ends), [Job::Open { run, place: place.clone() }, Job::ListRuns]);
    assert_eq!(app.session.open_run.place, Some(place));
    app.on_event(Event::Catalogue(Box::new(new)));
    assert!(jobs(&far_ends).is_empty(), "once");
}

#[test]
fn a_new_catalogue_moves_the_knobs_that_nobody_set() {
    let (mut app, _far_ends) = unattended(8);
    app.desk.knobs.put("lr", Value::Real(0.05));
    let mut new = catalogue();
    new.families.iter_mut().for_each(|family| family.knobs = knobs(16));
    app.on_event(Event::Catalogue(Box::new(new.clone())));
    assert_eq!(app.desk.knobs.int("batch"), 16, "it stood at the start value of the former catalogue");
    assert!((app.desk.knobs.real("lr") - 0.05).abs() < 1e-12, "a person set it");
    new.families.remove(0);
    app.on_event(Event::Catalogue(Box::new(new)));
    assert_eq!(app.desk.family, "vae", "the chosen family is gone");
}

#[test]
fn data_that_are_no_longer_awaited_change_nothing() {
    let (mut app, far_ends) = unattended(8);
    app.choose("glyphs");
    let [(first, Job::Load { .. })] = &far_ends.jobs()[..] else { panic!("the order to read glyphs") };
    app.choose("shapes");
    assert!(far_ends.is_cancelled(*first));
    app.on_event(loaded("glyphs"));
    app.on_event(Event::LoadFailed { source: "shapes".into(), failure: Failure::Cancelled });
    assert!(matches!(&app.session.data, DataState::Loading(source, ..) if source == "shapes"));
    app.on_event(loaded("shapes"));
    assert!(matches!(&app.session.data, DataState::Ready(facts) if facts.spec.source == "shapes"));
    assert_eq!((app.desk.knobs.int("size"), app.desk.knobs.int("channels")), (28, 1), "the form follows the data");
    app.on_event(Event::LoadFailed { source: "shapes".into(), failure: "It is gone.".into() });
    assert!(matches!(app.session.data, DataState::Ready(_)), "it was read");
}

#[test]
fn data_of_another_preparation_than_the_form_asks_for_are_not_taken() {
    let (mut app, _far_ends) = unattended(8);
    app.choose("glyphs");
    app.on_event(loaded("glyphs"));
    // Read again as the form says now: the size is the person's, and not taken from the data.
    app.desk.knobs.put("size", Value::Text("64".into()));
    app.read(false);
    app.on_event(loaded("glyphs"));
    assert!(matches!(app.session.data, DataState::Loading(..)), "28 pixels were asked for before");
    let spec = app.desk.data_spec();
    app.on_event(Event::Loaded(Box::new(facts(spec))));
    assert!(matches!(&app.session.data, DataState::Ready(facts) if facts.spec.size == 64));
}

#[test]
fn an_opened_run_fits_sliders_and_form_and_has_its_scores_read() {
    let (mut app, far_ends) = unattended(8);
    app.open(Place::Folder("/runs/a".into()));
    let run = app.session.open_run.run;
    far_ends.jobs();
    app.on_event(opened(RunId(run.0 + 1), "/runs/b"));
    assert!(!app.session.open_run.playable && app.desk.latent.z.is_empty() && jobs(&far_ends).is_empty());
    app.desk.family = "vae".into();
    app.on_event(opened(run, "/runs/a"));
    assert_eq!(app.session.open_run.status, Status::Ended(Because::Finished));
    assert_eq!((app.desk.latent.z.len(), app.desk.family.as_str()), (4, "dcgan"));
    assert_eq!(jobs(&far_ends), [Job::Scores { run, folder: "/runs/a".into() }]);
}

#[test]
fn runs_are_listed_again_only_once_they_were_listed() {
    let (mut app, far_ends) = unattended(8);
    let run = train(&mut app, &far_ends);
    let done = || Event::JobDone { job: JobId(99), what: "Saved.".into(), wrote: None };
    app.on_event(done());
    assert!(jobs(&far_ends).is_empty(), "nobody has looked at the list yet");
    app.on_event(Event::Runs(Vec::new()));
    app.on_event(done());
    app.on_event(Event::Saved { run, step: 5 });
    app.on_event(Event::Ended { run, step: 9, because: Because::Stopped });
    assert_eq!(jobs(&far_ends), [Job::ListRuns, Job::ListRuns], "a checkpoint changes no list");
}

#[test]
fn a_run_that_was_interrupted_is_offered_once() {
    let (mut app, _far_ends) = unattended(8);
    let list = vec![entry("a"), crate::engine::protocol::RunEntry { crashed: true, ..entry("b") }];
    app.on_event(Event::Runs(list.clone()));
    assert_eq!(said(&app), "“b” was interrupted; its checkpoint of step 100 is kept. Continue it under Runs.");
    let lines = app.session.log.len();
    app.on_event(Event::Runs(list));
    assert_eq!(app.session.log.len(), lines);
}

#[test]
fn imported_weights_open_as_a_run() {
    let (mut app, far_ends) = unattended(8);
    app.on_event(Event::Imported { folder: "/runs/net-1".into() });
    let run = app.session.open_run.run;
    assert_eq!(jobs(&far_ends), [Job::Open { run, place: Place::Folder("/runs/net-1".into()) }]);
}

#[test]
fn a_result_goes_on_the_canvas_or_on_the_shelf_when_another_picture_came() {
    let (mut app, _far_ends) = unattended(8);
    let made = |job, value| {
        let (canvas_picture, outcome) =
            (canvas_picture(value), crate::engine::protocol::Outcome::of(Picture::filled(4, 4, [0; 3])));
        Event::ToolDone(Box::new(ToolOutput {
            job: JobId(job),
            tool: "harmonic".into(),
            task: Task::Inpainting,
            draft: false,
            canvas_picture,
            outcome,
            secs: 1.0,
        }))
    };
    let send = |app: &mut App, job| {
        let of = app.desk.canvas.document.canvas_picture.clone();
        app.session.note(Intent::ToolSent(JobId(job), "Harmonic".into(), of));
    };
    app.lay(canvas_picture(1));
    send(&mut app, 7);
    app.on_event(made(6, 2));
    assert_eq!(app.desk.canvas.document.canvas_picture, Some(canvas_picture(1)), "of a job that is not waited for");
    app.on_event(made(7, 3));
    assert_eq!(app.desk.canvas.document.canvas_picture, Some(canvas_picture(3)));
    assert!(app.session.canvas.work.is_none());
    send(&mut app, 8);
    app.lay(canvas_picture(4));
    app.on_event(made(8, 5));
    assert_eq!(app.desk.canvas.document.canvas_picture, Some(canvas_picture(4)));
    assert!(app.desk.canvas.document.shelf.contains(&canvas_picture(5)), "nothing is lost");
    assert!(said(&app).starts_with("Another picture came on the canvas meanwhile"));
}

#[test]
fn a_code_moves_the_sliders_of_its_own_run_only_and_can_be_undone() {
    let (mut app, far_ends) = unattended(8);
    let run = open(&mut app, &far_ends, "/runs/a");
    let before = app.desk.latent.z.clone();
    let encoded = |run, z: &[f32]| Event::Encoded { run, code: Box::new(Code { z: z.to_vec(), ..Code::default() }) };
    app.on_event(encoded(RunId(run.0 + 1), &[9.0; 4]));
    app.on_event(encoded(run, &[9.0; 3]));
    assert_eq!(app.desk.latent.z, before, "of another run, and of another length");
    app.on_event(encoded(run, &[0.5; 4]));
    assert_eq!(app.desk.latent.z, [0.5; 4]);
    let undo = crate::ui::action::Action::Plain(crate::ui::action::Plain::Undo);
    app.perform(undo, &egui::Context::default(), false);
    assert_eq!(app.desk.latent.z, before);
}

#[test]
fn the_run_that_starts_is_shown_under_the_name_that_it_was_given() {
    let (mut app, far_ends) = unattended(8);
    let run = train(&mut app, &far_ends);
    let open_run = &app.session.open_run;
    assert_eq!((&open_run.status, open_run.spec.as_ref()), (&Status::Training, Some(&spec("glyphs-dcgan-1"))));
    assert_eq!(app.desk.latent.z.len(), 4, "the sliders have its length");
    app.on_event(Event::Failed { run, failure: "It broke.".into(), kept: Some(50) });
    assert_eq!(app.session.open_run.status, Status::Failed("It broke.".into(), Some(50)));
    assert_eq!(said(&app), "It broke.");
}
