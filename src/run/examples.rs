//! The fixed inputs of a run and their targets, as one picture.

use super::{atomic, name, samples};
use crate::picture::{Layout, Picture};
use anyhow::{Result, anyhow, bail};
use std::path::Path;

const FILE_LIMIT: u64 = 64 << 20;

/// Writes inputs and as many targets, squares of one size: a row of inputs over a row of targets, without gaps.
pub fn write_examples(run: &Path, [inputs, targets]: &[Vec<Picture>; 2]) -> Result<()> {
    let Some(side) = inputs.first().map(|p| p.width) else { bail!("There are no inputs to keep.") };
    if inputs.len() != targets.len() || inputs.iter().chain(targets).any(|p| [p.width, p.height] != [side; 2]) {
        bail!("Inputs and their targets should be squares of one size, as many of each.");
    }
    let rows = [inputs, targets].into_iter().flat_map(|all| (0..side).map(move |y| (all, y)));
    let rgb: Vec<u8> = rows.flat_map(|(all, y)| all.iter().flat_map(move |p| p.row(y))).copied().collect();
    let picture = Picture { width: side * inputs.len(), height: 2 * side, rgb: rgb.into() };
    let path = run.join(name::EXAMPLES);
    atomic::write(&path, &samples::encode(&picture, &path)?)
}

/// Reads what [`write_examples`] wrote; `None` when there is nothing, an error of one sentence when it is broken.
pub fn read_examples(run: &Path) -> Result<Option<[Vec<Picture>; 2]>> {
    let path = run.join(name::EXAMPLES);
    if !path.exists() {
        return Ok(None);
    }
    let broken = |why: String| anyhow!("{} can't be used ({why}).", path.display());
    let sheet = samples::decode(&atomic::read(&path, FILE_LIMIT)?).map_err(|e| broken(e.to_string()))?;
    let side = sheet.height / 2;
    if side == 0 || sheet.height % 2 != 0 || sheet.width % side != 0 {
        return Err(broken(format!("{}×{} pixels", sheet.width, sheet.height)));
    }
    let columns = sheet.width / side;
    let layout = Layout { tile: side, count: 2 * columns, columns, gap: 0 };
    let row = |first: usize| (first..first + columns).filter_map(|i| sheet.tile(i, layout)).collect();
    Ok(Some([row(0), row(columns)]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn examples_come_back_pixel_for_pixel() {
        let run = tempfile::tempdir().unwrap();
        assert!(read_examples(run.path()).unwrap().is_none());
        let pictures = |from: u8| (0..5).map(|i| Picture::filled(7, 7, [from + i, 1, 2])).collect::<Vec<_>>();
        let both = [pictures(10), pictures(100)];
        write_examples(run.path(), &both).unwrap();
        assert_eq!(read_examples(run.path()).unwrap().unwrap(), both);
        assert!(write_examples(run.path(), &[pictures(1), Vec::new()]).is_err());
        std::fs::write(run.path().join(name::EXAMPLES), "no picture").unwrap();
        assert!(read_examples(run.path()).unwrap_err().to_string().contains("can't be used"));
    }
}
