//! What the doctor says: a finding, how grave it is, and what would help.

use crate::spec::Value;

/// How grave a finding is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    /// Worth knowing; training goes on well.
    Hint,
    /// The pictures suffer.
    Warning,
    /// Training learns nothing more, or broke.
    Grave,
}

/// What would help.
#[derive(Clone, Debug, PartialEq)]
pub enum Cure {
    /// Turn these live knobs of the run that trains.
    Turn(Vec<(String, Value)>),
    /// Begin another run with these knobs.
    Anew(Vec<(String, Value)>),
    /// Go on from the checkpoint of this step with half the learning rate.
    RollBack(u64),
}

/// A cure with its name.
#[derive(Clone, Debug, PartialEq)]
pub struct Remedy {
    /// A few words for a button: `Set Discriminator rate to 1e-4`.
    pub words: String,
    /// What it does.
    pub cure: Cure,
}

/// What a rule found.
#[derive(Clone, Debug, PartialEq)]
pub struct Finding {
    /// Id of the rule.
    pub rule: &'static str,
    /// How grave.
    pub severity: Severity,
    /// What happens and why it matters, in plain words.
    pub sentence: String,
    /// What would help, where something is known.
    pub remedy: Option<Remedy>,
}
