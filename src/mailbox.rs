//! A bounded lane whose writer never waits: when it is full, the oldest letter makes room.

use crossbeam_channel::{Receiver, Sender, TrySendError, bounded};

/// The writing end. With several writers the oldest letter of any of them makes room.
#[derive(Debug)]
pub struct Outbox<T> {
    lane: Sender<T>,
    oldest: Receiver<T>,
}

/// A lane that keeps the newest `capacity` letters. With 1, only the newest counts.
pub fn mailbox<T>(capacity: usize) -> (Outbox<T>, Receiver<T>) {
    let (lane, inbox) = bounded(capacity);
    (Outbox { lane, oldest: inbox.clone() }, inbox)
}

impl<T> Clone for Outbox<T> {
    fn clone(&self) -> Self {
        Self { lane: self.lane.clone(), oldest: self.oldest.clone() }
    }
}

impl<T> Outbox<T> {
    /// Posts a letter and returns the one that had to go, if any.
    pub fn post(&self, mut letter: T) -> Option<T> {
        let mut dropped = None;
        while let Err(TrySendError::Full(back)) = self.lane.try_send(letter) {
            dropped = self.oldest.try_recv().ok();
            letter = back;
        }
        dropped
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_newest_letters_stay_in_order() {
        let (out, inbox) = mailbox(4);
        let dropped: Vec<_> = (0..10).filter_map(|n| out.post(n)).collect();
        assert_eq!(dropped, [0, 1, 2, 3, 4, 5]);
        assert_eq!(inbox.try_iter().collect::<Vec<_>>(), [6, 7, 8, 9]);
    }

    #[test]
    fn a_slow_reader_sees_rising_letters_and_the_last_one() {
        let (out, inbox) = mailbox(1);
        let reader = std::thread::Builder::new()
            .spawn(move || {
                let mut last = 0;
                while let Ok(n) = inbox.recv() {
                    assert!(n > last);
                    last = n;
                    if n == 100_000 {
                        break;
                    }
                }
                last
            })
            .unwrap();
        for n in 1..=100_000 {
            out.post(n);
        }
        assert_eq!(reader.join().unwrap(), 100_000);
    }
}
