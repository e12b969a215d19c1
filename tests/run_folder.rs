//! Kills a program in the middle of saving, again and again: the last checkpoint it reported must be there.

use latent_studio::{
    run::{
        Change, RunFolder, add_change, changes, checkpoint_steps, is_busy, newest_checkpoint, read_checkpoint,
        write_checkpoint,
    },
    spec::{DataShape, DataSpec, Knobs, RUN_FORMAT, RunSpec, Value},
    weights::{Array, Arrays, Checkpoint},
};
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const FOLDER: &str = "LATENT_STUDIO_TEST_VICTIM";
/// More of them, once and by hand: `LATENT_STUDIO_TEST_KILLS=200 cargo test --test run_folder`.
const KILLS: &str = "LATENT_STUDIO_TEST_KILLS";

fn spec() -> RunSpec {
    let source = "glyphs".to_owned();
    RunSpec {
        format: RUN_FORMAT,
        name: "victim".into(),
        family: "dcgan".into(),
        seed: 1,
        steps: 1_000_000,
        threads: 1,
        device: "cpu".into(),
        program: "0.1.0".into(),
        libtorch: "2.11.0".into(),
        begun: 1,
        fingerprint: String::new(),
        class_names: Vec::new(),
        recipe: None,
        from: None,
        data: DataSpec { source, size: 32, channels: 1, seed: 1, ..DataSpec::default() },
        shape: DataShape::default(),
        knobs: Knobs::default(),
    }
}

/// Large enough that writing it takes a while; its numbers tell its step.
fn checkpoint(step: u64) -> Checkpoint {
    let array = Array { shape: vec![200_000], data: vec![step as f32; 200_000] };
    let file = |stem: &str| (stem.to_owned(), Arrays::from([("w".to_owned(), array.clone())]));
    Checkpoint { step, files: ["ema", "generator", "optimiser_g"].map(file).into(), facts: [].into() }
}

/// What the killed program does. Under the test runner it is a test that has nothing to do.
#[test]
fn victim() {
    let Some(folder) = std::env::var_os(FOLDER) else { return };
    let path = Path::new(&folder);
    let run = RunFolder::open(path).unwrap();
    assert!(run.writable(), "the lock of a dead program is free");
    run.set_training(true).unwrap();
    let last = checkpoint_steps(path).last().copied().unwrap_or(0);
    for step in last + 1.. {
        // Twice the same step, so that replacing is interrupted too.
        for _ in 0..2 {
            write_checkpoint(path, run.spec(), &checkpoint(step)).unwrap();
            add_change(path, &Change { step, id: "lr".into(), value: Value::Int(step as i64) }).unwrap();
            println!("\nsaved {step}");
            std::io::stdout().flush().unwrap();
        }
    }
}

fn start(folder: &Path) -> Child {
    let mut program = Command::new(std::env::current_exe().expect("the path of this test"));
    program.args(["victim", "--exact", "--nocapture", "--test-threads=1"]).env(FOLDER, folder);
    program.stdout(Stdio::piped()).spawn().expect("this test starts again")
}

/// Files in the hidden folder that is being filled.
fn written(folder: &Path) -> usize {
    let entries = std::fs::read_dir(folder.join("checkpoints")).into_iter().flatten().flatten();
    let filling = entries.filter(|e| e.file_name().to_str().is_some_and(|n| n.starts_with(".step-")));
    filling.map(|e| std::fs::read_dir(e.path()).map_or(0, Iterator::count)).max().unwrap_or(0)
}

#[test]
fn a_killed_program_keeps_what_it_reported() {
    let home = tempfile::tempdir().unwrap();
    let folder = home.path().join("run");
    drop(RunFolder::create(&folder, &spec()).unwrap());
    let kills = std::env::var(KILLS).ok().and_then(|n| n.parse().ok()).unwrap_or(5);
    let mut reported = 0;
    for kill in 0..kills {
        let mut program = start(&folder);
        let mut said = BufReader::new(program.stdout.take().unwrap()).lines();
        let step_in = |line: &str| line.strip_prefix("saved ").and_then(|n| n.parse::<u64>().ok());
        let first = said.by_ref().map_while(Result::ok).find_map(|line| step_in(&line));
        reported = reported.max(first.expect("the program saves"));
        assert!(is_busy(&folder));
        // Each time at another place: as soon as so many files of the next checkpoint are there, or the pipe is read on.
        while written(&folder) != kill % 5 && program.try_wait().unwrap().is_none() {
            std::hint::spin_loop();
        }
        program.kill().unwrap();
        program.wait().unwrap();
        for step in said.map_while(Result::ok).filter_map(|line| step_in(&line)) {
            reported = reported.max(step);
        }
        let run = RunFolder::open(&folder).unwrap();
        assert!(run.writable() && run.crashed(), "kill {kill}");
        let (newest, passed_over) = newest_checkpoint(&folder, "dcgan").unwrap();
        assert!(
            newest.step >= reported && newest == checkpoint(newest.step),
            "kill {kill}: {} {reported}",
            newest.step
        );
        assert_eq!(passed_over, Vec::<String>::new(), "kill {kill}");
        for step in checkpoint_steps(&folder) {
            assert_eq!(read_checkpoint(&folder, "dcgan", step).unwrap(), checkpoint(step), "kill {kill}");
        }
        let noted = changes(&folder).unwrap();
        assert!(noted.iter().any(|c| c.step == reported), "kill {kill}: a reported change is in the journal");
    }
}
