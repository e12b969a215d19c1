//! The real program on a screen of its own, driven by keyboard and mouse, from first sight to "Save and close".

#[path = "window/desktop.rs"]
mod desktop;
#[path = "window/pictures.rs"]
mod pictures;
#[path = "window/studio.rs"]
mod studio;

use desktop::{Area, Desktop, PATIENCE, until};
use pictures::{colours, differ, enlarged_by};
use std::{fs, process::Command};
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
/// Inside two tiles of the samples.
const TILES: [Area; 2] =
    [Area { x: 322, y: 174, width: 32, height: 32 }, Area { x: 453, y: 261, width: 32, height: 32 }];
/// Where a click takes the keyboard away from any field: an empty spot of the menu row.
const NOWHERE: (i32, i32) = (700, 12);
/// A part of the menu row in which nothing moves, and which the question before closing darkens.
const MENU: Area = Area { x: 600, y: 4, width: 200, height: 16 };
/// Where the two answers of the question before closing are.
const ANSWERS: Area = Area { x: 440, y: 400, width: 400, height: 80 };
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
    studio.wait("the starter's pictures", |s| colours(&s.see(SAMPLES)) > 150);
    drag_a_slider(&studio);

    // Training. Start is refused while the pictures are read, so it may take more than one try.
    studio.click(NOWHERE);
    studio.wait("a run that is being prepared or trains", |s| {
        s.key("ctrl+Return");
        until(3, || s.title().starts_with(['●', '○']).then_some(())).is_some()
    });
    let run = studio.wait_for("a run that writes its curves", Studio::run_folder);
    let curves = run.join("metrics.jsonl");
    let length = || fs::metadata(&curves).map_or(0, |m| m.len());
    grows(&studio, &length);
    let first = studio.see(SAMPLES);
    studio.wait("the samples to change while it trains", |s| differ(&first, &s.see(SAMPLES)));
    // Before, all pictures are the same grey, whatever the sliders say.
    studio.wait("thirty steps", |_| studio::last_step(&curves) >= 30);
    studio.wait("samples that differ from each other", |s| differ(&s.see(TILES[0]), &s.see(TILES[1])));
    studio.wait("a sample grid in the run folder", |_| studio::count(&run.join("samples"), "png") > 0);
    drag_a_slider_while_training(&studio, &length);

    // Paused: the steps stand still, the sliders do not.
    studio.key("ctrl+space");
    studio.wait("the run to be paused", |s| s.title().starts_with('○'));
    let paused = studio::last_step(&curves);
    drag_a_slider(&studio);
    assert_eq!(studio::last_step(&curves), paused, "it trains although it is paused");

    // A picture through the real dialog.
    let file = folder.path().join("one picture.png");
    studio.key("ctrl+e");
    studio.answer_file_dialog(&file);
    let picture = studio.wait_for("the exported picture", |_| image::open(&file).ok()).to_rgb8();
    assert!(colours(&picture) > 1, "the exported picture has one colour only");
    assert!(enlarged_by(&picture, SCALE), "{:?} is not made of {SCALE}×{SCALE} blocks", picture.dimensions());

    // On again, and out in the middle, with the run saved.
    studio.focus();
    studio.key("ctrl+space");
    grows(&studio, &length);
    save_and_close(&studio);
    assert_eq!(until(PATIENCE, || studio.exit_code()), Some(0), "{}", studio.words());
    assert!(studio::count(&run.join("checkpoints"), "manifest.json") > 0, "closing left no checkpoint");
    assert!(studio::last_step(&curves) > 0, "the curves are empty");
}

/// Waits until the curves have grown.
fn grows(studio: &Studio, length: &dyn Fn() -> u64) {
    let before = length();
    studio.wait("the curves to grow", |_| length() > before);
}

/// Quits while a run trains, and answers the question with its second button. The first one, which has the keyboard, would keep
/// the window open.
fn save_and_close(studio: &Studio) {
    let before = studio.see(MENU);
    studio.key("ctrl+q");
    studio.wait("the question before closing", |s| differ(&before, &s.see(MENU)));
    let first = studio.wait_until_still("the question before closing", ANSWERS);
    studio.key("Tab");
    studio.wait("the second answer to have the keyboard", |s| differ(&first, &s.see(ANSWERS)));
    studio.key("Return");
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
    studio.wait("the training to go on during a drag", |s| {
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
    studio.wait("the starter's pictures", |s| colours(&s.see(SAMPLES)) > 150);
    studio.key("ctrl+q");
    let code = until(PATIENCE, || studio.exit_code());
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
