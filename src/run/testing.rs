//! What the tests of this room share: small specs, arrays and checkpoints.

use crate::{
    run::RunFolder,
    spec::{DataShape, DataSpec, Fit, Knobs, RUN_FORMAT, RunSpec, Value},
    weights::{Array, Arrays, Checkpoint},
};
use std::path::PathBuf;
use tempfile::TempDir;

/// A small spec that every check accepts.
pub fn spec() -> RunSpec {
    let mut knobs = Knobs::default();
    knobs.put("lr", Value::Real(2e-4));
    knobs.put("width", Value::Int(8));
    knobs.put("precision", Value::Text("fp32".into()));
    knobs.put("flip", Value::Flag(false));
    let source = "/pictures/写真".to_owned();
    let data = DataSpec {
        source,
        size: 32,
        channels: 1,
        fit: Fit::Pad,
        background: [1, 2, 3],
        seed: 7,
        ..DataSpec::default()
    };
    RunSpec {
        format: RUN_FORMAT,
        name: "glyphs-dcgan-1".into(),
        family: "dcgan".into(),
        seed: 7,
        steps: 1000,
        threads: 2,
        device: "cpu".into(),
        program: "0.1.0".into(),
        libtorch: "2.11.0".into(),
        begun: 1_790_000_000,
        fingerprint: "ab".repeat(32),
        class_names: Vec::new(),
        recipe: None,
        from: None,
        data,
        shape: DataShape::default(),
        knobs,
    }
}

/// A few arrays that differ by their first number.
pub fn arrays(first: f32) -> Arrays {
    let data = (0..12).map(|i| first + i as f32 / 8.0).collect();
    let bias = Array { shape: vec![3], data: vec![first, -1.5, 0.25] };
    Arrays::from([("main.0.weight".into(), Array { shape: vec![3, 4], data }), ("main.0.bias".into(), bias)])
}

/// A checkpoint whose numbers tell its step.
pub fn checkpoint(step: u64) -> Checkpoint {
    let files = ["generator", "ema", "optimiser_g"].map(|stem| (stem.to_owned(), arrays(step as f32)));
    Checkpoint { step, files: files.into(), facts: [("adam_step".to_owned(), step as i64)].into() }
}

/// A new run folder; it is removed with the first value.
pub fn run() -> (TempDir, PathBuf, RunFolder) {
    let home = tempfile::tempdir().expect("a temporary folder");
    let path = home.path().join("run");
    let folder = RunFolder::create(&path, &spec()).expect("a run folder");
    (home, path, folder)
}

/// A sound file of one 16-bit number.
pub fn half_file() -> Vec<u8> {
    let header = br#"{"w":{"dtype":"F16","shape":[1],"data_offsets":[0,2]}}"#;
    let mut bytes = (header.len() as u64).to_le_bytes().to_vec();
    bytes.extend(header);
    bytes.extend([0, 0x3c]);
    bytes
}
