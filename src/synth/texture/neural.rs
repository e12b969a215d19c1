//! Textures from the statistics of one layer of random filters.

mod clear;
mod colours;
mod descent;
mod knobs;
mod pyramid;
mod statistics;
#[cfg(test)]
mod tests;

use super::super::{Materials, Outcome, Task, Tool, Watch};
use crate::{
    latent,
    models::Player,
    nn::{self, Tensor},
    picture::Picture,
    spec::Knobs,
};
use anyhow::{Context, Result, ensure};
use colours::Colours;
use descent::Descent;
use statistics::{Bank, Level};

/// Makes noise into a picture whose rectified random features, at several scales, go together as those of the exemplars do (Gram matrices;
/// Gatys et al. 2015, with the untrained single layer of Ustyuzhaninov et al. 2017).
pub const NEURAL: Tool = Tool {
    id: "neural",
    title: "Neural",
    about: "Makes a new texture of the same statistics, nothing of it copied. Good for fine and irregular textures and small shapes; long thin lines are lost, and bricks and other things with a plan of their own are better quilted. About 20 seconds for 256×256 pixels.",
    task: Task::Texture,
    generator: false,
    knobs: knobs::table,
    bytes: |materials, knobs| {
        let exemplars = materials.exemplars.iter().map(|e| e.picture.width * e.picture.height);
        let pixels = (materials.size[0] * materials.size[1] + exemplars.sum::<usize>()) as u64;
        // The optimiser's memory is 3 numbers a pixel, 24 times; features are held for a strip at a time.
        pixels * 3 * 4 * 30
            + knobs.int("filters") as u64 * (statistics::STRIP as u64) * 4 * 8
            + 4 * statistics::KEPT as u64
            + (128 << 20)
    },
    run,
};

/// The least side of pictures: the largest filter has to fit in.
const LEAST: usize = 16;
/// The least side of a level after the first: filters are learned from its patches, of which a few say little.
const COARSEST: usize = 28;
/// How much of a canvas is cut where edges need not meet.
const SPARE: usize = 16;
/// Noise that is added to what is enlarged for the next finer level, in deviations of the exemplar's colours.
const FRESH: f64 = 0.05;

/// What of the exemplars may be used; an error where that is too little.
fn exemplars(materials: &Materials) -> Result<Vec<Picture>> {
    ensure!(
        materials.mask.is_none(),
        "This tool makes new textures only; choose quilting or search to fill a part of a picture."
    );
    ensure!(
        materials.guide.is_none() && materials.exemplars.iter().all(|e| e.guide.is_none() && e.companion.is_none()),
        "This tool copies nothing, so guides and companions mean nothing to it; leave them out or choose quilting or search."
    );
    ensure!(!materials.exemplars.is_empty(), "There is no exemplar to take the texture from; choose one first.");
    let mut all = Vec::new();
    for exemplar in &materials.exemplars {
        let part = clear::allowed(&exemplar.picture, exemplar.sample.as_ref());
        let part = part.context("The sample mask allows nothing of an exemplar; leave some of it white.")?;
        ensure!(
            part.width >= LEAST && part.height >= LEAST,
            "What may be taken of an exemplar is {}×{} pixels; this tool needs at least {LEAST}×{LEAST}.",
            part.width,
            part.height
        );
        all.push(part);
    }
    let [width, height] = materials.size;
    ensure!(
        width >= LEAST && height >= LEAST,
        "The texture is to have {width}×{height} pixels; this tool makes at least {LEAST}×{LEAST}."
    );
    Ok(all)
}

/// How often sides can be halved until the smallest is at its least.
fn halvings(pictures: &[&Picture], size: [usize; 2], asked: usize) -> usize {
    let sides = pictures.iter().flat_map(|p| p.size()).chain(size);
    let least = sides.min().unwrap_or(LEAST);
    (0..asked).take_while(|level| least >> level >= COARSEST).count().max(1)
}

fn run(materials: &Materials, knobs: &Knobs, _: Option<&dyn Player>, watch: &mut Watch) -> Result<Outcome> {
    let exemplars = exemplars(materials)?;
    let pictures: Vec<&Picture> = exemplars.iter().collect();
    // A canvas always continues on its other side; where that is not asked for it is a little larger, and cut.
    let spare = if knobs.flag("tileable") { 0 } else { SPARE };
    let [width, height] = materials.size.map(|n| n + spare);
    watch.at(0.0)?;
    let Some(colours) = Colours::of(&pictures)? else {
        let first = [pictures[0].rgb[0], pictures[0].rgb[1], pictures[0].rgb[2]];
        let mut outcome = Outcome::of(Picture::filled(materials.size[0], materials.size[1], first));
        outcome.warnings.push("The exemplars have one colour only, and so has the texture.".into());
        return Ok(outcome);
    };
    let _guard = nn::without_gradients();
    let count = halvings(&pictures, materials.size, knobs.int("levels").max(1));
    let bank = Bank::new(knobs.int("filters").max(8), materials.seed)?;
    let whitened = pictures.iter().map(|p| colours.whitened(p)).collect::<Result<Vec<_>>>()?;
    let levels = (0..count).map(|level| Level::learn(&bank, &whitened, level, watch)).collect::<Result<Vec<_>>>()?;
    let (mut x, mut loss, mut iterations) = (None, 0.0, 0);
    for level in (0..count).rev() {
        // A level costs four times as much as the next coarser one.
        let (from, to) = (0.25_f32.powi(level as i32 + 1), 0.25_f32.powi(level as i32));
        watch.part(if level + 1 == count { 0.02 } else { from }, if level == 0 { 0.98 } else { to });
        let [high, wide] = [height, width].map(|n| n.div_ceil(1 << level) as i64);
        let start = begin(x.as_ref(), [high, wide], latent::mix(&[materials.seed, level as u64]))?;
        let mut descent = Descent::new(start);
        let rounds = knobs.int("steps").max(1);
        for step in 0..rounds {
            loss = descent.step(&mut |x| slope(&levels[level..], x, watch))?;
            iterations += 1;
            let gone = (step + 1) as f32 / rounds as f32;
            // One picture a level, and two of the finest on the way.
            let third = (rounds / 3).max(1);
            let on_the_way = level == 0 && [third, 2 * third].contains(&(step + 1));
            if step + 1 == rounds || on_the_way {
                let so_far = enlarged(&descent.x, height as i64, width as i64)?;
                watch.show(gone, colours.picture(&cut(&so_far, materials.size))?)?;
            } else {
                watch.at(gone)?;
            }
            if descent.settled {
                break;
            }
        }
        x = Some(descent.x);
    }
    let x = x.context("The texture has no level; that is a fault of the program.")?;
    let mut outcome = Outcome::of(colours.matched(&cut(&x, materials.size))?);
    outcome.figures = vec![("residual", loss), ("iterations", f64::from(iterations)), ("levels", count as f64)];
    watch.part(0.98, 1.0);
    watch.at(1.0)?;
    Ok(outcome)
}

/// The upper left part of a 1×3×H×W picture.
fn cut(x: &Tensor, [width, height]: [usize; 2]) -> Tensor {
    x.narrow(2, 0, height as i64).narrow(3, 0, width as i64)
}

fn enlarged(x: &Tensor, high: i64, wide: i64) -> Result<Tensor> {
    if x.size()[2..] == [high, wide] {
        return Ok(x.shallow_clone());
    }
    Ok(x.f_upsample_bilinear2d([high, wide], false, None, None)?)
}

/// Where a level begins: noise, or the coarser level enlarged with a little of it.
fn begin(coarser: Option<&Tensor>, [high, wide]: [i64; 2], seed: u64) -> Result<Tensor> {
    let noise = Tensor::f_from_slice(&latent::normal(seed, (3 * high * wide) as usize))?.f_view([1, 3, high, wide])?;
    Ok(match coarser {
        None => noise * 0.5,
        Some(coarser) => enlarged(coarser, high, wide)? + noise * FRESH,
    })
}

/// The loss of a 1×3×H×W picture and its slope: its own statistics beside those of the first level, its half beside the second, and so on.
fn slope(levels: &[Level], x: &Tensor, watch: &Watch) -> Result<(f64, Tensor)> {
    let [first, coarser @ ..] = levels else { return Ok((0.0, x.zeros_like())) };
    let (loss, own) = first.slope(x, watch)?;
    if coarser.is_empty() {
        return Ok((loss, own));
    }
    let (rest, half) = slope(coarser, &pyramid::halved(x, true)?, watch)?;
    Ok((loss + rest, own + pyramid::felt(&half, [x.size()[2], x.size()[3]])?))
}
