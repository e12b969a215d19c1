//! The star over the best checkpoint, and the plots of quality.

use crate::builders::{RUN, full, harness};
use egui::accesskit::Role;
use egui_kittest::kittest::Queryable as _;
use latent_studio::{
    desk::Desk,
    engine::protocol::Event,
    history::{Best, Point},
    ui::{action::Action, curves_panel::CurvesPanel, samples_panel::SamplesPanel},
};

#[test]
fn a_star_stands_over_the_best_checkpoint_and_leads_there() {
    let mut session = full();
    session.apply(Event::Best { run: RUN, best: Some(Best { step: 101, swd: 21.34 }) });
    let mut harness = harness(SamplesPanel::default(), session, Desk::default(), [800.0, 600.0]);
    let star = harness.get_by_label("best by SWD 21.3 (step 101)").rect();
    let slider = harness.get_by_role_and_label(Role::Slider, "History").rect();
    assert!((star.center().x - slider.center().x).abs() < 1.0, "100 is the second of three grids, and the nearest");
    assert!(slider.expand(3.0).contains_rect(star), "{star:?} in {slider:?}");
    harness.get_by_label_contains("best by SWD").click();
    harness.run();
    assert_eq!(harness.state().asked, [Action::ShowStep(Some(100))]);
    harness.state_mut().session.open_run.best = None;
    harness.run();
    assert!(harness.query_by_label_contains("best by SWD").is_none());
}

#[test]
fn quality_has_plots_of_its_own_and_a_floor_goes_with_its_curve() {
    let mut session = full();
    let of = |step, name: &str, value| Point { step, name: name.into(), value };
    let points = (1..=20).flat_map(|i| {
        let (step, x) = (10 * i, i as f32 / 20.0);
        let swd = [of(step, "swd", 120.0 - 80.0 * x), of(step, "floor_swd", 22.0)];
        swd.into_iter().chain([of(step, "coverage", x / 2.0), of(step, "floor_coverage", 0.94)])
    });
    session.apply(Event::Rated { run: RUN, points: points.collect() });
    let mut harness = harness(CurvesPanel::default(), session, Desk::default(), [1100.0, 260.0]);
    harness.run();
    assert!(harness.query_by_label("SWD").is_some() && harness.query_by_label("Coverage").is_some());
    assert!(harness.query_by_label_contains("floor").is_none(), "no switch of its own");
    assert!(harness.query_by_label_contains("lower is better").is_some());
    harness.get_by_label("SWD").click();
    harness.run();
    assert!(harness.state().desk.curves.hidden.contains("swd"));
    harness.run();
    assert!(harness.query_by_label_contains("lower is better").is_none(), "the floor alone has no plot");
    assert!(harness.query_by_label_contains("Plot of the quality over the steps: coverage").is_some());
}
