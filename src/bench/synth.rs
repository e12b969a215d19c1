//! `bench synth`: how long each tool takes to make a picture of pictures.

use super::{
    canvas::{self, Case},
    lab::Lab,
    peer::Peer,
    report::Row,
    turns::in_turn,
};
use crate::{
    run,
    spec::Knobs,
    synth::{TOOLS, Tool, Watch, perform},
};
use anyhow::{Context, Result};
use std::path::Path;
use std::time::{Duration, Instant};

/// Time after which no further repetition is begun; [`MOST`] repetitions are made at most.
const ENOUGH: Duration = Duration::from_secs(2);
const MOST: usize = 5;

/// Measures every tool that needs no trained run on drawn pictures, and on the real files in `LATENT_STUDIO_DATA` if that is set.
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
    let first = match play() {
        Ok(first) => first,
        // Some methods refuse some holes.
        Err(why) => {
            tracing::warn!("{why:#}");
            return Ok(());
        }
    };
    let folder = tempfile::tempdir()?;
    let mut peer = rival(lab, case, tool, folder.path())?;
    let alone = peer.is_none();
    let round = |_| {
        let (begin, mut samples) = (Instant::now(), if alone { vec![first] } else { vec![play()?] });
        while alone && samples.len() < MOST && begin.elapsed() < ENOUGH && first < ENOUGH.as_secs_f64() * 1e3 {
            samples.push(play()?);
        }
        Ok(samples)
    };
    let rounds = if alone { 1 } else { lab.bench.rounds as usize };
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
            .figures(outcome.figures.iter().copied().filter(|(name, _)| *name != "residual"))
    };
    lab.report.add_compared(row, turns.compared)
}

/// Starts `PyMatting` for the method that it has too; picture and trimap are written to this folder for it.
fn rival(lab: &Lab<'_>, case: &Case, tool: &Tool, folder: &Path) -> Result<Option<Peer>> {
    let (Some(photo), Some(trimap), "closed-form") = (&case.materials.picture, &case.materials.mask, tool.id) else {
        return Ok(None);
    };
    let [photo_at, trimap_at] = ["photo.png", "trimap.png"].map(|name| folder.join(name));
    run::write(&photo_at, &run::encode(photo, &photo_at)?)?;
    run::write(&trimap_at, &run::encode_mask(trimap, None, &trimap_at)?)?;
    let [photo, trimap] = [photo_at, trimap_at].map(|at| at.display().to_string());
    let threads = lab.threads().to_string();
    let arguments = ["--photo", &photo, "--trimap", &trimap, "--threads", &threads];
    lab.peer("pymatting_matte.py", &arguments.map(str::to_owned))
}
