//! What a run came to, what its settings are in short, and where the settings of several runs differ.

use crate::{
    scores::ScoreCard,
    spec::{Group, Knob, Preset, RunSpec, Value},
};
use serde_json::Value as Json;

/// What a run came to, as far as its folder tells.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Digest {
    /// Seconds of training up to the newest checkpoint, pauses left out.
    pub trained_s: Option<f32>,
    /// The run's newest scores.
    pub card: Option<ScoreCard>,
    /// The newest sliced Wasserstein distance that was measured while it trained.
    pub live_swd: Option<f32>,
}

impl Digest {
    /// The one number that runs are sorted by, the lower the better: the sliced Wasserstein distance of the newest scores or, before
    /// there are any, of the live curve.
    pub fn swd(&self) -> Option<f64> {
        let scored = self.card.as_ref().and_then(|card| card.value("swd"));
        scored.or(self.live_swd.map(f64::from)).filter(|v| v.is_finite())
    }
}

/// Where the settings of runs differ.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    /// The settings that are not the same in all of them.
    pub rows: Vec<Row>,
    /// How many settings are.
    pub same: usize,
}

/// One setting of several runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Id of the knob, or name of the field in `run.toml`: `lr`, `data.source`.
    pub id: String,
    /// Its value in each run, in their order; `–` where a run has no such setting.
    pub values: Vec<String>,
}

/// What says who a run is rather than what it does.
const IDENTITY: [&str; 6] = ["format", "name", "begun", "class_names", "program", "libtorch"];
/// Knobs that only repeat what stands under `data`, which is what was done.
const REPEATED: [&str; 4] = ["size", "channels", "fit", "background"];

/// All settings of a run by id: fields of `run.toml` first, then knobs. Whatever the spec comes to hold is among them.
pub fn settings(spec: &RunSpec) -> Vec<(String, String)> {
    let Ok(Json::Object(mut fields)) = serde_json::to_value(spec) else { return Vec::new() };
    let knobs = fields.remove("knobs");
    let mut out = Vec::new();
    for (id, value) in fields.iter().filter(|(id, _)| !IDENTITY.contains(&id.as_str())) {
        flatten(id, value, &mut out);
    }
    if let Some(Json::Object(knobs)) = knobs {
        for (id, value) in knobs.iter().filter(|(id, _)| !REPEATED.contains(&id.as_str())) {
            flatten(id, value, &mut out);
        }
    }
    out
}

fn flatten(id: &str, value: &Json, out: &mut Vec<(String, String)>) {
    let words = match value {
        Json::Object(fields) => {
            for (field, value) in fields {
                flatten(&format!("{id}.{field}"), value, out);
            }
            return;
        }
        Json::Bool(on) => if *on { "on" } else { "off" }.to_owned(),
        Json::String(text) if id == "fingerprint" => text.chars().take(12).collect(),
        Json::String(text) => text.clone(),
        Json::Array(list) => list.iter().map(Json::to_string).collect::<Vec<_>>().join(" "),
        other => other.to_string(),
    };
    out.push((id.to_owned(), words));
}

/// Where the settings of these runs differ.
pub fn diff(specs: &[&RunSpec]) -> Diff {
    let all: Vec<_> = specs.iter().map(|spec| settings(spec)).collect();
    let mut ids: Vec<&String> = Vec::new();
    for (id, _) in all.iter().flatten() {
        if !ids.contains(&id) {
            ids.push(id);
        }
    }
    let mut diff = Diff::default();
    for id in ids {
        let value = |run: &Vec<(String, String)>| {
            run.iter().find(|(other, _)| other == id).map_or_else(|| "–".to_owned(), |(_, value)| value.clone())
        };
        let values: Vec<String> = all.iter().map(value).collect();
        if values.windows(2).all(|pair| pair[0] == pair[1]) {
            diff.same += 1;
        } else {
            diff.rows.push(Row { id: id.clone(), values });
        }
    }
    diff
}

/// The settings of a run in short: the preset they are nearest to and what differs from it, such as `quick, width 48`. `knobs` and
/// `presets` are those of its family.
pub fn in_short(spec: &RunSpec, knobs: &[Knob], presets: &[Preset]) -> String {
    // What a run gets from its length is no choice.
    let counts = |knob: &&Knob| knob.group != Group::Data && knob.id != "horizon";
    let differs = |set: &dyn Fn(&Knob) -> Value| -> Vec<String> {
        let other = |k: &&Knob| spec.knobs.get(&k.id).is_some_and(|value| !alike(value, &set(k)));
        let named =
            |k: &Knob| format!("{} {}", k.label.to_lowercase(), spec.knobs.get(&k.id).map_or(String::new(), brief));
        knobs.iter().filter(counts).filter(other).map(named).collect()
    };
    let plain = differs(&|k| k.start());
    let by_preset =
        presets.iter().map(|p| (Some(&p.title), differs(&|k| p.set.get(&k.id).cloned().unwrap_or(k.start()))));
    let nearest = by_preset.chain(std::iter::once((None, plain))).min_by_key(|(_, differing)| differing.len());
    let Some((preset, differing)) = nearest else { return String::new() };
    let words: Vec<String> = preset.cloned().into_iter().chain(differing).collect();
    if words.is_empty() { "as the form starts".into() } else { words.join(", ") }
}

fn alike(a: &Value, b: &Value) -> bool {
    let number = |value: &Value| match value {
        Value::Int(n) => Some(*n as f64),
        Value::Real(n) => Some(*n),
        _ => None,
    };
    match (number(a), number(b)) {
        (Some(a), Some(b)) => (a - b).abs() <= 1e-9 * a.abs().max(b.abs()),
        _ => a == b,
    }
}

/// A value in few letters: `1e-4` rather than `0.0001`.
fn brief(value: &Value) -> String {
    match value {
        Value::Real(v) if *v != 0.0 && v.abs() < 1e-3 => format!("{v:e}"),
        other => other.to_string(),
    }
}

/// Seconds of training at a step. `marks` are known moments, step and seconds, rising; between them, and beyond, the pace is taken as
/// even. Nothing without a mark.
pub fn seconds_at(marks: &[(u64, f32)], step: f64) -> Option<f64> {
    let after = marks.partition_point(|(at, _)| (*at as f64) < step).min(marks.len().checked_sub(1)?);
    let (to, end) = marks[after];
    let (from, begin) = after.checked_sub(1).map_or((0, 0.0), |before| marks[before]);
    let steps = to.checked_sub(from).filter(|n| *n > 0)? as f64;
    Some(f64::from(begin) + (step - from as f64) / steps * f64::from(end - begin))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scores::Score;
    use crate::spec::{DataSpec, Effect, Kind, Knobs};

    fn spec(knobs: &[(&str, Value)]) -> RunSpec {
        let data = DataSpec { source: "glyphs".into(), size: 28, channels: 1, seed: 1, ..DataSpec::default() };
        RunSpec {
            name: "one".into(),
            family: "dcgan".into(),
            steps: 100,
            threads: 2,
            program: "0".into(),
            libtorch: "2".into(),
            begun: 5,
            fingerprint: "0123456789abcdef".into(),
            data,
            knobs: Knobs(knobs.iter().map(|(id, value)| ((*id).to_owned(), value.clone())).collect()),
            ..RunSpec::default()
        }
    }

    fn knob(id: &str, kind: Kind) -> Knob {
        let (group, effect) = (Group::Model, Effect::NextRun);
        Knob { id: id.into(), label: id.to_uppercase(), help: String::new(), group, kind, effect }
    }

    #[test]
    fn only_what_differs_is_a_row_and_names_do_not_count() {
        let a = spec(&[("lr", Value::Real(5e-4)), ("width", Value::Int(32)), ("size", Value::Int(1))]);
        let mut b = spec(&[("lr", Value::Real(1e-3)), ("width", Value::Int(32)), ("flip", Value::Flag(true))]);
        (b.name, b.begun, b.steps) = ("two".into(), 9, 200);
        b.data.source = "shapes".into();
        let found = diff(&[&a, &b]);
        let rows: Vec<_> = found.rows.iter().map(|r| (r.id.as_str(), r.values.join(" | "))).collect();
        let row = |id, values: &str| (id, values.to_owned());
        assert_eq!(
            rows,
            [
                row("data.source", "glyphs | shapes"),
                row("steps", "100 | 200"),
                row("lr", "0.0005 | 0.001"),
                row("flip", "– | on"),
            ]
        );
        let same = diff(&[&a, &a]);
        assert_eq!((same.rows.len(), same.same), (0, settings(&a).len()));
        assert_eq!(found.same + found.rows.len(), same.same + 1, "flip is in one of them only");
        assert!(settings(&a).contains(&("fingerprint".into(), "0123456789ab".into())));
    }

    #[test]
    fn settings_in_short_are_a_preset_and_what_was_changed() {
        let knobs = [
            knob("width", Kind::Int { min: 1, max: 64, start: 32 }),
            knob("lr", Kind::Real { min: 0.0, max: 1.0, start: 1e-3, log: false }),
            knob("horizon", Kind::Int { min: 0, max: 9_999, start: 0 }),
        ];
        let preset = |title: &str, set: &[(&str, Value)]| Preset {
            id: title.into(),
            title: title.into(),
            about: String::new(),
            set: spec(set).knobs,
        };
        let presets = [preset("quick", &[]), preset("wide", &[("width", Value::Int(64))])];
        let short = |width: i64, lr: Value| {
            let run = spec(&[("width", Value::Int(width)), ("lr", lr), ("horizon", Value::Int(500))]);
            in_short(&run, &knobs, &presets)
        };
        assert_eq!(short(32, Value::Real(1e-3)), "quick");
        assert_eq!(short(64, Value::Real(2e-4)), "wide, lr 2e-4");
        assert_eq!(short(16, Value::Int(1)), "quick, width 16, lr 1");
        assert_eq!(in_short(&spec(&[]), &knobs, &[]), "as the form starts");
    }

    #[test]
    fn a_step_has_its_moment_between_two_marks() {
        assert_eq!(seconds_at(&[], 5.0), None);
        let marks = [(100, 10.0), (200, 40.0)];
        let at = |step: f64| seconds_at(&marks, step).unwrap();
        for (step, secs) in [(0.0, 0.0), (50.0, 5.0), (100.0, 10.0), (150.0, 25.0), (200.0, 40.0), (300.0, 70.0)] {
            assert!((at(step) - secs).abs() < 1e-9, "{step}");
        }
        assert_eq!(seconds_at(&[(0, 0.0)], 5.0), None, "nothing was trained");
    }

    #[test]
    fn measured_scores_go_before_the_live_curve() {
        let mut digest = Digest { live_swd: Some(9.0), ..Digest::default() };
        assert_eq!(digest.swd(), Some(9.0));
        let score =
            |metric: &str, value| Score { metric: metric.into(), value, floor: None, count: 10, embedding: None };
        let card = |scores| ScoreCard {
            step: 5,
            weights: "ema".into(),
            data: "glyphs".into(),
            fingerprint: String::new(),
            split: "test".into(),
            scores,
        };
        digest.card = Some(card(vec![score("recall", 0.5)]));
        assert_eq!(digest.swd(), Some(9.0));
        digest.card = Some(card(vec![score("recall", 0.5), score("swd", 4.0)]));
        assert_eq!(digest.swd(), Some(4.0));
    }
}
