//! How the open run is: the doctor's findings, folded from its curves.

use super::{Level, OpenRun, Session};
use crate::{
    doctor::{Chart, Doctor, Finding, Rollback, Severity},
    engine::protocol::FamilyEntry,
    spec::RunSpec,
};

/// Looks at a run that is opened: enough to see how it ended, few enough for one frame.
const LOOKS: u64 = 200;

impl Session {
    /// The finding of a rule that holds now.
    pub fn finding(&self, rule: &str) -> Option<&Finding> {
        self.open_run.health.doctor.find(rule)
    }

    /// Has the doctor look, if a look is due. What is new goes into the log; the banner above the curves shows it.
    pub(super) fn look(&mut self) {
        let mut doctor = std::mem::take(&mut self.open_run.health.doctor);
        let fresh = self.chart().map(|chart| doctor.look(&chart)).unwrap_or_default();
        self.open_run.health.doctor = doctor;
        for finding in fresh {
            let level = if finding.severity == Severity::Hint { Level::Info } else { Level::Warning };
            self.log(level, &finding.sentence);
        }
    }

    /// Has the doctor follow the run that was just opened, or goes on, from its beginning.
    pub(super) fn examine(&mut self) {
        if let Some(doctor) = self.chart().map(|chart| Doctor::examine(&chart, LOOKS)) {
            self.open_run.health.doctor = doctor;
        }
    }

    /// The run went back to an earlier checkpoint.
    pub(super) fn rolled_back(&mut self, rollback: Rollback, spec: RunSpec, why: &str) {
        let open_run = &mut self.open_run;
        (open_run.step, open_run.spec) = (rollback.to, Some(spec));
        open_run.history.cut(rollback.to);
        open_run.checkpoints.retain(|step| *step <= rollback.to);
        open_run.health.rollbacks.push(rollback);
        self.say(Level::Warning, why);
        self.look();
    }

    fn chart(&self) -> Option<Chart<'_>> {
        let OpenRun { spec, history, checkpoints, health, step, .. } = &self.open_run;
        let spec = spec.as_ref()?;
        let FamilyEntry { knobs, presets, .. } = self.catalogue.family(&spec.family)?;
        Some(Chart { history, spec, knobs, presets, checkpoints, rollbacks: &health.rollbacks, step: *step })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        doctor::Cure,
        engine::protocol::{Event, Pace, RunId},
        history::Point,
        session::Status,
        spec::{Capabilities, Card, DataSpec, Effect, Group, Kind, Knob, Knobs, Value},
    };

    fn knob(id: &str, kind: Kind) -> Knob {
        let (label, help) = (id.to_owned(), String::new());
        Knob { id: id.into(), label, help, group: Group::Training, kind, effect: Effect::Now }
    }

    /// A session whose open run is a GAN that trains.
    fn session() -> Session {
        let rate = |start| Kind::Real { min: 0.0, max: 0.1, start, log: true };
        let knobs = vec![knob("lr", rate(1e-3)), knob("lr_d", rate(0.0))];
        let (id, title, about) = ("gan".to_owned(), String::new(), String::new());
        let card = Card { id, title, about, can: Capabilities::default(), dials: Vec::new() };
        let data = DataSpec { source: "x".into(), size: 8, channels: 1, seed: 1, ..DataSpec::default() };
        let spec = RunSpec {
            name: "a".into(),
            family: "gan".into(),
            steps: 1_000,
            data,
            knobs: Knobs::start(&knobs),
            ..RunSpec::default()
        };
        let mut session = Session::default();
        session.catalogue.families.push(FamilyEntry { card, knobs, presets: Vec::new(), unfit: None });
        session.present(RunId(1), None);
        session.open_run.spec = Some(spec);
        session.open_run.status = Status::Training;
        session
    }

    fn train(session: &mut Session, steps: std::ops::RangeInclusive<u64>, gap: f32) {
        for step in steps {
            let point = |name: &str, value| Point { step, name: name.into(), value };
            let points =
                vec![point("d_real", 0.5 + gap / 2.0), point("d_fake", 0.5 - gap / 2.0), point("loss_d", 1.4 - gap)];
            session.apply(Event::Scalars { run: RunId(1), points, pace: Pace::default() });
        }
    }

    #[test]
    fn a_finding_comes_once_into_the_log_and_goes_when_it_is_over() {
        let mut session = session();
        train(&mut session, 1..=600, 0.99);
        let lines = |session: &Session| session.log.iter().filter(|l| l.text.contains("discriminator")).count();
        assert_eq!((lines(&session), session.toasts.len()), (1, 0), "one line, no toast");
        let remedy = session.finding("d_wins").unwrap().remedy.clone().unwrap();
        assert_eq!(remedy.cure, Cure::Turn(vec![("lr_d".into(), Value::Real(5e-4))]));
        train(&mut session, 601..=1_000, 0.2);
        assert_eq!((lines(&session), session.finding("d_wins")), (1, None));
    }

    #[test]
    fn a_run_that_went_back_shows_where_it_is_now() {
        let mut session = session();
        train(&mut session, 1..=60, 0.2);
        session.open_run.checkpoints = vec![0, 20, 50];
        let mut spec = session.open_run.spec.clone().unwrap();
        spec.knobs.put("lr", Value::Real(5e-4));
        let rollback = Rollback { from: 61, to: 20, broke: true };
        let why = "Training broke down.".into();
        session.apply(Event::RolledBack { run: RunId(1), rollback, spec: Box::new(spec), why });
        let open_run = &session.open_run;
        assert_eq!((open_run.step, &open_run.checkpoints[..]), (20, &[0, 20][..]));
        assert_eq!(open_run.history.get("d_real").unwrap().points().len(), 20);
        assert!((open_run.spec.as_ref().unwrap().knobs.real("lr") - 5e-4).abs() < 1e-12);
        assert!(session.finding("not_finite").unwrap().sentence.contains("step 61"));
        assert_eq!(session.toasts.len(), 1);
    }
}
