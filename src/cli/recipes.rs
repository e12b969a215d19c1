//! `latent-studio recipes`: lists settings that are known to work; and reads `train --recipe`.

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
    /// Lists all recipes, in the order of their families.
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

/// Returns the recipe of this id; wrong use, with the ids there are, if there is none.
pub fn find(id: &str) -> Result<&'static Recipe> {
    recipes::find(id).ok_or_else(|| unknown("recipe", id, recipes::all().iter().map(|recipe| recipe.id.as_str())))
}

/// Returns the data of a recipe: those given, else its own built-in set; wrong use if its data have to be given.
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

/// Returns the recipe's id if a run with these settings is exactly as it says.
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::testing::wrong_use_of;

    #[test]
    fn a_recipe_trains_on_its_own_data_unless_others_are_given_or_must_be_brought() {
        let (built_in, brought) = (find("dcgan-glyphs").unwrap(), find("dcgan-mnist").unwrap());
        assert_eq!(source(built_in, None).unwrap(), "glyphs");
        assert_eq!(
            (source(built_in, Some("a")).unwrap(), source(brought, Some("a")).unwrap()),
            ("a".into(), "a".into())
        );
        let need = brought.needs().unwrap();
        let why = wrong_use_of(source(brought, None));
        assert!(why.contains(need.title) && why.contains("--data") && why.ends_with(&need.sentence()), "{why}");
        let why = wrong_use_of(find("nothing"));
        assert!(recipes::all().iter().all(|recipe| why.contains(&recipe.id)), "{why}");
    }
}
