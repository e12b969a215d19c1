//! `latent-studio sample`: draws pictures with a trained run.

use super::{
    device, inputs, line, make_parent, place,
    shared::{check_scale, cores, pair, stretched},
    wrong_use,
};
use crate::{
    engine::{
        best_of_n, joined, open_player,
        protocol::{OpenedRun, Place},
        restored, write_many, write_one,
    },
    latent::{self, Code},
    models, nn, picture, run,
    spec::{Card, Knobs},
};
use anyhow::{Context, Result};
use clap::Args;
use std::path::PathBuf;

/// Arguments of `sample`.
#[derive(Args, Debug)]
pub struct Sample {
    /// A run folder, or a starter such as starter:glyphs
    run: PathBuf,
    /// The checkpoint of this step instead of the newest
    #[arg(long)]
    step: Option<u64>,
    /// The checkpoint that did best by what was measured while training
    #[arg(long, conflicts_with = "step")]
    best: bool,
    /// How many pictures; 64 if it is not said, or a row for each class
    #[arg(long)]
    count: Option<usize>,
    /// Picture i is that of seed + i
    #[arg(long, default_value_t = 0)]
    seed: u64,
    /// FILE.png or FILE.jpg for one grid, a folder for a PNG each
    #[arg(long)]
    out: PathBuf,
    /// Pictures, or folders of them, to draw from instead of the run's held-out inputs
    #[arg(long, value_name = "PICTURE", num_args = 1..)]
    inputs: Vec<PathBuf>,
    /// Draw this class, by name or number; several are blended, by weights such as cat:0.7 dog:0.3
    #[arg(long, value_name = "CLASS[:WEIGHT]")]
    class: Vec<String>,
    /// Set a dial of the family, such as steps=10
    #[arg(long, value_name = "DIAL=VALUE")]
    dial: Vec<String>,
    /// Truncation: scales the latent; 1 leaves it as it is
    #[arg(long, default_value_t = 1.0)]
    psi: f32,
    /// Draw N for each picture, 1 to 64, and keep the one that the discriminator finds most real
    #[arg(long, default_value_t = 1, value_name = "N")]
    best_of: usize,
    /// Each pixel as SCALE × SCALE
    #[arg(long, default_value_t = 1)]
    scale: usize,
    /// Aspect of each picture: auto (as the data had it before they were stretched), square, or WIDTH:HEIGHT
    #[arg(long, default_value = "auto", value_name = "ASPECT")]
    aspect: String,
    /// Where to calculate: auto (a graphics card if there is one), cpu, or cuda:N
    #[arg(long, default_value = "auto", value_name = "DEVICE")]
    device: String,
    /// The raw weights instead of their average
    #[arg(long)]
    raw: bool,
}

/// Most pictures that are drawn; a grid of more would be larger than picture viewers open.
const MOST: usize = 65_536;
/// Number of pictures without `--count`.
const USUAL: usize = 64;

impl Sample {
    /// Draws the pictures and writes them.
    pub fn run(self) -> Result<()> {
        if self.count.is_some_and(|count| !(1..=MOST).contains(&count)) {
            return Err(wrong_use(format!("--count is a whole number from 1 to {MOST}.")));
        }
        check_scale(self.scale)?;
        if !(1..=64).contains(&self.best_of) {
            return Err(wrong_use("--best-of is a whole number from 1 to 64."));
        }
        if !self.psi.is_finite() || self.psi.abs() > 10.0 {
            return Err(wrong_use("--psi is a number from -10 to 10."));
        }
        // Wrong use is reported before the run is opened, which takes seconds.
        aspect(&self.aspect, None).map_err(wrong_use)?;
        let device = device(&self.device)?.resolve()?;
        nn::use_threads(cores());
        let step = if self.best { Some(best_step(&place(&self.run))?) } else { self.step };
        let (player, opened) = open_player(&place(&self.run), step, !self.raw, device)?;
        let card = (models::family(&opened.spec.family)?.card)();
        if self.best_of > 1 && !card.can.discriminator {
            return Err(wrong_use(format!(
                "{} has no discriminator that could pick; leave --best-of out.",
                card.title
            )));
        }
        let (mut codes, columns) = self.codes(&opened)?;
        let drawn_from = inputs::of_run(&self.inputs, &opened)?;
        if let Some(from) = &drawn_from {
            let dials = codes.first().map(|code| code.dials.clone()).unwrap_or_default();
            codes = inputs::codes(from, self.count.unwrap_or(USUAL), self.seed);
            for code in &mut codes {
                code.dials.clone_from(&dials);
            }
        }
        let mut tiles = Vec::with_capacity(codes.len());
        for eight in codes.chunks(8) {
            tiles.extend(best_of_n(player.as_ref(), eight, self.best_of, &|| false)?);
        }
        let sides = aspect(&self.aspect, stretched(&opened.spec)).map_err(wrong_use)?;
        make_parent(&self.out)?;
        if self.out.extension().is_some() && !self.out.is_dir() {
            let (tiles, columns) = match &drawn_from {
                Some(from) => inputs::tiles(from, &codes, &tiles),
                None => (tiles, columns),
            };
            let grid = joined(&restored(tiles, sides)?, columns).context("There is nothing to draw.")?;
            write_one(&grid, self.scale, &self.out)?;
        } else {
            write_many(&restored(tiles, sides)?, self.scale, &self.out)?;
        }
        line(&format!("{} pictures of step {} in {}", codes.len(), opened.step, self.out.display()));
        Ok(())
    }

    /// Returns the codes to draw and the number of columns. Without `--count` and `--class` these are those of the sample grid;
    /// else a code a seed, of the class asked for or of the classes in turn.
    fn codes(&self, opened: &OpenedRun) -> Result<(Vec<Code>, usize)> {
        let (spec, z_dim) = (&opened.spec, opened.z_dim);
        let card = (models::family(&spec.family)?.card)();
        let classes = self.classes(&card, spec.shape.classes, &spec.class_names)?;
        let mut dials = Knobs::default();
        for assignment in &self.dial {
            if card.dials.is_empty() {
                return Err(wrong_use(format!("{} has no dials; leave --dial out.", card.title)));
            }
            dials.set(&card.dials, assignment).map_err(|why| wrong_use(why.replace("knob", "dial")))?;
        }
        let count = self.count.unwrap_or(USUAL);
        let seeds: Vec<u64> = (0..count as u64).map(|i| self.seed.wrapping_add(i)).collect();
        let (mut codes, mut columns) = latent::fixed_codes(&card, &spec.shape, z_dim, &seeds, &[]);
        if self.count.is_some() || !classes.is_empty() {
            let one = |&seed: &u64| Code::from_seed(seed, z_dim);
            (codes, columns) = (seeds.iter().map(one).collect(), picture::square_columns(count));
            let all = if card.can.labels { spec.shape.classes } else { 0 };
            for (i, code) in codes.iter_mut().enumerate() {
                code.classes.clone_from(&classes);
                if classes.is_empty() && all > 0 {
                    code.classes = vec![((i % all) as u32, 1.0)];
                }
            }
        }
        for code in &mut codes {
            (code.psi, code.dials) = (self.psi, dials.clone());
        }
        Ok((codes, columns))
    }

    /// Returns the classes asked for with their weights; wrong use for classes that do not exist.
    fn classes(&self, card: &Card, count: usize, names: &[String]) -> Result<Vec<(u32, f32)>> {
        if !self.class.is_empty() && (!card.can.labels || count == 0) {
            return Err(wrong_use(format!("{} knows no classes here; leave --class out.", card.title)));
        }
        let classes = self.class.iter().map(|word| class(word, count, names)).collect::<Result<Vec<_>, _>>();
        let classes = classes.map_err(wrong_use)?;
        if !classes.is_empty() && classes.iter().map(|c| c.1).sum::<f32>() <= 0.0 {
            return Err(wrong_use("The weights of --class are all 0; one at least is more."));
        }
        Ok(classes)
    }
}

/// Reads an aspect: `auto` gives `usual`, `square` gives `None`, `3:2` gives these numbers.
fn aspect(word: &str, usual: Option<[usize; 2]>) -> Result<Option<[usize; 2]>, String> {
    match word {
        "auto" => Ok(usual),
        "square" => Ok(None),
        _ => match pair(word, &[':'], 10_000) {
            Some(sides) => Ok(Some(sides)),
            None => Err(format!("--aspect is auto, square or WIDTH:HEIGHT such as 3:2, not {word:?}.")),
        },
    }
}

/// Returns the step of a run's best checkpoint.
fn best_step(place: &Place) -> Result<u64> {
    let best = if let Place::Folder(folder) = place { run::best(folder) } else { None };
    let best =
        best.context("No checkpoint of this run was measured, so the best one is not known; leave --best out.")?;
    Ok(best.step)
}

/// Reads a class and its weight: `cat`, `3`, `cat:0.5` or `3:0.5`. Names are tried before numbers, the whole word before a part.
fn class(word: &str, count: usize, names: &[String]) -> Result<(u32, f32), String> {
    let number = |name: &str| {
        let by_name = names.iter().position(|known| known == name);
        by_name.or_else(|| name.parse().ok().filter(|&n: &usize| n < count)).map(|n| n as u32)
    };
    if let Some(class) = number(word) {
        return Ok((class, 1.0));
    }
    let (name, weight) = word.rsplit_once(':').map_or((word, None), |(name, weight)| (name, Some(weight)));
    let class = number(name).ok_or_else(|| {
        let numbers = format!("numbers from 0 to {}", count - 1);
        let known = if names.is_empty() || names.len() > 20 { numbers } else { names.join(", ") };
        format!("There is no class {name:?}; there are {known}.")
    })?;
    let weight = weight.unwrap_or("1").parse::<f32>().ok().filter(|w| (0.0..=1000.0).contains(w));
    weight.map(|weight| (class, weight)).ok_or_else(|| format!("The weight in {word:?} is a number from 0 to 1000."))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cli::{
        Cli, Command,
        testing::{command, unparsed, wrong_use_of},
    };
    use clap::CommandFactory;

    #[test]
    fn wrong_values_are_told_before_a_run_is_opened() {
        for (words, why) in [
            ("--count 0", "--count is a whole number from 1 to 65536."),
            ("--scale 17", "--scale is a whole number from 1 to 16."),
            ("--best-of 65", "--best-of is a whole number from 1 to 64."),
            ("--psi inf", "--psi is a number from -10 to 10."),
            ("--aspect wide", "--aspect is auto, square or WIDTH:HEIGHT such as 3:2, not \"wide\"."),
        ] {
            let Command::Sample(sample) = command(&format!("sample nowhere --out a.png {words}")) else { panic!() };
            assert_eq!(wrong_use_of(sample.run()), why);
        }
        assert!(unparsed("sample nowhere --out a.png --best --step 5").contains("--step"));
    }

    #[test]
    fn the_help_names_the_usual_count() {
        let help = Cli::command().find_subcommand("sample").unwrap().clone().render_long_help().to_string();
        assert!(help.contains(&format!("How many pictures; {USUAL} if it is not said")), "{help}");
    }

    #[test]
    fn an_aspect_is_read() {
        let usual = Some([9, 8]);
        assert_eq!((aspect("auto", usual), aspect("square", usual)), (Ok(usual), Ok(None)));
        assert_eq!(aspect("3:2", usual), Ok(Some([3, 2])));
        assert!(["3", "0:2", "3:", "wide"].iter().all(|word| aspect(word, usual).is_err()));
    }

    #[test]
    fn classes_are_read_by_name_or_number_with_or_without_weight() {
        let names = ["cat", "dog", "b:2"].map(str::to_owned);
        let read = |word: &str| class(word, 3, &names);
        assert_eq!(read("dog"), Ok((1, 1.0)));
        assert_eq!((read("0"), read("dog:0.25")), (Ok((0, 1.0)), Ok((1, 0.25))));
        assert_eq!((read("b:2"), read("b:2:3")), (Ok((2, 1.0)), Ok((2, 3.0))), "a name may hold a colon");
        assert_eq!(read("cow").unwrap_err(), "There is no class \"cow\"; there are cat, dog, b:2.");
        assert!(read("3").is_err() && read("cat:-1").is_err() && read("cat:much").is_err() && read("").is_err());
        assert_eq!(class("7", 10, &[]), Ok((7, 1.0)));
        assert_eq!(class("x", 10, &[]).unwrap_err(), "There is no class \"x\"; there are numbers from 0 to 9.");
    }
}
