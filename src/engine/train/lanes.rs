//! The lanes that lead to and from the trainer.

use crate::{
    engine::{
        protocol::{Command, Live, Samples},
        task::Task,
        throttle::Throttle,
    },
    mailbox::Outbox,
};
use crossbeam_channel::{Receiver, Sender};

/// What leads to and from the trainer.
pub struct Lanes {
    pub orders: Receiver<Command>,
    pub live: Receiver<Live>,
    pub throttle: Throttle,
    pub jobs: Sender<Task>,
    pub samples: Outbox<Samples>,
}
