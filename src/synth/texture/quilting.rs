//! Image quilting: blocks of the exemplar laid over each other and joined along the cheapest seam (Efros and Freeman 2001).

use super::{
    Place,
    canvas::{Block, Canvas},
    fit::{self, Choice, Ground, Room, Uses},
    job::{Job, Source},
    knobs,
    mend::Mender,
};
use crate::{
    latent,
    picture::Picture,
    spec::{Knob, Knobs},
    synth::{Materials, Outcome, Task, Tool, Watch},
};
use anyhow::{Result, bail, ensure};
use std::collections::BTreeMap;

/// Image quilting.
pub const QUILTING: Tool = Tool {
    id: "quilting",
    title: "Quilting",
    about: "Lays blocks of the exemplar side by side and joins them along seams that nobody sees. Best for regular textures such as walls \
            and fabric; takes seconds.",
    task: Task::Texture,
    generator: false,
    knobs: knob_table,
    bytes,
    run,
};

/// Smallest side of an exemplar.
const LEAST: usize = 4;

fn knob_table() -> Vec<Knob> {
    let block = "Side of a block in pixels; 0 takes three tenths of the exemplar's smaller side. Larger than what repeats in the texture, \
                 smaller than the exemplar.";
    let overlap = "How much of a block lies over its neighbours: more hides seams better and takes longer.";
    let tolerance = "How much worse than the best fitting block one may be and still be drawn: more gives more variety, less better seams.";
    let variety =
        "The share of blocks that may not simply go on with what their neighbours show: 0 copies long pieces, 1 none.";
    let mend = "How often blocks are laid over the worst seams in the end, as a multiple of the number of blocks; 0 leaves them.";
    let feather =
        "Pixels on both sides of a seam over which a step in light is smoothed; 0 copies every pixel as it is.";
    vec![
        knobs::int("block", "Block size", block, (0, 512, 0)),
        knobs::real("overlap", "Overlap", overlap, (0.1, 0.5, 0.33)),
        knobs::real("tolerance", "Tolerance", tolerance, (0.0, 1.0, 0.1)),
        knobs::int("feather", "Feather", feather, (0, 64, 12)),
        knobs::real("variety", "Variety", variety, (0.0, 1.0, 0.5)),
        knobs::real("mend", "Mending", mend, (0.0, 4.0, 1.0)),
        knobs::guide_weight(),
        knobs::tileable(),
    ]
}

fn bytes(materials: &Materials, _: &Knobs) -> u64 {
    let [w, h] = materials.picture.as_ref().map_or(materials.size, Picture::size);
    let exemplars = super::job::source_pixels(materials);
    // Canvases of two layers, map, flags and what measuring takes; sums and corners of each source.
    40 * (w * h) as u64 + 48 * exemplars.max((w * h) as u64) + (64 << 20)
}

/// The knobs, read once.
struct Settings {
    block: usize,
    overlap: usize,
    tolerance: f64,
    feather: usize,
    variety: f64,
    mending: f64,
    guide_weight: f64,
}

impl Settings {
    fn of(knobs: &Knobs, job: &Job) -> Result<Self> {
        let smaller = job.sources.iter().flat_map(Source::size).min().unwrap_or(LEAST);
        let asked = knobs.int("block");
        ensure!(
            asked <= smaller,
            "The block is {asked} pixels a side and the smallest exemplar {smaller}; choose a block of at most {smaller}, or 0."
        );
        let block = if asked > 0 { asked } else { fitting(job, usual(job))? };
        ensure!(
            job.sources.iter().any(|s| Room::of(s, [block; 2]).places() > 0),
            "No block of {block}×{block} pixels may be copied from the exemplars; allow more in the sample mask or choose a smaller block."
        );
        let overlap = ((block as f64 * knobs.real("overlap")).round() as usize).clamp(1, (block / 2).max(1));
        let (tolerance, guide_weight) = (knobs.real("tolerance"), knobs.real("guide_weight"));
        Ok(Self {
            block,
            overlap,
            tolerance,
            feather: knobs.int("feather").min(overlap / 2),
            variety: knobs.real("variety"),
            mending: knobs.real("mend"),
            guide_weight,
        })
    }
}

/// Begins of blocks along a side: evenly apart if they close a ring, and never farther than they may overlap.
fn begins(length: usize, block: usize, overlap: usize, ring: bool) -> Vec<usize> {
    let step = (block - overlap).max(1);
    if ring {
        let count = length.div_ceil(step);
        return (0..count).map(|i| i * length / count).collect();
    }
    let count = length.saturating_sub(overlap).div_ceil(step).max(1);
    (0..count).map(|i| i * step).collect()
}

fn run(
    materials: &Materials,
    knobs: &Knobs,
    _: Option<&dyn crate::models::Player>,
    watch: &mut Watch,
) -> Result<Outcome> {
    let job = Job::of(materials, knobs.flag("tileable"), LEAST)?;
    watch.at(0.0)?;
    let settings = Settings::of(knobs, &job)?;
    watch.part(0.0, 0.6);
    let mut canvas = quilt(&job, &settings, watch, true)?;
    watch.part(0.6, 0.95);
    mend(&mut canvas, &settings, watch)?;
    watch.part(0.95, 1.0);
    watch.at(0.0)?;
    let mut layers = std::mem::take(&mut canvas.layers).into_iter();
    let (picture, companion) = (layers.next().unwrap_or_default(), layers.next());
    job.outcome(picture, companion, &canvas.map, watch)
}

/// A first texture for another tool: where each pixel comes from.
pub(super) fn sketch(job: &Job, guide_weight: f64, watch: &mut Watch) -> Result<Vec<Place>> {
    let block = fitting(job, usual(job))?;
    let overlap = (block / 3).max(1).min(block / 2);
    let settings = Settings { block, overlap, tolerance: 0.1, feather: 0, variety: 0.5, mending: 1.0, guide_weight };
    let mut canvas = quilt(job, &settings, watch, false)?;
    mend(&mut canvas, &settings, watch)?;
    Ok(canvas.map)
}

/// The side of a block that suits the exemplars: three tenths of the smallest one's; half of that around a hole.
fn usual(job: &Job) -> usize {
    let side = job.sources.iter().map(Source::side).filter(|&s| s > 0).min().unwrap_or(LEAST);
    let request = if job.known.is_some() { side * 3 / 20 } else { side * 3 / 10 };
    request.clamp(LEAST.max(side.min(16)), 160)
}

/// The largest block up to the one wished for that has room in the sources.
fn fitting(job: &Job, request: usize) -> Result<usize> {
    let places = |block: usize| job.sources.iter().map(|s| Room::of(s, [block; 2]).places()).sum::<usize>();
    let mut block = request;
    while block > LEAST && places(block) < 64 && places(block / 2) > places(block) {
        block /= 2;
    }
    while block > 1 && places(block) == 0 {
        block -= 1;
    }
    ensure!(places(block) > 0, "No block may be copied from the exemplars; allow more in the sample mask.");
    Ok(block)
}

fn mend(canvas: &mut Canvas, settings: &Settings, watch: &mut Watch) -> Result<()> {
    let grounds: Vec<Ground> = canvas.job.sources.iter().map(Ground::of).collect();
    let blocks =
        canvas.job.hole.iter().filter(|h| **h).count() as f64 / (settings.block - settings.overlap).pow(2) as f64;
    let tries = (blocks * settings.mending).ceil() as usize;
    let mender = Mender { block: settings.block, feather: settings.feather, tries };
    mender.mend(canvas, &grounds, settings.guide_weight, watch)
}

/// Fills the canvas block by block; `showing` shows it now and then.
fn quilt<'j, 'w: 'j>(job: &'j Job, settings: &Settings, watch: &mut Watch<'w>, showing: bool) -> Result<Canvas<'j>> {
    let mut canvas = Canvas::of(job, watch.stop());
    let [w, h] = job.size;
    // A block on a ring must not reach its own other end.
    let [bw, bh] =
        job.size.map(|length| settings.block.min(if job.tileable { length.div_ceil(2) + length / 6 } else { length }));
    let along = |length, block: usize| begins(length, block, settings.overlap.min(block / 3), job.tileable);
    let (xs, ys) = (along(w, bw), along(h, bh));
    let mut left: Vec<[usize; 2]> = ys.iter().flat_map(|&y| xs.iter().map(move |&x| [x, y])).collect();
    let size = |[x, y]: [usize; 2]| {
        if job.tileable { [bw, bh] } else { [bw.min(w - x), bh.min(h - y)] }
    };
    left.reverse();
    if job.known.is_some() {
        // Most of a picture with a hole needs no block.
        left.retain(|&from| !canvas.is_full(Block { from, size: size(from) }));
    }
    let grounds: Vec<Ground> = job.sources.iter().map(Ground::of).collect();
    watch.check()?;
    let mut uses = Uses::of(&job.sources, settings.block);
    let (count, mut rooms) = (left.len(), BTreeMap::new());
    for done in 0..count {
        let Some(from) = next(&mut left, &canvas, size) else { break };
        let block = Block { from, size: size(from) };
        if canvas.is_full(block) {
            continue;
        }
        let room: &Vec<Room> =
            rooms.entry(block.size).or_insert_with(|| job.sources.iter().map(|s| Room::of(s, block.size)).collect());
        let wanted = canvas.wanted(block, settings.overlap, settings.guide_weight);
        let draw = latent::mix(&[job.seed, done as u64]);
        let breaks = f64::from(latent::uniform(&mut latent::rng(draw, 1))) < settings.variety;
        let shun = if breaks { canvas.going_on(block) } else { Vec::new() };
        let choice = Choice {
            tolerance: settings.tolerance,
            shun: &shun,
            radius: settings.block.div_ceil(4),
            uses: breaks.then_some(&uses),
            draw,
        };
        let found = fit::find(&grounds, room, &wanted, &choice, watch.stop());
        watch.check()?;
        let Some(place) = found else { bail!("No block of the exemplars could be laid; choose a smaller block.") };
        uses.count(place);
        let sides = canvas.sides(block);
        canvas.lay(block, place, &sides, settings.feather);
        let share = (done + 1) as f32 / count as f32;
        if showing && (done + 1) % count.div_ceil(6) == 0 {
            watch.show(share, canvas.picture())?;
        } else {
            watch.at(share)?;
        }
    }
    Ok(canvas)
}

/// The next block: in a new texture row by row, in a hole the one of which most is known.
fn next(left: &mut Vec<[usize; 2]>, canvas: &Canvas, size: impl Fn([usize; 2]) -> [usize; 2]) -> Option<[usize; 2]> {
    if canvas.job.known.is_none() {
        return left.pop();
    }
    let known = |&from: &[usize; 2]| {
        let block = Block { from, size: size(from) };
        let all = (0..block.size[1]).flat_map(|y| (0..block.size[0]).map(move |x| (x, y)));
        let filled = all.filter(|&(x, y)| canvas.filled[canvas.at(block, x, y)]).count();
        filled * 1024 / (block.size[0] * block.size[1])
    };
    let best = (0..left.len()).max_by_key(|&i| known(&left[i]))?;
    Some(left.swap_remove(best))
}
