//! Every recipe at reduced scale: it suits its family, and learns what untrained, collapsed and broken models fail to show.

#[path = "common/bars.rs"]
mod bars;
#[path = "recipes/silent.rs"]
mod silent;
#[path = "recipes/small.rs"]
mod small;

use bars::{Bar, Judge};
use latent_studio::{
    data,
    history::{History, Point},
    models::{self, FAMILIES},
    recipes::{self, Recipe},
    spec::DataShape,
};
use small::{Setting, TARGETS};
use std::collections::BTreeSet;

/// What the data of a recipe are like when they are whole.
fn shape(recipe: &Recipe) -> DataShape {
    match recipe.needs() {
        Some(need) => need.shape(),
        None => data::open(&recipe.data).and_then(|d| d.survey()).unwrap_or_else(|e| panic!("{}: {e}", recipe.id)),
    }
}

#[test]
fn every_recipe_suits_its_family_and_its_data() {
    assert_eq!(recipes::all().len(), recipes::files(), "a recipe does not read");
    for recipe in recipes::all() {
        let family = models::family(&recipe.family).unwrap_or_else(|e| panic!("{}: {e}", recipe.id));
        let shape = shape(recipe);
        assert_eq!((family.fits)(&shape), Ok(()), "{}", recipe.id);
        let table = (family.knobs)(&shape);
        let knobs = recipe.knobs(&table, &(family.presets)(&shape)).unwrap_or_else(|why| panic!("{why}"));
        assert_eq!(knobs.0.len(), table.len(), "{}", recipe.id);
    }
    for family in FAMILIES {
        let id = (family.card)().id;
        assert!(recipes::all().iter().any(|recipe| recipe.family == id), "no recipe for {id}");
    }
}

#[test]
fn a_recipe_with_a_wrong_knob_family_or_value_is_caught() {
    let right = recipes::find("dcgan-glyphs").unwrap();
    let shape = shape(right);
    let family = models::family(&right.family).unwrap();
    let knobs = |set: &str| {
        let recipe = Recipe { set: vec![set.into()], ..right.clone() };
        recipe.knobs(&(family.knobs)(&shape), &(family.presets)(&shape))
    };
    assert!(knobs("width=24").is_ok());
    for (wrong, words) in [("depth=3", "no knob called"), ("width=9000", "a whole number"), ("loss=magic", "one of")] {
        assert!(knobs(wrong).unwrap_err().contains(words), "{wrong}");
    }
    assert!(models::family("dcgam").is_err());
}

#[test]
fn every_recipe_has_a_target_at_reduced_scale() {
    let targets: BTreeSet<&str> = TARGETS.iter().map(|target| target.id).collect();
    let recipes: BTreeSet<&str> = recipes::all().iter().map(|recipe| recipe.id.as_str()).collect();
    assert_eq!(targets, recipes, "one line for each recipe in tests/recipes/small.rs");
}

/// Parts of the table, so that several can be trained at once.
const PARTS: usize = 4;

/// Trains each of them, and holds what it draws against its target.
fn learn_at_reduced_scale(mut judge: Judge, part: usize) {
    latent_studio::nn::use_threads(bars::threads());
    // Recipes that differ only in the data they ask for are the same at this scale.
    let mut settings: Vec<(Setting, Vec<&Recipe>)> = Vec::new();
    for recipe in recipes::all() {
        let setting = Setting::of(recipe);
        match settings.iter_mut().find(|(other, _)| *other == setting) {
            Some((_, alike)) => alike.push(recipe),
            None => settings.push((setting, vec![recipe])),
        }
    }
    for (setting, alike) in settings.iter().skip(part).step_by(PARTS) {
        let all = setting.scores();
        for recipe in alike {
            println!("{:<20} {all:.3?}", recipe.id);
            let target = TARGETS.iter().find(|target| target.id == recipe.id).expect("a target");
            for (name, scores) in &all {
                let figures = scores.figures(target);
                if *name == "trained" {
                    judge.passes(&recipe.id, &figures);
                } else {
                    judge.fails(&recipe.id, name, &figures);
                }
            }
        }
    }
    judge.close();
}

#[test]
fn recipes_learn_at_reduced_scale_1() {
    learn_at_reduced_scale(Judge::new("recipes_learn_at_reduced_scale_1"), 0);
}

#[test]
fn recipes_learn_at_reduced_scale_2() {
    learn_at_reduced_scale(Judge::new("recipes_learn_at_reduced_scale_2"), 1);
}

#[test]
fn recipes_learn_at_reduced_scale_3() {
    learn_at_reduced_scale(Judge::new("recipes_learn_at_reduced_scale_3"), 2);
}

#[test]
fn recipes_learn_at_reduced_scale_4() {
    learn_at_reduced_scale(Judge::new("recipes_learn_at_reduced_scale_4"), 3);
}

#[test]
fn the_doctor_is_silent_over_whole_runs_and_speaks_when_one_is_spoiled() {
    for recipe in recipes::all() {
        let shape = shape(recipe);
        let Some((history, last)) = silent::curves(recipe) else { panic!("{}: no curves of a whole run", recipe.id) };
        assert!(last >= recipe.steps * 99 / 100, "{}: these curves end at step {last}", recipe.id);
        assert_eq!(silent::found(recipe, &shape, &history, last), [""; 0], "{}", recipe.id);
    }
    // The same eyes see what goes wrong later on in one of them.
    let recipe = recipes::find("dcgan-mnist").unwrap();
    let (whole, last) = silent::curves(recipe).unwrap();
    for (name, sick, rule) in [("variance", 0.02, "collapse"), ("grad_g", 1e-7, "vanishing")] {
        let mut history = whole.clone();
        let half = last as f64 / 2.0;
        let mut points = history.get(name).unwrap().points().to_vec();
        points.iter_mut().filter(|p| p[0] > half).for_each(|p| p[1] = sick);
        let name: std::sync::Arc<str> = name.into();
        history = history.iter().filter(|(other, _)| **other != name).fold(
            History::default(),
            |mut kept, (other, series)| {
                kept.extend(series.points().iter().map(|p| Point {
                    step: p[0] as u64,
                    name: other.clone(),
                    value: p[1] as f32,
                }));
                kept
            },
        );
        history.extend(points.iter().map(|p| Point { step: p[0] as u64, name: name.clone(), value: p[1] as f32 }));
        let found = silent::found(recipe, &shape(recipe), &history, last);
        assert!(found.iter().any(|line| line.ends_with(rule)), "{name}: {found:?}");
    }
}

#[test]
fn a_bar_is_cleared_on_its_good_side_only() {
    for (bar, good, bad) in [(Bar::Below(10.0), 9.0, 11.0), (Bar::Above(0.5), 0.6, 0.4)] {
        assert!(bar.is_cleared_by(good) && !bar.is_cleared_by(bad) && !bar.is_cleared_by(f64::NAN), "{bar}");
    }
    let ends_well = |judge: fn(&mut Judge)| {
        let mut one = Judge::new(stringify!(judge));
        judge(&mut one);
        std::panic::catch_unwind(|| one.close()).is_ok()
    };
    assert!(ends_well(|judge| judge.passes("x", &[("a", 9.0, Bar::Below(10.0))])));
    assert!(!ends_well(|judge| judge.passes("x", &[("a", 11.0, Bar::Below(10.0))])));
    assert!(ends_well(|judge| judge.fails("x", "y", &[("a", 9.0, Bar::Below(10.0)), ("b", 0.4, Bar::Above(0.5))])));
    let missed =
        |judge: &mut Judge| judge.fails("x", "y", &[("a", 9.0, Bar::Below(10.0)), ("b", 0.6, Bar::Above(0.5))]);
    assert!(!ends_well(missed), "a plant that clears both passes for good");
}
