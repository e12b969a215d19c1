//! Tests of the door: what is refused before it is computed, and what a tool that was let in tells.

use super::*;
use crate::failure::Failure;
use crate::spec::{Effect, Group, Kind, Knob, Value};

/// Inverts a picture by an amount from 0 to 1.
pub const INVERT: Tool = Tool {
    id: "invert",
    title: "Invert",
    about: "Turns light into dark.",
    task: Task::Enhancement,
    generator: false,
    knobs: || {
        vec![Knob {
            id: "amount".into(),
            label: "Amount".into(),
            help: "How much of it; try 1.".into(),
            group: Group::Tool,
            kind: Kind::Real { min: 0.0, max: 1.0, start: 1.0, log: false },
            effect: Effect::Now,
        }]
    },
    bytes: |materials, _| materials.picture.as_ref().map_or(0, |p| p.rgb.len() as u64),
    run: |materials, knobs, _, watch| {
        let picture = materials.picture.as_ref().ok_or_else(|| anyhow!("none"))?;
        watch.at(0.25)?;
        watch.part(0.3, 0.6);
        let amount = knobs.real("amount");
        let rgb = picture.rgb.iter().map(|&v| (f64::from(v) + amount * (255.0 - 2.0 * f64::from(v))).round() as u8);
        let warnings = vec!["It is dark now.".to_owned()];
        let figures = vec![("iterations", 1.0)];
        Ok(Outcome { figures, warnings, ..Outcome::of(Picture { rgb: rgb.collect(), ..picture.clone() }) })
    },
};

/// The amount set.
pub fn knob(amount: f64) -> Knobs {
    let mut knobs = Knobs::default();
    knobs.put("amount", Value::Real(amount));
    knobs
}

/// What comes of it, and the shares that were heard.
fn done(tool: &Tool, materials: &Materials, knobs: &Knobs, stop: bool) -> (Result<Outcome>, Vec<f32>) {
    let (mut heard, stop) = (Vec::new(), move || stop);
    let mut on_progress = |share: f32, _: Option<Picture>| heard.push(share);
    let outcome = perform(tool, materials, knobs, None, &mut Watch::new(&stop, &mut on_progress));
    (outcome, heard)
}

fn of(picture: Picture) -> Materials {
    Materials { picture: Some(picture), ..Materials::default() }
}

#[track_caller]
fn refused(task: Task, materials: &Materials, says: &str) {
    let tool = Tool { task, run: |_, _, _, _| panic!("it was let in"), ..INVERT };
    let (outcome, heard) = done(&tool, materials, &Knobs::default(), false);
    let why = outcome.unwrap_err().to_string();
    assert!(why.contains(says) && why.ends_with('.') && !why.contains('\n'), "{why}");
    assert!(heard.is_empty(), "nothing was begun");
}

#[test]
fn a_tool_that_is_let_in_ends_at_one_and_its_figures_pass() {
    let materials = of(Picture::filled(2, 1, [10, 0, 255]));
    let (outcome, heard) = done(&INVERT, &materials, &Knobs::default(), false);
    let outcome = outcome.unwrap();
    assert_eq!(outcome.picture, Picture::filled(2, 1, [245, 255, 0]));
    assert_eq!((&outcome.figures[..], outcome.warnings.len()), (&[("iterations", 1.0)][..], 1));
    assert_eq!(heard, [0.25, 1.0], "also from within a part");
    let half = done(&INVERT, &materials, &knob(0.0), false).0.unwrap();
    assert_eq!(half.picture, Picture::filled(2, 1, [10, 0, 255]), "a knob that is set counts");
    let why = done(&INVERT, &materials, &knob(7.0), false).0.unwrap_err().to_string();
    assert_eq!(why, "amount is a number from 0 to 1, not 7.");
    let (outcome, heard) = done(&INVERT, &materials, &knob(0.5), true);
    assert_eq!((Failure::of(&outcome.unwrap_err()), heard.len()), (Failure::Cancelled, 0));
}

#[test]
fn a_trimap_fits_and_says_something() {
    let good = Materials {
        mask: Some(Mask { width: 3, height: 1, grey: [0, 128, 255].into() }),
        ..of(Picture::filled(3, 1, [9; 3]))
    };
    assert!(check(Task::Matting, &good).is_ok());
    let with =
        |grey: [u8; 3]| Materials { mask: Some(Mask { width: 3, height: 1, grey: grey.into() }), ..good.clone() };
    refused(Task::Matting, &Materials { picture: None, ..good.clone() }, "no picture");
    refused(Task::Matting, &Materials { mask: None, ..good.clone() }, "no trimap");
    refused(Task::Matting, &with([0, 0, 255]), "no unknown pixels");
    refused(Task::Matting, &with([0, 0, 128]), "no foreground");
    refused(
        Task::Matting,
        &Materials { mask: Some(Mask::filled(1, 3, 128)), ..good },
        "The picture is 3×1 and the trimap 1×3; both must have the same size.",
    );
}

#[test]
fn a_hole_is_somewhere_and_not_everywhere() {
    let picture = Picture::filled(2, 1, [9; 3]);
    let with = |grey: [u8; 2]| Materials {
        mask: Some(Mask { width: 2, height: 1, grey: grey.into() }),
        ..of(picture.clone())
    };
    assert!(check(Task::Inpainting, &with([127, 128])).is_ok());
    refused(Task::Inpainting, &with([0, 127]), "The mask covers nothing");
    refused(Task::Inpainting, &with([128, 255]), "The mask covers the whole picture");
    refused(Task::Inpainting, &of(picture.clone()), "no mask");
    refused(Task::Inpainting, &Materials::default(), "no picture");
    let other = Materials { original: Some(Picture::filled(1, 1, [0; 3])), ..with([0, 255]) };
    refused(Task::Inpainting, &other, "the original 1×1");
}

#[test]
fn exemplars_and_their_parts_fit() {
    let exemplar = || Exemplar::from(Picture::filled(4, 3, [9; 3]));
    let good = Materials { exemplars: vec![exemplar(), exemplar()], size: [8, 8], ..Materials::default() };
    assert!(check(Task::Texture, &good).is_ok());
    let of_two = |second: Exemplar| Materials { exemplars: vec![exemplar(), second], ..good.clone() };
    refused(Task::Texture, &Materials { exemplars: Vec::new(), ..good.clone() }, "no exemplar");
    refused(Task::Texture, &Materials { size: [0, 8], ..good.clone() }, "The texture is 0×8 pixels");
    refused(Task::Texture, &Materials { size: [8, 16_385], ..good.clone() }, "longer than 16384");
    let small = Some(Mask::filled(1, 1, 255));
    refused(
        Task::Texture,
        &of_two(Exemplar { sample: small, ..exemplar() }),
        "The exemplar 2 is 4×3 and its sample mask 1×1",
    );
    refused(Task::Texture, &of_two(Exemplar { sample: Some(Mask::filled(4, 3, 9)), ..exemplar() }), "allows no pixel");
    let companion = Some(Picture::filled(4, 3, [0; 3]));
    refused(Task::Texture, &of_two(Exemplar { companion, ..exemplar() }), "Only 1 of 2 exemplars");
    let guide = |w, h| Some(Picture::filled(w, h, [0; 3]));
    refused(Task::Texture, &Materials { guide: guide(8, 7), ..good.clone() }, "the guide 8×7");
    refused(Task::Texture, &Materials { guide: guide(8, 8), ..good.clone() }, "one for each exemplar");
    let fill = Materials { mask: Some(Mask::filled(2, 2, 255)), ..good };
    refused(Task::Texture, &fill, "no picture whose part");
    refused(Task::Texture, &Materials { picture: guide(2, 2), ..fill }, "make a new texture");
}

#[test]
fn a_picture_has_pixels_and_no_endless_side() {
    refused(Task::Enhancement, &Materials::default(), "no picture to better");
    refused(Task::Enhancement, &of(Picture::filled(0, 4, [0; 3])), "The picture is 0×4 pixels");
    refused(Task::Enhancement, &of(Picture::filled(16_385, 1, [0; 3])), "longer than 16384");
    assert!(check(Task::Enhancement, &of(Picture::filled(16_384, 1, [0; 3]))).is_ok());
}

#[test]
fn what_does_not_fit_in_memory_is_refused_with_the_figures() {
    assert!(afford(800, Some(1_000)).is_ok() && afford(u64::MAX, None).is_ok());
    assert_eq!(
        afford(12_345_000_000, Some(3_100_000_000)).unwrap_err().to_string(),
        "This needs about 12.3 GB of memory, and 3.1 GB are free; choose a smaller size."
    );
    let greedy = Tool { bytes: |_, _| u64::MAX, ..INVERT };
    if crate::meter::free_memory().is_some() {
        let why = done(&greedy, &of(Picture::filled(1, 1, [0; 3])), &Knobs::default(), false).0.unwrap_err();
        assert!(why.to_string().contains("18446744073.7 GB"), "{why}");
    }
}
