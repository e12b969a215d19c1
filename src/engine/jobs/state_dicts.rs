//! Weights for and from `PyTorch`: a run's networks as state dictionaries, and files of those as runs.

use crate::{
    data::Loaded,
    engine::{
        dataset_cache,
        library::{self, weights_at},
        protocol::{Examples, Import, Moment, Place, RunId},
        train::transfer::IMPORTED,
        weight_store::Playing,
    },
    latent::Code,
    models::{self, Player},
    nn::{self, Device},
    picture::Picture,
    run::{self, RunFolder},
    spec::{CPU, DataSpec, Group, Knobs, Origin, RUN_FORMAT, RunSpec, Value},
    weights::{
        Array, Arrays, Blueprint, Checkpoint, Weights,
        pytorch::{self, Layout, Shapes, StateDict},
    },
};
use anyhow::{Context, Result, anyhow, bail, ensure};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Stems of a checkpoint's files.
const GENERATOR: &str = "generator";
const DISCRIMINATOR: &str = "discriminator";

/// Latents whose pictures a file of checks holds.
const CHECKED: usize = 4;

/// Reads the data of a spec.
pub type Load<'a> = &'a mut dyn FnMut(&DataSpec) -> Result<Arc<Loaded>>;

/// Writes the networks of an open run for `PyTorch`: the generator, averaged with `ema`, to a file, and the discriminator to another
/// beside it. One line that says what was written.
pub fn export(playing: &Playing, moment: Moment, ema: bool, to: &Path) -> Result<String> {
    let weights = weights_at(playing, moment)?;
    let plan = &playing.plan;
    let layout = pytorch::layout(&plan.family, &plan.knobs).map_err(anyhow::Error::msg)?;
    // Counters of norms that came with a file are kept as long as its weights are.
    let at_this_step = |folder: &PathBuf| run::read_checkpoint(folder, &plan.family, weights.step).ok();
    let facts = playing.folder.as_ref().and_then(at_this_step).map(|c| c.facts).unwrap_or_default();
    let write = |arrays: &Arrays, shapes: &Shapes, stem: &str, times: u64, to: &Path| {
        let seen = i64::try_from(weights.step * times).unwrap_or(i64::MAX);
        let count = |name: &str| facts.get(&format!("{stem}.{name}")).copied().unwrap_or(seen);
        let dict = pytorch::state_dict(arrays, shapes, count).context("The run's weights lack some of its tensors.")?;
        run::write_state_dict(to, &dict)
    };
    write(if ema { &weights.ema } else { &weights.raw }, &layout.generator, GENERATOR, 1, to)?;
    let kind = if ema { "averaged" } else { "raw" };
    let mut words = format!("The {kind} weights of step {} are in {}", weights.step, to.display());
    if let (Some(shapes), Some(arrays)) = (&layout.discriminator, &weights.discriminator) {
        let beside = beside(to);
        // Real and drawn pictures pass a discriminator one after the other.
        write(arrays, shapes, DISCRIMINATOR, 2, &beside)?;
        words = format!("{words}, those of the discriminator in {}", beside.display());
    }
    Ok(words + ".")
}

/// The same for a run folder or starter, of a step or the newest. With `check`, a file of arrays with which another program can see
/// that it draws the same: `latents` and the `pictures` drawn of them (N×C×S×S in [−1, 1], 32-bit throughout); `seen`, these
/// rounded to 8 bits, and what the discriminator's probability of them is (`judged`) or the encoder's mean (`codes`).
pub fn export_from(place: &Place, step: Option<u64>, ema: bool, to: &Path, check: Option<&Path>) -> Result<String> {
    let (_, playing, _) = library::open(RunId(0), place, Device::Cpu)?;
    let moment = step.map_or(Moment::Live, Moment::Step);
    let words = export(&playing, moment, ema, to)?;
    if let Some(path) = check {
        let weights = weights_at(&playing, moment)?;
        run::write_arrays(path, &checks(&playing.plan, &weights, ema)?)?;
    }
    Ok(words)
}

/// `net-discriminator.safetensors` for `net.safetensors`.
fn beside(file: &Path) -> PathBuf {
    let stem = file.file_stem().map(|s| s.to_string_lossy().into_owned()).unwrap_or_default();
    let ending = file.extension().map(|e| format!(".{}", e.to_string_lossy())).unwrap_or_default();
    file.with_file_name(format!("{stem}-{DISCRIMINATOR}{ending}"))
}

/// A player that calculates in 32 bits on the processor.
fn precise_player(plan: &Blueprint) -> Result<Box<dyn Player>> {
    let mut plan = plan.clone();
    plan.knobs.put("precision", Value::Text("fp32".into()));
    models::player(&plan, Device::Cpu)
}

fn checks(plan: &Blueprint, weights: &Weights, ema: bool) -> Result<Arrays> {
    let mut player = precise_player(plan)?;
    player.load_weights(if ema { &weights.ema } else { &weights.raw }, weights.discriminator.as_deref())?;
    let codes: Vec<Code> = (0..CHECKED as u64).map(|seed| Code::from_seed(seed, player.z_dim())).collect();
    let drawn = player.decode_array(&codes)?.context("This family does not say what it draws in full precision.")?;
    let pictures = player.play(&codes)?;
    let rows = |flat: Vec<f32>| Array { shape: vec![CHECKED, flat.len() / CHECKED], data: flat };
    let channels = drawn.shape.get(1).copied().unwrap_or(1);
    let mut all = Arrays::from([
        ("latents".to_owned(), rows(codes.iter().flat_map(|c| c.z.clone()).collect())),
        ("seen".to_owned(), seen(&pictures, channels)?),
        ("pictures".to_owned(), drawn),
    ]);
    if let Some(judged) = player.judge(&pictures)? {
        all.insert("judged".into(), Array { shape: vec![judged.len()], data: judged });
    }
    if let Some(codes) = player.encode(&pictures)? {
        all.insert("codes".into(), rows(codes.into_iter().flat_map(|c| c.z).collect()));
    }
    Ok(all)
}

/// Pictures of 8 bits as the networks see them.
fn seen(pictures: &[Picture], channels: usize) -> Result<Array> {
    let size = pictures.first().map_or(0, |p| p.width);
    nn::to_array(&nn::from_pictures(pictures, size, channels, nn::Kind::Float, Device::Cpu)?)
}

/// What a file holds, checked against the network that its sizes make.
struct Found {
    family: &'static str,
    sizes: Knobs,
    dict: StateDict,
    sha256: String,
}

fn unusable(file: &Path, why: impl std::fmt::Display) -> anyhow::Error {
    anyhow!("{} can't be used: {why}.", file.display())
}

fn find(request: &Import) -> Result<Found> {
    let (dict, sha256) = run::read_state_dict(&request.file)?;
    let (family, sizes) = pytorch::infer(&dict.floats).map_err(|why| unusable(&request.file, why))?;
    if let Some(said) = request.family.as_ref().filter(|said| *said != family) {
        models::family(said)?;
        ensure!(
            pytorch::FAMILIES.contains(&said.as_str()),
            "{said} has no counterpart in PyTorch; there are {}.",
            pytorch::FAMILIES.join(", ")
        );
        bail!("{} holds the weights of {family}, not of {said}.", request.file.display());
    }
    Ok(Found { family, sizes, dict, sha256 })
}

/// The knobs of the run: sizes of the file, pictures prepared as asked, what was set; all else at its start.
fn knobs(request: &Import, found: &Found, table: &[crate::spec::Knob]) -> Result<Knobs> {
    let mut knobs = Knobs::start(table);
    for knob in table.iter().filter(|k| k.group == Group::Data) {
        if let Some(value) = request.prepare.get(&knob.id).filter(|v| knob.accepts(v)) {
            knobs.put(&knob.id, value.clone());
        }
    }
    for (id, value) in &found.sizes.0 {
        knobs.set(table, &format!("{id}={value}")).map_err(|why| unusable(&request.file, why.trim_end_matches('.')))?;
    }
    for assignment in &request.set {
        knobs.set(table, assignment).map_err(anyhow::Error::msg)?;
    }
    Ok(knobs)
}

/// The discriminator's dictionary, where a file of it is named or stands beside the generator's.
fn find_discriminator(request: &Import, layout: &Layout) -> Result<Option<StateDict>> {
    let guess = beside(&request.file);
    let named = request.discriminator.as_ref();
    let Some(file) = named.or_else(|| Some(&guess).filter(|f| layout.discriminator.is_some() && f.is_file())) else {
        return Ok(None);
    };
    let shapes = layout.discriminator.as_ref().context("This family has no discriminator that could be read.")?;
    let (dict, _) = run::read_state_dict(file)?;
    pytorch::check(&dict, shapes).map_err(|why| unusable(file, why))?;
    Ok(Some(dict))
}

/// Makes a run of a file of `PyTorch` weights: its only checkpoint, of step 0, holds the networks, and training goes on from there
/// with a fresh optimiser. The line says what was read; the path is the run's folder. Draws nothing from torch's global generator.
pub fn import(mut request: Import, load: Load) -> Result<(String, PathBuf)> {
    let folder = request.location.clone().settle(&mut request.name);
    let request = &request;
    let found = find(request)?;
    let family = models::family(found.family)?;
    let surveyed = dataset_cache::survey(&request.source)?;
    let early = knobs(request, &found, &(family.knobs)(&surveyed))?;
    let layout = pytorch::layout(found.family, &early).map_err(anyhow::Error::msg)?;
    pytorch::check(&found.dict, &layout.generator).map_err(|why| unusable(&request.file, why))?;
    let judge = find_discriminator(request, &layout)?;

    let data = DataSpec::from_knobs(&request.source, &early, request.seed);
    let loaded = load(&data)?;
    (family.fits)(&loaded.shape).map_err(anyhow::Error::msg)?;
    let table = (family.knobs)(&loaded.shape);
    let mut knobs = knobs(request, &found, &table)?;
    if knobs.int("horizon") == 0 {
        knobs.put("horizon", Value::Int(request.steps as i64));
    }
    let spec = RunSpec {
        format: RUN_FORMAT,
        name: request.name.clone(),
        family: found.family.into(),
        seed: request.seed,
        steps: request.steps,
        threads: request.threads,
        device: CPU.into(),
        program: env!("CARGO_PKG_VERSION").into(),
        libtorch: nn::LIBTORCH.into(),
        begun: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()),
        fingerprint: loaded.fingerprint.clone(),
        class_names: loaded.class_names.clone(),
        from: Some(Origin::of_file(&request.file, found.sha256)),
        data,
        shape: loaded.shape.clone(),
        knobs,
        recipe: None,
    };
    let judged = judge.is_some();
    let checkpoint = checkpoint(found.dict, judge, &layout);
    keep(&folder, &spec, &checkpoint)?;
    let (title, size) = ((family.card)().title, spec.data.size);
    let judge = match (&layout.discriminator, judged) {
        (Some(_), true) => ", with its discriminator",
        (Some(_), false) => "; its discriminator begins anew",
        _ => "",
    };
    let line = format!("{} is the run {} now, a {title} of {size} pixels{judge}.", request.file.display(), spec.name);
    Ok((line, folder))
}

/// The networks alone, and what their norms had counted.
fn checkpoint(dict: StateDict, judge: Option<StateDict>, layout: &Layout) -> Checkpoint {
    let mut checkpoint = Checkpoint { facts: [(IMPORTED.to_owned(), 1)].into(), ..Checkpoint::default() };
    let counted = |stem: &str, dict: &StateDict| -> Vec<(String, i64)> {
        dict.counts.iter().map(|(name, count)| (format!("{stem}.{name}"), *count)).collect()
    };
    checkpoint.facts.extend(counted(GENERATOR, &dict));
    let generator = pytorch::arrays(dict.floats, &layout.private);
    checkpoint.files.insert("ema".into(), generator.clone());
    checkpoint.files.insert(GENERATOR.into(), generator);
    if let Some(judge) = judge {
        checkpoint.facts.extend(counted(DISCRIMINATOR, &judge));
        checkpoint.files.insert(DISCRIMINATOR.into(), judge.floats);
    }
    checkpoint
}

/// Plays the weights once, then keeps them in a new folder, whole or not at all.
fn keep(folder: &Path, spec: &RunSpec, checkpoint: &Checkpoint) -> Result<()> {
    let (plan, weights) = (library::blueprint(spec), library::weights_of(checkpoint)?);
    let mut player = models::player(&plan, Device::Cpu)?;
    player.load_weights(&weights.ema, weights.discriminator.as_deref())?;
    let codes = library::fixed_codes(&plan, player.z_dim(), spec.seed, &[])?;
    let none = Examples::default();
    let samples = library::draw_samples(player.as_ref(), (RunId(0), 0, true), codes, &none)?;
    let held = RunFolder::create(folder, spec)?;
    let kept =
        run::write_checkpoint(folder, spec, checkpoint).and_then(|()| run::write_sample(folder, 0, &samples.grid));
    drop(held);
    if kept.is_err() {
        let _ = run::delete(folder);
    }
    kept
}

#[cfg(test)]
#[path = "state_dicts_tests.rs"]
mod tests;
