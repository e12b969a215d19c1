//! `bench load`: how long a folder of photographs takes to be read at 64×64, on one thread and on all.

use super::{
    jpegs::{self, HEIGHT, WIDTH},
    lab::Lab,
    report::Row,
    turns::in_turn,
};
use crate::{
    data::{self, NoWatch},
    spec::{DataSpec, Fit},
};
use anyhow::{Context, Result, ensure};
use std::path::PathBuf;
use std::time::Instant;

/// Side of the prepared pictures in pixels.
const SIZE: usize = 64;

/// Each sub-folder is a round, and a data set of its own.
pub fn measure(lab: &mut Lab<'_>) -> Result<()> {
    let folders = jpegs::folders(lab.bench.files as usize)?;
    // Each side then finds the files in the page cache.
    let bytes = folders.iter().map(read_all).sum::<Result<u64>>()?;
    for threads in lab.one_and_all() {
        let pool =
            rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("The threads did not start.")?;
        let round = |turn: usize| {
            let begin = Instant::now();
            let count = pool.install(|| load(&folders[turn]))?;
            Ok(vec![begin.elapsed().as_secs_f64() * 1e3 / count as f64])
        };
        let arguments = ["--files", &folders[0].parent().unwrap_or(&folders[0]).to_string_lossy(), "--size", "64"];
        let mut peer = lab.peer("folder_load.py", &arguments.map(str::to_owned))?;
        let turns = in_turn(folders.len(), round, peer.as_mut(), &["one process"])?;
        let (median, p95) = turns.spread();
        let files = f64::from(lab.bench.files);
        let row = || {
            Row::new("load")
                .fact("files", lab.bench.files)
                .fact("width", WIDTH)
                .fact("height", HEIGHT)
                .fact("size", SIZE)
                .fact("threads", threads)
                .fact("device", "cpu")
                .figures([
                    ("file_ms", median),
                    ("file_ms_p95", p95),
                    ("files_per_s", 1e3 / median),
                    ("load_s", median * files / 1e3),
                    ("file_mb", bytes as f64 / files / 1e6),
                ])
        };
        let report = &mut lab.report;
        report.add_compared(row, turns.compared)?;
    }
    Ok(())
}

/// Reads a folder as training does; returns the number of pictures.
fn load(folder: &std::path::Path) -> Result<usize> {
    let source = folder.to_string_lossy().into_owned();
    let spec = DataSpec {
        source,
        size: SIZE,
        channels: 3,
        fit: Fit::Crop,
        background: [0; 3],
        seed: 1,
        ..DataSpec::default()
    };
    let loaded = data::open(&spec.source)?.load(&spec, &mut NoWatch)?;
    ensure!(loaded.skipped.is_empty(), "{} has files that do not read; delete it and try again.", folder.display());
    Ok(loaded.train.pixels.count + loaded.test.pixels.count)
}

fn read_all(folder: &PathBuf) -> Result<u64> {
    let unreadable = || format!("{} cannot be read.", folder.display());
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder).with_context(unreadable)? {
        bytes += std::fs::read(entry.with_context(unreadable)?.path()).with_context(unreadable)?.len() as u64;
    }
    Ok(bytes)
}
