//! Knobs as data: what one hyperparameter is called, means and takes.

use serde::{Deserialize, Serialize};
use std::fmt;

/// When a change of a knob takes effect.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Effect {
    /// At the next step of a run that is training.
    Now,
    /// Only in the next run.
    NextRun,
}

impl Effect {
    /// The label of the control.
    pub fn words(self) -> &'static str {
        match self {
            Self::Now => "takes effect now",
            Self::NextRun => "takes effect in the next run",
        }
    }
}

/// What values a knob takes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
#[allow(missing_docs)] // each variant's sentence names its fields
pub enum Kind {
    /// A real number from `min` to `max`, both allowed; `log` spaces a slider by ratio.
    Real { min: f64, max: f64, start: f64, log: bool },
    /// A whole number from `min` to `max`, both allowed.
    Int { min: i64, max: i64, start: i64 },
    /// One word of a list.
    Choice { options: Vec<String>, start: String },
    /// On or off.
    Switch { start: bool },
    /// A colour, written `#rrggbb`.
    Colour { start: String },
}

/// One thing a person can set: draws a form, is `--set id=value`, the TOML key and the checkpoint's record.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Knob {
    /// Short stable name: `lr`.
    pub id: String,
    /// Two or three words: `Learning rate`.
    pub label: String,
    /// What it does and what to try.
    pub help: String,
    /// Which group of the form it stands in.
    pub group: Group,
    /// The values it takes and the one it starts with.
    #[serde(flatten)]
    pub kind: Kind,
    /// When a change takes effect.
    pub effect: Effect,
}

/// The form a knob belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Group {
    /// How pictures are prepared.
    Data,
    /// What is done to their light and colours.
    Adjust,
    /// How they vary while training.
    Augmentation,
    /// What the networks look like.
    Model,
    /// How they are trained.
    Training,
    /// How a tool makes a picture of pictures.
    Tool,
}

impl Group {
    /// Whether it is about pictures: such knobs stay as they are when another family or preset is chosen.
    pub fn is_of_data(self) -> bool {
        matches!(self, Self::Data | Self::Adjust | Self::Augmentation)
    }
}

/// The value of a knob.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Value {
    /// On or off.
    Flag(bool),
    /// A whole number.
    Int(i64),
    /// A real number.
    Real(f64),
    /// A word or a colour.
    Text(String),
}

impl fmt::Display for Value {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Flag(v) => write!(f, "{}", if *v { "on" } else { "off" }),
            Self::Int(v) => write!(f, "{v}"),
            Self::Real(v) => write!(f, "{v}"),
            Self::Text(v) => write!(f, "{v}"),
        }
    }
}

impl Knob {
    /// The value a new run starts with.
    pub fn start(&self) -> Value {
        match &self.kind {
            Kind::Real { start, .. } => Value::Real(*start),
            Kind::Int { start, .. } => Value::Int(*start),
            Kind::Choice { start, .. } | Kind::Colour { start } => Value::Text(start.clone()),
            Kind::Switch { start } => Value::Flag(*start),
        }
    }

    /// What may be written here, in words: `a number from 1e-6 to 0.1`.
    pub fn allowed(&self) -> String {
        match &self.kind {
            Kind::Real { min, max, .. } => format!("a number from {min} to {max}"),
            Kind::Int { min, max, .. } => format!("a whole number from {min} to {max}"),
            Kind::Choice { options, .. } => format!("one of {}", options.join(", ")),
            Kind::Switch { .. } => "on or off".into(),
            Kind::Colour { .. } => "a colour such as #ffffff".into(),
        }
    }

    /// Reads a value from text; the error is one sentence that says what is allowed.
    pub fn parse(&self, text: &str) -> Result<Value, String> {
        let text = text.trim();
        let value = match &self.kind {
            Kind::Real { .. } => text.parse().ok().map(Value::Real),
            Kind::Int { .. } => text.parse().ok().map(Value::Int),
            Kind::Choice { .. } | Kind::Colour { .. } => Some(Value::Text(text.to_owned())),
            Kind::Switch { .. } => match text {
                "on" | "true" | "yes" | "1" => Some(Value::Flag(true)),
                "off" | "false" | "no" | "0" => Some(Value::Flag(false)),
                _ => None,
            },
        };
        value.filter(|v| self.accepts(v)).ok_or_else(|| format!("{} is {}, not {text:?}.", self.id, self.allowed()))
    }

    /// Whether a value is of the right type and in range.
    pub fn accepts(&self, value: &Value) -> bool {
        match (&self.kind, value) {
            (Kind::Real { min, max, .. }, Value::Real(v)) => v.is_finite() && (*min..=*max).contains(v),
            // A TOML file may say `lr = 1`.
            (Kind::Real { min, max, .. }, Value::Int(v)) => (*min..=*max).contains(&(*v as f64)),
            (Kind::Int { min, max, .. }, Value::Int(v)) => (*min..=*max).contains(v),
            (Kind::Choice { options, .. }, Value::Text(v)) => options.contains(v),
            (Kind::Switch { .. }, Value::Flag(_)) => true,
            (Kind::Colour { .. }, Value::Text(v)) => colour(v).is_some(),
            _ => false,
        }
    }
}

/// Reads `#rrggbb`.
pub fn colour(text: &str) -> Option<[u8; 3]> {
    let hex = text.strip_prefix('#').filter(|h| h.len() == 6 && h.is_ascii())?;
    let part = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).ok();
    Some([part(0)?, part(2)?, part(4)?])
}
