//! Recipes: settings that are known to work, from `assets/recipes/*.toml`, with what to expect of them.

use crate::{
    picture::Picture,
    spec::{DataShape, Knob, Knobs, Preset},
};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

// `TEXTS` and `PICTURES`, gathered by build.rs: a new recipe is a new file.
include!(concat!(env!("OUT_DIR"), "/recipes.rs"));

/// A recipe: data, settings, and what comes of them. What was never measured or seen is absent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Recipe {
    /// Short stable name, also that of its file: `dcgan-mnist`.
    pub id: String,
    /// Name for people: `DCGAN on handwritten digits`.
    pub title: String,
    /// One or two sentences: what is learned here, and what to watch.
    pub about: String,
    /// Id of the family of models.
    pub family: String,
    /// A built-in set (`glyphs`, `galaxies:5000`), or the id of one of [`NEEDS`].
    pub data: String,
    /// The preset of the family to start from; without one, the start values.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub preset: Option<String>,
    /// Knobs over the preset, each `knob=value`.
    #[serde(default)]
    pub set: Vec<String>,
    /// Total steps.
    pub steps: u64,
    /// Seed of the run it was tried with.
    pub seed: u64,
    /// Minutes of the whole run on a small CPU of two cores.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minutes: Option<f64>,
    /// What the samples should look like on the way.
    #[serde(default, skip_serializing_if = "Expect::is_empty")]
    pub expect: Expect,
    /// Measured at the end of the full run, by the name of the measure.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub scores: BTreeMap<String, f64>,
    /// File of the reference picture beside the recipe; without one, `ID.png` where that is there.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

/// What the samples should look like at a quarter, half and all of the steps; empty where nobody has written it down.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expect {
    /// After a quarter of the steps.
    #[serde(default, rename = "25")]
    pub quarter: String,
    /// After half of the steps.
    #[serde(default, rename = "50")]
    pub half: String,
    /// At the end.
    #[serde(default, rename = "100")]
    pub whole: String,
}

impl Expect {
    /// Whether nothing is expected.
    pub fn is_empty(&self) -> bool {
        self.marks().next().is_none()
    }

    /// Percent of the steps and what is to be seen there, in order; empty ones left out.
    pub fn marks(&self) -> impl Iterator<Item = (u32, &str)> {
        let all = [(25, &self.quarter), (50, &self.half), (100, &self.whole)];
        all.into_iter().filter(|(_, text)| !text.is_empty()).map(|(percent, text)| (percent, text.as_str()))
    }
}

/// Data that a person has to bring.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Need {
    /// What a recipe calls it.
    pub id: &'static str,
    /// Name for people.
    pub title: &'static str,
    /// Which files the folder holds.
    pub files: &'static str,
    /// Where to get them.
    pub from: &'static str,
    /// Pictures to train on, classes, side in pixels, channels.
    shape: (usize, usize, usize, usize),
}

/// All data that recipes ask people to bring.
pub static NEEDS: &[Need] = &[
    Need {
        id: "mnist",
        title: "MNIST",
        files: "train-images-idx3-ubyte, train-labels-idx1-ubyte, t10k-images-idx3-ubyte and t10k-labels-idx1-ubyte, \
                each plain or as .gz",
        from: "Yann LeCun's page yann.lecun.com/exdb/mnist, or any of its copies (11 MB)",
        shape: (60_000, 10, 28, 1),
    },
    Need {
        id: "cifar10",
        title: "CIFAR-10",
        files: "data_batch_1.bin to data_batch_5.bin and test_batch.bin, each plain or as .gz",
        from: "www.cs.toronto.edu/~kriz/cifar.html, the binary version (162 MB, to be unpacked)",
        shape: (50_000, 10, 32, 3),
    },
];

impl Need {
    /// One sentence that says what the folder holds and where to get it.
    pub fn sentence(&self) -> String {
        format!("{} is a folder with {}, from {}.", self.title, self.files, self.from)
    }

    /// What the data are like when they are whole.
    pub fn shape(&self) -> DataShape {
        let (count, classes, size, channels) = self.shape;
        DataShape { count, classes, size, channels, paired: false, ..DataShape::default() }
    }
}

/// All recipes, by id.
pub fn all() -> &'static [Recipe] {
    static ALL: OnceLock<Vec<Recipe>> = OnceLock::new();
    ALL.get_or_init(|| {
        let read = TEXTS.iter().map(|(id, text)| parse(id, text));
        read.filter_map(|recipe| recipe.inspect_err(|why| tracing::warn!("{why}")).ok()).collect()
    })
}

/// The recipe of this id.
pub fn find(id: &str) -> Option<&'static Recipe> {
    all().iter().find(|recipe| recipe.id == id)
}

/// How many recipe files there are, whether they read or not.
pub fn files() -> usize {
    TEXTS.len()
}

/// Reads a recipe's file; the error is one sentence that names it.
pub fn parse(file: &str, text: &str) -> Result<Recipe, String> {
    let wrong = |why: &str| format!("The recipe {file:?} does not read: {}.", why.trim().trim_end_matches('.'));
    let recipe: Recipe = toml::from_str(text).map_err(|e| wrong(e.message()))?;
    let words = [&recipe.title, &recipe.about, &recipe.family, &recipe.data];
    match &recipe {
        _ if recipe.id != file => Err(wrong(&format!("its id is {:?}", recipe.id))),
        _ if words.iter().any(|word| word.trim().is_empty()) => Err(wrong("title, about, family or data is empty")),
        _ if recipe.steps == 0 => Err(wrong("it has no steps")),
        _ if recipe.minutes.is_some_and(|m| !(m.is_finite() && m > 0.0)) => Err(wrong("minutes is no length of time")),
        _ => Ok(recipe),
    }
}

impl Recipe {
    /// The data that a person has to bring; `None` for built-in ones.
    pub fn needs(&self) -> Option<&'static Need> {
        NEEDS.iter().find(|need| need.id == self.data)
    }

    /// All knobs: start values, the preset's, its own; the error is one sentence.
    pub fn knobs(&self, table: &[Knob], presets: &[Preset]) -> Result<Knobs, String> {
        let mut knobs = Knobs::start(table);
        if let Some(id) = &self.preset {
            let Some(preset) = presets.iter().find(|preset| preset.id == *id) else {
                return Err(format!("The recipe {} asks for a preset called {id:?}, which is not there.", self.id));
            };
            knobs.0.extend(preset.set.0.clone());
        }
        for assignment in &self.set {
            knobs.set(table, assignment).map_err(|why| format!("In the recipe {}: {why}", self.id))?;
        }
        knobs.complete(table)
    }

    /// What is to be seen after `step` steps: the last mark that is reached, or before all the first one. Percent, the words, and
    /// whether it is reached.
    pub fn expectation(&self, step: u64) -> Option<(u32, &str, bool)> {
        let reached = |percent: u32| step * 100 >= self.steps * u64::from(percent);
        let last = self.expect.marks().filter(|(percent, _)| reached(*percent)).last();
        let (percent, words) = last.or_else(|| self.expect.marks().next())?;
        Some((percent, words, last.is_some()))
    }

    /// The same in one line: `At 50 %: digits readable`, or `To expect at 25 %: …` before that.
    pub fn expectation_words(&self, step: u64) -> Option<String> {
        let (percent, words, reached) = self.expectation(step)?;
        let when = if reached { "At" } else { "To expect at" };
        Some(format!("{when} {percent} %: {words}"))
    }

    /// `about 5 min on a small CPU`; nothing where nobody has measured it.
    pub fn time_words(&self) -> Option<String> {
        self.minutes.map(|minutes| match minutes {
            m if m < 1.0 => "under a minute on a small CPU".into(),
            m => format!("about {m:.0} min on a small CPU"),
        })
    }

    /// Decodes the reference picture; `None` where there is none.
    pub fn reference(&self) -> Option<Picture> {
        let bytes = self.picture_bytes()?;
        let decoded = image::load_from_memory_with_format(bytes, image::ImageFormat::Png).ok()?.into_rgb8();
        let (width, height) = (decoded.width() as usize, decoded.height() as usize);
        Some(Picture { width, height, rgb: Arc::from(decoded.into_raw()) })
    }

    /// Whether there is a reference picture.
    pub fn reference_is_there(&self) -> bool {
        self.picture_bytes().is_some()
    }

    fn picture_bytes(&self) -> Option<&'static [u8]> {
        let usual = format!("{}.png", self.id);
        let name = self.picture.as_ref().unwrap_or(&usual);
        PICTURES.iter().find(|(file, _)| file == name).map(|(_, bytes)| *bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::spec::{Effect, Group, Kind, Value};

    const WHOLE: &str = r#"
        id = "a"
        title = "A"
        about = "About A."
        family = "dcgan"
        data = "mnist"
        preset = "wide"
        set = ["lr=1e-3"]
        steps = 1000
        seed = 3
        minutes = 4.6
        expect = { "25" = "blobs", "50" = "digits", "100" = "clean digits" }
        scores = { swd = 12.5 }
    "#;

    #[test]
    fn every_file_reads_and_survives_writing() {
        assert_eq!(all().len(), files(), "a recipe does not read");
        assert!(all().len() >= 13);
        for recipe in all() {
            let text = toml::to_string(recipe).unwrap();
            assert_eq!(parse(&recipe.id, &text).as_ref(), Ok(recipe));
            assert!(recipe.picture.is_none() || recipe.reference().is_some(), "{}: no such picture", recipe.id);
        }
        let orphans: Vec<_> = PICTURES
            .iter()
            .filter(|(file, _)| {
                !all().iter().any(|r| r.picture.as_deref() == Some(file) || file.strip_suffix(".png") == Some(&r.id))
            })
            .collect();
        assert!(orphans.is_empty(), "pictures of no recipe: {:?}", orphans.iter().map(|o| o.0).collect::<Vec<_>>());
        assert!(PICTURES.iter().map(|p| p.1.len()).sum::<usize>() < 3_000_000, "pictures are to be small");
    }

    #[test]
    fn a_wrong_file_is_answered_with_its_name() {
        assert!(parse("a", WHOLE).is_ok());
        for (from, to, words) in [
            ("id = \"a\"", "id = \"b\"", "its id"),
            ("steps = 1000", "steps = 0", "no steps"),
            ("About A.", " ", "empty"),
            ("minutes = 4.6", "minutes = nan", "length of time"),
            ("seed = 3", "sead = 3", "sead"),
            ("\"25\"", "\"30\"", "30"),
        ] {
            let sentence = parse("a", &WHOLE.replace(from, to)).unwrap_err();
            assert!(sentence.contains("\"a\"") && sentence.contains(words), "{to}: {sentence}");
        }
    }

    #[test]
    fn expectations_follow_the_share_of_steps() {
        let recipe = parse("a", WHOLE).unwrap();
        let at = |step| recipe.expectation(step).unwrap();
        assert_eq!(at(0), (25, "blobs", false));
        assert_eq!(at(249), (25, "blobs", false));
        assert_eq!(at(250), (25, "blobs", true));
        assert_eq!(at(999), (50, "digits", true));
        assert_eq!(at(5_000), (100, "clean digits", true));
        assert_eq!(recipe.expectation_words(500).unwrap(), "At 50 %: digits");
        assert_eq!(recipe.expectation_words(5).unwrap(), "To expect at 25 %: blobs");
        assert_eq!(recipe.time_words().unwrap(), "about 5 min on a small CPU");
        let silent = parse("a", &WHOLE.replace("expect", "# expect")).unwrap();
        assert_eq!((silent.expectation(500), silent.expect.is_empty()), (None, true));
    }

    #[test]
    fn own_knobs_win_over_the_preset_and_unknown_ones_are_refused() {
        let knob = |id: &str, kind| {
            let (group, effect) = (Group::Model, Effect::NextRun);
            Knob { id: id.into(), label: id.into(), help: String::new(), group, kind, effect }
        };
        let table = [
            knob("lr", Kind::Real { min: 0.0, max: 1.0, start: 0.5, log: false }),
            knob("width", Kind::Int { min: 1, max: 64, start: 16 }),
        ];
        let mut set = Knobs::default();
        set.put("lr", Value::Real(0.25));
        set.put("width", Value::Int(64));
        let preset = Preset { id: "wide".into(), title: "Wide".into(), about: String::new(), set };
        let recipe = parse("a", WHOLE).unwrap();
        let knobs = recipe.knobs(&table, std::slice::from_ref(&preset)).unwrap();
        assert_eq!((knobs.real("lr"), knobs.int("width")), (1e-3, 64));
        assert!(recipe.knobs(&table, &[]).unwrap_err().contains("\"wide\""));
        let other = Recipe { set: vec!["depth=3".into()], ..recipe };
        assert!(other.knobs(&table, &[preset]).unwrap_err().contains("no knob called \"depth\""));
    }

    #[test]
    fn what_a_person_must_bring_is_said_in_full() {
        let need = parse("a", WHOLE).unwrap().needs().unwrap();
        assert!(need.sentence().contains("train-images-idx3-ubyte") && need.sentence().contains("yann.lecun.com"));
        assert_eq!((need.shape().size, need.shape().classes), (28, 10));
        assert_eq!(parse("a", &WHOLE.replace("mnist", "glyphs")).unwrap().needs(), None);
    }
}
