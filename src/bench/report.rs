//! The report of `bench`: rows are printed as they come, and kept as `bench.json` and `bench.md` if a folder is named.

use super::turns::Compared;
use crate::{
    run::atomic,
    terminal::{line, make_parent},
};
use anyhow::Result;
use serde_json::{Value as Json, json};
use std::fmt::Write;
use std::path::{Path, PathBuf};

/// One row: what was measured, its figures, and what they were compared to.
pub struct Row {
    bench: &'static str,
    facts: Vec<(&'static str, Json)>,
    figures: Vec<(&'static str, f64)>,
    compared: Option<Compared>,
    load: Json,
}

impl Row {
    /// Makes a row of this measurement without facts and figures.
    pub fn new(bench: &'static str) -> Self {
        Self { bench, facts: Vec::new(), figures: Vec::new(), compared: None, load: Json::Null }
    }

    /// Adds something that names the case.
    pub fn fact(mut self, key: &'static str, value: impl Into<Json>) -> Self {
        self.facts.push((key, value.into()));
        self
    }

    /// Adds figures. Their names end with the unit, such as `step_ms`.
    pub fn figures(mut self, figures: impl IntoIterator<Item = (&'static str, f64)>) -> Self {
        self.figures.extend(figures);
        self
    }

    /// Adds what the figures were compared to.
    pub fn against(mut self, compared: Option<Compared>) -> Self {
        self.compared = compared;
        self
    }

    /// Returns the row as JSON, in reading order. `against` is null if it was compared to nothing.
    fn pairs(&self) -> Vec<(&'static str, Json)> {
        let mut pairs = vec![("bench", self.bench.into())];
        pairs.extend(self.facts.iter().cloned());
        pairs.extend(self.figures.iter().map(|(key, value)| (*key, rounded(*value))));
        pairs.push(("against", self.compared.as_ref().map_or(Json::Null, |to| to.against.clone().into())));
        if let Some(to) = &self.compared {
            let of_peer = [("peer_ms", to.peer_ms), ("peer_ms_p95", to.peer_ms_p95), ("ratio", to.ratio)];
            pairs.extend(of_peer.map(|(key, value)| (key, rounded(value))));
        }
        pairs.push(("load_average", self.load.clone()));
        pairs
    }

    fn object(&self) -> Json {
        Json::Object(self.pairs().into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
    }

    fn words(&self) -> String {
        self.pairs().iter().map(|(k, v)| format!("{k} {:<7}", plain(v))).collect::<Vec<_>>().join(" ")
    }

    /// Returns the row as a line of text for people.
    fn cells(&self) -> String {
        let facts: Vec<_> = self.facts.iter().map(|(k, v)| format!("{k} {}", plain(v))).collect();
        let figures: Vec<_> = self.figures.iter().map(|(k, v)| format!("{k} **{}**", plain(&rounded(*v)))).collect();
        let [against, peer, ratio] = match &self.compared {
            None => [const { String::new() }; 3],
            Some(to) => [
                to.against.clone(),
                format!("{} ms, p95 {}", plain(&rounded(to.peer_ms)), plain(&rounded(to.peer_ms_p95))),
                format!("**{:.2}×**", to.ratio),
            ],
        };
        let load = plain(&self.load);
        format!(
            "| {} | {} | {} | {against} | {peer} | {ratio} | {load} |",
            self.bench,
            facts.join(", "),
            figures.join(", ")
        )
    }
}

/// Prints rows and keeps them.
pub struct Report {
    json: bool,
    out: Option<PathBuf>,
    rows: Vec<Row>,
}

impl Report {
    /// Prints JSON or text. The folder `out` is made if it is missing.
    pub fn new(json: bool, out: Option<&Path>) -> Result<Self> {
        if let Some(out) = out {
            make_parent(&out.join("bench.json"))?;
        }
        Ok(Self { json, out: out.map(Path::to_owned), rows: Vec::new() })
    }

    /// Prints a row and rewrites the files, so that a bench that is cancelled leaves what it has.
    pub fn add(&mut self, mut row: Row) -> Result<()> {
        row.load = load_average();
        line(&if self.json { row.object().to_string() } else { row.words() });
        self.rows.push(row);
        if let Some(out) = &self.out {
            let lines: Vec<_> = self.rows.iter().map(|row| row.object().to_string()).collect();
            atomic::write(&out.join("bench.json"), (lines.join("\n") + "\n").as_bytes())?;
            atomic::write(&out.join("bench.md"), self.table().as_bytes())?;
        }
        Ok(())
    }

    /// Adds a row for each comparison, or one row without.
    pub fn add_compared(&mut self, row: impl Fn() -> Row, compared: Vec<Compared>) -> Result<()> {
        if compared.is_empty() {
            return self.add(row());
        }
        compared.into_iter().try_for_each(|to| self.add(row().against(Some(to))))
    }

    fn table(&self) -> String {
        let mut text = String::from(
            "| bench | what | figures | against | its median | ratio | load average |\n|---|---|---|---|---|---|---|\n",
        );
        for row in &self.rows {
            let _ = writeln!(text, "{}", row.cells());
        }
        text + "\nA ratio above 1 means that Latent Studio is that many times as fast.\n"
    }
}

fn plain(value: &Json) -> String {
    match value {
        Json::Null => "–".into(),
        value => value.as_str().map_or_else(|| value.to_string(), str::to_owned),
    }
}

/// Rounds to three decimals; null for what is not a finite number.
fn rounded(value: f64) -> Json {
    json!((value * 1e3).round() / 1e3)
}

fn load_average() -> Json {
    let text = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    json!(text.split_whitespace().next().and_then(|v| v.parse::<f64>().ok()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row() -> Row {
        Row::new("train").fact("size", 32).fact("device", "cpu").figures([("step_ms", 76.12345), ("step_ms_p95", 80.0)])
    }

    fn compared() -> Compared {
        Compared { against: "pytorch tuned bf16".into(), peer_ms: 68.0, peer_ms_p95: 70.5, ratio: 0.893_31 }
    }

    #[test]
    fn a_line_reads_back() {
        let alone = row().object();
        assert_eq!(alone["step_ms"], 76.123);
        assert_eq!((&alone["size"], &alone["against"]), (&json!(32), &Json::Null));
        let with = row().against(Some(compared())).object();
        assert_eq!(with["against"], "pytorch tuned bf16");
        assert_eq!((&with["peer_ms"], &with["ratio"]), (&json!(68.0), &json!(0.893)));
        assert_eq!(Row::new("x").figures([("a_ms", f64::NAN)]).object()["a_ms"], Json::Null);
    }

    #[test]
    fn the_files_hold_every_line() {
        let home = tempfile::tempdir().unwrap();
        let out = home.path().join("a/b");
        let mut report = Report::new(true, Some(&out)).unwrap();
        report.add_compared(row, vec![]).unwrap();
        report.add_compared(row, vec![compared(), compared()]).unwrap();
        let lines = std::fs::read_to_string(out.join("bench.json")).unwrap();
        let lines: Vec<Json> = lines.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!(lines.len(), 3);
        assert!(lines.iter().all(|line| line["bench"] == "train"));
        let table = std::fs::read_to_string(out.join("bench.md")).unwrap();
        let rows: Vec<_> = table.lines().filter(|line| line.starts_with('|')).collect();
        assert_eq!(rows.len(), 5, "a head, a rule, three lines");
        assert!(rows.iter().all(|row| row.matches('|').count() == 8), "{table}");
        assert!(rows[4].contains("| pytorch tuned bf16 | 68.0 ms, p95 70.5 | **0.89×** |"), "{table}");
        assert!(rows[2].contains("size 32, device cpu | step_ms **76.123**"), "{table}");
    }
}
