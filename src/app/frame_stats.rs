//! What the performance overlay needs from frame to frame: timings, and a thread that reads what the process uses.

use crate::{
    mailbox::{Outbox, mailbox},
    meter::{Usage, UsageReader},
};
use crossbeam_channel::{Receiver, RecvTimeoutError, Sender, bounded};
use std::time::{Duration, Instant};

/// What the process uses is read at this rhythm.
const READ_EVERY: Duration = Duration::from_secs(1);

/// Timings of the last frame, and the lane in which readings of memory and processor time arrive.
pub struct FrameStats {
    pub(super) usage: Receiver<Usage>,
    /// Dropped with the statistics, which ends the thread that reads.
    pub(super) _reading: Sender<()>,
    pub(super) last_frame: Option<Instant>,
    pub(super) listened: Duration,
    pub(super) textured: u64,
}

impl FrameStats {
    /// Starts the thread that reads what the process uses.
    pub(super) fn start() -> Self {
        let (outbox, usage) = mailbox(1);
        let (reading, ended) = bounded(0);
        // Without the thread two rows stay empty; nothing else is lost.
        let _ = std::thread::Builder::new().name("usage".into()).spawn(move || read(&outbox, &ended));
        Self { usage, _reading: reading, last_frame: None, listened: Duration::ZERO, textured: 0 }
    }
}

/// Reads what the process uses until nobody wants to know any more.
fn read(outbox: &Outbox<Usage>, ended: &Receiver<()>) {
    let mut reader = UsageReader::default();
    loop {
        outbox.post(reader.read());
        if ended.recv_timeout(READ_EVERY) != Err(RecvTimeoutError::Timeout) {
            return;
        }
    }
}
