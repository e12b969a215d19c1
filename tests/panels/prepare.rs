//! The groups of what is done to the pictures, with the strip of before and after.

use super::{Asked, last_set, open, ready};
use crate::common::{desk, session};
use egui_kittest::kittest::{NodeT as _, Queryable as _};
use latent_studio::{
    desk::Desk,
    engine::protocol::{Strip, StripRequest},
    picture::Picture,
    session::{Session, Status},
    spec::{Augment, DataSpec, Effect, Group, Kind, Knob, Value},
    ui::action::Action,
};
use std::time::Duration;

fn knob(id: &str, label: &str, group: Group, start: f64) -> Knob {
    let kind = Kind::Real { min: 0.0, max: 180.0, start, log: false };
    let effect = if group == Group::Adjust { Effect::NextRun } else { Effect::Now };
    Knob { id: id.into(), label: label.into(), help: "It does something.".into(), group, kind, effect }
}

fn with_groups(status: Status) -> (Session, Desk) {
    let (mut session, mut desk) = (session(status, ready()), desk());
    let knobs = [knob("gamma", "Gamma", Group::Adjust, 1.0), knob("aug_rotate", "Rotation", Group::Augmentation, 0.0)];
    for family in &mut session.catalogue.families {
        family.knobs.extend(knobs.clone());
    }
    desk.knobs.put("aug_rotate", Value::Real(15.0));
    let spec = DataSpec { source: desk.source.clone(), ..DataSpec::default() };
    let row = |side: usize| vec![Picture::filled(2 * side, side, [90; 3]); 6];
    let request = StripRequest { spec, augment: Augment::default() };
    session.strip = Some(Strip { request, read: row(20), prepared: row(14), varied: row(14), took: Duration::ZERO });
    (session, desk)
}

fn press(harness: &mut Asked, label: &str) {
    harness.get_by_label(label).click();
    harness.run_ok();
    harness.run_ok();
}

#[test]
fn groups_open_show_the_strip_and_say_what_leaks() {
    let (session, desk) = with_groups(Status::Viewing);
    let mut harness = open("Data", session, desk);
    assert!(harness.query_by_label_contains("As prepared").is_none(), "closed at first");
    press(&mut harness, "Augmentation •");
    for row in ["As read: 6 pictures", "As prepared: 6 pictures", "As a step of training sees them: 6 pictures"] {
        harness.get_by_label(row);
    }
    harness.get_by_label("Drawn pictures will be rotated too.");
    press(&mut harness, "Reset Rotation");
    assert_eq!(last_set(harness.state()).knobs.get("aug_rotate"), Some(&Value::Real(0.0)));
    press(&mut harness, "Adjust");
    assert!(harness.query_all_by_label("Gamma").count() >= 2, "a number and a slider");
}

#[test]
fn while_a_run_trains_pictures_can_vary_and_are_prepared_no_more() {
    let (mut session, desk) = with_groups(Status::Training);
    session.open_run.spec.as_mut().unwrap().knobs.put("aug_rotate", Value::Real(30.0));
    let mut harness = open("Data", session, desk);
    press(&mut harness, "Adjust");
    press(&mut harness, "Augmentation •");
    press(&mut harness, "Reset Rotation");
    let turned = Action::TurnKnob("aug_rotate".into(), Value::Real(0.0));
    assert_eq!(harness.state().last(), Some(&turned));
    assert!(harness.get_all_by_label("Gamma").any(|node| node.accesskit_node().is_disabled()));
}
