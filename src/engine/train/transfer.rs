//! Beginning a run with the weights of another: read before anything is made, planted into the fresh model.

use crate::{
    engine::{library::generator_of, protocol::Place, starters},
    models::{self, Adopted, Model},
    run::{self, RunFolder},
    spec::{Origin, RunSpec},
    weights::Checkpoint,
};
use anyhow::{Result, bail, ensure};
use std::fmt::Write;

/// The fact of a checkpoint whose networks were read from a file: it has nothing else.
pub const IMPORTED: &str = "imported";

/// Tensors that a sentence names.
const NAMED: usize = 4;

/// What a new run begins with.
pub struct Source {
    checkpoint: Checkpoint,
    fingerprint: String,
}

/// Reads what a spec wants to begin with and completes its record; `None` where it begins at random.
pub fn fetch(spec: &mut RunSpec) -> Result<Option<Source>> {
    let Some(origin) = &mut spec.from else { return Ok(None) };
    ensure!(
        !origin.is_file(),
        "{} was read from a file; begin with the run that was made of it, or read it again.",
        origin.name
    );
    let (theirs, checkpoint) = read(origin)?;
    if theirs.family != spec.family {
        let [from, to] = [&theirs.family, &spec.family].map(|id| models::family(id).map(|f| (f.card)().title));
        bail!(
            "The weights of {} are those of {}, and {} can't begin with them; choose that family.",
            origin.name,
            from?,
            to?
        );
    }
    let sha256 = run::sha256(&run::arrays_to_bytes(generator_of(&checkpoint)?)?);
    ensure!(
        origin.sha256.is_empty() || origin.sha256 == sha256,
        "The weights of {origin} have changed since they were chosen; choose them again."
    );
    (origin.step, origin.sha256) = (Some(checkpoint.step), sha256);
    Ok(Some(Source { checkpoint, fingerprint: theirs.fingerprint }))
}

fn read(origin: &Origin) -> Result<(RunSpec, Checkpoint)> {
    match Place::of_word(&origin.place) {
        Place::Starter(name) => {
            let (spec, checkpoint) = starters::read(&name)?;
            ensure!(
                origin.step.is_none_or(|step| step == checkpoint.step),
                "The starter {name} has only the weights of step {}.",
                checkpoint.step
            );
            Ok((spec, checkpoint))
        }
        Place::Folder(folder) => {
            let spec = run::read_spec(&folder)?;
            let checkpoint = match origin.step {
                Some(step) => run::read_checkpoint(&folder, &spec.family, step)?,
                None => run::newest_checkpoint(&folder, &spec.family)?.0,
            };
            Ok((spec, checkpoint))
        }
    }
}

/// Plants the weights in a model that has just been built; a line for the log where not all of it begins with them. When nothing
/// fits, the folder that was made for the run goes again.
pub fn plant(
    model: &mut dyn Model,
    source: Option<Source>,
    spec: &RunSpec,
    folder: RunFolder,
) -> Result<(RunFolder, Option<String>)> {
    let Some(Source { checkpoint, fingerprint }) = source else { return Ok((folder, None)) };
    match models::adopt(model, &checkpoint, fingerprint == spec.fingerprint) {
        Ok(adopted) => Ok((folder, line(spec, &adopted))),
        Err(why) => {
            let path = folder.path().to_path_buf();
            drop(folder);
            let _ = run::delete(&path);
            Err(why)
        }
    }
}

/// Loads a checkpoint to go on from: all of it, or the networks alone where it was read from a file.
pub fn load(model: &mut dyn Model, checkpoint: &Checkpoint) -> Result<()> {
    if checkpoint.facts.contains_key(IMPORTED) {
        return models::adopt(model, checkpoint, true).map(drop);
    }
    model.load(checkpoint)
}

/// `Begins with galaxies-2, step 5,000, but for 3 tensors that have another shape here: …`
fn line(spec: &RunSpec, adopted: &Adopted) -> Option<String> {
    let (origin, fresh) = (spec.from.as_ref()?, &adopted.fresh);
    if fresh.is_empty() {
        return None;
    }
    let all = adopted.taken + fresh.len();
    let mut words = format!(
        "{} of {all} parts begin with {origin}; what it has not, or in another shape, begins anew: {}",
        adopted.taken,
        fresh[..fresh.len().min(NAMED)].join(", ")
    );
    if fresh.len() > NAMED {
        let _ = write!(words, " and {} more", fresh.len() - NAMED);
    }
    Some(words + ".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_list_is_cut_and_a_whole_fit_needs_no_words() {
        let spec: RunSpec = starters::read("glyphs").unwrap().0;
        let origin = Origin { name: "a".into(), place: "x".into(), step: Some(7), sha256: String::new() };
        let spec = RunSpec { from: Some(origin), ..spec };
        let adopted = |fresh: usize| Adopted { taken: 9, fresh: (0..fresh).map(|i| format!("t{i}")).collect() };
        assert_eq!(line(&spec, &adopted(0)), None);
        let short = line(&spec, &adopted(1)).unwrap();
        assert_eq!(short, "9 of 10 parts begin with a, step 7; what it has not, or in another shape, begins anew: t0.");
        assert!(line(&spec, &adopted(6)).unwrap().ends_with("anew: t0, t1, t2, t3 and 2 more."));
    }
}
