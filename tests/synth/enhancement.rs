//! Enhancement on a photograph: noise goes, edges and colours stay.

use super::real;
use latent_studio::{
    latent,
    picture::Picture,
    spec::Knobs,
    synth::{Materials, Outcome, Watch, tool},
};

fn better(id: &str, picture: &Picture, set: &[&str]) -> Outcome {
    let tool = tool(id).unwrap();
    let table = (tool.knobs)();
    let mut knobs = Knobs::start(&table);
    for assignment in set {
        knobs.set(&table, assignment).unwrap();
    }
    let materials = Materials { picture: Some(picture.clone()), ..Materials::default() };
    (tool.run)(&materials, &knobs, None, &mut Watch::new(&|| false, &mut |_, _| ())).unwrap()
}

fn psnr(a: &Picture, b: &Picture) -> f64 {
    let sum: f64 = a.rgb.iter().zip(&*b.rgb).map(|(a, b)| f64::from(a.abs_diff(*b)).powi(2)).sum();
    10.0 * (255.0 * 255.0 * a.rgb.len() as f64 / sum).log10()
}

/// scikit-image 0.26 (5×5 patches, 17×17 search, h = 0.6 σ) reached 36.65 dB at σ 10 and 32.09 dB at σ 25 with other draws of as strong
/// a noise; a little less than that is asked for.
#[test]
fn noise_on_a_photograph_is_measured_and_taken_away() {
    let Some(photo) = real("inpainting/kodim23.png") else { return };
    for (sigma, wanted) in [(10.0, 36.5), (25.0, 31.9)] {
        let drawn = latent::normals(&mut latent::rng(1, 0), photo.rgb.len());
        let rgb: Vec<u8> = photo.rgb.iter().zip(drawn).map(|(v, n)| (f32::from(*v) + n * sigma) as u8).collect();
        let noisy = Picture { rgb: rgb.into(), ..photo.clone() };
        let made = better("denoise", &noisy, &[]);
        assert!((made.figures[0].1 / f64::from(sigma) - 1.0).abs() < 0.1, "{:?}", made.figures);
        assert!(psnr(&made.picture, &photo) > wanted, "{} dB", psnr(&made.picture, &photo));
    }
}

/// The others change a photograph, but not beyond recognition.
#[test]
fn a_photograph_stays_itself() {
    let Some(photo) = real("inpainting/kodim23.png") else { return };
    for id in ["auto-levels", "white-balance", "clahe", "sharpen", "denoise"] {
        let apart = psnr(&better(id, &photo, &[]).picture, &photo);
        assert!((14.0..60.0).contains(&apart), "{id}: {apart} dB");
    }
}
