//! Checkpoints: written whole or not at all, read only when every byte is the one that was written.

use super::manifest::{CHECKPOINT_FORMAT, Entry, Manifest, Random, sha256, stem};
use super::{
    arrays, atomic,
    best::best,
    keep_with_best, name,
    names::{checkpoint_steps, hidden_step},
    step_name, step_of,
};
use crate::{spec::RunSpec, weights::Checkpoint};
use anyhow::{Result, anyhow, bail};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

/// Writes a checkpoint into a run folder and thins the older ones ([`keep_with_best`]). It is filled in a hidden folder,
/// synced, read back and compared, and then renamed; a checkpoint of the same step gives way only to the finished one.
/// Weights that are not finite are refused. One call at a time for a run.
pub fn write_checkpoint(run: &Path, spec: &RunSpec, checkpoint: &Checkpoint) -> Result<()> {
    refuse_unsound(checkpoint)?;
    let folder = run.join(name::CHECKPOINTS);
    atomic::make_folder(&folder).map_err(|e| atomic::sentence(&folder, &e))?;
    recover(run);
    let place = folder.join(step_name(checkpoint.step));
    let temp = hidden(&folder, checkpoint.step, "tmp");
    let done = fill(&temp, &place, spec, checkpoint)
        .and_then(|()| put_in_place(&folder, checkpoint.step).map_err(|e| atomic::sentence(&place, &e)));
    if done.is_err() {
        let _ = atomic::remove_folder(&temp);
    }
    done?;
    thin(&folder, spec.steps, checkpoint.step, best(run).map(|best| best.step));
    Ok(())
}

/// Reads the checkpoint of a step. Format, family, list of files, sizes, checksums and types are checked; whether the
/// arrays are those the model needs is for the model to say. The error is one sentence.
pub fn read_checkpoint(run: &Path, family: &str, step: u64) -> Result<Checkpoint> {
    let folder =
        place_of(run, step).ok_or_else(|| anyhow!("There is no checkpoint of step {step} in {}.", run.display()))?;
    let what = format!("The checkpoint of step {step}");
    let manifest = Manifest::read(&folder, &what, family, step)?;
    let mut checkpoint = Checkpoint { step, facts: manifest.facts, ..Checkpoint::default() };
    for entry in &manifest.files {
        let bytes = read_file(&folder, entry, &what)?;
        let arrays = arrays::from_bytes(&bytes, &entry.name).map_err(|e| anyhow!("{what} can't be used: {e}"))?;
        checkpoint.files.insert(stem(&entry.name).unwrap_or_default().to_owned(), arrays);
    }
    Ok(checkpoint)
}

/// The newest checkpoint that is whole, and a sentence about each newer one that was passed over. An error when none is
/// good; the untrained beginning of a run whose later checkpoints are all damaged is no good one.
pub fn newest_checkpoint(run: &Path, family: &str) -> Result<(Checkpoint, Vec<String>)> {
    let mut passed_over = Vec::new();
    for &step in checkpoint_steps(run).iter().rev() {
        if step == 0 && !passed_over.is_empty() {
            break;
        }
        match read_checkpoint(run, family, step) {
            Ok(checkpoint) => return Ok((checkpoint, passed_over)),
            Err(why) => passed_over.push(why.to_string()),
        }
    }
    match passed_over.first() {
        None => bail!("{} holds no checkpoint yet, so there is nothing to continue from or to show.", run.display()),
        Some(first) => bail!("No checkpoint in {} can be used. {first}", run.display()),
    }
}

/// Takes away the checkpoints after a step, for a run that goes on from there: they belong to steps that are given up.
pub fn cut_checkpoints(run: &Path, after: u64) -> Result<()> {
    let folder = run.join(name::CHECKPOINTS);
    for step in checkpoint_steps(run).into_iter().filter(|step| *step > after) {
        for place in [folder.join(step_name(step)), hidden(&folder, step, "old")].into_iter().filter(|p| p.is_dir()) {
            retire(&folder, step, &place).map_err(|e| atomic::sentence(&place, &e))?;
        }
    }
    Ok(())
}

/// Ends what a crash interrupted: half-written and half-removed checkpoints go, one that was about to be replaced comes
/// back.
pub(super) fn recover(run: &Path) {
    let folder = run.join(name::CHECKPOINTS);
    for entry in fs::read_dir(&folder).into_iter().flatten().flatten() {
        let file = entry.file_name();
        let Some(file) = file.to_str() else { continue };
        if hidden_step(file, "tmp").or_else(|| hidden_step(file, "gone")).is_some() {
            let _ = atomic::remove_folder(&entry.path());
        } else if let Some(step) = hidden_step(file, "old") {
            let place = folder.join(step_name(step));
            let _ = if place.exists() {
                retire(&folder, step, &entry.path())
            } else {
                atomic::rename(&entry.path(), &place)
            };
        }
    }
}

fn refuse_unsound(checkpoint: &Checkpoint) -> Result<()> {
    let step = checkpoint.step;
    if checkpoint.files.is_empty() {
        bail!("The model gave nothing to save at step {step}, so no checkpoint was written.");
    }
    for (file, arrays) in &checkpoint.files {
        if stem(&file_name(file)).is_none() {
            bail!("{file:?} is no name for a checkpoint's file, so no checkpoint was written at step {step}.");
        }
        if let Some((array, _)) = arrays.iter().find(|(_, a)| a.data.iter().any(|n| !n.is_finite())) {
            bail!(
                "At step {step} the weights are no longer finite numbers ({array} in {file}), so no checkpoint was \
                 written; the last good one is kept."
            );
        }
    }
    Ok(())
}

/// Writes all files of a checkpoint into a new folder and reads them back. Sentences name the place it is meant for.
fn fill(temp: &Path, place: &Path, spec: &RunSpec, checkpoint: &Checkpoint) -> Result<()> {
    let failed = |e: io::Error| atomic::sentence(place, &e);
    atomic::remove_folder(temp).and_then(|()| atomic::make_folder(temp)).map_err(failed)?;
    let mut files = Vec::new();
    for (stem, arrays) in &checkpoint.files {
        let (name, bytes) = (file_name(stem), arrays::to_bytes(arrays)?);
        atomic::write_new(&temp.join(&name), &bytes).map_err(failed)?;
        files.push(Entry { name, bytes: bytes.len() as u64, sha256: sha256(&bytes) });
    }
    let manifest = Manifest {
        format: CHECKPOINT_FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        family: spec.family.clone(),
        step: checkpoint.step,
        facts: checkpoint.facts.clone(),
        random: Random { seed: spec.seed, step: checkpoint.step },
        files,
        seal: String::new(),
    };
    atomic::write_new(&temp.join(name::MANIFEST), &manifest.sealed()?).map_err(failed)?;
    atomic::sync_folder(temp).map_err(failed)?;
    let what =
        format!("The checkpoint of step {} was not kept because what is on disk differs from it", checkpoint.step);
    for entry in &Manifest::read(temp, &what, &spec.family, checkpoint.step)?.files {
        read_file(temp, entry, &what)?;
    }
    Ok(())
}

/// Renames a finished checkpoint into its place, an older one of the same step out of it.
fn put_in_place(folder: &Path, step: u64) -> io::Result<()> {
    let (temp, place, old) = (hidden(folder, step, "tmp"), folder.join(step_name(step)), hidden(folder, step, "old"));
    let replaces = place.exists();
    if replaces {
        atomic::rename(&place, &old)?;
    }
    if let Err(error) = atomic::rename(&temp, &place) {
        if replaces {
            let _ = atomic::rename(&old, &place);
        }
        return Err(error);
    }
    atomic::sync_folder(folder)?;
    if old.exists() {
        // What can't be removed now goes with the next checkpoint.
        let _ = retire(folder, step, &old);
    }
    Ok(())
}

fn thin(folder: &Path, total: u64, newest: u64, best: Option<u64>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    let steps: Vec<u64> = entries.filter_map(|e| step_of(e.file_name().to_str()?)).collect();
    let keep = keep_with_best(&steps, total, best);
    for step in steps.into_iter().filter(|s| !keep.contains(s) && *s != newest) {
        let _ = retire(folder, step, &folder.join(step_name(step)));
    }
}

/// Takes a checkpoint away: out of sight first, so that a half-removed one is never listed.
fn retire(folder: &Path, step: u64, path: &Path) -> io::Result<()> {
    let gone = hidden(folder, step, "gone");
    atomic::remove_folder(&gone)?;
    atomic::rename(path, &gone)?;
    atomic::remove_folder(&gone)
}

/// Reads a file of a checkpoint, if it is the one that was written.
fn read_file(folder: &Path, entry: &Entry, what: &str) -> Result<Vec<u8>> {
    let (path, file) = (folder.join(&entry.name), &entry.name);
    let Ok(about) = fs::metadata(&path) else { bail!("{what} lacks {file}; use another checkpoint.") };
    if about.len() != entry.bytes {
        let (is, should) = (about.len(), entry.bytes);
        bail!("{what} is damaged: {file} has {is} bytes where {should} were written; use another checkpoint.");
    }
    let bytes = atomic::read(&path, entry.bytes)?;
    if sha256(&bytes) != entry.sha256 {
        bail!("{what} is damaged: {file} is not what was written (bad checksum); use another checkpoint.");
    }
    Ok(bytes)
}

/// Where the checkpoint of a step is: in its place, or set aside by a replacement that was interrupted.
fn place_of(run: &Path, step: u64) -> Option<PathBuf> {
    let folder = run.join(name::CHECKPOINTS);
    [folder.join(step_name(step)), hidden(&folder, step, "old")].into_iter().find(|p| p.is_dir())
}

fn file_name(stem: &str) -> String {
    format!("{stem}.safetensors")
}

/// `.step-000500.tmp`.
fn hidden(folder: &Path, step: u64, state: &str) -> PathBuf {
    folder.join(format!(".{}.{state}", step_name(step)))
}

#[cfg(test)]
#[path = "checkpoint_tests.rs"]
mod tests;
