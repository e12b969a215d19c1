//! The panels with families of every kind: classes, dials, importance, reconstructions, unfit data, costs.

mod common;

use common::{Z_DIM, desk, facts, session, sheet};
use egui::{Modifiers, Role, Vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use latent_studio::{
    desk::{Desk, ExportWhat},
    engine::protocol::{Cost, Event, Reconstructions, RunId},
    history::Point,
    session::{DataState, Session, Status, trial},
    spec::Value,
    ui::{self, action::Action, theme},
};

/// A session, a desk that takes over what is set, and all that was asked for.
struct Seen {
    session: Session,
    desk: Desk,
    asked: Vec<Action>,
}

type Room = Harness<'static, Seen>;

fn open(title: &str, size: [f32; 2], session: Session, desk: Desk) -> Room {
    let mut panel = ui::all().into_iter().find(|p| p.title() == title).expect("a panel of that title");
    let draw = move |ui: &mut egui::Ui, seen: &mut Seen| {
        let mut asked = Vec::new();
        panel.ui(ui, &seen.session, &seen.desk, &mut asked);
        if let Some(Action::Set(desk)) = asked.iter().rfind(|a| matches!(a, Action::Set(_))) {
            seen.desk = (**desk).clone();
        }
        seen.asked.extend(asked);
    };
    let mut room = Harness::builder()
        .with_size(Vec2::from(size))
        .with_max_steps(16)
        .with_context_setup(theme::install)
        .build_ui_state(draw, Seen { session, desk, asked: Vec::new() });
    room.run_ok();
    room.check_accessibility();
    room
}

/// The able family is on stage.
fn able(status: Status) -> Session {
    let mut session = session(status, DataState::Ready(Box::new(facts())));
    if let Some(spec) = &mut session.open_run.spec {
        spec.family = "able".into();
    }
    session
}

fn click(room: &mut Room, name: &str) {
    room.get_by_label(name).click();
    room.run_ok();
}

#[test]
fn a_family_that_the_data_do_not_suit_is_greyed_out_with_the_reason() {
    let mut own = desk();
    own.knobs.put("batch", Value::Int(128));
    own.knobs.put("size", Value::Int(64));
    let mut model = open("Model", [420.0, 900.0], session(Status::Viewing, DataState::None), own.clone());
    click(&mut model, "Model: DCGAN");
    let picky = model.get_by_label("Picky");
    assert!(picky.accesskit_node().is_disabled());
    assert!(model.query_by_label_contains("It needs pairs of pictures.").is_some());
    assert!(model.query_by_label("From a picture to a picture").is_some(), "it stands under its heading");
    assert!(model.query_by_label_contains("Expect digits after a minute.").is_some(), "two sentences each");
    click(&mut model, "Picky");
    assert!(model.state().asked.is_empty());
    if model.query_by_label("Able").is_none() {
        click(&mut model, "Model: DCGAN");
    }
    click(&mut model, "Able");
    let set = &model.state().desk;
    assert_eq!((set.family.as_str(), set.knobs.int("batch"), set.knobs.int("size")), ("able", 128, 64));
    assert_eq!(set.knobs.get("smoothing"), None, "a knob that the new one has not");
    let mut none =
        open("Model", [420.0, 900.0], session(Status::Viewing, DataState::None), Desk { source: String::new(), ..own });
    click(&mut none, "Model: DCGAN");
    assert!(!none.get_by_label("Picky").accesskit_node().is_disabled(), "any may be chosen before the data");
}

#[test]
fn a_chosen_family_that_does_not_fit_keeps_start_grey() {
    let mut stuck = session(Status::Viewing, DataState::Ready(Box::new(facts())));
    stuck.obstacle = Some("It needs pairs of pictures.".into());
    let mut bar = open("Run", [1280.0, 600.0], stuck, desk());
    let start = bar.get_by_label("Start training");
    assert!(start.accesskit_node().is_disabled());
    start.hover();
    bar.run_steps(60);
    assert!(bar.query_by_label_contains("pairs of pictures. Choose another model").is_some());
}

#[test]
fn a_class_is_picked_with_a_click_and_two_are_blended_with_shift() {
    let mut latent = open("Latent", [300.0, 1100.0], able(Status::Training), desk());
    click(&mut latent, "Class 3");
    assert_eq!(latent.state().desk.latent.code().classes, [(3, 1.0)]);
    latent.get_by_label("Class 8").click_modifiers(Modifiers::SHIFT);
    latent.run_ok();
    assert_eq!(latent.state().desk.latent.code().classes, [(3, 0.5), (8, 0.5)]);
    latent.get_by_role_and_label(Role::Slider, "From 3 to 8").set_value_accesskit(0.25);
    latent.run_ok();
    let classes = latent.state().desk.latent.code().classes;
    assert!((classes[0].1 - 0.75).abs() < 1e-6 && (classes[1].1 - 0.25).abs() < 1e-6, "{classes:?}");
    click(&mut latent, "Blend");
    latent.get_by_role_and_label(Role::Slider, "Weight of class 1").set_value_accesskit(1.0);
    latent.run_ok();
    assert_eq!(latent.state().desk.latent.code().classes.len(), 3);
    click(&mut latent, "Any");
    assert!(latent.state().desk.latent.code().classes.is_empty());
}

#[test]
fn dials_are_drawn_and_reach_the_code() {
    let mut latent = open("Latent", [300.0, 1100.0], able(Status::Viewing), desk());
    assert!(latent.query_by_label("Drawing").is_some());
    latent.get_by_role_and_label(Role::SpinButton, "Guidance").set_value_accesskit(4.0);
    latent.run_ok();
    assert_eq!(latent.state().desk.latent.code().dials.get("guidance"), Some(&Value::Real(4.0)));
    click(&mut latent, "Reset Guidance");
    assert!(latent.state().desk.latent.code().dials.0.is_empty(), "at its start value again");
    let plain = open("Latent", [300.0, 1100.0], session(Status::Viewing, DataState::None), desk());
    assert!(plain.query_by_label("Drawing").is_none() && plain.query_by_label("Class").is_none());
}

#[test]
fn sliders_are_sorted_by_importance_until_somebody_wants_them_in_order() {
    let mut known = able(Status::Viewing);
    known.open_run.importance = Some((0..Z_DIM).map(|i| if i == 17 { 9.0 } else { i as f32 / 100.0 }).collect());
    let mut latent = open("Latent", [300.0, 1400.0], known, desk());
    let top = |room: &Room, name: &str| room.get_by_role_and_label(Role::Slider, name).rect().top();
    assert!(top(&latent, "z17") < top(&latent, "z19") && top(&latent, "z19") < top(&latent, "z10"));
    assert!(latent.query_by_role_and_label(Role::Slider, "z0").is_none(), "the least of 20 is not among the first 16");
    click(&mut latent, "Sort by importance");
    assert!(!latent.state().desk.latent.sort);
    assert!(top(&latent, "z0") < top(&latent, "z1"));
    assert!(latent.query_by_role_and_label(Role::Slider, "z17").is_none());
}

#[test]
fn many_pictures_can_be_picked_by_a_discriminator_where_one_plays_along() {
    let mut desk = desk();
    desk.export.what = ExportWhat::Many;
    let mut latent = open("Latent", [300.0, 1400.0], session(Status::Viewing, DataState::None), desk.clone());
    click(&mut latent, "Export settings");
    latent.get_by_role_and_label(Role::SpinButton, "Best of").set_value_accesskit(8.0);
    latent.run_ok();
    assert_eq!(latent.state().desk.export.best_of, 8);
    click(&mut latent, "Grid");
    assert!(latent.query_by_label("Best of").is_none(), "a grid is that of its seeds");
    let mut alone = session(Status::Viewing, DataState::None);
    alone.open_run.preview.as_mut().expect("a preview").judged = None;
    let mut latent = open("Latent", [300.0, 1400.0], alone, desk);
    click(&mut latent, "Export settings");
    assert!(latent.query_by_label("Count").is_some() && latent.query_by_label("Best of").is_none());
}

#[test]
fn a_family_without_a_latent_says_so() {
    let mut none = able(Status::Viewing);
    none.open_run.z_dim = 0;
    let latent = open("Latent", [300.0, 900.0], none, desk());
    assert!(latent.query_by_label_contains("draws from an input picture").is_some());
    assert!(latent.query_by_label("Class 3").is_some(), "what else it can is there all the same");
}

#[test]
fn losses_have_a_plot_of_their_own_and_a_held_out_twin() {
    let mut vae = able(Status::Training);
    vae.open_run.history = latent_studio::history::History::default();
    let names = ["loss", "test_loss", "reconstruction", "kl", "fade", "resolution", "grad"];
    vae.open_run.history.extend(
        (1..100).flat_map(|step| names.map(|name| Point { step, name: name.into(), value: 100.0 / step as f32 })),
    );
    let mut curves = open("Curves", [1200.0, 260.0], vae, desk());
    let plots = [
        "Plot of the losses over the steps",
        "Plot of shares of one over the steps",
        "Plot of the rest over the steps",
    ];
    let rects = plots.map(|name| curves.get_by_label(name).rect());
    assert!(rects[0].right() <= rects[1].left() && rects[1].right() <= rects[2].left(), "{rects:?}");
    assert!(rects[0].width() > 1.5 * rects[1].width());
    let (loss, twin) = (curves.get_by_label("Loss").rect(), curves.get_by_label("Loss held out").rect());
    assert!(loss.right() <= twin.left() && twin.left() - loss.right() < 16.0, "the twin follows at once");
    click(&mut curves, "Fade");
    assert!(curves.query_by_label(plots[1]).is_none(), "an empty plot leaves its room to the others");
}

#[test]
fn a_cost_is_asked_for_and_told() {
    let mut known = session(Status::Viewing, DataState::Ready(Box::new(facts())));
    let mut form = open("Training", [300.0, 900.0], known, desk());
    click(&mut form, "Measure");
    assert_eq!(form.state().asked.last(), Some(&Action::Measure));
    known = session(Status::Viewing, DataState::Ready(Box::new(facts())));
    let asked = trial(&known.data, &desk()).expect("data are ready");
    known.measuring = Some(asked.clone());
    let cost = Cost { step_s: 0.115, steps_per_epoch: 937, bytes: Some(310_000_000), steps: 20 };
    known.apply(Event::Measured { trial: Box::new(asked), cost: Ok(cost) });
    assert_eq!(known.measuring, None);
    let form = open("Training", [300.0, 900.0], known, desk());
    assert!(form.query_by_label_contains("1.8 min per epoch").is_some());
    assert!(form.query_by_label("Measure").is_none());
    let training = open("Training", [300.0, 900.0], able(Status::Training), desk());
    assert!(training.query_by_label("Measure").is_none(), "never beside a run");
}

#[test]
fn reconstructions_stand_beside_the_samples_and_a_click_finds_a_code() {
    let mut known = able(Status::Training);
    let shown = Reconstructions { step: 1_240, grid: sheet(), tile: 28, pairs: 32, held_out: true };
    known.apply(Event::Reconstructed { run: RunId(9), shown: Box::new(shown.clone()) });
    assert_eq!(known.open_run.reconstructions, None, "of another run");
    known.apply(Event::Reconstructed { run: RunId(1), shown: Box::new(shown) });
    let mut samples = open("Samples", [1200.0, 600.0], known, desk());
    let pairs = samples.get_by_label("32 pictures beside their reconstructions");
    // Inside the second tile, not in a gap: a reconstruction stands for its original.
    let pos = pairs.rect().min + egui::vec2(pairs.rect().width() * 3.0 / 16.0, pairs.rect().height() / 16.0);
    samples.hover_at(pos);
    samples.run_ok();
    for pressed in [true, false] {
        let (button, modifiers) = (egui::PointerButton::Primary, Modifiers::NONE);
        samples.event(egui::Event::PointerButton { pos, button, pressed, modifiers });
        samples.run_ok();
    }
    let Some(Action::FindCode(picture)) = samples.state().asked.last() else { panic!("{:?}", samples.state().asked) };
    let first = sheet().tile(0, latent_studio::picture::Layout::square(28, 64));
    assert_eq!(Some(picture), first.as_ref());
    click(&mut samples, "Reconstructions");
    assert!(!samples.state().desk.mirrored);
    assert!(samples.query_by_label("64 real pictures").is_some());
}

#[test]
fn the_doctor_speaks_above_the_curves_and_its_remedy_is_one_click() {
    let mut sick = session(Status::Training, DataState::Ready(Box::new(facts())));
    for step in 1_241..=1_700 {
        let point = |name: &str, value| Point { step, name: name.into(), value };
        let points = vec![point("d_real", 0.995), point("d_fake", 0.005), point("loss_d", 0.01)];
        let (run, pace) = (RunId(1), sick.open_run.pace);
        sick.apply(Event::Scalars { run, points, pace });
    }
    let mut curves = open("Curves", [900.0, 300.0], sick, desk());
    assert!(curves.query_by_label_contains("Warning: The discriminator tells nearly every").is_some());
    click(&mut curves, "Set Label smoothing to 0.1");
    assert_eq!(curves.state().asked, [Action::Treat("d_wins")]);
    click(&mut curves, "Dismiss");
    assert_eq!(curves.state().asked.last(), Some(&Action::DismissFinding("d_wins")));
    curves.state_mut().session.open_run.health.doctor.dismiss("d_wins");
    curves.run_ok();
    assert!(curves.query_by_label("Dismiss").is_none());
    // A remedy that costs checkpoints says so and is asked for twice.
    let health = &mut curves.state_mut().session.open_run.health;
    health.doctor = latent_studio::doctor::Doctor::default();
    curves.state_mut().session.open_run.checkpoints = vec![1_000, 2_600, 2_900];
    for step in (1_750..=3_000).step_by(50) {
        let value = if step < 2_500 { 0.9 } else { 0.05 };
        let points = vec![Point { step, name: "variance".into(), value }];
        let pace = curves.state().session.open_run.pace;
        curves.state_mut().session.apply(Event::Scalars { run: RunId(1), points, pace });
    }
    curves.run_ok();
    assert!(curves.query_by_label_contains("Trouble: ").is_some());
    click(&mut curves, "Go back to step 1000");
    assert_ne!(curves.state().asked.last(), Some(&Action::Treat("collapse")));
    click(&mut curves, "Give up 2 later checkpoints and go back");
    assert_eq!(curves.state().asked.last(), Some(&Action::Treat("collapse")));
}
