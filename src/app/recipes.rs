//! Applies recipes: fills the form, waits for the data, and starts the run.

use super::{
    App,
    pending::{PendingRecipe, RecipeStage},
};
use crate::{
    desk::{Desk, Tab},
    engine::protocol::FamilyEntry,
    recipes::{self, Recipe},
    session::{DataState, Intent, Level},
    spec::Knobs,
    ui::{action::Plain, confirm::Question},
};
use std::path::PathBuf;

impl App {
    /// Begins to apply a recipe, and to `start` its run. Asks first while a run is going on.
    pub(super) fn take_recipe(&mut self, id: &str, start: bool) {
        let Some(recipe) = recipes::find(id) else { return };
        let Some(source) = source_of(recipe, &self.desk) else {
            let title = recipe.needs().map_or(recipe.data.as_str(), |need| need.title);
            return self.session.say(Level::Info, &format!("Choose the folder of {title} first."));
        };
        let pending_recipe = PendingRecipe { recipe, source, start, stage: RecipeStage::Waiting };
        if self.is_alive() {
            if !start {
                let why = "A run is going on; the form can be filled when it ends.";
                return self.session.say(Level::Info, why);
            }
            let open_run = &self.session.open_run;
            let name = open_run.spec.as_ref().map_or_else(String::new, |s| s.name.clone());
            let question = Question::Replace { name, step: open_run.step, recipe: recipe.title.clone() };
            self.view.question = Some((question, PathBuf::new()));
        }
        self.pending.recipe = Some(pending_recipe);
        self.apply_recipe();
    }

    /// Takes the answer to "Stop this run?".
    pub(super) fn answer_recipe(&mut self, yes: bool) {
        self.view.question = None;
        if yes && self.is_alive() {
            self.command(crate::engine::protocol::Command::Stop);
        } else if !yes {
            self.pending.recipe = None;
        }
    }

    /// Takes the next step of a recipe that is being applied, if that can be done now.
    pub(super) fn apply_recipe(&mut self) {
        let Some(PendingRecipe { recipe, source, start, stage }) = &self.pending.recipe else { return };
        let (recipe, start, stage, asked) =
            (*recipe, *start, *stage, matches!(self.view.question, Some((Question::Replace { .. }, _))));
        if asked || self.is_alive() {
            return;
        }
        if stage == RecipeStage::Waiting {
            let source = source.clone();
            return self.begin_recipe(recipe, source);
        }
        // What a person chose meanwhile takes precedence over the recipe.
        if self.desk.source != *source || self.desk.family != recipe.family {
            self.pending.recipe = None;
            return;
        }
        match &self.session.data {
            DataState::Ready(_) if stage == RecipeStage::Reading => self.fill(recipe),
            // Knobs are set as soon as the data are surveyed: they may ask for another size than is being read.
            DataState::Loading(..) if stage == RecipeStage::Reading && self.is_surveyed() => self.fill(recipe),
            DataState::Ready(_) => {
                self.pending.recipe = None;
                self.finish_recipe(recipe, start);
            }
            DataState::Failed(_, why) => {
                let text = format!("The recipe “{}” was not begun: {why}", recipe.title);
                self.session.say(Level::Failed, &text);
                self.pending.recipe = None;
            }
            DataState::None => self.pending.recipe = None,
            DataState::Loading(..) => {}
        }
    }

    /// Chooses the recipe's family and data.
    fn begin_recipe(&mut self, recipe: &'static Recipe, source: String) {
        let built_in = recipe.needs().is_none();
        let mut new = Desk {
            source_field: if built_in { String::new() } else { source.clone() },
            source,
            family: recipe.family.clone(),
            seed: recipe.seed,
            steps: recipe.steps,
            run_name: String::new(),
            ..self.desk.clone()
        };
        new.recipes.chosen = Some(recipe.id.clone());
        let at_hand = matches!(&self.session.data, DataState::Ready(facts)
            if facts.spec.source == new.source && facts.spec.seed == new.seed);
        self.kept.memory.note(&self.desk, &new, false);
        self.desk = new;
        if !at_hand {
            self.session.note(Intent::SurveyForgotten);
            self.read(true);
        }
        if let Some(pending_recipe) = &mut self.pending.recipe {
            pending_recipe.stage = RecipeStage::Reading;
        }
        self.apply_recipe();
    }

    /// Sets the recipe's knobs, now that the table of knobs suits the data.
    fn fill(&mut self, recipe: &'static Recipe) {
        let Some(knobs) =
            self.session.catalogue.family(&recipe.family).map(|family| recipe.knobs(&family.knobs, &family.presets))
        else {
            self.pending.recipe = None;
            return;
        };
        match knobs {
            Ok(knobs) => {
                self.put(Desk { knobs, ..self.desk.clone() });
                if let Some(pending_recipe) = &mut self.pending.recipe {
                    pending_recipe.stage = RecipeStage::Filled;
                }
                self.apply_recipe();
            }
            Err(why) => {
                self.session.say(Level::Failed, &why);
                self.pending.recipe = None;
            }
        }
    }

    /// Whether the chosen data were surveyed and the tables of knobs suit them.
    fn is_surveyed(&self) -> bool {
        let known = self.session.surveyed.as_ref();
        known.is_some_and(|(source, shape)| *source == self.desk.source && *shape == self.session.catalogue.shape)
    }

    fn finish_recipe(&mut self, recipe: &Recipe, start: bool) {
        if !start {
            let text = format!("The form is filled for “{}”; Start training begins it.", recipe.title);
            return self.session.say(Level::Done, &text);
        }
        match Plain::Start.available(&self.session) {
            Ok(()) => {
                self.desk.tab = if self.desk.tab == Tab::Latent { Tab::Latent } else { Tab::Samples };
                self.start();
            }
            Err(why) => self.session.say(Level::Failed, &format!("The recipe “{}” was not begun: {why}", recipe.title)),
        }
    }

    /// Returns the id of the chosen recipe if a run with these knobs would be exactly as it says.
    pub(super) fn followed(&self, family: &FamilyEntry, knobs: &Knobs) -> Option<String> {
        let recipe = recipes::find(self.desk.recipes.chosen.as_ref()?)?;
        let same = recipe.family == family.card.id
            && recipe.steps == self.desk.steps
            && source_of(recipe, &self.desk).as_ref() == Some(&self.desk.source)
            && recipe.knobs(&family.knobs, &family.presets).as_ref() == Ok(knobs);
        same.then(|| recipe.id.clone())
    }

    /// Remembers the folder of data that recipes ask for.
    pub(super) fn keep_folder(&mut self, need: &str, folder: &str) {
        let mut new = self.desk.clone();
        new.recipes.folders.insert(need.to_owned(), folder.to_owned());
        self.set(new, false);
    }
}

/// Returns the source of a recipe's data: a built-in set, or the folder that a person named; `None` if none was named.
fn source_of(recipe: &Recipe, desk: &Desk) -> Option<String> {
    match recipe.needs() {
        None => Some(recipe.data.clone()),
        Some(need) => desk.recipes.folders.get(need.id).filter(|folder| !folder.is_empty()).cloned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        app::testing::{jobs, said, train, unattended},
        engine::protocol::{Because, Command, Event, Job},
        ui::action::Action,
    };

    fn perform(app: &mut App, action: Action) {
        app.perform(action, &egui::Context::default(), false);
    }

    fn take(app: &mut App, id: &str, start: bool) {
        perform(app, Action::TakeRecipe { id: id.into(), start });
    }

    #[test]
    fn brought_data_are_where_a_person_said() {
        let (built_in, brought) = (recipes::find("dcgan-glyphs").unwrap(), recipes::find("dcgan-mnist").unwrap());
        let mut desk = Desk::default();
        assert_eq!(source_of(built_in, &desk).as_deref(), Some("glyphs"));
        assert_eq!(source_of(brought, &desk), None);
        desk.recipes.folders.insert("mnist".into(), "/data/digits".into());
        assert_eq!(source_of(brought, &desk).as_deref(), Some("/data/digits"));
        let back: Desk = toml::from_str(&toml::to_string(&desk).unwrap()).unwrap();
        assert_eq!(back, desk, "kept for next time");
    }

    #[test]
    fn a_recipe_waits_for_the_run_whose_place_it_takes() {
        let (mut app, far_ends) = unattended(8);
        let run = train(&mut app, &far_ends);
        app.desk.steps = 7;
        take(&mut app, "dcgan-glyphs", false);
        assert_eq!(said(&app), "A run is going on; the form can be filled when it ends.");
        take(&mut app, "dcgan-glyphs", true);
        assert!(matches!(&app.view.question, Some((Question::Replace { .. }, _))));
        perform(&mut app, Action::ReplaceAnswer(false));
        assert!(app.pending.recipe.is_none() && app.view.question.is_none() && far_ends.orders.is_empty());
        take(&mut app, "dcgan-glyphs", true);
        perform(&mut app, Action::ReplaceAnswer(true));
        assert_eq!(far_ends.orders.try_iter().collect::<Vec<_>>(), [Command::Stop]);
        app.apply_recipe();
        assert_eq!(app.desk.steps, 7, "the run writes its checkpoint first");
        app.on_event(Event::Ended { run, step: 9, because: Because::Stopped });
        app.apply_recipe();
        let recipe = recipes::find("dcgan-glyphs").unwrap();
        assert_eq!((app.desk.source.as_str(), app.desk.steps), ("glyphs", recipe.steps));
        assert_eq!(app.desk.recipes.chosen.as_deref(), Some("dcgan-glyphs"));
    }

    #[test]
    fn a_recipe_needs_its_data_and_gives_way_to_other_ones() {
        let (mut app, far_ends) = unattended(8);
        let recipe = recipes::find("dcgan-mnist").unwrap();
        take(&mut app, &recipe.id, true);
        assert!(said(&app).starts_with("Choose the folder of ") && app.pending.recipe.is_none());
        perform(&mut app, Action::KeepFolder { need: "mnist".into(), folder: "/data/digits".into() });
        take(&mut app, &recipe.id, true);
        assert!(matches!(&jobs(&far_ends)[..], [Job::Load { source, .. }] if source == "/data/digits"));
        app.on_event(Event::LoadFailed { source: "/data/digits".into(), failure: "It is empty.".into() });
        app.apply_recipe();
        assert_eq!(said(&app), format!("The recipe “{}” was not begun: It is empty.", recipe.title));
        assert!(app.pending.recipe.is_none());
        take(&mut app, &recipe.id, true);
        assert!(app.pending.recipe.is_some());
        app.choose("shapes");
        app.apply_recipe();
        assert!(app.pending.recipe.is_none() && app.desk.source == "shapes");
    }
}
