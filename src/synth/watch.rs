//! How far a tool is, what it has so far, and whether anybody still wants it.

use crate::{failure::Failure, picture::Picture};
use anyhow::{Result, bail};

/// Whether somebody cancelled: may be asked from any thread.
pub type Stop<'a> = &'a (dyn Fn() -> bool + Sync);

/// Receives a tool's progress: the share done in [0, 1], which never falls, and now and then a picture of what is there so far.
pub struct Watch<'a> {
    stop: Stop<'a>,
    on_progress: &'a mut dyn FnMut(f32, Option<Picture>),
    from: f32,
    to: f32,
    done: f32,
}

impl<'a> Watch<'a> {
    /// A watch that polls `stop` and calls `on_progress`.
    pub fn new(stop: Stop<'a>, on_progress: &'a mut dyn FnMut(f32, Option<Picture>)) -> Self {
        Self { stop, on_progress, from: 0.0, to: 1.0, done: 0.0 }
    }

    /// To be asked at least every 20 ms, also from other threads.
    pub fn stop(&self) -> Stop<'a> {
        self.stop
    }

    /// An error once somebody cancelled.
    pub fn check(&self) -> Result<()> {
        if (self.stop)() {
            bail!(Failure::Cancelled);
        }
        Ok(())
    }

    /// Tells the share of the present part that is done, 0 to 1; an error once somebody cancelled.
    pub fn at(&mut self, share: f32) -> Result<()> {
        self.tell(share, None)
    }

    /// The same, with what the picture looks like so far.
    pub fn show(&mut self, share: f32, so_far: Picture) -> Result<()> {
        self.tell(share, Some(so_far))
    }

    /// What follows is the part of the whole between these two shares, until the next call: `part(0.2, 0.9)`.
    pub fn part(&mut self, from: f32, to: f32) {
        (self.from, self.to) = (from, to);
    }

    fn tell(&mut self, share: f32, so_far: Option<Picture>) -> Result<()> {
        self.check()?;
        let share = if share.is_finite() { share.clamp(0.0, 1.0) } else { 0.0 };
        self.done = (self.from + (self.to - self.from) * share).max(self.done);
        (self.on_progress)(self.done, so_far);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn progress_never_falls_and_a_cancel_is_heard() {
        let (mut heard, stopped) = (Vec::new(), std::sync::atomic::AtomicBool::new(false));
        let stop = || stopped.load(std::sync::atomic::Ordering::Relaxed);
        let mut on_progress = |share: f32, _: Option<Picture>| heard.push(share);
        let mut watch = Watch::new(&stop, &mut on_progress);
        watch.at(0.5).unwrap();
        watch.part(0.25, 0.75);
        watch.at(0.0).unwrap();
        watch.at(1.0).unwrap();
        watch.at(f32::NAN).unwrap();
        stopped.store(true, std::sync::atomic::Ordering::Relaxed);
        assert_eq!(Failure::of(&watch.at(1.0).unwrap_err()), Failure::Cancelled);
        assert_eq!(heard, [0.5, 0.5, 0.75, 0.75]);
    }
}
