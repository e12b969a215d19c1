//! Writes generated pictures: one grid, or a file each.

use super::best_of_n::best_of_n;
use crate::{
    engine::{aspect, library::weights_at, protocol::Export, weight_store::WeightStore},
    failure::Failure,
    models,
    nn::Device,
    picture::{self, Picture},
    run,
};
use anyhow::{Context, Result, bail, ensure};
use std::path::{Path, PathBuf};

/// Draws and writes what an export asks for; answers how many pictures and where.
pub fn write(
    store: &WeightStore,
    request: &Export,
    device: Device,
    cancelled: &dyn Fn() -> bool,
    progress: &dyn Fn(usize, usize),
) -> Result<(usize, PathBuf)> {
    ensure!((1..=16).contains(&request.scale), "The size is 1 to 16 times, not {}.", request.scale);
    let first = request.scenes.first().context("There is nothing to export.")?;
    let playing = store.get(first.run).context("The run is not open.")?;
    let weights = weights_at(&playing, first.moment)?;
    let mut player = models::player(&playing.plan, device)?;
    let discriminator = weights.discriminator.as_deref().filter(|_| request.best_of > 1);
    player.load_weights(if first.ema { &weights.ema } else { &weights.raw }, discriminator)?;
    let total = request.scenes.len();
    let mut tiles = Vec::with_capacity(total);
    for eight in request.scenes.chunks(8) {
        if cancelled() {
            bail!(Failure::Cancelled);
        }
        let codes: Vec<_> = eight.iter().map(|s| s.code.clone()).collect();
        let pictures = best_of_n(player.as_ref(), &codes, request.best_of, cancelled);
        if cancelled() {
            bail!(Failure::Cancelled);
        }
        tiles.extend(pictures?);
        progress(tiles.len(), total);
    }
    let mut tiles = aspect::restored(tiles, request.sides)?;
    if total == 1 || request.as_grid {
        let sheet = if total == 1 {
            tiles.swap_remove(0)
        } else {
            let columns = if request.columns == 0 { picture::square_columns(total) } else { request.columns };
            aspect::joined(&tiles, columns).context("There is nothing to export.")?
        };
        write_one(&sheet, request.scale, &request.to)?;
        return Ok((total, request.to.clone()));
    }
    let folder = write_many(&tiles, request.scale, &request.to)?;
    Ok((total, folder))
}

/// One picture as PNG or JPEG, by the path's extension.
pub fn write_one(picture: &Picture, scale: usize, to: &Path) -> Result<()> {
    run::write(to, &run::encode(&picture.enlarged(scale), to)?)
}

/// A numbered file each: `to` is a folder, or a file name that gets numbers (`face.png` → `face-0000.png`).
pub fn write_many(pictures: &[Picture], scale: usize, to: &Path) -> Result<PathBuf> {
    let (folder, stem, ending) = match to.extension().and_then(|e| e.to_str()) {
        Some(ending) if !to.is_dir() => {
            let stem = to.file_stem().map_or_else(|| "picture".into(), std::ffi::OsStr::to_os_string);
            (to.parent().map(Path::to_path_buf).unwrap_or_default(), stem, ending.to_owned())
        }
        _ => (to.to_path_buf(), "picture".into(), "png".to_owned()),
    };
    if !folder.as_os_str().is_empty() {
        std::fs::create_dir_all(&folder).with_context(|| format!("{} could not be made.", folder.display()))?;
    }
    for (i, picture) in pictures.iter().enumerate() {
        let mut name = stem.clone();
        name.push(format!("-{i:04}.{ending}"));
        write_one(picture, scale, &folder.join(name))?;
    }
    Ok(folder)
}
