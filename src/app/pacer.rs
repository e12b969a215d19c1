//! Limits the frame rate of a window that is drawn by the processor.

use std::time::{Duration, Instant};

/// Least time between the beginnings of two frames while a run trains.
const APART: Duration = Duration::from_millis(33);

/// Keeps frames apart, as a screen's refresh rate would. Without it a window that is redrawn without pause by software OpenGL
/// left a run on two cores an eighth of its speed; with it, two fifths.
#[derive(Default)]
pub struct Pacer {
    begun: Option<Instant>,
}

impl Pacer {
    /// Waits until the next frame may begin. It is to be called at the beginning of each frame.
    pub fn wait(&mut self) {
        if let Some(at) = self.begun {
            std::thread::sleep(APART.saturating_sub(at.elapsed()));
        }
        self.begun = Some(Instant::now());
    }
}
