//! Inpainting of a photograph, where `LATENT_STUDIO_DATA` names the folder that has it.

use latent_studio::{
    picture::{Mask, Picture},
    spec::Knobs,
    synth::{Materials, Outcome, Watch, inpainting, tool},
};
use std::path::PathBuf;

/// The photograph and one of its masks.
fn photo(mask: &str) -> Option<(Picture, Mask)> {
    let folder = PathBuf::from(std::env::var_os("LATENT_STUDIO_DATA")?).join("inpainting");
    let photo = image::open(folder.join("kodim23.png")).ok()?.to_rgb8();
    let hole = image::open(folder.join("masks").join(mask).with_extension("png")).ok()?.to_luma8();
    let [width, height] = [photo.width(), photo.height()].map(|side| side as usize);
    let mask = Mask { width, height, grey: hole.into_raw().into() };
    Some((Picture { width, height, rgb: photo.into_raw().into() }, mask))
}

fn fill(id: &str, original: &Picture, mask: &Mask) -> Outcome {
    let tool = tool(id).unwrap();
    let mut rgb = original.rgb.to_vec();
    let pixels = rgb.chunks_exact_mut(3).zip(mask.grey.iter());
    pixels.filter(|(_, m)| inpainting::is_hole(**m)).for_each(|(p, _)| p.copy_from_slice(&[255, 0, 255]));
    let materials = Materials {
        picture: Some(Picture { rgb: rgb.into(), ..original.clone() }),
        mask: Some(mask.clone()),
        original: Some(original.clone()),
        seed: 1,
        ..Materials::default()
    };
    let knobs = Knobs::start(&(tool.knobs)());
    (tool.run)(&materials, &knobs, None, &mut Watch::new(&|| false, &mut |_, _| {})).unwrap()
}

fn figure(outcome: &Outcome, name: &str) -> f64 {
    outcome.figures.iter().find(|(n, _)| *n == name).unwrap().1
}

/// PSNR in the hole and SSIM of the whole, of the exact solution of Laplace's equation by a direct solver.
#[test]
fn harmonic_fills_reach_the_exact_solution() {
    for (name, psnr, ssim) in [
        ("block96", 18.054, 0.9932),
        ("grid4_every32", 28.060, 0.9710),
        ("random50", 31.591, 0.9655),
        ("random80", 28.879, 0.9131),
    ] {
        let Some((original, mask)) = photo(name) else { return };
        let outcome = fill("harmonic", &original, &mask);
        assert!((figure(&outcome, "hole_psnr") - psnr).abs() < 0.005, "{name}: {:?}", outcome.figures);
        assert!((figure(&outcome, "ssim") - ssim).abs() < 0.0001, "{name}: {:?}", outcome.figures);
        assert!(outcome.warnings.is_empty());
    }
}

#[test]
fn biharmonic_fills_of_thin_gaps_are_better_still() {
    for (name, psnr) in [("grid4_every32", 28.5), ("random50", 33.1), ("random80", 29.5)] {
        let Some((original, mask)) = photo(name) else { return };
        let outcome = fill("biharmonic", &original, &mask);
        assert!(figure(&outcome, "hole_psnr") > psnr, "{name}: {:?}", outcome.figures);
        assert!(outcome.warnings.is_empty());
    }
}

#[test]
fn patches_complete_a_block() {
    let Some((original, mask)) = photo("block96") else { return };
    let outcome = fill("patchmatch", &original, &mask);
    assert!(figure(&outcome, "hole_psnr") > 18.25, "{:?}", outcome.figures);
    let pixels = original.rgb.chunks_exact(3).zip(outcome.picture.rgb.chunks_exact(3)).zip(mask.grey.iter());
    for ((before, after), m) in pixels {
        assert!(inpainting::is_hole(*m) || before == after);
    }
}
