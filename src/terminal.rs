//! What the program says to the terminal it runs in: exit codes, wrong use, printed lines.

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

/// The program was used wrongly: it ends with exit code 2 and prints this sentence.
#[derive(Debug)]
pub struct WrongUse(pub String);

impl std::fmt::Display for WrongUse {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for WrongUse {}

/// Returns an error that ends the program with exit code 2 and this sentence.
pub fn wrong_use(sentence: impl Into<String>) -> anyhow::Error {
    anyhow::Error::new(WrongUse(sentence.into()))
}

/// Wrong use of an id that is not in a list; the sentence names those that are.
pub fn unknown<'a>(kind: &str, id: &str, known: impl IntoIterator<Item = &'a str>) -> anyhow::Error {
    let known: Vec<_> = known.into_iter().collect();
    wrong_use(format!("There is no {kind} called {id:?}; there are {}.", known.join(", ")))
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

/// Makes the parent folder of `path` if it is missing.
pub fn make_parent(path: &Path) -> Result<()> {
    match path.parent().filter(|p| !p.as_os_str().is_empty() && !p.exists()) {
        Some(parent) => {
            std::fs::create_dir_all(parent).map_err(|e| anyhow::anyhow!("{} could not be made: {e}.", parent.display()))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wrong_use_is_told_apart_from_other_errors_and_names_what_there_is() {
        let error = unknown("measure", "fdi", ["fid", "swd"]);
        assert_eq!(error.to_string(), "There is no measure called \"fdi\"; there are fid, swd.");
        assert!(error.downcast_ref::<WrongUse>().is_some());
        assert!(anyhow::anyhow!("It broke.").downcast_ref::<WrongUse>().is_none());
    }

    #[test]
    fn a_missing_parent_is_made_and_a_file_in_its_place_is_named() {
        let home = tempfile::tempdir().unwrap();
        make_parent(&home.path().join("a/b/c.png")).unwrap();
        assert!(home.path().join("a/b").is_dir() && !home.path().join("a/b/c.png").exists());
        make_parent(Path::new("c.png")).unwrap();
        std::fs::write(home.path().join("file"), "").unwrap();
        let why = make_parent(&home.path().join("file/sub/c.png")).unwrap_err().to_string();
        assert!(why.contains("file/sub") && why.contains("could not be made"), "{why}");
    }
}
