//! What the subcommands share with the terminal they run in: exit codes, wrong use, printed lines.

use anyhow::Result;
use std::path::Path;

/// How a subcommand ended, as the program's exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// 0.
    Done,
    /// 128 + the signal's number; a training run has written a checkpoint, everything else nothing.
    Signal(i32),
}

/// Somebody used the program wrongly: exit code 2, with this sentence.
#[derive(Debug)]
pub struct WrongUse(pub String);

impl std::fmt::Display for WrongUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUse {}

/// An error that ends in exit code 2.
pub fn wrong_use(sentence: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(WrongUse(sentence.into()))
}

/// Whether a window could be opened here.
pub fn has_display() -> bool {
    let set = |name: &str| std::env::var_os(name).is_some_and(|v| !v.is_empty());
    set("DISPLAY") || set("WAYLAND_DISPLAY")
}

/// Prints a line. A closed pipe (`… | head`) ends the printing, not the program.
pub fn line(text: &str) {
    use std::io::Write;
    let _ = writeln!(std::io::stdout(), "{text}");
}

/// A folder for `path`'s parent if it has one that is missing.
pub fn make_parent(path: &Path) -> Result<()> {
    match path.parent().filter(|p| !p.as_os_str().is_empty() && !p.exists()) {
        Some(parent) => {
            std::fs::create_dir_all(parent).map_err(|e| anyhow::anyhow!("{} could not be made: {e}.", parent.display()))
        }
        None => Ok(()),
    }
}
