//! The one door to the tools: checks what was given, estimates the memory, runs the tool.

use super::{Exemplar, Materials, Outcome, Task, Tool, Watch};
use crate::{
    meter::free_memory,
    models::Player,
    picture::{Mask, Picture},
    spec::Knobs,
};
use anyhow::{Result, anyhow, bail, ensure};

/// No side of a picture is longer than this, neither of what is given nor of what is made.
pub const MOST_A_SIDE: usize = 16_384;

/// The least value of a mask's pixel that is in the hole.
const IN_THE_HOLE: u8 = 128;

/// Runs a tool. Knobs that are missing start where the tool says; the error is one sentence.
///
/// Refused before anything is computed: materials that the tool's task cannot use, knobs out of range, and what would need more than
/// four fifths of the free memory. When it ends well, the last reported progress is 1.
pub fn perform(
    tool: &Tool,
    materials: &Materials,
    knobs: &Knobs,
    player: Option<&dyn Player>,
    watch: &mut Watch,
) -> Result<Outcome> {
    let knobs = knobs.clone().complete(&(tool.knobs)()).map_err(|why| anyhow!(why))?;
    check(tool.task, materials)?;
    afford((tool.bytes)(materials, &knobs), free_memory())?;
    watch.check()?;
    let outcome = (tool.run)(materials, &knobs, player, watch)?;
    watch.part(0.0, 1.0);
    watch.at(1.0)?;
    Ok(outcome)
}

/// Whether these materials suit a task; the error is one sentence that says what is wrong and what to do.
pub fn check(task: Task, materials: &Materials) -> Result<()> {
    if let Some(picture) = &materials.picture {
        side_limits("picture", picture.size())?;
    }
    match task {
        Task::Matting => matting(materials),
        Task::Inpainting => inpainting(materials),
        Task::Texture => texture(materials),
        Task::Enhancement => picture_of(materials, "There is no picture to better; choose one.").map(drop),
    }
}

/// Refuses what would need more than four fifths of the `free` bytes, where these are known.
pub fn afford(needed: u64, free: Option<u64>) -> Result<()> {
    let gigabytes = |bytes: u64| bytes as f64 / 1e9;
    match free {
        Some(free) if u128::from(needed) * 5 > u128::from(free) * 4 => bail!(
            "This needs about {:.1} GB of memory, and {:.1} GB are free; choose a smaller size.",
            gigabytes(needed),
            gigabytes(free)
        ),
        _ => Ok(()),
    }
}

fn matting(materials: &Materials) -> Result<()> {
    let picture = picture_of(materials, "There is no picture to cut something out of; choose one.")?;
    let Some(trimap) = &materials.mask else {
        bail!("There is no trimap; choose one, or paint what is surely foreground and what is surely background.");
    };
    same_size(["picture", "trimap"], [picture.size(), trimap.size()])?;
    let known = |value: u8| trimap.grey.contains(&value);
    ensure!(known(255), "The trimap has no foreground; mark what is surely part of it in white (255).");
    ensure!(
        trimap.grey.iter().any(|value| !matches!(value, 0 | 255)),
        "The trimap has no unknown pixels, so there is nothing to compute; leave some grey between foreground and background."
    );
    Ok(())
}

fn inpainting(materials: &Materials) -> Result<()> {
    let picture = picture_of(materials, "There is no picture to repair; choose one.")?;
    let Some(mask) = &materials.mask else {
        bail!("There is no mask that says what to repair; choose one, or paint the hole in white.");
    };
    hole("picture", picture, mask, "there is nothing to repair it from")?;
    match &materials.original {
        Some(original) => same_size(["picture", "original"], [picture.size(), original.size()]),
        None => Ok(()),
    }
}

fn texture(materials: &Materials) -> Result<()> {
    let fills = materials.picture.is_some() && materials.mask.is_some();
    ensure!(fills || !materials.exemplars.is_empty(), "There is no exemplar to take texture from; choose a picture.");
    for (i, exemplar) in materials.exemplars.iter().enumerate() {
        let name = if materials.exemplars.len() == 1 { "exemplar".into() } else { format!("exemplar {}", i + 1) };
        exemplar_parts(&name, exemplar)?;
    }
    let size = match (&materials.picture, &materials.mask) {
        (Some(picture), Some(mask)) => {
            hole("picture", picture, mask, "nothing of it would stay; make a new texture of this size instead")?;
            picture.size()
        }
        (None, Some(_)) => {
            bail!("There is a mask and no picture whose part it could mark; choose the picture to fill.")
        }
        _ => materials.size,
    };
    side_limits("texture", size)?;
    if let Some(guide) = &materials.guide {
        same_size(["texture", "guide"], [size, guide.size()])?;
        ensure!(
            materials.exemplars.iter().all(|exemplar| exemplar.guide.is_some()),
            "The guide needs one for each exemplar to be compared with; choose those, or leave the guide out."
        );
    }
    let companions = materials.exemplars.iter().filter(|exemplar| exemplar.companion.is_some()).count();
    ensure!(
        companions == 0 || companions == materials.exemplars.len(),
        "Only {companions} of {} exemplars have a companion; give one to each, or none.",
        materials.exemplars.len()
    );
    Ok(())
}

/// The exemplar's own pixels, and that its parts have their size.
fn exemplar_parts(name: &str, exemplar: &Exemplar) -> Result<()> {
    let size = exemplar.picture.size();
    side_limits(name, size)?;
    let parts = [
        ("guide", exemplar.guide.as_ref().map(Picture::size)),
        ("sample mask", exemplar.sample.as_ref().map(Mask::size)),
        ("companion", exemplar.companion.as_ref().map(Picture::size)),
    ];
    for (part, of) in parts {
        if let Some(of) = of {
            same_size([name, &format!("its {part}")], [size, of])?;
        }
    }
    if let Some(sample) = &exemplar.sample {
        ensure!(
            sample.count(|value| value >= IN_THE_HOLE) > 0,
            "The sample mask of the {name} allows no pixel; make white what may be copied from."
        );
    }
    Ok(())
}

fn picture_of<'a>(materials: &'a Materials, missing: &'static str) -> Result<&'a Picture> {
    materials.picture.as_ref().ok_or_else(|| anyhow!(missing))
}

/// A hole that is somewhere, and not everywhere.
fn hole(name: &str, picture: &Picture, mask: &Mask, all: &str) -> Result<()> {
    same_size([name, "mask"], [picture.size(), mask.size()])?;
    let inside = mask.count(|value| value >= IN_THE_HOLE);
    ensure!(
        inside > 0,
        "The mask covers nothing, so nothing would change; make white (128 to 255) what is to be filled."
    );
    ensure!(inside < mask.grey.len(), "The mask covers the whole {name}, so {all}.");
    Ok(())
}

fn same_size(names: [&str; 2], [a, b]: [[usize; 2]; 2]) -> Result<()> {
    let [first, second] = names;
    let what = if second.starts_with("its ") { second.to_owned() } else { format!("the {second}") };
    ensure!(a == b, "The {first} is {}×{} and {what} {}×{}; both must have the same size.", a[0], a[1], b[0], b[1]);
    Ok(())
}

fn side_limits(name: &str, [width, height]: [usize; 2]) -> Result<()> {
    ensure!(width > 0 && height > 0, "The {name} is {width}×{height} pixels; each side has at least one.");
    ensure!(
        width.max(height) <= MOST_A_SIDE,
        "The {name} is {width}×{height} pixels; no side may be longer than {MOST_A_SIDE}, so choose a smaller one."
    );
    Ok(())
}

#[cfg(test)]
#[path = "perform_tests.rs"]
pub(super) mod tests;
