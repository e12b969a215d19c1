//! `bench startup`: from the start of the process to its window, and to the first starter's pictures in it.

use super::{lab::Lab, report::Row, spread::spread};
use crate::{nn, terminal::has_display};
use anyhow::{Context, Result, bail};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

/// The lines that the program prints when its window and its first pictures are on the screen.
pub const WORDS: [&str; 2] = ["window", "pictures"];

/// Starts the program several times as a person does: with the OpenMP variables unset. It gets an empty home folder.
pub fn measure(lab: &mut Lab<'_>) -> Result<()> {
    if !has_display() {
        tracing::warn!("The start is not measured: there is no display.");
        return Ok(());
    }
    let home = tempfile::tempdir()?;
    // The first start reads from a cold disk and is not counted.
    start(lab, home.path())?;
    let times = (0..lab.bench.rounds).map(|_| start(lab, home.path())).collect::<Result<Vec<_>>>()?;
    let (window, window_p95) = spread(times.iter().map(|t| t[0]).collect());
    let (pictures, pictures_p95) = spread(times.iter().map(|t| t[1]).collect());
    let row = Row::new("startup")
        .fact("rounds", lab.bench.rounds)
        .fact("threads", lab.threads())
        .fact("device", nn::device_word(lab.device))
        .figures([
            ("window_ms", window),
            ("window_ms_p95", window_p95),
            ("pictures_ms", pictures),
            ("pictures_ms_p95", pictures_p95),
        ]);
    lab.report.add(row)
}

/// Returns the milliseconds from the start of the process to the window and to the pictures.
fn start(lab: &Lab<'_>, home: &Path) -> Result<[f64; 2]> {
    let program = std::env::current_exe().context("The program does not know where it is.")?;
    let mut command = Command::new(program);
    command.args(["open", "--report-startup"]).env("LATENT_STUDIO_HOME", home).env_remove("GOMP_SPINCOUNT");
    if let Some(renderer) = &lab.bench.renderer {
        command.args(["--renderer", renderer]);
    }
    let begin = Instant::now();
    let mut child = command.stdin(Stdio::null()).stdout(Stdio::piped()).spawn().context("It did not start.")?;
    let output = child.stdout.take().context("It has no output.")?;
    let mut times = [f64::NAN; 2];
    for line in BufReader::new(output).lines() {
        let line = line.context("Its output could not be read.")?;
        if let Some(i) = WORDS.iter().position(|word| *word == line.trim()) {
            times[i] = begin.elapsed().as_secs_f64() * 1e3;
        }
    }
    let status = child.wait().context("It did not end.")?;
    if !status.success() || times.iter().any(|t| t.is_nan()) {
        bail!("The window did not get as far as the first pictures; start the program by hand to see why.");
    }
    Ok(times)
}
