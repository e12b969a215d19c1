//! Prints when the window and the first pictures in it are on the screen: `latent-studio bench startup`.

use super::{App, probe::Probe};
use crate::terminal::line;
use egui::Context;
use std::time::Duration;

/// Watches the frames from the first one on, then closes the window. What a frame drew is on the screen when the next one begins.
pub struct Startup {
    /// The lines to print: when the window is on the screen, and when pictures are.
    words: [&'static str; 2],
    /// What the last frame drew: the window, pictures in it.
    drawn: [bool; 2],
    printed: [bool; 2],
}

impl Startup {
    /// Prints the first of these words when the window is on the screen, and the second when pictures are.
    pub fn new(words: [&'static str; 2]) -> Self {
        Self { words, drawn: [false; 2], printed: [false; 2] }
    }

    /// The words that are due now, each once.
    fn due(&mut self) -> Vec<&'static str> {
        let due = (0..2).filter(|&i| self.drawn[i] && !self.printed[i]).map(|i| self.words[i]).collect();
        self.printed = self.drawn;
        due
    }

    fn is_over(&self) -> bool {
        self.printed == [true; 2]
    }
}

impl Probe for Startup {
    fn before_panels(&mut self, app: &mut App, ctx: &Context) -> bool {
        if !self.is_over() {
            self.due().into_iter().for_each(line);
            if self.is_over() {
                app.leave(ctx);
            } else {
                ctx.request_repaint();
            }
        }
        true
    }

    fn after_panels(&mut self, app: &App, _took: Duration) {
        self.drawn = [true, app.session.open_run.samples.is_some()];
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn window_and_pictures_are_each_told_once_and_a_frame_after_they_were_drawn() {
        let mut startup = Startup::new(["window", "pictures"]);
        assert!(startup.due().is_empty(), "nothing is drawn yet");
        startup.drawn = [true, false];
        assert_eq!(startup.due(), ["window"]);
        assert!(startup.due().is_empty() && !startup.is_over());
        startup.drawn = [true, true];
        assert_eq!(startup.due(), ["pictures"]);
        assert!(startup.is_over());
    }
}
