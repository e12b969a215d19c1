//! `latent-studio bench`: speed and memory, one JSON object a line or a table, in turn with what they are compared to.

mod canvas;
mod case;
mod decode;
mod jpegs;
mod lab;
mod load;
mod memory;
mod pause;
mod peer;
mod report;
mod rig;
mod spread;
mod startup;
mod synth;
mod train;
mod turns;
mod window;

pub use lab::{Bench, Figures, Outside};

use crate::{nn, terminal::unknown};
use anyhow::Result;
use lab::Lab;
use report::Report;
pub use startup::WORDS as STARTUP_WORDS;

type Measure = fn(&mut Lab<'_>) -> Result<()>;

/// All measurements by their ids, in the order in which they are made.
const ALL: &[(&str, Measure)] = &[
    ("train", train::measure),
    ("decode", decode::measure),
    ("pause", pause::measure),
    ("memory", memory::measure),
    ("load", load::measure),
    ("synth", synth::measure),
    ("startup", startup::measure),
    ("latency", window::latency),
    ("window", window::window),
];

impl Bench {
    /// Makes the measurements that were asked for; each prints its lines as they come.
    pub fn run<'a>(&'a self, outside: &'a mut Outside<'a>) -> Result<()> {
        let wanted = self.wants()?;
        if let Some(python) = &self.against {
            peer::check(python, &self.peers())?;
        }
        let device = self.choice()?.resolve()?;
        let mut lab = Lab { bench: self, device, report: Report::new(self.json, self.out.as_deref())?, outside };
        for measure in wanted {
            nn::use_threads(self.threads());
            measure(&mut lab)?;
        }
        Ok(())
    }

    /// Returns the measurements that were asked for; wrong use for an id that does not exist.
    fn wants(&self) -> Result<Vec<Measure>> {
        if self.what.is_empty() {
            return Ok(ALL.iter().map(|(_, measure)| *measure).collect());
        }
        let find = |what: &String| {
            let known = ALL.iter().find(|(id, _)| id == what).map(|(_, measure)| *measure);
            known.ok_or_else(|| unknown("bench", what, ALL.iter().map(|(id, _)| *id)))
        };
        self.what.iter().map(find).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ids_are_different() {
        let ids: std::collections::BTreeSet<_> = ALL.iter().map(|(id, _)| id).collect();
        assert_eq!(ids.len(), ALL.len());
    }
}
