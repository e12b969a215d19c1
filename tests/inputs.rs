//! The latent panel of a generator that draws from pictures.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;

use common::{data_states, desk, session};
use egui::Vec2;
use egui_kittest::{Harness, kittest::Queryable as _};
use latent_studio::{
    desk::Desk,
    engine::protocol::Examples,
    picture::Picture,
    session::{Session, Status},
    ui::{self, action::Action, theme},
};

fn drawing_from(count: u8) -> Session {
    let mut session = session(Status::Training, data_states().remove(0));
    let row = |from: u8| (from..from + count).map(|v| Picture::filled(8, 8, [v; 3])).collect::<Vec<_>>();
    session.open_run.z_dim = 0;
    session.open_run.examples = Some(Examples { inputs: row(0).into(), targets: row(100).into() });
    session
}

fn at(seed: u64) -> Desk {
    let mut desk = desk();
    desk.latent.seed = seed;
    desk.latent.z.clear();
    desk
}

fn open(session: Session, desk: Desk) -> Harness<'static, Vec<Action>> {
    let mut panel = ui::all().into_iter().find(|p| p.title() == "Latent").unwrap();
    let mut harness = Harness::builder()
        .with_size(Vec2::new(300.0, 900.0))
        .with_context_setup(theme::install)
        .build_ui_state(move |ui, asked: &mut Vec<Action>| panel.ui(ui, &session, &desk, asked), Vec::new());
    harness.run_ok();
    harness
}

fn asked(session: Session, desk: Desk, press: &str) -> Vec<Action> {
    let mut harness = open(session, desk);
    harness.get_by_label(press).click();
    harness.run_ok();
    std::mem::take(harness.state_mut())
}

#[test]
fn arrows_go_from_input_to_input_and_back_from_an_opened_one() {
    assert_eq!(asked(drawing_from(5), at(7), "›"), [Action::LoadSeed(8)]);
    assert_eq!(asked(drawing_from(5), at(7), "‹"), [Action::LoadSeed(6)]);
    assert_eq!(asked(drawing_from(5), at(0), "‹"), [Action::LoadSeed(4)], "round to the last");
    let mut own = drawing_from(5);
    own.open_run.own_input = Some(Picture::filled(8, 8, [9; 3]));
    assert_eq!(asked(own, at(7), "›"), [Action::LoadSeed(7)]);
    assert_eq!(asked(drawing_from(5), at(7), "Open picture…"), [Action::ChooseInput]);
}

#[test]
fn the_panel_says_which_input_it_is_and_has_no_sliders() {
    let harness = open(drawing_from(5), at(7));
    harness.get_by_label("3 of 5");
    harness.get_by_label("The input picture");
    assert!(harness.query_by_label_contains("Truncation").is_none());
    let none = open(drawing_from(0), at(7));
    none.get_by_label("none yet");
    assert!(open(session(Status::Training, data_states().remove(0)), desk()).query_by_label("Input").is_none());
}
