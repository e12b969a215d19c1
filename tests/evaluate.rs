//! `latent-studio evaluate` as a person uses it, on a tiny run of every family.

#![allow(clippy::unwrap_used)] // helpers of tests

use latent_studio::{
    data::{self, NoWatch},
    models::{Batch, FAMILIES, Family, StepInfo},
    nn::{self, Device},
    run::{self, RunFolder, write_checkpoint},
    spec::{DataSpec, Knobs, RunSpec},
    weights::Checkpoint,
};
use serde_json::Value;
use std::{
    collections::BTreeSet,
    path::Path,
    process::{Command, Output, Stdio},
};

const DATA: &str = "shapes:200";

fn evaluate(home: &Path, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latent-studio"));
    command.args(args).current_dir(home).env("LATENT_STUDIO_HOME", home.join("home")).stdin(Stdio::null());
    command.output().unwrap()
}

#[track_caller]
fn well(home: &Path, args: &[&str]) -> String {
    let output = evaluate(home, args);
    assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
    String::from_utf8_lossy(&output.stdout).into_owned()
}

#[track_caller]
fn refused(home: &Path, args: &[&str], code: i32, says: &str) {
    let output = evaluate(home, args);
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
    assert!(stderr.contains(says) && stderr.trim().lines().count() == 1, "{args:?} should say {says:?}: {stderr}");
}

/// A run folder of two steps.
fn tiny_run(family: &Family, folder: &Path) -> RunSpec {
    let shape = data::open(DATA).unwrap().survey().unwrap();
    let table = (family.knobs)(&shape);
    let mut knobs = Knobs::start(&table);
    let tiny = (family.presets)(&shape).into_iter().find(|p| p.id == "tiny").unwrap();
    knobs.0.extend(tiny.set.0);
    let data = DataSpec::from_knobs(DATA, &knobs, 1);
    let loaded = data::open(DATA).unwrap().load(&data, &mut NoWatch).unwrap();
    nn::seed_global(3);
    let mut model = (family.build)(&knobs, &loaded.shape, Device::Cpu).unwrap();
    for step in 0..2 {
        let index: Vec<u32> = (8 * step..8 * step + 8).collect();
        let (pixels, labels) = data::gather(&loaded, &index);
        let batch = Batch { pictures: pixels.into(), labels, index, ..Batch::default() };
        model.step(&batch, &StepInfo { step: u64::from(step), horizon: 2 }).unwrap();
    }
    let mut checkpoint = Checkpoint { step: 2, ..Checkpoint::default() };
    model.save(&mut checkpoint).unwrap();
    let id = (family.card)().id;
    let spec = RunSpec {
        name: id.clone(),
        family: id,
        steps: 2,
        program: "0".into(),
        libtorch: nn::LIBTORCH.into(),
        begun: 1,
        fingerprint: loaded.fingerprint.clone(),
        class_names: loaded.class_names.clone(),
        data,
        shape: loaded.shape.clone(),
        knobs,
        ..RunSpec::default()
    };
    let folder_of_run = RunFolder::create(folder, &spec).unwrap();
    write_checkpoint(folder, &spec, &checkpoint).unwrap();
    drop(folder_of_run);
    spec
}

/// What a family's card lets be measured on labelled data.
fn expected(family: &Family) -> BTreeSet<&'static str> {
    let card = (family.card)();
    let any = ["swd", "frechet", "kernel", "precision", "recall", "density", "coverage", "nearest"];
    let mut all = BTreeSet::from(any);
    all.extend(["class_entropy", "class_sure"]);
    if card.can.labels {
        all.insert("class_accuracy");
    }
    if card.can.encoder || card.can.inputs {
        all.extend(["mse", "psnr", "ssim"]);
    }
    if ["vae", "cvae", "mlp-vae"].contains(&card.id.as_str()) {
        all.extend(["elbo", "bits_per_dim"]);
    }
    all
}

/// Evaluates the tiny run of a family; the name of the classifier that was looked through.
fn measured(home: &Path, family: &Family) -> String {
    let id = (family.card)().id;
    let all: Vec<Value> =
        serde_json::from_str(&well(home, &["evaluate", &id, "--json", "--count", "64", "--device", "cpu"])).unwrap();
    let named: BTreeSet<&str> = all.iter().map(|score| score["metric"].as_str().unwrap()).collect();
    assert_eq!(named, expected(family), "{id}");
    let score = |metric: &str| all.iter().find(|score| score["metric"] == metric).unwrap();
    for one in &all {
        assert!(one["value"].as_f64().unwrap().is_finite() && one["floor"].is_f64(), "{id}: {one}");
        let held_out = ["mse", "psnr", "ssim", "elbo", "bits_per_dim"].contains(&one["metric"].as_str().unwrap());
        assert_eq!(one["count"], if held_out { 20 } else { 64 }, "{id}: {one}");
    }
    // Two steps draw nothing like shapes.
    for metric in ["swd", "frechet"] {
        let [value, floor] = ["value", "floor"].map(|part| score(metric)[part].as_f64().unwrap());
        assert!(value > floor || id == "pix2pix", "{id} {metric}: {value} where real pictures have {floor}");
    }
    assert_eq!(score("swd")["embedding"], "pixels");
    let kept = run::scores(&home.join(&id)).unwrap();
    assert_eq!((kept.len(), kept[0].step, kept[0].weights.as_str(), kept[0].data.as_str()), (1, 2, "ema", DATA));
    assert_eq!(kept[0].value("swd"), score("swd")["value"].as_f64());
    score("frechet")["embedding"].as_str().unwrap().to_owned()
}

#[test]
fn a_run_of_every_family_is_measured_by_all_that_fits_it() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    for family in FAMILIES {
        tiny_run(family, &home.join((family.card)().id));
    }
    // The first one trains the classifier, the others find it.
    let feature_extractor = measured(home, &FAMILIES[0]);
    assert!(feature_extractor.starts_with("classifier:") && feature_extractor.len() == 23, "{feature_extractor}");
    let (some, others) = FAMILIES[1..].split_at(FAMILIES.len() / 2);
    let check =
        |families: &[Family]| families.iter().for_each(|family| assert_eq!(measured(home, family), feature_extractor));
    std::thread::scope(|both| {
        both.spawn(|| check(some));
        check(others);
    });
    assert_eq!(std::fs::read_dir(home.join("home/classifiers")).unwrap().count(), 1);

    // A folder of the same pictures has the same scores.
    well(home, &["sample", "dcgan", "--count", "64", "--out", "each", "--device", "cpu"]);
    let few = "frechet,precision,recall,coverage";
    let json = |args: &[&str]| -> Vec<Value> {
        let args = [&["evaluate", "--json", "--count", "64", "--metrics", few, "--device", "cpu"], args].concat();
        serde_json::from_str(&well(home, &args)).unwrap()
    };
    let (run, folder) = (json(&["dcgan"]), json(&["--pictures", "each", "--data", DATA]));
    for (a, b) in run.iter().zip(&folder) {
        let [x, y] = [a, b].map(|score| score["value"].as_f64().unwrap());
        assert!((x - y).abs() < 1e-6 * x.abs().max(1.0) && a["embedding"] == b["embedding"], "{a} {b}");
    }
    // Pictures without classes are looked at through random eyes, and half of them are too few for 64.
    let other = json(&["dcgan", "--data", "each"]);
    assert_eq!((&other[0]["embedding"], &other[0]["count"]), (&"strided-64".into(), &32.into()));

    let table = well(home, &["evaluate", "vae", "--count", "40", "--metrics", "elbo,swd", "--raw"]);
    assert!(table.contains("raw weights") && table.contains("binarised") && table.contains("lower"), "{table}");
    assert_eq!(table.lines().count(), 4, "{table}");
    let kept = run::scores(&home.join("vae")).unwrap();
    assert_eq!((kept.len(), kept[1].weights.as_str(), kept[1].scores.len()), (2, "raw", 2));
    refused(home, &["evaluate", "dcgan", "--metrics", "elbo"], 1, "needs a family with a likelihood");
    refused(home, &["evaluate", "dcgan", "--metrics", "beauty"], 2, "there are swd,");
    refused(home, &["evaluate", "dcgan", "--count", "1"], 2, "--count");
    refused(home, &["evaluate", "dcgan", "--step", "7"], 1, "7");
    refused(home, &["evaluate", "--pictures", "gone", "--data", DATA], 1, "no folder of pictures");
}
