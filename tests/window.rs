//! The real program on a screen of its own, driven by keyboard and mouse, from first sight to "Save and close".

#[path = "window/desktop.rs"]
mod desktop;
#[path = "window/pictures.rs"]
mod pictures;
#[path = "window/studio.rs"]
mod studio;

use desktop::{Area, Desktop, until};
use pictures::{colours, differ, enlarged_by};
use std::{
    fs,
    process::Command,
    time::{Duration, Instant},
};
use studio::Studio;

/// Size of the window as it first opens; everything below is measured in it.
const WINDOW: (u32, u32) = (1280, 800);
/// Where the generated samples are, well inside their panel.
const SAMPLES: Area = Area { x: 320, y: 150, width: 300, height: 220 };
/// Where the large picture of the sliders is.
const LARGE: Area = Area { x: 1040, y: 150, width: 160, height: 120 };
/// Where the first sliders are: rows to try, and how far to drag.
const SLIDER_ROWS: std::ops::Range<i32> = 400..760;
const SLIDER_ROW_STEP: usize = 14;
const SLIDER_FROM: i32 = 1_060;
const SLIDER_TO: i32 = 1_180;
/// Where a click takes the keyboard away from any field: an empty spot of the menu row.
const NOWHERE: (i32, i32) = (700, 12);
/// How often Tab leads from the question before closing to its "Save and close"; the other counts are tried if that is wrong.
const TABS_TO_SAVE: [usize; 4] = [1, 2, 0, 3];
/// Enlargement of exports before anybody changes it.
const SCALE: u32 = 8;

#[test]
fn a_person_trains_plays_pauses_exports_and_quits() {
    let desktop = Desktop::start(WINDOW);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let data = folder.path().join("my 数据");
    pictures::write_some(&data);
    let mut studio = Studio::open(&desktop, folder.path(), &[data.as_os_str()]);

    // First sight: a starter's pictures, and sliders that play it.
    studio.wait("the starter's pictures", 60, |s| colours(&s.see(SAMPLES)) > 150);
    drag_a_slider(&studio);

    // Training. Start is refused while the pictures are read, so it may take more than one try.
    studio.click(NOWHERE);
    let run = studio.wait_for("a run that writes its curves", 90, |s| {
        s.key("ctrl+Return");
        until(3, || s.run_folder())
    });
    let curves = run.join("metrics.jsonl");
    let length = || fs::metadata(&curves).map_or(0, |m| m.len());
    let rhythm = (0..3).map(|_| time_to_grow(&studio, &length)).max().unwrap_or_default();
    let first = studio.see(SAMPLES);
    studio.wait("the samples to change while it trains", 60, |s| differ(&first, &s.see(SAMPLES)));
    studio.wait("a sample grid in the run folder", 60, |_| studio::count(&run.join("samples"), "png") > 0);
    drag_a_slider_while_training(&studio, &length);

    // Paused: the curves stand still, the sliders do not.
    studio.key("ctrl+space");
    let mut last = (length(), Instant::now());
    studio.wait("the curves to stand still", 120, |_| {
        last = if last.0 == length() { last } else { (length(), Instant::now()) };
        last.1.elapsed() > Duration::from_secs(2) + rhythm * 3
    });
    drag_a_slider(&studio);
    assert_eq!(length(), last.0, "it trains although it is paused");

    // A picture through the real dialog.
    let file = folder.path().join("one picture.png");
    studio.key("ctrl+e");
    studio.answer_file_dialog(&file);
    let picture = studio.wait_for("the exported picture", 30, |_| image::open(&file).ok()).to_rgb8();
    assert!(colours(&picture) > 1, "the exported picture has one colour only");
    assert!(enlarged_by(&picture, SCALE), "{:?} is not made of {SCALE}×{SCALE} blocks", picture.dimensions());

    // On again, and out in the middle, with the run saved.
    studio.focus();
    studio.key("ctrl+space");
    time_to_grow(&studio, &length);
    let code = TABS_TO_SAVE.iter().find_map(|tabs| save_and_close(&mut studio, *tabs));
    let Some(code) = code else {
        panic!("it does not close by keyboard; see {}\n{}", studio.keep_screenshot(), studio.words());
    };
    assert_eq!(code, 0, "{}", studio.words());
    assert!(studio::count(&run.join("checkpoints"), "manifest.json") > 0, "closing left no checkpoint");
    assert!(studio::last_step(&curves) > 0, "the curves are empty");
}

/// Waits until the curves have grown; how long that took.
fn time_to_grow(studio: &Studio, length: &dyn Fn() -> u64) -> Duration {
    let (before, begun) = (length(), Instant::now());
    studio.wait("the curves to grow", 90, |_| length() > before);
    begun.elapsed()
}

/// Quits and answers the question with the button that Tab reaches so; the exit code, if that ended it.
fn save_and_close(studio: &mut Studio, tabs: usize) -> Option<i32> {
    let before = studio.see_all();
    studio.key("ctrl+q");
    studio.wait("the question before closing", 20, |s| differ(&before, &s.see_all()));
    for _ in 0..tabs {
        studio.key("Tab");
        desktop::nap();
    }
    studio.key("Return");
    let code = until(20, || studio.exit_code());
    if code.is_none() {
        studio.key("Escape");
    }
    code
}

/// With nothing else going on: the large picture follows one of the sliders, and stays where it was left.
fn drag_a_slider(studio: &Studio) {
    let before = studio.wait_until_still("the large picture", LARGE);
    let moved = SLIDER_ROWS.step_by(SLIDER_ROW_STEP).any(|row| {
        studio.press_at((SLIDER_FROM, row));
        let moved = (0..=10).any(|i| {
            studio.point_at((SLIDER_FROM + (SLIDER_TO - SLIDER_FROM) * i / 10, row));
            desktop::nap();
            differ(&before, &studio.see(LARGE))
        });
        studio.release();
        moved
    });
    assert!(moved, "no slider moves the large picture; see {}", studio.keep_screenshot());
    let after = studio.wait_until_still("the large picture after the drag", LARGE);
    assert!(differ(&before, &after), "the large picture went back; see {}", studio.keep_screenshot());
}

/// A drag does not hold the training up.
fn drag_a_slider_while_training(studio: &Studio, length: &dyn Fn() -> u64) {
    let (before, mut step) = (length(), 0);
    studio.press_at((SLIDER_FROM, SLIDER_ROWS.start + 40));
    studio.wait("the training to go on during a drag", 60, |s| {
        step += 1;
        s.point_at((SLIDER_FROM + step * 7 % (SLIDER_TO - SLIDER_FROM), SLIDER_ROWS.start + 40));
        length() > before
    });
    studio.release();
}

#[test]
fn with_nothing_to_lose_it_closes_at_once() {
    let desktop = Desktop::start(WINDOW);
    let folder = tempfile::tempdir().expect("a temporary folder");
    let mut studio = Studio::open(&desktop, folder.path(), &[]);
    studio.wait("the starter's pictures", 60, |s| colours(&s.see(SAMPLES)) > 150);
    studio.key("ctrl+q");
    let code = until(30, || studio.exit_code());
    assert_eq!(code, Some(0), "{}", studio.words());
}

#[test]
fn without_a_display_it_says_so() {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let output = Command::new(env!("CARGO_BIN_EXE_latent-studio"))
        .env_remove("DISPLAY")
        .env_remove("WAYLAND_DISPLAY")
        .env_remove("WAYLAND_SOCKET")
        .env("LATENT_STUDIO_HOME", folder.path())
        .output()
        .expect("the program starts");
    let words = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(2), "{words}");
    assert_eq!(words.trim().lines().count(), 1, "{words}");
    assert!(words.contains("display"), "{words}");
}

#[test]
fn waiting_ends_with_what_was_awaited() {
    assert_eq!(until(1, || Some(7)), Some(7));
    assert_eq!(until(0, || None::<()>), None);
}
