//! Knob values by id: read, set from text, and checked against a table of knobs.

use super::{Knob, Value};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Knob values by id.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Knobs(pub BTreeMap<String, Value>);

impl Knobs {
    /// Every knob at its start value.
    pub fn start(knobs: &[Knob]) -> Self {
        Self(knobs.iter().map(|k| (k.id.clone(), k.start())).collect())
    }

    /// Whether nothing is set.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The value of a knob, if it is set.
    pub fn get(&self, id: &str) -> Option<&Value> {
        self.0.get(id)
    }

    /// Sets a knob without a check.
    pub fn put(&mut self, id: &str, value: Value) {
        self.0.insert(id.to_owned(), value);
    }

    /// A number, if it is set.
    pub fn get_real(&self, id: &str) -> Option<f64> {
        match self.get(id)? {
            Value::Real(v) => Some(*v),
            Value::Int(v) => Some(*v as f64),
            _ => None,
        }
    }

    /// A whole number from 0 on, also one chosen from a list of words, if it is set.
    pub fn get_int(&self, id: &str) -> Option<usize> {
        match self.get(id)? {
            Value::Int(v) => usize::try_from(*v).ok(),
            Value::Text(v) => v.parse().ok(),
            _ => None,
        }
    }

    /// A word or a colour, if it is set.
    pub fn get_text(&self, id: &str) -> Option<&str> {
        if let Value::Text(v) = self.get(id)? { Some(v) } else { None }
    }

    /// The value of a switch, if it is set.
    pub fn get_flag(&self, id: &str) -> Option<bool> {
        if let Value::Flag(v) = self.get(id)? { Some(*v) } else { None }
    }

    /// A number that must be set: a debug build panics where it is not, a release build takes 0.
    #[track_caller]
    pub fn real(&self, id: &str) -> f64 {
        if let Some(value) = self.get_real(id) { value } else { absent(id) }
    }

    /// A whole number that must be set: a debug build panics where it is not, a release build takes 0.
    #[track_caller]
    pub fn int(&self, id: &str) -> usize {
        if let Some(value) = self.get_int(id) { value } else { absent(id) }
    }

    /// A word that must be set: a debug build panics where it is not, a release build takes an empty one.
    #[track_caller]
    pub fn text(&self, id: &str) -> &str {
        if let Some(value) = self.get_text(id) { value } else { absent(id) }
    }

    /// The value of a switch that must be set: a debug build panics where it is not, a release build takes off.
    #[track_caller]
    pub fn flag(&self, id: &str) -> bool {
        if let Some(value) = self.get_flag(id) { value } else { absent(id) }
    }

    /// Reads `id=value` against a table of knobs; the error is one sentence that says what is allowed.
    pub fn set(&mut self, knobs: &[Knob], assignment: &str) -> Result<(), String> {
        let Some((id, text)) = assignment.split_once('=') else {
            return Err(format!("{assignment:?} is not of the form knob=value."));
        };
        let knob = find(knobs, id.trim())?;
        let value = knob.parse(text)?;
        self.put(&knob.id, value);
        Ok(())
    }

    /// Checks all values against the table, fills in what is missing, refuses what is unknown or out of range.
    pub fn complete(mut self, knobs: &[Knob]) -> Result<Self, String> {
        for (id, value) in &self.0 {
            let knob = find(knobs, id)?;
            if !knob.accepts(value) {
                return Err(format!("{id} is {}, not {value}.", knob.allowed()));
            }
        }
        for knob in knobs {
            self.0.entry(knob.id.clone()).or_insert_with(|| knob.start());
        }
        Ok(self)
    }
}

/// What a knob that does not exist reads as. A misspelt id is a mistake of ours, which tests must find.
#[track_caller]
fn absent<T: Default>(id: &str) -> T {
    debug_assert!(false, "There is no value of the right type for the knob {id:?}.");
    T::default()
}

fn find<'a>(knobs: &'a [Knob], id: &str) -> Result<&'a Knob, String> {
    knobs.iter().find(|k| k.id == id).ok_or_else(|| {
        let known: Vec<_> = knobs.iter().map(|k| k.id.as_str()).collect();
        format!("There is no knob called {id:?}; there are {}.", known.join(", "))
    })
}
