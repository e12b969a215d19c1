//! Tests of cases with players whose pictures are known beforehand.

use super::*;
use crate::{
    data::{self, Loaded},
    metrics::metric_of,
    spec::DataSpec,
    weights::Arrays,
};

fn shapes(count: usize, seed: u64) -> Loaded {
    let source = format!("shapes:{count}");
    let spec = DataSpec { source, size: 28, channels: 1, seed, ..DataSpec::default() };
    data::open(&spec.source).unwrap().load(&spec, &mut data::NoWatch).unwrap()
}

/// Draws the picture that the seed names, and finds it again.
struct Copier(Vec<Picture>);

impl Copier {
    fn of(pixels: &Pixels) -> Self {
        Self((0..pixels.count).map(|i| pixels.picture(i)).collect())
    }
}

impl Player for Copier {
    fn z_dim(&self) -> usize {
        2
    }

    fn load_weights(&mut self, _: &Arrays, _: Option<&Arrays>) -> Result<()> {
        Ok(())
    }

    fn play(&self, codes: &[Code]) -> Result<Vec<Picture>> {
        Ok(codes.iter().map(|code| self.0[code.noise_seed as usize % self.0.len()].clone()).collect())
    }

    fn encode(&self, pictures: &[Picture]) -> Result<Option<Vec<Code>>> {
        let place = |picture: &Picture| self.0.iter().position(|own| own == picture).unwrap_or(0);
        Ok(Some(pictures.iter().map(|p| Code::from_seed(place(p) as u64, 2)).collect()))
    }
}

fn case<'a>(player: &'a Copier, loaded: &'a Loaded) -> EvalContext<'a> {
    let artist = Sampler { player, classes: 0, encoder: true };
    EvalContext::drawn(artist, (&loaded.train, &loaded.test), (60, 0), None, &mut |_, _| true).unwrap()
}

fn take(case: &EvalContext, id: &str) -> (f64, f64) {
    let found = (metric_of(id).unwrap().take)(case).unwrap();
    (found.value, found.floor.unwrap())
}

#[test]
fn real_pictures_reach_the_floor_and_one_picture_for_ever_does_not() {
    let (loaded, others) = (shapes(300, 1), shapes(60, 2));
    let (honest, stuck) = (Copier::of(&others.train.pixels), Copier::of(&others.train.pixels.gather(&[7])));
    let (honest, stuck) = (case(&honest, &loaded), case(&stuck, &loaded));
    assert_eq!(
        (honest.count(), honest.feature_extractor(), honest.fakes.bytes_of(5)),
        (60, "strided-64", others.train.pixels.bytes_of(5))
    );
    for id in ["coverage", "recall"] {
        let ((value, floor), (of_one, same)) = (take(&honest, id), take(&stuck, id));
        assert!(value > floor - 0.25 && of_one < 0.3 && (same - floor).abs() < 1e-12, "{id}: {value} {of_one} {floor}");
    }
    for id in ["swd", "frechet", "kernel"] {
        let ((value, floor), (of_one, _)) = (take(&honest, id), take(&stuck, id));
        assert!(value < 3.0 * floor.abs() + 0.05 && of_one > 2.0 * value, "{id}: {value} {of_one} {floor}");
    }
}

#[test]
fn what_was_learned_by_heart_is_nearer_than_the_floor_and_a_perfect_mirror_loses_nothing() {
    let loaded = shapes(200, 1);
    let thief = Copier::of(&loaded.train.pixels);
    let thief = case(&thief, &loaded);
    let (value, floor) = take(&thief, "nearest");
    assert!(value < 1e-9 && floor > 0.02, "{value} {floor}");
    // Training pictures are found again and drawn exactly; held-out ones become the first of all.
    let (lost, none) = take(&thief, "mse");
    assert!(none < 1e-12 && lost > 1e-3, "{none} {lost}");
}

#[test]
fn real_sets_share_no_picture_and_are_never_larger_than_the_data_allow() {
    let loaded = shapes(100, 1);
    let splits = (&loaded.train, &loaded.test);
    assert_eq!(affordable(2_000, splits.0, splits.1), 55);
    for count in [5, 10, 40, 55] {
        let chosen = Chosen::new(count, 3, splits);
        let mut all = chosen.reals.concat();
        assert_eq!((all.len(), chosen.inputs.len()), (2 * count, count));
        all.sort_unstable();
        all.dedup();
        assert_eq!(all.len(), 2 * count, "no picture twice");
        assert!(chosen.reals[0].iter().all(|place| !place.0), "the first set is of the training split");
        assert_eq!(
            chosen.reals[1].iter().all(|place| place.0),
            count <= 10,
            "the second is held out where that suffices"
        );
        assert_eq!(chosen.inputs.iter().filter(|place| place.0).count(), count.min(10));
    }
    assert_ne!(Chosen::new(40, 3, splits).reals[0], Chosen::new(40, 4, splits).reals[0]);
}

#[test]
fn pictures_of_others_keep_their_classes_and_cancelling_ends_the_drawing() {
    let loaded = shapes(100, 1);
    let fakes = shapes(70, 2).train;
    let splits = (&loaded.train, &loaded.test);
    let case = EvalContext::found(&fakes.pixels, Some(&fakes.labels), splits, (40, 0), None).unwrap();
    let asked = case.asked.as_ref().unwrap();
    assert_eq!((case.count(), asked.len()), (40, 40));
    for (i, label) in asked.iter().enumerate() {
        let from = (0..70).find(|&j| fakes.pixels.bytes_of(j) == case.fakes.bytes_of(i)).unwrap();
        assert_eq!(fakes.labels[from], *label);
    }
    assert!(case.seen().is_err() && case.mirrored().is_err() && case.bounds().is_err());
    let copier = Copier::of(&fakes.pixels);
    let artist = Sampler { player: &copier, classes: 0, encoder: false };
    let why = EvalContext::drawn(artist, splits, (40, 0), None, &mut |_, _| false).err().unwrap().to_string();
    assert!(why.contains("cancelled"), "{why}");
}
