//! `latent-studio datasets`: lists the kinds of data.

use super::{line, shared::print_json};
use crate::data::DATASETS;
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
    /// Prints the kinds of data: id, title.
    pub fn datasets(&self) -> Result<()> {
        if self.json {
            let list: Vec<_> = DATASETS
                .iter()
                .map(|d| json!({ "id": d.id, "title": d.title, "about": d.about, "built_in": d.built_in }))
                .collect();
            return print_json(&list);
        }
        for dataset in DATASETS {
            let source = if dataset.built_in { "built in" } else { "from files" };
            line(&format!("{:<9} {} ({source})\n  {}", dataset.id, dataset.title, dataset.about));
        }
        Ok(())
    }
}
