//! Tells from inside when the window and the first pictures in it are on the screen: `latent-studio bench startup`.

use super::App;
use egui::Context;

/// Watches the frames from the first one on. What a frame drew is on the screen when the next one begins.
#[derive(Default)]
pub struct Startup {
    /// What the last frame drew: the window, pictures in it.
    drawn: [bool; 2],
    told: [bool; 2],
}

impl Startup {
    /// Before a frame: whether the window, and whether pictures, have just come to the screen.
    pub fn news(&mut self, ctx: &Context) -> [bool; 2] {
        let news = [0, 1].map(|i| self.drawn[i] && !self.told[i]);
        self.told = self.drawn;
        if !self.is_over() {
            ctx.request_repaint();
        }
        news
    }

    /// After a frame.
    pub fn drew(&mut self, app: &App) {
        self.drawn = [true, app.session.open_run.samples.is_some()];
    }

    /// Whether all has been told.
    pub fn is_over(&self) -> bool {
        self.told == [true; 2]
    }
}
