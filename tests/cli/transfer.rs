//! Weights from one run to another, and to `PyTorch` and back.

use super::{refused, train, well};

#[test]
fn weights_begin_another_run_leave_and_come_back() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    well(home, &train("run", &["--steps", "3", "--set", "width=5", "--device", "cpu"]));
    let from = ["train", "--from", "run@3", "--data", "glyphs:64", "--steps", "2", "--threads", "1", "--device", "cpu"];
    let begin = |more: &[&'static str]| [&from[..], more].concat();
    well(home, &begin(&["--set", "freeze_d=1", "--out", "next"]));
    let json: serde_json::Value = serde_json::from_str(&well(home, &["inspect", "next", "--json"])).unwrap();
    assert_eq!((&json["from"]["name"], &json["from"]["step"]), (&"run".into(), &3.into()));
    assert_eq!((&json["knobs"]["width"], &json["knobs"]["freeze_d"]), (&5.into(), &1.into()), "set like the other");
    assert_eq!(json["knobs"]["size"], "32", "glyphs have 28 by themselves");
    assert!(well(home, &["inspect", "next"]).contains("begun with the weights of run, step 3"));
    let frozen = |run: &str, step: &str| {
        let file = home.join(run).join("checkpoints").join(step).join("discriminator.safetensors");
        let bytes = std::fs::read(file).unwrap();
        let file = safetensors::SafeTensors::deserialize(&bytes).unwrap();
        ["main.0.weight", "main.2.weight"].map(|name| file.tensor(name).unwrap().data().to_vec())
    };
    let [(old, old_second), (new, new_second)] =
        [frozen("run", "step-000003"), frozen("next", "step-000002")].map(|[first, second]| (first, second));
    assert!(old == new && old_second != new_second, "the first layer is the other run's, the second has learned");
    refused(home, &begin(&["--out", "x", "--family", "vae"]), 1, "VAE can't begin with them");
    refused(home, &["train", "--from", "run@7", "--data", "shapes:64", "--out", "x"], 1, "no checkpoint of step 7");
    refused(home, &["train", "--from", "nowhere", "--data", "shapes:64", "--out", "x"], 2, "no run \"nowhere\"");
    refused(home, &["train", "--from", "run@x", "--data", "shapes:64", "--out", "x"], 2, "is no step");
    refused(home, &["train", "--resume", "--from", "run", "--out", "next"], 2, "Only a new run");
    assert!(!home.join("x").exists());

    let words = well(home, &["export-weights", "run", "--to", "out/net.safetensors", "--check", "check.safetensors"]);
    assert!(words.contains("averaged weights of step 3") && home.join("out/net-discriminator.safetensors").is_file());
    let import = [
        "import-weights",
        "out/net.safetensors",
        "--data",
        "shapes:64",
        "--out",
        "back",
        "--steps",
        "2",
        "--set",
        "precision=fp32",
    ];
    assert!(well(home, &import).contains("with its discriminator"));
    refused(home, &import, 2, "already holds a run");
    well(home, &["export-weights", "back", "--to", "again.safetensors"]);
    let read = |name: &str| std::fs::read(home.join(name)).unwrap();
    assert!(read("again.safetensors") == read("out/net.safetensors"));
    assert!(read("again-discriminator.safetensors") == read("out/net-discriminator.safetensors"));
    well(home, &["sample", "back", "--out", "back.png", "--device", "cpu"]);
    well(home, &["sample", "run", "--out", "run.png", "--device", "cpu"]);
    well(home, &["train", "--out", "back", "--resume"]);
    let picture = |name: &str| image::open(home.join(name)).unwrap();
    assert!(picture("back.png") == picture("run.png"));
    refused(
        home,
        &["import-weights", "check.safetensors", "--data", "shapes:64", "--out", "x"],
        1,
        "none of the networks",
    );
    refused(
        home,
        &["import-weights", "run/run.toml", "--data", "shapes:64", "--out", "x"],
        1,
        "safetensors.torch.save_file",
    );
}
