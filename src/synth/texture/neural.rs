//! Textures from the statistics of one layer of random filters.

mod colours;
mod descent;
mod knobs;
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
    about: "Makes a new texture of the same statistics, nothing of it copied. Good for fine and irregular textures; bricks and other things with a plan of their own are better quilted. About 20 seconds for 256×256 pixels.",
    task: Task::Texture,
    knobs: knobs::table,
    bytes: |materials, knobs| {
        let exemplars = materials.exemplars.iter().map(|e| e.picture.width * e.picture.height);
        let pixels = (materials.size[0] * materials.size[1] + exemplars.sum::<usize>()) as u64;
        // The optimiser's memory is 3 numbers a pixel, 24 times; features are held for a strip at a time.
        pixels * 3 * 4 * 30 + knobs.int("filters") as u64 * (statistics::STRIP as u64) * 4 * 8 + (128 << 20)
    },
    run,
};

/// The least side of pictures, also of the coarsest level: the largest filter has to fit in.
const LEAST: usize = 16;
/// Noise that is added to what is enlarged for the next finer level, in deviations of the exemplar's colours.
const FRESH: f64 = 0.15;

fn exemplars(materials: &Materials) -> Result<Vec<&Picture>> {
    let all: Vec<&Picture> = materials.exemplars.iter().map(|exemplar| &exemplar.picture).collect();
    ensure!(!all.is_empty(), "There is no exemplar to take the texture from; choose one first.");
    for picture in &all {
        ensure!(
            picture.width >= LEAST && picture.height >= LEAST,
            "An exemplar is {}×{} pixels; this tool needs at least {LEAST}×{LEAST}.",
            picture.width,
            picture.height
        );
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
    (0..asked).take_while(|level| least >> level >= LEAST).count().max(1)
}

fn run(materials: &Materials, knobs: &Knobs, _: Option<&dyn Player>, watch: &mut Watch) -> Result<Outcome> {
    let pictures = exemplars(materials)?;
    let [width, height] = materials.size;
    watch.at(0.0)?;
    let Some(colours) = Colours::of(&pictures)? else {
        let first = [pictures[0].rgb[0], pictures[0].rgb[1], pictures[0].rgb[2]];
        let mut outcome = Outcome::of(Picture::filled(width, height, first));
        outcome.warnings.push("The exemplars have one colour only, and so has the texture.".into());
        return Ok(outcome);
    };
    let _guard = nn::without_gradients();
    let count = halvings(&pictures, materials.size, knobs.int("levels").max(1));
    let bank = Bank::new(knobs.int("filters").max(8), materials.seed)?;
    let whitened = pictures.iter().map(|p| colours.whitened(p)).collect::<Result<Vec<_>>>()?;
    let levels = (0..count)
        .map(|level| Level::learn(&bank, &whitened, level, watch))
        .collect::<Result<Vec<_>>>()?;
    let (mut x, mut loss, mut iterations) = (None, 0.0, 0);
    for level in (0..count).rev() {
        // A level costs four times as much as the next coarser one.
        let (from, to) = (0.25_f32.powi(level as i32 + 1), 0.25_f32.powi(level as i32));
        watch.part(if level + 1 == count { 0.02 } else { from }, if level == 0 { 0.98 } else { to });
        let [high, wide] = [height, width].map(|n| n.div_ceil(1 << level) as i64);
        let start = begin(x.as_ref(), [high, wide], latent::mix(&[materials.seed, level as u64]))?;
        let aim = Aim { levels: &levels[level..], wraps: knobs.flag("tileable") };
        let mut descent = Descent::new(start);
        let steps = knobs.int("steps").max(1);
        for step in 0..steps {
            loss = descent.step(&mut |x| aim.slope(x, watch))?;
            iterations += 1;
            let share = (step + 1) as f32 / steps as f32;
            // One picture a level, and two of the finest on the way.
            if step + 1 == steps || (level == 0 && (step + 1) % (steps / 3).max(1) == 0 && step + 1 < steps / 3 * 3) {
                let so_far = enlarged(&descent.x, height as i64, width as i64)?;
                watch.show(share, colours.picture(&so_far)?)?;
            } else {
                watch.at(share)?;
            }
            if descent.settled {
                break;
            }
        }
        x = Some(descent.x);
    }
    let x = x.context("The texture has no level; that is a fault of the program.")?;
    let mut outcome = Outcome::of(colours.matched(&x)?);
    outcome.figures = vec![("residual", loss), ("iterations", f64::from(iterations)), ("levels", count as f64)];
    watch.part(0.98, 1.0);
    watch.at(1.0)?;
    Ok(outcome)
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

/// What a level's picture is compared with: its own statistics and those of its coarser versions.
struct Aim<'a> {
    levels: &'a [Level<'a>],
    wraps: bool,
}

impl Aim<'_> {
    /// The loss of a 1×3×H×W picture, and its slope.
    fn slope(&self, x: &Tensor, watch: &Watch) -> Result<(f64, Tensor)> {
        let (mut loss, mut slope) = (0.0, x.zeros_like());
        for (times, level) in self.levels.iter().enumerate() {
            let (high, wide) = (x.size()[2], x.size()[3]);
            let [h, w] = [high, wide].map(|n| (n + (1 << times) - 1) >> times);
            let small = if times == 0 { x.shallow_clone() } else { x.f_adaptive_avg_pool2d([h, w])? };
            let (own, pull) = level.slope(&small, self.wraps, watch)?;
            loss += own;
            slope += if times == 0 { pull } else { x.f_internal_adaptive_avg_pool2d_backward(&pull)? };
        }
        Ok((loss, slope))
    }
}
