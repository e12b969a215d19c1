//! The list of runs and the comparison, by the names that a screen reader says.

mod common;

use common::{desk, session, sheet, spec};
use egui::{Modifiers, Role, Vec2, accesskit::Toggled};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use latent_studio::{
    compare::{Digest, diff},
    desk::{Curves, Desk, RunsBy},
    engine::protocol::{ComparedRun, Comparison, RunEntry},
    history::{History, Point},
    scores::{Score, ScoreCard},
    session::{DataState, Session, Status},
    spec::{RunSpec, Value},
    ui::{self, action::Action, theme},
};
use std::{path::PathBuf, sync::Arc};

type Asked = Harness<'static, Vec<Action>>;

fn open(title: &str, session: Session, desk: Desk) -> Asked {
    let mut panel = ui::all().into_iter().find(|p| p.title() == title).expect("a panel of that title");
    let mut harness = Harness::builder()
        .with_size(Vec2::new(1000.0, 700.0))
        .with_context_setup(theme::install)
        .build_ui_state(move |ui, asked: &mut Vec<Action>| panel.ui(ui, &session, &desk, asked), Vec::new());
    harness.run_ok();
    harness.check_accessibility();
    harness
}

fn card(scores: &[(&str, f64, Option<&str>)]) -> ScoreCard {
    let score = |(metric, value, embedding): &(&str, f64, Option<&str>)| Score {
        metric: (*metric).into(),
        value: *value,
        floor: Some(3.1),
        count: 2_048,
        embedding: embedding.map(str::to_owned),
    };
    ScoreCard {
        step: 1_000,
        weights: "ema".into(),
        data: "glyphs".into(),
        fingerprint: String::new(),
        split: "test".into(),
        scores: scores.iter().map(score).collect(),
    }
}

fn named(name: &str, width: i64) -> RunSpec {
    let mut spec = RunSpec { name: name.into(), ..spec() };
    spec.knobs.put("width", Value::Int(width));
    spec
}

fn entry(name: &str, width: i64, digest: Digest) -> RunEntry {
    RunEntry {
        folder: format!("runs/{name}").into(),
        spec: named(name, width),
        step: 1_000,
        bytes: 1_000_000,
        changed: 1_800_000_000,
        crashed: false,
        busy: false,
        digest,
        thumbnail: Some(sheet()),
    }
}

/// Three runs, newest first: one measured, one with a live curve, one with neither.
fn three() -> Session {
    let mut session = session(Status::Viewing, DataState::None);
    let measured = Digest {
        trained_s: Some(640.0),
        card: Some(card(&[("swd", 14.25, None), ("recall", 0.41, Some("strided-64"))])),
        live_swd: Some(99.0),
    };
    let live = Digest { trained_s: Some(60.0), card: None, live_swd: Some(7.5) };
    session.runs =
        Some(vec![entry("zebra", 32, Digest::default()), entry("Apple", 48, measured), entry("mango", 64, live)]);
    session
}

/// The names of the runs in view, from top to bottom.
fn order(harness: &Asked) -> Vec<String> {
    let mut rows: Vec<(f32, String)> = ["zebra", "Apple", "mango"]
        .iter()
        .filter_map(|name| Some((harness.query_by_label(&format!("Open {name}"))?.rect().top(), (*name).to_owned())))
        .collect();
    rows.sort_by(|a, b| a.0.total_cmp(&b.0));
    rows.into_iter().map(|row| row.1).collect()
}

#[test]
fn runs_say_their_settings_and_scores_and_are_sorted() {
    let newest = open("Runs", three(), desk());
    assert_eq!(order(&newest), ["zebra", "Apple", "mango"]);
    for words in
        ["quick, width 48  ·  SWD 14.2  ·  recall 0.41", "textbook  ·  SWD 7.50 while training", "trained 10:40"]
    {
        assert!(newest.query_by_label_contains(words).is_some(), "{words}");
    }
    let by = |runs_by| order(&open("Runs", three(), Desk { runs_by, ..desk() }));
    assert_eq!(by(RunsBy::Name), ["Apple", "mango", "zebra"]);
    assert_eq!(by(RunsBy::Score), ["mango", "Apple", "zebra"], "lowest first, those without a score last");
    let mut list = open("Runs", three(), desk());
    list.get_by_role_and_label(Role::ComboBox, "Order").click();
    list.run();
    list.get_by_label("Best score first").click();
    list.run();
    let Some(Action::Set(set)) = list.state().last() else { panic!("{:?}", list.state()) };
    assert_eq!(set.runs_by, RunsBy::Score);
}

#[test]
fn the_filter_looks_at_names_and_settings() {
    let mut list = open("Runs", three(), desk());
    let mut search = |text: &str| {
        list.get_by_role(Role::TextInput).focus();
        list.key_press_modifiers(Modifiers::COMMAND, egui::Key::A);
        list.run();
        list.event(egui::Event::Text(text.into()));
        list.run();
        (order(&list), list.query_by_label_contains("No run has these words").is_some())
    };
    assert_eq!(search("GLYPHS textbook"), (vec!["mango".into()], false));
    assert_eq!(search("width 48"), (vec!["Apple".into()], false));
    assert_eq!(search("nobody"), (vec![], true));
}

#[test]
fn two_chosen_runs_can_be_compared_in_the_order_of_choice() {
    let mut list = open("Runs", three(), desk());
    assert!(list.get_by_label("Compare").accesskit_node().is_disabled());
    list.get_by_label("Choose mango to compare").click();
    list.run();
    assert!(list.get_by_label("Compare").accesskit_node().is_disabled(), "one is not enough");
    // Ctrl and a click on the row, beside all that has a meaning of its own.
    let row = list.get_by_label("Open zebra").rect();
    let at = egui::pos2(980.0, row.center().y - 30.0);
    list.event(egui::Event::ModifiersChanged(Modifiers::COMMAND));
    list.event(egui::Event::PointerMoved(at));
    for pressed in [true, false] {
        let button = egui::PointerButton::Primary;
        list.event(egui::Event::PointerButton { pos: at, button, pressed, modifiers: Modifiers::COMMAND });
        list.run_steps(1);
    }
    list.event(egui::Event::PointerGone);
    list.event(egui::Event::ModifiersChanged(Modifiers::NONE));
    list.run();
    let ticked = list.get_by_label("Choose zebra to compare").accesskit_node().toggled();
    assert_eq!(ticked, Some(Toggled::True));
    list.get_by_label("Compare 2 runs").click();
    list.run();
    let folders = ["runs/mango", "runs/zebra"].map(PathBuf::from).to_vec();
    assert_eq!(list.state(), &[Action::Compare(folders)]);
    list.get_by_label("Choose none").click();
    list.run();
    assert!(list.get_by_label("Compare").accesskit_node().is_disabled());
}

fn compared(name: &str, width: i64, curves: &[(&str, f32)], marks: &[(u64, f32)]) -> ComparedRun {
    let mut history = History::default();
    history.extend(
        (1..=100).flat_map(|step| {
            curves.iter().map(move |(name, value)| Point { step, name: (*name).into(), value: *value })
        }),
    );
    ComparedRun {
        folder: format!("runs/{name}").into(),
        spec: named(name, width),
        step: 100,
        digest: Digest { trained_s: marks.last().map(|m| m.1), card: None, live_swd: None },
        history,
        marks: marks.to_vec(),
        grid: Some(sheet()),
    }
}

fn comparing(runs: Vec<ComparedRun>) -> Session {
    let mut session = three();
    let diff = diff(&runs.iter().map(|run| &run.spec).collect::<Vec<_>>());
    session.comparison = Some(Arc::new(Comparison { runs, diff }));
    session
}

fn pair() -> Vec<ComparedRun> {
    let mut first = compared("zebra", 32, &[("loss_g", 2.0), ("loss_d", 1.0)], &[(50, 60.0), (100, 180.0)]);
    first.digest.card = Some(card(&[("swd", 14.25, None), ("frechet", 8.0, Some("classifier:aaa"))]));
    let mut second = compared("mango", 64, &[("loss_g", 3.0), ("kl", 9.0)], &[]);
    second.digest.card = Some(card(&[("swd", 12.5, None), ("frechet", 7.0, Some("classifier:bbb"))]));
    vec![first, second]
}

#[test]
fn compared_runs_show_what_differs_and_their_scores() {
    let mut view = open("Runs", comparing(pair()), desk());
    let said = |view: &Asked, words: &str| view.query_by_label_contains(words).is_some();
    for words in ["2 runs side by side", "Width: 32", "Width: 64", "settings are the same.", "14.2", "12.5", "3:00"] {
        assert!(said(&view, words), "{words}");
    }
    assert!(!said(&view, "Learning rate"), "it is the same");
    // Seen through different classifiers: a row each, so that nobody compares them.
    assert!(said(&view, "(classifier:aaa): 8.00") && said(&view, "(classifier:bbb): 7.00"));
    assert!(!said(&view, "(classifier:aaa): 7.00"));
    for name in ["zebra", "mango"] {
        view.get_by_role_and_label(Role::Image, &format!("Newest samples of {name}"));
    }
    view.get_by_label("Read again").click();
    view.run();
    view.get_by_label("Back to the list").click();
    view.run();
    let folders = ["runs/zebra", "runs/mango"].map(PathBuf::from).to_vec();
    assert_eq!(view.state(), &[Action::Compare(folders), Action::Compare(Vec::new())]);
    let twins = vec![compared("zebra", 32, &[], &[]), compared("zebra", 32, &[], &[])];
    let alike = open("Runs", comparing(twins.clone()), desk());
    assert!(said(&alike, "settings are the same.") && said(&alike, "None of them was measured yet."));
    assert!(said(&open("Curves", comparing(twins), desk()), "These runs have no curves"));
}

#[test]
fn curves_of_compared_runs_lie_in_one_plot() {
    let mut plot = open("Curves", comparing(pair()), desk());
    plot.get_by_role_and_label(Role::Image, "Plot of G loss of 2 runs over steps");
    plot.get_by_label("zebra").click();
    plot.run();
    assert_eq!(plot.get_by_label("zebra").accesskit_node().toggled(), Some(Toggled::False));
    plot.get_by_role_and_label(Role::ComboBox, "Curve").click();
    plot.run();
    plot.get_by_label("KL (1 of 2)").click();
    plot.run();
    let Some(Action::Set(set)) = plot.state().last() else { panic!("{:?}", plot.state()) };
    assert_eq!(set.curves.compared, "kl");
    plot.get_by_label("Over minutes").click();
    plot.run();
    let Some(Action::Set(set)) = plot.state().last() else { panic!("{:?}", plot.state()) };
    assert!(set.curves.minutes);
    plot.get_by_label("Back to one run").click();
    plot.run();
    assert_eq!(plot.state().last(), Some(&Action::Compare(Vec::new())));
}

#[test]
fn minutes_come_from_checkpoints_and_a_run_without_any_is_left_out() {
    let how = |curves: Curves| Desk { curves, ..desk() };
    let minutes = how(Curves { minutes: true, log: true, smooth: 0.0, ..Curves::default() });
    let plot = open("Curves", comparing(pair()), minutes);
    plot.get_by_role_and_label(Role::Image, "Plot of G loss of 1 run over minutes");
    assert_eq!(plot.get_by_label("mango").accesskit_node().toggled(), Some(Toggled::False));
    let kl = how(Curves { compared: "kl".into(), ..Curves::default() });
    open("Curves", comparing(pair()), kl).get_by_role_and_label(Role::Image, "Plot of KL of 1 run over steps");
    let gone = how(Curves { compared: "gone".into(), ..Curves::default() });
    open("Curves", comparing(pair()), gone).get_by_role_and_label(Role::Image, "Plot of G loss of 2 runs over steps");
    let many = (0..10).map(|i| compared(&format!("run {i}"), i, &[("loss", i as f32)], &[])).collect();
    let plot = open("Curves", comparing(many), desk());
    plot.get_by_role_and_label(Role::Image, "Plot of Loss of 10 runs over steps");
    plot.get_by_label("run 9");
}
