//! The materials of `bench synth`: pictures that are drawn the same way every time, and real ones.

use crate::{
    data, latent,
    picture::{Mask, Picture},
    synth::{Exemplar, Materials, Task, trimap},
};
use anyhow::Result;
use std::path::{Path, PathBuf};

/// The size of the pictures that methods are compared on in the literature.
const SIZE: [usize; 2] = [768, 512];
/// Cells across and strength of each layer of noise. As in photographs, finer detail is fainter.
const LAYERS: [(usize, i32); 6] = [(3, 150), (7, 90), (17, 50), (41, 28), (97, 16), (233, 9)];
const SEED: u64 = 0x0050_4c41_534d_4100;

/// Materials for the tools of one task.
pub struct Case {
    /// The picture and what is to be done with it: `plasma, block96`.
    pub name: String,
    /// Materials for the tools of this task.
    pub task: Task,
    /// The materials.
    pub materials: Materials,
}

/// Returns the cases that need no files.
pub fn drawn() -> Result<Vec<Case>> {
    let photo = disc(&plasma(SIZE, 0)?, &plasma(SIZE, 1)?);
    let mut cases = of_photo("plasma", &photo, &ring(SIZE, [0.55, 0.75]));
    cases.push(case("plasma, block96".into(), Task::Inpainting, repair(&photo, block(SIZE, 96))));
    cases.push(case("plasma, random80".into(), Task::Inpainting, repair(&photo, random(SIZE, 80))));
    cases.push(grown("plasma", plasma([128, 128], 2)?));
    Ok(cases)
}

/// Returns the cases of the real files that are there.
pub fn real() -> Vec<Case> {
    let Some(home) = std::env::var_os("LATENT_STUDIO_DATA").map(PathBuf::from) else { return Vec::new() };
    let picture = |name: &str| data::whole_picture(&home.join(name)).ok().map(|(picture, _)| picture);
    let mask = |name: &str| data::mask_picture(&home.join(name)).ok();
    let mut cases = Vec::new();
    if let (Some(photo), Some(trimap)) = (picture("matting/lemur/lemur.png"), mask("matting/lemur/lemur_trimap.png")) {
        cases.extend(of_photo("lemur", &photo, &trimap));
    }
    for name in ["GT01", "GT06", "GT13", "GT19"] {
        let at = |part: &str| format!("matting/alphamatting/{part}/{name}.png");
        if let (Some(photo), Some(trimap)) = (picture(&at("image")), mask(&at("trimap1"))) {
            let cut = Materials { picture: Some(photo), mask: Some(trimap::snap(&trimap)), ..Materials::default() };
            cases.push(case(format!("{name}, trimap"), Task::Matting, cut));
        }
    }
    if let Some(photo) = picture("inpainting/kodim23.png") {
        for name in ["block96", "random80"] {
            if let Some(hole) = mask(&format!("inpainting/masks/{name}.png")) {
                cases.push(case(format!("kodim23, {name}"), Task::Inpainting, repair(&photo, hole)));
            }
        }
    }
    cases.extend(["textures/1.jpg", "textures/bricks.png"].iter().filter_map(|name| {
        let stem = Path::new(name).file_stem().unwrap_or_default().to_string_lossy().into_owned();
        Some(grown(&stem, picture(name)?))
    }));
    cases
}

fn case(name: String, task: Task, materials: Materials) -> Case {
    Case { name, task, materials }
}

/// Returns the cases of matting and enhancement for a photograph.
fn of_photo(name: &str, photo: &Picture, trimap: &Mask) -> Vec<Case> {
    let materials = Materials { picture: Some(photo.clone()), ..Materials::default() };
    let matte = Materials { mask: Some(trimap.clone()), ..materials.clone() };
    vec![case(format!("{name}, trimap"), Task::Matting, matte), case(name.to_owned(), Task::Enhancement, materials)]
}

fn repair(photo: &Picture, hole: Mask) -> Materials {
    let (picture, original) = (Some(photo.clone()), Some(photo.clone()));
    Materials { picture, original, mask: Some(hole), ..Materials::default() }
}

/// Returns the case of a texture with twice the sides of its exemplar.
fn grown(name: &str, picture: Picture) -> Case {
    let size = picture.size().map(|side| 2 * side);
    let exemplars = vec![Exemplar::from(picture)];
    case(format!("{name}, twice as large"), Task::Texture, Materials { exemplars, size, ..Materials::default() })
}

/// Draws smooth noise of several sizes; each `stream` gives another picture.
fn plasma([width, height]: [usize; 2], stream: u64) -> Result<Picture> {
    let mut rng = latent::rng(SEED, stream);
    let mut sums = vec![128 << 8; width * height * 3];
    for (cells, strength) in LAYERS {
        let rgb = (0..cells * cells * 3).map(|_| latent::below(&mut rng, 256) as u8).collect();
        let layer = data::resized(&Picture { width: cells, height: cells, rgb }, width, height)?;
        sums.iter_mut().zip(layer.rgb.iter()).for_each(|(sum, &v)| *sum += (i32::from(v) - 128) * strength);
    }
    let rgb = sums.into_iter().map(|sum: i32| (sum >> 8).clamp(0, 255) as u8).collect();
    Ok(Picture { width, height, rgb })
}

/// Draws a trimap that is white within `inner` of the way from the centre to the border, black beyond `outer`, and grey between.
fn ring([width, height]: [usize; 2], [inner, outer]: [f32; 2]) -> Mask {
    let along = |at: usize, side: usize| (at as f32 + 0.5) * 2.0 / side as f32 - 1.0;
    let value = |x, y| match along(x, width).hypot(along(y, height)) {
        near if near < inner => 255,
        near if near < outer => 128,
        _ => 0,
    };
    let grey = (0..width * height).map(|i| value(i % width, i / width)).collect();
    Mask { width, height, grey }
}

/// Lays a disc of one picture over another of the same size.
fn disc(front: &Picture, back: &Picture) -> Picture {
    let inside = ring(front.size(), [0.65, 0.65]);
    let pixels = front.rgb.chunks_exact(3).zip(back.rgb.chunks_exact(3)).zip(inside.grey.iter());
    let rgb = pixels.flat_map(|((front, back), &inside)| if inside == 255 { front } else { back }).copied().collect();
    Picture { rgb, ..front.clone() }
}

/// Draws a mask with a square hole of this side in the middle.
fn block([width, height]: [usize; 2], side: usize) -> Mask {
    let within = |at: usize, all: usize| at.abs_diff(all / 2) * 2 < side;
    let value = |i: usize| if within(i % width, width) && within(i / width, height) { 255 } else { 0 };
    Mask { width, height, grey: (0..width * height).map(value).collect() }
}

/// A mask with this percentage of pixels missing.
fn random([width, height]: [usize; 2], percent: usize) -> Mask {
    let mut rng = latent::rng(SEED, 99);
    let grey = (0..width * height).map(|_| if latent::below(&mut rng, 100) < percent { 255 } else { 0 }).collect();
    Mask { width, height, grey }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_task_has_materials_that_suit_it() {
        let cases = drawn().unwrap();
        for case in &cases {
            crate::synth::check(case.task, &case.materials).unwrap();
        }
        for task in [Task::Matting, Task::Inpainting, Task::Texture, Task::Enhancement] {
            assert!(cases.iter().any(|case| case.task == task), "{task:?}");
        }
        let share = random([200, 100], 80).count(|v| v == 255);
        assert!((15_500..16_500).contains(&share), "{share} of 20,000");
        assert!((95 * 95..=97 * 97).contains(&block([300, 200], 96).count(|v| v == 255)));
        assert_eq!(plasma([8, 8], 1).unwrap(), plasma([8, 8], 1).unwrap());
        assert_ne!(plasma([8, 8], 1).unwrap(), plasma([8, 8], 2).unwrap());
    }
}
