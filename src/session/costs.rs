//! What training would cost with what is set, as far as it was measured.

use super::{DataState, Session};
use crate::{
    desk::Desk,
    engine::protocol::{Cost, Trial},
    failure::Failure,
};

/// Measured choices that are kept.
const MOST: usize = 64;

impl Session {
    /// What a choice was measured to cost.
    pub fn cost(&self, trial: &Trial) -> Option<&Result<Cost, Failure>> {
        self.costs.iter().find(|(known, _)| known == trial).map(|(_, cost)| cost)
    }

    pub(super) fn measured(&mut self, trial: Trial, cost: Result<Cost, Failure>) {
        if self.measuring.as_ref() == Some(&trial) {
            self.measuring = None;
        }
        self.costs.retain(|(known, _)| *known != trial);
        if self.costs.len() >= MOST {
            self.costs.pop_front();
        }
        self.costs.push_back((trial, cost));
    }
}

/// What the desk's choice is, to be measured; `None` while no data are ready.
pub fn trial(data: &DataState, desk: &Desk) -> Option<Trial> {
    let DataState::Ready(facts) = data else { return None };
    let (family, knobs, device) = (desk.family.clone(), desk.knobs.clone(), desk.device.clone());
    Some(Trial { family, knobs, data: facts.spec.clone(), device })
}
