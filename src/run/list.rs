//! The runs there are: listed, renamed, deleted.

use super::{
    RunFolder, atomic, checkpoint_steps, digest::digest, is_busy, is_run, name, read_sample, read_spec, sample_steps,
    tensorboard,
};
use crate::{compare::Digest, picture::Picture, spec::RunSpec};
use anyhow::{Result, anyhow, bail};
use image::{RgbImage, imageops};
use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};
use std::time::UNIX_EPOCH;
use walkdir::WalkDir;

const THUMBNAIL_SIDE: usize = 160;
const LONGEST_NAME: usize = 200;

/// A run as it lies on disk.
#[derive(Clone, Debug, PartialEq)]
pub struct Listed {
    /// The run's folder.
    pub folder: PathBuf,
    /// The run's spec.
    pub spec: RunSpec,
    /// Step of its newest checkpoint, 0 when there is none.
    pub step: u64,
    /// Bytes on disk.
    pub bytes: u64,
    /// Seconds since 1970 of the last change.
    pub changed: u64,
    /// It was training when its program went away.
    pub crashed: bool,
    /// A program, this one or another, holds it for writing.
    pub busy: bool,
    /// What it came to.
    pub digest: Digest,
    /// The newest sample grid, at most 160 pixels a side.
    pub thumbnail: Option<Picture>,
}

/// The runs in these folders, the last changed first. Folders that are no runs are ignored.
pub fn list(homes: &[PathBuf]) -> Vec<Listed> {
    let entries = homes.iter().flat_map(|home| fs::read_dir(home).into_iter().flatten().flatten());
    let folders: BTreeSet<PathBuf> = entries.map(|entry| entry.path()).collect();
    // One folder may be reached in several ways.
    let mut seen = BTreeSet::new();
    let mut runs: Vec<Listed> = folders
        .into_iter()
        .filter(|folder| fs::canonicalize(folder).is_ok_and(|real| seen.insert(real)))
        .filter_map(|folder| look(&folder))
        .collect();
    runs.sort_by(|a, b| b.changed.cmp(&a.changed).then_with(|| a.folder.cmp(&b.folder)));
    runs
}

fn look(folder: &Path) -> Option<Listed> {
    let spec = read_spec(folder).ok()?;
    let busy = is_busy(folder);
    let newest = sample_steps(folder).last().copied();
    Some(Listed {
        folder: folder.to_owned(),
        step: checkpoint_steps(folder).last().copied().unwrap_or(0),
        bytes: size(folder),
        changed: changed(folder).max(spec.begun),
        digest: digest(folder),
        crashed: !busy && folder.join(name::TRAINING).exists(),
        busy,
        thumbnail: newest.and_then(|step| read_sample(folder, step).ok()).and_then(|p| thumbnail(&p)),
        spec,
    })
}

/// Gives a run another name; its folder keeps its own. The error is one sentence.
pub fn rename(run: &Path, name: &str) -> Result<()> {
    let name = name.trim();
    if name.is_empty() || name.chars().count() > LONGEST_NAME || name.chars().any(char::is_control) {
        bail!("A run's name has 1 to {LONGEST_NAME} letters on one line; the old name was kept.");
    }
    let mut folder = RunFolder::open(run)?;
    refuse_busy(&folder, "renamed")?;
    let spec = RunSpec { name: name.to_owned(), ..folder.spec().clone() };
    folder.set_spec(spec)
}

/// Deletes what a run keeps in its folder, and the folder if nothing else is in it. Answers with the bytes freed; the
/// error is one sentence.
pub fn delete(run: &Path) -> Result<u64> {
    let folder = RunFolder::open(run)?;
    refuse_busy(&folder, "deleted")?;
    let before = size(run);
    let failed = |e| anyhow!("{} was not deleted completely ({e}); try again.", run.display());
    // The spec goes last: as long as anything is left, the run can be seen and deleted again.
    for part in [name::CHECKPOINTS, name::SAMPLES] {
        let part = run.join(part);
        let linked = part.is_symlink();
        if linked { atomic::remove_file(&part) } else { atomic::remove_folder(&part) }.map_err(failed)?;
    }
    for events in tensorboard::files(run) {
        atomic::remove_file(&events).map_err(failed)?;
    }
    for part in [name::METRICS, name::JOURNAL, name::TRAINING, name::SPEC, name::LOCK] {
        atomic::remove_file(&run.join(part)).map_err(failed)?;
    }
    // Files that somebody else put there stay, and so does the folder.
    let _ = fs::remove_dir(run);
    Ok(before.saturating_sub(size(run)))
}

/// Bytes of all files in a run folder; links are not followed.
pub fn size(run: &Path) -> u64 {
    let files = WalkDir::new(run).into_iter().flatten().filter(|e| e.file_type().is_file());
    files.filter_map(|e| e.metadata().ok()).map(|about| about.len()).sum()
}

fn refuse_busy(folder: &RunFolder, what: &str) -> Result<()> {
    if is_run(folder.path()) && folder.writable() {
        return Ok(());
    }
    let (name, path) = (&folder.spec().name, folder.path().display());
    if is_busy(folder.path()) {
        bail!(
            "{name} is open in a Latent Studio that can write to it, so it was not {what}; close or stop it there first."
        );
    }
    bail!("There is no permission to write to {path}, so the run was not {what}.")
}

fn changed(run: &Path) -> u64 {
    let parts = [name::SPEC, name::METRICS, name::JOURNAL, name::CHECKPOINTS, name::SAMPLES];
    let times = parts.iter().filter_map(|part| run.join(part).metadata().ok()?.modified().ok());
    times.filter_map(|t| t.duration_since(UNIX_EPOCH).ok()).map(|t| t.as_secs()).max().unwrap_or(0)
}

fn thumbnail(picture: &Picture) -> Option<Picture> {
    let longest = picture.width.max(picture.height);
    if longest <= THUMBNAIL_SIDE {
        return Some(picture.clone());
    }
    let small = |side: usize| (side * THUMBNAIL_SIDE / longest).max(1);
    let (width, height) = (small(picture.width), small(picture.height));
    let full = RgbImage::from_raw(picture.width as u32, picture.height as u32, picture.rgb.to_vec())?;
    let rgb = imageops::thumbnail(&full, width as u32, height as u32).into_raw().into();
    Some(Picture { width, height, rgb })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::run::testing::{checkpoint, run, spec};
    use crate::run::{write_checkpoint, write_sample};

    #[test]
    fn runs_are_listed_with_what_matters() {
        let (home, path, folder) = run();
        folder.set_training(true).unwrap();
        write_checkpoint(&path, &spec(), &checkpoint(30)).unwrap();
        write_sample(&path, 20, &Picture::filled(320, 200, [1, 2, 3])).unwrap();
        fs::create_dir(home.path().join("no run")).unwrap();
        fs::create_dir(home.path().join("broken")).unwrap();
        fs::write(home.path().join("broken/run.toml"), "format = 99").unwrap();
        let later = RunSpec { begun: 4_000_000_000, name: "later".into(), ..spec() };
        drop(RunFolder::create(&home.path().join("another"), &later).unwrap());
        let homes = [home.path().to_owned(), home.path().join("no run/.."), "/nowhere/at/all".into()];
        let runs = list(&homes);
        assert_eq!(runs.iter().map(|r| r.spec.name.as_str()).collect::<Vec<_>>(), ["later", "glyphs-dcgan-1"]);
        let run = &runs[1];
        assert_eq!((run.step, run.busy, run.crashed), (30, true, false));
        assert_eq!(run.bytes, size(&path));
        assert!(run.bytes > 1000 && run.changed >= spec().begun);
        assert_eq!(run.thumbnail, Some(Picture::filled(160, 100, [1, 2, 3])));
        assert_eq!((runs[0].step, runs[0].thumbnail.clone(), runs[0].crashed), (0, None, false));
        drop(folder);
        let runs = list(&homes);
        assert_eq!((runs[1].busy, runs[1].crashed), (false, true));
    }

    #[test]
    fn a_run_is_renamed_unless_it_is_held() {
        let (_home, path, folder) = run();
        let why = rename(&path, "new").unwrap_err().to_string();
        assert!(why.contains("so it was not renamed"), "{why}");
        drop(folder);
        rename(&path, "  数字 7 ").unwrap();
        assert_eq!(read_spec(&path).unwrap(), RunSpec { name: "数字 7".into(), ..spec() });
        for bad in ["", "  ", "a\nb", &"x".repeat(201)] {
            assert!(rename(&path, bad).unwrap_err().to_string().contains("the old name was kept"));
        }
    }

    #[test]
    fn only_a_run_that_nobody_holds_is_deleted() {
        let (home, path, folder) = run();
        write_checkpoint(&path, &spec(), &checkpoint(30)).unwrap();
        assert!(delete(&path).unwrap_err().to_string().contains("so it was not deleted"));
        assert!(delete(home.path()).unwrap_err().to_string().contains("There is no run in"));
        drop(folder);
        drop(crate::run::MetricLog::open(&path, 30).unwrap());
        let fault = crate::run::fault::inject(&path.join("samples"), 1, crate::run::fault::After::Recovers);
        write_sample(&path, 1, &Picture::filled(2, 2, [0; 3])).unwrap_err();
        drop(fault);
        let bytes = size(&path);
        assert_eq!(delete(&path).unwrap(), bytes);
        assert!(!path.exists() && home.path().exists());
    }

    #[test]
    fn a_strangers_file_survives_the_deletion() {
        let (_home, path, folder) = run();
        drop(folder);
        fs::write(path.join("notes.txt"), "mine").unwrap();
        let bytes = size(&path);
        assert_eq!(delete(&path).unwrap(), bytes - 4);
        assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
        assert_eq!(fs::read(path.join("notes.txt")).unwrap(), b"mine");
    }
}
