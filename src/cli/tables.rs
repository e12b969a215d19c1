//! `latent-studio families` and `datasets`: what can be chosen.

use super::line;
use crate::{
    data::DATASETS,
    models::FAMILIES,
    spec::{DataShape, Effect},
};
use anyhow::Result;
use clap::Args;
use serde_json::json;

/// Arguments of the listing subcommands.
#[derive(Args, Debug)]
pub struct Tables {
    /// Print JSON
    #[arg(long)]
    pub json: bool,
}

impl Tables {
    /// Prints the families: id, title, capabilities, knobs, presets.
    pub fn families(&self) -> Result<()> {
        let shape = DataShape::default();
        if self.json {
            let list: Vec<_> = FAMILIES
                .iter()
                .map(|f| {
                    let card = (f.card)();
                    json!({
                        "id": card.id, "title": card.title, "about": card.about, "can": card.can,
                        "knobs": (f.knobs)(&shape), "presets": (f.presets)(&shape),
                    })
                })
                .collect();
            line(&serde_json::to_string_pretty(&list)?);
            return Ok(());
        }
        for family in FAMILIES {
            let card = (family.card)();
            line(&format!("{}  {}\n  {}", card.id, card.title, card.about));
            for knob in (family.knobs)(&shape) {
                let live = if knob.effect == Effect::Now { "  (live)" } else { "" };
                line(&format!(
                    "  {:<11} {} — {}, starts at {}{live}",
                    knob.id,
                    knob.label,
                    knob.allowed(),
                    knob.start()
                ));
            }
            for preset in (family.presets)(&shape) {
                line(&format!("  --preset {:<9} {}", preset.id, preset.about));
            }
        }
        Ok(())
    }

    /// Prints the kinds of data: id, title.
    pub fn datasets(&self) -> Result<()> {
        if self.json {
            let list: Vec<_> = DATASETS
                .iter()
                .map(|d| json!({ "id": d.id, "title": d.title, "about": d.about, "built_in": d.built_in }))
                .collect();
            line(&serde_json::to_string_pretty(&list)?);
            return Ok(());
        }
        for dataset in DATASETS {
            let source = if dataset.built_in { "built in" } else { "from files" };
            line(&format!("{:<9} {} ({source})\n  {}", dataset.id, dataset.title, dataset.about));
        }
        Ok(())
    }
}
