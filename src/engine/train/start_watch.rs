//! What the trainer receives and sends while the pictures of a run are being read.

use crate::{
    data::Watch,
    engine::{
        protocol::{Command, Event},
        reporter::Reporter,
    },
    picture::{self, Picture},
};
use crossbeam_channel::{Receiver, TryRecvError};
use std::time::{Duration, Instant};

/// Forwards the progress of reading, and obeys Stop and Close in the middle of it.
pub struct StartWatch<'a> {
    pub orders: &'a Receiver<Command>,
    pub report: &'a Reporter,
    pub stopped: Option<Command>,
    pub early: Vec<Command>,
    pub told: Instant,
}

impl Watch for StartWatch<'_> {
    fn progress(&mut self, done: usize, total: usize, newest: &[Picture]) -> bool {
        match self.orders.try_recv() {
            Ok(order @ (Command::Stop | Command::Close)) => self.stopped = Some(order),
            Err(TryRecvError::Disconnected) => self.stopped = Some(Command::Close),
            Ok(order) => self.early.push(order),
            Err(TryRecvError::Empty) => {}
        }
        if self.told.elapsed() > Duration::from_millis(100) || done == total {
            self.told = Instant::now();
            self.report.hint(Event::Loading { done, total, newest: picture::grid(newest) });
        }
        self.stopped.is_none()
    }
}
