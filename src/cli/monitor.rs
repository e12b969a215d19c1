//! The training doctor on the command line: follows a run while it trains, and examines one that is inspected.

use crate::{
    doctor::{Chart, Cure, Doctor, Finding, Rollback},
    engine::protocol::OpenedRun,
    history::{History, Point},
    models,
    run::{self, Change},
    spec::{Knob, Preset, RunSpec},
};
use serde_json::{Value, json};

/// Follows a run that trains and reports findings.
#[derive(Default)]
pub struct RunMonitor {
    doctor: Doctor,
    history: History,
    spec: Option<RunSpec>,
    knobs: Vec<Knob>,
    presets: Vec<Preset>,
    checkpoints: Vec<u64>,
    rollbacks: Vec<Rollback>,
    step: u64,
}

impl RunMonitor {
    /// Begins to follow a run with these points of its curves so far.
    pub fn begin(&mut self, spec: &RunSpec, points: Vec<Point>) {
        if let Ok(family) = models::family(&spec.family) {
            (self.knobs, self.presets) = ((family.knobs)(&spec.shape), (family.presets)(&spec.shape));
        }
        self.step = points.last().map_or(0, |p| p.step);
        self.history.extend(points);
        self.spec = Some(spec.clone());
        if let Some(chart) = self.chart() {
            self.doctor = Doctor::examine(&chart, 1_000);
        }
    }

    /// Takes over new points and returns a line for each new finding.
    pub fn look(&mut self, points: &[Point]) -> Vec<String> {
        self.step = points.iter().map(|p| p.step).fold(self.step, u64::max);
        self.history.extend(points.iter().cloned());
        let mut doctor = std::mem::take(&mut self.doctor);
        let fresh = self.chart().map(|chart| doctor.look(&chart)).unwrap_or_default();
        self.doctor = doctor;
        fresh.iter().map(|finding| format!("Step {}: {}", self.step, advice(finding))).collect()
    }

    /// Notes that a checkpoint was written.
    pub fn saved(&mut self, step: u64) {
        self.checkpoints.retain(|s| *s < step);
        self.checkpoints.push(step);
    }

    /// Notes that the run went back to an earlier checkpoint.
    pub fn rolled_back(&mut self, rollback: Rollback, spec: &RunSpec) {
        (self.step, self.spec) = (rollback.to, Some(spec.clone()));
        self.history.cut(rollback.to);
        self.checkpoints.retain(|step| *step <= rollback.to);
        self.rollbacks.push(rollback);
    }

    fn chart(&self) -> Option<Chart<'_>> {
        Some(Chart {
            history: &self.history,
            spec: self.spec.as_ref()?,
            knobs: &self.knobs,
            presets: &self.presets,
            checkpoints: &self.checkpoints,
            rollbacks: &self.rollbacks,
            step: self.step,
        })
    }
}

/// Returns the findings of a run from its begin to its end: the step of each, the finding, and whether it holds at the end.
pub fn findings(opened: &OpenedRun, history: &History, changes: &[Change]) -> Vec<(u64, Finding, bool)> {
    let Ok(family) = models::family(&opened.spec.family) else { return Vec::new() };
    let spec = RunSpec { knobs: run::turned(opened.spec.knobs.clone(), changes), ..opened.spec.clone() };
    let (knobs, presets) = ((family.knobs)(&spec.shape), (family.presets)(&spec.shape));
    let rollbacks: Vec<Rollback> = changes.iter().filter_map(run::as_rollback).collect();
    let chart = Chart {
        history,
        spec: &spec,
        knobs: &knobs,
        presets: &presets,
        checkpoints: &opened.checkpoints,
        rollbacks: &rollbacks,
        step: opened.step,
    };
    let doctor = Doctor::examine(&chart, 1_000);
    let holds = |rule: &str| doctor.find(rule).is_some();
    doctor.record().iter().map(|(step, finding)| (*step, finding.clone(), holds(finding.rule))).collect()
}

/// Formats findings for people, a line each.
pub fn lines(findings: &[(u64, Finding, bool)]) -> Vec<String> {
    let line = |(step, finding, holds): &(u64, Finding, bool)| {
        let how = if *holds { "and to the end" } else { "for a while" };
        format!("from step {step} {how}: {}", advice(finding))
    };
    findings.iter().map(line).collect()
}

/// Formats findings as JSON.
pub fn json(findings: &[(u64, Finding, bool)]) -> Vec<Value> {
    let one = |(step, finding, holds): &(u64, Finding, bool)| {
        let (rule, sentence) = (finding.rule, &finding.sentence);
        json!({ "step": step, "rule": rule, "sentence": sentence, "holds": holds, "remedy": finding.remedy.as_ref().map(|r| &r.words) })
    };
    findings.iter().map(one).collect()
}

/// Returns the sentence of a finding and what can be done about it on the command line.
fn advice(finding: &Finding) -> String {
    let Some(remedy) = &finding.remedy else { return finding.sentence.clone() };
    let try_this = match &remedy.cure {
        // A preset changes too many knobs to list.
        Cure::Anew(changes) if changes.len() > 3 => format!("{}.", remedy.words),
        Cure::Turn(changes) | Cure::Anew(changes) => {
            let words: Vec<String> = changes.iter().map(|(id, value)| format!("--set {id}={value}")).collect();
            format!("Try a new run with {}.", words.join(" "))
        }
        Cure::RollBack(step) => format!("The checkpoint of step {step} is from before."),
    };
    format!("{} {try_this}", finding.sentence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{DataShape, DataSpec, Knobs};

    #[test]
    fn a_finding_is_one_line_with_what_to_try() {
        let family = models::family("dcgan").unwrap();
        let shape = DataShape::default();
        let knobs = Knobs::start(&(family.knobs)(&shape));
        let spec = RunSpec {
            name: "a".into(),
            family: "dcgan".into(),
            steps: 1_000,
            data: DataSpec::from_knobs("shapes", &knobs, 1),
            shape,
            knobs,
            ..RunSpec::default()
        };
        let mut monitor = RunMonitor::default();
        monitor.begin(&spec, Vec::new());
        let mut said = Vec::new();
        for step in 1..=600 {
            let point = |name: &str, value| Point { step, name: name.into(), value };
            said.extend(monitor.look(&[point("d_real", 0.995), point("d_fake", 0.005), point("loss_d", 0.01)]));
        }
        assert!(matches!(&said[..], [line] if line.contains("--set lr_d=0.00025")), "{said:?}");
        monitor.rolled_back(Rollback { from: 601, to: 500, broke: true }, &spec);
        assert!(matches!(&monitor.look(&[])[..], [line] if line.contains("broke down at step 601")));
    }
}
