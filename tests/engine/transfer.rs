//! Runs that begin with the weights of another, and what is refused.

use super::rig::{engine, resume, spec, start, start_paused, until, until_end, walk, weights};
use latent_studio::{
    engine::{Engine, protocol::*},
    models, run,
    spec::{Knobs, Origin, RunSpec, Value},
};
use std::path::Path;

fn begins_with(place: &Path, step: Option<u64>) -> Origin {
    Origin { name: "old".into(), place: place.display().to_string(), step, sha256: String::new() }
}

fn refused(engine: &Engine, id: u64, spec: RunSpec, folder: &Path) -> String {
    start(engine, id, spec, folder, false);
    let seen = until(engine, |e| matches!(e, Event::Failed { .. } | Event::Started { .. }));
    let Some(Event::Failed { failure, .. }) = seen.last() else { panic!("{seen:?}") };
    let why = failure.to_string();
    assert!(why.ends_with('.') && !why.contains('\n'), "{why}");
    assert!(!folder.exists(), "nothing is left: {why}");
    why.clone()
}

fn bytes<'a>(files: &'a [(std::path::PathBuf, Vec<u8>)], stem: &str) -> &'a [u8] {
    &files.iter().find(|(name, _)| name.file_stem().is_some_and(|s| s == stem)).unwrap().1
}

#[test]
fn a_run_begins_with_anothers_weights_and_goes_on_without_it() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    let engine = engine(home.path());
    start(&engine, 1, spec(12), &at("old"), false);
    until_end(&engine);

    let new = RunSpec { seed: 99, from: Some(begins_with(&at("old"), None)), ..spec(40) };
    start(&engine, 2, new.clone(), &at("whole"), false);
    let seen = until_end(&engine);
    assert!(!seen.iter().any(|e| matches!(e, Event::Warning { .. })), "everything fits: {seen:?}");
    let from = run::read_spec(&at("whole")).unwrap().from.unwrap();
    assert_eq!((from.step, &from.sha256), (Some(12), &run::sha256(bytes(&weights(&at("old"), 12), "generator"))));

    // The same again in two halves, and the old run is gone before the second.
    start_paused(&engine, 3, RunSpec { from: Some(from), ..new }, &at("halves"));
    walk(&engine, 0, 3);
    engine.send(Command::Stop).unwrap();
    until_end(&engine);
    std::fs::remove_dir_all(at("old")).unwrap();
    resume(&engine, 4, &at("halves"), 40);
    until_end(&engine);
    assert!(weights(&at("whole"), 40) == weights(&at("halves"), 40), "the weights differ");
}

#[test]
fn the_first_sample_is_the_old_runs_and_other_channels_begin_anew_in_part() {
    let home = tempfile::tempdir().unwrap();
    let at = |name: &str| home.path().join(name);
    let engine = engine(home.path());
    let plain = |steps| {
        let mut spec = spec(steps);
        // Averaged and raw are the same then, so that grids can be compared.
        spec.knobs.put("ema", Value::Real(0.0));
        spec
    };
    start(&engine, 1, plain(8), &at("old"), false);
    until_end(&engine);
    let same = RunSpec { from: Some(begins_with(&at("old"), Some(8))), ..plain(1) };
    start(&engine, 2, same, &at("same"), false);
    until(&engine, |e| matches!(e, Event::Sampled { step: 0, .. }));
    until_end(&engine);
    assert_eq!(run::read_sample(&at("same"), 0).unwrap(), run::read_sample(&at("old"), 8).unwrap());

    let mut colour = RunSpec { from: Some(begins_with(&at("old"), Some(8))), ..plain(2) };
    colour.data.channels = 3;
    colour.knobs.put("channels", Value::Text("3".into()));
    start(&engine, 3, colour, &at("colour"), false);
    let seen = until_end(&engine);
    let words = seen.iter().find_map(|e| if let Event::Warning { why, .. } = e { Some(why) } else { None }).unwrap();
    assert!(words.contains("begin with old, step 8"), "{words}");
    assert!(words.ends_with("anew: discriminator main.0.weight, generator main.9.weight."), "{words}");
}

#[test]
fn what_can_not_begin_a_run_is_refused_and_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let (old, new) = (home.path().join("old"), home.path().join("new"));
    let engine = engine(home.path());
    start(&engine, 1, spec(2), &old, false);
    until_end(&engine);
    let good = RunSpec { from: Some(begins_with(&old, None)), ..spec(2) };

    let vae = models::family("vae").unwrap();
    let knobs = Knobs::start(&(vae.knobs)(&good.shape));
    let why = refused(&engine, 2, RunSpec { family: "vae".into(), knobs, ..good.clone() }, &new);
    assert!(why.contains("those of DCGAN, and VAE can't begin with them"), "{why}");
    let mut other = good.clone();
    for (id, value) in [("width", 5), ("z_dim", 9)] {
        other.knobs.put(id, Value::Int(value));
    }
    assert!(refused(&engine, 3, other, &new).starts_with("None of these weights fit"));
    let gone = RunSpec { from: Some(begins_with(&old, Some(1))), ..good.clone() };
    assert!(refused(&engine, 4, gone, &new).contains("no checkpoint of step 1"));
    let mut changed = good.clone();
    changed.from.as_mut().unwrap().sha256 = "0".repeat(64);
    assert!(refused(&engine, 5, changed, &new).contains("have changed"));
    let nowhere = RunSpec { from: Some(begins_with(&home.path().join("nowhere"), None)), ..good.clone() };
    assert!(refused(&engine, 6, nowhere, &new).contains("There is no run"));
    let file = RunSpec { from: Some(Origin::of_file(Path::new("/a/b.safetensors"), String::new())), ..good };
    assert!(refused(&engine, 7, file, &new).contains("was read from a file"));
}
