//! What a benchmark puts into the window: a probe that is called in every frame, may act as a person would, and takes times.

use super::App;
use egui::Context;
use std::time::Duration;

/// Watches a window from inside, and drives it if it wants.
pub trait Probe {
    /// Called when a frame begins, before events are read. A probe may wait here to keep frames apart.
    fn frame_begins(&mut self) {}

    /// Called before the panels are drawn; a probe may perform actions. Returns false if an empty panel is to be drawn instead.
    fn before_panels(&mut self, app: &mut App, ctx: &Context) -> bool;

    /// Called after the panels were drawn, which took `took`.
    fn after_panels(&mut self, app: &App, took: Duration);
}
