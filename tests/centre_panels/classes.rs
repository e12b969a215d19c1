//! Sample grids with a row for each class.

use super::builders::*;
use egui::Key;
use egui_kittest::kittest::Queryable as _;
use latent_studio::{
    desk::Desk,
    picture::{self, Picture},
    ui::samples_panel::SamplesPanel,
};

#[test]
fn a_row_for_each_class_is_walked_down_and_named() {
    let mut session = full();
    session.open_run.spec.as_mut().unwrap().class_names = ["cat", "7"].map(str::to_owned).into();
    let samples = session.open_run.samples.as_mut().unwrap();
    (samples.columns, samples.judged) = (8, None);
    samples.grid = picture::grid_in(&vec![Picture::filled(8, 8, [200; 3]); 16], 8).unwrap();
    samples.seeds = (0..16).map(|i| 1_000 + i % 8).collect();
    samples.classes = (0..16).map(|i| i / 8).collect();
    let mut harness = harness(SamplesPanel::default(), session, Desk::default(), [800.0, 600.0]);
    assert!(harness.query_by_label("Tile 2, cat, seed 1001").is_some());
    assert!(harness.query_by_label("Tile 10, class 1, seed 1001").is_some(), "a number is no name");
    harness.get_by_label_contains("Tile 1,").focus();
    harness.run();
    harness.key_press(Key::ArrowDown);
    harness.run();
    harness.key_press(Key::Enter);
    harness.run();
    assert_eq!(harness.state().desk.tile, Some(8), "one down is one row");
}
