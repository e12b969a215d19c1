//! The training doctor: reads a run's curves and knobs, says in plain words what goes wrong, and what would help.

mod chart;
mod codes;
mod finding;
mod game;
mod gradients;
mod leaks;
mod losses;
mod remedies;
mod variety;

pub use chart::{Chart, Rollback};
pub use leaks::AUGMENTS;

use std::collections::BTreeMap;

/// One thing to look for.
pub struct Rule {
    /// Short stable name: `d_wins`.
    pub id: &'static str,
    /// How many looks in a row must find it before it is said.
    patience: u8,
    /// Looks at a chart. The second value says whether the finding stands already: then less is enough for it to stay.
    judge: fn(&Chart, bool) -> Option<Finding>,
}

const fn rule(id: &'static str, judge: fn(&Chart, bool) -> Option<Finding>) -> Rule {
    Rule { id, patience: 2, judge }
}

/// All rules. A new one is one function and one line here.
pub static RULES: &[Rule] = &[
    Rule { id: "not_finite", patience: 1, judge: losses::not_finite },
    rule("rate_too_high", losses::rate_too_high),
    rule("d_wins", game::d_wins),
    rule("d_by_heart", game::d_by_heart),
    rule("vanishing", gradients::vanishing),
    rule("exploding", gradients::exploding),
    rule("collapse", variety::collapse),
    rule("memorising", variety::memorising),
    rule("overfitting", losses::overfitting),
    rule("dead_codes", codes::dead_codes),
    rule("leaking", leaks::leaking),
];

/// Steps from one look to the next.
pub const EVERY: u64 = 25;
/// The first step at which a finding is reported: every run begins in disorder.
pub const QUIET: u64 = 300;
/// Looks in a row without a finding after which it is gone.
const GONE: u8 = 4;
/// Steps before the same finding is logged again.
const AGAIN: u64 = 1_000;
/// Steps for which a finding is silent after its remedy was applied.
const REST: u64 = 300;
/// Findings that are remembered.
const REMEMBERED: usize = 200;

/// What is known of one rule.
#[derive(Clone, Debug, Default)]
struct State {
    hits: u8,
    misses: u8,
    finding: Option<Finding>,
    /// Step at which it was last reported as new.
    told: Option<u64>,
    dismissed: bool,
    rests_until: u64,
}

/// Looks at one run again and again: a finding appears once, stays while it holds, and goes when it has been gone for a while.
#[derive(Clone, Debug, Default)]
pub struct Doctor {
    states: BTreeMap<&'static str, State>,
    next: u64,
    now: u64,
    record: Vec<(u64, Finding)>,
}

impl Doctor {
    /// Looks when a look is due; returns the findings that are new and should be reported once.
    pub fn look(&mut self, chart: &Chart) -> Vec<Finding> {
        // A run that went back is looked at again from there.
        let rolled_back = chart.step + EVERY < self.next;
        if chart.step < self.next && !rolled_back {
            return Vec::new();
        }
        (self.now, self.next) = (chart.step, chart.step + EVERY);
        let mut fresh = Vec::new();
        for rule in RULES {
            let state = self.states.entry(rule.id).or_default();
            let quiet = chart.step < QUIET && rule.patience > 1;
            let found = if quiet { None } else { (rule.judge)(chart, state.finding.is_some()) };
            if let Some(finding) = state.note(rule, found, chart.step) {
                fresh.push(finding);
            }
        }
        self.record.extend(fresh.iter().map(|finding| (chart.step, finding.clone())));
        self.record.truncate(REMEMBERED);
        fresh
    }

    /// A doctor that has followed a whole run, with at most `looks` looks; the chart's step is the run's last.
    pub fn examine(chart: &Chart, looks: u64) -> Self {
        let stride = EVERY.max(chart.step.div_ceil(looks.max(1)));
        let (mut doctor, mut step) = (Self::default(), 0);
        while step < chart.step {
            step = (step + stride).min(chart.step);
            doctor.next = step;
            doctor.look(&Chart { step, ..*chart });
        }
        doctor
    }

    /// The longest row of looks at which a rule finds something over a whole run, as a share of the row that makes a finding:
    /// from 1 on it is said.
    #[cfg(test)]
    pub(crate) fn longest_row(chart: &Chart, rule: &Rule) -> f64 {
        let (mut row, mut longest) = (0u64, 0);
        for step in (1..=chart.step.div_ceil(EVERY)).map(|look| chart.step.min(look * EVERY)) {
            let quiet = step < QUIET && rule.patience > 1;
            let found = !quiet && (rule.judge)(&Chart { step, ..*chart }, false).is_some();
            row = if found { row + 1 } else { 0 };
            longest = longest.max(row);
        }
        longest as f64 / f64::from(rule.patience)
    }

    /// What holds now and was not dismissed, the gravest first.
    pub fn findings(&self) -> Vec<&Finding> {
        let shown = |s: &&State| !s.dismissed && s.rests_until <= self.now;
        let mut all: Vec<&Finding> = self.states.values().filter(shown).filter_map(|s| s.finding.as_ref()).collect();
        all.sort_by_key(|finding| std::cmp::Reverse(finding.severity));
        all
    }

    /// A finding that holds now.
    pub fn find(&self, rule: &str) -> Option<&Finding> {
        self.states.get(rule)?.finding.as_ref()
    }

    /// Everything that was ever found and at which step, in order.
    pub fn record(&self) -> &[(u64, Finding)] {
        &self.record
    }

    /// Hides a finding until it has gone and come back.
    pub fn dismiss(&mut self, rule: &str) {
        if let Some(state) = self.states.get_mut(rule) {
            state.dismissed = true;
        }
    }

    /// Hides a finding while its remedy takes effect.
    pub fn treated(&mut self, rule: &str) {
        let until = self.now + REST;
        if let Some(state) = self.states.get_mut(rule) {
            state.rests_until = until;
        }
    }
}

impl State {
    /// Takes over what a look found; returns the finding if it should be reported now.
    fn note(&mut self, rule: &Rule, found: Option<Finding>, step: u64) -> Option<Finding> {
        let Some(finding) = found else {
            self.hits = 0;
            self.misses = self.misses.saturating_add(1);
            if self.misses >= GONE {
                (self.finding, self.dismissed) = (None, false);
            }
            return None;
        };
        (self.hits, self.misses) = (self.hits.saturating_add(1), 0);
        let stood = self.finding.is_some();
        if !stood && self.hits < rule.patience {
            return None;
        }
        self.finding = Some(finding.clone());
        let told_lately = self.told.is_some_and(|at| at <= step && step < at + AGAIN);
        if stood || told_lately {
            return None;
        }
        self.told = Some(step);
        Some(finding)
    }
}

#[cfg(test)]
mod tests;

pub use finding::{Cure, Finding, Remedy, Severity};
