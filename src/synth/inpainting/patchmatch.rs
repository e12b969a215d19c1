//! Completion with patches of the rest: coarse to fine, the hole is filled so that every patch of it looks like one that is known.

use super::{
    blend::seamless,
    field::{Field, hash},
    finish,
    harmonic::fill,
    hole::{Given, checked},
    knobs::knob,
    pyramid::{Level, Sources, pyramid},
    solve::Equation,
    vote::{Sharpness, vote},
};
use crate::{
    models::Player,
    picture::{Mask, Picture},
    spec::{Kind, Knob, Knobs},
    synth::{Materials, Outcome, Task, Tool, Watch},
};
use anyhow::{Context, Result, bail};

/// Fills the hole with patches from elsewhere (`PatchMatch`: Barnes et al. 2009; coarse to fine: Wexler et al. 2007).
pub const PATCHMATCH: Tool = Tool {
    id: "patchmatch",
    title: "PatchMatch completion",
    about: "Fills the hole with texture found elsewhere in the picture. Best for removing objects and for large holes; takes a second or \
            two.",
    task: Task::Inpainting,
    knobs,
    bytes,
    run: |materials, knobs, _: Option<&dyn Player>, watch| run(materials, knobs, watch),
};

/// How sharply the patches are told apart while it searches, and at the end, when pixels are to come from few.
const USUAL: Sharpness = Sharpness(2.0);
const LAST: Sharpness = Sharpness(10.0);

fn knobs() -> Vec<Knob> {
    let options = ["3", "5", "7", "9", "11"].map(String::from).to_vec();
    vec![
        knob(
            "patch",
            "Patch size",
            "Side of the patches in pixels. Larger keeps larger structures whole, smaller finds more places that fit; try 5 for a small \
             picture and 9 for large structures.",
            Kind::Choice { options, start: "7".into() },
        ),
        knob(
            "effort",
            "Search effort",
            "How long it looks for better patches. Try 4 or 5 when a seam or a smear shows.",
            Kind::Int { min: 1, max: 5, start: 3 },
        ),
        knob(
            "blend",
            "Seamless border",
            "Moves the fill's colours so that they meet those around the hole. Turn it off if colours run in from the border.",
            Kind::Switch { start: true },
        ),
    ]
}

fn bytes(materials: &Materials, _: &Knobs) -> u64 {
    materials.picture.as_ref().map_or(0, |p| (p.width * p.height) as u64 * 250)
}

/// How much is searched.
#[derive(Clone, Copy)]
struct Effort(usize);

impl Effort {
    /// How often patches are found and the hole filled from them.
    fn rounds(self, level: usize) -> usize {
        (1 + 2 * level) * self.0 + 1
    }

    /// Iterations of the search in each round.
    fn searches(self, level: usize) -> usize {
        (2 * self.0 - 1 + level).min(7)
    }
}

fn run(materials: &Materials, knobs: &Knobs, watch: &mut Watch) -> Result<Outcome> {
    let Given { picture, mask, original } = checked(materials)?;
    let asked = knobs.int("patch") / 2;
    let Some(radius) = (1..=asked).rev().find(|&r| can_copy(picture, mask, r)) else {
        bail!("Nowhere are 3×3 known pixels together, so there is nothing to copy; use the harmonic fill for such a mask.");
    };
    let (level, field) = complete(picture, mask, radius, Effort(knobs.int("effort").max(1)), materials.seed, watch)?;
    let filled = if knobs.flag("blend") {
        seamless(&level, &field, LAST, watch)?
    } else {
        level.picture()
    };
    let mut outcome = Outcome::of(filled);
    if radius < asked {
        let (side, wanted) = (2 * radius + 1, 2 * asked + 1);
        outcome.warnings.push(format!("No {wanted}×{wanted} patch is fully known, so patches of {side}×{side} were copied."));
    }
    finish(&mut outcome, original, mask);
    Ok(outcome)
}

/// Whether a whole patch is known, and one fits over the hole.
fn can_copy(picture: &Picture, mask: &Mask, radius: usize) -> bool {
    let side = 2 * radius + 1;
    picture.width >= side && picture.height >= side && !Level::finest(picture, mask).sources(radius).places.is_empty()
}

fn complete(picture: &Picture, mask: &Mask, radius: usize, effort: Effort, seed: u64, watch: &mut Watch) -> Result<(Level, Field)> {
    let mut levels = pyramid(picture, mask, radius);
    let last = levels.len() - 1;
    let coarsest = levels[last].picture();
    let start = fill(Equation::Laplace, &coarsest, &levels[last].mask(), 1e-3, 50, watch)?.0;
    levels[last].rgb = start.rgb.to_vec();
    let mut coarse: Option<(Field, usize)> = None;
    let costs: Vec<usize> = (0..=last).map(|l| levels[l].hole.len() * effort.rounds(l) * effort.searches(l)).collect();
    let all = costs.iter().sum::<usize>() as f32;
    let mut done = 0.0;
    for at in (0..=last).rev() {
        let share = costs[at] as f32 / all;
        watch.part(done, done + share);
        done += share;
        let level = &mut levels[at];
        let sources = level.sources(radius);
        let noise = hash(seed, at as u64);
        let (mut field, targets) = Field::new(level, radius, &sources);
        match &coarse {
            None => field.scatter(&targets, &sources, noise),
            Some((found, width)) => {
                field.refine(found, *width, level, &targets, &sources, noise);
                vote(level, &field, Sharpness(0.0), watch.stop());
            }
        }
        improve(level, &mut field, &sources, at, effort, noise, watch)?;
        if at > 0 {
            watch.show(1.0, shown(&levels[at], picture, mask, at))?;
        }
        coarse = Some((field, levels[at].width));
    }
    let (field, _) = coarse.context("a pyramid has a level")?;
    Ok((levels.swap_remove(0), field))
}

#[allow(clippy::too_many_arguments)]
fn improve(
    level: &mut Level,
    field: &mut Field,
    sources: &Sources,
    at: usize,
    effort: Effort,
    noise: u64,
    watch: &mut Watch,
) -> Result<()> {
    let (rounds, searches) = (effort.rounds(at), effort.searches(at));
    for round in 0..rounds {
        field.measure(level, watch.stop());
        for search in 0..searches {
            let step = round * searches + search;
            field.search(level, sources, hash(noise, 1 + step as u64), step % 2 == 1, watch.stop());
            watch.at((step + 1) as f32 / (rounds * searches) as f32)?;
        }
        let final_one = at == 0 && round + 1 == rounds;
        vote(level, field, if final_one { LAST } else { USUAL }, watch.stop());
        watch.check()?;
    }
    Ok(())
}

/// The picture with the coarse fill enlarged in the hole.
fn shown(level: &Level, picture: &Picture, mask: &Mask, at: usize) -> Picture {
    let mut rgb = picture.rgb.to_vec();
    for (i, out) in rgb.chunks_exact_mut(3).enumerate().filter(|(i, _)| super::is_hole(mask.grey[*i])) {
        let (x, y) = (i % picture.width >> at, i / picture.width >> at);
        out.copy_from_slice(&level.rgb[(y * level.width + x) * 3..][..3]);
    }
    Picture { rgb: rgb.into(), ..picture.clone() }
}
