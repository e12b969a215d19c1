//! Reads `train --from RUN[@STEP]`: the run whose weights another begins with.

use super::wrong_use;
use crate::{
    engine::{protocol::Place, starter_spec},
    run,
    spec::{Origin, RunSpec},
};
use anyhow::Result;
use std::path::{Path, PathBuf};

/// Reads `RUN`, `RUN@STEP` or `starter:NAME`; RUN is a folder, or the name of one among the program's own runs. Returns where the
/// weights are, and the spec of their run.
pub fn read(word: &str) -> Result<(Origin, RunSpec)> {
    let (run, step) = match word.rsplit_once('@') {
        Some((run, step)) if folder(word).is_none() => {
            let step = step.parse().map_err(|_| wrong_use(format!("{step:?} is no step; write --from RUN@5000.")))?;
            (run, Some(step))
        }
        _ => (word, None),
    };
    let (place, spec) = if let Place::Starter(name) = Place::of_word(run) {
        (run.to_owned(), starter_spec(&name).map_err(|why| wrong_use(why.to_string()))?)
    } else {
        let Some(folder) = folder(run) else {
            return Err(wrong_use(format!("There is no run {run:?} to begin with; give its folder, or starter:NAME.")));
        };
        let folder = std::fs::canonicalize(&folder).unwrap_or(folder);
        (folder.display().to_string(), run::read_spec(&folder)?)
    };
    Ok((Origin { name: spec.name.clone(), place, step, sha256: String::new() }, spec))
}

/// Finds the folder of a run by its path or by its name.
fn folder(run: &str) -> Option<PathBuf> {
    let home = crate::run::home().runs.join(run);
    [Path::new(run), &home].into_iter().find(|path| run::is_run(path)).map(Path::to_path_buf)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::wrong_use_of;

    #[test]
    fn a_run_is_read_with_or_without_a_step() {
        let home = tempfile::tempdir().unwrap();
        let folder = std::fs::canonicalize(home.path()).unwrap().join("cats@home");
        std::fs::create_dir(&folder).unwrap();
        let spec = RunSpec { name: "cats".into(), family: "dcgan".into(), ..RunSpec::default() };
        std::fs::write(folder.join("run.toml"), toml::to_string(&spec).unwrap()).unwrap();
        let word = folder.display().to_string();
        let origin = |step| Origin { name: "cats".into(), place: word.clone(), step, sha256: String::new() };
        assert_eq!(read(&word).unwrap(), (origin(None), spec.clone()), "the folder's own name has an @ in it");
        assert_eq!(read(&format!("{word}@500")).unwrap(), (origin(Some(500)), spec));
        assert_eq!(wrong_use_of(read(&format!("{word}@last"))), "\"last\" is no step; write --from RUN@5000.");
        let why = wrong_use_of(read("no-such-run"));
        assert_eq!(why, "There is no run \"no-such-run\" to begin with; give its folder, or starter:NAME.");
        assert!(wrong_use_of(read("starter:nothing")).contains("nothing"));
    }
}
