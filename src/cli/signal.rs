//! Handles SIGINT and SIGTERM: the first signal is noted for the work under way to act on, the second ends the program at once.

use anyhow::Result;
use signal_hook::consts::{SIGINT, SIGTERM};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize};

/// Installs the handlers, and returns the number of the first signal that came; 0 before.
pub fn noted() -> Result<Arc<AtomicUsize>> {
    let signal = Arc::new(AtomicUsize::new(0));
    for (number, code) in [(SIGINT, 2usize), (SIGTERM, 15)] {
        let armed = Arc::new(AtomicBool::new(false));
        signal_hook::flag::register_conditional_shutdown(number, 128 + number, armed.clone())?;
        signal_hook::flag::register(number, armed)?;
        signal_hook::flag::register_usize(number, signal.clone(), code)?;
    }
    Ok(signal)
}
