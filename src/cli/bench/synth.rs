//! `bench synth`: how long each tool takes to make a picture of pictures.

use super::{Lab, canvas, report::Row, turns::in_turn};
use crate::{
    picture::Mask,
    run,
    spec::Knobs,
    synth::{Materials, TOOLS, Task, Tool, Watch, perform},
};
use anyhow::{Context, Result};
use std::time::{Duration, Instant};

/// A repetition is made again until so long has passed, or [`MOST`] were made.
const ENOUGH: Duration = Duration::from_secs(2);
const MOST: usize = 5;

/// What a tool works on, and its name: `plasma, block96`.
pub struct Case {
    /// Where it comes from, and what is to be done.
    pub name: String,
    /// For the tools of this task.
    pub task: Task,
    /// The materials.
    pub materials: Materials,
}

/// Every tool that needs no trained run, on drawn pictures, and on the real files where `LATENT_STUDIO_DATA` says where they are.
pub fn measure(lab: &mut Lab<'_>) -> Result<()> {
    let mut cases = canvas::drawn()?;
    cases.extend(canvas::real());
    for case in &cases {
        for tool in TOOLS.iter().filter(|tool| tool.task == case.task && tool.id != "prior") {
            one(lab, case, tool)?;
        }
    }
    Ok(())
}

fn one(lab: &mut Lab<'_>, case: &Case, tool: &Tool) -> Result<()> {
    let threads = lab.threads();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().context("The threads did not start.")?;
    let mut last = None;
    let mut play = || {
        let begin = Instant::now();
        let outcome = pool.install(|| {
            let mut quiet = |_: f32, _| {};
            perform(tool, &case.materials, &Knobs::default(), None, &mut Watch::new(&|| false, &mut quiet))
        });
        let outcome = outcome.with_context(|| format!("{} on {}", tool.id, case.name))?;
        last = Some(outcome);
        anyhow::Ok(begin.elapsed().as_secs_f64() * 1e3)
    };
    let folder = tempfile::tempdir()?;
    let mut peer = match (tool.id, &case.materials.picture, &case.materials.mask) {
        ("closed-form", Some(photo), Some(trimap)) => {
            let [photo_at, trimap_at] = ["photo.png", "trimap.png"].map(|name| folder.path().join(name));
            run::write(&photo_at, &run::encode(photo, &photo_at)?)?;
            run::write(&trimap_at, &run::encode_mask(trimap, None, &trimap_at)?)?;
            let arguments = [("--photo", photo_at), ("--trimap", trimap_at)];
            let arguments = arguments.iter().flat_map(|(name, at)| [(*name).to_owned(), at.display().to_string()]);
            let more = ["--threads".to_owned(), threads.to_string(), "--count".to_owned(), "1".to_owned()];
            lab.peer("pymatting_matte.py", &arguments.chain(more).collect::<Vec<_>>())?
        }
        _ => None,
    };
    let rounds = if peer.is_some() { lab.bench.rounds as usize } else { 1 };
    let round = |_| {
        let (begin, mut samples) = (Instant::now(), Vec::new());
        while samples.is_empty() || (rounds == 1 && samples.len() < MOST && begin.elapsed() < ENOUGH) {
            samples.push(play()?);
        }
        Ok(samples)
    };
    let turns = in_turn(rounds, round, peer.as_mut(), &["closed form"])?;
    let (median, p95) = turns.spread();
    let outcome = last.context("Nothing was made.")?;
    let size = outcome.picture.size();
    let row = || {
        Row::new("synth")
            .fact("tool", tool.id)
            .fact("material", case.name.clone())
            .fact("width", size[0])
            .fact("height", size[1])
            .fact("threads", threads)
            .fact("device", "cpu")
            .figures([("run_ms", median), ("run_ms_p95", p95)])
            .figures(outcome.figures.iter().copied())
    };
    lab.report.add_compared(row, turns.compared)
}

/// White within `inner` of the way from the centre to the border, black beyond `outer`, grey between.
pub fn ring([width, height]: [usize; 2], [inner, outer]: [f32; 2]) -> Mask {
    let along = |at: usize, side: usize| (at as f32 + 0.5) * 2.0 / side as f32 - 1.0;
    let value = |x, y| match along(x, width).hypot(along(y, height)) {
        near if near < inner => 255,
        near if near < outer => 128,
        _ => 0,
    };
    let grey = (0..width * height).map(|i| value(i % width, i / width)).collect();
    Mask { width, height, grey }
}
