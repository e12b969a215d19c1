//! Mattes of real photos against references: Levin's own code, `PyMatting`, and true alpha.

use latent_studio::{
    picture::{Mask, Picture},
    spec::{Knobs, Value},
    synth::{Materials, Outcome, Tool, Watch, matting, tool},
};
use std::path::{Path, PathBuf};

/// `PyMatting` 1.1.16 on trimap1: image, then SAD / 1000 on unknown pixels for closed form, KNN and learning based; made by
/// `tests/references/pymatting_table.py`.
const PYMATTING: [(&str, [f64; 3]); 4] = [
    ("GT01", [1.1301, 0.7719, 1.1363]),
    ("GT06", [1.6842, 3.1208, 1.6652]),
    ("GT13", [13.0452, 10.2009, 11.9403]),
    ("GT19", [0.7062, 0.6383, 0.7046]),
];
const METHODS: [&str; 3] = ["closed-form", "knn", "learning-based"];

/// The folder of matting data, where there is one.
fn data() -> Option<PathBuf> {
    std::env::var_os("LATENT_STUDIO_DATA").map(|folder| Path::new(&folder).join("matting")).filter(|f| f.is_dir())
}

fn picture(path: &Path) -> Picture {
    let decoded = image::open(path).unwrap_or_else(|e| panic!("{}: {e}", path.display())).into_rgb8();
    Picture { width: decoded.width() as usize, height: decoded.height() as usize, rgb: decoded.into_raw().into() }
}

fn mask(path: &Path) -> Mask {
    let Picture { width, height, rgb } = picture(path);
    Mask { width, height, grey: rgb.chunks(3).map(|p| p[0]).collect() }
}

fn perform(tool: &Tool, picture: Picture, trimap: &Mask, set: &[(&str, Value)]) -> Outcome {
    let mut knobs = Knobs::start(&(tool.knobs)());
    for (id, value) in set {
        knobs.put(id, value.clone());
    }
    let materials = Materials { picture: Some(picture), mask: Some(trimap.clone()), ..Materials::default() };
    let mut on_progress = |_: f32, _: Option<Picture>| {};
    (tool.run)(&materials, &knobs, None, &mut Watch::new(&|| false, &mut on_progress)).expect("a matte")
}

fn mean_difference(a: &[u8], b: &[u8]) -> f64 {
    assert_eq!(a.len(), b.len());
    a.iter().zip(b).map(|(a, b)| f64::from(a.abs_diff(*b))).sum::<f64>() / (255.0 * a.len() as f64)
}

/// SAD / 1000 and MSE on the unknown pixels of a trimap.
fn errors(alpha: &Mask, truth: &Mask, trimap: &Mask) -> (f64, f64) {
    let unknown = (0..trimap.grey.len()).filter(|&p| trimap.grey[p] != 0 && trimap.grey[p] != 255);
    let off: Vec<f64> = unknown.map(|p| f64::from(alpha.grey[p].abs_diff(truth.grey[p])) / 255.0).collect();
    (off.iter().sum::<f64>() / 1000.0, off.iter().map(|e| e * e).sum::<f64>() / off.len() as f64)
}

#[test]
fn closed_form_agrees_with_its_authors_code() {
    let Some(folder) = data().map(|f| f.join("closed_form_reference")) else { return };
    let at = |name: &str| folder.join(name);
    let source = picture(&at("source.png"));
    let strokes = matting::trimap::from_painted_copy(&source, &picture(&at("scribbles.png"))).unwrap();
    let from_strokes = perform(&matting::CLOSED_FORM, source.clone(), &strokes, &[]).alpha.unwrap();
    let off = mean_difference(&from_strokes.grey, &mask(&at("matlab_alpha.png")).grey);
    assert!(off < 1e-2, "scribbles: {off}");
    let trimap = matting::trimap::snap(&mask(&at("trimap.png")));
    let from_trimap = perform(&matting::CLOSED_FORM, source, &trimap, &[]).alpha.unwrap();
    let exact = mean_difference(&from_trimap.grey, &mask(&at("output_alpha.png")).grey);
    println!("closed form: scribbles {off:.5}, trimap {exact:.5}");
    assert!(exact < 1e-3, "trimap: {exact}");
}

#[test]
fn mattes_are_as_good_as_pymattings() {
    let Some(folder) = data().map(|f| f.join("alphamatting")) else { return };
    for (name, theirs) in PYMATTING {
        let of = |kind: &str| folder.join(kind).join(format!("{name}.png"));
        let (photo, trimap, truth) = (picture(&of("image")), mask(&of("trimap1")), mask(&of("gt")));
        for (method, theirs) in METHODS.into_iter().zip(theirs) {
            let set = [("foreground", Value::Flag(false))];
            let outcome = perform(tool(method).unwrap(), photo.clone(), &trimap, &set);
            let (sad, mse) = errors(&outcome.alpha.unwrap(), &truth, &trimap);
            println!("{name} {method}: SAD {sad:.4} MSE {mse:.5} {:?}", outcome.figures);
            assert!(sad <= 1.02 * theirs, "{name} {method}: {sad} against {theirs}");
            assert!(outcome.warnings.is_empty(), "{:?}", outcome.warnings);
        }
        let set = [("preview", Value::Flag(true))];
        let quick = perform(&matting::CLOSED_FORM, photo, &trimap, &set);
        let (sad, mse) = errors(&quick.alpha.unwrap(), &truth, &trimap);
        println!("{name} preview: SAD {sad:.4} MSE {mse:.5}");
        assert!(sad <= 1.25 * theirs[0], "{name} preview: {sad}");
    }
}

#[test]
fn the_lemurs_own_colours_are_found() {
    let Some(folder) = data().map(|f| f.join("lemur")) else { return };
    let (photo, alpha) = (picture(&folder.join("lemur.png")), mask(&folder.join("lemur_alpha.png")));
    let share: Vec<f32> = alpha.grey.iter().map(|&a| f32::from(a) / 255.0).collect();
    let own = matting::foreground::foreground(&photo, &share, &|| false).unwrap();
    let theirs = picture(&folder.join("lemur_foreground.png"));
    // Where nothing of the foreground is seen its colour does not matter.
    let seen = |p: &Picture| -> Vec<u8> {
        p.rgb.chunks(3).zip(alpha.grey.iter()).filter(|(_, a)| **a > 0).flat_map(|(c, _)| c.to_vec()).collect()
    };
    let off = mean_difference(&seen(&own), &seen(&theirs));
    println!("lemur: foreground {off:.5}");
    assert!(off < 0.01, "{off}");
    let again = matting::composite::over_colour(&own, &alpha, [255; 3]).unwrap();
    assert_eq!(again.size(), photo.size());
}
