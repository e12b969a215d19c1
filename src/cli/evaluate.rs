//! `latent-studio evaluate`: how good a run's pictures are, or those of a folder.

use super::{
    device, line, place,
    progress::ProgressLine,
    shared::{cores, preparation, print_json},
    wrong_use,
};
use crate::{
    data,
    engine::{
        evaluate::{Desk, Outcome, evaluate},
        protocol::{Evaluation, Subject},
    },
    metrics, nn, run,
    scores::{Better, Score, formatted},
    terminal::unknown,
};
use anyhow::Result;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `evaluate`.
#[derive(Args, Debug)]
pub struct Evaluate {
    /// A run folder, or a starter such as starter:glyphs
    #[arg(required_unless_present = "pictures")]
    run: Option<PathBuf>,
    /// Measure the pictures of a folder instead, whoever drew them; sub-folders called like classes say what was asked for
    #[arg(long, value_name = "FOLDER", conflicts_with_all = ["run", "step", "raw"], requires = "data")]
    pictures: Option<PathBuf>,
    /// The data that pictures should be like, instead of the run's own
    #[arg(long, value_name = "SOURCE")]
    data: Option<String>,
    /// How the data of --pictures are prepared: size, channels, fit, background
    #[arg(long, value_name = "ID=VALUE", requires = "pictures")]
    set: Vec<String>,
    /// Draws the built-in data and the split of --pictures
    #[arg(long, default_value_t = 1, requires = "pictures")]
    data_seed: u64,
    /// How many pictures to look at; fewer where the data have not twice as many
    #[arg(long, default_value_t = 2_000)]
    count: usize,
    /// The checkpoint of this step instead of the newest
    #[arg(long)]
    step: Option<u64>,
    /// The raw weights instead of their average
    #[arg(long)]
    raw: bool,
    /// Measures to take, such as swd,coverage; all that fit if it is not said
    #[arg(long, value_delimiter = ',', value_name = "IDS")]
    metrics: Vec<String>,
    /// Picture i is that of seed + i
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// Where to calculate: auto (a graphics card if there is one), cpu, or cuda:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    device: String,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

/// Most pictures that are measured; more would take hours.
const MOST: usize = 100_000;

impl Evaluate {
    /// Measures and prints the scores; those of a run folder are kept in it.
    pub fn run(self) -> Result<()> {
        if !(2..=MOST).contains(&self.count) {
            return Err(wrong_use(format!("--count is a whole number from 2 to {MOST}.")));
        }
        if let Some(id) = self.metrics.iter().find(|id| metrics::metric_of(id).is_none()) {
            return Err(unknown("measure", id, metrics::METRICS.iter().map(|metric| metric.card.id)));
        }
        let device = device(&self.device)?.resolve()?;
        let threads = cores();
        let order =
            Evaluation { subject: self.subject()?, count: self.count, seed: self.seed, metrics: self.metrics.clone() };
        let desk = Desk { device, threads, classifiers: run::home().classifiers(), at_hand: &|_| None };
        nn::use_threads(threads);
        let mut progress = ProgressLine::new();
        let outcome = evaluate(&order, &desk, &mut |what, done, total| {
            progress.show(&format!("{what} {done}/{total}"));
            true
        });
        progress.clear();
        self.print(&outcome?)
    }

    fn subject(&self) -> Result<Subject> {
        if let (Some(folder), Some(source)) = (&self.pictures, &self.data) {
            let data = preparation(data::open(source)?.as_ref(), source, &self.set, self.data_seed)?;
            return Ok(Subject::Pictures { folder: folder.clone(), data });
        }
        let Some(run) = &self.run else { return Err(wrong_use("Say which run to measure, or --pictures and --data.")) };
        Ok(Subject::Run { place: place(run), step: self.step, ema: !self.raw, data: self.data.clone() })
    }

    fn print(&self, outcome: &Outcome) -> Result<()> {
        if self.json {
            let all: Vec<_> = outcome.card.scores.iter().map(object).collect();
            print_json(&all)?;
            outcome.notes.iter().for_each(|note| eprintln!("{note}"));
            return Ok(());
        }
        let card = &outcome.card;
        let whose = if self.pictures.is_some() {
            "Pictures of the folder".to_owned()
        } else {
            format!("Step {}, {} weights", card.step, if card.weights == "ema" { "averaged" } else { "raw" })
        };
        line(&format!("{whose}, held against {}", card.data));
        line(&row(["measure", "value", "floor", "count", "better", "seen through"].map(str::to_owned)));
        for score in &card.scores {
            line(&row([
                score.metric.clone(),
                formatted(score.value),
                score.floor.map_or_else(|| "–".into(), formatted),
                score.count.to_string(),
                word(&score.metric).into(),
                score.embedding.clone().unwrap_or_default(),
            ]));
        }
        outcome.notes.iter().for_each(|note| line(note));
        Ok(())
    }
}

fn object(score: &Score) -> serde_json::Value {
    json!({
        "metric": score.metric, "value": score.value, "floor": score.floor, "count": score.count,
        "embedding": score.embedding, "better": word(&score.metric),
    })
}

/// Says which values of a metric are better.
fn word(metric: &str) -> &'static str {
    match metrics::metric_of(metric).map(|m| m.card.better) {
        Some(Better::Lower) => "lower",
        Some(Better::Higher) => "higher",
        _ => "near floor",
    }
}

fn row([metric, value, floor, count, better, feature_extractor]: [String; 6]) -> String {
    format!("{metric:<15} {value:>10} {floor:>10} {count:>7}  {better:<10}  {feature_extractor}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{
        Command,
        testing::{command, unparsed, wrong_use_of},
    };

    fn parsed(words: &str) -> Evaluate {
        let Command::Evaluate(evaluate) = command(&format!("evaluate {words}")) else { panic!("{words}") };
        evaluate
    }

    #[test]
    fn wrong_values_are_told_before_anything_is_opened() {
        for count in [1, 100_001] {
            let why = wrong_use_of(parsed(&format!("nowhere --count {count}")).run());
            assert_eq!(why, "--count is a whole number from 2 to 100000.");
        }
        let why = wrong_use_of(parsed("nowhere --metrics swd,beauty").run());
        assert!(why.starts_with("There is no measure called \"beauty\"; there are ") && why.contains("swd"), "{why}");
        assert!(unparsed("evaluate").contains("RUN"));
        assert!(unparsed("evaluate --pictures a").contains("--data"), "held against what?");
    }

    #[test]
    fn a_run_is_measured_with_its_average_on_as_many_pictures_as_in_the_window() {
        let evaluate = parsed("starter:glyphs");
        assert_eq!(evaluate.count, crate::desk::Desk::default().score_count);
        let place = crate::engine::protocol::Place::Starter("glyphs".into());
        assert_eq!(evaluate.subject().unwrap(), Subject::Run { place, step: None, ema: true, data: None });
        let folder = parsed("--pictures a --data shapes:64 --set size=64 --data-seed 3").subject().unwrap();
        let Subject::Pictures { folder, data } = folder else { panic!("{folder:?}") };
        assert_eq!((folder, data.size, data.seed), (PathBuf::from("a"), 64, 3));
    }

    #[test]
    fn each_metric_says_which_way_is_better() {
        assert_eq!((word("swd"), word("psnr"), word("nearest")), ("lower", "higher", "near floor"));
    }
}
