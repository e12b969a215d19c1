//! `latent-studio recipes`: settings that are known to work; and what `train --recipe` makes of one.

use super::{line, shared::print_json, wrong_use};
use crate::{
    models::{FAMILIES, Family},
    recipes::{self, Recipe},
    spec::Knobs,
    terminal::unknown,
};
use anyhow::Result;
use clap::Args;
use serde_json::json;

/// Arguments of `recipes`.
#[derive(Args, Debug)]
pub struct Recipes {
    /// Print JSON
    #[arg(long)]
    json: bool,
}

impl Recipes {
    /// Lists all, as the families are offered.
    pub fn run(&self) -> Result<()> {
        let rank = |recipe: &Recipe| FAMILIES.iter().position(|f| (f.card)().id == recipe.family);
        let mut all: Vec<_> = recipes::all().iter().collect();
        all.sort_by_key(|recipe| (rank(recipe), recipe.needs().is_some()));
        if self.json {
            let list = all.into_iter().map(entry).collect::<Result<Vec<_>>>()?;
            return print_json(&list);
        }
        for recipe in all {
            line(&format!("{:<20} {}", recipe.id, recipe.title));
            line(&format!("  {}", recipe.about));
            let time = recipe.time_words().map_or_else(String::new, |words| format!(", {words}"));
            line(&format!("  {} on {}, {} steps{time}", recipe.family, recipe.data, recipe.steps));
            if let Some(need) = recipe.needs() {
                line(&format!("  bring {} and say --data FOLDER", need.title));
            }
        }
        for need in recipes::NEEDS {
            line(&need.sentence());
        }
        Ok(())
    }
}

fn entry(recipe: &Recipe) -> Result<serde_json::Value> {
    let mut value = serde_json::to_value(recipe)?;
    value["needs"] = recipe.needs().map_or(
        serde_json::Value::Null,
        |need| json!({ "id": need.id, "title": need.title, "files": need.files, "from": need.from }),
    );
    Ok(value)
}

/// The recipe of this id, or wrong use with what there is.
pub fn find(id: &str) -> Result<&'static Recipe> {
    recipes::find(id).ok_or_else(|| unknown("recipe", id, recipes::all().iter().map(|recipe| recipe.id.as_str())))
}

/// What a recipe trains on: what was given, else its own built-in set.
pub fn source(recipe: &Recipe, given: Option<&str>) -> Result<String> {
    match (given, recipe.needs()) {
        (Some(source), _) => Ok(source.to_owned()),
        (None, None) => Ok(recipe.data.clone()),
        (None, Some(need)) => Err(wrong_use(format!(
            "The recipe {} trains on {}; say where it is with --data. {}",
            recipe.id,
            need.title,
            need.sentence()
        ))),
    }
}

/// The recipe's id if a run with these settings follows it to the letter.
pub fn followed(
    recipe: &Recipe,
    family: &Family,
    shape: &crate::spec::DataShape,
    (source, steps): (&str, u64),
    knobs: &Knobs,
) -> Option<String> {
    let built_in = source == recipe.data || recipe.needs().is_some();
    let same = recipe.family == (family.card)().id
        && recipe.steps == steps
        && built_in
        && recipe.knobs(&(family.knobs)(shape), &(family.presets)(shape)).as_ref() == Ok(knobs);
    same.then(|| recipe.id.clone())
}
