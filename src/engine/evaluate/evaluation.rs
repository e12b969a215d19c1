//! Measures a run's pictures, or those of a folder, against the data they should be like.

use crate::{
    data::{self, Loaded, Split},
    engine::{
        library::open_player,
        protocol::{Evaluation, OpenedRun, Place, Subject},
    },
    failure::Failure,
    metrics::{
        self, METRICS, Metric,
        case::{Able, EvalContext, Sampler, able},
        classifier::{self, Classifier},
    },
    models::{self, Player},
    nn::{self, Device},
    picture::{Picture, Pixels},
    run,
    scores::{Score, ScoreCard},
    spec::DataSpec,
};
use anyhow::{Context, Result, bail, ensure};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What an evaluation found.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// The scores.
    pub card: ScoreCard,
    /// What could not be measured, or not as one might think: a sentence each.
    pub notes: Vec<String>,
}

/// Where an evaluation works, and what it has at hand.
pub struct Desk<'a> {
    /// Where to calculate.
    pub device: Device,
    /// Intra-op threads.
    pub threads: usize,
    /// Where classifiers are kept.
    pub classifiers: PathBuf,
    /// Data that were read already.
    pub at_hand: &'a dyn Fn(&DataSpec) -> Option<Arc<Loaded>>,
}

/// Told what is being done, how much of it is done, and how much there is; ends the evaluation when it answers `false`.
pub type Watch<'a> = dyn FnMut(&str, usize, usize) -> bool + 'a;

/// Threads that classifiers are trained with on every machine: their last bits depend on the number.
const TRAINERS: usize = 2;
/// A classifier's file is far smaller.
const FILE_LIMIT: u64 = 64 << 20;
/// Measures, and adds the card to the run's own where it was a run's folder.
pub fn evaluate(order: &Evaluation, desk: &Desk, watch: &mut Watch) -> Result<Outcome> {
    nn::use_threads(desk.threads);
    ensure!(order.count >= 2, "Measuring needs at least 2 pictures.");
    let wanted = wanted(&order.metrics)?;
    match &order.subject {
        Subject::Run { place, step, ema, data } => {
            let (player, opened) = open_player(place, *step, *ema, desk.device)?;
            let loaded = load(&retold(&opened.spec.data, data.as_deref()), desk, watch)?;
            let artist = artist(player.as_ref(), &opened, &loaded)?;
            let able = able(Some(artist), &loaded.train, &loaded.test)?;
            let (wanted, mut notes) = fitting(&wanted, &able, order.metrics.is_empty())?;
            if data.is_none() && !opened.spec.fingerprint.is_empty() && opened.spec.fingerprint != loaded.fingerprint {
                notes.push("The data are not the same any more as those the run learned from.".into());
            }
            let feature_extractor = feature_extractor(&wanted, &loaded, desk, &mut notes, watch)?;
            let splits = (&loaded.train, &loaded.test);
            let sight = feature_extractor.as_ref().map(|(classifier, name)| (classifier, name.clone()));
            let mut drawing = |done: usize, total: usize| watch("Drawing pictures", done, total);
            let case = EvalContext::drawn(artist, splits, (order.count, order.seed), sight, &mut drawing)?;
            let scores = take(&case, &wanted, &mut notes, watch)?;
            let (step, weights) = (opened.step, if *ema { "ema" } else { "raw" });
            let card = card(step, weights, &loaded, scores);
            if let Place::Folder(folder) = place
                && let Err(why) = run::add_scores(folder, &card)
            {
                notes.push(format!("The scores were not kept with the run: {why:#}"));
            }
            Ok(Outcome { card, notes: told(notes, case.count(), order.count) })
        }
        Subject::Pictures { folder, data } => {
            let loaded = load(data, desk, watch)?;
            let (fakes, asked) = pictures_of(folder, &loaded, watch)?;
            let able = Able { asked: asked.is_some(), ..able(None, &loaded.train, &loaded.test)? };
            let (wanted, mut notes) = fitting(&wanted, &able, order.metrics.is_empty())?;
            let feature_extractor = feature_extractor(&wanted, &loaded, desk, &mut notes, watch)?;
            let splits = (&loaded.train, &loaded.test);
            let sight = feature_extractor.as_ref().map(|(classifier, name)| (classifier, name.clone()));
            let case = EvalContext::found(&fakes, asked.as_deref(), splits, (order.count, order.seed), sight)?;
            let scores = take(&case, &wanted, &mut notes, watch)?;
            let card = card(0, "pictures", &loaded, scores);
            Ok(Outcome { card, notes: told(notes, case.count(), order.count.min(fakes.count)) })
        }
    }
}

fn told(mut notes: Vec<String>, count: usize, asked: usize) -> Vec<String> {
    if count < asked {
        notes.push(format!(
            "Only {count} pictures were looked at: the data must have twice as many real ones to hold them against."
        ));
    }
    notes
}

/// The measures of these ids, all for none; one sentence for a word that is none.
fn wanted(ids: &[String]) -> Result<Vec<&'static Metric>> {
    if ids.is_empty() {
        return Ok(METRICS.iter().collect());
    }
    ids.iter()
        .map(|id| {
            metrics::metric_of(id).with_context(|| {
                let known: Vec<_> = METRICS.iter().map(|m| m.card.id).collect();
                format!("There is no measure called {id:?}; there are {}.", known.join(", "))
            })
        })
        .collect()
}

/// Those that can be taken. Where they were named, one that can't is an error.
fn fitting(wanted: &[&'static Metric], able: &Able, quietly: bool) -> Result<(Vec<&'static Metric>, Vec<String>)> {
    let mut fitting = Vec::new();
    for &metric in wanted {
        match (metric.fits)(able) {
            Ok(()) => fitting.push(metric),
            Err(why) if !quietly => bail!("{} can't be measured here: {why}.", metric.card.id),
            Err(_) => {}
        }
    }
    Ok((fitting, Vec::new()))
}

/// The run's data, or another source prepared like them.
fn retold(own: &DataSpec, source: Option<&str>) -> DataSpec {
    source.map_or_else(|| own.clone(), |source| DataSpec { source: source.to_owned(), ..own.clone() })
}

fn load(spec: &DataSpec, desk: &Desk, watch: &mut Watch) -> Result<Arc<Loaded>> {
    if let Some(ready) = (desk.at_hand)(spec) {
        return Ok(ready);
    }
    Ok(Arc::new(data::open(&spec.source)?.load(spec, &mut Reading { watch, doing: "Reading the data" })?))
}

fn artist<'a>(player: &'a dyn Player, opened: &OpenedRun, loaded: &Loaded) -> Result<Sampler<'a>> {
    let (spec, can) = (&opened.spec, (models::family(&opened.spec.family)?.card)().can);
    let same = loaded.shape.classes == spec.shape.classes;
    ensure!(
        (loaded.spec.size, loaded.spec.channels) == (spec.data.size, spec.data.channels),
        "The data are prepared otherwise than those of the run."
    );
    let classes = if can.labels && same { spec.shape.classes } else { 0 };
    Ok(Sampler { player, classes, encoder: can.encoder })
}

/// The pictures of a folder, prepared like the data, and the class that each was asked for, where sub-folders are called like classes.
fn pictures_of(folder: &Path, like: &Loaded, watch: &mut Watch) -> Result<(Pixels, Option<Vec<u32>>)> {
    ensure!(folder.is_dir(), "There is no folder of pictures at {}.", folder.display());
    let source = folder.to_string_lossy().into_owned();
    let spec = DataSpec { source, ..like.spec.clone() };
    let Loaded { train, test, class_names, .. } =
        data::open(&spec.source)?.load(&spec, &mut Reading { watch, doing: "Reading the pictures" })?;
    let Split { mut pixels, mut labels, .. } = train;
    pixels.bytes.extend_from_slice(&test.pixels.bytes);
    pixels.count += test.pixels.count;
    labels.extend(test.labels);
    let known = |name: &String| like.class_names.iter().position(|own| own == name).map(|place| place as u32);
    let by_name: Option<Vec<u32>> = class_names.iter().map(known).collect();
    let asked = by_name.filter(|_| labels.len() == pixels.count && !labels.is_empty());
    Ok((pixels, asked.map(|names| labels.iter().map(|&l| names[l as usize]).collect())))
}

/// The classifier of labelled data and its name, where a measure looks through it.
fn feature_extractor(
    wanted: &[&'static Metric],
    loaded: &Loaded,
    desk: &Desk,
    notes: &mut Vec<String>,
    watch: &mut Watch,
) -> Result<Option<(Classifier, String)>> {
    if loaded.shape.classes < 2 || loaded.train.labels.is_empty() || !wanted.iter().any(|m| m.features) {
        return Ok(None);
    }
    let (classifier, name) = kept_or_trained(loaded, desk, notes, watch)?;
    if let Some(share) = classifier.accuracy() {
        let percent = share * 100.0;
        notes.push(format!("The classifier puts {percent:.1} % of the held-out pictures in their class."));
    }
    Ok(Some((classifier, name)))
}

/// The classifier that was kept from last time, else one that is trained now and kept.
fn kept_or_trained(
    loaded: &Loaded,
    desk: &Desk,
    notes: &mut Vec<String>,
    watch: &mut Watch,
) -> Result<(Classifier, String)> {
    let (size, channels, classes) = (loaded.spec.size, loaded.spec.channels, loaded.shape.classes);
    let key = loaded.fingerprint.get(..16).unwrap_or(&loaded.fingerprint);
    let path = desk.classifiers.join(format!("{key}-{size}-{channels}-v{}.safetensors", classifier::VERSION));
    let kept = || -> Result<(Classifier, String)> {
        let bytes = run::atomic::read(&path, FILE_LIMIT)?;
        let arrays = run::arrays_from_bytes(&bytes, "the classifier's file")?;
        Ok((Classifier::read(&arrays, size, channels, classes, desk.device)?, name(&bytes)))
    };
    if let Ok(kept) = kept() {
        return Ok(kept);
    }
    nn::use_threads(TRAINERS);
    let mut learning = |done: usize, total: usize| watch("Training the classifier", done, total);
    let trained = Classifier::train(&loaded.train, &loaded.test, classes, desk.device, &mut learning);
    nn::use_threads(desk.threads);
    let trained = trained?;
    let bytes = run::arrays_to_bytes(trained.arrays())?;
    let made = std::fs::create_dir_all(&desk.classifiers).map_err(|e| run::atomic::sentence(&desk.classifiers, &e));
    if let Err(why) = made.and_then(|()| run::write(&path, &bytes)) {
        notes.push(format!("The classifier has to be trained anew next time. {why:#}"));
    }
    Ok((trained, name(&bytes)))
}

/// `classifier:` and twelve hex digits of the SHA-256 of its file.
fn name(bytes: &[u8]) -> String {
    let hash = Sha256::digest(bytes);
    hash.iter().take(6).fold("classifier:".into(), |hex, byte| hex + &format!("{byte:02x}"))
}

/// Takes the measures one after the other. One that breaks is noted, the others stand.
fn take(
    case: &EvalContext,
    wanted: &[&'static Metric],
    notes: &mut Vec<String>,
    watch: &mut Watch,
) -> Result<Vec<Score>> {
    let mut scores = Vec::new();
    for (done, metric) in wanted.iter().enumerate() {
        let title = metric.card.title;
        ensure!(watch(title, done, wanted.len()), Failure::Cancelled);
        match (metric.take)(case) {
            Ok(found) if found.value.is_finite() => scores.push(Score {
                metric: metric.card.id.into(),
                value: found.value,
                floor: found.floor.filter(|f| f.is_finite()),
                count: found.count,
                embedding: Some(found.embedding),
            }),
            Ok(_) => notes.push(format!("{title} came to no number.")),
            Err(why) => notes.push(format!("{title} could not be measured: {why:#}")),
        }
    }
    ensure!(!scores.is_empty(), "Nothing could be measured. {}", notes.join(" "));
    Ok(scores)
}

fn card(step: u64, weights: &str, loaded: &Loaded, scores: Vec<Score>) -> ScoreCard {
    let (data, fingerprint) = (loaded.spec.source.clone(), loaded.fingerprint.clone());
    ScoreCard { step, weights: weights.into(), data, fingerprint, split: "train".into(), scores }
}

/// Forwards the progress of reading.
struct Reading<'a, 'b> {
    watch: &'a mut Watch<'b>,
    doing: &'static str,
}

impl data::Watch for Reading<'_, '_> {
    fn progress(&mut self, done: usize, total: usize, _: &[Picture]) -> bool {
        (self.watch)(self.doing, done, total)
    }
}
