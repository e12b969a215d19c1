//! Short-lived threads for work that is too slow for the window's thread and too quick to wait behind the worker's jobs.

use crate::canvas::CanvasPicture;
use crossbeam_channel::{Receiver, Sender, bounded};
use egui::{ColorImage, Context};
use std::path::PathBuf;

/// Number of results that wait for the window's next frame; a thread with a further result waits itself.
const WAITING: usize = 16;

/// What a thread found.
pub enum Found {
    /// What lies at a path that was dropped on the window.
    Dropped(PathBuf, PathKind),
    /// A picture for the clipboard.
    Copied(ColorImage),
    /// A picture for the canvas, and whether a texture is to be made of it at once.
    Laid(Box<CanvasPicture>, bool),
}

/// What lies at a path, as far as a dropped file is concerned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PathKind {
    Run,
    Picture,
    Other,
}

/// The lane in which results come back from the threads.
pub struct Aside {
    pub(super) tell: Sender<Found>,
    pub(super) found: Receiver<Found>,
    /// A picture that the next frame copies to the clipboard.
    pub(super) copy: Option<ColorImage>,
}

impl Default for Aside {
    fn default() -> Self {
        let (tell, found) = bounded(WAITING);
        Self { tell, found, copy: None }
    }
}

impl Aside {
    /// Runs `work` on a thread of its own and wakes the window when the result is there. Returns false if no thread could be
    /// started.
    pub(super) fn run(&self, ctx: &Context, work: impl FnOnce() -> Found + Send + 'static) -> bool {
        let (tell, wake) = (self.tell.clone(), ctx.clone());
        let thread = std::thread::Builder::new().name("aside".into()).spawn(move || {
            tell.send(work()).ok();
            wake.request_repaint();
        });
        thread.is_ok()
    }
}
