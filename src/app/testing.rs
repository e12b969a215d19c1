//! What the tests of the window's program share: a program without a window, and patience.

use super::App;
use crate::{
    desk::Settings,
    engine::{Engine, Options},
};
use std::{path::Path, sync::Arc, time::Duration};

/// A program with an engine of its own that keeps its runs in `home/runs`.
pub fn app(home: &Path) -> App {
    let runs = home.join("runs");
    let options =
        Options { threads: 1, device: "cpu".parse().unwrap(), runs, sample_every_s: 2.0, measure_every_s: None };
    App::new(Engine::start(Arc::new(|| {}), options).unwrap(), Settings::default(), None)
}

/// Reads events until something is there; panics when it does not come within ten minutes.
pub fn until(app: &mut App, what: &str, there: impl Fn(&App) -> bool) {
    for _ in 0..60_000 {
        app.listen();
        if there(app) {
            return;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    panic!("{what} never came: {:?}", app.session.log);
}
