//! The training doctor over the curves of whole recipe runs, which `curves.py` thinned.

#![allow(clippy::unwrap_used)] // helpers of tests

use latent_studio::{
    doctor::{Chart, Doctor},
    history::{History, Point},
    models,
    recipes::Recipe,
    spec::{DataShape, RunSpec},
};
use serde::Deserialize;
use std::{collections::BTreeMap, path::Path};

/// One curve: all of its points, or a value at each so-many-th step.
#[derive(Deserialize)]
struct Curve {
    #[serde(default)]
    points: Vec<(u64, f64)>,
    #[serde(default)]
    every: u64,
    #[serde(default)]
    values: Vec<Option<f64>>,
}

impl Curve {
    fn points(self) -> Vec<(u64, f64)> {
        assert!(self.values.iter().all(Option::is_some), "a dense curve with holes would make rules blind");
        let every = self.every;
        let regular = self.values.into_iter().zip(1..).filter_map(|(value, i)| Some((i * every, value?)));
        self.points.into_iter().chain(regular).collect()
    }
}

/// The curves of a recipe's whole run, if it has been made, and its last step.
pub fn curves(recipe: &Recipe) -> Option<(History, u64)> {
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("tests/recipes/curves/{}.json", recipe.id));
    let text = std::fs::read_to_string(file).ok()?;
    let all: BTreeMap<String, Curve> = serde_json::from_str(&text).unwrap();
    let mut points: Vec<Point> = Vec::new();
    for (name, curve) in all {
        points.extend(curve.points().into_iter().map(|(step, value)| Point {
            step,
            name: name.as_str().into(),
            value: value as f32,
        }));
    }
    points.sort_by_key(|point| point.step);
    let last = points.last()?.step;
    let mut history = History::default();
    history.extend(points);
    Some((history, last))
}

/// What the doctor says of these curves from the first step to the last: `step rule`.
pub fn found(recipe: &Recipe, shape: &DataShape, history: &History, last: u64) -> Vec<String> {
    let family = models::family(&recipe.family).unwrap();
    let (knobs, presets) = ((family.knobs)(shape), (family.presets)(shape));
    let set = recipe.knobs(&knobs, &presets).unwrap();
    let spec = RunSpec {
        family: recipe.family.clone(),
        knobs: set,
        shape: shape.clone(),
        steps: recipe.steps,
        ..RunSpec::default()
    };
    let chart =
        Chart { history, spec: &spec, knobs: &knobs, presets: &presets, checkpoints: &[], rollbacks: &[], step: last };
    let doctor = Doctor::examine(&chart, u64::MAX);
    doctor.record().iter().map(|(step, finding)| format!("{step} {}", finding.rule)).collect()
}
