//! A screen that nobody sees, with a window manager, and hands to use it.

use image::RgbImage;
use std::{
    ffi::OsStr,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::{Duration, Instant},
};

/// A part of a picture, in pixels.
#[derive(Clone, Copy, Debug)]
pub struct Area {
    pub x: u32,
    pub y: u32,
    pub width: u32,
    pub height: u32,
}

/// A virtual screen with a window manager; both end when it is dropped.
pub struct Desktop {
    display: String,
    screen: Child,
    manager: Child,
}

impl Desktop {
    /// Starts one that is roomy enough for a window of this size, on a display number that is free.
    pub fn start(window: (u32, u32)) -> Self {
        for tool in ["Xvfb", "openbox", "xdotool", "import", "xwininfo", "zenity"] {
            let found =
                std::env::split_paths(&std::env::var_os("PATH").unwrap_or_default()).any(|p| p.join(tool).is_file());
            assert!(
                found,
                "{tool} is missing, and the window is tested with the real program: run `make setup` first."
            );
        }
        let size = format!("{}x{}x24", window.0 + 120, window.1 + 120);
        let mut screen = Command::new("Xvfb")
            .args(["-displayfd", "1", "-screen", "0", &size, "-nolisten", "tcp", "-noreset"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .expect("Xvfb starts");
        let mut number = String::new();
        let answer = screen.stdout.take().expect("its answer");
        BufReader::new(answer).read_line(&mut number).expect("the display number");
        assert!(!number.trim().is_empty(), "Xvfb gave no display");
        let display = format!(":{}", number.trim());
        let manager = Command::new("openbox")
            .arg("--sm-disable")
            .env("DISPLAY", &display)
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("openbox starts");
        let desktop = Self { display, screen, manager };
        let ready = until(PATIENCE, || desktop.tool("xdotool", &["get_num_desktops"]).map(drop));
        assert!(ready.is_some(), "openbox does not answer");
        desktop
    }

    /// A program on this screen, out of reach of the desktop that the tests were started from.
    pub fn command(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        for name in ["WAYLAND_DISPLAY", "WAYLAND_SOCKET", "XDG_SESSION_TYPE", "XDG_CURRENT_DESKTOP", "XAUTHORITY"] {
            command.env_remove(name);
        }
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", "disabled:") // no portal: its dialogs would open elsewhere
            .env("NO_AT_BRIDGE", "1")
            .env("GTK_USE_PORTAL", "0")
            .env("LIBGL_ALWAYS_SOFTWARE", "1");
        command
    }

    /// What a tool prints, if it succeeds.
    pub fn tool(&self, program: &str, args: &[&str]) -> Option<String> {
        let output = self.command(program).args(args).stderr(Stdio::null()).output().expect("the tool starts");
        output.status.success().then(|| String::from_utf8_lossy(&output.stdout).trim().to_owned())
    }

    /// The newest visible window for which `xdotool search` answers these criteria.
    pub fn find(&self, criteria: &[&str]) -> Option<String> {
        let found = self.tool("xdotool", &[&["search", "--onlyvisible"], criteria].concat())?;
        found.lines().next_back().map(str::to_owned)
    }

    /// Brings a window to the front and waits until the keyboard is its.
    pub fn focus(&self, window: &str) {
        let mine = until(PATIENCE, || {
            self.tool("xdotool", &["windowactivate", window])?;
            nap();
            (self.tool("xdotool", &["getactivewindow"])? == window).then_some(())
        });
        assert!(mine.is_some(), "window {window} does not come to the front");
    }

    /// Presses a key or a chord such as `ctrl+Return`.
    pub fn key(&self, chord: &str) {
        self.tool("xdotool", &["key", "--clearmodifiers", chord]).expect("xdotool presses keys");
    }

    /// The whole screen.
    pub fn screenshot(&self) -> RgbImage {
        let output =
            self.command("import").args(["-silent", "-window", "root", "png:-"]).output().expect("import starts");
        image::load_from_memory(&output.stdout).expect("a screenshot").to_rgb8()
    }

    /// Where a window's inside is on the screen.
    pub fn inside_of(&self, window: &str) -> Option<Area> {
        let facts = self.tool("xwininfo", &["-id", window])?;
        let number = |name: &str| {
            let line = facts.lines().find_map(|line| line.trim().strip_prefix(name))?;
            line.trim().parse::<i64>().ok().and_then(|n| u32::try_from(n).ok())
        };
        Some(Area {
            x: number("Absolute upper-left X:")?,
            y: number("Absolute upper-left Y:")?,
            width: number("Width:")?,
            height: number("Height:")?,
        })
    }
}

impl Drop for Desktop {
    fn drop(&mut self) {
        for child in [&mut self.manager, &mut self.screen] {
            let _ = child.kill();
            let _ = child.wait();
        }
    }
}

/// How long something may take on the most crowded machine before it counts as hanging, in seconds.
pub const PATIENCE: u64 = 600;

/// Asks again and again until there is an answer; `None` when the deadline has passed.
pub fn until<T>(deadline_secs: u64, mut ask: impl FnMut() -> Option<T>) -> Option<T> {
    let deadline = Instant::now() + Duration::from_secs(deadline_secs);
    loop {
        let answer = ask();
        if answer.is_some() || Instant::now() >= deadline {
            return answer;
        }
        nap();
    }
}

/// The rhythm of asking, and of a hand.
pub fn nap() {
    sleep(Duration::from_millis(100));
}
