//! Batches of pictures: finds the files, names the results, and goes on when one picture fails.

use super::Hand;
use crate::{
    cli::wrong_use,
    engine::{input_files, is_picture_name},
    failure::Failure,
};
use anyhow::{Context, Result, bail};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// One picture of a batch.
#[derive(Debug, PartialEq, Eq)]
pub struct Job {
    /// The picture file.
    pub input: PathBuf,
    /// The path of its result below the folder of results: `sub/name.png`.
    pub name: PathBuf,
}

/// Pictures to be worked on one after the other.
#[derive(Debug)]
pub struct Batch {
    /// The files in the order of the paths; the content of folders is sorted by name.
    pub jobs: Vec<Job>,
}

impl Batch {
    /// Finds the picture files that these paths name. A result has its input's name as a PNG, and its place below the folder that
    /// was named; of two results of the same name, the later one keeps its extension before the new one.
    pub fn of(paths: &[PathBuf]) -> Result<Self> {
        let (mut jobs, mut taken) = (Vec::new(), BTreeSet::new());
        for path in paths {
            for input in input_files(std::slice::from_ref(path))? {
                let below = input.strip_prefix(path).ok().filter(|below| !below.as_os_str().is_empty());
                let below = below.or(input.file_name().map(Path::new)).unwrap_or(&input).to_owned();
                let mut name = below.with_extension("png");
                for again in 1.. {
                    if taken.insert(name.clone()) {
                        break;
                    }
                    let mut whole = below.clone().into_os_string();
                    whole.push(if again == 1 { ".png".into() } else { format!(".{again}.png") });
                    name = whole.into();
                }
                jobs.push(Job { input, name });
            }
        }
        Ok(Self { jobs })
    }

    /// Does each job; a failure is printed and the rest goes on. The error at the end says how many failed, or that a signal
    /// came.
    pub fn each(&self, hand: &Hand, mut work: impl FnMut(&Job) -> Result<()>) -> Result<()> {
        let mut failed = 0;
        for job in &self.jobs {
            let result = work(job);
            if hand.stopped() {
                bail!(Failure::Cancelled);
            }
            if let Err(why) = result {
                hand.tell_of_failure(&job.input, &why);
                failed += 1;
            }
        }
        match failed {
            0 => Ok(()),
            _ => bail!("{failed} of {} pictures were left out; the others are written.", self.jobs.len()),
        }
    }
}

/// Finds, in a folder, the file that belongs to a picture of another folder: of the same name and place below it, or with another
/// picture's ending.
pub fn file_beside(folder: &Path, name: &Path) -> Result<PathBuf> {
    let same = folder.join(name);
    if same.is_file() {
        return Ok(same);
    }
    let (stem, parent) = (same.file_stem(), same.parent().unwrap_or(folder));
    let entries = std::fs::read_dir(parent).into_iter().flatten().flatten().map(|entry| entry.path());
    let mut alike: Vec<_> = entries.filter(|p| p.file_stem() == stem && is_picture_name(p)).collect();
    alike.sort();
    let none = || format!("There is no file of this name in {}.", parent.display());
    alike.into_iter().next().with_context(none)
}

/// Checks that results can go to this folder: a file in its place is wrong use.
pub fn folder(out: &Path) -> Result<&Path> {
    if out.is_file() || (!out.is_dir() && is_picture_name(out)) {
        return Err(wrong_use(format!("{} is a file; several pictures go to a folder.", out.display())));
    }
    Ok(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn results_have_their_inputs_names_and_none_is_lost() {
        let home = tempfile::tempdir().unwrap();
        let at = |name: &str| home.path().join(name);
        std::fs::create_dir_all(at("in/sub")).unwrap();
        for name in ["in/a.jpg", "in/a.png", "in/sub/a.png", "in/notes.txt", "b.webp"] {
            std::fs::write(at(name), "x").unwrap();
        }
        let names = |paths: &[PathBuf]| -> Vec<_> {
            Batch::of(paths).unwrap().jobs.into_iter().map(|job| job.name.display().to_string()).collect()
        };
        assert_eq!(names(&[at("in"), at("b.webp")]), ["a.png", "a.png.png", "sub/a.png", "b.png"]);
        assert_eq!(names(&[at("b.webp"), at("b.webp"), at("b.webp")]), ["b.png", "b.webp.png", "b.webp.2.png"]);
        assert!(Batch::of(&[at("gone")]).unwrap_err().to_string().contains("gone"));
        assert_eq!(file_beside(&at("in"), Path::new("a.png")).unwrap(), at("in/a.png"));
        assert_eq!(file_beside(&at("in"), Path::new("a.bmp")).unwrap(), at("in/a.jpg"), "another ending");
        assert!(file_beside(&at("in"), Path::new("c.png")).is_err());
        assert!(folder(&at("b.webp")).is_err() && folder(&at("new.png")).is_err());
        assert!(folder(&at("in")).is_ok() && folder(&at("new")).is_ok());
    }
}
