//! Beginning a recipe: the app without its window, with a real engine.

use latent_studio::{
    app::App,
    desk::Settings,
    engine::{Engine, Options},
    nn::DeviceChoice,
    recipes,
    session::{DataState, Status},
    ui::action::Action,
};
use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

fn app(home: &Path) -> App {
    let options = Options {
        threads: 1,
        device: DeviceChoice::Cpu,
        runs: home.to_path_buf(),
        sample_every_s: 60.0,
        measure_every_s: None,
    };
    let mut settings = Settings::default();
    settings.desk.exact = true;
    let mut app = App::new(Engine::start(Arc::new(|| {}), options).unwrap(), settings, None);
    until(&mut app, "the catalogue", |app| !app.session.catalogue.families.is_empty());
    app
}

fn until(app: &mut App, what: &str, holds: impl Fn(&App) -> bool) {
    let begin = Instant::now();
    loop {
        app.listen();
        if holds(app) {
            return;
        }
        assert!(begin.elapsed() < Duration::from_mins(10), "{what} never came; {:?}", app.session.log.back());
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn ask(app: &mut App, action: Action) {
    app.perform(action, &egui::Context::default(), false);
}

fn take(app: &mut App, id: &str, start: bool) {
    ask(app, Action::TakeRecipe { id: id.into(), start });
}

#[test]
fn a_recipe_fills_the_form_and_trains_and_another_takes_its_place() {
    let home = tempfile::tempdir().unwrap();
    let mut app = app(home.path());
    take(&mut app, "dcgan-galaxies", false);
    // Drawing ten thousand galaxies takes a while: at the size that the recipe sets from the start, not at the data's own.
    until(&mut app, "the recipe's size", |app| {
        (app.desk.knobs.text("size"), app.desk.knobs.text("channels")) == ("32", "3")
    });
    let galaxies = recipes::find("dcgan-galaxies").unwrap();
    assert_eq!((app.desk.source.as_str(), app.desk.steps, app.desk.seed), ("galaxies", galaxies.steps, galaxies.seed));
    assert!(matches!(app.session.data, DataState::Loading(..)) && !app.is_alive());

    take(&mut app, "dcgan-glyphs", true);
    until(&mut app, "a run", |app| app.session.open_run.status == Status::Training);
    let spec = app.session.open_run.spec.clone().unwrap();
    assert_eq!((spec.recipe.as_deref(), spec.family.as_str()), (Some("dcgan-glyphs"), "dcgan"));
    assert_eq!((spec.knobs.int("width"), spec.data.source.as_str(), spec.data.size), (16, "glyphs", 28));

    // A person is asked first, and may say no.
    take(&mut app, "mlp-ae-mnist", true);
    assert!(app.session.log.back().unwrap().text.contains("folder of MNIST"), "its data are not known yet");
    let first = app.session.open_run.run;
    take(&mut app, "dcgan-galaxies", true);
    ask(&mut app, Action::ReplaceAnswer(false));
    (0..20).for_each(|_| app.listen());
    assert!(app.is_alive() && app.desk.source == "glyphs");
    take(&mut app, "dcgan-glyphs", true);
    (0..20).for_each(|_| app.listen());
    assert_eq!(app.session.open_run.run, first, "nobody has answered yet");
    ask(&mut app, Action::ReplaceAnswer(true));
    until(&mut app, "the other run", |app| {
        app.session.open_run.status == Status::Training && app.session.open_run.run != first
    });
    assert_eq!(app.session.open_run.spec.as_ref().unwrap().recipe.as_deref(), Some("dcgan-glyphs"));
    let runs: Vec<_> = std::fs::read_dir(home.path()).unwrap().filter_map(|e| Some(e.ok()?.path())).collect();
    let saved = |run: &PathBuf| std::fs::read_dir(run.join("checkpoints")).is_ok_and(|mut all| all.next().is_some());
    assert!(runs.len() == 2 && runs.iter().any(saved), "the first was saved: {runs:?}");
}

#[test]
fn a_changed_knob_is_no_longer_the_recipe_and_missing_data_say_so() {
    let home = tempfile::tempdir().unwrap();
    let mut app = app(home.path());
    let nowhere = home.path().join("nowhere").display().to_string();
    ask(&mut app, Action::KeepFolder { need: "mnist".into(), folder: nowhere });
    take(&mut app, "mlp-vae-mnist", true);
    until(&mut app, "the sentence", |app| {
        app.session.log.iter().any(|l| l.text.contains("“Textbook VAE on handwritten digits” was not begun"))
    });
    assert!(!app.is_alive());

    take(&mut app, "dcgan-glyphs", false);
    until(&mut app, "the filled form", |app| app.session.log.iter().any(|line| line.text.contains("form is filled")));
    let mut desk = app.desk.clone();
    desk.knobs.put("width", latent_studio::spec::Value::Int(4));
    ask(&mut app, Action::Set(Box::new(desk)));
    ask(&mut app, Action::Plain(latent_studio::ui::action::Plain::Start));
    until(&mut app, "a run", |app| app.session.open_run.status == Status::Training);
    assert_eq!(app.session.open_run.spec.as_ref().unwrap().recipe, None);
}
