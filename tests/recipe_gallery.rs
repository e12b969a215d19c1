//! The gallery of recipes, what beginning one does, and its headless twin.

#![allow(clippy::unwrap_used)] // helpers of tests

mod common;
#[path = "recipe_gallery/cooking.rs"]
mod cooking;
#[path = "recipe_gallery/headless.rs"]
mod headless;

use common::{desk, facts, session};
use egui::{Key, Role, Theme, Vec2};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use latent_studio::{
    desk::{Desk, Tab},
    engine::protocol::Catalogue,
    recipes,
    session::{DataState, Session, Status},
    ui::{
        self,
        action::{Action, Plain},
        confirm::{self, Question},
        theme,
    },
};

/// A session, a desk that takes over what is set, and all that was asked for.
struct Seen {
    session: Session,
    desk: Desk,
    asked: Vec<Action>,
}

type Room = Harness<'static, Seen>;

const CENTRE: [f32; 2] = [690.0, 520.0];

fn open(title: &str, size: [f32; 2], look: Theme, session: Session, desk: Desk) -> Room {
    let mut panel = ui::all().into_iter().find(|p| p.title() == title).expect("a panel of that title");
    let draw = move |ui: &mut egui::Ui, seen: &mut Seen| {
        let mut asked = Vec::new();
        panel.ui(ui, &seen.session, &seen.desk, &mut asked);
        for action in &asked {
            match action {
                Action::Set(desk) => seen.desk = (**desk).clone(),
                Action::KeepFolder { need, folder } => {
                    seen.desk.recipes.folders.insert(need.clone(), folder.clone());
                }
                _ => {}
            }
        }
        seen.asked.extend(asked);
    };
    let seen = Seen { session, desk, asked: Vec::new() };
    let build = Harness::builder().with_size(Vec2::from(size)).with_theme(look).with_max_steps(16);
    let mut room = build.with_context_setup(theme::install).build_ui_state(draw, seen);
    room.run_ok();
    room.check_accessibility();
    room
}

fn gallery(status: Status, desk: Desk) -> Room {
    open("Recipes", CENTRE, Theme::Dark, session(status, DataState::Ready(Box::new(facts()))), desk)
}

fn showing(id: &str) -> Desk {
    let mut desk = desk();
    desk.recipes.open = Some(id.into());
    desk
}

fn click(room: &mut Room, name: &str) {
    room.get_by_label(name).click();
    room.run_ok();
}

#[test]
fn every_recipe_has_a_card_in_every_room_and_light() {
    for (size, look) in [(CENTRE, Theme::Dark), ([1330.0, 800.0], Theme::Light), ([260.0, 400.0], Theme::Light)] {
        for session in [Session::default(), session(Status::Training, DataState::None)] {
            let room = open("Recipes", size, look, session, desk());
            for recipe in recipes::all() {
                let name = format!("Recipe: {},", recipe.title);
                let rect = room.get_by_label_contains(&name).rect();
                assert!(rect.left() >= 0.0 && rect.right() <= size[0], "{}: {rect:?} in {size:?}", recipe.id);
            }
        }
    }
}

#[test]
fn a_card_opens_its_details_by_mouse_and_by_key_and_escape_leads_back() {
    let mut room = gallery(Status::Viewing, desk());
    room.get_by_label_contains("Recipe: DCGAN on glyphs,").click();
    room.run_ok();
    assert_eq!(room.state().desk.recipes.open.as_deref(), Some("dcgan-glyphs"));
    assert!(room.query_by_label("What it should look like").is_some());
    click(&mut room, "Back to all recipes");
    room.get_by_label_contains("Recipe: Edges to galaxies,").focus();
    room.run_ok();
    room.key_press(Key::Enter);
    room.run_ok();
    assert_eq!(room.state().desk.recipes.open.as_deref(), Some("pix2pix-edges"));
    let mut room = gallery(Status::Viewing, showing("dcgan-glyphs"));
    room.key_press(Key::Escape);
    room.run_ok();
    assert_eq!(room.state().desk.recipes.open, None);
}

#[test]
fn built_in_data_can_be_begun_at_once() {
    let mut room = gallery(Status::Viewing, showing("dcgan-glyphs"));
    click(&mut room, "Start this recipe");
    click(&mut room, "Only fill in the form");
    let take = |start| Action::TakeRecipe { id: "dcgan-glyphs".into(), start };
    assert_eq!(room.state().asked, [take(true), take(false)]);
    let mut room = gallery(Status::Training, showing("dcgan-glyphs"));
    assert!(room.get_by_label("Only fill in the form").accesskit_node().is_disabled(), "a run is going on");
    click(&mut room, "Start this recipe");
    assert_eq!(room.state().asked, [take(true)], "it will be asked about");
}

#[test]
fn data_to_bring_are_asked_for_once() {
    let mut room = gallery(Status::Viewing, showing("dcgan-mnist"));
    assert!(room.get_by_label("Start this recipe").accesskit_node().is_disabled());
    assert!(room.query_by_label_contains("train-images-idx3-ubyte").is_some(), "which files");
    assert!(room.query_by_label_contains("yann.lecun.com").is_some(), "and where to get them");
    click(&mut room, "Folder…");
    assert_eq!(room.state().asked, [Action::FindFolder("mnist".into())]);
    room.get_by_role_and_label(Role::TextInput, "Folder of MNIST").focus();
    room.run_ok();
    room.get_by_role_and_label(Role::TextInput, "Folder of MNIST").type_text(" /data/digits ");
    room.run_ok();
    click(&mut room, "Use this folder");
    let kept = Action::KeepFolder { need: "mnist".into(), folder: "/data/digits".into() };
    assert_eq!(room.state().asked.last(), Some(&kept));
    click(&mut room, "Start this recipe");
    assert_eq!(room.state().asked.last(), Some(&Action::TakeRecipe { id: "dcgan-mnist".into(), start: true }));
    // Another recipe on the same data need not ask again.
    room.state_mut().desk.recipes.open = Some("vae-mnist".into());
    room.run_ok();
    assert!(!room.get_by_label("Start this recipe").accesskit_node().is_disabled());
}

#[test]
fn a_recent_folder_with_a_fitting_name_is_offered() {
    let mut known = session(Status::Viewing, DataState::None);
    known.recent = vec!["glyphs".into(), "/data/cats".into(), "/data/CIFAR-10".into()];
    let mut room = open("Recipes", CENTRE, Theme::Dark, known, showing("dcgan-cifar10"));
    click(&mut room, "Use this folder");
    assert_eq!(room.state().desk.recipes.folders["cifar10"], "/data/CIFAR-10");
}

#[test]
fn every_details_page_draws_in_every_room() {
    for recipe in recipes::all() {
        for (size, look) in [(CENTRE, Theme::Light), ([260.0, 400.0], Theme::Dark)] {
            let room = open("Recipes", size, look, session(Status::Viewing, DataState::None), showing(&recipe.id));
            assert!(room.query_by_label("Start this recipe").is_some(), "{}", recipe.id);
            for (_, words) in recipe.expect.marks() {
                assert!(room.query_by_label(words).is_some(), "{}: {words}", recipe.id);
            }
        }
    }
}

#[test]
fn the_gallery_opens_from_the_menu_the_empty_state_and_beside_the_family() {
    let mut room = open("Samples", CENTRE, Theme::Dark, session(Status::Empty, DataState::None), desk());
    click(&mut room, "Start from a recipe");
    assert_eq!(room.state().asked, [Action::Plain(Plain::Recipes)]);
    assert!(Plain::Recipes.entry().menu == "File" && Plain::Recipes.entry().shortcut.is_some());
    let mut room = open("Model", [300.0, 600.0], Theme::Dark, session(Status::Viewing, DataState::None), desk());
    let count = recipes::all().iter().filter(|r| r.family == "dcgan").count();
    click(&mut room, &format!("{count} recipes for DCGAN"));
    let desk = room.state().desk.clone();
    assert_eq!((desk.tab, desk.recipes.family.as_deref()), (Tab::Recipes, Some("dcgan")));
    let mut room = gallery(Status::Viewing, desk);
    assert!(room.query_by_label_contains("Recipe: Flow matching").is_none(), "narrowed to the family");
    click(&mut room, "All recipes");
    assert!(room.query_by_label_contains("Recipe: Flow matching").is_some());
}

#[test]
fn a_run_that_follows_a_recipe_says_what_to_expect() {
    let at = |id: Option<&str>, step: u64| {
        let mut session = session(Status::Training, DataState::None);
        session.open_run.spec.as_mut().unwrap().recipe = id.map(str::to_owned);
        session.open_run.samples.as_mut().unwrap().step = step;
        open("Samples", [800.0, 600.0], Theme::Dark, session, desk())
    };
    assert!(at(None, 3_000).query_by_label_contains(" %: ").is_none());
    assert!(at(Some("no-such-recipe"), 3_000).query_by_label_contains(" %: ").is_none());
    for recipe in recipes::all() {
        let half = recipe.steps / 2;
        let room = at(Some(&recipe.id), half);
        match recipe.expectation_words(half) {
            Some(words) => assert!(room.query_by_label(&words).is_some(), "{words}"),
            None => assert!(room.query_by_label_contains(" %: ").is_none(), "{}", recipe.id),
        }
    }
}

#[test]
fn the_question_before_a_run_is_replaced_names_both() {
    let question = Question::Replace { name: "cats".into(), step: 1_240, recipe: "DCGAN on glyphs".into() };
    let ask = |asked: &mut Vec<Action>, ui: &mut egui::Ui| confirm::ui(ui.ctx(), &question, asked);
    let build = Harness::builder().with_size(Vec2::new(800.0, 600.0)).with_context_setup(theme::install);
    let mut room = build.build_ui_state(move |ui, asked: &mut Vec<Action>| ask(asked, ui), Vec::new());
    room.run_ok();
    assert!(room.query_by_label_contains("“cats” is at step 1,240").is_some());
    assert!(room.query_by_label_contains("“DCGAN on glyphs” begins").is_some());
    room.get_by_label("Stop and begin").click();
    room.run_ok();
    assert_eq!(room.state().as_slice(), [Action::ReplaceAnswer(true)]);
}

#[test]
fn families_that_are_not_listed_yet_leave_the_gallery_usable() {
    let mut early = Session::default();
    early.catalogue = Catalogue::default();
    let room = open("Recipes", CENTRE, Theme::Dark, early, showing("flow-mnist"));
    assert!(room.query_by_label("flow").is_some(), "its id stands for its title");
}
