//! A line of progress on a terminal, written over and over.

use std::io::{IsTerminal, Write};

/// One line on stderr that each new text replaces; nothing where stderr is not a terminal.
pub struct ProgressLine {
    shown: bool,
    /// Characters of the longest text so far, which a shorter one has to cover.
    width: usize,
}

impl ProgressLine {
    /// An empty line.
    pub fn new() -> Self {
        Self { shown: std::io::stderr().is_terminal(), width: 0 }
    }

    /// Replaces the text.
    pub fn show(&mut self, text: &str) {
        if self.shown {
            eprint!("\r{text:<width$}", width = self.width);
            self.width = self.width.max(text.chars().count());
            std::io::stderr().flush().ok();
        }
    }

    /// Clears the line for what is printed next.
    pub fn clear(&self) {
        if self.width > 0 {
            eprint!("\r{:width$}\r", "", width = self.width);
        }
    }
}
