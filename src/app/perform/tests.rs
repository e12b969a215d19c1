//! Actions that cannot be done, exports, the closing of the window, and what is measured.

use super::*;
use crate::{
    app::testing::{jobs, open, said, train, unattended},
    engine::protocol::{Because, Event, Place, Subject},
    session::DataState,
    ui::action::PLAIN,
};

fn perform(app: &mut App, action: Action) {
    app.perform(action, &Context::default(), false);
}

#[test]
fn what_cannot_be_done_now_says_why_and_orders_nothing() {
    let (mut app, far_ends) = unattended(8);
    let mut refused = Vec::new();
    for entry in PLAIN {
        if let Err(why) = entry.plain.available(&app.session) {
            perform(&mut app, Action::Plain(entry.plain));
            assert_eq!(said(&app), why);
            refused.push(entry.plain);
        }
    }
    for plain in [Plain::Start, Plain::Stop, Plain::Save, Plain::Export, Plain::SaveCurves, Plain::OpenWeights] {
        assert!(refused.contains(&plain), "{plain:?}");
    }
    assert!(far_ends.orders.is_empty() && jobs(&far_ends).is_empty());
}

#[test]
fn a_latent_of_another_length_is_not_taken() {
    let (mut app, far_ends) = unattended(8);
    open(&mut app, &far_ends, "/runs/a");
    let before = app.desk.latent.z.clone();
    let mut new = app.desk.clone();
    (new.latent.z, new.steps) = (vec![1.0; 9], 5);
    perform(&mut app, Action::Set(Box::new(new)));
    assert_eq!((app.desk.latent.z.clone(), app.desk.steps), (before, 5));
}

#[test]
fn an_export_draws_what_the_sliders_say_to_a_file_with_an_ending() {
    let (mut app, far_ends) = unattended(8);
    perform(&mut app, Action::ExportTo("/out/a".into()));
    assert!(said(&app).starts_with("There is no generator to draw with yet"));
    let run = open(&mut app, &far_ends, "/runs/a");
    app.desk.export.scale = 99;
    perform(&mut app, Action::ExportTo("/out/a".into()));
    app.desk.export.what = ExportWhat::Many;
    app.desk.export.count = 3;
    perform(&mut app, Action::ExportTo("/out/many".into()));
    let exports: Vec<_> = jobs(&far_ends);
    let [Job::Export(one), Job::Export(many)] = &exports[..] else { panic!("{exports:?}") };
    assert_eq!((one.to.as_path(), one.scale, one.as_grid), (std::path::Path::new("/out/a.png"), 16, true));
    let codes: Vec<_> = one.scenes.iter().map(|scene| (scene.run, scene.code.clone())).collect();
    assert_eq!(codes, [(run, app.code().unwrap())]);
    assert_eq!((many.to.as_path(), many.as_grid), (std::path::Path::new("/out/many"), false));
    let seeds: Vec<_> = many.scenes.iter().map(|scene| scene.code.noise_seed).collect();
    assert_eq!(seeds, [42, 43, 44], "the slider's seed and those after it");
    assert_eq!(many.scenes[1].code.z, latent::normal(43, 4));
}

#[test]
fn leaving_stops_a_run_first_and_waits_for_its_checkpoint() {
    let (mut app, far_ends) = unattended(8);
    let run = train(&mut app, &far_ends);
    let ctx = Context::default();
    app.leave(&ctx);
    app.leave(&ctx);
    assert_eq!(far_ends.orders.try_iter().collect::<Vec<_>>(), [Command::Stop], "once");
    assert_eq!((app.leaving, &app.session.open_run.status), (Leaving::Saving, &Status::Stopping));
    app.close(&ctx);
    assert_eq!(app.leaving, Leaving::Saving, "the checkpoint is not written yet");
    app.on_event(Event::Ended { run, step: 9, because: Because::Stopped });
    app.close(&ctx);
    assert_eq!(app.leaving, Leaving::Now);

    let (mut app, far_ends) = unattended(8);
    let run = train(&mut app, &far_ends);
    perform(&mut app, Action::CloseAnswer(false));
    assert_eq!(app.leaving, Leaving::Not);
    perform(&mut app, Action::CloseAnswer(true));
    app.on_event(Event::Failed { run, failure: "The disk is full.".into(), kept: None });
    app.close(&ctx);
    assert_eq!(app.leaving, Leaving::Not, "what broke is to be read first");
}

#[test]
fn a_run_is_evaluated_once_at_a_time() {
    let (mut app, far_ends) = unattended(8);
    perform(&mut app, Action::Evaluate);
    assert_eq!(said(&app), "Open a run first; then it can be measured.");
    open(&mut app, &far_ends, "/runs/a");
    app.desk.score_count = 64;
    perform(&mut app, Action::Evaluate);
    let [(job, Job::Evaluate(order))] = &far_ends.jobs()[..] else { panic!("one job") };
    let place = Place::Folder("/runs/a".into());
    assert_eq!(order.subject, Subject::Run { place, step: None, ema: true, data: None });
    assert_eq!((order.count, app.session.scores.measuring.as_ref().map(|m| m.job)), (64, Some(*job)));
    perform(&mut app, Action::Evaluate);
    assert_eq!(said(&app), "Something is being measured already.");
    perform(&mut app, Action::CancelEvaluation);
    assert!(far_ends.is_cancelled(*job) && jobs(&far_ends).is_empty());
    assert_eq!(app.session.scores.measuring.as_ref().unwrap().what, "Cancelling");
}

#[test]
fn what_training_costs_is_measured_while_nothing_trains() {
    let (mut app, far_ends) = unattended(8);
    perform(&mut app, Action::Measure);
    assert!(far_ends.orders.is_empty(), "no data are ready");
    app.choose("glyphs");
    app.on_event(crate::app::testing::loaded("glyphs"));
    perform(&mut app, Action::Measure);
    perform(&mut app, Action::Measure);
    let orders: Vec<_> = far_ends.orders.try_iter().collect();
    let [Command::Measure(trial)] = &orders[..] else { panic!("one order: {orders:?}") };
    assert_eq!(app.session.measuring.as_ref(), Some(&**trial));
    let cost = Err("It is too large.".into());
    app.on_event(Event::Measured { trial: trial.clone(), cost });
    assert!(app.session.measuring.is_none() && app.session.cost(trial).is_some());
    assert!(matches!(app.session.data, DataState::Ready(_)));
}

#[test]
fn the_sliders_are_asked_for_when_they_move_and_now_and_then_while_a_run_trains() {
    let (mut app, far_ends) = unattended(8);
    let run = train(&mut app, &far_ends);
    let (ctx, start) = (Context::default(), Instant::now());
    let ask = |app: &mut App, ms| {
        app.request(&ctx, start + Duration::from_millis(ms));
        far_ends.requests.try_recv().ok()
    };
    let first = ask(&mut app, 0).unwrap();
    assert_eq!((first.scenes.len(), first.scenes[0].run, first.scenes[0].code.clone()), (1, run, app.code().unwrap()));
    assert!(first.grid.is_some() && ask(&mut app, 10).is_none(), "nothing has changed");
    app.desk.latent.z[0] += 1.0;
    let second = ask(&mut app, 20).unwrap();
    assert!(second.ticket > first.ticket && second.scenes[0].code.z[0] > first.scenes[0].code.z[0]);
    let points = vec![crate::history::Point { step: 1, name: "loss".into(), value: 1.0 }];
    app.on_event(Event::Scalars { run, points, pace: crate::engine::protocol::Pace::default() });
    assert!(ask(&mut app, 100).is_none(), "the weights changed a moment ago");
    assert!(ask(&mut app, 300).is_some());
}
