//! `latent-studio compare`: where the settings of runs differ, and what came of them.

use super::{line, shared::print_json, wrong_use};
use crate::{
    engine::{compare, protocol::Comparison},
    run,
};
use anyhow::Result;
use clap::Args;
use serde_json::{Map, Value, json};
use std::path::PathBuf;

/// Arguments of `compare`.
#[derive(Args, Debug)]
pub struct Compare {
    /// Run folders, two or more
    #[arg(required = true)]
    runs: Vec<PathBuf>,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Compare {
    /// Prints the settings that differ, the newest values of the curves that all runs have, and the scores.
    pub fn run(self) -> Result<()> {
        if self.runs.len() < 2 {
            return Err(wrong_use("Name two run folders or more, such as: latent-studio compare runs/a runs/b."));
        }
        for folder in &self.runs {
            if !run::is_run(folder) {
                return Err(wrong_use(format!("There is no run in {}: it has no run.toml.", folder.display())));
            }
        }
        let found = compare(&self.runs, &|_| true)?;
        if self.json {
            print_json(&as_json(&found))?;
        } else {
            for text in table(&rows(&found)) {
                line(&text);
            }
            line(&format!("{} settings are the same.", found.diff.same));
        }
        Ok(())
    }
}

/// Returns the names of the curves that every run has.
fn common(found: &Comparison) -> Vec<String> {
    let all = found.curves().into_iter().filter(|(_, runs)| *runs == found.runs.len());
    all.map(|(name, _)| name.to_string()).collect()
}

fn as_json(found: &Comparison) -> Value {
    let common = common(found);
    let runs = found.runs.iter().map(|run| {
        let last = |name: &String| {
            let value = run.history.get(name).and_then(crate::history::Series::last).filter(|v| v.is_finite());
            (name.clone(), json!(value))
        };
        json!({
            "folder": run.folder.display().to_string(), "name": run.spec.name, "family": run.spec.family,
            "data": run.spec.data.source, "step": run.step, "steps": run.spec.steps,
            "trained_s": run.digest.trained_s, "live_swd": run.digest.live_swd,
            "last": common.iter().map(last).collect::<Map<_, _>>(), "scores": run.digest.card,
        })
    });
    let differ = found.diff.rows.iter().map(|row| json!({ "setting": row.id, "values": row.values }));
    json!({
        "runs": runs.collect::<Vec<_>>(), "differ": differ.collect::<Vec<_>>(), "same": found.diff.same,
        "curves": common,
    })
}

/// Returns the rows of the table: the row's name, then a cell for each run.
fn rows(found: &Comparison) -> Vec<Vec<String>> {
    let row = |name: &str, cell: &dyn Fn(usize) -> String| {
        std::iter::once(name.to_owned()).chain((0..found.runs.len()).map(cell)).collect::<Vec<_>>()
    };
    let runs = &found.runs;
    let number = |value: Option<f64>| value.filter(|v| v.is_finite()).map_or_else(|| "–".into(), |v| format!("{v:.4}"));
    let mut out = vec![
        row("run", &|i| runs[i].spec.name.clone()),
        row("step", &|i| runs[i].step.to_string()),
        row("minutes", &|i| number(runs[i].digest.trained_s.map(|s| f64::from(s) / 60.0))),
    ];
    out.extend(found.diff.rows.iter().map(|r| row(&r.id, &|i| r.values[i].clone())));
    for name in common(found) {
        out.push(row(&name, &|i| number(runs[i].history.get(&name).and_then(crate::history::Series::last))));
    }
    for (measure, values) in found.scores() {
        out.push(row(&measure, &|i| number(values[i].as_ref().map(|score| score.value))));
    }
    out
}

/// Formats rows as lines, with columns as wide as their widest cell.
fn table(rows: &[Vec<String>]) -> Vec<String> {
    let columns = rows.first().map_or(0, Vec::len);
    let length = |text: &String| text.chars().count();
    let widths: Vec<_> = (0..columns).map(|c| rows.iter().map(|r| length(&r[c])).max().unwrap_or(0)).collect();
    let cell = |(text, width): (&String, &usize)| format!("{text}{}", " ".repeat(width - length(text)));
    rows.iter().map(|r| r.iter().zip(&widths).map(cell).collect::<Vec<_>>().join("  ").trim_end().to_owned()).collect()
}

#[cfg(test)]
mod tests {
    use super::table;
    use crate::cli::{
        Command,
        testing::{command, wrong_use_of},
    };

    #[test]
    fn two_run_folders_are_needed() {
        let why = |words: &str| {
            let Command::Compare(compare) = command(&format!("compare {words}")) else { panic!("{words}") };
            wrong_use_of(compare.run())
        };
        assert!(why("a").starts_with("Name two run folders or more"));
        assert_eq!(why("nowhere/a nowhere/b"), "There is no run in nowhere/a: it has no run.toml.");
    }

    #[test]
    fn columns_are_as_wide_as_their_widest_cell() {
        let rows = [["a", "ä–x", "1"], ["long", "b", "22"]].map(|r| r.map(str::to_owned).to_vec());
        assert_eq!(table(&rows), ["a     ä–x  1", "long  b    22"]);
    }
}
