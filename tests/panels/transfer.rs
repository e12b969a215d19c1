//! The weights that the next run begins with, and those that go to other programs.

use super::*;
use latent_studio::{engine::protocol::Place, spec::Origin};

fn with_origin() -> Desk {
    let origin = Origin { name: "galaxies-2".into(), place: "runs/x".into(), step: Some(5_000), sha256: String::new() };
    Desk { from: Some(origin), ..desk() }
}

#[test]
fn the_weights_to_begin_with_are_a_line_that_can_be_removed() {
    let mut form = open("Training", session(Status::Viewing, ready()), with_origin());
    assert!(form.query_by_label("Begins with galaxies-2, step 5,000").is_some());
    assert!(form.query_by_label("Train on from these weights").is_none());
    form.get_by_label("Remove: begins with galaxies-2, step 5,000").click();
    form.run();
    assert_eq!(last_set(form.state()), &desk());
    let kept: Desk = toml::from_str(&toml::to_string(&with_origin()).unwrap()).unwrap();
    assert_eq!(kept.from, with_origin().from, "it is kept for next time");
}

#[test]
fn the_run_on_stage_offers_its_weights_of_the_step_that_is_looked_at() {
    for (looked_at, step) in [(None, 1_000), (Some(500), 500), (Some(700), 1_000)] {
        let mut form = open("Training", session(Status::Viewing, ready()), Desk { history_step: looked_at, ..desk() });
        form.get_by_label("Train on from these weights").click();
        form.run();
        let place = Place::Folder("runs/mnist-dcgan-3".into());
        assert_eq!(form.state(), &[Action::TrainFrom(place, Some(step))]);
    }
    let busy = open("Training", session(Status::Training, ready()), desk());
    assert!(busy.query_by_label("Train on from these weights").is_none());
    let mut runs = open("Runs", session(Status::Viewing, ready()), desk());
    runs.get_by_label("Train on mnist-dcgan-3").click_accesskit();
    runs.run();
    let place = Place::Folder("runs/mnist-dcgan-3".into());
    assert_eq!(runs.state(), &[Action::TrainFrom(place, Some(1_240))]);
}

#[test]
fn weights_go_to_pytorch_where_they_fit() {
    let mut known = session(Status::Viewing, ready());
    assert_eq!(Plain::ExportWeights.available(&known), Ok(()));
    known.open_run.spec.as_mut().unwrap().family = "able".into();
    assert!(Plain::ExportWeights.available(&known).unwrap_err().contains("Only dcgan, mlp-vae, vae"));
    known.open_run.spec = None;
    assert!(Plain::ExportWeights.available(&known).unwrap_err().contains("No generator"));
    assert_eq!(Plain::OpenWeights.available(&known), Ok(()));
    assert!(
        Plain::OpenWeights.available(&session(Status::Viewing, DataState::None)).unwrap_err().contains("data first")
    );
    assert!(Plain::OpenWeights.available(&session(Status::Training, ready())).is_err());
}
