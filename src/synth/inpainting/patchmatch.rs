//! Completion with patches of the rest: coarse to fine, the hole is filled so that every patch of it looks like one that is known.

use super::{
    blend::seamless,
    field::{Field, hash},
    finish,
    harmonic::fill,
    hole::{Given, Window, checked},
    knobs::knob,
    pyramid::{Level, pyramid},
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
    generator: false,
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

fn bytes(materials: &Materials, knobs: &Knobs) -> u64 {
    let whole = materials.picture.as_ref().map_or(0, |p| (p.width * p.height) as u64);
    let blended = match (&materials.picture, &materials.mask) {
        (Some(p), Some(m)) if p.size() == m.size() => Window::around(m, 1).area() as u64,
        _ => whole,
    };
    whole * 120 + if knobs.flag("blend") { blended * 300 } else { 0 }
}

/// How much is searched.
#[derive(Clone, Copy)]
struct Effort(usize);

impl Effort {
    /// How often patches are found and the hole filled from them.
    fn rounds(self, level: usize) -> usize {
        self.0 * (level + 2 * level.saturating_sub(1)) + self.0.max(2) - 1
    }

    /// Iterations of the search in each round.
    fn searches(self, level: usize) -> usize {
        (self.0 + level).min(7)
    }
}

fn run(materials: &Materials, knobs: &Knobs, watch: &mut Watch) -> Result<Outcome> {
    let Given { picture, mask, original } = checked(materials)?;
    let asked = knobs.int("patch") / 2;
    let finest = Level::finest(picture, mask);
    watch.check()?;
    let fits = |radius: &usize| !finest.sources(*radius).places.is_empty();
    let Some(radius) = (1..=asked).rev().find(fits) else {
        bail!(
            "Nowhere are 3×3 known pixels together, so there is nothing to copy; use the harmonic fill for such a mask."
        );
    };
    let task = Completion { radius, effort: Effort(knobs.int("effort").max(1)), seed: materials.seed };
    let (level, field) = task.complete(finest, picture, mask, watch)?;
    watch.part(0.92, 0.99);
    let filled = if knobs.flag("blend") { seamless(&level, &field, LAST, watch)? } else { level.picture() };
    let mut outcome = Outcome::of(filled);
    if radius < asked {
        let (side, wanted) = (2 * radius + 1, 2 * asked + 1);
        outcome
            .warnings
            .push(format!("No {wanted}×{wanted} patch is fully known, so patches of {side}×{side} were copied."));
    }
    finish(&mut outcome, original, mask, watch)?;
    watch.part(0.99, 1.0);
    watch.at(1.0)?;
    Ok(outcome)
}

struct Completion {
    radius: usize,
    effort: Effort,
    seed: u64,
}

impl Completion {
    /// The finest level filled, and the patches it was filled from.
    fn complete(&self, finest: Level, picture: &Picture, mask: &Mask, watch: &mut Watch) -> Result<(Level, Field)> {
        let mut levels = pyramid(finest, self.radius, watch)?;
        watch.part(0.0, 0.02);
        let mut level = levels.pop().context("a pyramid has a level")?;
        level.rgb = fill(Equation::Laplace, &level.picture(), &level.mask(), 1e-3, 50, watch)?.0.rgb.to_vec();
        let cost = |hole: usize, at: usize| (hole * self.effort.rounds(at) * self.effort.searches(at)) as f32;
        let all = levels.iter().chain([&level]).enumerate().map(|(at, l)| cost(l.hole.len(), at)).sum::<f32>();
        let mut done = 0.02;
        let mut coarse: Option<(Field, usize)> = None;
        loop {
            let at = levels.len();
            let share = 0.9 * cost(level.hole.len(), at) / all;
            watch.part(done, done + share);
            done += share;
            let field = self.level(&mut level, at, coarse.as_ref(), watch)?;
            let Some(finer) = levels.pop() else { return Ok((level, field)) };
            watch.show(1.0, shown(&level, picture, mask, at))?;
            coarse = Some((field, level.width));
            level = finer;
        }
    }

    /// Fills one level, from what the one of half the size found.
    fn level(&self, level: &mut Level, at: usize, coarse: Option<&(Field, usize)>, watch: &mut Watch) -> Result<Field> {
        let sources = level.sources(self.radius);
        let noise = hash(self.seed, at as u64);
        let (mut field, targets) = Field::new(level, self.radius, &sources);
        watch.check()?;
        match coarse {
            None => field.scatter(&targets, &sources, noise),
            Some((found, width)) => {
                field.refine(found, *width, level, &targets, &sources, noise);
                vote(level, &field, Sharpness(0.0), watch.stop());
            }
        }
        let (rounds, searches) = (self.effort.rounds(at), self.effort.searches(at));
        for round in 0..rounds {
            field.measure(level, watch.stop());
            for search in 0..searches {
                let step = round * searches + search;
                field.search(level, &sources, hash(noise, 1 + step as u64), step % 2 == 1, watch.stop());
                watch.at((step + 1) as f32 / (rounds * searches) as f32)?;
            }
            let last = at == 0 && round + 1 == rounds;
            vote(level, &field, if last { LAST } else { USUAL }, watch.stop());
            watch.check()?;
        }
        Ok(field)
    }
}

/// The picture with the coarse fill enlarged in the hole.
fn shown(level: &Level, picture: &Picture, mask: &Mask, at: usize) -> Picture {
    let mut rgb = picture.rgb.to_vec();
    for (i, out) in rgb.chunks_exact_mut(3).enumerate().filter(|(i, _)| super::is_hole(mask.grey[*i])) {
        let (x, y) = ((i % picture.width) >> at, (i / picture.width) >> at);
        out.copy_from_slice(&level.rgb[(y * level.width + x) * 3..][..3]);
    }
    Picture { rgb: rgb.into(), ..picture.clone() }
}

#[cfg(test)]
#[path = "patchmatch_tests.rs"]
mod tests;
