//! Runs whose pictures vary and are normalised: exact across save and resume, and drawn as pictures.

use super::rig::{engine, resume, spec, start, start_paused, until, until_changed, until_end, walk, weights};
use latent_studio::{
    engine::protocol::*,
    latent::Code,
    run,
    spec::{Knobs, RunSpec, Value},
};
use std::path::Path;

fn varied(steps: u64) -> RunSpec {
    let mut spec = spec(steps);
    for (id, value) in [("aug_flip_h", 0.5), ("aug_rotate", 20.0), ("aug_noise", 0.05)] {
        spec.knobs.put(id, Value::Real(value));
    }
    spec.knobs.put("normalise", Value::Text("measured".into()));
    spec
}

/// Steps to 6, turns the noise off, steps to 10; then goes on to 14, in a new engine if asked.
fn with_a_turn(home: &Path, folder: &Path, again: bool) {
    let mut first = engine(home);
    start_paused(&first, 1, varied(14), folder);
    walk(&first, 0, 6);
    let mut knobs = Knobs::default();
    knobs.put("aug_noise", Value::Real(0.0));
    first.set_live(Live { run: RunId(1), knobs });
    until_changed(folder);
    walk(&first, 6, 10);
    if again {
        first.send(Command::Stop).unwrap();
        until_end(&first);
        drop(first);
        first = engine(home);
        resume(&first, 2, folder, 14);
    } else {
        first.send(Command::Resume).unwrap();
    }
    until_end(&first);
}

#[test]
fn varied_pictures_are_part_of_the_run_and_so_are_the_numbers_they_are_normalised_by() {
    let home = tempfile::tempdir().unwrap();
    let folder = |name: &str| home.path().join(name);
    let (straight, halves) = (folder("straight"), folder("halves"));
    with_a_turn(home.path(), &straight, false);
    with_a_turn(home.path(), &halves, true);
    assert!(weights(&straight, 14) == weights(&halves, 14), "the weights differ");
    let kept = run::read_spec(&halves).unwrap();
    assert_eq!(kept.knobs.text("normalise"), "measured");
    let (mean, std) = (kept.knobs.text("norm_mean").to_owned(), kept.knobs.text("norm_std").to_owned());
    assert!(mean != "#808080" && mean[1..3] == mean[3..5] && std != "#404040", "{mean} {std} of grey pictures");
    // Nothing of that changes the prepared pictures; still pictures give another run.
    let engine = engine(home.path());
    let mut still = varied(14);
    for id in ["aug_flip_h", "aug_rotate", "aug_noise"] {
        still.knobs.put(id, Value::Real(0.0));
    }
    start(&engine, 3, still, &folder("still"), false);
    until_end(&engine);
    assert!(weights(&straight, 14) != weights(&folder("still"), 14));
    assert_eq!(run::read_spec(&folder("still")).unwrap().fingerprint, kept.fingerprint);
}

#[test]
fn an_export_gets_its_aspect_back() {
    let home = tempfile::tempdir().unwrap();
    let engine = engine(home.path());
    start(&engine, 1, spec(1), &home.path().join("run"), false);
    until_end(&engine);
    let sides = |file: &str, count: u64, sides| {
        let to = home.path().join(file);
        let scene = |seed| Scene { run: RunId(1), moment: Moment::Live, ema: true, code: Code::from_seed(seed, 8) };
        let z_dim = run::read_spec(&home.path().join("run")).unwrap().knobs.int("z_dim");
        let scenes = (0..count).map(|seed| Scene { code: Code::from_seed(seed, z_dim), ..scene(seed) }).collect();
        let export = Export { scenes, as_grid: true, columns: 2, scale: 2, best_of: 1, sides, to: to.clone() };
        engine.job(Job::Export(Box::new(export))).unwrap();
        let seen = until(&engine, |e| matches!(e, Event::JobDone { .. } | Event::JobFailed { .. }));
        assert!(matches!(seen.last(), Some(Event::JobDone { .. })), "{:?}", seen.last());
        image::image_dimensions(&to).unwrap()
    };
    assert_eq!(sides("plain.png", 1, None), (64, 64));
    assert_eq!(sides("wide.png", 1, Some([300, 200])), (96, 64));
    assert_eq!(sides("grid.png", 4, Some([2, 3])), (2 * 65, 2 * 97));
}
