//! `latent-studio families`: lists the families of models, says which suit some data, and measures what training one costs here.

use super::{
    device, line,
    shared::{assign, described, family, follow_preset, print_json, threads},
    wrong_use,
};
use crate::{
    data,
    engine::{fetch_and_calibrate, protocol::Trial},
    models::{FAMILIES, Family},
    spec::{Capabilities, DataShape, DataSpec, Effect, Knobs},
};
use anyhow::Result;
use clap::Args;
use serde_json::json;

/// Arguments of `families`.
#[derive(Args, Debug)]
pub struct Families {
    /// Print JSON
    #[arg(long)]
    json: bool,
    /// Also list knobs and presets
    #[arg(long)]
    knobs: bool,
    /// Say what suits these data: a built-in set or a path
    #[arg(long)]
    data: Option<String>,
    /// Train this family for three seconds, keep nothing, and say what an epoch takes
    #[arg(long, value_name = "ID")]
    measure: Option<String>,
    /// A knob's value for --measure; may be given several times
    #[arg(long, value_name = "ID=VALUE", requires = "measure")]
    set: Vec<String>,
    /// A preset for --measure to start from
    #[arg(long, requires = "measure")]
    preset: Option<String>,
    /// Threads to measure with
    #[arg(long, requires = "measure")]
    threads: Option<usize>,
    /// Where to measure: auto (a graphics card if there is one), cpu, or cuda:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    device: String,
}

/// The data that are measured on without `--data`.
const USUAL_DATA: &str = "shapes:2000";

impl Families {
    /// Lists the families, or measures one.
    pub fn run(&self) -> Result<()> {
        if let Some(id) = &self.measure {
            return self.measure(id);
        }
        let surveyed = self.data.as_deref().map(|source| data::open(source)?.survey()).transpose()?;
        let shape = surveyed.clone().unwrap_or_default();
        if self.json {
            let list: Vec<_> = FAMILIES.iter().map(|f| entry(f, &shape, surveyed.is_some())).collect();
            return print_json(&list);
        }
        for family in FAMILIES {
            let card = (family.card)();
            let can = words(card.can).join(", ");
            line(&format!("{:<15} {} ({})", card.id, card.title, if can.is_empty() { "draws pictures" } else { &can }));
            line(&format!("  {}", card.about));
            if let Some(why) = surveyed.as_ref().and_then(|shape| (family.fits)(shape).err()) {
                line(&format!("  does not suit these data: {why}"));
            }
            if self.knobs {
                knobs_of(family, &shape);
            }
        }
        Ok(())
    }

    fn measure(&self, id: &str) -> Result<()> {
        let family = family(id)?;
        device(&self.device)?;
        let source = self.data.as_deref().unwrap_or(USUAL_DATA);
        let shape = data::open(source)?.survey()?;
        (family.fits)(&shape).map_err(wrong_use)?;
        let table = (family.knobs)(&shape);
        let mut knobs = Knobs::start(&table);
        if let Some(id) = &self.preset {
            follow_preset(&mut knobs, &(family.presets)(&shape), id)?;
        }
        assign(&mut knobs, &table, &self.set)?;
        let threads = threads(self.threads)?;
        let data = DataSpec::from_knobs(source, &knobs, 1);
        let trial = Trial { family: id.to_owned(), knobs, data, device: self.device.clone() };
        let cost = fetch_and_calibrate(&trial, threads)?;
        if self.json {
            return print_json(&json!({
                "family": id, "step_s": cost.step_s, "steps_per_epoch": cost.steps_per_epoch, "epoch_s": cost.epoch_s(),
                "bytes": cost.bytes, "steps": cost.steps, "threads": threads,
            }));
        }
        let memory = cost.bytes.map_or_else(String::new, |n| format!(", {:.0} MB", n as f64 / 1e6));
        line(&format!(
            "{id} on {source}: {:.1} ms a step, {} steps an epoch, {:.1} min per epoch{memory}",
            cost.step_s * 1e3,
            cost.steps_per_epoch,
            cost.epoch_s() / 60.0
        ));
        Ok(())
    }
}

fn entry(family: &Family, shape: &DataShape, chosen: bool) -> serde_json::Value {
    let card = (family.card)();
    let unfit = (family.fits)(shape).err().filter(|_| chosen);
    json!({
        "id": card.id, "title": card.title, "about": card.about, "can": card.can, "dials": card.dials, "unfit": unfit,
        "knobs": (family.knobs)(shape), "presets": (family.presets)(shape),
    })
}

/// Names what a family can do beyond drawing pictures.
fn words(can: Capabilities) -> Vec<&'static str> {
    [
        (can.labels, "classes"),
        (can.encoder, "encoder"),
        (can.discriminator, "discriminator"),
        (can.layers, "layers"),
        (can.inputs, "input pictures"),
        (can.drafts, "drafts"),
    ]
    .into_iter()
    .filter_map(|(yes, word)| yes.then_some(word))
    .collect()
}

fn knobs_of(family: &Family, shape: &DataShape) {
    for knob in (family.knobs)(shape) {
        let live = if knob.effect == Effect::Now { "  (live)" } else { "" };
        line(&format!("  {:<11} {}{live}", knob.id, described(&knob)));
    }
    for dial in (family.card)().dials {
        line(&format!("  --dial {:<8} {}", dial.id, described(&dial)));
    }
    for preset in (family.presets)(shape) {
        line(&format!("  --preset {:<9} {}", preset.id, preset.about));
    }
}
