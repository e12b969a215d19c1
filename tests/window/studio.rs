//! The studio as a running program: its window, its files, its last words.

use crate::desktop::{Area, Desktop, PATIENCE, nap, until};
use crate::pictures::differ;
use image::{RgbImage, imageops::crop_imm};
use std::{
    ffi::OsStr,
    fs::{self, File},
    path::{Path, PathBuf},
    process::{Child, Stdio},
};

/// The program on a desktop, with a home of its own.
pub struct Studio<'a> {
    desktop: &'a Desktop,
    child: Child,
    window: String,
    home: PathBuf,
    log: PathBuf,
}

impl<'a> Studio<'a> {
    /// Starts it below `folder` and waits for its window.
    pub fn open(desktop: &'a Desktop, folder: &Path, args: &[&OsStr]) -> Self {
        let (home, log) = (folder.join("home"), folder.join("words.txt"));
        fs::create_dir_all(&home).expect("a home");
        let words = File::create(&log).expect("a file for its words");
        let child = desktop
            .command(env!("CARGO_BIN_EXE_latent-studio"))
            .args((!args.is_empty()).then_some("open"))
            .args(args)
            .current_dir(folder)
            .env("LATENT_STUDIO_HOME", &home)
            .env("XDG_RUNTIME_DIR", folder)
            .stdin(Stdio::null())
            .stdout(words.try_clone().expect("the same file"))
            .stderr(words)
            .spawn()
            .expect("the program starts");
        let mut studio = Self { desktop, child, window: String::new(), home, log };
        studio.window = studio.wait_for("the window", |s| {
            let window = s.desktop.find(&["--name", "Latent Studio"])?;
            s.desktop.inside_of(&window).filter(|area| area.width > 600).map(|_| window)
        });
        studio.focus();
        studio
    }

    /// Gives it the keyboard.
    pub fn focus(&self) {
        self.desktop.focus(&self.window);
    }

    /// What the window is called: it begins with "●" while a run trains, and with "○" while one is paused or being prepared.
    pub fn title(&self) -> String {
        self.desktop.tool("xdotool", &["getwindowname", &self.window]).unwrap_or_default()
    }

    /// Presses a key or a chord.
    pub fn key(&self, chord: &str) {
        self.desktop.key(chord);
    }

    /// Moves the mouse to a point of the window.
    pub fn point_at(&self, (x, y): (i32, i32)) {
        let (x, y) = (x.to_string(), y.to_string());
        self.desktop
            .tool("xdotool", &["mousemove", "--window", &self.window, &x, &y])
            .expect("xdotool moves the mouse");
    }

    /// Presses the left button there. A press shorter than a frame can be lost, hence the naps.
    pub fn press_at(&self, point: (i32, i32)) {
        self.point_at(point);
        nap();
        self.desktop.tool("xdotool", &["mousedown", "1"]).expect("xdotool presses");
        nap();
    }

    /// Lets the left button go.
    pub fn release(&self) {
        nap();
        self.desktop.tool("xdotool", &["mouseup", "1"]).expect("xdotool releases");
    }

    /// A click.
    pub fn click(&self, point: (i32, i32)) {
        self.press_at(point);
        self.release();
    }

    /// The window as it is seen.
    pub fn see_all(&self) -> RgbImage {
        let Some(area) = self.desktop.inside_of(&self.window) else {
            panic!("the window is gone; {}", self.words());
        };
        crop_imm(&self.desktop.screenshot(), area.x, area.y, area.width, area.height).to_image()
    }

    /// A part of it.
    pub fn see(&self, area: Area) -> RgbImage {
        crop_imm(&self.see_all(), area.x, area.y, area.width, area.height).to_image()
    }

    /// Waits until this holds, or fails with what was awaited, a screenshot and the program's words.
    pub fn wait(&self, what: &str, mut holds: impl FnMut(&Self) -> bool) {
        self.wait_for(what, |s| holds(s).then_some(()));
    }

    /// Waits for an answer likewise.
    pub fn wait_for<T>(&self, what: &str, mut ask: impl FnMut(&Self) -> Option<T>) -> T {
        until(PATIENCE, || ask(self))
            .unwrap_or_else(|| panic!("waited in vain for {what}; see {}\n{}", self.keep_screenshot(), self.words()))
    }

    /// Waits until a part has looked the same three times, and answers how it looks.
    pub fn wait_until_still(&self, what: &str, area: Area) -> RgbImage {
        let mut looks = (self.see(area), 0);
        self.wait(&format!("{what} to stand still"), |s| {
            let now = s.see(area);
            looks = if differ(&looks.0, &now) { (now, 0) } else { (now, looks.1 + 1) };
            looks.1 >= 3
        });
        looks.0
    }

    /// Types a path into the file dialog that is about to open, and says yes; the first Return may only close its suggestions.
    pub fn answer_file_dialog(&self, file: &Path) {
        let find = |s: &Self| s.desktop.find(&["--class", "zenity"]).or_else(|| s.desktop.find(&["--name", "zenity"]));
        let dialog = self.wait_for("the file dialog", find);
        self.desktop.focus(&dialog);
        self.key("ctrl+a");
        let path = file.to_str().expect("a plain path");
        self.desktop.tool("xdotool", &["type", "--delay", "20", path]).expect("xdotool types");
        self.wait("the file dialog to close", |s| {
            if find(s).is_some() {
                s.key("Return");
            }
            find(s).is_none()
        });
    }

    /// The run folder, once it writes its curves.
    pub fn run_folder(&self) -> Option<PathBuf> {
        files(&self.home).into_iter().find(|file| file.ends_with("metrics.jsonl"))?.parent().map(Path::to_owned)
    }

    /// Its exit code, once it is gone; −1 after a signal.
    pub fn exit_code(&mut self) -> Option<i32> {
        self.child.try_wait().expect("its status").map(|status| status.code().unwrap_or(-1))
    }

    /// The end of what it wrote to its standard outputs.
    pub fn words(&self) -> String {
        let text = fs::read(&self.log).unwrap_or_default();
        let text = String::from_utf8_lossy(&text);
        let last = text.lines().count().saturating_sub(20);
        format!("its words:\n{}", text.lines().skip(last).collect::<Vec<_>>().join("\n"))
    }

    /// Writes the whole screen to a file that outlives the test; its path.
    pub fn keep_screenshot(&self) -> String {
        let file = Path::new(env!("CARGO_TARGET_TMPDIR")).join("window-test.png");
        match self.desktop.screenshot().save(&file) {
            Ok(()) => file.display().to_string(),
            Err(error) => format!("no screenshot ({error})"),
        }
    }
}

impl Drop for Studio<'_> {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten().map(|entry| entry.path());
    entries.flat_map(|path| if path.is_dir() { files(&path) } else { vec![path] }).collect()
}

/// How many files below a folder have names that end so.
pub fn count(folder: &Path, end: &str) -> usize {
    files(folder).iter().filter(|file| file.to_string_lossy().ends_with(end)).count()
}

/// The greatest step in a run's curves. A line's step may be lower than that of the line before it: measurements of quality are
/// appended when they are done, at the step of the weights that were measured.
pub fn last_step(curves: &Path) -> u64 {
    let text = fs::read_to_string(curves).unwrap_or_default();
    let step = |line: &str| serde_json::from_str::<serde_json::Value>(line).ok()?["step"].as_u64();
    text.lines().filter_map(step).max().unwrap_or(0)
}
