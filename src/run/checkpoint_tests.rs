//! Proves that a checkpoint is whole or absent, and that each broken one is answered with its sentence.

use super::*;
use crate::run::fault::{After, inject};
use crate::run::testing::{checkpoint, half_file, run, spec};
use crate::weights::Array;
use proptest::prelude::*;

fn at(run: &Path, step: u64) -> PathBuf {
    run.join(name::CHECKPOINTS).join(step_name(step))
}

/// Puts other bytes in a file of a checkpoint and makes the manifest agree.
fn forge(run: &Path, step: u64, file: &str, bytes: &[u8]) {
    let folder = at(run, step);
    let mut manifest = Manifest::read(&folder, "It", "dcgan", step).unwrap();
    let entry = manifest.files.iter_mut().find(|e| e.name == file_name(file)).unwrap();
    (entry.bytes, entry.sha256) = (bytes.len() as u64, sha256(bytes));
    fs::write(folder.join(file_name(file)), bytes).unwrap();
    fs::write(folder.join(name::MANIFEST), manifest.sealed().unwrap()).unwrap();
}

#[test]
fn a_checkpoint_comes_back_as_it_was() {
    let (_home, run, _folder) = run();
    write_checkpoint(&run, &spec(), &checkpoint(100)).unwrap();
    assert_eq!(read_checkpoint(&run, "dcgan", 100).unwrap(), checkpoint(100));
    let other = Checkpoint { facts: [("adam_step".into(), -1)].into(), ..checkpoint(100) };
    write_checkpoint(&run, &spec(), &other).unwrap();
    assert_eq!(newest_checkpoint(&run, "dcgan").unwrap(), (other, vec![]), "the same step again replaces it");
    assert_eq!(fs::read_dir(run.join("checkpoints")).unwrap().count(), 1, "nothing else is left");
    let text = fs::read_to_string(at(&run, 100).join("manifest.json")).unwrap();
    for part in ["\"family\": \"dcgan\"", "\"seed\": 7", "\"name\": \"generator.safetensors\"", "\"sha256\": \""] {
        assert!(text.contains(part), "{part}");
    }
}

#[test]
fn old_checkpoints_are_thinned_and_the_one_just_written_stays() {
    let (_home, run, _folder) = run();
    for step in [20, 40, 60, 80, 120, 140, 160] {
        write_checkpoint(&run, &spec(), &checkpoint(step)).unwrap();
    }
    assert_eq!(checkpoint_steps(&run), [80, 120, 140, 160]);
    write_checkpoint(&run, &spec(), &checkpoint(50)).unwrap();
    assert_eq!(checkpoint_steps(&run), [50, 80, 120, 140, 160]);
}

#[test]
fn whatever_operation_fails_a_checkpoint_stays_and_none_is_half() {
    let (_home, model, folder) = run();
    // The thinning of 60 at step 200 is among the operations.
    for step in [60, 80, 100] {
        write_checkpoint(&model, &spec(), &checkpoint(step)).unwrap();
    }
    drop(folder);
    for (after, again) in [(After::Recovers, 100), (After::Dies, 100), (After::Recovers, 200), (After::Dies, 200)] {
        for nth in 1.. {
            let home = tempfile::tempdir().unwrap();
            let run = home.path().join("run");
            copy(&model, &run);
            let next = Checkpoint { facts: [("adam_step".into(), 77)].into(), ..checkpoint(again) };
            let fault = inject(&run, nth, after);
            let done = write_checkpoint(&run, &spec(), &next);
            let operations = fault.operations();
            drop(fault);
            let case = format!("{after:?}, operation {nth} of step {again}");
            for when in ["before", "after"] {
                let (newest, passed_over) = newest_checkpoint(&run, "dcgan").unwrap();
                assert!(newest == checkpoint(100) || newest == next, "{case}, {when} the next start");
                assert!(passed_over.is_empty(), "{case}, {when} the next start: {passed_over:?}");
                for step in checkpoint_steps(&run) {
                    read_checkpoint(&run, "dcgan", step).unwrap_or_else(|e| panic!("{case}: {e}"));
                }
                if done.is_ok() {
                    assert_eq!(newest, next, "{case}: success was reported");
                }
                recover(&run);
            }
            let hidden = |e: &fs::DirEntry| e.file_name().as_encoded_bytes().starts_with(b".");
            assert!(!fs::read_dir(run.join("checkpoints")).unwrap().flatten().any(|e| hidden(&e)), "{case}: leftovers");
            write_checkpoint(&run, &spec(), &next).unwrap_or_else(|e| panic!("{case}: {e}"));
            assert_eq!(newest_checkpoint(&run, "dcgan").unwrap().0, next, "{case}: the next save goes well");
            if operations < nth {
                assert!(done.is_ok() && nth > 15, "there are more than 15 operations");
                break;
            }
        }
    }
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir(to).unwrap();
    for entry in fs::read_dir(from).unwrap().flatten() {
        let (from, to) = (entry.path(), to.join(entry.file_name()));
        if from.is_dir() { copy(&from, &to) } else { assert!(fs::copy(from, to).is_ok()) }
    }
}

#[test]
fn a_full_disk_is_one_sentence() {
    let (_home, run, _folder) = run();
    let _fault = inject(&run.join("checkpoints"), 4, After::Recovers);
    let why = write_checkpoint(&run, &spec(), &checkpoint(100)).unwrap_err().to_string();
    assert!(why.starts_with("The disk is full, so ") && why.contains("step-000100 was not written"), "{why}");
    assert!(!why.contains("/.step-"), "the hidden folder means nothing to people: {why}");
}

#[test]
fn each_broken_checkpoint_has_its_sentence() {
    type Break = fn(&Path);
    let cases: [(Break, &str); 9] = [
        (|run| fs::remove_file(at(run, 9).join("ema.safetensors")).unwrap(), "lacks ema.safetensors; use another"),
        (|run| fs::remove_file(at(run, 9).join("manifest.json")).unwrap(), "lacks manifest.json; use another"),
        (|run| edit(run, "ema.safetensors", |b| b.truncate(50)), "ema.safetensors has 50 bytes where"),
        (|run| edit(run, "ema.safetensors", |b| *b.last_mut().unwrap() ^= 1), "not what was written (bad checksum)"),
        (|run| edit(run, "manifest.json", |b| b.truncate(50)), "manifest.json that can't be read"),
        (|run| swap(run, "\"format\": 1", "\"format\": 9"), "was written by a newer Latent Studio (format 9); update"),
        (|run| swap(run, "\"dcgan\"", "\"vae\""), "belongs to the family \"vae\", not \"dcgan\""),
        (|run| swap(run, "\"format\": 1", "\"format\": 1, \"x\": 2"), "unknown field `x`"),
        (|run| forge(run, 9, "ema", &half_file()), "ema.safetensors holds w as F16"),
    ];
    for (damage, words) in cases {
        let (_home, run, _folder) = run();
        write_checkpoint(&run, &spec(), &checkpoint(9)).unwrap();
        damage(&run);
        let why = read_checkpoint(&run, "dcgan", 9).unwrap_err().to_string();
        assert!(why.starts_with("The checkpoint of step 9 ") && why.contains(words), "{words}: {why}");
        assert!(!why.contains('\n'));
        let none = newest_checkpoint(&run, "dcgan").unwrap_err().to_string();
        assert!(
            none.contains(" can be used. The checkpoint of step 9 ") || none.contains("holds no checkpoint"),
            "{none}"
        );
        // An older good one is taken instead, and the sentence is passed on.
        write_checkpoint(&run, &spec(), &checkpoint(5)).unwrap();
        let (newest, passed_over) = newest_checkpoint(&run, "dcgan").unwrap();
        assert_eq!(newest, checkpoint(5));
        assert!(words.contains("manifest.json;") || passed_over[0].contains(words), "{passed_over:?}");
    }
    let (_home, run, _folder) = run();
    assert!(read_checkpoint(&run, "dcgan", 3).unwrap_err().to_string().contains("no checkpoint of step 3"));
    assert!(newest_checkpoint(&run, "dcgan").unwrap_err().to_string().contains("holds no checkpoint yet"));
}

fn edit(run: &Path, file: &str, change: fn(&mut Vec<u8>)) {
    let path = at(run, 9).join(file);
    let mut bytes = fs::read(&path).unwrap();
    change(&mut bytes);
    fs::write(path, bytes).unwrap();
}

fn swap(run: &Path, from: &str, to: &str) {
    let path = at(run, 9).join("manifest.json");
    let text = fs::read_to_string(&path).unwrap();
    assert!(text.contains(from));
    fs::write(path, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn weights_that_are_not_finite_are_never_written() {
    let (_home, run, _folder) = run();
    write_checkpoint(&run, &spec(), &checkpoint(5)).unwrap();
    for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
        let mut broken = checkpoint(9);
        let array = Array { shape: vec![2], data: vec![0.0, bad] };
        broken.files.get_mut("ema").unwrap().insert("bn.1.mean".into(), array);
        let why = write_checkpoint(&run, &spec(), &broken).unwrap_err().to_string();
        assert!(why.contains("no longer finite numbers (bn.1.mean in ema)") && why.contains("is kept"), "{why}");
    }
    assert_eq!(checkpoint_steps(&run), [5]);
    let mut named = checkpoint(9);
    named.files.insert("../ema".into(), crate::weights::Arrays::new());
    assert!(write_checkpoint(&run, &spec(), &named).unwrap_err().to_string().contains("no name for"));
    let empty = Checkpoint { step: 9, ..Checkpoint::default() };
    assert!(write_checkpoint(&run, &spec(), &empty).unwrap_err().to_string().contains("nothing to save"));
}

#[test]
fn no_change_of_a_file_panics_or_goes_unnoticed() {
    let (_home, run, _folder) = run();
    write_checkpoint(&run, &spec(), &checkpoint(9)).unwrap();
    let files = ["generator.safetensors", "ema.safetensors", "optimiser_g.safetensors", "manifest.json"];
    proptest!(ProptestConfig::with_cases(1000), |(which in 0_usize..4, place in 0_usize..4000, byte: u8, cut: bool)| {
        let path = at(&run, 9).join(files[which]);
        let good = fs::read(&path).unwrap();
        let (mut bytes, place) = (good.clone(), place % good.len());
        if cut { bytes.truncate(place) } else { bytes[place] = byte }
        fs::write(&path, &bytes).unwrap();
        let read = read_checkpoint(&run, "dcgan", 9);
        fs::write(&path, &good).unwrap();
        if let Ok(read) = read {
            prop_assert_eq!(read, checkpoint(9));
        }
    });
}
