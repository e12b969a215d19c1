//! Tests of the classifier.

use super::*;
use crate::{
    data,
    nn::bars::{self, Bar, Judge},
    spec::{DataSpec, Fit},
};

fn shapes(count: usize, channels: usize) -> data::Loaded {
    let source = format!("shapes:{count}");
    let spec = DataSpec {
        source: source.clone(),
        size: 28,
        channels,
        fit: Fit::Crop,
        background: [0; 3],
        seed: bars::seed(4),
        ..DataSpec::default()
    };
    data::open(&source).unwrap().load(&spec, &mut data::NoWatch).unwrap()
}

fn learn(loaded: &data::Loaded, watch: &mut dyn FnMut(usize, usize) -> bool) -> Result<Classifier> {
    Classifier::train(&loaded.train, &loaded.test, loaded.shape.classes, Device::Cpu, watch)
}

#[test]
fn it_learns_shapes_it_has_not_seen_and_comes_back_from_its_arrays() {
    nn::use_threads(bars::threads());
    let loaded = shapes(1_000, 1);
    let mut told = (0, 0);
    let classifier = learn(&loaded, &mut |done, all| {
        told = (done, all);
        true
    })
    .unwrap();
    assert_eq!(told.0 + 1, told.1);
    let short = || {
        let splits = (&loaded.train, &loaded.test);
        Classifier::learned(splits, loaded.shape.classes, Device::Cpu, 200, &mut |_, _| true).unwrap().arrays
    };
    assert!(short() == short(), "the same each time");
    let accuracy = classifier.accuracy().unwrap();
    let mut judge = Judge::new("it_learns_shapes_it_has_not_seen_and_comes_back_from_its_arrays");
    judge.passes("classifier", &[("accuracy", accuracy, Bar::Above(0.8))]);
    let mut labels = loaded.train.labels.clone();
    labels.rotate_left(1);
    let (misled, classes) = (Split { labels, ..loaded.train.clone() }, loaded.shape.classes);
    let misled = Classifier::learned((&misled, &loaded.test), classes, Device::Cpu, 200, &mut |_, _| true).unwrap();
    judge.fails("classifier", "labels of other pictures", &[("accuracy", misled.accuracy().unwrap(), Bar::Above(0.8))]);
    judge.close();
    let back = Classifier::read(classifier.arrays(), 28, 1, loaded.shape.classes, Device::Cpu).unwrap();
    assert!((back.accuracy().unwrap() - accuracy).abs() < 1e-6 && back.classes() == loaded.shape.classes);
    let (a, b) = (classifier.look(&loaded.test.pixels).unwrap(), back.look(&loaded.test.pixels).unwrap());
    assert_eq!(a.features, b.features);
    assert_eq!(a.features.size(), [100, FEATURES]);
    assert!(a.sureness().unwrap().iter().all(|s| (0.0..=1.0).contains(s)));
    let right = back.share_right(&loaded.test).unwrap().unwrap();
    assert!((right - accuracy).abs() < 1e-9);
    assert!(Classifier::read(classifier.arrays(), 28, 3, loaded.shape.classes, Device::Cpu).is_err());
    assert!(back.look(&shapes(20, 3).train.pixels).is_err());
}

#[test]
fn it_leaves_torchs_generator_alone_and_can_be_cancelled() {
    let loaded = shapes(40, 3);
    nn::seed_global(5);
    let wanted = Tensor::rand([3], (Kind::Float, Device::Cpu));
    nn::seed_global(5);
    let mut left = 3;
    let cancelled = learn(&loaded, &mut |_, _| {
        left -= 1;
        left > 0
    });
    assert!(Failure::is_cancelled(&cancelled.err().unwrap()));
    assert_eq!(Tensor::rand([3], (Kind::Float, Device::Cpu)), wanted);
    let unlabelled = Split { labels: Vec::new(), ..loaded.train.clone() };
    assert!(Classifier::train(&unlabelled, &loaded.test, 3, Device::Cpu, &mut |_, _| true).is_err());
}

#[test]
fn a_shift_moves_pictures_and_repeats_their_edges() {
    let bytes = (0..28 * 28).map(|i| (i % 28) as u8).collect();
    let pixels = Pixels { count: 1, size: 28, channels: 1, bytes };
    let moved: Vec<Pixels> = (0..30).map(|seed| shifted(&pixels, seed)).collect();
    assert_eq!(moved[3], shifted(&pixels, 3));
    let first: std::collections::BTreeSet<u8> = moved.iter().map(|m| m.bytes[14]).collect();
    assert_eq!(first.into_iter().collect::<Vec<_>>(), [12, 13, 14, 15, 16]);
    for m in &moved {
        assert!(m.bytes.iter().all(|v| *v < 28) && (m.bytes[0] == 0 || m.bytes[27] == 27));
    }
}

#[test]
fn the_rate_rises_and_falls_to_nothing() {
    let rates: Vec<f64> = (0..100).map(|s| rate(s, 100)).collect();
    assert!(rates[0] < 0.1 * PEAK && rates[99] < 1e-3 * PEAK);
    assert!(rates.iter().all(|r| *r <= PEAK) && (rates[20] - PEAK).abs() < 0.01 * PEAK);
}
