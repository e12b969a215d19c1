//! Starting, pausing, turning, opening and deleting runs: which orders and jobs come of it, and what is said when there are none.

use super::*;
use crate::{
    app::testing::{entry, facts, jobs, loaded, open, said, spec, train, unattended},
    engine::protocol::{Because, Event},
    ui::action::{Action, Plain},
};

fn perform(app: &mut App, action: Action) {
    app.perform(action, &egui::Context::default(), false);
}

#[test]
fn a_run_is_named_after_its_data() {
    assert_eq!(["galaxies:5000", "/data/mnist/", "glyphs"].map(base_name), ["galaxies", "mnist", "glyphs"]);
}

#[test]
fn start_orders_a_run_of_what_is_set() {
    let (mut app, far_ends) = unattended(8);
    app.choose("glyphs:64");
    app.on_event(loaded("glyphs:64"));
    (app.desk.steps, app.desk.seed, app.desk.tab) = (77, 5, Tab::Runs);
    app.desk.knobs.put("batch", Value::Int(8));
    perform(&mut app, Action::Plain(Plain::Start));
    let orders: Vec<_> = far_ends.orders.try_iter().collect();
    let [Command::Start(order)] = &orders[..] else { panic!("{orders:?}") };
    assert_eq!((order.spec.family.as_str(), order.spec.steps, order.spec.seed), ("dcgan", 77, 5));
    assert_eq!((order.spec.data.source.as_str(), order.spec.data.size), ("glyphs:64", 28));
    assert_eq!((order.spec.knobs.int("batch"), order.spec.fingerprint.as_str()), (8, "f00d"));
    let base = "glyphs-dcgan".to_owned();
    assert_eq!(order.location, Location::Fresh { runs: "/studio/runs".into(), base });
    assert!(!order.resume && !order.paused && order.adapt);
    // The window shows the run at once, under the name that its folder will begin with.
    let open_run = &app.session.open_run;
    assert_eq!((&open_run.status, open_run.run), (&Status::Preparing, order.run));
    assert_eq!((open_run.spec.as_ref().unwrap().name.as_str(), app.desk.tab), ("glyphs-dcgan", Tab::Samples));
}

#[test]
fn a_refused_order_says_so_and_begins_nothing() {
    let (mut app, _far_ends) = unattended(0);
    app.desk.source = "glyphs".into();
    app.session.data = DataState::Ready(Box::new(facts(app.desk.data_spec())));
    perform(&mut app, Action::Plain(Plain::Start));
    assert_eq!(said(&app), "The trainer has not caught up yet; try again in a moment.");
    assert_eq!(app.session.toasts.back().unwrap().level, Level::Warning);
    assert_eq!(app.session.open_run.status, Status::Empty);
    perform(&mut app, Action::Rename("/runs/a".into(), "b".into()));
    assert_eq!(said(&app), "Too much is waiting to be done already; try again in a moment.");
    assert!(app.session.jobs.is_empty(), "nothing stands in the list of jobs");
    app.choose("shapes");
    assert!(
        matches!(&app.session.data, DataState::Failed(source, why) if source == "shapes" && why.contains("not read"))
    );
}

#[test]
fn an_order_shows_at_once_and_a_refused_one_does_not() {
    let (mut app, far_ends) = unattended(8);
    let run = train(&mut app, &far_ends);
    perform(&mut app, Action::Plain(Plain::PauseResume));
    assert_eq!(app.session.open_run.status, Status::Pausing);
    app.on_event(Event::Paused { run, step: 3 });
    perform(&mut app, Action::Plain(Plain::Step));
    assert_eq!(app.session.open_run.status, Status::Paused, "a step from a pause ends in a pause");
    perform(&mut app, Action::Plain(Plain::PauseResume));
    assert_eq!(app.session.open_run.status, Status::Paused, "until the trainer has gone on");
    app.on_event(Event::Resumed { run });
    perform(&mut app, Action::Plain(Plain::Save));
    perform(&mut app, Action::Plain(Plain::Stop));
    assert_eq!(app.session.open_run.status, Status::Stopping);
    let orders: Vec<_> = far_ends.orders.try_iter().collect();
    assert_eq!(orders, [Command::Pause, Command::Step, Command::Resume, Command::Save, Command::Stop]);

    let (mut app, far_ends) = unattended(1);
    train(&mut app, &far_ends);
    app.command(Command::Save);
    app.command(Command::Pause);
    assert_eq!(app.session.open_run.status, Status::Training, "the lane was full");
    assert!(said(&app).contains("has not caught up"));
}

#[test]
fn only_live_knobs_are_turned_in_a_run_that_trains() {
    let (mut app, far_ends) = unattended(8);
    let run = train(&mut app, &far_ends);
    perform(&mut app, Action::TurnKnob("lr".into(), Value::Real(0.05)));
    let live = far_ends.live.try_recv().unwrap();
    assert_eq!((live.run, live.knobs.0.into_iter().collect::<Vec<_>>()), (run, vec![("lr".into(), Value::Real(0.05))]));
    let lr = |app: &App| app.session.open_run.spec.as_ref().unwrap().knobs.real("lr");
    assert!((lr(&app) - 0.05).abs() < 1e-12);
    perform(&mut app, Action::TurnKnob("lr".into(), Value::Real(7.0)));
    perform(&mut app, Action::TurnKnob("batch".into(), Value::Int(8)));
    assert!(far_ends.live.is_empty() && (lr(&app) - 0.05).abs() < 1e-12, "out of range, and only for the next run");
    app.on_event(Event::Ended { run, step: 9, because: Because::Stopped });
    perform(&mut app, Action::TurnKnob("lr".into(), Value::Real(0.01)));
    assert!(far_ends.live.is_empty(), "the run is over");
}

#[test]
fn a_run_that_trains_is_neither_opened_over_nor_deleted() {
    let (mut app, far_ends) = unattended(8);
    let run = train(&mut app, &far_ends);
    let folder = PathBuf::from("/studio/runs/glyphs-dcgan-1");
    perform(&mut app, Action::Open(Place::Folder("/runs/other".into())));
    assert_eq!(said(&app), "A run is going on; stop it before opening another.");
    perform(&mut app, Action::Delete(folder.clone()));
    assert_eq!(said(&app), "This run is going on; stop it first.");
    assert!(jobs(&far_ends).is_empty() && app.view.question.is_none() && app.session.open_run.run == run);

    app.on_event(Event::Ended { run, step: 100, because: Because::Finished });
    perform(&mut app, Action::Delete(folder.clone()));
    assert!(matches!(&app.view.question, Some((Question::Delete { .. }, about)) if *about == folder));
    perform(&mut app, Action::DeleteAnswer(false));
    assert!(jobs(&far_ends).is_empty() && app.view.question.is_none() && app.session.open_run.writable);
    perform(&mut app, Action::Delete(folder.clone()));
    perform(&mut app, Action::DeleteAnswer(true));
    assert_eq!(jobs(&far_ends), [Job::Delete { folder }]);
    assert!(!app.session.open_run.writable, "a run whose folder goes can't be continued");
}

#[test]
fn a_run_goes_on_from_its_folder_with_more_steps() {
    let (mut app, far_ends) = unattended(8);
    let on = |folder: &str| Action::Continue { folder: folder.into(), steps: 500 };
    perform(&mut app, on("/runs/a"));
    assert_eq!(said(&app), "This run is not known any more; open it first.");
    app.on_event(Event::Runs(vec![entry("/runs/a")]));
    perform(&mut app, on("/runs/a"));
    let orders: Vec<_> = far_ends.orders.try_iter().collect();
    let [Command::Start(order)] = &orders[..] else { panic!("{orders:?}") };
    assert!(order.resume && order.location == Location::Folder("/runs/a".into()));
    assert_eq!(order.spec, RunSpec { steps: 500, ..spec("/runs/a") });
}

#[test]
fn past_grids_are_read_one_at_a_time_and_the_newest_wish_counts() {
    let (mut app, far_ends) = unattended(8);
    let run = open(&mut app, &far_ends, "/runs/a");
    let past = |step| Job::Past { run, folder: "/runs/a".into(), step };
    for step in [50, 60, 70] {
        perform(&mut app, Action::ShowStep(Some(step)));
    }
    assert_eq!(jobs(&far_ends), [past(50)], "one is being read");
    app.on_event(Event::Past { run, step: 50, grid: crate::picture::Picture::filled(2, 2, [9; 3]) });
    app.read_past();
    let [(job, read)] = &far_ends.jobs()[..] else { panic!("one job") };
    assert_eq!(*read, past(70), "60 is not wanted any more");
    perform(&mut app, Action::ShowStep(Some(50)));
    app.on_event(Event::JobFailed { job: *job, failure: "It is gone.".into() });
    perform(&mut app, Action::ShowStep(Some(80)));
    assert_eq!(jobs(&far_ends), [past(80)], "50 is here, and the one that failed is not waited for");
}
