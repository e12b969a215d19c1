//! What a run leaves for others to look at: TensorBoard's files, and runs side by side.

#![allow(clippy::unwrap_used)] // helpers of tests

#[path = "tracking/reader.rs"]
mod reader;

use latent_studio::{
    engine::{
        Engine, Options,
        protocol::{Event, Job},
    },
    nn::DeviceChoice,
    run::tensorboard::{Record, record},
};
use serde_json::Value;
use std::{
    fs,
    io::Write as _,
    path::{Path, PathBuf},
    process::{Command, Stdio},
    sync::Arc,
    time::Duration,
};

fn references() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/references")
}

/// A picture of two by one, red and blue, as the fixture has it.
fn tiny_png() -> Vec<u8> {
    let mut bytes = std::io::Cursor::new(Vec::new());
    let picture = image::RgbImage::from_raw(2, 1, vec![255, 0, 0, 0, 0, 255]).unwrap();
    picture.write_to(&mut bytes, image::ImageFormat::Png).unwrap();
    bytes.into_inner()
}

/// Two files as a run leaves them that reached step 300 and went on from 100.
fn two_files(png: &[u8]) -> [(&'static str, Vec<u8>); 2] {
    let scalars = |wall, step, g: f32, d: f32| {
        let values = [("loss/g".to_owned(), g), ("loss/d".to_owned(), d)];
        record(wall, step, &Record::Scalars(&values))
    };
    let settings = Record::Text { tag: "settings", text: "| setting | value |\n|---|---|\n| lr | 0.0005 |\n" };
    let picture = Record::Picture { tag: "samples", width: 2, height: 1, png };
    let first = [
        record(1_800_000_000.25, 0, &Record::Version),
        record(1_800_000_000.5, 0, &settings),
        scalars(1_800_000_001.0, 1, 0.7, 1.25),
        scalars(1_800_000_002.0, 100, -0.5, 1.0),
        record(1_800_000_002.5, 100, &picture),
        scalars(1_800_000_003.0, 300, 9.0, f32::INFINITY),
        record(1_800_000_003.5, 300, &picture),
    ];
    let second = [
        record(1_800_000_100.0, 0, &Record::Version),
        record(1_800_000_100.0, 101, &Record::Start),
        scalars(1_800_000_101.0, 101, -0.625, 0.75),
        scalars(1_800_000_102.0, 1 << 33, 3.0, 4.0),
        record(1_800_000_103.0, 200, &picture),
    ];
    [("events.out.tfevents.1800000000.0000", first.concat()), ("events.out.tfevents.1800000000.0001", second.concat())]
}

#[test]
fn the_bytes_are_those_that_tensorboard_has_read() {
    let folder = references().join("tensorboard");
    let png = fs::read(folder.join("tiny.png")).unwrap_or_else(|_| tiny_png());
    if std::env::var_os("WRITE_TENSORBOARD_REFERENCE").is_some() {
        fs::write(folder.join("tiny.png"), &png).unwrap();
        for (name, bytes) in two_files(&png) {
            fs::write(folder.join(name), bytes).unwrap();
        }
    }
    for (name, bytes) in two_files(&png) {
        assert_eq!(fs::read(folder.join(name)).unwrap(), bytes, "{name} is not what the real package was shown");
        assert!(reader::events(&bytes)[0].version.as_deref() == Some("brain.Event:2"));
    }
    // What the real package said of them is what our own small reader says.
    let said: Value = serde_json::from_slice(&fs::read(folder.join("read.json")).unwrap()).unwrap();
    assert_like(&said, &folder);
    assert_eq!(said["scalars"]["loss/g"][2], serde_json::json!([101, -0.625]));
    assert_eq!(said["images"]["samples"].as_array().unwrap().len(), 2, "that of step 300 is void");
}

/// The answer of `tensorboard_reads.py` says of a folder what the small reader says.
fn assert_like(said: &Value, folder: &Path) {
    let page = reader::page(folder);
    let tags: Vec<&String> = said["scalars"].as_object().unwrap().keys().collect();
    assert_eq!(tags, page.scalars.keys().collect::<Vec<_>>());
    for (tag, points) in &page.scalars {
        let theirs = said["scalars"][tag].as_array().unwrap();
        assert_eq!(theirs.len(), points.len(), "{tag}");
        for (their, (step, value)) in theirs.iter().zip(points) {
            assert_eq!(their[0], *step, "{tag}");
            let near = their[1].as_f64().is_some_and(|v| (v - f64::from(*value)).abs() < 1e-5 * v.abs().max(1.0));
            assert!(near || !value.is_finite(), "{tag} at {step}: {their} {value}");
        }
    }
    let pictures = said["images"]["samples"].as_array().unwrap();
    let ours = page.pictures.iter().map(|(step, w, h, _)| serde_json::json!([step, w, h]));
    let theirs = pictures.iter().map(|p| serde_json::json!([p[0], p[1], p[2]]));
    assert!(ours.eq(theirs), "{pictures:?}");
    assert_eq!(said["texts"]["settings"][0][1], page.settings[0].as_str());
}

/// Asks the real package about a folder; `None`, and a line that says so, where it is not installed.
fn real_tensorboard(folder: &Path) -> Option<Value> {
    let python = std::env::var("TENSORBOARD_PYTHON").unwrap_or_else(|_| "python3".into());
    let there = Command::new(&python).args(["-c", "import tensorboard"]).stderr(Stdio::null()).status();
    if !there.is_ok_and(|status| status.success()) {
        // Past the test harness, which swallows what passing tests print.
        let _ = writeln!(
            std::io::stderr(),
            "NOT RUN: {python} has no tensorboard, so only our own reader looked at {}; set TENSORBOARD_PYTHON.",
            folder.display()
        );
        return None;
    }
    let output = Command::new(&python).arg(references().join("tensorboard_reads.py")).arg(folder).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    // A value that is not finite is no JSON.
    let text = String::from_utf8(output.stdout).unwrap().replace("Infinity", "null").replace("NaN", "null");
    Some(serde_json::from_str(&text).unwrap())
}

fn studio(home: &Path, args: &[&str]) -> std::process::Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latent-studio"));
    command.args(args).current_dir(home).env("LATENT_STUDIO_HOME", home.join("home"));
    command.env_remove("DISPLAY").env_remove("WAYLAND_DISPLAY").stdin(Stdio::null()).output().unwrap()
}

#[track_caller]
fn well(home: &Path, args: &[&str]) -> String {
    let output = studio(home, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8(output.stdout).unwrap()
}

#[test]
fn runs_are_tracked_and_compared() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let common = ["--preset", "tiny", "--data", "shapes:64", "--threads", "1", "--device", "cpu"];
    let train = |more: &[&str]| well(home, &[&["train"][..], &common, more].concat());
    train(&["--out", "a", "--steps", "12", "--seed", "3"]);
    train(&["--out", "b", "--steps", "10", "--seed", "3", "--set", "lr=1e-3"]);
    well(home, &["train", "--out", "a", "--resume", "--steps", "16"]);
    event_files_tell_the_run(&home.join("a"));
    let json: Value = serde_json::from_str(&well(home, &["compare", "a", "b", "--json"])).unwrap();
    let rows = json["differ"].as_array().unwrap();
    let row = |id: &str| rows.iter().find(|r| r["setting"] == id).map(|r| r["values"].clone());
    assert_eq!(row("steps"), Some(serde_json::json!(["16", "10"])));
    assert_eq!(row("lr").unwrap()[1], "0.001");
    assert_eq!((row("seed"), row("family")), (None, None), "they are the same");
    assert!(json["same"].as_u64().unwrap() > 10);
    assert_eq!((&json["runs"][0]["step"], &json["runs"][1]["step"]), (&16.into(), &10.into()));
    assert!(json["runs"][1]["last"]["loss_g"].is_number() && json["runs"][0]["trained_s"].as_f64().unwrap() > 0.0);
    let text = well(home, &["compare", "a", "b"]);
    assert!(text.lines().any(|l| l.starts_with("loss_g ")) && text.ends_with("settings are the same.\n"), "{text}");
    for (wrong, says) in [(vec!["compare", "a"], "two run folders"), (vec!["compare", "a", "none"], "no run in none")] {
        let output = studio(home, &wrong);
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert_eq!((output.status.code(), words.trim().lines().count()), (Some(2), 1), "{words}");
        assert!(words.contains(says), "{words}");
    }
    the_worker_compares(home);
}

/// The first file has the run to step 12, the second what came after.
fn event_files_tell_the_run(run: &Path) {
    assert_eq!(reader::files(run).len(), 2);
    let page = reader::page(run);
    for tag in ["loss/g", "loss/d", "d/real", "d/fake", "grad/g"] {
        let points = page.scalars.get(tag).unwrap_or_else(|| panic!("{tag} of {:?}", page.scalars.keys()));
        assert!(points.windows(2).all(|w| w[0].0 < w[1].0), "{tag}: {points:?}");
        assert_eq!(points.last().unwrap().0, 16, "{tag}");
        assert!(points.iter().any(|p| p.0 == 12), "{tag}: {points:?}");
    }
    // The curves say the same.
    let log = fs::read_to_string(run.join("metrics.jsonl")).unwrap();
    let (_, last) = *page.scalars["loss/g"].last().unwrap();
    let line = log.lines().rfind(|l| l.contains("loss_g")).unwrap();
    let line: Value = serde_json::from_str(line).unwrap();
    assert!((line["value"].as_f64().unwrap() - f64::from(last)).abs() < 1e-6);
    let (step, width, height, png) = page.pictures.last().unwrap();
    assert_eq!(*png, fs::read(run.join(format!("samples/step-{step:06}.png"))).unwrap());
    let read = image::load_from_memory(png).unwrap();
    assert_eq!((*step, *width, *height), (16, u64::from(read.width()), u64::from(read.height())));
    assert!(page.settings[0].contains("| family | dcgan |") && page.settings[1].contains("| steps | 16 |"));
    if let Some(said) = real_tensorboard(run) {
        assert_like(&said, run);
        assert_eq!(said["files"].as_object().unwrap().values().next_back().unwrap()["starts"], serde_json::json!([13]));
    }
    if let Some(said) = real_tensorboard(&references().join("tensorboard")) {
        assert_like(&said, &references().join("tensorboard"));
    }
}

/// The same through the window's lanes: the list has the digest, the comparison both runs.
fn the_worker_compares(home: &Path) {
    let options = Options {
        threads: 1,
        device: DeviceChoice::Cpu,
        runs: home.to_path_buf(),
        sample_every_s: 2.0,
        measure_every_s: None,
    };
    let engine = Engine::start(Arc::new(|| {}), options).unwrap();
    let wait = |wanted: fn(&Event) -> bool| {
        std::iter::from_fn(|| engine.events.recv_timeout(Duration::from_mins(10)).ok()).find(wanted).unwrap()
    };
    engine.job(Job::ListRuns).unwrap();
    let Event::Runs(runs) = wait(|e| matches!(e, Event::Runs(_))) else { panic!("no list") };
    assert!(runs.len() == 2 && runs.iter().all(|r| r.digest.trained_s.is_some_and(|s| s > 0.0)));
    engine.job(Job::Compare { folders: vec![home.join("a"), home.join("b")] }).unwrap();
    let Event::Compared(found) = wait(|e| matches!(e, Event::Compared(_))) else { panic!("no comparison") };
    assert!(found.diff.rows.iter().any(|row| row.id == "lr"));
    assert_eq!(found.curves()["loss_g"], 2);
    assert!(found.runs.iter().all(|run| run.grid.is_some() && !run.marks.is_empty()));
    engine.job(Job::Compare { folders: vec![home.join("a"), home.join("gone")] }).unwrap();
    let Event::JobFailed { failure, .. } = wait(|e| matches!(e, Event::JobFailed { .. })) else { panic!("no word") };
    let why = failure.to_string();
    assert!(why.contains("There is no run in"), "{why}");
}
