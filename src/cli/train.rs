//! `latent-studio train`: trains a run on the engine without a window.

mod follower;

use follower::Follower;

use super::{
    Exit, device, from, recipes,
    shared::{assign, family, follow_preset, run_name, threads},
    signal, wrong_use,
};
use crate::{
    engine::{
        Engine, Options,
        protocol::{Command, Location, Order, RunId},
    },
    models, nn,
    recipes::Recipe,
    run,
    spec::{DataShape, DataSpec, Knobs, RunSpec},
};
use anyhow::Result;
use clap::Args;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

/// Arguments of `train`.
#[derive(Args, Debug)]
pub struct Train {
    /// A recipe to follow; see `latent-studio recipes`. Other arguments win over it
    #[arg(long, value_name = "ID")]
    recipe: Option<String>,
    /// A built-in set (shapes, glyphs, galaxies, with `:COUNT` if wanted) or a path; may be left out with --resume
    #[arg(long)]
    data: Option<String>,
    /// Family of models; see `latent-studio families`
    #[arg(long)]
    family: Option<String>,
    /// A knob's value; may be given several times
    #[arg(long, value_name = "ID=VALUE")]
    set: Vec<String>,
    /// A preset of the family to start from
    #[arg(long)]
    preset: Option<String>,
    /// Begin with the weights of another run, of its newest checkpoint or of a step, and set like it, pictures' size included
    #[arg(long, value_name = "RUN[@STEP]")]
    from: Option<String>,
    /// Total steps of the run; with --resume it may be raised
    #[arg(long)]
    steps: Option<u64>,
    /// All randomness flows from it
    #[arg(long)]
    seed: Option<u64>,
    /// The run folder; a recipe may do without, and gets one among the studio's own
    #[arg(long, required_unless_present = "recipe")]
    out: Option<PathBuf>,
    /// Go on with the run in --out
    #[arg(long)]
    resume: bool,
    /// Threads to train with; the same run needs the same number
    #[arg(long)]
    threads: Option<usize>,
    /// Seconds between measurements of the pictures' quality, at least 1; they take a twentieth of the time at most. off for
    /// never
    #[arg(long, default_value = "5", value_name = "SECONDS|off")]
    measure_every: String,
    /// Where to calculate: auto (a graphics card if there is one), cpu, or cuda:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    device: String,
}

/// Total steps without `--steps`.
pub const STEPS: u64 = 4_000;

impl Train {
    /// Trains to the end, or to a signal.
    pub fn run(self) -> Result<Exit> {
        let mut options = Options::usual();
        options.threads = threads(self.threads)?;
        options.device = device(&self.device)?;
        options.measure_every_s = pause(&self.measure_every).map_err(wrong_use)?;
        let out = self.folder(&options);
        let spec = if self.resume { self.resumed(&out)? } else { self.fresh(&options, &out)? };
        let signal = signal::noted()?;
        let engine = Engine::start(Arc::new(|| {}), options)?;
        let order = Order {
            run: RunId(1),
            spec,
            location: Location::Folder(out),
            resume: self.resume,
            paused: false,
            adapt: false,
        };
        engine.send(Command::Start(Box::new(order))).map_err(|_| anyhow::anyhow!("The engine takes no orders."))?;
        Follower::new().follow(&engine, &signal)
    }

    fn folder(&self, options: &Options) -> PathBuf {
        let named = || run::fresh_name(&options.runs, self.recipe.as_deref().unwrap_or("run")).1;
        self.out.clone().unwrap_or_else(named)
    }

    fn fresh(&self, options: &Options, out: &Path) -> Result<RunSpec> {
        if run::is_run(out) {
            return Err(wrong_use(format!(
                "{} already holds a run; add --resume to continue it, or choose another folder.",
                out.display()
            )));
        }
        let recipe = self.recipe.as_deref().map(recipes::find).transpose()?;
        let source = match (recipe, &self.data) {
            (Some(recipe), given) => recipes::source(recipe, given.as_deref())?,
            (None, Some(source)) => source.clone(),
            (None, None) => return Err(wrong_use("Say what to train on: --data shapes, or a path.")),
        };
        let source = source.as_str();
        let from = self.from.as_deref().map(from::read).transpose()?;
        let like = from.as_ref().map(|(_, spec)| spec);
        let usual = recipe.map(|r| r.family.as_str()).or(like.map(|spec| spec.family.as_str()));
        let family_id = self.family.as_deref().or(usual).unwrap_or("dcgan");
        let family = family(family_id)?;
        // Knobs are checked against the default shape first, so that wrong use is reported before a slow disk is read.
        self.knobs(family, recipe, like, &DataShape::default())?;
        let shape = crate::data::open(source)?.survey()?;
        (family.fits)(&shape).map_err(wrong_use)?;
        let knobs = self.knobs(family, recipe, like, &shape)?;
        let seed = self.seed.or(recipe.map(|r| r.seed)).unwrap_or(1);
        let steps = self.steps.or(recipe.map(|r| r.steps)).unwrap_or(STEPS);
        if steps == 0 {
            return Err(wrong_use("--steps is a whole number from 1 on."));
        }
        Ok(RunSpec {
            name: run_name(out),
            family: family_id.to_owned(),
            seed,
            steps,
            threads: options.threads,
            program: env!("CARGO_PKG_VERSION").into(),
            libtorch: nn::LIBTORCH.into(),
            begun: SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs()),
            recipe: recipe.and_then(|r| recipes::followed(r, family, &shape, (source, steps), &knobs)),
            from: from.map(|(origin, _)| origin),
            data: DataSpec::from_knobs(&absolute(source), &knobs, seed),
            shape,
            knobs,
            // The trainer notes the device, and what the data turn out to be.
            ..RunSpec::default()
        })
    }

    /// Returns the knobs: start values, over them those of the run that this one begins with, then a recipe's or preset's, then
    /// `--set`.
    fn knobs(
        &self,
        family: &models::Family,
        recipe: Option<&Recipe>,
        like: Option<&RunSpec>,
        shape: &DataShape,
    ) -> Result<Knobs> {
        let table = (family.knobs)(shape);
        // With another family or preset than the recipe's, none of its knobs are used.
        let followed = recipe.filter(|r| r.family == (family.card)().id && self.preset.is_none());
        let mut knobs = match followed {
            Some(recipe) => recipe.knobs(&table, &(family.presets)(shape)).map_err(wrong_use)?,
            None => Knobs::start(&table),
        };
        if let Some(spec) = like.filter(|spec| followed.is_none() && spec.family == (family.card)().id) {
            knobs = knobs.like(&table, &spec.knobs);
            // There is no form to look at here: pictures get the size at which all weights fit.
            for id in ["size", "channels"] {
                if let Some(value) = spec.knobs.get(id) {
                    knobs.put(id, value.clone());
                }
            }
        }
        if let Some(id) = &self.preset {
            follow_preset(&mut knobs, &(family.presets)(shape), id)?;
        }
        assign(&mut knobs, &table, &self.set)?;
        Ok(knobs)
    }

    fn resumed(&self, out: &Path) -> Result<RunSpec> {
        if self.recipe.is_some() {
            return Err(wrong_use("A run that has begun keeps its settings; leave --recipe out."));
        }
        if !run::is_run(out) {
            return Err(wrong_use(format!(
                "{} holds no run to continue; leave --resume out to begin one.",
                out.display()
            )));
        }
        let mut spec = run::read_spec(out)?;
        if self.from.is_some() {
            return Err(wrong_use("Only a new run can begin with another's weights; leave --from or --resume out."));
        }
        if !self.set.is_empty() || self.preset.is_some() {
            return Err(wrong_use(
                "The knobs of a run that has begun stay as they are; --set and --preset are for new runs.",
            ));
        }
        for (name, same) in [
            ("--family", self.family.as_ref().is_none_or(|f| *f == spec.family)),
            ("--seed", self.seed.is_none_or(|s| s == spec.seed)),
            ("--threads", self.threads.is_none_or(|t| t == spec.threads)),
        ] {
            if !same {
                return Err(wrong_use(format!("{name} differs from the run's own; leave it out.")));
            }
        }
        if let Some(steps) = self.steps {
            if steps < spec.steps {
                return Err(wrong_use(format!("--steps can be raised, not lowered: this run has {}.", spec.steps)));
            }
            spec.steps = steps;
        }
        if let Some(source) = &self.data {
            spec.data.source = absolute(source);
        }
        Ok(spec)
    }
}

/// Reads the seconds of `--measure-every`: `5`, `0.5e2`, or `off` for never.
fn pause(word: &str) -> Result<Option<f32>, &'static str> {
    let seconds = word.parse::<f32>().ok().filter(|s| (1.0..=86_400.0).contains(s));
    match seconds {
        None if word != "off" => Err("--measure-every is a number of seconds from 1 to 86400, or off."),
        seconds => Ok(seconds),
    }
}

/// Makes a path absolute, so that a run finds its data from any folder; ids of built-in sets stay as they are.
pub fn absolute(source: &str) -> String {
    std::fs::canonicalize(source).ok().and_then(|p| p.to_str().map(str::to_owned)).unwrap_or_else(|| source.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        cli::{
            Command as Subcommand,
            testing::{command, unparsed, wrong_use_of},
        },
        desk::Desk,
    };

    fn train(words: &str) -> Train {
        let Subcommand::Train(train) = command(&format!("train {words}")) else { panic!("{words}") };
        train
    }

    fn fresh(words: &str) -> Result<RunSpec> {
        let train = train(words);
        let options = Options { threads: 3, runs: "nowhere".into(), ..Options::usual() };
        train.fresh(&options, &train.folder(&options))
    }

    #[test]
    fn what_is_not_said_is_as_in_the_window() {
        let train = train("--data shapes:64 --out a");
        assert_eq!(
            (train.device.as_str(), pause(&train.measure_every)),
            ("auto", Ok(Options::usual().measure_every_s))
        );
        let (spec, desk) = (fresh("--data shapes:64 --out runs/a").unwrap(), Desk::default());
        assert_eq!((spec.steps, spec.seed, spec.family.as_str()), (desk.steps, desk.seed, desk.family.as_str()));
        assert_eq!((spec.name.as_str(), spec.threads, spec.recipe), ("a", 3, None));
        let dcgan = models::family("dcgan").unwrap();
        assert_eq!(spec.knobs, Knobs::start(&(dcgan.knobs)(&spec.shape)), "the start values that suit the data");
    }

    #[test]
    fn wrong_values_are_told_in_one_sentence() {
        assert_eq!(wrong_use_of(fresh("--out a")), "Say what to train on: --data shapes, or a path.");
        assert_eq!(wrong_use_of(fresh("--data shapes:64 --out a --steps 0")), "--steps is a whole number from 1 on.");
        let why = wrong_use_of(fresh("--recipe nothing --out a"));
        assert!(why.starts_with("There is no recipe called \"nothing\"; there are "), "{why}");
        let why = wrong_use_of(fresh("--recipe dcgan-mnist --out a"));
        assert!(why.starts_with("The recipe dcgan-mnist trains on ") && why.contains("--data"), "{why}");
        let why = wrong_use_of(fresh("--data shapes:64 --out a --preset nothing"));
        assert!(why.starts_with("There is no preset called"), "{why}");
        assert_eq!(
            wrong_use_of(train("--data shapes --out a --threads 0").run()),
            "--threads is a number from 1 to 256."
        );
        let why = wrong_use_of(train("--data shapes --out a --measure-every 0").run());
        assert_eq!(why, "--measure-every is a number of seconds from 1 to 86400, or off.");
        assert!(unparsed("train --data shapes").contains("--out"), "a run needs a folder");
    }

    #[test]
    fn a_recipe_says_what_was_left_unsaid_and_is_followed_only_to_the_letter() {
        let recipe = recipes::find("dcgan-glyphs").unwrap();
        let spec = fresh("--recipe dcgan-glyphs").unwrap();
        assert_eq!((spec.family.as_str(), spec.steps, spec.seed), (recipe.family.as_str(), recipe.steps, recipe.seed));
        assert_eq!((spec.data.source.as_str(), spec.recipe.as_deref()), (recipe.data.as_str(), Some("dcgan-glyphs")));
        let other = fresh("--recipe dcgan-glyphs --steps 5 --set batch=8").unwrap();
        assert_eq!((other.steps, other.knobs.int("batch"), other.recipe), (5, 8, None));
    }

    #[test]
    fn a_run_that_has_begun_keeps_its_settings() {
        let home = tempfile::tempdir().unwrap();
        let out = home.path();
        let begun = fresh("--data shapes:64 --out a --steps 50").unwrap();
        std::fs::write(out.join("run.toml"), toml::to_string(&begun).unwrap()).unwrap();
        let resumed = |words: &str| train(&format!("--out {} --resume {words}", out.display())).resumed(out);
        assert_eq!(resumed("").unwrap(), begun);
        assert_eq!(resumed("--steps 80 --seed 1").unwrap(), RunSpec { steps: 80, ..begun });
        for (words, why) in [
            ("--steps 49", "--steps can be raised, not lowered: this run has 50."),
            ("--seed 9", "--seed differs from the run's own; leave it out."),
            ("--family vae", "--family differs from the run's own; leave it out."),
            ("--threads 4", "--threads differs from the run's own; leave it out."),
            ("--recipe dcgan-glyphs", "A run that has begun keeps its settings; leave --recipe out."),
            ("--from a", "Only a new run can begin with another's weights; leave --from or --resume out."),
        ] {
            assert_eq!(wrong_use_of(resumed(words)), why);
        }
        assert!(wrong_use_of(resumed("--set batch=8")).contains("--set and --preset are for new runs"));
        let options = Options::usual();
        let again = train(&format!("--data shapes:64 --out {}", out.display())).fresh(&options, out);
        assert!(wrong_use_of(again).contains("already holds a run; add --resume"));
        let empty = train("--out nothing --resume").resumed(Path::new("nothing"));
        assert!(wrong_use_of(empty).contains("holds no run to continue"));
    }
}
