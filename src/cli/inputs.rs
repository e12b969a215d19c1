//! The input pictures of `sample`, for families that turn pictures into pictures.

use super::wrong_use;
use crate::{
    engine::{
        input_files, input_picture, open_examples,
        protocol::{Examples, OpenedRun},
    },
    latent::{Code, PAIRS_ACROSS, place_of},
    models,
    picture::Picture,
};
use anyhow::{Result, bail};
use std::path::PathBuf;

/// Returns the input pictures: those at these paths, else the held-out ones kept with the run; `None` if the family takes none.
pub fn of_run(paths: &[PathBuf], opened: &OpenedRun) -> Result<Option<Examples>> {
    let (spec, card) = (&opened.spec, (models::family(&opened.spec.family)?.card)());
    if !card.can.inputs {
        if !paths.is_empty() {
            return Err(wrong_use(format!("{} draws from no picture; leave --inputs out.", card.title)));
        }
        return Ok(None);
    }
    if !paths.is_empty() {
        let files = input_files(paths)?;
        let inputs = files.iter().map(|path| input_picture(path, &spec.data)).collect::<Result<_>>()?;
        return Ok(Some(Examples { inputs, targets: [].into() }));
    }
    match open_examples(&opened.place, &spec.family)? {
        Some(kept) if !kept.inputs.is_empty() => Ok(Some(kept)),
        _ => bail!("The inputs that belong to this run are gone; name pictures with --inputs."),
    }
}

/// Returns a code for each input, at most `count`. Those kept with a run are taken in order from the seed on, others from the
/// first on.
pub fn codes(from: &Examples, count: usize, seed: u64) -> Vec<Code> {
    let all = from.inputs.len();
    let first = if from.targets.is_empty() { 0 } else { seed };
    let seeds = (0..count.min(all) as u64).map(|i| first.wrapping_add(i));
    seeds.map(|seed| Code { input: of(&from.inputs, seed), ..Code::from_seed(seed, 0) }).collect()
}

/// Returns the tiles of a grid (for each code the input, the output and, if it is known, the target) and the number of columns.
pub fn tiles(from: &Examples, codes: &[Code], outputs: &[Picture]) -> (Vec<Picture>, usize) {
    let row = |(code, output): (&Code, &Picture)| {
        let (input, target) = (code.input.clone(), of(&from.targets, code.noise_seed));
        [input, Some(output.clone()), target].into_iter().flatten()
    };
    let tiles: Vec<_> = codes.iter().zip(outputs).flat_map(row).collect();
    let columns = tiles.len() / codes.len().max(1) * codes.len().min(PAIRS_ACROSS);
    (tiles, columns)
}

fn of(all: &[Picture], seed: u64) -> Option<Picture> {
    Some(all[place_of(seed, all.len())?].clone())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kept_inputs_follow_the_seed_and_given_ones_their_order() {
        let flat = |v: u8| Picture::filled(1, 1, [v; 3]);
        let row = |from: u8| (from..from + 4).map(flat).collect::<Vec<_>>();
        let mut from = Examples { inputs: row(10).into(), targets: row(30).into() };
        let values = |all: &[Picture]| all.iter().map(|p| p.rgb[0]).collect::<Vec<_>>();
        let some = codes(&from, 2, 7);
        let (grid, columns) = tiles(&from, &some, &[flat(1), flat(2)]);
        assert_eq!((values(&grid), columns), (vec![13, 1, 33, 10, 2, 30], 6));
        from.targets = [].into();
        let all = codes(&from, 64, 7);
        let (grid, columns) = tiles(&from, &all, &row(20));
        assert_eq!((values(&grid), columns), (vec![10, 20, 11, 21, 12, 22, 13, 23], 6));
    }
}
