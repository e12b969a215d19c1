//! Bars that a training run must clear, and their margins.
//!
//! Training is chaotic: oneDNN, MKL and OpenMP choose other kernels on other processors and sum in another order, and after a few
//! hundred steps the last bits have become the second digit. So a figure of a run is a random number, and a bar that stands beside
//! what one machine gave is a coin toss on the next. `tests/references/margins.py` runs the tests that use this file over seeds and
//! instruction sets and prints each figure's spread beside its bar; a bar stands at least three standard deviations from what must
//! pass and from what must fail.

#![allow(dead_code)] // each test program uses a part

use std::{env, fmt, fs::OpenOptions, io::Write};

/// Names a file that gets a line of JSON for each figure; nothing is asserted then.
const FIGURES: &str = "LATENT_STUDIO_TEST_FIGURES";
/// A number that shifts the seeds of all runs that are judged; 0 when unset.
const SEED: &str = "LATENT_STUDIO_TEST_SEED";
/// Intra-op threads of all runs that are judged; 1 when unset.
const THREADS: &str = "LATENT_STUDIO_TEST_THREADS";

fn number(name: &str) -> Option<u64> {
    Some(env::var(name).ok()?.parse().unwrap_or_else(|_| panic!("{name} is no whole number")))
}

/// The seed of a run that is judged: the test's own one, unless margins are measured.
pub fn seed(own: u64) -> u64 {
    own + 1_000_003 * number(SEED).unwrap_or(0)
}

/// The number of intra-op threads for a run that is judged.
pub fn threads() -> usize {
    number(THREADS).map_or(1, |count| count as usize)
}

/// Whether margins are measured, so that only figures count.
pub fn measuring() -> bool {
    env::var_os(FIGURES).is_some()
}

/// Where a figure must lie.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Bar {
    /// Less than this.
    Below(f64),
    /// More than this.
    Above(f64),
}

impl Bar {
    /// Whether a figure lies on the good side; no number never does.
    pub fn is_cleared_by(self, value: f64) -> bool {
        match self {
            Self::Below(bar) => value < bar,
            Self::Above(bar) => value > bar,
        }
    }
}

impl fmt::Display for Bar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Below(bar) => write!(f, "< {bar}"),
            Self::Above(bar) => write!(f, "> {bar}"),
        }
    }
}

/// A figure of a run: what it is, its value, its bar.
pub type Figure = (&'static str, f64, Bar);

/// Collects the figures of one test and judges them all together at its end.
#[must_use]
pub struct Judge {
    test: &'static str,
    lines: Vec<String>,
    complaints: Vec<String>,
}

impl Judge {
    /// Of a test, by its name.
    pub fn new(test: &'static str) -> Self {
        Self { test, lines: Vec::new(), complaints: Vec::new() }
    }

    /// What has learned must clear each of its bars.
    pub fn passes(&mut self, subject: &str, figures: &[Figure]) {
        for (figure, value, bar) in figures {
            self.note(subject, "", figure, *value, *bar);
            if !bar.is_cleared_by(*value) {
                self.complaints.push(format!("{subject}: {figure} is {value}, but must be {bar}"));
            }
        }
    }

    /// What was broken on purpose must miss at least one of the same bars.
    pub fn fails(&mut self, subject: &str, plant: &str, figures: &[Figure]) {
        for (figure, value, bar) in figures {
            self.note(subject, plant, figure, *value, *bar);
        }
        if figures.iter().all(|(_, value, bar)| bar.is_cleared_by(*value)) {
            let all: Vec<_> = figures.iter().map(|(figure, value, bar)| format!("{figure} {value} {bar}")).collect();
            self.complaints.push(format!("{subject}: {plant} passes for good: {}", all.join(", ")));
        }
    }

    fn note(&mut self, subject: &str, plant: &str, figure: &str, value: f64, bar: Bar) {
        let (side, at) = match bar {
            Bar::Below(at) => ("below", at),
            Bar::Above(at) => ("above", at),
        };
        let value = if value.is_finite() { value.to_string() } else { "null".into() };
        let test = self.test;
        self.lines.push(format!(
            r#"{{"test":"{test}","subject":"{subject}","plant":"{plant}","figure":"{figure}","value":{value},"side":"{side}","bar":{at}}}"#
        ));
    }

    /// Fails with all complaints at once; or writes the figures down where margins are measured.
    #[track_caller]
    pub fn close(self) {
        if let Some(file) = env::var_os(FIGURES) {
            let text = self.lines.join("\n") + "\n";
            let mut file = OpenOptions::new().create(true).append(true).open(file).expect("the file of figures");
            file.write_all(text.as_bytes()).expect("the file of figures takes lines");
            return;
        }
        assert!(self.complaints.is_empty(), "\n{}\n", self.complaints.join("\n"));
    }
}
