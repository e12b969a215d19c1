//! The headless twin as a person uses it: the real program, its exit codes and its sentences.

#![allow(clippy::unwrap_used)] // helpers of tests

#[path = "cli/prepare.rs"]
mod prepare;
#[path = "cli/transfer.rs"]
mod transfer;

use std::{
    path::Path,
    process::{Command, Output, Stdio},
    time::{Duration, Instant},
};

fn program(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latent-studio"));
    command.args(args).current_dir(home).env("LATENT_STUDIO_HOME", home.join("home")).env_remove("DISPLAY");
    command.env_remove("WAYLAND_DISPLAY").stdin(Stdio::null());
    command
}

fn run(home: &Path, args: &[&str]) -> Output {
    program(home, args).output().unwrap()
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn well(home: &Path, args: &[&str]) -> String {
    let output = run(home, args);
    assert!(output.status.success(), "{args:?}: {}", words(&output.stderr));
    words(&output.stdout)
}

/// It ends with this code and one sentence on stderr that says these words.
#[track_caller]
fn refused(home: &Path, args: &[&str], code: i32, says: &str) {
    let output = run(home, args);
    let stderr = words(&output.stderr);
    assert_eq!(output.status.code(), Some(code), "{args:?}: {stderr}");
    assert!(stderr.contains(says), "{args:?} should say {says:?}: {stderr}");
    assert_eq!(stderr.trim().lines().count(), 1, "one sentence: {stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
}

const TINY: [&str; 6] = ["--preset", "tiny", "--data", "shapes:64", "--threads", "1"];

fn train<'a>(out: &'a str, more: &[&'a str]) -> Vec<&'a str> {
    [&["train", "--out", out][..], &TINY, more].concat()
}

#[test]
fn train_resume_sample_and_inspect() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    well(home, &train("run", &["--steps", "12", "--seed", "3", "--device", "cpu"]));
    refused(home, &train("run", &["--steps", "20"]), 2, "--resume");
    well(home, &["train", "--out", "run", "--resume", "--steps", "20"]);
    refused(home, &["train", "--out", "run", "--resume", "--steps", "5"], 2, "raised, not lowered");
    refused(home, &["train", "--out", "run", "--resume", "--set", "lr=1e-3"], 2, "new runs");
    well(home, &["sample", "run", "--count", "5", "--seed", "7", "--out", "grid.png"]);
    assert_eq!(image::image_dimensions(home.join("grid.png")).unwrap(), (98, 65), "three columns of 32, 1 px apart");
    well(home, &["sample", "run", "--count", "3", "--seed", "8", "--out", "each", "--scale", "2"]);
    let grid = image::open(home.join("grid.png")).unwrap().to_rgb8();
    let second = image::open(home.join("each/picture-0000.png")).unwrap().to_rgb8();
    assert_eq!(second.dimensions(), (64, 64));
    assert_eq!(grid.get_pixel(33 + 9, 4), second.get_pixel(18, 8), "picture i of seed s is seed s+i");
    well(home, &["sample", "run", "--step", "12", "--out", "past.jpg"]);
    refused(home, &["sample", "run", "--step", "13", "--out", "past.png"], 1, "13");
    refused(home, &train("never", &["--measure-every", "0"]), 2, "--measure-every");
    well(home, &["sample", "run", "--best", "--out", "best.png"]);
    refused(home, &["sample", "starter:glyphs", "--best", "--out", "x.png"], 1, "--best");
    well(home, &["sample", "run", "--best-of", "4", "--count", "5", "--seed", "7", "--out", "picked.png"]);
    assert_eq!(image::image_dimensions(home.join("picked.png")).unwrap(), (98, 65));
    refused(home, &["sample", "run", "--best-of", "0", "--out", "x.png"], 2, "--best-of");
    refused(home, &["sample", "starter:glyphs", "--best-of", "2", "--out", "x.png"], 1, "no discriminator");
    let text = well(home, &["inspect", "run"]);
    let json: serde_json::Value = serde_json::from_str(&well(home, &["inspect", "run", "--json"])).unwrap();
    assert!([12, 20].iter().any(|step| json["best"]["step"] == *step), "both checkpoints were measured: {json}");
    assert!(text.contains(&format!("best checkpoint: that of step {}", json["best"]["step"])), "{text}");
    assert_eq!(json["device"], "cpu");
    assert_eq!((&json["step"], &json["steps"], &json["knobs"]["horizon"]), (&20.into(), &20.into(), &12.into()));
}

#[test]
fn a_family_that_draws_from_pictures_samples_its_own_and_others() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    well(home, &train("run", &["--family", "pix2pix", "--steps", "3", "--device", "cpu"]));
    assert_eq!(image::image_dimensions(home.join("run/inputs.png")).unwrap(), (6 * 32, 2 * 32), "six are held out");
    well(home, &["sample", "run", "--count", "4", "--seed", "5", "--out", "grid.png"]);
    assert_eq!(image::image_dimensions(home.join("grid.png")).unwrap(), (9 * 33 - 1, 65), "input, output, target");
    let (kept, grid) = (home.join("run/inputs.png"), home.join("grid.png"));
    let [kept, grid] = [kept, grid].map(|path| image::open(path).unwrap().to_rgb8());
    assert!((0..32).all(|i| grid.get_pixel(i, i) == kept.get_pixel(5 * 32 + i, i)), "seed 5 is the sixth input");
    assert!((0..32).all(|i| grid.get_pixel(66 + i, i) == kept.get_pixel(5 * 32 + i, 32 + i)), "and its target");
    let own = home.join("own");
    std::fs::create_dir(&own).unwrap();
    for i in 0..2u8 {
        image::RgbImage::from_pixel(50, 40, image::Rgb([i; 3])).save(own.join(format!("{i}.png"))).unwrap();
    }
    well(home, &["sample", "run", "--inputs", "own", "--out", "each"]);
    assert_eq!(std::fs::read_dir(home.join("each")).unwrap().count(), 2);
    refused(home, &["sample", "run", "--inputs", "gone", "--out", "x.png"], 1, "gone");
    std::fs::remove_file(home.join("run/inputs.png")).unwrap();
    refused(home, &["sample", "run", "--out", "x.png"], 1, "--inputs");
    refused(home, &["sample", "starter:glyphs", "--inputs", "own", "--out", "x.png"], 2, "draws from no picture");
}

#[test]
fn a_class_is_drawn_by_name_or_number_and_blended() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    well(
        home,
        &train("run", &["--family", "cgan", "--steps", "40", "--device", "cpu", "--set", "lr=5e-3", "--set", "ema=0"]),
    );
    let shapes = image::image_dimensions(home.join("run/samples/step-000040.png")).unwrap();
    well(home, &["sample", "run", "--out", "rows.png"]);
    assert_eq!(image::image_dimensions(home.join("rows.png")).unwrap(), shapes, "laid out like the run's own");
    let text = std::fs::read_to_string(home.join("run/run.toml")).unwrap();
    let spec: toml::Value = toml::from_str(&text).unwrap();
    let names: Vec<&str> = spec["class_names"].as_array().unwrap().iter().filter_map(toml::Value::as_str).collect();
    let columns = (64 / names.len() as u32).clamp(4, 16);
    assert_eq!(shapes, (columns * 33 - 1, names.len() as u32 * 33 - 1), "a row for each of {names:?}");
    let draw = |args: &[&str]| {
        let out = format!("drawn{}.png", args.join("_").replace(':', "-"));
        well(home, &[&["sample", "run", "--count", "2", "--seed", "5", "--out", &out][..], args].concat());
        image::open(home.join(out)).unwrap().to_rgb8()
    };
    let (by_name, other) = (draw(&["--class", names[1]]), draw(&["--class", "0"]));
    assert!(by_name == draw(&["--class", "1:3", "--class", "0:0"]), "by number and weight");
    assert!(by_name != other);
    let blend = draw(&["--class", &format!("{}:0.5", names[0]), "--class", "1:0.5"]);
    assert!(blend != by_name && blend != other);
    refused(
        home,
        &["sample", "run", "--out", "s.png", "--class", "unicorn"],
        2,
        "There is no class \"unicorn\"; there are",
    );
    refused(home, &["sample", "run", "--out", "s.png", "--class", "1:-2"], 2, "The weight in \"1:-2\" is a number");
    refused(home, &["sample", "run", "--out", "s.png", "--class", "1:0"], 2, "all 0");
    refused(home, &["sample", "run", "--out", "s.png", "--dial", "steps=4"], 2, "has no dials");
    refused(home, &["sample", "starter:glyphs", "--out", "s.png", "--class", "1"], 2, "knows no classes");
    std::fs::create_dir(home.join("plain")).unwrap();
    for i in 0..3u8 {
        image::RgbImage::from_pixel(8, 8, image::Rgb([i; 3])).save(home.join(format!("plain/{i}.png"))).unwrap();
    }
    let plain = ["train", "--out", "b", "--family", "cgan", "--preset", "tiny", "--data", "plain", "--threads", "1"];
    refused(home, &plain, 2, "needs data with classes");
    assert!(!home.join("b").exists());
}

#[test]
fn tables_are_lists_of_objects() {
    let home = tempfile::tempdir().unwrap();
    for (table, id) in [("families", "dcgan"), ("datasets", "glyphs")] {
        let list: Vec<serde_json::Value> = serde_json::from_str(&well(home.path(), &[table, "--json"])).unwrap();
        assert!(list.iter().any(|entry| entry["id"] == id && entry["title"].is_string()));
        assert!(well(home.path(), &[table]).contains(id));
    }
    let knobs = well(home.path(), &["families", "--json"]);
    for id in
        "size channels fit batch lr lr_d beta1 beta2 z_dim width d_per_g smoothing ema precision horizon".split(' ')
    {
        assert!(knobs.contains(&format!("\"id\": \"{id}\"")), "{id}");
    }
    let list = well(home.path(), &["families", "--data", "shapes:64"]);
    assert!(list.contains("discriminator") && !list.contains("starts at"), "{list}");
    assert!(well(home.path(), &["families", "--knobs"]).contains("starts at"));
    let tiny = ["--preset", "tiny", "--data", "shapes:64", "--threads", "1", "--device", "cpu"];
    let cost = well(home.path(), &[&["families", "--measure", "dcgan"][..], &tiny].concat());
    assert!(cost.contains("ms a step") && cost.contains("min per epoch"), "{cost}");
    refused(home.path(), &["families", "--measure", "nothing"], 2, "no family called");
    refused(home.path(), &["families", "--measure", "dcgan", "--set", "width=9000"], 2, "4 to 128");
    assert!(well(home.path(), &["doctor"]).contains("2.11.0"));
}

#[test]
fn wrong_use_is_exit_2_and_a_broken_job_exit_1() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    std::fs::create_dir(home.join("empty")).unwrap();
    refused(home, &train("a", &["--set", "width=9000"]), 2, "4 to 128");
    refused(home, &train("a", &["--set", "lr=fast"]), 2, "a number from");
    refused(home, &train("a", &["--set", "colour=red"]), 2, "no knob called");
    refused(home, &train("a", &["--family", "magic"]), 2, "no family called");
    refused(home, &["train", "--out", "a"], 2, "--data");
    refused(home, &["train", "--out", "nothing", "--resume"], 2, "holds no run");
    refused(home, &["train", "--out", "a", "--data", "empty"], 1, "empty");
    refused(home, &["train", "--out", "a", "--data", "nowhere"], 1, "nowhere");
    refused(home, &["data", "shapes:1", "--out", "s.png"], 1, "2");
    refused(home, &["data", "shapes:64", "--out", "s.tiff"], 1, "png");
    refused(home, &["sample", "nowhere", "--out", "s.png"], 1, "nowhere");
    refused(home, &["open"], 2, "display");
    refused(home, &train("a", &["--device", "gpu"]), 2, "there are auto, cpu, cuda and cuda:N");
    refused(
        home,
        &train("a", &["--device", "cuda:999"]),
        2,
        "There is no device cuda:999 here; this machine offers cpu",
    );
    refused(home, &["sample", "starter:glyphs", "--out", "s.png", "--device", "cuda:999"], 2, "no device cuda:999");
    refused(home, &["bench", "train", "--device", "cuda:999"], 2, "no device cuda:999");
    assert!(!home.join("a").exists(), "nothing is left behind");
}

#[test]
fn broken_checkpoints_are_told_apart() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    well(home, &train("run", &["--steps", "4"]));
    let checkpoint = home.join("run/checkpoints/step-000004");
    let ema = checkpoint.join("ema.safetensors");
    let whole = std::fs::read(&ema).unwrap();
    let mut flipped = whole.clone();
    *flipped.last_mut().unwrap() ^= 1;
    std::fs::write(&ema, flipped).unwrap();
    refused(home, &["sample", "run", "--out", "s.png"], 1, "checksum");
    std::fs::remove_file(&ema).unwrap();
    refused(home, &["sample", "run", "--out", "s.png"], 1, "ema.safetensors");
    std::fs::write(&ema, whole).unwrap();
    well(home, &["sample", "run", "--out", "s.png"]);
    let toml = home.join("run/run.toml");
    let text = std::fs::read_to_string(&toml).unwrap();
    std::fs::write(&toml, text.replace("format = 1", "format = 99")).unwrap();
    refused(home, &["sample", "run", "--out", "s.png"], 1, "newer");
    std::fs::write(&toml, text.replace("family = \"dcgan\"", "family = \"other\"")).unwrap();
    refused(home, &["sample", "run", "--out", "s.png"], 1, "no family called");
}

#[test]
#[cfg(unix)]
fn a_signal_saves_first() {
    let home = tempfile::tempdir().unwrap();
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let mut args = vec!["train", "--out", name];
        args.extend(TINY);
        args.extend(["--steps", "1000000"]);
        let mut child = program(home.path(), &args).stderr(Stdio::null()).spawn().unwrap();
        let log = home.path().join(name).join("metrics.jsonl");
        let patience = Instant::now() + Duration::from_mins(10);
        while std::fs::metadata(&log).map_or(0, |m| m.len()) == 0 {
            assert!(Instant::now() < patience, "training never began");
            std::thread::sleep(Duration::from_millis(20));
        }
        let sent = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().unwrap();
        assert!(sent.success());
        assert_eq!(child.wait().unwrap().code(), Some(code));
        well(home.path(), &["sample", name, "--out", "s.png"]);
    }
}

/// Lines of a bench, each with the keys that are promised.
#[track_caller]
fn lines(text: &str, keys: &str) -> Vec<serde_json::Value> {
    let lines: Vec<serde_json::Value> = text.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(!lines.is_empty());
    for (line, key) in lines.iter().flat_map(|line| keys.split(' ').map(move |key| (line, key))) {
        assert!(line.get(key).is_some(), "{key} is missing in {line}");
    }
    lines
}

#[test]
fn bench_prints_what_it_promises() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let args = ["bench", "decode", "load", "--files", "40", "--steps", "2", "--threads", "2", "--json", "--out", "out"];
    let output = program(home, &args).env("TMPDIR", home).output().unwrap();
    assert!(output.status.success(), "{}", words(&output.stderr));
    let all = lines(&words(&output.stdout), "bench threads device size width against load_average");
    let of = |bench: &str| all.iter().filter(|l| l["bench"] == bench).map(ToString::to_string).collect::<Vec<_>>();
    let decode = lines(&of("decode").join("\n"), "family batch precision decode_ms decode_ms_p95");
    let cases: Vec<_> = decode.iter().map(|l| (l["threads"].as_u64(), l["batch"].as_u64())).collect();
    assert_eq!(cases, [(1, 1), (1, 64), (2, 1), (2, 64)].map(|(t, b)| (Some(t), Some(b))));
    let load = lines(&of("load").join("\n"), "files height file_ms file_ms_p95 files_per_s load_s file_mb");
    assert_eq!(load.iter().map(|l| l["threads"].as_u64()).collect::<Vec<_>>(), [Some(1), Some(2)]);
    assert!(all.iter().all(|line| line["against"].is_null()), "nobody was named");
    let kept = std::fs::read_to_string(home.join("out/bench.json")).unwrap();
    assert_eq!(kept, words(&output.stdout));
    assert_eq!(std::fs::read_to_string(home.join("out/bench.md")).unwrap().matches("| decode |").count(), 4);
    refused(home, &["bench", "everything"], 2, "there are train, decode");
    refused(home, &["bench", "decode", "--against", "nowhere"], 2, "is no Python that starts");
    well(home, &["bench", "startup"]);
}

#[test]
#[cfg(unix)]
fn bench_takes_turns_with_a_peer() {
    use std::os::unix::fs::PermissionsExt;
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    let peer = |name: &str, script: &str| {
        std::fs::write(home.join(name), format!("#!/bin/sh\n{script}\n")).unwrap();
        std::fs::set_permissions(home.join(name), PermissionsExt::from_mode(0o755)).unwrap();
        home.join(name).display().to_string()
    };
    let wise = peer(
        "wise",
        r#"echo '{"ready": "snake 3"}'; while read v; do
        case "$v" in bf16) t=5e5;; *) t=9e5;; esac; echo "{\"samples_ms\": [$t]}"; done"#,
    );
    let args = ["bench", "decode", "--steps", "1", "--threads", "1", "--rounds", "2", "--json", "--against"];
    for line in lines(&well(home, &[&args[..], &[&wise]].concat()), "decode_ms peer_ms peer_ms_p95 ratio") {
        assert_eq!((&line["against"], &line["peer_ms"]), (&"snake bf16".into(), &5e5.into()), "the best counts");
        assert!(line["ratio"].as_f64().unwrap() > 1.0);
    }
    let poor = peer("poor", r#"echo '{"missing": "torch"}'"#);
    let output = run(home, &[&args[..], &[&poor]].concat());
    assert!(output.status.success());
    assert!(words(&output.stderr).contains("no module called torch"), "{}", words(&output.stderr));
    assert!(lines(&words(&output.stdout), "decode_ms").iter().all(|line| line["against"].is_null()));
    let silly = peer("silly", "echo hello");
    refused(home, &[&args[..], &[&silly]].concat(), 1, "no measurement: hello");
}

#[test]
#[cfg(unix)]
fn openmp_spins_for_a_while_unless_somebody_said_otherwise() {
    let home = tempfile::tempdir().unwrap();
    let doctor = |set: Option<(&str, &str)>| {
        let mut command = program(home.path(), &["doctor", "--json"]);
        command.env_remove("GOMP_SPINCOUNT").env_remove("OMP_WAIT_POLICY").envs(set);
        let facts: serde_json::Value = serde_json::from_slice(&command.output().unwrap().stdout).unwrap();
        ["GOMP_SPINCOUNT", "OMP_WAIT_POLICY"].map(|name| facts["openmp"][name].as_str().map(str::to_owned))
    };
    let words = |word: &str| Some(word.to_owned());
    assert_eq!(doctor(None), [words("10000"), None]);
    assert_eq!(doctor(Some(("OMP_WAIT_POLICY", "PASSIVE"))), [None, words("PASSIVE")]);
    assert_eq!(doctor(Some(("GOMP_SPINCOUNT", "7"))), [words("7"), None]);
}
