//! The panels around the pictures, in every state, by their accessible names.

use egui::{Key, Modifiers, Theme, accesskit::Role};
use egui_kittest::{
    Harness,
    kittest::{NodeT as _, Queryable as _},
};
use latent_studio::{
    desk::{Desk, Tab, Window},
    engine::protocol::Place,
    session::Status,
    ui::{
        action::{Action, Plain},
        curves_panel::CurvesPanel,
        latent_panel::LatentPanel,
        log_panel::LogPanel,
        panel::Region,
        runs_panel::RunsPanel,
        samples_panel::SamplesPanel,
        theme,
    },
};
use std::path::PathBuf;

#[path = "centre_panels/builders.rs"]
mod builders;
#[path = "centre_panels/classes.rs"]
mod classes;
#[path = "centre_panels/quality.rs"]
mod quality;

use builders::*;

#[test]
fn every_panel_draws_every_state() {
    for status in statuses() {
        for (i, mut session) in sessions().into_iter().enumerate() {
            session.open_run.status = status.clone();
            for (size, look, desk) in [
                ([800.0, 600.0], Theme::Dark, Desk::default()),
                ([240.0, 300.0], Theme::Light, Desk { tile: Some(3), history_step: Some(100), ..Desk::default() }),
            ] {
                for mut panel in panels() {
                    let title = panel.title();
                    let build = Harness::builder().with_size(size).with_theme(look).with_max_steps(16);
                    let mut harness = build.with_context_setup(theme::install).build_ui(|ui| {
                        panel.ui(ui, &session, &desk, &mut Vec::new());
                    });
                    // A spinner goes on turning; all that counts is that it draws and that all has a name.
                    harness.run_ok();
                    harness.check_accessibility();
                    assert!(
                        harness.root().children_recursive().count() > 1,
                        "{title} is blank in {status:?}, session {i}"
                    );
                }
            }
        }
    }
}

#[test]
fn every_panel_knows_its_place() {
    let regions: Vec<_> = panels().iter().map(|p| p.region()).collect();
    let wanted = [
        Region::Centre(Tab::Samples),
        Region::Right,
        Region::Bottom,
        Region::Centre(Tab::Runs),
        Region::Window(Window::Log),
    ];
    assert_eq!(regions, wanted);
}

#[test]
fn a_tile_is_enlarged_and_its_seed_goes_to_the_sliders() {
    let mut harness = harness(SamplesPanel::default(), full(), Desk::default(), [800.0, 600.0]);
    harness.get_by_label("Tile 6, seed 1005, D(x) 0.63").click();
    harness.run();
    assert_eq!(harness.state().desk.tile, Some(5));
    assert!(
        matches!(harness.state().asked[..], [Action::Set(_), Action::LoadSeed(1005)]),
        "{:?}",
        harness.state().asked
    );
    assert_eq!(harness.state().desk.latent.seed, 1005, "the desk that was set does not undo the seed");
    harness.key_press(Key::Escape);
    harness.run();
    assert_eq!(harness.state().desk.tile, None);
    harness.get_by_label_contains("Tile 2,").click();
    harness.run();
    harness.get_by_label_contains("Close tile 2").click();
    harness.run();
    assert_eq!(harness.state().desk.tile, None);
}

#[test]
fn arrow_keys_walk_over_the_tiles() {
    let mut harness = harness(SamplesPanel::default(), full(), Desk::default(), [800.0, 600.0]);
    harness.get_by_label_contains("Tile 1,").focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().asked.last(), Some(&Action::LoadSeed(1001)));
}

#[test]
fn the_scrubber_goes_back_in_time_and_follow_returns() {
    let mut harness = harness(SamplesPanel::default(), full(), Desk::default(), [800.0, 600.0]);
    harness.get_by_role_and_label(Role::Slider, "History").set_value_accesskit(1.0);
    harness.run();
    assert_eq!(harness.state().asked, [Action::ShowStep(Some(100))]);
    assert!(harness.query_by_label("from the history").is_some());
    assert!(harness.query_by_label("step 100").is_some());
    assert!(harness.query_by_label("Tile 1, seed 1000").is_some(), "the past was not judged by today's discriminator");
    harness.get_by_label("Follow").click();
    harness.run();
    assert_eq!(harness.state().asked.last(), Some(&Action::ShowStep(None)));
}

#[test]
fn a_step_that_is_not_read_yet_leaves_the_grid_on_show() {
    let mut harness = harness(SamplesPanel::default(), full(), Desk::default(), [800.0, 600.0]);
    harness.run();
    harness.state_mut().desk.history_step = Some(0);
    harness.run();
    assert!(harness.query_by_label("step 200").is_some() && harness.query_by_label("reading step 0 …").is_some());
}

#[test]
fn raw_weights_can_be_asked_for() {
    let mut harness = harness(SamplesPanel::default(), full(), Desk::default(), [800.0, 600.0]);
    harness.get_by_label("Raw").click();
    harness.run();
    assert!(!harness.state().desk.ema);
}

#[test]
fn a_failure_says_what_was_kept_and_leads_back() {
    let mut session = full();
    session.open_run.status = Status::Failed("The loss is not a number any more.".into(), Some(100));
    let mut harness = harness(SamplesPanel::default(), session, Desk::default(), [800.0, 600.0]);
    assert!(harness.query_by_label_contains("checkpoint of step 100").is_some());
    harness.get_by_label("Show the log").click();
    harness.get_by_label("Go back to the last good checkpoint").click();
    harness.run();
    let place = Place::Folder("/runs/digits-1".into());
    assert_eq!(harness.state().asked.len(), 2);
    assert!(harness.state().asked.contains(&Action::Open(place)));
    assert!(harness.state().asked.contains(&Action::Plain(Plain::ToggleLog)));
}

#[test]
fn a_typed_slider_value_arrives() {
    let mut harness = harness(LatentPanel::default(), full(), Desk::default(), [300.0, 800.0]);
    harness.get_by_role_and_label(Role::SpinButton, "z1").focus();
    harness.run();
    // While it has the keyboard it is a text field with the old value selected.
    harness.event(egui::Event::Text("1.25".into()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().desk.latent.z[..3], [0.0, 1.25, 0.0]);
    assert_eq!(harness.state().desk.latent.z.len(), 20, "as long as the generator's latent");
}

#[test]
fn arrow_keys_turn_a_slider_and_shift_makes_them_fine() {
    let mut harness = harness(LatentPanel::default(), full(), Desk::default(), [300.0, 800.0]);
    harness.get_by_role_and_label(Role::Slider, "z2").focus();
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    harness.key_press(Key::ArrowRight);
    harness.run();
    harness.key_press_modifiers(Modifiers::SHIFT, Key::ArrowLeft);
    harness.run();
    assert!((harness.state().desk.latent.z[2] - 0.19).abs() < 1e-6, "{:?}", harness.state().desk.latent.z);
}

#[test]
fn a_double_click_resets_and_a_right_click_locks() {
    let mut desk = Desk::default();
    desk.latent.z = vec![2.0; 20];
    let mut harness = harness(LatentPanel::default(), full(), desk, [300.0, 800.0]);
    let at = harness.get_by_role_and_label(Role::Slider, "z0").rect().center() + egui::vec2(30.0, 0.0);
    let click = |button, pressed| egui::Event::PointerButton { pos: at, button, pressed, modifiers: Modifiers::NONE };
    harness.hover_at(at);
    harness.run();
    // In one frame: between two of the harness's frames too much time goes by for a double click.
    let clicks = [true, false, true, false].map(|pressed| click(egui::PointerButton::Primary, pressed));
    harness.input_mut().events.extend(clicks);
    harness.run();
    assert!(harness.state().desk.latent.z[0].abs() < 1e-6);
    harness.get_by_role_and_label(Role::Slider, "z0").click_secondary();
    harness.run();
    assert!(harness.state().desk.latent.locked.contains(&0));
    assert!(harness.state().desk.latent.z[0].abs() < 1e-6, "locking moves nothing");
    harness.get_by_label("Lock z0").click();
    harness.run();
    assert!(harness.state().desk.latent.locked.is_empty());
}

#[test]
fn a_finger_on_a_slider_is_told_in_every_frame_and_a_tapped_button_is_not() {
    let mut harness = harness(LatentPanel::default(), full(), Desk::default(), [300.0, 800.0]);
    let held = |harness: &Harness<'_, Seen>| harness.state().asked.iter().filter(|a| **a == Action::HoldSlider).count();
    let at = harness.get_by_role_and_label(Role::Slider, "z0").rect().center();
    let button = |pressed| egui::Event::PointerButton {
        pos: at,
        button: egui::PointerButton::Primary,
        pressed,
        modifiers: Modifiers::NONE,
    };
    harness.hover_at(at);
    harness.run();
    assert_eq!(held(&harness), 0);
    harness.event(button(true));
    harness.step();
    let first = held(&harness);
    harness.step();
    harness.step();
    assert!(first >= 1 && held(&harness) >= first + 2, "also while it stands still");
    harness.event(button(false));
    harness.run();
    let last = held(&harness);
    harness.get_by_label("Randomise").click();
    harness.run();
    assert_eq!(held(&harness), last);
}

#[test]
fn the_wheel_scrolls_the_list_and_changes_no_value() {
    let mut harness = harness(LatentPanel::default(), full(), Desk::default(), [300.0, 800.0]);
    let before = harness.get_by_role_and_label(Role::Slider, "z3").rect();
    harness.hover_at(before.center());
    harness.run();
    harness.event(egui::Event::MouseWheel {
        unit: egui::MouseWheelUnit::Point,
        delta: egui::vec2(0.0, -60.0),
        phase: egui::TouchPhase::Move,
        source: egui::MouseWheelSource::Unknown,
        modifiers: Modifiers::NONE,
    });
    harness.run_steps(8);
    assert!(harness.get_by_role_and_label(Role::Slider, "z3").rect().top() < before.top(), "the list moved");
    assert!(harness.state().asked.is_empty(), "{:?}", harness.state().asked);
}

#[test]
fn all_sliders_open_and_seed_and_truncation_are_asked_for() {
    let mut harness = harness(LatentPanel::default(), full(), Desk::default(), [300.0, 1400.0]);
    assert!(harness.query_by_role_and_label(Role::Slider, "z15").is_some());
    assert!(harness.query_by_role_and_label(Role::Slider, "z16").is_none());
    harness.get_by_label("All 20").click();
    harness.run();
    assert!(harness.query_by_role_and_label(Role::Slider, "z19").is_some());
    harness.get_by_role_and_label(Role::SpinButton, "Seed").set_value_accesskit(7.0);
    harness.run();
    assert_eq!(harness.state().asked.last(), Some(&Action::LoadSeed(7)));
    harness.get_by_role_and_label(Role::Slider, "Truncation ψ").set_value_accesskit(0.5);
    harness.run();
    assert!((harness.state().desk.latent.psi - 0.5).abs() < 1e-6);
    harness.get_by_label("Randomise").click();
    harness.run();
    assert_eq!(harness.state().asked.last(), Some(&Action::Plain(Plain::Randomise)));
}

#[test]
fn an_export_goes_to_the_path_that_was_typed() {
    let mut harness = harness(LatentPanel::default(), full(), Desk::default(), [300.0, 800.0]);
    harness.get_by_label("Export settings").click();
    harness.run();
    harness.get_by_label("Grid").click();
    harness.run();
    harness.get_by_label("Export path").focus();
    harness.run();
    harness.event(egui::Event::Text("/tmp/grid 2.png".into()));
    harness.run();
    harness.get_by_label("Write to path").click();
    harness.run();
    assert_eq!(harness.state().asked.last(), Some(&Action::ExportTo("/tmp/grid 2.png".into())));
    harness.get_by_label("Export…").click();
    harness.run();
    assert_eq!(harness.state().asked.last(), Some(&Action::Plain(Plain::Export)));
}

#[test]
fn a_chip_of_the_legend_hides_a_curve() {
    let mut harness = harness(CurvesPanel::default(), full(), Desk::default(), [800.0, 220.0]);
    harness.get_by_label("G loss").click();
    harness.run();
    assert!(harness.state().desk.curves.hidden.contains("loss_g"));
    harness.get_by_label("G gradient").click();
    harness.run();
    assert!(!harness.state().desk.curves.hidden.contains("grad_g"));
    assert!(harness.query_by_label("D loss held out").is_some());
    harness.get_by_label("Log axis").click();
    harness.run();
    harness.get_by_role_and_label(Role::Slider, "Smooth").set_value_accesskit(0.5);
    harness.run();
    let curves = &harness.state().desk.curves;
    assert!(curves.log && (curves.smooth - 0.5).abs() < 1e-9);
    harness.get_by_label("Save curves…").click();
    harness.run();
    assert_eq!(harness.state().asked.last(), Some(&Action::Plain(Plain::SaveCurves)));
}

#[test]
fn a_run_of_the_list_is_opened_continued_renamed_and_deleted() {
    let mut session = full();
    session.open_run.status = Status::Viewing;
    let mut harness = harness(RunsPanel::default(), session, Desk::default(), [800.0, 600.0]);
    let folder = PathBuf::from("/runs/broken");
    assert!(harness.query_by_label("was interrupted: continue?").is_some());
    harness.get_by_label("Open broken").click();
    harness.run();
    harness.get_by_label("Total steps of broken").set_value_accesskit(6_000.0);
    harness.run();
    harness.get_by_label("Continue broken").click();
    harness.run();
    harness.get_by_label("Copy settings broken").click();
    harness.run();
    harness.get_by_label("Rename broken").click();
    harness.run();
    harness.key_press_modifiers(Modifiers::COMMAND, Key::A);
    harness.run();
    harness.event(egui::Event::Text("mended".into()));
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    harness.get_by_label("Delete broken").click();
    harness.run();
    let wanted = [
        Action::Open(Place::Folder(folder.clone())),
        Action::Continue { folder: folder.clone(), steps: 6_000 },
        Action::CopySettings(folder.clone()),
        Action::Rename(folder.clone(), "mended".into()),
        Action::Delete(folder),
    ];
    assert_eq!(harness.state().asked, wanted);
}

#[test]
fn a_run_that_another_program_uses_is_left_alone() {
    let mut session = full();
    session.open_run.status = Status::Viewing;
    let mut harness = harness(RunsPanel::default(), session, Desk::default(), [800.0, 600.0]);
    for name in ["Continue taken", "Delete taken", "Rename taken"] {
        harness.get_by_label(name).click();
        harness.run();
    }
    assert!(harness.state().asked.is_empty(), "{:?}", harness.state().asked);
}

#[test]
fn the_log_is_copied_whole() {
    let mut harness = harness(LogPanel, full(), Desk::default(), [600.0, 300.0]);
    harness.get_by_label("Copy all").click();
    harness.step();
    let copied = harness.output().platform_output.commands.iter().find_map(|command| match command {
        egui::OutputCommand::CopyText(text) => Some(text.clone()),
        _ => None,
    });
    let text = copied.expect("something was copied");
    assert_eq!(text.lines().count(), harness.state().session.log.len());
    assert!(text.contains("Failed Something happened"));
}
