//! `latent-studio inspect`: what a run folder holds.

use super::{line, monitor, place, shared::print_json};
use crate::{
    engine::{open_player, protocol::Place},
    history::History,
    nn::Device,
    run,
};
use anyhow::Result;
use clap::Args;
use serde_json::json;
use std::path::PathBuf;

/// Arguments of `inspect`.
#[derive(Args, Debug)]
pub struct Inspect {
    /// A run folder, or a starter such as starter:glyphs
    run: PathBuf,
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Inspect {
    /// Opens the run as the window does, which checks its files, and prints what it holds.
    pub fn run(self) -> Result<()> {
        let place = place(&self.run);
        let (player, opened) = open_player(&place, None, true, Device::Cpu)?;
        let spec = &opened.spec;
        let folder = match &place {
            Place::Folder(folder) => Some(folder.as_path()),
            Place::Starter(_) => None,
        };
        let changes = folder.map(run::changes).transpose()?.unwrap_or_default();
        let bytes = folder.map_or(0, run::size);
        let best = folder.and_then(run::best);
        let mut history = History::default();
        history.extend(opened.points.clone());
        let findings = monitor::findings(&opened, &history, &changes);
        let last: Vec<_> = history.iter().filter_map(|(name, s)| Some((name.to_string(), s.last()?))).collect();
        if self.json {
            let value = json!({
                "name": spec.name, "family": spec.family, "seed": spec.seed, "steps": spec.steps, "step": opened.step,
                "threads": spec.threads, "device": spec.device, "program": spec.program, "libtorch": spec.libtorch, "data": spec.data,
                "from": spec.from, "shape": spec.shape, "knobs": spec.knobs, "fingerprint": spec.fingerprint, "z_dim": player.z_dim(),
                "checkpoints": opened.checkpoints, "samples": opened.sample_steps, "bytes": bytes,
                "changes": changes.len(), "best": best, "findings": monitor::json(&findings), "last": last.iter().cloned().collect::<std::collections::BTreeMap<_, _>>(),
            });
            return print_json(&value);
        }
        line(&format!("{}: {} on {}", spec.name, spec.family, spec.data.source));
        line(&format!(
            "  step {} of {}, seed {}, {} threads, {:.1} MB on disk",
            opened.step,
            spec.steps,
            spec.seed,
            spec.threads,
            bytes as f64 / 1e6
        ));
        line(&format!(
            "  pictures {0}×{0}, {1} channels, {2} to train on",
            spec.data.size, spec.data.channels, spec.shape.count
        ));
        line(&format!("  begun with Latent Studio {}, libtorch {} on {}", spec.program, spec.libtorch, spec.device));
        if let Some(origin) = &spec.from {
            line(&format!("  begun with the weights of {origin} ({}, SHA-256 {})", origin.place, origin.sha256));
        }
        let knobs: Vec<_> = spec.knobs.0.iter().map(|(id, value)| format!("{id}={value}")).collect();
        line(&format!("  knobs {}", knobs.join(" ")));
        for change in &changes {
            match run::as_rollback(change) {
                Some(back) => line(&format!("  at step {} went back to step {}", back.from, back.to)),
                None => line(&format!("  at step {} {} became {}", change.step, change.id, change.value)),
            }
        }
        for words in monitor::lines(&findings) {
            line(&format!("  {words}"));
        }
        line(&format!("  checkpoints {:?}", opened.checkpoints));
        if let Some(best) = best {
            line(&format!("  best checkpoint: that of step {}, by SWD {:.2}", best.step, best.swd));
        }
        line(&format!("  {} sample grids", opened.sample_steps.len()));
        for (name, value) in last {
            line(&format!("  {name} {value:.4}"));
        }
        Ok(())
    }
}
