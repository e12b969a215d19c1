//! The trainer's answer to the question what training would cost.

use super::{calibrate, trainer::Trainer};
use crate::engine::{
    guard::guarded,
    protocol::{Event, Failure, Trial},
};
use crossbeam_channel::TryRecvError;

impl Trainer {
    /// Measures a trial while nothing else is to be done: never beside a run, and any order that comes ends it at once.
    pub(super) fn measure(&mut self, trial: Trial) {
        let cost = if self.run.is_some() {
            Err("A run is open in the trainer; measure when it has ended.".into())
        } else if !self.early.is_empty() {
            Err(Failure::Cancelled)
        } else {
            let (orders, early) = (&self.lanes.orders, &mut self.early);
            let mut go_on = || match orders.try_recv() {
                Ok(order) => {
                    early.push_back(order);
                    false
                }
                Err(TryRecvError::Empty) => true,
                Err(TryRecvError::Disconnected) => false,
            };
            let threads = self.options.threads;
            guarded(|| calibrate::from_cache(&trial, &self.cache, self.device.to_train()?, threads, &mut go_on))
        };
        self.report.send(Event::Measured { trial: Box::new(trial), cost });
    }
}
