//! Every recipe at reduced scale: it suits its family, and learns what untrained, collapsed and broken models fail to show.

#[path = "recipes/silent.rs"]
mod silent;
#[path = "recipes/small.rs"]
mod small;

use latent_studio::{
    data,
    history::{History, Point},
    models::{self, FAMILIES},
    recipes::{self, Recipe},
    spec::DataShape,
};
use small::{BARS, Bar, Scores, Setting, Trained};

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
fn every_recipe_learns_at_reduced_scale() {
    latent_studio::nn::use_threads(1);
    let mut complaints = Vec::new();
    let mut before: Vec<(Setting, [(&str, Scores); 4])> = Vec::new();
    for recipe in recipes::all() {
        let Some(bar) = BARS.iter().find(|bar| bar.id == recipe.id) else {
            complaints.push(format!("{} has no bar in tests/recipes/small.rs", recipe.id));
            continue;
        };
        // Recipes that differ only in the data they ask for are the same at this scale.
        let setting = Setting::of(recipe);
        let known = before.iter().find(|(other, _)| *other == setting).map(|(_, all)| *all);
        let all = known.unwrap_or_else(|| Trained::new(&setting).all());
        println!("{:<20} {all:.3?}", recipe.id);
        before.push((setting, all));
        for (name, scores) in all {
            if scores.beats(bar) != (name == "trained") {
                complaints.push(format!("{}: a model that is {name} has {scores:?} at the bar {bar:?}", recipe.id));
            }
        }
    }
    let known = |bar: &&Bar| recipes::find(bar.id).is_none();
    complaints.extend(BARS.iter().filter(known).map(|bar| format!("there is a bar, but no recipe, called {}", bar.id)));
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
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
fn the_bar_itself_is_no_walkover() {
    let bar = Bar { id: "x", swd: 10.0, coverage: 0.5 };
    let beats = |swd, coverage| Scores { swd, coverage }.beats(&bar);
    assert!(beats(9.0, 0.6) && !beats(11.0, 0.6) && !beats(9.0, 0.4) && !beats(f64::NAN, 0.6) && !beats(9.0, f64::NAN));
}
