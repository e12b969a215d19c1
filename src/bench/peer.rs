//! A Python process that measures one round on request.

use super::turns::Rival;
use crate::terminal::wrong_use;
use anyhow::{Context, Result, bail};
use serde_json::Value as Json;
use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

/// A running peer script, which is ended when this is dropped.
pub struct Peer {
    child: Child,
    orders: Option<ChildStdin>,
    answers: BufReader<ChildStdout>,
    name: String,
}

/// A line that a peer script printed.
#[derive(Debug, PartialEq)]
enum Said {
    /// The script is ready; the name and version of what it measures.
    Ready(String),
    /// This Python lacks the named module.
    Missing(String),
    /// The milliseconds of each repetition of a round.
    Round(Vec<f64>),
}

/// Refuses, before anything is measured, an interpreter that does not start and a folder without scripts.
pub fn check(python: &Path, peers: &Path) -> Result<()> {
    let answer = Command::new(python).arg("--version").stdin(Stdio::null()).output();
    if !answer.is_ok_and(|output| output.status.success()) {
        return Err(wrong_use(format!(
            "{} is no Python that starts; nothing was measured. Give --against the path of one that has torch.",
            python.display()
        )));
    }
    if !peers.is_dir() {
        return Err(wrong_use(format!(
            "The scripts to compare with are not in {}; nothing was measured. Name their folder with --peers.",
            peers.display()
        )));
    }
    Ok(())
}

impl Peer {
    /// Starts a script and waits until it is ready. `None`, and a sentence in the log, where a module is missing.
    pub fn start(python: &Path, script: &Path, arguments: &[String]) -> Result<Option<Self>> {
        let mut child = Command::new(python)
            .arg(script)
            .args(arguments)
            .arg("--paced")
            // The peer runs as its users run it, without our own limit on how long OpenMP spins.
            .env_remove("GOMP_SPINCOUNT")
            .env("PYTHONDONTWRITEBYTECODE", "1")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .with_context(|| format!("{} could not be started.", python.display()))?;
        let (orders, answers) = (child.stdin.take(), child.stdout.take().context("It has no output.")?);
        let mut peer = Self { child, orders, answers: BufReader::new(answers), name: String::new() };
        match peer.listen()? {
            Said::Ready(name) => peer.name = name,
            Said::Missing(module) => {
                tracing::warn!(
                    "{} has no module called {module}, so nothing is compared with {}; install it there or give --against \
                     another Python.",
                    python.display(),
                    script.file_name().unwrap_or_default().display()
                );
                return Ok(None);
            }
            Said::Round(_) => bail!("It measured before it was asked."),
        }
        Ok(Some(peer))
    }

    fn listen(&mut self) -> Result<Said> {
        let mut line = String::new();
        if self.answers.read_line(&mut line).context("Its answer could not be read.")? == 0 {
            bail!("It ended without an answer.");
        }
        heard(&line)
    }
}

impl Rival for Peer {
    /// Returns the name of the peer without its version.
    fn name(&self) -> &str {
        self.name.split(' ').next().unwrap_or_default()
    }

    fn round(&mut self, variant: &str) -> Result<Vec<f64>> {
        let orders = self.orders.as_mut().context("It takes no orders.")?;
        writeln!(orders, "{variant}").and_then(|()| orders.flush()).context("It takes no orders any more.")?;
        match self.listen()? {
            Said::Round(samples) => Ok(samples),
            said => bail!("It said {said:?} where a round was due."),
        }
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        self.orders = None;
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Reads a line of a script.
fn heard(line: &str) -> Result<Said> {
    let strange = || format!("It printed what is no measurement: {}", line.trim());
    let object: Json = serde_json::from_str(line).with_context(strange)?;
    let word = |key: &str| object.get(key).and_then(Json::as_str).map(str::to_owned);
    if let Some(module) = word("missing") {
        return Ok(Said::Missing(module));
    }
    if let Some(name) = word("ready") {
        return Ok(Said::Ready(name));
    }
    let samples = object.get("samples_ms").and_then(Json::as_array).with_context(strange)?;
    let samples: Option<Vec<f64>> = samples.iter().map(|v| v.as_f64().filter(|ms| *ms > 0.0)).collect();
    Ok(Said::Round(samples.filter(|all| !all.is_empty()).with_context(strange)?))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_of_scripts_are_read() {
        assert_eq!(heard("{\"ready\": \"pytorch 2.11.0\"}\n").unwrap(), Said::Ready("pytorch 2.11.0".into()));
        assert_eq!(heard("{\"missing\": \"PIL\"}").unwrap(), Said::Missing("PIL".into()));
        let round = "{\"variant\": \"eager\", \"samples_ms\": [176.5, 180]}";
        assert_eq!(heard(round).unwrap(), Said::Round(vec![176.5, 180.0]));
        for wrong in ["", "hello", "{}", "{\"samples_ms\": []}", "{\"samples_ms\": [0]}", "{\"samples_ms\": [\"1\"]}"] {
            assert!(heard(wrong).is_err(), "{wrong}");
        }
    }
}
