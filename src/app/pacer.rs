//! The rhythm of a window that the processor draws.

use std::time::{Duration, Instant};

/// Frames are at least this far apart while a run trains.
const APART: Duration = Duration::from_millis(33);

/// Keeps frames apart, as a screen's own rhythm would. Without it a window that is redrawn without pause by software OpenGL left a run
/// on two cores an eighth of its speed; with it, two fifths.
#[derive(Default)]
pub struct Pacer {
    begun: Option<Instant>,
}

impl Pacer {
    /// To be called when a frame begins: waits until it is time.
    pub fn wait(&mut self) {
        if let Some(at) = self.begun {
            std::thread::sleep(APART.saturating_sub(at.elapsed()));
        }
        self.begun = Some(Instant::now());
    }
}
