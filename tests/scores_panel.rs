//! The tab Scores in all its states, by the names that a screen reader says.

mod common;

use common::{desk, facts, session};
use egui::{Role, Vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use latent_studio::{
    desk::{Desk, Tab},
    engine::protocol::{Event, JobId, Place},
    scores::{Score, ScoreCard},
    session::{DataState, Session, Status},
    ui::{self, action::Action, panel::Region, theme},
};

type Room = Harness<'static, (Session, Vec<Action>)>;

fn open(session: Session, desk: Desk) -> Room {
    let mut panel = ui::all().into_iter().find(|p| p.title() == "Scores").expect("the panel");
    assert_eq!(panel.region(), Region::Centre(Tab::Scores));
    let draw =
        move |ui: &mut egui::Ui, (session, asked): &mut (Session, Vec<Action>)| panel.ui(ui, session, &desk, asked);
    let build = Harness::builder().with_size(Vec2::new(900.0, 600.0)).with_max_steps(16);
    let mut room = build.with_context_setup(theme::install).build_ui_state(draw, (session, Vec::new()));
    room.run_ok();
    room.check_accessibility();
    room
}

fn ready() -> Session {
    session(Status::Viewing, DataState::Ready(Box::new(facts())))
}

fn card(step: u64, frechet: f64, feature_extractor: &str) -> ScoreCard {
    let score = |metric: &str, value, floor, embedding: &str| Score {
        metric: metric.into(),
        value,
        floor: Some(floor),
        count: 2_000,
        embedding: Some(embedding.into()),
    };
    ScoreCard {
        step,
        weights: "ema".into(),
        data: "/data/mnist".into(),
        fingerprint: "abc".into(),
        split: "train".into(),
        scores: vec![
            score("frechet", frechet, 2.5, feature_extractor),
            score("coverage", 0.92, 0.97, feature_extractor),
            score("swd", 31.5, 4.25, "pixels"),
        ],
    }
}

const EYES: &str = "classifier:0123456789ab";

#[test]
fn an_empty_tab_says_what_to_do_and_measure_is_asked_for() {
    let mut room = open(ready(), desk());
    assert!(room.query_by_label("Nothing was measured yet").is_some());
    room.get_by_label("Measure").click();
    room.run_ok();
    assert_eq!(room.state().1, [Action::Evaluate]);
    room.get_by_role_and_label(Role::ComboBox, "Measure 2,000 pictures").click();
    room.run_ok();
    room.get_by_label("500 pictures").click();
    room.run_ok();
    assert!(matches!(room.state().1.last(), Some(Action::Set(desk)) if desk.score_count == 500));

    let room = open(Session::default(), Desk::default());
    assert!(room.get_by_label("Measure").accesskit_node().is_disabled());
    assert!(room.query_by_label("Nothing here yet").is_some());
}

#[test]
fn progress_is_shown_and_can_be_cancelled_and_a_failure_is_said() {
    let mut session = ready();
    session.scores.begin(JobId(4));
    session.apply(Event::Evaluating { job: JobId(4), what: "Drawing pictures".into(), done: 500, total: 2_000 });
    let mut room = open(session, desk());
    assert!(room.query_by_label("Measuring: 25 %").is_some());
    assert!(room.query_by_label("Drawing pictures 500 / 2,000").is_some());
    assert!(room.query_by_label("Measure").is_none());
    room.get_by_label("Cancel").click();
    room.run_ok();
    assert_eq!(room.state().1, [Action::CancelEvaluation]);
    let why = "There is nothing at /data/mnist.";
    room.state_mut().0.apply(Event::JobFailed { job: JobId(4), failure: why.into() });
    room.run_ok();
    assert!(room.query_by_label(why).is_some() && room.query_by_label("Measure").is_some());
}

#[test]
fn a_card_is_a_table_with_floors_and_the_card_before() {
    let mut session = ready();
    session.scores.cards = vec![card(500, 80.25, EYES), card(1_240, 25.0, EYES)];
    session.scores.notes = vec!["Only 2,000 pictures were looked at.".into()];
    let mut room = open(session, desk());
    for words in ["Fréchet distance", "25.00", "80.25", "Coverage", "0.920", "Sliced Wasserstein ×1000", "2.500"] {
        assert!(room.query_all_by_label(words).count() > 0, "{words}");
    }
    assert!(room.query_by_label("Fréchet distance, near real pictures: 10 %").is_some());
    assert_eq!(room.query_all_by_label("far off").count(), 2);
    assert!(room.query_by_label("like real ones").is_some());
    assert!(room.query_by_label("Only 2,000 pictures were looked at.").is_some());
    assert!(room.query_by_label_contains("not comparable").is_none());
    room.get_by_label("Fréchet distance").hover();
    room.run_steps(60);
    assert!(room.query_by_label_contains("Lower is better.").is_some());
    room.get_by_role_and_label(Role::ComboBox, "Measured: step 1,240, averaged, 2,000 pictures").click();
    room.run_ok();
    room.get_by_label("step 500, averaged, 2,000 pictures").click();
    room.run_ok();
    assert!(room.query_by_label("80.25").is_some() && room.query_by_label("25.00").is_none(), "the card of the past");
}

#[test]
fn scores_through_another_classifier_are_not_compared() {
    let mut session = ready();
    session.scores.cards = vec![card(500, 80.25, "classifier:ffffffffffff"), card(1_240, 25.0, EYES)];
    let room = open(session, desk());
    assert!(room.query_by_label_contains("Step 500 was measured through another classifier").is_some());
    assert!(room.query_by_label("80.25").is_none(), "not put beside the new one");
    assert!(room.query_all_by_label("31.50").count() == 2, "patches need no classifier");
}

#[test]
fn a_new_card_belongs_to_the_run_on_stage() {
    let mut session = ready();
    session.scores.begin(JobId(1));
    let place = Some(Place::Folder("runs/mnist-dcgan-3".into()));
    session.apply(Event::Evaluated { job: JobId(1), place, card: Box::new(card(9, 3.0, EYES)), notes: Vec::new() });
    let room = open(session, desk());
    assert!(room.query_by_label("3.000").is_some() && room.query_by_label("Measure").is_some());
}
