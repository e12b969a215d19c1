//! The matting tools: each method of setting up the equations, with its knobs and what it takes.

use super::{
    Method, foreground, knobs,
    knobs::Settings,
    matte::{self, Matte},
    trimap,
};
use crate::{
    picture::Mask,
    spec::Knobs,
    synth::{Materials, Outcome, Task, Tool, Watch},
};
use anyhow::{Context, Result};

/// Closed-form matting: alpha is locally a linear function of the colours.
pub const CLOSED_FORM: Tool = Tool {
    id: "closed-form",
    title: "Closed form",
    about: "Takes alpha to be a linear function of the colours in every 3 × 3 window. The usual first choice for hair and fur; a second \
            or so for a photo of 800 × 600.",
    task: Task::Matting,
    generator: false,
    knobs: || knobs::of(Method::ClosedForm),
    bytes: |materials, knobs| bytes(Method::ClosedForm, materials, knobs),
    run: |materials, knobs, _, watch| cut(Method::ClosedForm, materials, knobs, watch),
};

/// KNN matting.
pub const KNN: Tool = Tool {
    id: "knn",
    title: "KNN",
    about: "Gives pixels of like colour like alpha, also across gaps. Try it where the foreground has holes or loose parts; it takes \
            several times as long as the closed form.",
    task: Task::Matting,
    generator: false,
    knobs: || knobs::of(Method::Knn),
    bytes: |materials, knobs| bytes(Method::Knn, materials, knobs),
    run: |materials, knobs, _, watch| cut(Method::Knn, materials, knobs, watch),
};

/// Learning-based matting: a ridge regression in every window.
pub const LEARNING_BASED: Tool = Tool {
    id: "learning-based",
    title: "Learning based",
    about: "Learns in every 3 × 3 window how alpha follows from the colours. Much like the closed form, at times a little better where \
            the foreground has many colours.",
    task: Task::Matting,
    generator: false,
    knobs: || knobs::of(Method::Learning),
    bytes: |materials, knobs| bytes(Method::Learning, materials, knobs),
    run: |materials, knobs, _, watch| cut(Method::Learning, materials, knobs, watch),
};

/// Bytes for each pixel: places, colours, and the levels of the foreground.
const EACH: u64 = 100;
/// Bytes for each pixel and each unknown one on top: windows or neighbours, the equations, and their factors while they grow.
const WINDOWED: [u64; 2] = [10, 2200];
const NEIGHBOURED: [u64; 2] = [250, 1700];

/// Bytes for the few pixels that a preview solves for.
const PREVIEWED: u64 = 64 << 20;

/// An upper estimate of the memory.
fn bytes(method: Method, materials: &Materials, knobs: &Knobs) -> u64 {
    let Some(trimap) = &materials.mask else { return 0 };
    if knobs.flag("preview") {
        return trimap.grey.len() as u64 * EACH + PREVIEWED;
    }
    let [each, unknown] = if method == Method::Knn { NEIGHBOURED } else { WINDOWED };
    let count = trimap.count(|v| v != 0 && v != 255) as u64;
    trimap.grey.len() as u64 * (EACH + each) + count * unknown
}

/// Runs a method on a picture and its trimap.
fn cut(method: Method, materials: &Materials, knobs: &Knobs, watch: &mut Watch) -> Result<Outcome> {
    let picture = materials.picture.as_ref().context("Matting needs a picture; open one first.")?;
    let trimap = materials
        .mask
        .as_ref()
        .context("Matting needs a trimap; paint one, or make one from scribbles or a rough mask.")?;
    trimap::checked(picture, trimap)?;
    let settings = Settings::from(knobs);
    watch.part(0.0, if settings.foreground { 0.9 } else { 1.0 });
    let Matte { alpha, unknown, shift, solved } = matte::matte(method, picture, trimap, settings, watch)?;
    let mut warnings = Vec::new();
    if !solved.converged {
        warnings.push(format!(
            "Solving stopped after {} iterations at a residual of {:.1e}, above the tolerance of {:.0e}; the matte is the best so far.",
            solved.iterations, solved.residual, settings.tolerance
        ));
    }
    let own = if settings.foreground {
        watch.part(0.9, 1.0);
        foreground::foreground(picture, &alpha, watch.stop())?
    } else {
        picture.clone()
    };
    watch.at(1.0)?;
    let grey = alpha.iter().map(|a| (a * 255.0).round() as u8).collect();
    Ok(Outcome {
        alpha: Some(Mask { width: trimap.width, height: trimap.height, grey }),
        figures: vec![
            ("residual", solved.residual),
            ("iterations", solved.iterations as f64),
            ("unknown", unknown as f64 / alpha.len() as f64),
            ("shift", shift),
        ],
        warnings,
        ..Outcome::of(own)
    })
}
