//! `latent-studio recipes` and `train --recipe`.

use latent_studio::recipes;
use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

fn run(home: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latent-studio"));
    command.args(args).current_dir(home).env("LATENT_STUDIO_HOME", home.join("home")).stdin(Stdio::null());
    command.output().unwrap()
}

#[track_caller]
fn well(home: &Path, args: &[&str]) -> String {
    let output = run(home, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn refused(home: &Path, args: &[&str], says: &str) {
    let output = run(home, args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{args:?}: {stderr}");
    assert!(stderr.contains(says), "{args:?} should say {says:?}: {stderr}");
}

fn spec(folder: &Path) -> toml::Table {
    std::fs::read_to_string(folder.join("run.toml")).unwrap().parse().unwrap()
}

#[test]
fn recipes_are_listed_for_people_and_programs() {
    let home = tempfile::tempdir().unwrap();
    let words = well(home.path(), &["recipes"]);
    let json: serde_json::Value = serde_json::from_str(&well(home.path(), &["recipes", "--json"])).unwrap();
    let list = json.as_array().unwrap();
    assert_eq!(list.len(), recipes::all().len());
    for recipe in recipes::all() {
        assert!(words.contains(&recipe.title) && words.contains(&recipe.id));
        let entry = list.iter().find(|entry| entry["id"] == recipe.id.as_str()).unwrap();
        assert_eq!((&entry["steps"], &entry["family"]), (&recipe.steps.into(), &recipe.family.as_str().into()));
        assert_eq!(entry["needs"].is_null(), recipe.needs().is_none(), "{}", recipe.id);
    }
}

#[test]
fn a_recipe_trains_and_arguments_win_over_it() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let few = ["--recipe", "dcgan-glyphs", "--data", "glyphs:64", "--steps", "2", "--set", "width=4", "--threads", "1"];
    well(home, &[&["train", "--out", "run"][..], &few].concat());
    let own = spec(&home.join("run"));
    assert_eq!((own["steps"].as_integer(), own["knobs"]["width"].as_integer()), (Some(2), Some(4)));
    assert!(!own.contains_key("recipe"), "it no longer follows the recipe");
    // Without --out it stands among the studio's own runs, named after the recipe.
    let glo = ["train", "--recipe", "glo-mnist", "--data", "glyphs:64", "--preset", "tiny", "--steps", "2"];
    well(home, &glo);
    let folder = std::fs::read_dir(home.join("home/runs")).unwrap().next().unwrap().unwrap().path();
    assert!(folder.file_name().unwrap().to_string_lossy().starts_with("glo-mnist"), "{}", folder.display());
    assert_eq!(spec(&folder)["family"].as_str(), Some("glo"));

    refused(home, &["train", "--recipe", "dcgan-mnist", "--out", "x"], "train-images-idx3-ubyte");
    refused(home, &["train", "--recipe", "nonsense", "--out", "x"], "there are cgan-mnist");
    refused(home, &["train", "--recipe", "dcgan-glyphs", "--out", "run", "--resume"], "leave --recipe out");
    refused(home, &["train", "--data", "shapes:64"], "--out");
    assert!(!home.join("x").exists());
}

#[test]
fn a_run_to_the_letter_of_a_recipe_notes_it() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    // Stopped at once: what counts is written before the first step.
    let mut child = Command::new(env!("CARGO_BIN_EXE_latent-studio"))
        .args(["train", "--recipe", "mlp-ae-mnist", "--data", "glyphs:300", "--out", "run", "--threads", "1"])
        .current_dir(home)
        .env("LATENT_STUDIO_HOME", home.join("home"))
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .unwrap();
    let begin = std::time::Instant::now();
    while !home.join("run/run.toml").is_file() {
        assert!(begin.elapsed().as_secs() < 600 && child.try_wait().unwrap().is_none(), "no run folder");
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    assert_eq!(spec(&home.join("run"))["recipe"].as_str(), Some("mlp-ae-mnist"));
}
