//! Both texture tools on real textures: nothing here measures time.

use latent_studio::{
    picture::{Mask, Picture},
    spec::{Knobs, Value},
    synth::{Exemplar, Materials, Outcome, Watch, tool},
};
use std::path::PathBuf;

fn folder() -> Option<PathBuf> {
    std::env::var_os("LATENT_STUDIO_DATA").map(|data| PathBuf::from(data).join("textures"))
}

/// The upper left part of a file, and where it is opaque.
fn part(file: &str, side: u32) -> Option<(Picture, Mask)> {
    let image = image::open(folder()?.join(file)).unwrap().to_rgba8();
    let (width, height) = (image.width().min(side) as usize, image.height().min(side) as usize);
    let all = (0..height).flat_map(|y| (0..width).map(move |x| (x as u32, y as u32)));
    let pixels: Vec<[u8; 4]> = all.map(|(x, y)| image.get_pixel(x, y).0).collect();
    let rgb: Vec<u8> = pixels.iter().flat_map(|p| [p[0], p[1], p[2]]).collect();
    let grey: Vec<u8> = pixels.iter().map(|p| p[3]).collect();
    Some((Picture { width, height, rgb: rgb.into() }, Mask { width, height, grey: grey.into() }))
}

fn made(id: &str, materials: &Materials, tileable: bool) -> Outcome {
    let tool = tool(id).unwrap();
    let mut knobs = Knobs::start(&(tool.knobs)());
    knobs.put("tileable", Value::Flag(tileable));
    let (stop, mut on_progress) = (|| false, |_: f32, _: Option<Picture>| {});
    (tool.run)(materials, &knobs, None, &mut Watch::new(&stop, &mut on_progress)).unwrap()
}

fn figure(outcome: &Outcome, name: &str) -> f64 {
    outcome.figures.iter().find(|f| f.0 == name).unwrap().1
}

/// A texture twice as large shows most of the exemplar and copies no piece larger than half of it.
#[test]
fn larger_textures_keep_what_is_there() {
    // The ink is no texture: its parts differ, and much of the red may be left out.
    for (file, recall) in [("1.jpg", 0.85), ("2.jpg", 0.4), ("4.png", 0.9)] {
        let Some((picture, _)) = part(file, 128) else { return };
        let side = picture.width as f64;
        let materials = Materials { exemplars: vec![picture.into()], size: [256, 256], ..Materials::default() };
        for id in ["quilting", "search"] {
            let made = made(id, &materials, false);
            assert!(figure(&made, "patch_recall") >= recall, "{id} {file}: {:?}", made.figures);
            assert!(figure(&made, "verbatim_px") <= 0.5 * side, "{id} {file}: {:?}", made.figures);
        }
    }
}

/// A tileable texture has about the same contrast across its border as inside.
#[test]
fn tileable_textures_wrap_around() {
    for file in ["1.jpg", "4.png"] {
        let Some((picture, _)) = part(file, 160) else { return };
        let materials = Materials { exemplars: vec![picture.into()], size: [160, 160], ..Materials::default() };
        for id in ["quilting", "search"] {
            let made = made(id, &materials, true);
            assert!(figure(&made, "wrap_seam") < 2.5, "{id} {file}: {:?}", made.figures);
        }
    }
}

/// The wall's transparent hole is filled with wall, and the wall around it is kept.
#[test]
fn a_hole_in_a_wall_is_bricked_up() {
    let Some((picture, opaque)) = part("bricks.png", 400) else { return };
    let grey: Vec<u8> = opaque.grey.iter().map(|&a| if a < 255 { 255 } else { 0 }).collect();
    let mask = Mask { grey: grey.into(), ..opaque };
    let materials = Materials { picture: Some(picture.clone()), mask: Some(mask.clone()), ..Materials::default() };
    for id in ["quilting", "search"] {
        let made = made(id, &materials, false).picture;
        let mut black = 0;
        for (i, (new, old)) in made.rgb.chunks_exact(3).zip(picture.rgb.chunks_exact(3)).enumerate() {
            if mask.grey[i] == 0 {
                assert_eq!(new, old, "{id}");
            } else if new.iter().all(|&v| v < 8) {
                black += 1;
            }
        }
        assert!(black < 50, "{id}: {black} pixels are as black as the hole was");
    }
}

/// A place that may not be sampled is not shown: with the orange dots only, no green one appears.
#[test]
fn a_sample_mask_is_kept_to() {
    let (Some((picture, _)), Some(folder)) = (part("4.png", 352), folder()) else { return };
    let image = image::open(folder.join("masks/4_sample_mask.png")).unwrap().to_luma8();
    let grey: Vec<u8> = (0..352 * 352).map(|i| image.get_pixel(i % 352, i / 352).0[0]).collect();
    let sample = Some(Mask { width: 352, height: 352, grey: grey.into() });
    let exemplar = Exemplar { sample, ..picture.into() };
    let materials = Materials { exemplars: vec![exemplar], size: [200, 200], ..Materials::default() };
    for id in ["quilting", "search"] {
        let made = made(id, &materials, false).picture;
        let green = made.rgb.chunks_exact(3).filter(|p| p[1] > 200 && p[0] < 160).count();
        assert_eq!(green, 0, "{id}");
    }
}
