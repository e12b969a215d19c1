//! The desk: everything that a person sets, as one plain value. Undo, autosave and tests of the window are built on it.

pub mod canvas;
mod recipes;
mod runs;

pub use canvas::Canvas;
pub use recipes::Recipes;
pub use runs::RunsBy;

use crate::{
    latent::Code,
    spec::{DataSpec, Knob, Knobs, Origin, Preset},
};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

/// What a person has set.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Desk {
    /// The data source: a built-in id or a path; empty before the first choice.
    pub source: String,
    /// What stands in the path field, not yet loaded.
    pub source_field: String,
    /// Id of the chosen family.
    pub family: String,
    /// Values of the chosen family's knobs.
    pub knobs: Knobs,
    /// Seed of the next run.
    pub seed: u64,
    /// Total steps of the next run.
    pub steps: u64,
    /// Share of time given to training in percent, 10 to 100. Not of a run: it changes no byte of it.
    pub throttle: u32,
    /// Name of the next run; empty lets the program choose.
    pub run_name: String,
    /// The weights that the next run begins with; `None` is random numbers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub from: Option<Origin>,
    /// Where the next run trains and pictures are made: `auto`, `cpu` or `cuda:N`.
    pub device: String,
    /// The next run keeps its number of threads whatever else goes on, so that it can be repeated bit for bit.
    pub exact: bool,
    /// The latent sliders.
    pub latent: Latent,
    /// Average weights instead of the raw ones in samples and previews.
    pub ema: bool,
    /// How the curves are drawn.
    pub curves: Curves,
    /// The open tab of the centre.
    pub tab: Tab,
    /// What stands first in the list of runs.
    pub runs_by: RunsBy,
    /// Step of the past that the samples show; `None` follows the run.
    pub history_step: Option<u64>,
    /// The enlarged tile of the sample grid.
    pub tile: Option<usize>,
    /// Reconstructions in place of real pictures beside the samples, where the family has them.
    pub mirrored: bool,
    /// How exports are written.
    pub export: ExportSettings,
    /// Pictures that are drawn to measure a run.
    pub score_count: usize,
    /// Own presets.
    pub presets: Vec<OwnPreset>,
    /// What was set about recipes.
    pub recipes: Recipes,
    /// The canvas and what lies on it.
    pub canvas: Canvas,
    /// Light, dark or as the system has it.
    pub theme: Theme,
    /// Open side windows: the log, the shortcuts.
    pub open: BTreeSet<Window>,
}

impl Default for Desk {
    fn default() -> Self {
        Self {
            source: String::new(),
            source_field: String::new(),
            family: "dcgan".into(),
            knobs: Knobs::default(),
            seed: 1,
            steps: 4_000,
            throttle: 100,
            run_name: String::new(),
            from: None,
            device: "auto".into(),
            exact: false,
            latent: Latent::default(),
            ema: true,
            curves: Curves::default(),
            tab: Tab::default(),
            runs_by: RunsBy::default(),
            history_step: None,
            tile: None,
            mirrored: true,
            export: ExportSettings::default(),
            score_count: 2_000,
            presets: Vec::new(),
            recipes: Recipes::default(),
            canvas: Canvas::default(),
            theme: Theme::System,
            open: BTreeSet::new(),
        }
    }
}

impl Desk {
    /// The data to prepare, as the knobs stand.
    pub fn data_spec(&self) -> DataSpec {
        DataSpec::from_knobs(&self.source, &self.knobs, self.seed)
    }
}

/// The latent sliders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Latent {
    /// Seed that [`Latent::z`] came from.
    pub seed: u64,
    /// Slider values, one a dimension.
    pub z: Vec<f32>,
    /// Dimensions that randomise and reset leave alone.
    pub locked: BTreeSet<usize>,
    /// Truncation ψ, 0 to 2.
    pub psi: f32,
    /// Show all sliders, not only the first 16.
    pub all: bool,
    /// Weights of the asked-for classes; empty means any.
    pub classes: Vec<(u32, f32)>,
    /// A slider for each class, rather than one click for one class.
    pub blend: bool,
    /// Values of the family's dials; what is missing is at its start value.
    pub dials: Knobs,
    /// The sliders that matter most first, where the family knows.
    pub sort: bool,
}

impl Default for Latent {
    fn default() -> Self {
        Self {
            seed: 42,
            z: Vec::new(),
            locked: BTreeSet::new(),
            psi: 1.0,
            all: false,
            classes: Vec::new(),
            blend: false,
            dials: Knobs::default(),
            sort: true,
        }
    }
}

impl Latent {
    /// Takes the latent of a seed, locked dimensions excepted.
    pub fn load_seed(&mut self, seed: u64, z_dim: usize) {
        self.seed = seed;
        self.load(&crate::latent::normal(seed, z_dim));
    }

    /// Takes these values, locked dimensions excepted.
    pub fn load(&mut self, z: &[f32]) {
        self.z.resize(z.len(), 0.0);
        for (i, (mine, new)) in self.z.iter_mut().zip(z).enumerate() {
            if !self.locked.contains(&i) {
                *mine = *new;
            }
        }
    }

    /// Everything that is not locked to 0, the middle of the latent space.
    pub fn reset(&mut self) {
        let zeros = vec![0.0; self.z.len()];
        self.load(&zeros);
        self.psi = 1.0;
    }

    /// The code that the sliders say.
    pub fn code(&self) -> Code {
        let asked = || self.classes.iter().filter(|(_, weight)| *weight > 0.0);
        let total: f32 = asked().map(|(_, weight)| weight).sum();
        let classes = asked().map(|(class, weight)| (*class, weight / total)).collect();
        let (z, dials) = (self.z.clone(), self.dials.clone());
        Code { z, psi: self.psi, classes, noise_seed: self.seed, dials, ..Code::default() }
    }

    /// Asks for a class alone; once more, for any. With `beside`, for it beside the one that was asked for first, half and half;
    /// once more, no longer for it.
    pub fn pick(&mut self, class: u32, beside: bool) {
        let asked = self.weight(class) > 0.0;
        self.classes.retain(|(other, weight)| *weight > 0.0 && *other != class);
        match (self.classes.first().map(|(first, _)| *first), beside, asked) {
            (Some(first), true, false) => self.classes = vec![(first, 0.5), (class, 0.5)],
            (Some(first), true, true) => self.classes = vec![(first, 1.0)],
            (None, _, true) => {}
            _ => self.classes = vec![(class, 1.0)],
        }
    }

    /// Gives a class a weight of its own, 0 to 1.
    pub fn weigh(&mut self, class: u32, weight: f32) {
        self.classes.retain(|(other, _)| *other != class);
        if weight > 0.0 {
            self.classes.push((class, weight.min(1.0)));
            self.classes.sort_by_key(|(class, _)| *class);
        }
    }

    /// The weight of a class, 0 when it is not asked for.
    pub fn weight(&self, class: u32) -> f32 {
        self.classes.iter().find(|(other, _)| *other == class).map_or(0.0, |(_, weight)| *weight)
    }

    /// Lets go of classes and dials that another generator does not know.
    pub fn suit(&mut self, classes: usize, dials: &[Knob]) {
        self.classes.retain(|(class, _)| (*class as usize) < classes);
        self.dials.0.retain(|id, value| dials.iter().any(|dial| dial.id == *id && dial.accepts(value)));
    }
}

/// How the curves are drawn.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Curves {
    /// Share of the past in the smoothed line, 0 to 0.999.
    pub smooth: f64,
    /// Logarithmic y axis.
    pub log: bool,
    /// Curves that are switched off.
    pub hidden: BTreeSet<String>,
    /// The curve that runs are compared by; where they lack it, another.
    pub compared: String,
    /// Compared runs over minutes of training instead of steps.
    pub minutes: bool,
}

impl Default for Curves {
    fn default() -> Self {
        let hidden = ["grad_d", "grad_g", "threads"].map(str::to_owned).into();
        Self { smooth: 0.9, log: false, hidden, compared: String::new(), minutes: false }
    }
}

/// How exports are written.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct ExportSettings {
    /// What to write.
    pub what: ExportWhat,
    /// How many pictures, for [`ExportWhat::Many`].
    pub count: usize,
    /// Number of candidates from which the discriminator picks each picture, 1 to 64.
    pub best_of: usize,
    /// Each pixel as `scale` × `scale`, 1 to 16.
    pub scale: usize,
    /// Pictures of data that were stretched to squares get their aspect back.
    pub aspect: bool,
    /// What stands in the path field beside the dialog.
    pub path: String,
}

impl Default for ExportSettings {
    fn default() -> Self {
        Self { what: ExportWhat::Picture, count: 64, best_of: 1, scale: 8, aspect: true, path: String::new() }
    }
}

/// What an export writes.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExportWhat {
    /// The large picture of the sliders.
    #[default]
    Picture,
    /// Pictures of seeds, a file each.
    Many,
    /// The sample grid as it is shown.
    Grid,
}

/// A tab of the centre.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Tab {
    /// Sample grid.
    #[default]
    Samples,
    /// Contact sheet of the data.
    Data,
    /// Recent runs.
    Runs,
    /// The gallery of recipes.
    Recipes,
    /// What was measured of the open run.
    Scores,
    /// Pictures made of pictures.
    Canvas,
    /// Latent sliders, in a narrow window only.
    Latent,
}

/// Light or dark.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Theme {
    /// The theme of the desktop.
    #[default]
    System,
    /// Paper white.
    Light,
    /// Near black.
    Dark,
}

/// A side window.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub enum Window {
    /// What happened.
    Log,
    /// Keys.
    Shortcuts,
    /// About the program.
    About,
    /// How long things take, over the pictures.
    Performance,
}

/// A preset that a person saved.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OwnPreset {
    /// Family it belongs to.
    pub family: String,
    /// The preset.
    pub preset: Preset,
}

/// What is kept between two openings of the window.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Settings {
    /// The desk as it was.
    pub desk: Desk,
    /// Recent sources, newest first.
    pub sources: Vec<String>,
    /// Folder of the last export.
    pub export_folder: Option<PathBuf>,
    /// Anything a newer program wrote.
    #[serde(flatten)]
    pub other: BTreeMap<String, toml::Value>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Effect, Group, Kind, Value};

    #[test]
    fn one_click_picks_a_class_and_shift_blends_two() {
        let mut latent = Latent::default();
        latent.pick(3, false);
        assert_eq!(latent.code().classes, [(3, 1.0)]);
        latent.pick(8, true);
        assert_eq!(latent.code().classes, [(3, 0.5), (8, 0.5)]);
        latent.pick(3, true);
        assert_eq!(latent.code().classes, [(8, 1.0)], "once more lets it go");
        latent.pick(5, false);
        assert_eq!(latent.code().classes, [(5, 1.0)]);
        latent.pick(5, false);
        assert_eq!(latent.code().classes, [], "once more asks for any");
    }

    #[test]
    fn weights_of_classes_become_shares_of_one() {
        let mut latent = Latent::default();
        latent.weigh(7, 0.25);
        latent.weigh(2, 0.75);
        latent.weigh(4, 1.0);
        assert_eq!(latent.code().classes, [(2, 0.375), (4, 0.5), (7, 0.125)]);
        latent.weigh(4, 0.0);
        assert_eq!(latent.code().classes, [(2, 0.75), (7, 0.25)]);
    }

    #[test]
    fn another_generator_keeps_only_what_it_knows() {
        let kind = Kind::Int { min: 1, max: 50, start: 20 };
        let (group, effect) = (Group::Model, Effect::Now);
        let steps = Knob { id: "steps".into(), label: "Steps".into(), help: String::new(), group, kind, effect };
        let mut latent = Latent { classes: vec![(1, 0.5), (9, 0.5)], ..Latent::default() };
        latent.dials.put("steps", Value::Int(30));
        latent.dials.put("guidance", Value::Real(2.0));
        latent.suit(5, std::slice::from_ref(&steps));
        assert_eq!((latent.classes.as_slice(), latent.dials.0.len()), (&[(1, 0.5)][..], 1));
        assert_eq!(latent.code().dials.int("steps"), 30);
        latent.dials.put("steps", Value::Int(99));
        latent.suit(5, &[steps]);
        assert!(latent.dials.0.is_empty(), "out of range");
        assert_eq!(toml::from_str::<Latent>(&toml::to_string(&latent).unwrap()).unwrap(), latent);
    }
}
