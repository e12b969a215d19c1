//! Opens runs and starters for viewing: their spec, curves, weights and players.

use super::{
    examples,
    protocol::{Examples, Moment, OpenedRun, Place, RunId, Samples, fixed_seeds},
    starters,
    weight_store::Playing,
};
use crate::{
    latent::{self, Code},
    models::{self, Player},
    nn::Device,
    picture::Picture,
    run,
    spec::RunSpec,
    weights::{Arrays, Blueprint, Checkpoint, Weights},
};
use anyhow::{Context, Result, ensure};
use std::path::Path;
use std::sync::Arc;

/// What is needed to build the player of a run.
pub fn blueprint(spec: &RunSpec) -> Blueprint {
    Blueprint { family: spec.family.clone(), knobs: spec.knobs.clone(), shape: spec.shape.clone() }
}

/// The codes of a run's sample grid and how many of them stand in a row: see [`latent::fixed_codes`].
pub fn fixed_codes(plan: &Blueprint, z_dim: usize, run_seed: u64, inputs: &[Picture]) -> Result<(Vec<Code>, usize)> {
    let card = (models::family(&plan.family)?.card)();
    Ok(latent::fixed_codes(&card, &plan.shape, z_dim, &fixed_seeds(run_seed), inputs))
}

/// Draws the sample grid of some codes, `columns` in a row.
pub fn draw_samples(
    player: &dyn Player,
    of: (RunId, u64, bool),
    (codes, columns): (Vec<Code>, usize),
    examples: &Examples,
) -> Result<Samples> {
    let (mut tiles, mut judged) = (Vec::with_capacity(codes.len()), Some(Vec::new()));
    // Always in eights: the same shapes every time, and the same sums whoever draws.
    for eight in codes.chunks(8) {
        let pictures = player.play(eight)?;
        match (&mut judged, player.judge(&pictures)?) {
            (Some(all), Some(some)) => all.extend(some),
            (slot, _) => *slot = None,
        }
        tiles.extend(pictures);
    }
    Samples::join(of, &codes, columns, &tiles, judged, examples).context("There are no fixed seeds.")
}

/// A checkpoint's generator as trained, or averaged where there is nothing else.
pub fn generator_of(checkpoint: &Checkpoint) -> Result<&Arrays> {
    checkpoint.files.get("generator").map_or_else(|| checkpoint.file("ema"), Ok)
}

/// The generator's part of a checkpoint.
pub fn weights_of(checkpoint: &Checkpoint) -> Result<Weights> {
    let ema = Arc::new(checkpoint.file("ema")?.clone());
    let raw = checkpoint.files.get("generator").map_or_else(|| ema.clone(), |g| Arc::new(g.clone()));
    let discriminator = checkpoint.files.get("discriminator").map(|d| Arc::new(d.clone()));
    Ok(Weights { step: checkpoint.step, raw, ema, discriminator })
}

/// Opens a run or starter; also says what was passed over.
pub fn open(run: RunId, place: &Place, device: Device) -> Result<(OpenedRun, Playing, Vec<String>)> {
    let folder = match place {
        Place::Starter(_) => None,
        Place::Folder(path) => Some(path.as_path()),
    };
    let (spec, checkpoint, writable, mut warnings) = match place {
        Place::Starter(name) => {
            let (spec, checkpoint) = starters::read(name)?;
            (spec, checkpoint, false, Vec::new())
        }
        Place::Folder(path) => {
            let held = run::RunFolder::open(path)?;
            let spec = checked(held.spec().clone())?;
            let (checkpoint, warnings) = run::newest_checkpoint(path, &spec.family)?;
            (spec, checkpoint, held.writable(), warnings)
        }
    };
    let mut playing = playing(&spec, &checkpoint, folder, device)?;
    if takes_inputs(&spec.family)? {
        let (examples, warning) = examples::of_folder(folder);
        playing.examples = examples;
        warnings.extend(warning);
    }
    let opened = OpenedRun {
        run,
        place: place.clone(),
        z_dim: z_dim(&playing, device)?,
        step: checkpoint.step,
        spec,
        points: folder.map_or_else(Vec::new, |path| run::points(path).unwrap_or_default()),
        sample_steps: folder.map_or_else(Vec::new, run::sample_steps),
        checkpoints: folder.map_or_else(Vec::new, run::checkpoint_steps),
        writable,
    };
    Ok((opened, playing, warnings))
}

/// Whether a family turns input pictures into pictures.
pub fn takes_inputs(family: &str) -> Result<bool> {
    Ok((models::family(family)?.card)().can.inputs)
}

/// A spec from disk with its family known and its knobs in range.
pub fn checked(mut spec: RunSpec) -> Result<RunSpec> {
    let family = models::family(&spec.family)?;
    spec.knobs =
        spec.knobs.complete(&(family.knobs)(&spec.shape)).map_err(|why| anyhow::anyhow!("In run.toml, {why}"))?;
    ensure!(spec.shape.count >= 2, "In run.toml, the data's shape is missing.");
    Ok(spec)
}

fn playing(spec: &RunSpec, checkpoint: &Checkpoint, folder: Option<&Path>, device: Device) -> Result<Playing> {
    let weights = weights_of(checkpoint)?;
    let plan = Arc::new(blueprint(spec));
    // A trial, so that weights which do not fit are a sentence here and not a surprise later.
    let mut player = models::player(&plan, device)?;
    player.load_weights(&weights.ema, weights.discriminator.as_deref())?;
    player.load_weights(&weights.raw, None)?;
    let (folder, examples) = (folder.map(Path::to_path_buf), Examples::default());
    Ok(Playing { plan, weights: Arc::new(weights), seed: spec.seed, examples, folder })
}

fn z_dim(playing: &Playing, device: Device) -> Result<usize> {
    Ok(models::player(&playing.plan, device)?.z_dim())
}

/// The weights of a moment: the newest on the stage, or those of a checkpoint.
pub fn weights_at(playing: &Playing, moment: Moment) -> Result<Arc<Weights>> {
    match moment {
        Moment::Live => Ok(playing.weights.clone()),
        Moment::Step(step) if step == playing.weights.step => Ok(playing.weights.clone()),
        Moment::Step(step) => {
            let folder = playing.folder.as_deref().context("A starter has only one moment.")?;
            Ok(Arc::new(weights_of(&run::read_checkpoint(folder, &playing.plan.family, step)?)?))
        }
    }
}

/// The fixed inputs kept with a run; `None` where its family takes none.
pub fn open_examples(place: &Place, family: &str) -> Result<Option<Examples>> {
    let Place::Folder(folder) = place else { return Ok(None) };
    Ok(takes_inputs(family)?.then(|| examples::of_folder(Some(folder)).0))
}

/// A player with the weights of a run folder, for the command line: of a step, or the newest.
pub fn open_player(
    place: &Place,
    step: Option<u64>,
    ema: bool,
    device: Device,
) -> Result<(Box<dyn Player>, OpenedRun)> {
    let (opened, playing, _) = open(RunId(0), place, device)?;
    let weights = weights_at(&playing, step.map_or(Moment::Live, Moment::Step))?;
    let mut player = models::player(&playing.plan, device)?;
    player.load_weights(if ema { &weights.ema } else { &weights.raw }, weights.discriminator.as_deref())?;
    Ok((player, OpenedRun { step: weights.step, ..opened }))
}
