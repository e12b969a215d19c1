//! Every panel in every state, and what the controls ask for, found by the names that a screen reader says.

mod common;
#[path = "panels/prepare.rs"]
mod prepare;
#[path = "panels/transfer.rs"]
mod transfer;

use common::{data_states, desk, facts, session, statuses};
use egui::{Key, Role, Theme, Vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use latent_studio::{
    desk::Desk,
    engine::protocol::{Because, Place},
    meter::Meters,
    session::{DataState, Session, Status},
    spec::Value,
    ui::{
        self,
        action::{Action, Plain},
        confirm::{self, Question},
        panel::Panel,
        theme,
    },
};

type Asked = Harness<'static, Vec<Action>>;

fn ready() -> DataState {
    DataState::Ready(Box::new(facts()))
}

fn panel(title: &str) -> Box<dyn Panel> {
    ui::all().into_iter().find(|p| p.title() == title).expect("a panel of that title")
}

/// A panel by itself, in a room like the one it has in the window.
fn open(title: &str, session: Session, desk: Desk) -> Asked {
    let mut panel = panel(title);
    let size = if matches!(panel.region(), ui::panel::Region::Top) {
        Vec2::new(1280.0, 600.0)
    } else {
        Vec2::new(300.0, 900.0)
    };
    let mut harness = Harness::builder()
        .with_size(size)
        .with_context_setup(theme::install)
        .build_ui_state(move |ui, asked: &mut Vec<Action>| panel.ui(ui, &session, &desk, asked), Vec::new());
    harness.run_ok();
    harness
}

#[test]
fn every_panel_draws_every_state_and_names_every_control() {
    for (theme, size) in [(Theme::Dark, Vec2::new(1280.0, 800.0)), (Theme::Light, Vec2::new(900.0, 700.0))] {
        for (i, status) in statuses().into_iter().enumerate() {
            for (j, data) in data_states().into_iter().enumerate() {
                // Every state of each at least once; all pairs would only take longer.
                if i != 3 && j != i % 5 {
                    continue;
                }
                for mut panel in ui::all() {
                    let (session, desk) = (session(status.clone(), data.clone()), desk());
                    let mut asked = Vec::new();
                    let mut harness = Harness::builder()
                        .with_size(size)
                        .with_theme(theme)
                        .with_context_setup(theme::install)
                        .build_ui(|ui| panel.ui(ui, &session, &desk, &mut asked));
                    harness.run_ok();
                    harness.check_accessibility();
                    drop(harness);
                    assert_eq!(asked, [], "nobody asked for anything");
                }
            }
        }
    }
}

#[test]
fn a_session_without_anything_draws_too() {
    for mut panel in ui::all() {
        let (session, desk) = (Session::default(), Desk::default());
        let mut asked = Vec::new();
        let draw = |ui: &mut egui::Ui| panel.ui(ui, &session, &desk, &mut asked);
        Harness::builder().with_context_setup(theme::install).build_ui(draw).run_ok();
    }
}

#[test]
fn start_asks_to_start() {
    let mut bar = open("Run", session(Status::Viewing, ready()), desk());
    bar.get_by_label("Start training").click();
    bar.run();
    assert_eq!(bar.state(), &[Action::Plain(Plain::Start)]);
}

#[test]
fn what_cannot_be_asked_for_is_greyed_out_and_says_why() {
    let mut bar = open("Run", session(Status::Viewing, DataState::None), desk());
    let start = bar.get_by_label("Start training");
    assert!(start.accesskit_node().is_disabled());
    start.click();
    bar.run();
    assert_eq!(bar.state(), &[]);
    bar.get_by_label("Start training").hover();
    bar.run_steps(60);
    assert!(bar.query_by_label_contains("Choose data first.").is_some());
}

#[test]
fn a_paused_run_offers_to_resume() {
    let mut bar = open("Run", session(Status::Paused, ready()), desk());
    bar.get_by_label("Resume").click();
    bar.run();
    assert_eq!(bar.state(), &[Action::Plain(Plain::PauseResume)]);
}

#[test]
fn a_stopped_run_goes_on_to_its_total() {
    let mut bar = open("Run", session(Status::Ended(Because::Stopped), ready()), desk());
    bar.get_by_label("Resume").click();
    bar.run();
    let folder = "runs/mnist-dcgan-3".into();
    assert_eq!(bar.state(), &[Action::Continue { folder, steps: 4_000 }]);
}

#[test]
fn a_finished_run_goes_on_to_a_raised_total_or_by_as_many_steps_again() {
    for (asked, total) in [(5_300, 5_300), (1_000, 5_000), (4_000, 8_000)] {
        let mut done = session(Status::Ended(Because::Finished), ready());
        done.open_run.step = 4_000;
        let mut bar = open("Run", done, Desk { steps: asked, ..desk() });
        bar.get_by_label("Resume").click();
        bar.run();
        assert!(matches!(bar.state().last(), Some(Action::Continue { steps, .. }) if *steps == total), "{asked}");
    }
}

/// Types into a number: click it, replace what stands there, leave it.
fn type_number(harness: &mut Asked, name: &str, text: &str) {
    harness.get_by_role_and_label(Role::SpinButton, name).click();
    harness.run_ok();
    harness.get_by_role_and_label(Role::SpinButton, name).type_text(text);
    harness.run_ok();
    harness.key_press(Key::Enter);
    harness.run_ok();
}

fn last_set(asked: &[Action]) -> &Desk {
    match asked.last() {
        Some(Action::Set(desk)) => desk,
        other => panic!("{other:?}"),
    }
}

#[test]
fn a_typed_number_is_set() {
    let mut form = open("Training", session(Status::Viewing, ready()), desk());
    type_number(&mut form, "Learning rate", "2e-4");
    assert_eq!(last_set(form.state()).knobs.get("lr"), Some(&Value::Real(2e-4)));
    let mut form = open("Training", session(Status::Viewing, ready()), desk());
    type_number(&mut form, "Steps", "250");
    assert_eq!(last_set(form.state()).steps, 250);
    let mut form = open("Model", session(Status::Viewing, ready()), desk());
    type_number(&mut form, "Width", "9999");
    assert_eq!(last_set(form.state()).knobs.get("width"), Some(&Value::Int(128)), "the largest that is allowed");
}

#[test]
fn while_a_run_trains_live_knobs_turn_it_and_others_wait() {
    let mut form = open("Training", session(Status::Training, ready()), desk());
    type_number(&mut form, "Learning rate", "0.001");
    assert_eq!(form.state().last(), Some(&Action::TurnKnob("lr".into(), Value::Real(0.001))));
    assert!(form.get_by_role_and_label(Role::SpinButton, "Batch").accesskit_node().is_disabled());
    assert!(form.get_by_role_and_label(Role::SpinButton, "Steps").accesskit_node().is_disabled());
}

#[test]
fn training_effort_is_set_while_a_run_trains_too() {
    let mut form = open("Training", session(Status::Training, ready()), desk());
    form.get_by_role_and_label(Role::SpinButton, "Training effort").set_value_accesskit(40.0);
    form.run();
    assert_eq!(last_set(form.state()).throttle, 40);
    let kept: Desk = toml::from_str(&toml::to_string(last_set(form.state())).unwrap()).unwrap();
    assert_eq!(kept.throttle, 40, "it is kept for next time");
    assert_eq!(toml::from_str::<Desk>("seed = 1").unwrap().throttle, 100);
}

#[test]
fn the_performance_overlay_shows_its_figures_and_escape_closes_it() {
    let mut known = session(Status::Training, ready());
    let mut meters = Meters::default();
    meters.frame.note(std::time::Instant::now(), 33.3);
    known.meters = Some(meters);
    let mut overlay = open("Performance", known, desk());
    for words in
        ["Frame", "Our share of it", "Step", "Decode", "Request to picture", "Request to texture", "Dropped requests"]
    {
        assert!(overlay.query_by_label(words).is_some(), "{words}");
    }
    assert_eq!(overlay.query_all_by_label_contains("33.3").count(), 2, "the median and the slow end");
    assert!(overlay.state().is_empty());
    overlay.key_press(Key::Escape);
    overlay.run_ok();
    assert_eq!(overlay.state(), &[Action::Plain(Plain::TogglePerformance)]);
    let mut keys = open("Keyboard shortcuts", session(Status::Training, ready()), desk());
    keys.run_ok();
    assert!(keys.query_by_label("F12").is_some() && keys.query_by_label("Performance").is_some());
}

#[test]
fn a_changed_knob_can_be_reset() {
    let mut changed = desk();
    changed.knobs.put("width", Value::Int(64));
    let mut form = open("Model", session(Status::Viewing, ready()), changed);
    form.get_by_label("Reset Width").click();
    form.run();
    assert_eq!(last_set(form.state()).knobs.int("width"), 32);
}

#[test]
fn a_switch_a_choice_and_a_size_are_set() {
    let mut form = open("Training", session(Status::Viewing, ready()), desk());
    form.get_by_role_and_label(Role::CheckBox, "Average weights").click();
    form.run();
    assert_eq!(last_set(form.state()).knobs.get("ema"), Some(&Value::Flag(false)));
    let mut form = open("Data", session(Status::Viewing, ready()), desk());
    form.get_by_label("64").click();
    form.run();
    assert_eq!(last_set(form.state()).knobs.int("size"), 64);
    let mut form = open("Data", session(Status::Viewing, ready()), desk());
    form.get_by_role_and_label(Role::ComboBox, "Fit").click();
    form.run();
    form.get_by_label("pad").click();
    form.run();
    assert_eq!(last_set(form.state()).knobs.text("fit"), "pad");
}

#[test]
fn a_built_in_set_and_a_path_are_chosen() {
    let mut data = open("Data", session(Status::Viewing, DataState::None), Desk { source: String::new(), ..desk() });
    data.get_by_label_contains("Pictures: Choose").click();
    data.run();
    data.get_by_label("Galaxies").click();
    data.run();
    assert_eq!(data.state(), &[Action::ChooseSource("galaxies".into())]);
    let typed = Desk { source_field: " /data/猫 ".into(), ..desk() };
    let mut panel = panel("Data");
    let session = session(Status::Viewing, DataState::None);
    let mut data = Harness::builder()
        .allow_missing_glyphs()
        .with_context_setup(theme::install)
        .build_ui_state(move |ui, asked: &mut Vec<Action>| panel.ui(ui, &session, &typed, asked), Vec::new());
    data.get_by_label("Read path").click();
    data.run();
    assert_eq!(data.state(), &[Action::ChooseSource("/data/猫".into())]);
}

#[test]
fn reading_can_be_cancelled() {
    let loading = DataState::Loading("glyphs".into(), 10, 100, None);
    let mut data = open("Data", session(Status::Viewing, loading), desk());
    data.get_by_label("Cancel").click();
    data.run();
    assert_eq!(data.state(), &[Action::CancelLoading]);
}

#[test]
fn a_preset_sets_its_knobs_and_leaves_the_data_alone() {
    let mut own = desk();
    own.knobs.put("size", Value::Int(64));
    let mut model = open("Model", session(Status::Viewing, ready()), own);
    model.get_by_role_and_label(Role::ComboBox, "Preset").click();
    model.run();
    model.get_by_label("textbook").click();
    model.run();
    let set = last_set(model.state());
    assert_eq!((set.knobs.int("width"), set.knobs.int("size")), (64, 64));
}

#[test]
fn own_values_are_kept_as_a_preset() {
    let mut own = desk();
    own.knobs.put("width", Value::Int(48));
    let mut model = open("Model", session(Status::Viewing, ready()), own);
    model.get_by_label("Keep…").click();
    model.run();
    let field = model.get_by_role(Role::TextInput);
    field.focus();
    field.type_text("mine");
    model.run();
    model.get_by_label("Keep").click();
    model.run();
    let kept = &last_set(model.state()).presets[0];
    assert_eq!((kept.preset.title.as_str(), kept.preset.set.int("width")), ("mine", 48));
}

#[test]
fn menus_ask_and_grey_out() {
    let mut menu = open("Menu", session(Status::Viewing, DataState::None), desk());
    menu.get_by_label("Run").click();
    menu.run();
    assert!(menu.get_by_label_contains("Start training").accesskit_node().is_disabled());
    let mut menu = open("Menu", session(Status::Training, ready()), desk());
    menu.get_by_label("Run").click();
    menu.run();
    menu.get_by_label_contains("Save checkpoint").click();
    menu.run();
    assert_eq!(menu.state(), &[Action::Plain(Plain::Save)]);
    let mut menu = open("Menu", session(Status::Viewing, ready()), desk());
    menu.get_by_label("File").click();
    menu.run();
    menu.get_by_label_contains("Open starter").click();
    menu.run();
    menu.get_by_label("glyphs").click();
    menu.run();
    assert_eq!(menu.state(), &[Action::Open(Place::Starter("glyphs".into()))]);
    let elsewhere = Desk { device: "cuda:3".into(), ..desk() };
    let mut menu = open("Menu", session(Status::Viewing, ready()), elsewhere.clone());
    menu.get_by_label("Run").click();
    menu.run();
    menu.get_by_label("cuda:3 (not here)");
    menu.get_by_label("Graphics card 0").click();
    menu.run();
    let chosen = Desk { device: "cuda:0".into(), ..elsewhere };
    assert_eq!(menu.state(), &[Action::Set(Box::new(chosen))]);
}

#[test]
fn closing_while_training_and_deleting_are_asked_about() {
    let close = Question::Close { name: "cats".into(), step: 1_240 };
    let delete = Question::Delete { name: "cats".into(), bytes: Some(12_000_000) };
    for (question, says, button, answer) in [
        (&close, "1,240", "Save and close", Action::CloseAnswer(true)),
        (&close, "1,240", "Keep training", Action::CloseAnswer(false)),
        (&delete, "12.0 MB", "Delete", Action::DeleteAnswer(true)),
        (&delete, "12.0 MB", "Keep it", Action::DeleteAnswer(false)),
    ] {
        let question = question.clone();
        let mut harness = Harness::new_ui_state(
            move |ui, asked: &mut Vec<Action>| confirm::ui(ui.ctx(), &question, asked),
            Vec::new(),
        );
        harness.run_ok();
        assert!(harness.query_by_label_contains(says).is_some(), "{says}");
        harness.get_by_label(button).click();
        harness.run_ok();
        assert_eq!(harness.state(), &[answer]);
    }
}
