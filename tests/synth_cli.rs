//! Pictures made of pictures without a window: what is written, what is refused, and that it is the same every time.

#![allow(clippy::unwrap_used)] // helpers of tests

#[path = "synth_cli/pictures.rs"]
mod pictures;

use latent_studio::run::made_of;
use pictures::SIZE;
use serde_json::Value as Json;
use std::{
    path::Path,
    process::{Command, Output, Stdio},
};

fn program(home: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_latent-studio"));
    command.args(args).current_dir(home).env("LATENT_STUDIO_HOME", home.join("home")).env_remove("DISPLAY");
    command.env_remove("WAYLAND_DISPLAY").stdin(Stdio::null());
    command
}

fn words(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

#[track_caller]
fn well(home: &Path, args: &str) -> String {
    let args: Vec<&str> = args.split_whitespace().collect();
    let output = program(home, &args).output().unwrap();
    assert!(output.status.success(), "{args:?}: {}", words(&output.stderr));
    words(&output.stdout)
}

/// The JSON object that is printed.
#[track_caller]
fn told(home: &Path, args: &str) -> Json {
    serde_json::from_str(&well(home, &format!("{args} --json"))).unwrap()
}

/// It ends with this code and one sentence on stderr that says these words, and `out.png` is not there.
#[track_caller]
fn refused(home: &Path, args: &str, code: i32, says: &str) {
    let args: Vec<&str> = args.split_whitespace().collect();
    let Output { status, stderr, .. } = program(home, &args).output().unwrap();
    let stderr = words(&stderr);
    assert_eq!(status.code(), Some(code), "{args:?}: {stderr}");
    assert!(stderr.contains(says), "{args:?} should say {says:?}: {stderr}");
    assert_eq!(stderr.trim().lines().count(), 1, "one sentence: {stderr}");
    assert!(!stderr.contains("panicked"), "{stderr}");
    assert!(!home.join("out.png").exists(), "{args:?} wrote a picture");
}

fn home() -> tempfile::TempDir {
    let home = tempfile::tempdir().unwrap();
    pictures::materials(home.path());
    home
}

/// The bytes of a file, and the note in them.
#[track_caller]
fn written(home: &Path, name: &str) -> (Vec<u8>, Json) {
    let bytes = std::fs::read(home.join(name)).unwrap();
    let note = serde_json::from_str(&made_of(&bytes).unwrap()).unwrap();
    (bytes, note)
}

#[test]
fn a_cut_out_and_its_opacity_are_written_and_say_how() {
    let home = home();
    let home = home.path();
    for method in ["closed-form", "knn", "learning-based"] {
        let args = format!("matte photo.png --trimap trimap.png --method {method} --alpha-out a.png --out cut.png");
        let json = told(home, &args);
        assert_eq!(
            (&json["tool"], &json["path"], &json["alpha"]),
            (&method.into(), &"cut.png".into(), &"a.png".into())
        );
        assert_eq!([&json["width"], &json["height"]], SIZE, "{json}");
        assert!(json["seconds"].is_number() && json["figures"].is_object() && json["warnings"].is_array(), "{json}");
        let (cut, alpha) = (image::open(home.join("cut.png")).unwrap(), image::open(home.join("a.png")).unwrap());
        assert_eq!((cut.color(), alpha.color()), (image::ColorType::Rgba8, image::ColorType::L8));
        let (cut, alpha) = (cut.into_rgba8(), alpha.into_luma8());
        assert_eq!(alpha.dimensions(), SIZE.into());
        assert!(cut.pixels().zip(alpha.pixels()).all(|(pixel, a)| pixel[3] == a[0]), "the same opacity in both");
        let trimap = pictures::trimap(SIZE[0], SIZE[1]);
        let known = trimap.pixels().zip(alpha.pixels()).filter(|(t, _)| t[0] != 128);
        assert!(known.clone().all(|(t, a)| t[0].abs_diff(a[0]) < 8), "what is known stays so");
        let (bytes, note) = written(home, "cut.png");
        assert_eq!((&note["tool"], &note["inputs"]["mask"]["width"]), (&method.into(), &SIZE[0].into()));
        assert_eq!(note, written(home, "a.png").1);
        well(home, &args);
        assert!(written(home, "cut.png").0 == bytes, "{method}: the same bytes again");
    }
    let over = "matte photo.png --trimap trimap.png --out over.jpg --over #00ff00";
    well(home, over);
    let corner = image::open(home.join("over.jpg")).unwrap().into_rgb8().get_pixel(1, 1).0;
    assert!(corner[0] < 40 && corner[1] > 215 && corner[2] < 40, "green where the background was: {corner:?}");
    well(home, "matte photo.png --trimap trimap.png --out over.png --over photo.png");
    let (back, photo) = (image::open(home.join("over.png")).unwrap().into_rgb8(), pictures::photo(SIZE[0], SIZE[1]));
    assert_eq!(back.get_pixel(1, 1), photo.get_pixel(1, 1), "over the photograph itself");
    assert!(written(home, "over.png").1["over"].is_string());
    let json =
        told(home, "matte photo.png --trimap trimap.png --alpha-out a.png --set iterations=1 --set tolerance=1e-8");
    let warning = json["warnings"][0].as_str().unwrap();
    assert!(warning.contains("residual") && json["figures"]["residual"].is_number(), "the best so far: {json}");
    pictures::scribbles(SIZE[0], SIZE[1]).save(home.join("painted.png")).unwrap();
    well(home, "matte photo.png --scribbles painted.png --alpha-out strokes.png");
    let strokes = image::open(home.join("strokes.png")).unwrap().into_luma8();
    assert_eq!((strokes.get_pixel(24, 20)[0], strokes.get_pixel(24, 0)[0]), (255, 0), "what was painted is known");
    well(home, "matte photo.png --trimap trimap.png --out tiled.png --over patch.png --tiled");
    let (tiled, patch) = (image::open(home.join("tiled.png")).unwrap().into_rgb8(), pictures::photo(24, 20));
    assert_eq!(tiled.get_pixel(47, 39), patch.get_pixel(47 - 24, 39 - 20), "repeated behind the corner");
    well(home, "matte photo.png --mask hole.png --erode 3 --dilate 3 --alpha-out rough.png");
}

#[test]
fn a_folder_is_cut_out_and_what_is_bad_is_listed() {
    let home = home();
    let home = home.path();
    for (folder, from) in [("in", "photo.png"), ("maps", "trimap.png")] {
        std::fs::create_dir_all(home.join(folder).join("sub")).unwrap();
        for name in ["a.png", "b.png", "sub/a.png"] {
            std::fs::copy(home.join(from), home.join(folder).join(name)).unwrap();
        }
    }
    std::fs::write(home.join("in/b.png"), "no picture").unwrap();
    std::fs::copy(home.join("photo.png"), home.join("in/lonely.png")).unwrap();
    let args = ["matte", "in", "--trimap", "maps", "--out", "cut", "--json"];
    let output = program(home, &args).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    assert!(words(&output.stderr).contains("2 of 4 pictures were left out"), "{}", words(&output.stderr));
    let lines: Vec<Json> = words(&output.stdout).lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let errors: Vec<_> = lines.iter().filter_map(|line| line["error"].as_str()).collect();
    assert!(errors.len() == 2 && errors[0].contains("not a picture") && errors[1].contains("no file of this name"));
    let alone = "matte photo.png --trimap trimap.png --out one.png";
    well(home, alone);
    for name in ["cut/a.png", "cut/sub/a.png"] {
        assert!(written(home, name) == written(home, "one.png"), "{name} is what it is alone");
    }
    refused(home, "matte in --trimap trimap.png --out cut", 2, "must be their trimaps");
    refused(home, "matte in --trimap maps --out cut --alpha-out cut", 2, "name two");
    refused(home, "enhance in --out one.png", 2, "several pictures go to a folder");
}

#[test]
fn a_hole_is_filled_and_only_the_hole() {
    let home = home();
    let home = home.path();
    for method in ["harmonic", "biharmonic", "patchmatch"] {
        let args = format!("inpaint photo.png --mask hole.png --method {method} --seed 3 --out filled.png");
        let json = told(home, &format!("{args} --original photo.png"));
        assert!(json["figures"]["hole_psnr"].is_number(), "{json}");
        let (filled, mask) = (image::open(home.join("filled.png")).unwrap(), pictures::hole(SIZE[0], SIZE[1]));
        assert_eq!(filled.color(), image::ColorType::Rgb8);
        let (filled, photo) = (filled.into_rgb8(), pictures::photo(SIZE[0], SIZE[1]));
        let outside = mask.enumerate_pixels().filter(|(.., v)| v[0] == 0);
        assert!(outside.clone().all(|(x, y, _)| filled.get_pixel(x, y) == photo.get_pixel(x, y)), "{method}");
        let (bytes, note) = written(home, "filled.png");
        assert_eq!((&note["tool"], &note["seed"]), (&method.into(), &3.into()));
        well(home, &args);
        assert!(written(home, "filled.png").0 == bytes, "{method}: the same bytes, whether it is measured or not");
    }
}

#[test]
fn a_texture_grows_from_exemplars() {
    let home = home();
    let home = home.path();
    for method in ["quilting", "search"] {
        let args = format!("texture patch.png --size 36x28 --method {method} --seed 5 --out texture.png");
        assert_eq!([&told(home, &args)["width"], &told(home, &args)["height"]], [36, 28]);
        let (bytes, note) = written(home, "texture.png");
        assert_eq!((&note["seed"], &note["size"]), (&5.into(), &[36, 28].into()));
        well(home, &args);
        assert!(written(home, "texture.png").0 == bytes, "{method}: the same bytes again");
        well(home, &args.replace("seed 5", "seed 6"));
        assert!(image_of(home, "texture.png") != image::load_from_memory(&bytes).unwrap(), "{method}: another seed");
        // A companion that is the exemplar itself becomes the texture itself.
        well(home, &format!("{args} --tileable --companion patch.png --companion-out companion.png"));
        assert!(image_of(home, "companion.png") == image_of(home, "texture.png"), "{method}");
    }
    well(home, "texture --fill photo.png --mask hole.png --out of_itself.png");
    assert_eq!(image_of(home, "of_itself.png").into_rgb8().dimensions(), (SIZE[0], SIZE[1]));
    well(home, "texture patch.png --fill photo.png --mask hole.png --method search --out filled.png");
    let (filled, photo) = (image_of(home, "filled.png").into_rgb8(), pictures::photo(SIZE[0], SIZE[1]));
    assert_eq!(filled.get_pixel(1, 1), photo.get_pixel(1, 1));
    well(home, "texture --from-run starter:glyphs --size 30x30 --seed 4 --device cpu --out glyphs.png");
    assert!(written(home, "glyphs.png").1["run"].as_str().unwrap().contains("seed 4"));
}

fn image_of(home: &Path, name: &str) -> image::DynamicImage {
    image::open(home.join(name)).unwrap()
}

#[test]
fn pictures_are_bettered_in_a_chain_and_stay_transparent() {
    let home = home();
    let home = home.path();
    let rgba = image::RgbaImage::from_fn(9, 7, |x, y| image::Rgba([x as u8 * 20, 40, y as u8 * 30, x as u8 * 30]));
    rgba.save(home.join("clear.png")).unwrap();
    let json = told(home, "enhance clear.png --with auto-levels,sharpen --set sharpen.amount=0.5 --out better.png");
    assert_eq!(json["tool"], "auto-levels,sharpen");
    let better = image_of(home, "better.png").into_rgba8();
    assert!(better.pixels().zip(rgba.pixels()).all(|(a, b)| a[3] == b[3]), "transparency stays");
    let steps = written(home, "better.png").1;
    assert_eq!((&steps[0]["tool"], &steps[1]["knobs"]["amount"]), (&"auto-levels".into(), &0.5.into()));
    refused(home, "enhance clear.png --out out.jpg", 2, "holds no transparency");
    pictures::deep(&home.join("deep.png"));
    for method in ["auto-levels", "white-balance", "clahe", "sharpen", "denoise"] {
        well(home, &format!("enhance photo.png deep.png --with {method} --out each"));
        let (shallow, deep) = (image_of(home, "each/photo.png"), image_of(home, "each/deep.png"));
        assert!(shallow == deep, "{method}: sixteen bits are read as eight");
        let once = written(home, "each/photo.png").0;
        well(home, &format!("enhance photo.png --with {method} --out once.png"));
        assert!(written(home, "once.png").0 == once, "{method}: the same bytes alone and with others");
    }
}

#[test]
fn bad_materials_are_refused_in_a_sentence() {
    let home = home();
    let home = home.path();
    let matte = |photo: &str, trimap: &str, says: &str| {
        refused(home, &format!("matte {photo} --trimap {trimap} --out out.png"), 1, says);
    };
    matte("photo.png", "small.png", "The picture is 48×40 and the trimap 20×10");
    matte("photo.png", "white.png", "no unknown pixels");
    matte("photo.png", "black.png", "no foreground");
    matte("gone.png", "trimap.png", "There is no picture at gone.png");
    pictures::cmyk(&home.join("cmyk"));
    matte("cmyk", "trimap.png", "CMYK");
    pictures::bomb(&home.join("huge"), 60_000);
    matte("huge", "trimap.png", "60,000×60,000 is too large");
    let inpaint = |mask: &str, says: &str| {
        refused(home, &format!("inpaint photo.png --mask {mask} --out out.png"), 1, says);
    };
    inpaint("black.png", "The mask covers nothing");
    inpaint("white.png", "The mask covers the whole picture");
    inpaint("small.png", "the mask 20×10");
    let texture = |args: &str, says: &str| {
        refused(home, &format!("texture photo.png --size 64x64 --out out.png {args}"), 1, says);
    };
    texture("--guide trimap.png --exemplar-guide trimap.png", "The texture is 64×64 and the guide 48×40");
    texture("--sample-mask black.png", "allows no pixel");
    texture("--set block=512", "exemplar");
    // A machine that has the memory would set to work.
    if latent_studio::meter::free_memory().is_some_and(|free| free < 64 << 30) {
        let huge = "texture photo.png --size 16384x16384 --method neural --out out.png";
        refused(home, huge, 1, "are free; choose a smaller");
    }
    refused(home, "enhance huge --out out.png", 1, "too large");
}

#[test]
fn wrong_use_is_told_before_anything_is_read() {
    let home = home();
    let home = home.path();
    let all = "matte x --trimap y --out out.png";
    refused(home, &format!("{all} --method magic"), 2, "there are closed-form, knn, learning-based");
    refused(home, &format!("{all} --method harmonic"), 2, "no method called \"harmonic\"");
    refused(home, &format!("{all} --set colour=red"), 2, "no knob called");
    refused(home, &format!("{all} --over #12"), 2, "--over is a colour");
    refused(home, "matte x --trimap y --out out.jpg", 2, "a JPEG holds no transparency; name a .png");
    refused(home, "matte x --trimap y --out out.tiff", 2, "end in .png");
    refused(home, "inpaint x --mask y --method prior --out out.png", 2, "--run");
    refused(home, "inpaint x --mask y --method harmonic --run z --out out.png", 2, "asks no generator");
    refused(home, "texture x --size 512 --out out.png", 2, "WIDTHxHEIGHT");
    refused(home, "texture x --size 99999x5 --out out.png", 2, "from 1 to 16384");
    refused(home, "texture x y --size 8x8 --sample-mask m --out out.png", 2, "names 1 and there are 2 exemplars");
    refused(home, "enhance x --with clahe --set sharpen.amount=1 --out out.png", 2, "sharpen is not among the methods");
    refused(home, "enhance x --with clahe --set beauty=1 --out out.png", 2, "No method of --with has a knob");
    let list: Vec<Json> = serde_json::from_str(&well(home, "tools --json")).unwrap();
    assert!(list.iter().any(|tool| tool["id"] == "closed-form" && tool["command"] == "matte"));
    assert!(well(home, "tools").contains("quilting"));
}

#[test]
#[cfg(target_os = "linux")]
fn a_signal_leaves_nothing_behind() {
    let home = home();
    let home = home.path();
    pictures::photo(1_600, 1_200).save(home.join("large.png")).unwrap();
    pictures::trimap(1_600, 1_200).save(home.join("map.png")).unwrap();
    let args = "matte large.png --trimap map.png --out out.png --alpha-out a.png";
    for (name, code) in [("INT", 130), ("TERM", 143)] {
        let args: Vec<_> = args.split(' ').collect();
        let mut child = program(home, &args).stderr(Stdio::null()).spawn().unwrap();
        // From when on it listens to signals, its status says.
        while !listens(child.id()) {
            assert!(child.try_wait().unwrap().is_none(), "it ended by itself");
            std::thread::yield_now();
        }
        let sent = Command::new("kill").arg(format!("-{name}")).arg(child.id().to_string()).status().unwrap();
        assert!(sent.success());
        assert_eq!(child.wait().unwrap().code(), Some(code));
        let left: Vec<_> = std::fs::read_dir(home).unwrap().map(|entry| entry.unwrap().file_name()).collect();
        assert!(
            !left
                .iter()
                .any(|file| file == "out.png" || file == "a.png" || words(file.as_encoded_bytes()).starts_with('.'))
        );
    }
}

/// Whether a process has handlers for both SIGINT (2) and SIGTERM (15).
fn listens(process: u32) -> bool {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap_or_default();
    let caught = status.lines().find_map(|line| line.strip_prefix("SigCgt:"));
    let caught = caught.and_then(|hex| u64::from_str_radix(hex.trim(), 16).ok()).unwrap_or(0);
    caught & (1 << 1) != 0 && caught & (1 << 14) != 0
}
