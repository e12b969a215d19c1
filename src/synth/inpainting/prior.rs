//! Completion with a generator's knowledge: the latent whose picture agrees with what is known also says what is missing.

mod evolution;
mod knobs;
mod search;
#[cfg(test)]
mod tests;
mod window;

use super::{
    super::{Materials, Outcome, Task, Tool, Watch},
    harmonic::membrane_watched,
};
use crate::{
    models::Player,
    nn::Tensor,
    picture::{Mask, Picture},
    spec::Knobs,
};
use anyhow::{Context, Result, ensure};
use search::{Aim, Plan};
use window::Window;

/// Semantic completion (Yeh et al. 2017) with the run a person chose: any family that draws from a latent.
pub const PRIOR: Tool = Tool {
    id: "prior",
    title: "Generator's guess",
    about: "Fills the hole with what a trained run would draw there. Good for pictures of the kind the run learned from, and for holes that no patch of the picture could fill; takes seconds to a minute.",
    task: Task::Inpainting,
    generator: true,
    knobs: knobs::table,
    bytes: |materials, knobs| {
        let pixels = materials.picture.as_ref().map_or(0, |p| (p.width * p.height) as u64);
        // What the networks keep for the gradients of each restart, about, and the working copies of the picture.
        (512 << 20) + (64 << 20) * knobs.int("restarts") as u64 + 64 * pixels
    },
    run,
};

/// A pixel of the mask from which on it belongs to the hole.
const HOLE: u8 = 128;

/// The picture and the hole, which fit each other.
fn parts(materials: &Materials) -> Result<(&Picture, &Mask)> {
    let picture = materials.picture.as_ref().context("There is no picture to complete; choose one first.")?;
    let mask = materials.mask.as_ref().context("There is no hole; paint over what is to be filled.")?;
    ensure!(!picture.rgb.is_empty(), "The picture has no pixels; choose another one.");
    ensure!(
        picture.size() == mask.size(),
        "The picture is {}×{} pixels and the hole's mask {}×{}; they have to be of one size.",
        picture.width,
        picture.height,
        mask.width,
        mask.height
    );
    let hole = mask.count(|v| v >= HOLE);
    ensure!(hole > 0, "The mask marks no pixel, so there is nothing to fill; paint over what is to be filled.");
    ensure!(
        hole < mask.grey.len(),
        "The hole is the whole picture, so nothing is known to go by; leave some of it unmarked."
    );
    Ok((picture, mask))
}

/// The picture with its hole filled; `blended` moves the colours of what fills it so that they meet those at the hole's border.
fn pasted(base: &Picture, fill: &Picture, mask: &Mask, blended: bool, watch: &Watch) -> Result<Picture> {
    if blended {
        let mut quiet = |_: f32, _: Option<Picture>| {};
        return membrane_watched(base, fill, mask, &mut Watch::new(watch.stop(), &mut quiet));
    }
    let pixels = base.rgb.chunks_exact(3).zip(fill.rgb.chunks_exact(3)).zip(mask.grey.iter());
    let rgb = pixels.flat_map(|((base, fill), &v)| if v >= HOLE { fill } else { base }).copied().collect();
    Ok(Picture { width: base.width, height: base.height, rgb })
}

fn run(materials: &Materials, knobs: &Knobs, player: Option<&dyn Player>, watch: &mut Watch) -> Result<Outcome> {
    let (picture, mask) = parts(materials)?;
    let player = player.context("This tool draws with a trained run; choose one first.")?;
    ensure!(
        player.z_dim() > 0,
        "The chosen run turns pictures into pictures and has no latent to search; choose one that draws from noise."
    );
    watch.at(0.0)?;
    let plan = Plan::read(knobs, materials.seed);
    let sample = player.play(&[plan.code(0, player.z_dim())])?;
    let side = sample.first().context("The chosen run drew nothing; choose another one.")?.width;
    let window = Window::around(mask, HOLE, side);
    let aim = Aim::new(&window, picture, mask, HOLE);
    let blended = knobs.flag("blend");
    let mut finish = |drawn: &Tensor, watch: &Watch| -> Result<Picture> {
        let fill = window.enlarged(drawn, picture)?;
        pasted(picture, &fill, mask, blended, watch)
    };
    watch.part(0.02, 0.95);
    let found = search::search(player, &aim, &plan, watch, &mut finish)?;
    watch.part(0.95, 1.0);
    let made = finish(&found.picture, watch)?;
    watch.at(1.0)?;
    let mut outcome = Outcome::of(made);
    outcome.figures = vec![("residual", found.context), ("iterations", found.iterations as f64)];
    if found.context > 0.25 {
        let sentence = "The chosen run knows nothing like this picture: its best guess differs from what is known by {} of 255 levels on average.";
        outcome.warnings.push(sentence.replace("{}", &format!("{:.0}", found.context * 127.5)));
    }
    if found.picture.size()[1] == 1
        && picture.rgb.chunks_exact(3).any(|p| p[0].abs_diff(p[1]).max(p[1].abs_diff(p[2])) > 24)
    {
        outcome.warnings.push("The chosen run draws in grey, so the hole is filled without colour of its own.".into());
    }
    super::finish(&mut outcome, materials.original.as_ref(), mask, watch)?;
    Ok(outcome)
}
