//! Each rule on recorded curves, and how findings come and go.

use super::*;
use crate::{
    history::{History, Point},
    spec::{DataSpec, Effect, Group, Kind, Knob, Knobs, Preset, RunSpec, Value},
};

/// A run on paper.
struct Paper {
    history: History,
    spec: RunSpec,
    knobs: Vec<Knob>,
    presets: Vec<Preset>,
    checkpoints: Vec<u64>,
    rollbacks: Vec<Rollback>,
    step: u64,
}

fn real(id: &str, max: f64, start: f64) -> Knob {
    let kind = Kind::Real { min: 0.0, max, start, log: false };
    let (label, help) = (id.to_owned(), String::new());
    Knob { id: id.into(), label, help, group: Group::Training, kind, effect: Effect::Now }
}

fn choice(id: &str, options: &[&str], effect: Effect) -> Knob {
    let options: Vec<String> = options.iter().map(|o| (*o).to_owned()).collect();
    Knob { kind: Kind::Choice { start: options[0].clone(), options }, effect, ..real(id, 1.0, 0.0) }
}

impl Paper {
    /// A run of a GAN with these knobs beside the rates.
    fn new(more: Vec<Knob>) -> Self {
        let mut knobs = vec![real("lr", 0.1, 1e-3), real("lr_d", 0.1, 0.0), real("clip", 1000.0, 0.0)];
        knobs.extend(more);
        let data = DataSpec { source: "x".into(), size: 8, channels: 1, seed: 1, ..DataSpec::default() };
        let spec = RunSpec {
            name: "a".into(),
            family: "a".into(),
            steps: 10_000,
            data,
            knobs: Knobs::start(&knobs),
            ..RunSpec::default()
        };
        let (history, presets, checkpoints, rollbacks) = (History::default(), Vec::new(), Vec::new(), Vec::new());
        Self { history, spec, knobs, presets, checkpoints, rollbacks, step: 0 }
    }

    /// Draws a curve with a point every so many steps.
    fn curve(mut self, name: &str, every: u64, last: u64, value: impl Fn(f64) -> f64) -> Self {
        self.step = self.step.max(last);
        let steps = (1..=last / every).map(|i| i * every);
        self.history.extend(steps.map(|step| Point { step, name: name.into(), value: value(step as f64) as f32 }));
        self
    }

    fn chart(&self) -> Chart<'_> {
        Chart {
            history: &self.history,
            spec: &self.spec,
            knobs: &self.knobs,
            presets: &self.presets,
            checkpoints: &self.checkpoints,
            rollbacks: &self.rollbacks,
            step: self.step,
        }
    }

    /// What holds at the end of the run.
    fn rules(&self) -> Vec<&'static str> {
        let doctor = Doctor::examine(&self.chart(), 1_000);
        let mut rules: Vec<_> = doctor.findings().iter().map(|finding| finding.rule).collect();
        rules.sort_unstable();
        rules
    }

    fn cure(&self, rule: &str) -> Cure {
        let doctor = Doctor::examine(&self.chart(), 1_000);
        doctor.find(rule).unwrap_or_else(|| panic!("{rule}")).remedy.clone().unwrap().cure
    }
}

fn gan(real: f64, fake: f64, loss_d: f64) -> Paper {
    let paper = Paper::new(vec![choice("diffaugment", &["none", "all"], Effect::Now)]);
    paper.curve("d_real", 1, 800, |_| real).curve("d_fake", 1, 800, |_| fake).curve("loss_d", 1, 800, |_| loss_d)
}

fn set(id: &str, value: Value) -> (String, Value) {
    (id.into(), value)
}

#[test]
fn a_discriminator_that_knows_everything_is_slowed() {
    assert_eq!(gan(0.7, 0.3, 1.0).rules(), [""; 0]);
    let mut won = gan(0.99, 0.01, 0.02);
    assert_eq!(won.rules(), ["d_wins"]);
    assert_eq!(won.cure("d_wins"), Cure::Turn(vec![set("lr_d", Value::Real(5e-4))]));
    won.spec.knobs.put("lr_d", Value::Real(1e-5));
    assert_eq!(won.cure("d_wins"), Cure::Turn(vec![set("diffaugment", Value::Text("all".into()))]), "slow enough");
    // A hinge ends at its margin: sigmoids of ±1.
    let mut hinge = gan(0.73, 0.27, 0.0);
    assert_eq!(hinge.rules(), [""; 0]);
    hinge.spec.knobs.put("loss", Value::Text("hinge".into()));
    assert_eq!(hinge.rules(), ["d_wins"]);
    hinge.spec.knobs.put("loss", Value::Text("wasserstein".into()));
    assert_eq!(hinge.rules(), [""; 0], "its scores are no chances");
}

#[test]
fn a_discriminator_that_doubts_unseen_pictures_knows_the_others_by_heart() {
    assert_eq!(gan(0.8, 0.2, 1.0).curve("test_d_real", 50, 800, |_| 0.6).rules(), [""; 0]);
    let paper = gan(0.9, 0.1, 1.0).curve("test_d_real", 50, 800, |step| 0.9 - 0.001 * step);
    assert_eq!(paper.rules(), ["d_by_heart"]);
    let switch = Knob { kind: Kind::Switch { start: false }, ..real("spectral_norm", 1.0, 0.0) };
    let mut normed = gan(0.9, 0.1, 1.0).curve("test_d_real", 50, 800, |step| 0.9 - 0.001 * step);
    normed.knobs.push(switch);
    assert_eq!(normed.rules(), [""; 0], "a batch norm judges otherwise when it does not train");
    assert_eq!(paper.cure("d_by_heart"), Cure::Turn(vec![set("diffaugment", Value::Text("all".into()))]));
}

#[test]
fn gradients_are_measured_against_their_past() {
    let fade = |low: f64| move |step: f64| if step < 500.0 { 1.0 } else { low };
    assert_eq!(gan(0.7, 0.3, 1.0).curve("grad_g", 1, 800, fade(0.1)).rules(), [""; 0]);
    assert_eq!(gan(0.7, 0.3, 1.0).curve("grad_g", 1, 800, fade(1e-3)).rules(), ["vanishing"]);
    let burst = gan(0.7, 0.3, 1.0).curve("grad_d", 1, 800, fade(70.0));
    assert_eq!(burst.rules(), ["exploding"]);
    assert_eq!(burst.cure("exploding"), Cure::Turn(vec![set("clip", Value::Real(2.0))]), "twice its usual length");
    let net = Paper::new(Vec::new()).curve("grad", 1, 800, fade(1e-3));
    assert_eq!(net.rules(), [""; 0], "who reconstructs well has little left to learn");
}

#[test]
fn pictures_that_grow_alike_are_a_collapse() {
    let fall = |from: f64, to: f64| move |step: f64| if step < 1_500.0 { from } else { to };
    let paper = || Paper::new(Vec::new());
    assert_eq!(paper().curve("variance", 100, 3_000, fall(0.9, 0.7)).rules(), [""; 0]);
    let mut collapsed = paper().curve("variance", 100, 3_000, fall(0.9, 0.1));
    collapsed.checkpoints = vec![500, 1_000, 2_000, 3_000];
    assert_eq!(collapsed.rules(), ["collapse"]);
    assert_eq!(collapsed.cure("collapse"), Cure::RollBack(1_000), "the newest from before the fall");
    // Never varied: a GAN by step 1000, who has no discriminator by three fifths of the run.
    let flat = |last: u64| paper().curve("variance", 100, last, |_| 0.01);
    assert_eq!(flat(3_000).rules(), [""; 0]);
    assert_eq!(flat(3_000).curve("loss_d", 100, 3_000, |_| 1.0).rules(), ["collapse"]);
    assert_eq!(flat(7_000).rules(), ["collapse"]);
    let both = paper().curve("recall", 100, 3_000, fall(0.6, 0.1)).curve("coverage", 100, 3_000, fall(0.6, 0.1));
    assert_eq!(both.rules(), ["collapse"]);
    let sharper = paper().curve("recall", 100, 3_000, fall(0.6, 0.1)).curve("coverage", 100, 3_000, fall(0.5, 0.6));
    assert_eq!(sharper.rules(), [""; 0]);
}

#[test]
fn near_copies_of_training_pictures_are_memories() {
    let free = Paper::new(Vec::new()).curve("nearest", 100, 2_000, |step| 1.5 - step / 2_500.0);
    assert_eq!(free.rules(), [""; 0]);
    let mut bound = Paper::new(Vec::new()).curve("nearest", 100, 2_000, |step| 1.5 - step / 1_600.0);
    bound.checkpoints = vec![1_000, 1_900];
    assert_eq!(bound.rules(), ["memorising"]);
    assert_eq!(bound.cure("memorising"), Cure::RollBack(1_000));
}

#[test]
fn a_held_out_loss_that_rises_alone_is_overfitting() {
    let train = |p: Paper| p.curve("loss", 1, 2_000, |step| 100.0 + 200.0 * (-step / 500.0).exp());
    let fine = train(Paper::new(Vec::new())).curve("test_loss", 50, 2_000, |s| 120.0 + 180.0 * (-s / 500.0).exp());
    assert_eq!(fine.rules(), [""; 0]);
    let mut torn = train(Paper::new(Vec::new())).curve("test_loss", 50, 2_000, |s| 150.0 + 0.1 * (s - 600.0).abs());
    torn.checkpoints = vec![500, 1_000];
    assert_eq!(torn.rules(), ["overfitting"]);
    assert_eq!(torn.cure("overfitting"), Cure::RollBack(500));
    // The training loss has to fall in earnest: noise of a curve that stands still is no learning by heart.
    let still = Paper::new(Vec::new()).curve("loss", 1, 2_000, |step| 300.0 - step / 400.0);
    assert_eq!(still.curve("test_loss", 50, 2_000, |s| 150.0 + 0.1 * (s - 600.0).abs()).rules(), [""; 0]);
    // It never rises, but all that is won is won on the training pictures.
    let stuck = train(Paper::new(Vec::new())).curve("test_loss", 50, 2_000, |_| 300.0);
    assert_eq!(stuck.rules(), ["overfitting"]);
}

#[test]
fn a_loss_that_jumps_wants_a_lower_rate() {
    let calm = Paper::new(Vec::new()).curve("loss", 1, 1_500, |s| 10.0 + 90.0 * (-s / 100.0).exp());
    assert_eq!(calm.rules(), [""; 0]);
    let jumped = Paper::new(Vec::new()).curve("loss", 1, 1_500, |s| if s < 1_000.0 { 100.0 - s / 11.0 } else { 90.0 });
    assert_eq!(jumped.rules(), ["rate_too_high"]);
    assert_eq!(jumped.cure("rate_too_high"), Cure::Turn(vec![set("lr", Value::Real(5e-4))]), "lr_d follows it");
    assert_eq!(gan(0.5, 0.5, 9.0).rules(), ["rate_too_high"], "no coin tosser loses like this");
}

#[test]
fn dimensions_that_carry_nothing_are_counted() {
    let units =
        Knob { kind: Kind::Int { min: 2, max: 64, start: 16 }, effect: Effect::NextRun, ..real("z_dim", 1.0, 0.0) };
    let vae = |active: f64| {
        let knobs = vec![units.clone(), real("beta", 1000.0, 4.0), real("kl_warmup", 1e6, 0.0)];
        Paper::new(knobs).curve("active_units", 1, 1_000, move |_| active)
    };
    assert_eq!(vae(9.0).rules(), [""; 0]);
    assert_eq!(vae(3.0).rules(), ["dead_codes"]);
    assert_eq!(vae(3.0).cure("dead_codes"), Cure::Turn(vec![set("beta", Value::Real(2.0))]));
    let mut plain = vae(3.0);
    plain.spec.knobs.put("beta", Value::Real(1.0));
    assert_eq!(plain.cure("dead_codes"), Cure::Anew(vec![set("z_dim", Value::Int(4))]));
    let mut warming = vae(0.0);
    warming.spec.knobs.put("kl_warmup", Value::Int(800));
    assert_eq!(warming.rules(), [""; 0], "not yet weighed in full");
}

#[test]
fn varied_reals_are_said_to_leak() {
    let mut paper = gan(0.7, 0.3, 1.0);
    paper.knobs.extend([real("aug_rotate", 180.0, 0.0), real("aug_noise", 1.0, 0.0)]);
    for id in ["aug_rotate", "aug_noise"] {
        paper.spec.knobs.put(id, Value::Real(0.0));
    }
    assert_eq!(paper.rules(), [""; 0]);
    paper.spec.knobs.put("aug_rotate", Value::Real(15.0));
    assert_eq!(paper.rules(), ["leaking"]);
    let both = vec![set("aug_rotate", Value::Real(0.0)), set("diffaugment", Value::Text("all".into()))];
    assert_eq!(paper.cure("leaking"), Cure::Turn(both));
    paper.spec.knobs.put("aug_noise", Value::Real(0.1));
    let doctor = Doctor::examine(&paper.chart(), 1_000);
    assert!(doctor.find("leaking").unwrap().sentence.contains("rotated or noisy"));
    paper.knobs.push(choice("task", &["edges"], Effect::NextRun));
    assert_eq!(paper.rules(), [""; 0], "the input is varied alike");
}

#[test]
fn a_breakdown_is_said_at_once_and_for_a_while() {
    let broken = Paper::new(Vec::new()).curve("test_loss", 50, 50, |_| f64::NAN);
    assert_eq!(broken.rules(), ["not_finite"], "also before anything else is said");
    let mut back = Paper::new(Vec::new()).curve("loss", 1, 100, |_| 1.0);
    back.rollbacks = vec![Rollback { from: 60, to: 50, broke: true }];
    assert_eq!(back.rules(), ["not_finite"]);
    assert_eq!(back.cure("not_finite"), Cure::Turn(vec![set("clip", Value::Real(1.0))]));
    back.rollbacks[0].broke = false;
    assert_eq!(back.rules(), [""; 0], "what a person asks for is no breakdown");
    back.rollbacks[0].broke = true;
    assert_eq!(back.curve("loss", 1, 900, |_| 1.0).rules(), [""; 0], "long ago");
}

/// Looks every 25 steps at a discriminator whose lead swings, and tells which looks said something new.
fn told(lead: impl Fn(f64) -> f64) -> (Vec<u64>, Doctor) {
    let paper =
        Paper::new(Vec::new())
            .curve("d_real", 1, 4_000, |s| 0.5 + lead(s) / 2.0)
            .curve("d_fake", 1, 4_000, |s| 0.5 - lead(s) / 2.0);
    let (mut doctor, mut said) = (Doctor::default(), Vec::new());
    for step in 1..=4_000 {
        if !doctor.look(&Chart { step, ..paper.chart() }).is_empty() {
            said.push(step);
        }
    }
    (said, doctor)
}

#[test]
fn a_finding_is_said_once_while_it_wavers_and_again_after_long() {
    let (said, doctor) = told(|s| if (s / 150.0).sin() > 0.0 { 0.99 } else { 0.945 });
    assert_eq!(said.len(), 1, "{said:?}: between the two thresholds it stays");
    assert!(said[0] >= QUIET + EVERY && doctor.find("d_wins").is_some());
    let (said, _) = told(|s| if (800.0..=3_000.0).contains(&s) { 0.2 } else { 0.99 });
    assert_eq!(said.len(), 2, "{said:?}");
    assert!(said[1] > 3_000);
    let (said, doctor) = told(|s| if (s / 30.0).sin() > 0.0 { 0.99 } else { 0.2 });
    assert!(said.is_empty() && doctor.find("d_wins").is_none(), "{said:?}: never for long");
}

#[test]
fn what_was_dismissed_or_treated_is_hidden_for_its_time() {
    let paper = gan(0.99, 0.01, 0.02);
    let mut doctor = Doctor::examine(&Chart { step: 400, ..paper.chart() }, 1_000);
    assert_eq!((doctor.findings().len(), doctor.record().len()), (1, 1));
    doctor.treated("d_wins");
    doctor.look(&Chart { step: 425, ..paper.chart() });
    assert!(doctor.findings().is_empty() && doctor.find("d_wins").is_some());
    doctor.look(&Chart { step: 725, ..paper.chart() });
    assert_eq!(doctor.findings().len(), 1, "the remedy did not help");
    doctor.dismiss("d_wins");
    doctor.look(&Chart { step: 800, ..paper.chart() });
    assert!(doctor.findings().is_empty());
    assert!(doctor.look(&Chart { step: 100, ..paper.chart() }).is_empty(), "a run that went back is looked at again");
    assert_eq!(doctor.now, 100);
}
